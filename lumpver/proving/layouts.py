"""When tensors of two networks have equal entries in equal places.

Reshaping keeps row-major order, so it keeps a tensor's number; what an opaque node makes
is known by all that it depends on.

Root: how a spine is known that begins with a whole tensor
order: the permutation of the axes that are not of length 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from lumpver.model.linear import mixes, rows
from lumpver.model.network import Linear, Opaque, Pointwise, Rearrange
from lumpver.model.rearrange import permutation

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from lumpver.model.network import Network
    from lumpver.model.opaque import Constant
    from lumpver.model.tensor import Shape
    from lumpver.proving.values import Whole


@dataclass(frozen=True, slots=True)
class Root:
    """The tensor `number` along an axis of `width` units; `place` says which axis."""

    number: int
    width: int
    place: Hashable


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


def transposition(node: Rearrange, shape: Shape) -> Hashable:
    """None where the node keeps row-major order; else how it permutes the axes.

    Examples
    --------
    >>> from lumpver.model.network import Rearrange
    >>> node = Rearrange("t", "x", "y", "Transpose", (0, 2, 1))
    >>> transposition(node, (1, 1, 5)), transposition(node, (1, 3, 5))
    (None, (0, 2, 1))
    """
    if node.operator != "Transpose":
        return None
    if shape is None:
        return ("unknown", node.parameters)
    order = permutation(node, len(shape))
    long = [axis for axis in order if shape[axis] != 1]
    return None if long == sorted(long) else order


def opaque_key(
    network: Network, node: Opaque, operands: Mapping[str, Whole], tag: str
) -> tuple[Any, ...]:
    """All that an opaque node's outputs depend on; its own name where it may be random."""
    if node.draws:
        return ("random", tag, node.name, node.outputs)
    read = tuple(_operand(network, operand, operands) for operand in node.operands)
    captured = tuple(
        (name, _operand(network, name if constant is None else constant, operands))
        for name, constant in node.captured
    )
    made = tuple(bool(name) for name in node.outputs)  # Split divides by how many there are
    return ("opaque", network.environment, node.operator, node.content, read, captured, made)


def _operand(
    network: Network, operand: str | Constant | None, operands: Mapping[str, Whole]
) -> Hashable:
    if operand is None:
        return None
    if isinstance(operand, str):
        tensor = network.tensors.get(operand)
        return operands[operand], "" if tensor is None else tensor.dtype
    return operand.dtype, operand.shape, operand.data


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
                if mixes(node):
                    old, axis = widened.get(before, (before, node.axis))
                    old = old if axis == node.axis else before
                    before = number(("widened", old, node.axis, rows(node.weights)))
                    widened[before] = (old, node.axis)
                found[node.output] = before
            case Rearrange():
                step = (node.operator, node.parameters, node.zero_copies)
                found[node.output] = number(("rearranged", found[node.input], step))
            case Opaque():
                found |= {name: number(("shape", whole(name))) for name in node.outputs if name}
            case _:
                assert_never(node)
    return found
