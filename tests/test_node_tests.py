"""What lumpver reads of ONNX's node tests, it evaluates as ONNX does; and how many that are."""

from __future__ import annotations

import sys
from typing import Any, Final

import numpy as np
import pytest
from node_tests import EXPANDED, agree, cases, result

from lumpver.io.onnx.read.opsets import SINCE

LEAST: Final[dict[str, int]] = {
    "Abs": 1,
    "Add": 2,
    "AveragePool": 18,
    "BatchNormalization": 2,
    "Celu": 3,
    "Clip": 1,
    "Concat": 12,
    "Constant": 1,
    "ConstantOfShape": 3,
    "Conv": 6,
    "ConvTranspose": 11,
    "DepthToSpace": 2,
    "DequantizeLinear": 1,
    "Div": 3,
    "Dropout": 3,
    "Einsum": 6,
    "Elu": 3,
    "Equal": 2,
    "Erf": 1,
    "Exp": 2,
    "Expand": 2,
    "Flatten": 9,
    "Gather": 4,
    "Gelu": 4,
    "Gemm": 10,
    "GlobalAveragePool": 2,
    "GlobalMaxPool": 2,
    "HardSigmoid": 3,
    "HardSwish": 1,
    "Identity": 3,
    "LeakyRelu": 3,
    "LpPool": 0,
    "MatMul": 6,
    "Max": 6,
    "MaxPool": 16,
    "Mean": 3,
    "Min": 6,
    "Mish": 1,
    "Mul": 3,
    "Neg": 2,
    "PRelu": 1,
    "Pad": 0,
    "Pow": 1,
    "Range": 0,
    "ReduceMax": 6,
    "ReduceMean": 8,
    "ReduceSum": 11,
    "Relu": 1,
    "Reshape": 10,
    "Resize": 3,
    "Selu": 3,
    "Shape": 11,
    "Shrink": 2,
    "Sigmoid": 2,
    "Sign": 1,
    "Slice": 8,
    "Softplus": 2,
    "Softsign": 2,
    "SpaceToDepth": 4,
    "Split": 14,
    "Squeeze": 2,
    "Sub": 3,
    "Sum": 3,
    "Swish": 1,
    "Tanh": 2,
    "ThresholdedRelu": 3,
    "Tile": 2,
    "Transpose": 7,
    "Unsqueeze": 7,
    "Upsample": 1,
    "Where": 2,
    "expanded": 47,
}  # how many tests of each operator apply at least


@pytest.mark.parametrize("operator", [*sorted(SINCE), EXPANDED])
def test_numbers_are_those_of_onnx(operator: str, record_property: Any) -> None:
    """No variant of any test has another number or shape, and no fewer apply than did."""
    results = [result(case) for case in cases().get(operator, [])]
    assert [one for found in results for one in found.wrong] == []
    applying = [found.name for found in results if found.applies]
    others = [f"{found.name}: {', '.join(found.reasons)}" for found in results if not found.applies]
    record_property("apply", len(applying))
    record_property("others", others)
    sys.stdout.write("\n".join([f"{operator}: {len(applying)} of {len(results)} apply", *others]))
    assert len(applying) >= LEAST.get(operator, 0), others


def test_other_numbers_are_told_apart() -> None:
    """More than a few roundings of the type are a difference, of integers anything is."""
    exact = np.array([1.0, 4.0])
    assert agree(exact, np.array([1, 4 + 2**-21], np.float32))
    assert not agree(exact, np.array([1, 4 + 2**-16], np.float32))
    assert agree(exact, np.array([1, 4 + 2**-8], np.float16))
    assert not agree(exact, np.array([1, 4 + 2**-21], np.float64))
    assert not agree(exact, np.array([1, 5]))
