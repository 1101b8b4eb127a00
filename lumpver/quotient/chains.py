"""Regions of a network made anew, of fewer units, in the place of what computed the same.

They are plain chains, or by `skip` levels that read past each other.

region: the nodes from one tensor to another, of whose units forms can be had
start, end: those tensors; fewer units may be left of the first, and all are of the other
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING

from lumpver.errors import TooLarge
from lumpver.io.storage import own_type
from lumpver.model.combining import relabelled
from lumpver.model.forms import Columns, starting
from lumpver.model.network import Network, Pointwise
from lumpver.model.regions import through, with_forms
from lumpver.quotient.levels import fits_in, nodes_of, tensors_of
from lumpver.search.kinks import Chain, chained
from lumpver.search.orientations import Fewest, fewest
from lumpver.search.reflections import passes, reflects
from lumpver.search.regions import left_of, regions
from lumpver.search.shallow import layers, shallow
from lumpver.search.skips import plain, skipping
from lumpver.search.slopes import each_base
from lumpver.search.widths import Width, width_as_it_is, width_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lumpver.model.forms import Form
    from lumpver.model.network import Node
    from lumpver.model.regions import Formed
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.lumping import Lumping
    from lumpver.search.regions import Region
    from lumpver.search.skips import Skips

    Nodes = Sequence[Node]


@dataclass(frozen=True, slots=True)
class Replaced:
    """A region made anew by a rule: units of what has taken its place, level by level.

    `layers` are the tensors that activations read, `inside` all but the ends.
    """

    start: str
    end: str
    layers: tuple[str, ...]
    inside: frozenset[str]
    units: tuple[int, ...]
    rule: str

    @property
    def carries(self) -> bool:
        """Whether a unit is there only for what later levels read."""
        return self.rule == "kinks"


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """What may take a region's place: its levels, and by which rule."""

    levels: Skips
    rule: str
    nodes: tuple[Formed, ...]


def shortened(
    original: Network,
    reduced: Network,
    lumping: Lumping,
    rules: tuple[str, ...],
    *,
    floats_only: bool,
    signs: Mapping[str, Mapping[int, bool]] = MappingProxyType({}),
) -> tuple[Network, tuple[Replaced, ...], tuple[Width, ...]]:
    """The reduced network with regions made anew where that has fewer units and takes fewer bytes.

    What is made anew computes the same as the original's region, from what the lumping has left of
    the same tensor. Beside it, what one hidden layer needs at least, where
    that is known.
    """
    found: list[Replaced] = []
    widths: list[Width] = []
    if not {"reflect", "kinks", "skip"} & set(rules):
        return reduced, (), ()
    for whole in regions(original):
        before = lumping.of(whole.start)
        region = whole if before is None else left_of(whole, before)
        nodes = _inside(reduced, region) if lumping.of(whole.end) is None else None
        if nodes is None or not region.inputs:
            continue
        steady = any(node.input in signs for node in whole.nodes)
        task = _Task(original, reduced, whole, region, before, nodes, rules, floats_only)
        best, width = _better(task, signs, steady=steady)
        widths += [] if width is None or before is not None else [width]
        if best is None:
            continue
        activated, inside = tuple(_activated(whole.nodes)), frozenset(_made_by(whole.nodes, whole))
        ends = whole.start, whole.end
        found.append(Replaced(*ends, activated, inside, best.levels.widths, best.rule))
        reduced = _with(reduced, nodes, best.nodes, region)
    return reduced, tuple(found), tuple(widths)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A region of the original, what is left of it, and of what it begins with, `before`."""

    original: Network
    reduced: Network
    whole: Region
    region: Region
    before: Relabelling | None
    nodes: Nodes
    rules: tuple[str, ...]
    floats_only: bool

    def forms(self, columns: Columns, signs: Mapping[str, Mapping[int, bool]]) -> list[Form]:
        """The forms that the original's region makes, over the units that its start has left."""
        if self.before is None:
            forms = starting(self.region.inputs)
        else:
            taps = self.whole.inputs // self.before.units
            forms = relabelled(self.before.without_ghosts(), taps)
        return through(self.whole.nodes, forms, columns, signs)


def _better(
    task: _Task, signs: Mapping[str, Mapping[int, bool]], *, steady: bool
) -> tuple[_Made | None, Width | None]:
    """What is better than the nodes that are left of a region; None if there is nothing.

    Something may be where units reflect each other, or some are shown never to switch (`steady`),
    or no unit of a layer does by the signs of its weights.

    Forms are had of what is left of the region, else of it as it was. They have to be seen to be
    the same as its own: that is what the checker compares.
    """
    region, nodes, original = task.region, task.nodes, task.original
    within = _made_by(nodes, region)
    runs = [run for run in task.reduced.segments if run.output in within]
    bent = [run for run in runs if run.output != region.end]
    if not (steady or passes(task.reduced, bent) or reflects(runs)):
        return None, width_as_it_is(original, region, task.reduced, nodes)
    columns, width = Columns(region.inputs), None
    try:
        outputs = task.forms(columns, signs)
    except TooLarge:
        return None, None
    bases = [columns.copied(), Columns(region.inputs)] if columns.told else [Columns(region.inputs)]
    units = sum(task.reduced.width.get(name, 0) for name in _activated(nodes))
    for left, base in product((True, False), bases):
        if not left and region.nodes == tuple(nodes):
            break
        own = base.copied()
        candidates, needs = _candidates(task, _outputs(task, own, left=left), own)
        width = width if width or needs is None else width_of(original, region, *needs)
        for made in candidates:
            if made.levels.units >= units:
                continue
            if not fits_in(original, region.end, nodes, made.nodes, floats_only=task.floats_only):
                continue
            if through(made.nodes, starting(region.inputs), columns) == outputs:
                return made, width
    return None, width


def _candidates(
    task: _Task, outputs: list[Form] | None, columns: Columns
) -> tuple[Iterable[_Made], tuple[int, Fewest] | None]:
    """What has these forms, if they can be had, the best first.

    Of one hidden layer also how many kinks it has, and what it needs beside them.
    """
    original, region, rules = task.original, task.region, task.rules
    if outputs is None:
        return (), None
    try:
        chains, needs = _chains(outputs, columns)
    except TooLarge:
        return (), None
    if not {"reflect", "kinks"} & set(rules):
        chains = ()
    carrying = "kinks" in rules
    found: Iterable[tuple[Skips, str]] = (
        (plain(chain), "kinks" if chain.carries else "reflect")
        for chain in chains
        if carrying or not chain.carries
    )
    if "skip" in rules and _may_join(original, region):
        skips = skipping(outputs, columns), "skip"
        found = sorted((*found, skips), key=lambda one: one[0].units)
    taken = {*original.tensors, *(tensor.name for tensor in original.inputs)}
    return (_Made(one, rule, nodes_of(one.levels, region, taken)) for one, rule in found), needs


def _chains(
    outputs: list[Form], columns: Columns
) -> tuple[Iterable[Chain], tuple[int, Fewest] | None]:
    """Chains that have these forms, and of one hidden layer what it needs."""
    found: list[Chain] = []
    for some, over, alike in each_base(outputs, columns):
        layer = shallow(some, over) if alike else None
        best = None if layer is None else fewest(layer.layer)
        if layer is None or best is None:
            found += chained(some, over)
        elif over is columns:
            return layers(layer, best.choice), (len(layer.live), best)
        else:
            found += layers(layer, best.choice)
    return sorted(found, key=lambda one: one.units), None


def _outputs(task: _Task, columns: Columns, *, left: bool) -> list[Form] | None:
    """The forms of what the original's region makes, or what is left of it; None without any."""
    able = [with_forms(node) for node in task.nodes]
    steps = tuple(node for node in able if node is not None)
    if left and len(steps) < len(able):
        return None
    try:
        if not left:
            return task.forms(columns, {})
        return through(steps, starting(task.region.inputs), columns)
    except TooLarge:
        return None


def _may_join(original: Network, region: Region) -> bool:
    """Whether what a region begins with may lie beside what is made of it: of one type and rank."""
    types = {own_type(original, name) for name in (region.start, region.end)}
    return len(types) == 1 and None not in (
        original.tensors[name].shape for name in (region.start, region.end)
    )


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


def _activated(nodes: Nodes) -> list[str]:
    """The tensors that activations among the nodes read."""
    return [node.input for node in nodes if isinstance(node, Pointwise)]


def _with(reduced: Network, old: Nodes, new: Sequence[Formed], region: Region) -> Network:
    gone = set(map(id, old))
    nodes: list[Node] = []
    for node in reduced.nodes:
        if id(node) not in gone:
            nodes.append(node)
        elif node.outputs[0] == region.end:
            nodes += new
    tensors = {name: t for name, t in reduced.tensors.items() if name not in _made_by(old, region)}
    tensors |= {tensor.name: tensor for tensor in tensors_of(reduced, new, region)}
    return replace(reduced, nodes=tuple(nodes), tensors=tensors)


def _made_by(nodes: Iterable[Node], region: Region) -> set[str]:
    return {name for node in nodes for name in node.outputs} - {region.end}
