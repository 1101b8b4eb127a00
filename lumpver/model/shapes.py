"""Where units go through the nodes of a network: shapes, unit axes.

Lengths may be unknown or symbolic; every answer given holds for all their values, and
where none can be given the answer is None, never a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.model import heads, join, linear, pick, pointwise, pool, rearrange
from lumpver.model.join import Join
from lumpver.model.linear import Linear, window_of
from lumpver.model.opaque import Opaque
from lumpver.model.pick import Pick
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange

if TYPE_CHECKING:
    from collections.abc import Mapping

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
            case Pointwise() | Pool() | Rearrange() | Pick():
                _followed(network, axes, node)
            case Join() if node.operator == "MatMul":
                if axes.get(node.operands[1]) == -1:
                    axes[node.output] = -1
            case Join():
                found = {axes[name] for name in node.inputs if name in axes}
                if len(found) == 1:
                    axes |= dict.fromkeys((*node.inputs, node.output), *found)
            case Opaque():
                pass
            case _:
                assert_never(node)
    return axes


def _followed(
    network: Graph, axes: dict[str, int], node: Pointwise | Pool | Rearrange | Pick
) -> None:
    """Set the axis behind a node; one that tells units apart tells the axis before it, too."""
    if isinstance(node, Pointwise) and node.axis is not None:
        axes.setdefault(node.input, node.axis)
    shape, axis = network.tensors[node.input].shape, axes.get(node.input)
    moved = None if axis is None else axis_behind(node, shape, axis)
    if moved is not None:
        axes[node.output] = moved


def axis_behind(node: Pointwise | Pool | Rearrange | Pick, shape: Shape, axis: int) -> int | None:
    """The axis of the output along which the units of `axis` lie in order, if that is certain.

    Each may have become several neighbouring entries, or lie there with those of other heads, and
    only some may be there.
    """
    match node:
        case Pointwise() | Pick():
            return axis
        case Pool():
            return axis if axis == node.axis else None
        case Rearrange():
            found = rearrange.spread_axis(node, shape, axis)
            moved = found or heads.split_axis(node, shape, axis)
            return None if moved is None else moved[0]
        case _:
            assert_never(node)


def behind(node: Modelled, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of the node's output for inputs of these shapes, as far as it is known.

    Raises
    ------
    ShapeMismatch
        If the node does not apply to them.
    """
    match node:
        case Linear():
            return linear.behind(node, shapes[node.input])
        case Pointwise():
            return pointwise.behind(node, shapes[node.input])
        case Pool():
            return pool.pooled(node, shapes[node.input])
        case Pick():
            return pick.behind(node, shapes[node.input])
        case Rearrange():
            return rearrange.rearranged(node, shapes[node.input])
        case Join():
            return join.behind(node, [shapes[name] for name in node.inputs])
        case _:
            assert_never(node)


def top(network: Graph, name: str, axis: int) -> str:
    """The first tensor above `name` through affine nodes and picks along `axis`, and activations.

    All tensors below it share every other axis with it; a kernel changes the others.

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
            case Linear() if node.axis == axis and window_of([node]) is None:
                name = node.input
            case Pick() if not node.besides(axis):
                name = node.input
            case Linear() | Pool() | Rearrange() | Pick() | Join() | Opaque() | None:
                return name
            case _:
                assert_never(node)
