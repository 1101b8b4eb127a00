"""Bundles: tensors that joins tie together, which have one relabelling but for constants.

bundle: operands and results of joins, and what follows from them unit by unit
writer: a run of linear nodes whose output is a member
reach: the members, and what follows from them: which unit each entry is there
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.exact.array import array, entry
from lumpver.exact.scalar import ZERO
from lumpver.model.functions import Curve
from lumpver.model.join import Join, certain, lengths
from lumpver.model.join import value as value_of
from lumpver.model.linear import is_idle, mixes
from lumpver.model.network import Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.several import kinds
from lumpver.search import rearrange
from lumpver.search.families import beside, keeps, reach
from lumpver.search.parts import is_product, parts_of
from lumpver.search.readers import entry_of, through
from lumpver.search.shared import Bundle

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import fmpq

    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Network, Node
    from lumpver.search.sweeps import Flat

_MOST_APART: Final = 2**10  # units that a writer may scale or shift on its own
_MOST_PASSED: Final = 2**12  # units that it may hand on as they are


def tied(network: Network) -> tuple[dict[str, Bundle], frozenset[str]]:
    """The bundle of each member; and the tensors that joins tie to something else.

    That is what no run of linear nodes makes, or units that do not surely lie alike.
    """
    found: dict[str, Bundle] = {}
    other: set[str] = set()
    for members in _classes(network):
        if _is_able(network, members):
            writers = tuple(name for name in members if name in network.ends)
            width = network.width[members[0]]
            reached = reach(network, dict.fromkeys(members, np.arange(width)))
            parts = parts_of(network, members)
            bundle = Bundle(tuple(members), writers, reached, width, parts)
            found |= dict.fromkeys(members, bundle)
        else:
            other.update(members)
    return found, frozenset(other)


def _classes(network: Network) -> list[list[str]]:
    """The tensors whose units are tied together one by one, where a join is among what does."""
    parents: dict[str, str] = {}

    def lead(name: str) -> str:
        while name in parents:
            name = parents[name]
        return name

    joins = [
        node
        for node in network.nodes
        if isinstance(node, Join) and node.operator != "MatMul" and _tied(network, node)
    ]
    for node in network.nodes if joins else ():
        for name in _tied(network, node):
            if lead(name) != lead(node.outputs[0]):
                parents[lead(name)] = lead(node.outputs[0])
    groups: dict[str, list[str]] = {lead(node.output): [] for node in joins}
    for name in network.tensors if joins else ():
        if lead(name) in groups:
            groups[lead(name)].append(name)
    order = {name: i for i, name in enumerate(network.producers)}
    return [sorted(group, key=lambda name: order.get(name, -1)) for group in groups.values()]


def _tied(network: Network, node: Node) -> tuple[str, ...]:
    """The tensors whose units, one by one, those of a node's output are."""
    match node:
        case Join() if node.operator == "MatMul":
            return tuple(filter(None, [node.mixed]))
        case Join():
            return () if beside(network, node) else node.inputs
        case Pick():
            return node.inputs if keeps(network, node) else ()
        case Pointwise() | Pool():
            return node.inputs
        case Rearrange():
            return node.inputs if rearrange.keeps(network, node) else ()
        case Linear() | Opaque():
            return ()
        case _:
            assert_never(node)


def _is_able(network: Network, members: list[str]) -> bool:
    widths = {network.width.get(name) for name in members}
    if len(widths) != 1 or None in widths or any(name not in network.axes for name in members):
        return False
    return all(_is_made(network, network.producers.get(name), set(members)) for name in members)


def _is_made(network: Network, node: Node | None, members: set[str]) -> bool:
    """Whether a node is the end of a writer, or makes a member of others in the same order."""
    match node:
        case Linear():
            segment = network.ends.get(node.output)
            if segment is None or segment.input not in network.width:
                return False
            most = _MOST_PASSED if all(map(is_idle, segment.nodes)) else _MOST_APART
            return network.width[node.output] <= most or any(map(mixes, segment.nodes))
        case Pick():
            return keeps(network, node)
        case Pointwise() | Pool() | Rearrange():
            return node.input in members
        case Join():
            return node.mixed in members if node.operator == "MatMul" else _adds(network, node)
        case Opaque() | None:
            return False
        case _:
            assert_never(node)


def _adds(network: Network, node: Join) -> bool:
    """Whether a join makes of multiples such, by the same scale unless it is a product."""
    axes = {network.axes[name] for name in (*node.inputs, node.output)}
    if node.axis is not None:
        return len(axes) == 1 and node.axis not in axes
    shapes = [network.tensors[name].shape for name in node.inputs]
    return certain(*shapes) and len(axes) == 1 and len(set(lengths(shapes, *axes))) == 1


def is_rational(network: Network, bundle: Bundle) -> bool:
    """Whether what is rational stays so within the bundle's reach."""
    return not any(
        isinstance(node, Pointwise)
        and any(isinstance(function.mapping, Curve) for function in kinds(node.activation))
        for name in bundle.reach
        for node in network.readers.get(name, [])
    )


def let_constant(network: Network, bundle: Bundle, values: Mapping[str, fmpq], unit: int) -> bool:
    """Whether a unit with these values, as far as writers tell them, is folded wherever it is read.

    Not where a kernel reads another constant than 0 with padding.
    """
    return _told(network, bundle, values, unit) is not None


def let_go(
    network: Network,
    bundle: Bundle,
    values: Mapping[str, fmpq],
    unit: int,
    flat: Flat | None = None,
) -> bool:
    """Whether a unit that is known in these writers alone may go from all.

    Nobody reads it where it is not known, but products with 0; and it is folded elsewhere. With
    what is `flat` on a domain all activations read it that make it a constant there.
    """
    known = _told(network, bundle, values, unit, flat)
    return known is not None and all(
        name in known or not any(_reads(network, node, known, flat) for node in readers)
        for name, places in bundle.reach.items()
        for readers in [network.readers.get(name, []) if (places == unit).any() else []]
    )


def dark(network: Network, bundle: Bundle, flat: Flat) -> Rows:
    """The units that some activation makes constant on the domain, wherever they may be read."""
    found = [
        places[[*flat[node.outputs[0]]]]
        for name, places in bundle.reach.items()
        for node in network.readers.get(name, [])
        if node.outputs[0] in flat
    ]
    units = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))
    return units[units >= 0]


def _reads(network: Network, node: Node, known: Mapping[str, object], flat: Flat | None) -> bool:
    """Whether a node makes something of a unit that is not known, other than what follows it."""
    match node:
        case Pointwise():
            return flat is not None and node.output not in known
        case Pool() | Rearrange() | Pick():
            return False
        case Join() if beside(network, node):
            return False
        case Join():
            follows = node.mixed is None and flat is not None  # what it makes is asked about, too
            return not follows and (not is_product(node) or node.output not in known)
        case Linear() | Opaque():
            return True
        case _:
            assert_never(node)


def _told(
    network: Network,
    bundle: Bundle,
    values: Mapping[str, fmpq],
    unit: int,
    flat: Flat | None = None,
) -> dict[str, dict[fmpq, None]] | None:
    """What is known of a unit in each tensor; None where somebody reads it as no number."""
    known: dict[str, dict[fmpq, None]] = {name: {value: None} for name, value in values.items()}
    for name, places in bundle.reach.items():
        node, place = network.producers[name], entry_of(places, unit)
        if isinstance(node, Join) and node.mixed is None and not beside(network, node):
            told = [known[operand] for operand in node.inputs if operand in known]
            if (node.operator == "Mul" and {ZERO: None} in told) or len(told) == len(node.inputs):
                made = _made(node, told)
                if made is None:
                    return None
                known[name] = {made: None}
        if name not in known and flat is not None:
            known |= _decided(network, name, np.flatnonzero(places == unit).tolist(), flat)
        for value in known.get(name, ()) if place is not None else ():
            behind = _behind(network, name, value, place or 0)
            if behind is None:
                return None
            for output, after in behind.items():
                if output in bundle.reach and output not in bundle.writers:
                    known.setdefault(output, {})[after] = None
    return known


def _decided(
    network: Network, name: str, entries: Sequence[int], flat: Flat
) -> dict[str, dict[fmpq, None]]:
    """What activations make of a unit that is these entries, where that is one number."""
    found: dict[str, dict[fmpq, None]] = {}
    for node in network.readers.get(name, []):
        made = flat.get(node.outputs[0], {})
        values = {made.get(entry) for entry in entries}
        if len(values) == 1 and (value := values.pop()) is not None:
            found[node.outputs[0]] = {value: None}
    return found


def _behind(network: Network, name: str, value: fmpq, place: int) -> dict[str, fmpq] | None:
    """What all that read a tensor, but joins, make of a unit of this value; None if none knows."""
    found = {}
    for node in network.readers.get(name, []):
        if isinstance(node, Join) and node.mixed is None and not beside(network, node):
            continue
        after = through(network, node, value, place)
        if after is None:
            return None
        found[node.outputs[0]] = after
    return found


def _made(node: Join, known: Sequence[Mapping[fmpq, None]]) -> fmpq | None:
    """What a join makes of constants, None where that is not one."""
    if node.operator == "Mul" and {ZERO: None} in known:
        return ZERO
    if any(len(values) > 1 for values in known):
        return None
    each = [next(iter(values)) for values in known]
    if node.axis is not None:
        return each[0] if len(set(each)) == 1 else None
    if node.operator == "Div" and each[1] == ZERO:
        return None
    return entry(value_of(node, *(array([one]) for one in each)), 0)
