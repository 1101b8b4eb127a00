"""Bundles: tensors that joins tie together, which have one relabelling but for constants.

bundle: operands and results of joins, and what follows from them unit by unit
writer: a run of linear nodes whose output is a member
reach: the members, and what is spread of them: as which entries each unit lies there
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from lumpver.exact.array import array, entry
from lumpver.model.functions import Curve
from lumpver.model.join import Join, certain, lengths, value
from lumpver.model.linear import mixes
from lumpver.model.network import Linear, Opaque, Pointwise, Pool, Rearrange
from lumpver.model.spread import ALONE
from lumpver.search import rearrange
from lumpver.search.readers import through, whole
from lumpver.search.shared import Bundle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flint import fmpq

    from lumpver.model.network import Network, Node
    from lumpver.model.spread import Spread

_MOST_APART: Final = 2**10  # units that a writer may scale or shift on its own


def tied(network: Network) -> tuple[dict[str, Bundle], frozenset[str]]:
    """The bundle of each member; and the tensors that joins tie to something else.

    That is what no run of linear nodes makes, or units that do not surely lie alike.
    """
    found: dict[str, Bundle] = {}
    other: set[str] = set()
    for members in _classes(network):
        if _is_able(network, members):
            writers = tuple(name for name in members if name in network.ends)
            reach = _reach(network, members)
            bundle = Bundle(tuple(members), writers, reach, network.width[members[0]])
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

    joins = [node for node in network.nodes if isinstance(node, Join)]
    for node in network.nodes if joins else ():
        for name in node.inputs if _ties(network, node) else ():
            if lead(name) != lead(node.outputs[0]):
                parents[lead(name)] = lead(node.outputs[0])
    groups: dict[str, list[str]] = {lead(node.output): [] for node in joins}
    for name in network.tensors if joins else ():
        if lead(name) in groups:
            groups[lead(name)].append(name)
    order = {name: i for i, name in enumerate(network.producers)}
    return [sorted(group, key=lambda name: order.get(name, -1)) for group in groups.values()]


def _ties(network: Network, node: Node) -> bool:
    """Whether the units of a node's output are, one by one, those of all that it reads."""
    match node:
        case Join():
            return node.operator != "Concat"
        case Pointwise() | Pool():
            return True
        case Rearrange():
            place = rearrange.place(network, node)
            return place is not None and place[1] == ALONE
        case Linear() | Opaque():
            return False
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
            few = network.width[node.output] <= _MOST_APART
            return few or any(map(mixes, segment.nodes))
        case Pointwise() | Pool() | Rearrange():
            return node.input in members
        case Join():
            return _adds(network, node)
        case Opaque() | None:
            return False
        case _:
            assert_never(node)


def _adds(network: Network, node: Join) -> bool:
    """Whether a join makes of units that are s times others such that are s times as well."""
    if node.operator not in ("Add", "Sub", "Mean", "Max", "Min"):
        return False
    shapes = [network.tensors[name].shape for name in node.inputs]
    axes = {network.axes[name] for name in (*node.inputs, node.output)}
    return certain(*shapes) and len(axes) == 1 and len(set(lengths(shapes, *axes))) == 1


def _reach(network: Network, members: list[str]) -> dict[str, Spread]:
    found = dict.fromkeys(members, ALONE)
    names = list(members)
    for name in names:
        for node in network.readers.get(name, []):
            over = _spread(network, node)
            if over is not None and node.outputs[0] not in found:
                found[node.outputs[0]] = found[name].then(over)
                names.append(node.outputs[0])
    return found


def _spread(network: Network, node: Node) -> Spread | None:
    """As which entries units lie in a node's output, where they follow from one tensor's."""
    match node:
        case Pointwise() | Pool():
            return ALONE
        case Rearrange():
            return rearrange.spreads(network, node)
        case Linear() | Join() | Opaque():
            return None
        case _:
            assert_never(node)


def readers(network: Network, bundle: Bundle) -> Iterator[Node]:
    """Every node that reads what the bundle reaches."""
    for name in bundle.reach:
        yield from network.readers.get(name, [])


def is_rational(network: Network, bundle: Bundle) -> bool:
    """Whether what is rational stays so within the bundle's reach."""
    return not any(
        isinstance(node, Pointwise) and isinstance(node.activation.mapping, Curve)
        for node in readers(network, bundle)
    )


def let_constant(network: Network, bundle: Bundle, values: Mapping[str, fmpq], unit: int) -> bool:
    """Whether a unit with these values, as far as writers tell them, is folded wherever it is read.

    Not where a kernel reads another constant than 0 with padding.
    """
    known = dict(values)
    for name in bundle.reach:
        if (value := _sum(network.producers[name], known)) is not None:
            known[name] = value
        for node in network.readers.get(name, []) if name in known else ():
            if isinstance(node, Join):
                continue
            place = unit if whole(network, bundle.members[0], name) else -1
            after = through(network, node, known[name], place)
            if after is None:
                return False
            if node.outputs[0] in bundle.reach and node.outputs[0] not in bundle.writers:
                known[node.outputs[0]] = after
    return True


def _sum(node: Node, known: Mapping[str, fmpq]) -> fmpq | None:
    """What a join makes of constants, as far as they are known; None for any other node."""
    if not isinstance(node, Join) or not all(name in known for name in node.inputs):
        return None
    return entry(value(node, *(array([known[name]]) for name in node.inputs)), 0)
