"""Activation operators of ONNX: which are modelled, with which parameters.

None means "opaque": parameters or shapes that the exact model does not cover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.array import finite
from lumpver.exact.scalar import number
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, dynamic, numbers, only, stored
from lumpver.model.activations import Activation
from lumpver.model.network import Pointwise

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Plan, Walk


def _activate(walk: Walk, node: NodeProto, *parameters: Any) -> Plan:
    x = dynamic(walk, node, 0)
    if x is None:
        return None
    exact = tuple(number(value) for value in parameters)
    return [Pointwise(label(node), x, node.output[0], Activation(node.op_type, exact))]


def _plain(walk: Walk, node: NodeProto) -> Plan:
    # consumed_inputs is an execution hint of opset 1 to 5
    return _activate(walk, node) if only(attributes(node), "consumed_inputs") else None


def _absolute(walk: Walk, node: NodeProto) -> Plan:
    """Of floats: the least integer has no opposite."""
    return _plain(walk, node) if walk.is_float(node.input[0]) else None


def _leaky(walk: Walk, node: NodeProto) -> Plan:
    values = attributes(node)
    if not only(values, "alpha", "consumed_inputs"):
        return None
    slope = np.float32(values.get("alpha", np.float32(0.01)))
    return _activate(walk, node, finite(np.array([slope]), where=f"{label(node)} alpha")[0])


def _prelu(walk: Walk, node: NodeProto) -> Plan:
    x = dynamic(walk, node, 0)
    slope = None if x is None else numbers(walk, node, 1, x)
    if x is None or slope is None or slope.size != 1 or node.attribute:
        return None
    if slope.ndim > (walk.rank(x) or 0):
        return None
    function = Activation("LeakyRelu", (number(slope.reshape(-1)[0]),))
    return [Pointwise(label(node), x, node.output[0], function)]


def _clip(walk: Walk, node: NodeProto) -> Plan:
    values = attributes(node)
    if walk.opset < 11:
        if set(values) != {"min", "max"} or len(node.input) != 1:
            return None
        bounds = [np.float32(values["min"]), np.float32(values["max"])]
    elif values:
        return None
    else:
        x = dynamic(walk, node, 0)
        found = [None if x is None else stored(walk, node, place, x) for place in (1, 2)]
        if any(bound is None or bound.size != 1 for bound in found):
            return None
        bounds = [bound.reshape(-1)[0] for bound in found if bound is not None]
        if any(bound.dtype == object for bound in found if bound is not None):
            return None
    if not np.isfinite(bounds).all() or bounds[0] > bounds[1]:
        return None
    return _activate(walk, node, *bounds)


ACTIVATIONS: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "Abs": _absolute,
    "Clip": _clip,
    "LeakyRelu": _leaky,
    "PRelu": _prelu,
    "Relu": _plain,
    "Sigmoid": _plain,
    "Tanh": _plain,
}
