"""How many units a tensor has: weights tell, and where none do, its shape, up to a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from lumpver.errors import ShapeMismatch
from lumpver.model.join import Join, lengths
from lumpver.model.linear import Linear, units_made, units_read
from lumpver.model.opaque import Opaque
from lumpver.model.pick import Pick
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange, spread_axis
from lumpver.model.several import Several
from lumpver.model.spread import ALONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.graph import Graph
    from lumpver.model.nodes import Node, Unary

MOST_UNITS: Final = 2**20  # that are counted where no weights tell how many there are


def widths(network: Graph, axes: Mapping[str, int]) -> dict[str, int]:
    """The number of units of each tensor with one of the unit axes: weights tell, else its shape.

    An axis that no number stands for is not counted where it is absurdly long.

    Raises
    ------
    ShapeMismatch
        If weights tell two numbers for one tensor.

    Examples
    --------
    >>> from lumpver.model.network import Network, Tensor, linear
    >>> node = linear("a", "x", "y", [[1, 2]])
    >>> whole = Network((Tensor("x"),), (Tensor("y"),), (node,), {"x": Tensor("x")})
    >>> widths(whole, whole.axes)
    {'y': 1, 'x': 2}
    """
    found: dict[str, int] = {}
    for nodes in (network.nodes, network.nodes[::-1], network.nodes):
        for node in nodes:
            _told(found, network, axes, node)
    for name, axis in axes.items():
        shape = network.tensors[name].shape if name in network.tensors else None
        size = shape[axis] if shape is not None and len(shape) >= -axis else None
        if isinstance(size, int) and size <= MOST_UNITS:
            found.setdefault(name, size)
    return found


def _told(found: dict[str, int], network: Graph, axes: Mapping[str, int], node: Node) -> None:
    """Set what a node tells of the widths of what it reads and makes."""
    match node:
        case Linear():
            _told_by_weights(found, node, along=axes[node.input] == node.axis)
        case Pointwise() | Pool() | Rearrange() | Pick():
            own = node.activation if isinstance(node, Pointwise) else None
            if isinstance(own, Several) and axes.get(node.input) == own.axis:
                _set(found, node, node.input, len(own.functions))
            if _keeps_units(network, axes, node):
                _as_wide(found, node, node.input)
        case Join():
            for name in _alike(network, axes, node):
                _as_wide(found, node, name)
            parts = [found.get(name) for name in _beside(axes, node)]
            if parts and None not in parts:
                _set(found, node, node.output, sum(part or 0 for part in parts))
        case Opaque():
            pass
        case _:
            assert_never(node)


def _alike(network: Graph, axes: Mapping[str, int], node: Join) -> list[str]:
    """The operands whose units are, one by one, those of the output: not where they are repeated.

    Side by side along that axis none are.
    """
    along = axes.get(node.output)
    if along is None or node.axis == along:
        return []
    if node.operator == "MatMul":
        return [name for name in node.operands[1:] if axes.get(name) == along == -1]
    shapes = [network.tensors[name].shape for name in (*node.inputs, node.output)]
    *own, whole = lengths(shapes, along)
    known = zip(node.inputs, own, strict=True)
    return [name for name, size in known if axes.get(name) == along and size == whole]


def _beside(axes: Mapping[str, int], node: Join) -> list[str]:
    """The operands whose units lie side by side in the output, none where they do not."""
    along = {axes.get(name) for name in (*node.inputs, node.output)}
    return [*node.inputs] if along == {node.axis} else []


def _keeps_units(
    network: Graph, axes: Mapping[str, int], node: Pointwise | Pool | Rearrange | Pick
) -> bool:
    """Whether the units of the node's output are those of its input."""
    before, after = (axes.get(name) for name in (node.input, node.output))
    if before is None or after is None:
        return False
    match node:
        case Pointwise():
            return before == after
        case Pool():
            return before == after == node.axis
        case Rearrange():
            return spread_axis(node, network.tensors[node.input].shape, before) == (after, ALONE)
        case Pick():
            return before == after and node.along(after) is None
        case _:
            assert_never(node)


def _told_by_weights(found: dict[str, int], node: Linear, *, along: bool) -> None:
    """Set how many units an affine node makes, and reads if it reads `along` their axis."""
    made, read = units_made(node), units_read(node)
    if made is None or read is None:
        if along:
            _as_wide(found, node, node.input)
        return
    _set(found, node, node.output, made)
    if along:
        _set(found, node, node.input, read)


def _as_wide(found: dict[str, int], node: Unary | Join, name: str) -> None:
    """Set that a node makes as many units as it reads of a tensor, where either is known."""
    for known, other in ((name, node.output), (node.output, name)):
        if known in found:
            _set(found, node, other, found[known])


def _set(found: dict[str, int], node: Node, name: str, size: int) -> None:
    if found.setdefault(name, size) != size:
        raise ShapeMismatch(f"node {node.name}", expected=f"{size} units", got=str(found[name]))
