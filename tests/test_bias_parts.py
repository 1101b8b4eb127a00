"""Constants that one float of a bias cannot take: it is stored as several that are added up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx_models import feeds, model, run, steps, tensor

from lumpver.exact.array import add, array, equal, zeros
from lumpver.exact.parts import parts
from lumpver.io.files import load
from lumpver.io.storage import bias_parts
from lumpver.reducing.pipeline import check_files, reduce_file
from lumpver.tell.summary import layers

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.reducing.pipeline import Outcome

LAYERS = {
    "Conv": "Conv x W a h; Relu h r; Conv r V b s; Relu s t; Conv t U y",
    "Gemm": "Gemm x W a h transB=1; Relu h r; Gemm r V b s transB=1; Relu s t; Gemm t U y transB=1",
    "MatMul": "MatMul x W g; Add g a h; Relu h r; MatMul r V q; Add b q s; Relu s t; MatMul t U y",
}


def pruned(kind: str, *, units: int = 24, gone: int = 10, seed: int = 0) -> Any:
    """Two layers of full mantissas; the rows of some units of the first are 0, their biases not."""
    rng = np.random.default_rng(seed)
    shapes = {"W": (units, 6), "a": (units,), "V": (30, units), "b": (30,), "U": (4, 30)}
    numbers = {k: rng.standard_normal(shape).astype("f4") for k, shape in shapes.items()}
    numbers["W"][rng.permutation(units)[:gone]] = 0
    numbers["a"] = np.abs(numbers["a"])
    for name in "WVU":
        if kind == "Conv":
            size = 3 if name == "V" else 1
            taps = 1 + np.arange(size**2).reshape(size, size) / 8
            numbers[name] = np.multiply.outer(numbers[name], taps).astype("f4")
        elif kind == "MatMul":
            numbers[name] = numbers[name].T
    x, y = (["N", 6, 5, 4], ["N", 4, 3, 2]) if kind == "Conv" else (["N", 6], ["N", 4])
    stored = [tensor(name, a) for name, a in numbers.items()]
    return model(steps(LAYERS[kind]), stored, inputs=[("x", x)], outputs=[("y", y)])


def filed(folder: Path, made: Any, **options: Any) -> Outcome:
    """The reduction of a model, through files."""
    (folder / "in.onnx").write_bytes(made.SerializeToString())
    return reduce_file(folder / "in.onnx", folder / "out.onnx", **options)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("seed", range(3))
def test_constants_go_whatever_the_weights(tmp_path: Path, kind: str, seed: int) -> None:
    """All constants go, in the model's own types; the file is smaller, and right."""
    made = pruned(kind, seed=seed)
    outcome = filed(tmp_path, made)
    assert layers(outcome.reduction)[0].units_after == 14
    assert layers(outcome.reduction)[0].kept_unrepresentable == 0
    assert outcome.bytes_after < outcome.bytes_before
    check_files(tmp_path / "in.onnx", tmp_path / "out.onnx", outcome.certificate)
    written = onnx.load(tmp_path / "out.onnx")
    onnx.checker.check_model(written, full_check=True)
    assert "Cast" not in {node.op_type for node in written.graph.node}
    given = feeds(made)
    expected = run(made, given)["y"]
    assert np.abs(run(written, given)["y"] - expected).max() <= 1e-5 * np.abs(expected).max()
    before, after = (load(tmp_path / f"{name}.onnx").network for name in ("in", "out"))
    point = {"x": given["x"].astype(float)}
    assert equal(before.evaluate(point)["y"], after.evaluate(point)["y"]).all()


def test_a_second_time_nothing_changes(tmp_path: Path) -> None:
    """A bias in parts is read as what it is, and stays."""
    filed(tmp_path, pruned("Conv"))
    assert reduce_file(tmp_path / "out.onnx", tmp_path / "again.onnx").is_copy


def test_a_runtime_puts_them_together_again(tmp_path: Path) -> None:
    """onnxruntime adds the parts up when it loads the model: a Conv costs what it did."""
    runtime = pytest.importorskip("onnxruntime")
    filed(tmp_path, pruned("Conv"))
    assert "Add" in {node.op_type for node in onnx.load(tmp_path / "out.onnx").graph.node}
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "fast.onnx")
    runtime.InferenceSession(
        str(tmp_path / "out.onnx"), options, providers=["CPUExecutionProvider"]
    )
    assert "Add" not in {node.op_type for node in onnx.load(tmp_path / "fast.onnx").graph.node}


def test_one_small_unit_is_not_worth_it(tmp_path: Path) -> None:
    """A constant stays where a unit takes fewer bytes than the numbers that replace it."""
    outcome = filed(tmp_path, pruned("Gemm", units=5, gone=1, seed=3))  # none is dead
    assert layers(outcome.reduction)[0].units_after == 5
    assert outcome.is_copy


@pytest.mark.parametrize(
    ("numbers", "dtype", "count"),
    [
        ([0.5, 3.0], "float32", 1),
        ([1 + 2.0**-30], "float32", 2),
        ([1 + 2.0**-30 + 2.0**-50], "float32", 2),
        ([1 + 2.0**-30, 1 + 2.0**-26 + 2.0**-52], "float32", 3),
        ([1 + 2.0**-12], "float16", 2),
        (["1/1024"], "float16", 1),
        ([-(2**60) - 1], "float64", 2),
        ([], "float32", 1),
    ],
)
def test_parts_add_up(numbers: list[Any], dtype: str, count: int) -> None:
    """The parts are of the type, and their sum is what was to be stored."""
    b = array(numbers)
    found = parts(b, dtype, most=4)
    assert found is not None
    assert len(found) == count
    assert all(part.dtype == dtype for part in found)
    total = zeros(len(numbers))
    for part in found:
        total = add(total, part)
    assert equal(total, b).all()


@pytest.mark.parametrize(
    ("number", "dtype"),
    [("1/3", "float64"), (2.0**200, "float32"), (2.0**-200, "float32"), (0.5, "bfloat16"),
     ("1" + "0" * 400, "float64"), (2.0**-30, "float16"), (0.5, "int32")],
)  # fmt: skip
def test_no_parts(number: Any, dtype: str) -> None:
    """Thirds, numbers that are too large or too small, and types that have no floats here."""
    assert parts(array([number]), dtype, most=4) is None


def test_too_many_parts() -> None:
    """More than four floats are not worth it."""
    wide = array([f"{sum(2 ** (26 * k) for k in range(count))}" for count in (4, 5)])
    assert bias_parts(wide[:1], "float32") is not None
    assert bias_parts(wide[1:], "float32") is None
