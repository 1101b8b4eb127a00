"""What is known of the tensors that a node makes: type, shape, unit axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.model.linear import mixes, rows
from lumpver.model.network import (
    Linear,
    Modelled,
    Node,
    Opaque,
    Pointwise,
    Rearrange,
    Shape,
    Tensor,
)
from lumpver.model.rearrange import moved_axis, rearranged

if TYPE_CHECKING:
    from lumpver.io.onnx.read.walk import Walk


def record(walk: Walk, node: Node) -> None:
    """Append a node, and make its outputs known."""
    match node:
        case Opaque():
            for name in filter(None, node.outputs):
                walk.define(Tensor(name, "", None))
        case Linear():
            source = _define(walk, node, _with_length(walk.shape(node.input), node))
            walk.axes[node.output] = node.axis
            if not mixes(node):
                _keeps_last(walk, node)
            if node.input in walk.wide and walk.typed.get(node.output) in (None, source.dtype):
                walk.wide[node.output] = walk.wide[node.input]
        case Pointwise():
            _define(walk, node, walk.shape(node.input))
            _keeps_last(walk, node)
            if node.input in walk.axes:
                walk.axes[node.output] = walk.axes[node.input]
        case Rearrange():
            before = walk.shape(node.input)
            _define(walk, node, rearranged(node, before))
            axis = walk.axes.get(node.input)
            moved = None if axis is None else moved_axis(node, before, axis)
            if moved is not None:
                walk.axes[node.output] = moved
        case _:
            assert_never(node)
    walk.nodes.append(node)


def _define(walk: Walk, node: Modelled, shape: Shape) -> Tensor:
    """Make the output known, of the input's type if of no other; the input."""
    source = walk.tensors[node.input]
    walk.define(Tensor(node.output, walk.typed.get(node.output) or source.dtype, shape))
    return source


def _keeps_last(walk: Walk, node: Linear | Pointwise) -> None:
    """The output has as many entries along the last axis as the input, where that is known."""
    if node.input in walk.last:
        walk.last[node.output] = walk.last[node.input]


def _with_length(shape: Shape, node: Linear) -> Shape:
    """A shape with as many units along the node's axis as it makes."""
    made = rows(node.weights)
    if made is None:
        return shape
    if shape is None or len(shape) < -node.axis:
        return None
    sizes = list(shape)
    sizes[node.axis] = made
    return tuple(sizes)
