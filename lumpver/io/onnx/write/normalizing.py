"""Linear nodes whose factors are roots: BatchNormalization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.exact.array import zeros
from lumpver.exact.scalar import to_float
from lumpver.io.onnx.read.normalizing import TESTS

if TYPE_CHECKING:
    from lumpver.io.onnx.write.emitted import Emitted, Wishes
    from lumpver.model.network import Linear
    from lumpver.model.weights import Normalization


def batch_normalization(
    out: Emitted, node: Linear, weights: Normalization, dtype: str, wishes: Wishes
) -> None:
    """Append a BatchNormalization, for inference.

    Raises
    ------
    Unrepresentable
        If epsilon is no float32, as attributes are.
    """
    epsilon = to_float(weights.epsilon)
    if epsilon is None or float(np.float32(epsilon)) != epsilon:
        where, got = f"node {node.name}", str(weights.epsilon)
        raise Unrepresentable(where, expected="a float32 as epsilon", got=got)
    beta = zeros(weights.gamma.size) if node.b is None else node.b
    names = [
        out.weights(wishes, weights.gamma, dtype),
        out.bias(wishes, beta, dtype),
        out.constant(f"{node.output}/mean", weights.mean, dtype),
        out.constant(f"{node.output}/variance", weights.variance, dtype),
    ]
    extra = {"is_test": 1} if out.opset < TESTS else {}
    out.node("BatchNormalization", [node.input, *names], node.output, epsilon=epsilon, **extra)
