"""What is known of the tensors that a node makes: type, shape, unit axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.model import join, opaque, pick
from lumpver.model.linear import behind, mixes
from lumpver.model.network import (
    Join,
    Linear,
    Modelled,
    Node,
    Opaque,
    Pick,
    Pointwise,
    Pool,
    Rearrange,
    Shape,
    Tensor,
)
from lumpver.model.pool import pooled
from lumpver.model.rearrange import moved_axis, rearranged
from lumpver.model.weights import rows

if TYPE_CHECKING:
    from lumpver.io.onnx.read.walk import Walk


def record(walk: Walk, node: Node) -> None:
    """Append a node, and make its outputs known."""
    match node:
        case Opaque():
            _record_opaque(walk, node)
        case Linear():
            _record_linear(walk, node)
        case Pointwise():
            _define(walk, node, walk.shape(node.input))
            walk.makers[node.output] = node
            _keeps_last(walk, node)
            if node.axis is not None:
                walk.axes.setdefault(node.output, node.axis)
            _follows_axis(walk, node.input, node.output)
        case Pool():
            _define(walk, node, pooled(node, walk.shape(node.input)))
            if walk.axes.get(node.input) == node.axis:
                _follows_axis(walk, node.input, node.output)
        case Pick():
            _define(walk, node, pick.behind(node, walk.shape(node.input)))
            _follows_axis(walk, node.input, node.output)
        case Rearrange():
            _record_rearrangement(walk, node)
        case Join():
            _record_join(walk, node)
        case _:
            assert_never(node)
    walk.nodes.append(node)


def _record_opaque(walk: Walk, node: Opaque) -> None:
    shapes = {name: walk.shape(name) for name in node.inputs}
    for place, name in enumerate(node.outputs):
        if name:
            shape = opaque.behind(node, shapes) if place == 0 else None
            walk.define(Tensor(name, walk.typed.get(name, ""), shape))


def _record_linear(walk: Walk, node: Linear) -> None:
    source = _define(walk, node, _with_length(walk.shape(node.input), node))
    walk.axes[node.output] = node.axis
    if not mixes(node):
        _keeps_last(walk, node)
    if node.input in walk.wide and walk.typed.get(node.output) in (None, source.dtype):
        walk.wide[node.output] = walk.wide[node.input]


def _record_rearrangement(walk: Walk, node: Rearrange) -> None:
    before = walk.shape(node.input)
    _define(walk, node, rearranged(node, before))
    axis = walk.axes.get(node.input)
    moved = None if axis is None else moved_axis(node, before, axis)
    if moved is not None:
        walk.axes[node.output] = moved


def _record_join(walk: Walk, node: Join) -> None:
    _define(walk, node, join.behind(node, [walk.shape(name) for name in node.inputs]))
    product = node.operator == "MatMul"
    if product and walk.axes.get(node.operands[1]) != -1:
        return  # its columns are no units
    for name in reversed(node.operands[1:] if product else node.inputs):
        _follows_axis(walk, name, node.output)


def _define(walk: Walk, node: Modelled, shape: Shape) -> Tensor:
    """Make the output known, of the input's type if of no other; the input."""
    source = walk.tensors[node.inputs[0]]
    walk.define(Tensor(node.output, walk.typed.get(node.output) or source.dtype, shape))
    return source


def _follows_axis(walk: Walk, name: str, output: str) -> None:
    """The units of the output lie along the axis of a tensor's, where that has one."""
    if name in walk.axes:
        walk.axes[output] = walk.axes[name]


def _keeps_last(walk: Walk, node: Linear | Pointwise) -> None:
    """The output has as many entries along the last axis as the input, where that is known."""
    if node.input in walk.last:
        walk.last[node.output] = walk.last[node.input]


def _with_length(shape: Shape, node: Linear) -> Shape:
    """A shape with as many units along the node's axis as it makes."""
    if shape is None or len(shape) < -node.axis:
        return shape if rows(node.weights) is None else None
    return behind(node, shape)
