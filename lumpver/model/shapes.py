"""Where units go through the nodes of a network: shapes, unit axes.

Lengths may be unknown or symbolic; every answer given holds for all their values, and
where none can be given the answer is None, never a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.model import linear, rearrange
from lumpver.model.linear import Linear
from lumpver.model.opaque import Opaque
from lumpver.model.pointwise import Pointwise
from lumpver.model.rearrange import Rearrange

if TYPE_CHECKING:
    from lumpver.model.graph import Graph
    from lumpver.model.nodes import Modelled
    from lumpver.model.tensor import Shape


def unit_axes(network: Graph) -> dict[str, int]:
    """The unit axis of each tensor: the one its producer makes, else its first reader's."""
    axes: dict[str, int] = {}
    for node in network.nodes:
        match node:
            case Linear():
                axes.setdefault(node.input, node.axis)
                axes[node.output] = node.axis
            case Pointwise() | Rearrange():
                shape, axis = network.tensors[node.input].shape, axes.get(node.input)
                moved = None if axis is None else axis_behind(node, shape, axis)
                if moved is not None:
                    axes[node.output] = moved
            case Opaque():
                pass
            case _:
                assert_never(node)
    return axes


def axis_behind(node: Pointwise | Rearrange, shape: Shape, axis: int) -> int | None:
    """The axis of the output along which the units of `axis` lie in order, if that is certain."""
    match node:
        case Pointwise():
            return axis
        case Rearrange():
            return rearrange.moved_axis(node, shape, axis)
        case _:
            assert_never(node)


def behind(node: Modelled, shape: Shape) -> Shape:
    """The shape of the node's output for an input of this shape, as far as it is known.

    Raises
    ------
    ShapeMismatch
        If the node does not apply to that shape.
    """
    match node:
        case Linear():
            return linear.behind(node, shape)
        case Pointwise():
            return shape
        case Rearrange():
            return rearrange.rearranged(node, shape)
        case _:
            assert_never(node)


def top(network: Graph, name: str, axis: int) -> str:
    """The first tensor above `name` through affine nodes along `axis` and activations.

    All tensors below it share every other axis with it.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> chain = Network.from_layers([([[1]], [0]), ([[1]], [0])])
    >>> top(chain, chain.outputs[0].name, -1) == chain.inputs[0].name
    True
    """
    while True:
        node = network.producers.get(name)
        match node:
            case Pointwise():
                name = node.input
            case Linear() if node.axis == axis:
                name = node.input
            case Linear() | Rearrange() | Opaque() | None:
                return name
            case _:
                assert_never(node)
