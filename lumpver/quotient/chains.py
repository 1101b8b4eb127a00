"""Regions of a network as plain chains of fewer units, in the place of what computed the same.

region: the nodes from one tensor to another, of whose units forms can be had
start, end: those tensors; both stay as they are
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lumpver.errors import TooLarge
from lumpver.exact.array import nonzero
from lumpver.io.storage import item_size, node_fits, own_type
from lumpver.model.activations import RELU, Activation, leaky
from lumpver.model.forms import Columns, starting
from lumpver.model.linear import Linear, numbers_of
from lumpver.model.network import Network, Pointwise, Tensor
from lumpver.model.regions import through, with_forms
from lumpver.model.weights import Kernel, Matrix
from lumpver.search.kinks import Chain, chained
from lumpver.search.orientations import Fewest, fewest
from lumpver.search.reflections import reflects
from lumpver.search.regions import regions
from lumpver.search.shallow import layers, shallow
from lumpver.search.widths import Width, width_as_it_is, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flint import fmpq

    from lumpver.model.network import Node
    from lumpver.search.lumping import Lumping
    from lumpver.search.regions import Region

    Nodes = Sequence[Node]


@dataclass(frozen=True, slots=True)
class Replaced:
    """A region that a chain has taken the place of: units of the chain, level by level.

    `layers` are the tensors that activations read, `inside` all but the ends.
    """

    start: str
    end: str
    layers: tuple[str, ...]
    inside: frozenset[str]
    units: tuple[int, ...]
    carries: bool


def shortened(
    original: Network,
    reduced: Network,
    lumping: Lumping,
    rules: tuple[str, ...],
    *,
    floats_only: bool,
) -> tuple[Network, tuple[Replaced, ...], tuple[Width, ...]]:
    """The reduced network with chains where these have fewer units and take fewer bytes.

    What a chain replaces computes the same as the original's region, from the same tensor, all
    of whose units the lumping has left. Beside it, what one hidden layer needs at least, where
    that is known.
    """
    found: list[Replaced] = []
    widths: list[Width] = []
    if not {"reflect", "kinks"} & set(rules):
        return reduced, (), ()
    for region in regions(original):
        same = all(lumping.of(name) is None for name in (region.start, region.end))
        nodes = _inside(reduced, region) if same else None
        if nodes is None:
            continue
        best, width = _better(
            original, reduced, region, nodes, carries="kinks" in rules, floats_only=floats_only
        )
        widths += [] if width is None else [width]
        if best is None:
            continue
        activated = tuple(_activated(region.nodes))
        inside = frozenset(_made_by(region.nodes, region))
        ends = region.start, region.end
        found.append(Replaced(*ends, activated, inside, best.levels, best.carries))
        reduced = _with(reduced, nodes, _nodes(original, region, best), region)
    return reduced, tuple(found), tuple(widths)


def _better(
    original: Network,
    reduced: Network,
    region: Region,
    nodes: Nodes,
    *,
    carries: bool,
    floats_only: bool,
) -> tuple[Chain | None, Width | None]:
    """A chain that is better than these nodes, which are left of a region; None if there is none.

    Forms are had of what is left of the region, else of it as it was. They have to be seen to be
    the same as its own: that is what the checker compares.
    """
    within = _made_by(nodes, region)
    if not reflects(run for run in reduced.segments if run.output in within):
        return None, width_as_it_is(original, region, reduced, nodes)
    columns, width = Columns(region.inputs), None
    try:
        outputs = through(region.nodes, starting(region.inputs), columns)
    except TooLarge:
        return None, None
    units = sum(reduced.width.get(name, 0) for name in _activated(nodes))
    for some in dict.fromkeys((tuple(nodes), region.nodes)):
        chains, needs = _chains(some, region)
        width = width if width or needs is None else width_of(original, region, *needs)
        for made in chains:
            if made.units >= units or (made.carries and not carries):
                continue
            new = _nodes(original, region, made)
            if not _fits(original, region.end, nodes, new, floats_only=floats_only):
                continue
            if through(new, starting(region.inputs), columns) == outputs:
                return made, width
    return None, width


def _chains(nodes: Nodes, region: Region) -> tuple[Iterable[Chain], tuple[int, Fewest] | None]:
    """Chains that compute what nodes do, if forms can be had of them, the best first.

    Of one hidden layer also how many kinks it has, and what it needs beside them.
    """
    able = [with_forms(node) for node in nodes]
    columns, steps = Columns(region.inputs), tuple(node for node in able if node is not None)
    if len(steps) < len(able):
        return (), None
    try:
        outputs = through(steps, starting(region.inputs), columns)
        found = shallow(outputs, columns)
        best = None if found is None else fewest(found.layer)
        if found is not None and best is not None:
            return layers(found, best.choice), (len(found.live), best)
        made = chained(outputs, columns)
    except TooLarge:
        return (), None
    return () if made is None else (made,), None


def _inside(reduced: Network, region: Region) -> Nodes | None:
    """The reduced network's nodes between start and end, if it has both as they were."""
    found: list[Node] = []
    wanted = {region.end}
    for node in reversed(reduced.nodes):
        if not wanted.isdisjoint(node.outputs):
            found.append(node)
            wanted.difference_update(node.outputs)
            wanted.update(name for name in node.inputs if name != region.start)
    inside = {name for node in found for name in node.outputs} - {region.end}
    beside = any(node not in found for name in inside for node in reduced.readers.get(name, []))
    return tuple(reversed(found)) if not wanted and not beside else None


def _nodes(original: Network, region: Region, made: Chain) -> tuple[Linear | Pointwise, ...]:
    nodes: list[Linear | Pointwise] = []
    here, taken = region.start, {*original.tensors, *(t.name for t in original.inputs)}
    for level, (W, b) in enumerate(made.layers, start=1):
        last = level == len(made.layers)
        target = region.end if last else _name(f"{region.end}/level {level}", taken)
        bias = b if nonzero(b).any() else None
        moves = level == 1 and region.window is not None
        weights = Kernel(W, region.window) if moves and region.window else Matrix(W)
        nodes.append(Linear(target, here, target, weights, bias, region.axis))
        if not last:
            here = _name(f"{target}/activated", taken)
            nodes.append(Pointwise(here, target, here, _two_slopes(made.slope)))
    return tuple(nodes)


def _name(wish: str, taken: set[str]) -> str:
    name, count = wish, 1
    while name in taken:
        count += 1
        name = f"{wish}.{count}"
    taken.add(name)
    return name


def _two_slopes(slope: fmpq) -> Activation:
    return RELU if slope == 0 else leaky(slope)


def _fits(original: Network, end: str, before: Nodes, after: Nodes, *, floats_only: bool) -> bool:
    """Whether the second nodes take no more bytes than the first, in types that there are."""
    old, new = ([n for n in nodes if isinstance(n, Linear)] for nodes in (before, after))
    dtype, item = own_type(original, end), item_size(original, end)
    widest = dtype if new[0].axis < -1 and dtype != "real" else "float64"  # no Conv has more
    if floats_only and not all(node_fits(node, widest) for node in new):
        return False
    most = sum(part.size for node in old for part in numbers_of(node)) * item
    sizes = (
        (item if dtype == "real" or node_fits(node, dtype) else 8)
        * sum(part.size for part in numbers_of(node))
        for node in new
    )
    return sum(sizes) <= most


def _activated(nodes: Nodes) -> list[str]:
    """The tensors that activations among the nodes read."""
    return [node.input for node in nodes if isinstance(node, Pointwise)]


def _with(reduced: Network, old: Nodes, new: Nodes, region: Region) -> Network:
    gone = set(map(id, old))
    nodes: list[Node] = []
    for node in reduced.nodes:
        if id(node) not in gone:
            nodes.append(node)
        elif node.outputs[0] == region.end:
            nodes += new
    tensors = {name: t for name, t in reduced.tensors.items() if name not in _made_by(old, region)}
    tensors |= {tensor.name: tensor for tensor in _tensors(reduced, new, region)}
    return replace(reduced, nodes=tuple(nodes), tensors=tensors)


def _made_by(nodes: Iterable[Node], region: Region) -> set[str]:
    return {name for node in nodes for name in node.outputs} - {region.end}


def _tensors(reduced: Network, nodes: Nodes, region: Region) -> Iterator[Tensor]:
    end = reduced.tensors[region.end]
    width = 0
    for node in nodes:
        if isinstance(node, Linear) and node.W is not None:
            width = int(node.W.shape[0])
        shape = None if end.shape is None else list(end.shape)
        if shape is not None:
            shape[region.axis] = width
        for name in node.outputs:
            if name != region.end:
                yield Tensor(name, end.dtype, None if shape is None else tuple(shape))
