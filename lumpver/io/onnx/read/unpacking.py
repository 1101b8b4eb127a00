"""Constants that are stored in fewer bytes than they have entries: sparse, quantised.

Both are the exact numbers that they stand for; None where a file leaves that open.

coordinate: where in a dense tensor a stored value is, as one number or one per axis
zero point: the stored integer that stands for 0

References
----------
ONNX: SparseTensorProto; operator DequantizeLinear, opsets 10 to 25.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.array import multiply
from lumpver.io.onnx.read.operands import attributes, only
from lumpver.io.onnx.read.tensors import INT32, INT64, Known, known
from lumpver.io.onnx.read.walk import MOST_AXES

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Walk

_STORED: Final = (2, 3, 4, 5, 6)  # unsigned and signed integers of 8 and 16 bits, and int32
_BY_AXIS: Final = 13  # the first opset in which each entry of an axis may have its scale


def dense(walk: Walk, proto: Any, *, name: str) -> Known | None:
    """The dense constant that a SparseTensorProto stands for, if there is room for it.

    None also where its coordinates are not strictly rising or not all inside.

    Raises
    ------
    Malformed
        If its values or coordinates have not one payload of the right length.
    """
    shape = tuple(int(size) for size in proto.dims)
    values, places = known(proto.values, name=name), known(proto.indices, name=f"{name} indices")
    if not values.is_numeric or len(values.shape) != 1 or places.element_type != INT64:
        return None
    if not shape or len(shape) > MOST_AXES or min(shape) < 0 or not walk.makes(prod(shape)):
        return None
    flat = _flat(places.array(), values.size, shape)
    if flat is None:
        return None
    entries = values.array()
    result = np.zeros(prod(shape), dtype=entries.dtype)
    result[flat] = entries
    return Known(name, values.element_type, shape, entries=result.reshape(shape))


def _flat(places: Any, count: int, shape: tuple[int, ...]) -> Any:
    """Coordinates as places in row-major order, if they rise strictly and are inside."""
    if places.shape == (count, len(shape)) and places.ndim == 2:
        sizes = np.array(shape, dtype=np.int64)
        if ((places < 0) | (places >= sizes)).any():
            return None
        places = places @ np.array([prod(shape[i + 1 :]) for i in range(len(shape))], np.int64)
    elif places.shape != (count,) or ((places < 0) | (places >= prod(shape))).any():
        return None
    return places if (np.diff(places) > 0).all() else None


def dequantised(walk: Walk, node: NodeProto, values: list[Known]) -> Known | None:
    """What DequantizeLinear makes of constants: (x - zero point) scale, exactly.

    None where the numbers are no float64, or blocks of them have scales of their own.
    """
    options = attributes(node)
    if not only(options, "axis", "block_size", "output_dtype") or options.get("block_size", 0):
        return None
    x, scale = values[0], values[1]
    zero = values[2] if len(values) > 2 else None
    if len(node.input) != len(values) or options.get("output_dtype", 0):
        return None
    if x.element_type not in _STORED or not scale.is_float or x.recipe or scale.recipe:
        return None
    along = _along(x.shape, scale.shape, options.get("axis", 1), by_axis=walk.opset >= _BY_AXIS)
    if along is None or not walk.makes(x.size):
        return None
    whole = x.array().astype(np.int64)
    if zero is not None:
        if (zero.element_type, zero.shape) != (x.element_type, scale.shape):
            return None
        shift = zero.array().astype(np.int64)
        if x.element_type == INT32 and shift.any():
            return None
        whole = whole - shift.reshape(along)
    factor = scale.array()
    if factor.dtype == object or not np.isfinite(factor).all():
        return None
    result = multiply(whole.astype(np.float64), np.asarray(factor, np.float64).reshape(along))
    if result.dtype == object:
        return None
    return Known(node.output[0], scale.element_type, x.shape, entries=result)


def _along(
    shape: tuple[int, ...], scales: tuple[int, ...], axis: int, *, by_axis: bool
) -> tuple[int, ...] | None:
    """The shape in which the scales meet x: one for all, or one for each entry of an axis."""
    if scales in {(), (1,)}:
        return (1,) * len(shape)
    if not by_axis or len(scales) != 1 or not -len(shape) <= axis < len(shape):
        return None
    place = axis % len(shape)
    if scales[0] != shape[place]:
        return None
    return tuple(scales[0] if i == place else 1 for i in range(len(shape)))
