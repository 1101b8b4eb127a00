"""When tensors of two networks have equal entries in equal places.

Reshaping keeps row-major order, so it keeps a tensor's number.

Root: how a spine is known that begins with a whole tensor
Elsewhere: how a spine is known whose atoms are what others become where positions are moved
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from lumpver.errors import ShapeMismatch
from lumpver.model import opaque, shapes
from lumpver.model.linear import mixes, window_of
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.weights import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from lumpver.model.network import Network
    from lumpver.model.nodes import Node
    from lumpver.model.tensor import Shape


@dataclass(frozen=True, slots=True)
class Root:
    """The tensor `number` along an axis of `width` units; `place` says which axis."""

    number: int
    width: int
    place: Hashable


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another spine's positions, of axes `rest`, moved as `step` says.

    `kept` are the places that never meet padding: what another spine's atom is there is the
    atom itself at some position, and an activation of it that of the atom. `adds` says that
    several positions are added up, `all` that each atom is asked for at all of them.
    """

    spine: int | None
    rest: Hashable
    step: Hashable
    kept: tuple[int, ...] = ()
    adds: bool = False
    all: bool = False


def sizes(shape: Shape) -> tuple[int | None, ...] | None:
    """The lengths, where at most one is unknown: then equal entries have equal shapes.

    Examples
    --------
    >>> sizes(("N", 2)), sizes(("N", "M"))
    ((None, 2), None)
    """
    if shape is None:
        return None
    found = tuple(size if isinstance(size, int) else None for size in shape)
    return found if found.count(None) < 2 else None


def around(shape: Shape, axis: int, otherwise: Hashable) -> Hashable:
    """What the axes beside `axis` are known by: their lengths, in front and behind, or else that.

    Examples
    --------
    >>> around((1, 3, 4, 5), -3, "unknown"), around(("N", 3, "M"), -2, "unknown")
    (((1,), (4, 5)), 'unknown')
    """
    if shape is None or len(shape) < -axis:
        return otherwise
    place = len(shape) + axis
    found = sizes((*shape[:place], *shape[place + 1 :]))
    return otherwise if found is None or 0 in found else (found[:place], found[place:])


def layout_of(shape: Shape, otherwise: Hashable) -> Hashable:
    """What a tensor's shape is known by: its lengths where these are known, or else that."""
    found = sizes(shape)
    return otherwise if found is None else found


def _step(node: Rearrange | Pick) -> Hashable:
    """What a node makes of a shape."""
    match node:
        case Rearrange():
            return node.operator, node.parameters, node.zero_copies
        case Pick():
            return tuple((axis, len(places)) for axis, places in node.places)
        case _:
            assert_never(node)


def _joined(node: Join, parts: tuple[int, ...], number: Callable[[Hashable], int]) -> int:
    """The number of a join's shape, given those of its operands' shapes."""
    if node.operator == "MatMul":
        return number(("product", parts))
    alike = node.axis is None and len(set(parts)) == 1
    return parts[0] if alike else number(("joined", node.axis, parts))


def shape_numbers(
    network: Network, whole: Callable[[str], int], number: Callable[[Hashable], int]
) -> dict[str, int]:
    """A number for every tensor's shape: equal numbers, equal shapes, also across networks.

    `whole` gives what an input or an opaque node's output is known by, `number` the number
    of a key.
    """
    found = {tensor.name: number(("shape", whole(tensor.name))) for tensor in network.inputs}
    widened: dict[int, tuple[int, int]] = {}  # the shape before an axis was given its length
    for node in network.nodes:
        match node:
            case Pointwise():
                found[node.output] = found[node.input]
            case Linear():
                before = found[node.input]
                if (window := window_of([node])) is not None:
                    before = number(("met", before, node.axis, rows(node.weights), window))
                elif mixes(node):
                    old, axis = widened.get(before, (before, node.axis))
                    old = old if axis == node.axis else before
                    before = number(("widened", old, node.axis, rows(node.weights)))
                    widened[before] = (old, node.axis)
                found[node.output] = before
            case Pool():
                pooled = (found[node.input], node.axis, node.window)
                found[node.output] = number(("pooled", *pooled))
            case Rearrange() | Pick():
                found[node.output] = number(("moved", found[node.input], _step(node)))
            case Join():
                parts = tuple(found[name] for name in node.inputs)
                found[node.output] = _joined(node, parts, number)
            case Opaque():
                found |= {name: number(("shape", whole(name))) for name in node.outputs if name}
            case _:
                assert_never(node)
    return found


def shapes_told(network: Network, inputs: Sequence[str]) -> dict[str, Shape]:
    """What the inputs' shapes tell of those of all tensors, whatever these are declared to be.

    A length that is open is named by the place of the first input and axis that have it, so that
    shapes without a None are the same in two networks of which `inputs` are the same inputs.
    """
    names: dict[str, str] = {}
    found: dict[str, Shape] = {tensor.name: None for tensor in network.inputs}
    for i, name in enumerate(inputs):
        shape = network.tensors[name].shape
        if shape is not None:
            places = [f"{i}:{axis}" for axis in range(len(shape))]
            found[name] = tuple(
                place if size is None else names.setdefault(size, place) if isinstance(size, str)
                else size for size, place in zip(shape, places, strict=True)
            )  # fmt: skip
    for node in network.nodes:
        found |= dict.fromkeys(node.outputs if isinstance(node, Opaque) else (node.output,))
        first = node.outputs[0] if isinstance(node, Opaque) else node.output
        found[first] = _told(node, found)
    return found


def _told(node: Node, known: dict[str, Shape]) -> Shape:
    if isinstance(node, Opaque):
        return opaque.behind(node, known)
    try:
        return shapes.behind(node, known)
    except ShapeMismatch:
        return None
