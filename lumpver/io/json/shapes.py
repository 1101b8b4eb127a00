"""Whether the shapes that a file gives its tensors fit the nodes between them.

A length that is unknown or symbolic fits every other; units are always counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.model.join import behind as joined
from lumpver.model.join import certain
from lumpver.model.linear import behind, units_made, units_read
from lumpver.model.network import (
    Join,
    Linear,
    Network,
    Opaque,
    Pick,
    Pointwise,
    Pool,
    Rearrange,
    Shape,
)
from lumpver.model.pick import behind as picked
from lumpver.model.pointwise import behind as activated
from lumpver.model.pool import pooled
from lumpver.model.rearrange import rearranged

if TYPE_CHECKING:
    from lumpver.model.network import Dimension


def check_shapes(network: Network) -> None:
    """Does nothing if every modelled node's tensors have the shapes that it makes.

    Raises
    ------
    ShapeMismatch
        Naming the first node where they have not.
    Malformed
        If a node that rearranges has parameters that its operator does not allow.

    Examples
    --------
    >>> check_shapes(Network.from_layers([([[1, 2]], [0])]))
    """
    for node in network.nodes:
        match node:
            case Linear():
                _affine(node, network.tensors[node.input].shape, network.tensors[node.output].shape)
            case Pointwise():
                shape = activated(node, network.tensors[node.input].shape)
                _counted(node, shape)
                _fits(node.name, shape, network.tensors[node.output].shape)
            case Pool():
                before, after = (network.tensors[x].shape for x in (node.input, node.output))
                _fits(node.name, pooled(node, before), after)
            case Rearrange():
                shape = network.tensors[node.input].shape
                _parameters(node, shape)
                _fits(node.name, rearranged(node, shape), network.tensors[node.output].shape)
            case Pick():
                before, after = (network.tensors[x].shape for x in (node.input, node.output))
                _fits(node.name, picked(node, before), after)
            case Join():
                shapes = [network.tensors[name].shape for name in node.inputs]
                spreads = node.axis is None and node.operator != "MatMul"
                if spreads and not certain(*shapes):
                    got = " and ".join(map(str, shapes))
                    raise ShapeMismatch(f"node {node.name}", expected="shapes that fit", got=got)
                _fits(node.name, joined(node, shapes), network.tensors[node.output].shape)
            case Opaque():
                pass
            case _:
                assert_never(node)


def _counted(node: Pointwise, shape: Shape) -> None:
    """Refuses activations of units that are not counted."""
    axis = node.axis
    if axis is not None and (shape is None or not isinstance(shape[axis], int)):
        expected = f"a known length along {axis}"
        raise ShapeMismatch(f"node {node.name}", expected=expected, got=str(shape))


def _affine(node: Linear, before: Shape, after: Shape) -> None:
    read, made = units_read(node), units_made(node)
    if read is None or made is None:
        _fits(node.name, before, after)
        return
    if before is None or len(before) < -node.axis:
        raise ShapeMismatch(f"node {node.name}", expected=f"axis {node.axis}", got=str(before))
    given = list(before)
    given[node.axis] = read
    _fits(node.name, tuple(given), before)
    made_of = behind(node, before)
    _fits(node.name, made_of, after)
    if after is None or not isinstance(after[node.axis], int):
        raise ShapeMismatch(f"node {node.name}", expected=str(made_of), got=str(after))


def _fits(name: str, expected: Shape, found: Shape) -> None:
    if expected is None or found is None:
        return
    if len(expected) != len(found) or not all(map(_same, expected, found)):
        raise ShapeMismatch(f"node {name}", expected=str(expected), got=str(found))


def _same(a: Dimension, b: Dimension) -> bool:
    return a == b or not (isinstance(a, int) and isinstance(b, int))


def _parameters(node: Rearrange, shape: Shape) -> None:
    """Refuses parameters that ONNX would, as far as the rank is known."""
    values = node.parameters
    if not _allowed(node.operator, values, None if shape is None else len(shape)):
        raise Malformed(
            f"node {node.name}", expected=f"parameters of {node.operator}", got=str(values)
        )
    if node.operator == "Reshape" and node.zero_copies and values and shape is not None:
        short = any(value == 0 for value in values[len(shape) :])
        if short:
            raise ShapeMismatch(f"node {node.name}", expected="axes to copy", got=str(shape))


def _allowed(operator: str, values: tuple[int, ...] | None, rank: int | None) -> bool:
    if values is None:
        return operator in ("Transpose", "Squeeze")
    if operator == "Reshape":
        return min(values, default=0) >= -1 and values.count(-1) <= 1
    if operator == "Flatten":
        return len(values) == 1 and (rank is None or -rank <= values[0] <= rank)
    if operator == "Transpose":
        return sorted(values) == list(range(len(values))) and rank in (None, len(values))
    if rank is None:
        return len(set(values)) == len(values)
    whole = rank + len(values) if operator == "Unsqueeze" else rank
    inside = all(-whole <= value < whole for value in values)
    return inside and len({value % whole for value in values}) == len(values)
