"""Shape operators of ONNX whose parameters are constants."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

from lumpver.io.onnx.read.lengths import target
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, only
from lumpver.io.onnx.read.tensors import INT64, MOST_ENTRIES
from lumpver.io.onnx.read.walk import FROM_THE_END, MOST_AXES, Plan, Walk
from lumpver.model.network import Rearrange
from lumpver.model.rearrange import rearranged

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.io.onnx.read.tensors import Known
    from lumpver.model.network import Shape


def rearrangement(walk: Walk, node: NodeProto) -> Rearrange | None:
    """The Rearrange that a shape operator is, if its parameters are constants.

    None also where the result has more axes, or longer ones, than an array may have.
    """
    plan = _plan(walk, node)
    parameters = () if plan is None or plan.parameters is None else plan.parameters
    if plan is None or len(parameters) > MOST_AXES:
        return None
    before = walk.value(plan.input)
    rank = 0 if before is None or before.shape is None else len(before.shape)
    if plan.operator == "Unsqueeze" and rank + len(parameters) > MOST_AXES:
        return None
    if plan.operator == "Reshape" and prod(n for n in parameters if n > 0) > MOST_ENTRIES:
        return None
    return plan


def _plan(walk: Walk, node: NodeProto) -> Rearrange | None:
    values = attributes(node)
    name, x, y = label(node), node.input[0], node.output[0]
    if node.op_type == "Transpose" and only(values, "perm"):
        order = values.get("perm")
        return Rearrange(name, x, y, "Transpose", None if order is None else tuple(order))
    if node.op_type == "Flatten" and only(values, "axis"):
        if values.get("axis", 1) < 0 and walk.opset < FROM_THE_END:
            return None
        return Rearrange(name, x, y, "Flatten", (values.get("axis", 1),))
    if node.op_type == "Reshape" and only(values, "shape", "allowzero"):
        return _reshape(walk, node, values)
    if node.op_type in ("Squeeze", "Unsqueeze") and only(values, "axes"):
        axes = integers(walk, node, values.get("axes"))
        if min(axes or (0,)) < 0 and walk.opset < FROM_THE_END:
            return None
        if axes is None and (node.op_type == "Unsqueeze" or len(node.input) > 1):
            return None
        if axes == () and node.op_type == "Squeeze":
            return None  # no axis as written, all of length 1 as some runtimes have it
        if axes is None and walk.tensor(x) is not None:
            return _squeezed(name, x, y, walk.shape(x))
        return Rearrange(name, x, y, node.op_type, axes)
    return None


def _reshape(walk: Walk, node: NodeProto, values: dict[str, Any]) -> Rearrange | None:
    numbers = integers(walk, node, values.get("shape"))
    flag = values.get("allowzero", 0)
    if flag not in (0, 1):
        return None
    if numbers is None:
        return _resolved(walk, node)
    return Rearrange(
        label(node), node.input[0], node.output[0], "Reshape", numbers, zero_copies=not flag
    )


def _resolved(walk: Walk, node: NodeProto) -> Rearrange | None:
    """A Reshape to lengths that are known well enough, as one to numbers."""
    said = walk.lengths.get(node.input[1]) if len(node.input) == 2 else None
    tensor = walk.tensor(node.input[0])
    if said is None or said.scalar or tensor is None:
        return None
    sizes = target(said.entries, tensor.shape)
    if sizes is None:
        return None
    plan = Rearrange(label(node), node.input[0], node.output[0], "Reshape", sizes)
    made = rearranged(plan, tensor.shape) or ()
    if any(size not in (-1, length) for size, length in zip(said.entries, made, strict=True)):
        return None
    walk.resolved.add(node.output[0])
    return plan


def _squeezed(name: str, x: str, y: str, shape: Shape) -> Rearrange:
    """A Squeeze of all axes of length 1, as the Reshape that it is where lengths are known.

    With fewer units it would take away another axis; a Reshape says which are left.
    """
    sizes = [size for size in shape or () if isinstance(size, int)]
    if shape is None or len(sizes) < len(shape):
        return Rearrange(name, x, y, "Squeeze", None)
    return Rearrange(name, x, y, "Reshape", tuple(size for size in sizes if size != 1))


def integers(walk: Walk, node: NodeProto, attribute: list[int] | None) -> tuple[int, ...] | None:
    """Integers that an attribute gives, or else the constant at the second input."""
    if attribute is not None:
        return tuple(attribute)
    known: Known | None = walk.constant(node.input[1]) if len(node.input) == 2 else None
    if known is None or known.element_type != INT64 or len(known.shape) > 1:
        return None
    return tuple(int(value) for value in known.array().ravel())


def _rearrange(walk: Walk, node: NodeProto) -> Plan:
    """The same, of a tensor."""
    plan = rearrangement(walk, node) if walk.tensor(node.input[0]) is not None else None
    return None if plan is None else [plan]


REARRANGING: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Flatten": _rearrange,
    "Reshape": _rearrange,
    "Squeeze": _rearrange,
    "Transpose": _rearrange,
    "Unsqueeze": _rearrange,
}
