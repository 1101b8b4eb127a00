"""What onnxruntime gives is within what is said of float32, with and without its optimizations."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_models import model, network, node, tensor

import lumpver
from lumpver.bounds.knowing import known
from lumpver.claim.domain import Box, Boxes
from lumpver.exact.array import rationals
from lumpver.roundoff.errors import Unbounded

RNG = np.random.default_rng(7)


def small(*shape: int, scale: float = 1.0) -> Any:
    """Numbers of binary32."""
    return (RNG.standard_normal(shape) * scale).astype(np.float32)


def normalizing(size: int) -> list[Any]:
    """Scale, shift, mean and variance, whose sum with epsilon 1/4 is the square of a rational."""
    squares = RNG.integers(1, 5, size) ** 2
    variance = (squares - 0.25).astype(np.float32)
    made = zip("gbmv", (small(size), small(size), small(size), variance), strict=True)
    return [tensor(name, values) for name, values in made]


GRAPHS: dict[str, tuple[list[Any], list[Any], list[int], int]] = {
    "a normalization behind a convolution, folded by optimizations": (
        [
            node("Conv", "x W c", "y1", pads=[1, 1, 1, 1]),
            node("BatchNormalization", "y1 g b m v", "y2", epsilon=0.25),
            node("Relu", "y2", "y3"),
            node("MaxPool", "y3", "y4", kernel_shape=[2, 2], strides=[2, 2]),
            node("Conv", "y4 V", "y5", group=2),
            node("LeakyRelu", "y5", "y", alpha=0.3),
        ],
        [
            tensor("W", small(4, 2, 3, 3)),
            tensor("c", small(4)),
            *normalizing(4),
            tensor("V", small(2, 2, 1, 1)),
        ],
        [1, 2, 6, 6],
        4,
    ),
    "a normalization alone, and means": (
        [
            node("BatchNormalization", "x g b m v", "y1", epsilon=0.25),
            node("AveragePool", "y1", "y2", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            node("LeakyRelu", "y2", "y3", alpha=0.3),
            node("GlobalAveragePool", "y3", "y"),
        ],
        normalizing(3),
        [1, 3, 4, 4],
        4,
    ),
    "sums, the larger, products, side by side": (
        [
            node("Gemm", "x W c", "a", transB=1, alpha=1.0),
            node("Relu", "a", "a1"),
            node("Gemm", "x V", "d", transB=1),
            node("PRelu", "d s", "d1"),
            node("Add", "a1 d1", "e"),
            node("Max", "e a", "f"),
            node("Mul", "f d1", "h"),
            node("Concat", "h a1", "i", axis=1),
            node("MatMul", "i U", "j"),
            node("Add", "j k", "l"),
            node("Mul", "l n", "p"),
            node("Clip", "p lo hi", "q"),
            node("Sub", "q x", "r"),
            node("Abs", "r", "y"),
        ],
        [
            tensor("W", small(5, 4)),
            tensor("c", small(5)),
            tensor("V", small(5, 4)),
            tensor("s", small(5)),
            tensor("U", small(10, 4)),
            tensor("k", small(4)),
            tensor("n", small(4)),
            tensor("lo", np.float32(-3)),
            tensor("hi", np.float32(5)),
        ],
        [1, 4],
        2,
    ),
}


def built(name: str) -> Any:
    """The model of a graph."""
    nodes, stored, shape, rank = GRAPHS[name]
    return model(nodes, stored, inputs=[("x", shape)], outputs=[("y", [None] * rank)])


def reach(found: Any, scale: float) -> float:
    """How large outputs are at most, about."""
    ranges = {"x": [(-scale, scale)] * int(np.prod(found.inputs[0].shape))}
    known_ = known(found, Boxes((Box.of(ranges),)))
    return float(known_.intervals["y"].size.max())


def ran(made: Any, x: Any, *, optimized: bool) -> Any:
    """What onnxruntime makes of an input."""
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    level = runtime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimized else level.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    data = made.SerializeToString()
    session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return session.run(["y"], {"x": x})[0]


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_onnxruntime_is_within(name: str, scale: float) -> None:
    """At random points of the box, exactly compared; and what is said is not absurd."""
    made = built(name)
    found = network(made)
    said = lumpver.float_error(found, box=f"[{-scale:.0f}, {scale:.0f}]")
    bound = said.outputs["y"].ravel()
    assert 0 < said.largest < 0.05 * reach(found, scale)
    shape = GRAPHS[name][2]
    rng, worst = np.random.default_rng(3), 0.0
    for _ in range(12):
        x = rng.uniform(-scale, scale, shape).astype(np.float32)
        real = rationals(found.evaluate({"x": x.astype(np.float64)})["y"]).ravel().tolist()
        for optimized in (False, True):
            got = ran(made, x, optimized=optimized).ravel()
            for y, exact, most in zip(got.tolist(), real, bound.tolist(), strict=True):
                off = abs(Fraction(y) - Fraction(int(exact.p), int(exact.q)))
                assert off <= Fraction(most), name
                worst = max(worst, float(off) / most)
    assert worst > 0


def test_every_tensor_is_bounded_that_outputs_need() -> None:
    """Nothing is asked of what no output depends on, such as an operator without a rule."""
    nodes = [node("Relu", "x", "y"), node("Softmax", "x", "z")]
    made = network(model(nodes, inputs=[("x", [1, 2])], outputs=[("y", [None, None])]))
    assert lumpver.float_error(made, box="[0, 1]").largest < 2.0**-800
    both = network(
        model(nodes, inputs=[("x", [1, 2])], outputs=[("y", [None] * 2), ("z", [None] * 2)])
    )
    with pytest.raises(Unbounded, match="not modelled"):
        lumpver.float_error(both, box="[0, 1]")


def test_narrow_types_are_not_float32() -> None:
    """What is rounded to float16 is not rounded to float32."""
    nodes = [node("MatMul", "x W", "h"), node("Cast", "h", "y", to=TensorProto.FLOAT)]
    W = helper.make_tensor("W", TensorProto.FLOAT16, [2, 1], np.ones(2, np.float16).view(np.uint16))
    made = model(
        nodes,
        [W],
        inputs=[("x", "float16", [1, 2])],
        outputs=[("y", [1, 1])],
    )
    with pytest.raises(Unbounded, match="float16"):
        lumpver.float_error(network(made), box="[0, 1]")


def test_a_normalization_of_odd_sizes_is_unbounded() -> None:
    """Its quotients might overflow before they are multiplied."""
    numbers = {"g": [2.0**-120], "b": [0], "m": [0], "v": [2.0**-126]}
    stored = [tensor(name, np.array(value, dtype=np.float32)) for name, value in numbers.items()]
    nodes = [node("BatchNormalization", "x g b m v", "y", epsilon=0.0)]
    made = model(nodes, stored, inputs=[("x", [1, 1, 2])], outputs=[("y", [None] * 3)])
    with pytest.raises(Unbounded, match="odd size"):
        lumpver.float_error(network(made), box="[0, 1]")


def test_boxes_without_ends_are_unbounded() -> None:
    """Nothing is known of what has no bounds."""
    made = network(built("sums, the larger, products, side by side"))
    with pytest.raises(Unbounded, match="no bounds"):
        lumpver.float_error(made, box={"x": [(0, None)] * 4})
