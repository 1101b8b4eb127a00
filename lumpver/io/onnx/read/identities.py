"""Operators of ONNX that change no number: Identity, Dropout at inference, Casts that widen.

None means "opaque": an attribute, type or mode that the exact model does not cover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.io.onnx.read.operands import attributes, dynamic, named, only, same
from lumpver.io.onnx.read.opsets import COPY
from lumpver.io.onnx.read.tensors import BOOL, FLOATS, INT64

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.io.onnx.read.tensors import Known
    from lumpver.io.onnx.read.walk import Plan, Walk

_WITH_MODE: Final = 12  # the first opset in which Dropout can be asked to train
_WIDENS: Final = {
    ("float16", "float32"), ("float16", "float64"), ("float32", "float64"),
    ("bfloat16", "float32"), ("bfloat16", "float64"),
}  # fmt: skip


def _identity(walk: Walk, node: NodeProto) -> Plan:
    return None if node.attribute else same(walk, node)


def _dropout(walk: Walk, node: NodeProto) -> Plan:
    values = attributes(node)
    if not only(values, "consumed_inputs", "is_test", "ratio", "seed"):
        return None
    if walk.opset < 7 and not values.get("is_test"):
        return None
    if walk.opset < _WITH_MODE and len(node.input) > 1:
        return None
    if len(node.output) > 1 and node.output[1]:
        return None
    ratio, mode = (named(node, place) for place in (1, 2))
    if ratio and not _is_scalar(walk.constant(ratio), *FLOATS):
        return None
    if mode and not _is_scalar(walk.constant(mode), BOOL, numbers=(0,)):
        return None
    return same(walk, node)


def _is_scalar(value: Known | None, *types: int, numbers: tuple[int, ...] | None = None) -> bool:
    """Whether a constant is one number of such a type, and one of `numbers` if given."""
    if value is None or value.element_type not in types or value.shape != ():
        return False
    return numbers is None or value.array().item() in numbers


def _cast(walk: Walk, node: NodeProto) -> Plan:
    """A Cast that widens, or that returns to the type its affine run was widened from."""
    x = dynamic(walk, node, 0)
    values = attributes(node)
    target = FLOATS.get(values.get("to", 0)) if walk.opset >= 6 else None
    if x is None or target is None or not only(values, "round_mode", "saturate", "to"):
        return None
    dtype = walk.tensors[x].dtype
    if dtype != target and (dtype, target) not in _WIDENS and walk.wide.get(x) != target:
        return None
    walk.typed[node.output[0]] = target
    if walk.wide.get(x, target) != target:
        walk.wide[node.output[0]] = walk.wide[x]
    elif x not in walk.wide and dtype != target:
        walk.wide[node.output[0]] = dtype
    return same(walk, node)


def _expand(walk: Walk, node: NodeProto) -> Plan:
    """An Expand or a Tile to the shape that there is."""
    x = dynamic(walk, node, 0)
    given = walk.constant(node.input[1])
    shape = None if x is None else walk.shape(x)
    if given is None or shape is None or given.element_type != INT64 or len(given.shape) != 1:
        return None
    sizes = [int(n) for n in given.array()[: len(shape) + 1]]
    if node.op_type == "Tile":
        return same(walk, node) if sizes == [1] * len(shape) else None
    if len(sizes) > len(shape):
        return None
    kept = zip(reversed(sizes), reversed(shape), strict=False)
    return same(walk, node) if all(n in (1, size) for n, size in kept) else None


IDENTITIES: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    COPY: _identity,
    "Cast": _cast,
    "Dropout": _dropout,
    "Expand": _expand,
    "Tile": _expand,
}
