"""Normalizations of ONNX whose statistics are constants.

None means "opaque": statistics of the input itself couple units, and are not modelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.scalar import number
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.operands import attributes, dynamic, numbers
from lumpver.model.linear import Linear
from lumpver.model.weights import Normalization

if TYPE_CHECKING:
    from collections.abc import Callable

    from onnx import NodeProto

    from lumpver.io.onnx.read.walk import Plan, Walk

_EPSILON: Final = float(np.float32(1e-5))  # as every attribute is
TESTS: Final = 7  # the first opset in which it is for inference unless asked otherwise
_STATISTICS: Final = 4


def _batch_normalization(walk: Walk, node: NodeProto) -> Plan:
    """BatchNormalization for inference, one mean and variance per channel."""
    values = attributes(node)
    x = dynamic(walk, node, 0)
    rank = None if x is None else walk.rank(x)
    trains = values.get("training_mode", 0) != 0 or (
        walk.opset < TESTS and values.get("is_test", 0) == 0
    )
    if x is None or rank is None or rank < 2 or trains or values.get("spatial", 1) != 1:
        return None
    if any(node.output[1:]):
        return None
    found = [numbers(walk, node, place, x) for place in range(1, 1 + _STATISTICS)]
    size = None if found[0] is None else found[0].size
    parts = [part for part in found if part is not None and part.shape == (size,)]
    if len(parts) != _STATISTICS:
        return None
    gamma, beta, mean, variance = parts
    length = walk.length(x, 1 - rank)
    if isinstance(length, int) and length != gamma.size:  # as some exports have it
        walk.unfit[node.output[0]] = f"does not fit: expected {length} scales, got {gamma.size}"
        return None
    epsilon = number(values.get("epsilon", _EPSILON))
    weights = Normalization(gamma, mean, variance, epsilon, f"node {label(node)}")
    return [Linear(label(node), x, node.output[0], weights, beta, 1 - rank)]


NORMALIZING: Final[dict[str, Callable[[Walk, NodeProto], Plan]]] = {
    "BatchNormalization": _batch_normalization
}
