"""Constants that meet tensors of other shapes: as one number per unit of one axis.

None means "opaque": the constant varies along several axes, or may widen the tensor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.io.onnx.read.operands import fit

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.exact.array import Exact
    from lumpver.io.onnx.read.walk import Walk


def along_one_axis(walk: Walk, node: NodeProto, x: str, c: Exact) -> tuple[Exact, int] | None:
    """A constant as one number per unit of an axis of x that it does not widen."""
    rank = walk.rank(x)
    if rank is None and x in walk.last:
        return _along_the_last(node, c, *walk.last[x])
    if rank is None or c.ndim > rank:
        return None
    varying = [i - c.ndim for i, size in enumerate(c.shape) if size != 1]
    if len(varying) > 1:
        return None
    axis = varying[0] if varying else walk.axes.get(x, -1)
    length = walk.length(x, axis)
    if not isinstance(length, int) or rank == 0:
        return None
    if varying and length == 1:
        return None
    if varying:
        fit(node, int(c.size), length)
    elif not walk.makes(length):
        return None
    return np.broadcast_to(c.reshape(-1), (length,)), axis


def _along_the_last(node: NodeProto, c: Exact, length: int, rank: int) -> tuple[Exact, int] | None:
    """The same for an x of at least this rank, of which only the last length is known."""
    along = c.shape[-1] if c.ndim else 1
    if c.ndim > rank or c.size != along or (length == 1 != along):
        return None
    if along != 1:
        fit(node, along, length)
    return np.broadcast_to(c.reshape(-1), (length,)), -1
