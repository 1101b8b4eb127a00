"""Where with a constant condition: some units of one tensor, the others of another or constants.

A unit that is not chosen is multiplied by 0: None, "opaque", where it may be infinite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import is_float, multiply
from lumpver.io.onnx.read.broadcasting import along_one_axis
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import dynamic, linear, stored
from lumpver.io.onnx.read.tensors import BOOL
from lumpver.model.join import Join, same_shape
from lumpver.model.names import Derived
from lumpver.model.network import Linear
from lumpver.model.weights import Diagonal

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.exact.array import Exact
    from lumpver.io.onnx.read.walk import Plan, Walk

_MOST: Final = 2**20  # entries of a condition


def chosen(walk: Walk, node: NodeProto) -> Plan:
    """A Where whose condition is a constant that varies along one axis at most."""
    condition = walk.constant(node.input[0])
    if (
        node.attribute
        or condition is None
        or condition.element_type != BOOL
        or condition.size > _MOST
    ):
        return None
    mask = condition.array().astype(np.float64)
    places = [place for place in (1, 2) if walk.tensor(node.input[place]) is not None]
    if len(places) == 2:
        return _of_two(walk, node, mask)
    return _of_one(walk, node, mask, places[0]) if places else None


def _of_one(walk: Walk, node: NodeProto, mask: Exact, place: int) -> Plan:
    """Some units of a tensor, and constants."""
    x = dynamic(walk, node, place)
    c = None if x is None else stored(walk, node, 3 - place, x)
    if x is None or c is None or not is_float(c) or not np.isfinite(c).all():
        return None
    factors = mask if place == 1 else 1.0 - mask
    try:
        shape = np.broadcast_shapes(factors.shape, c.shape)
    except ValueError:
        return None
    if not walk.makes(2 * int(np.prod(shape))):
        return None
    scale = along_one_axis(walk, node, x, np.broadcast_to(factors, shape))
    shift = along_one_axis(walk, node, x, multiply(1.0 - factors, c) + np.zeros(shape))
    if scale is None or shift is None or scale[1] != shift[1]:
        return None
    return linear(walk, node, x, scale[0], shift[0], scale[1])


def _of_two(walk: Walk, node: NodeProto, mask: Exact) -> Plan:
    """Some units of one tensor, the others of another of the same shape and type."""
    x, z = (dynamic(walk, node, place) for place in (1, 2))
    if x is None or z is None or not walk.is_float(x):
        return None
    alike = walk.tensors[x].dtype == walk.tensors[z].dtype != ""
    scale = along_one_axis(walk, node, x, mask) if alike else None
    if scale is None or not same_shape(walk.shape(x), walk.shape(z)):
        return None
    factors, axis = scale
    plan: list[Linear | Join] = []
    for word, source, numbers in (("first", x, factors), ("second", z, 1.0 - factors)):
        target = Derived(f"operand of {node.output[0]}, {word}")
        walk.typed[target] = walk.tensors[x].dtype
        plan.append(Linear(label(node), source, target, Diagonal(numbers), None, axis))
    names = tuple(step.output for step in plan)
    return [*plan, Join(label(node), names, node.output[0], "Add")]
