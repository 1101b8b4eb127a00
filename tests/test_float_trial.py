"""Tests for `lumpver.trial.float_trial`: bounded, quiet, and no evidence."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import helper
from onnx_models import ints, model, node, steps, tensor, value, whole

from lumpver.claim.domain import Box, Boxes
from lumpver.cli import main
from lumpver.tell.summary import largest_difference
from lumpver.trial import float_runs
from lumpver.trial import float_trial as module
from lumpver.trial.float_runs import Trial, compared
from lumpver.trial.float_trial import float_trial

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("onnxruntime")
BIG = np.float32(3e38)


def _two(text: str, *stored: Any, then: float = 1, **fields: Any) -> list[bytes]:
    """A model ending in `Mul last c y`, with c = 1, and with another c."""
    found = []
    for factor in (1.0, then):
        made = whole(f"{text}; Mul last c y", *stored, tensor("c", [factor]), **fields)
        found.append(made.SerializeToString())
    return found


def _written(folder: Path, models: list[bytes]) -> list[Path]:
    paths = [folder / "a.onnx", folder / "b.onnx"]
    for path, data in zip(paths, models, strict=True):
        path.write_bytes(data)
    return paths


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may be busy: no test is about how long a run takes, but one."""
    monkeypatch.setattr(module, "SECONDS", 60.0)


def _last(models: list[bytes]) -> Trial | None:
    found = list(compared(models))
    return found[-1] if found else None


@pytest.mark.parametrize("x", [("N", 2), ("N", "M"), (3, 2), (789444, 2), (2,), (None, 2)])
def test_difference_of_small_and_long_batches(x: Any, tmp_path: Path) -> None:
    """Whatever the batch axis, what differs is seen, and what is equal differs by nothing."""
    found = float_trial(*_written(tmp_path, _two("Relu x last", then=1.5, x=x)))
    assert found is not None
    assert not found.overflowed
    assert found.largest_difference is not None
    assert 0 < found.largest_difference < 10
    assert float_trial(*_written(tmp_path, _two("Relu x last", x=x))) == Trial(
        0.0, overflowed=False, samples=8
    )


def test_batch_of_the_file_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer batch axis than 16 has length 16; a shorter one, and other axes, have their own."""
    seen = []
    random = float_runs._random

    def watched(*given: Any) -> Any:
        seen.append(random(*given))
        return seen[-1]

    monkeypatch.setattr(float_runs, "_random", watched)
    for x, shape in (((10**6, 2), (16, 2)), ((5, 40), (5, 40)), ((40,), (40,))):
        seen.clear()
        assert _last(_two("Relu x last", x=x)) is not None
        assert {array.shape for array in seen} == {shape}


def test_a_matrix_that_is_no_batch(tmp_path: Path) -> None:
    """Where the first axis is what weights multiply, it keeps its length."""
    W = tensor("W", np.ones((3, 40), np.float32))
    models = _two("MatMul W x last", W, then=2, x=(40, 2))
    found = float_trial(*_written(tmp_path, models))
    assert found is not None
    assert found.largest_difference


def test_a_batch_that_the_graph_fixes() -> None:
    """A Reshape to the file's own batch is run as the file says, if it is not too long."""
    for batch, runs in ((100, True), (10**7, False)):
        shape = ints("s", batch, 2)
        found = _last(_two("Reshape x s last", shape, then=2, x=(batch, 2)))
        assert (found is not None) == runs


def test_weights_beside_the_file(tmp_path: Path) -> None:
    """External data is read from beside the model, also where its batch axis is shortened."""
    np.array([[1, 2], [3, 4]], "<f4").tofile(tmp_path / "w.bin")
    for x in (("N", 2), (1000, 2)):
        models = []
        for factor in (1.0, 2.0):
            made = whole("MatMul x W last; Mul last c y", tensor("c", [factor]), x=x)
            stored = made.graph.initializer.add(name="W", data_type=1, dims=[2, 2])
            stored.data_location = 1
            stored.external_data.add(key="location", value="w.bin")
            models.append(made.SerializeToString())
        found = float_trial(*_written(tmp_path, models))
        assert found is not None
        assert found.largest_difference


@pytest.mark.parametrize("scale", [BIG, -BIG, [[BIG, -BIG], [BIG, BIG]]])
def test_overflow_is_not_a_difference_of_nothing(scale: Any) -> None:
    """Where floats overflow that is said; there is no number, and no warning."""
    text = "MatMul x W l; MatMul l W last"
    W = tensor("W", np.broadcast_to(np.float32(scale), (2, 2)).copy())
    models = _two(text, W)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = _last(models)
        assert largest_difference(*models) is None
    assert found is not None
    assert (found.overflowed, found.largest_difference) == (True, None)
    assert "overflowed" in found.sentence
    assert "0" not in found.sentence


def test_overflow_of_one_model_only() -> None:
    """An infinite output beside a finite one is an overflow, too."""
    found = _last(_two("Exp x last", then=float(BIG)))
    assert found is not None
    assert found.overflowed
    assert found.largest_difference is None


def test_no_output_is_no_difference() -> None:
    """Outputs without entries show nothing."""
    found = _last(_two("Relu x last", x=(3, 0)))
    assert found is None or found.largest_difference is None
    assert "no outputs" in Trial(None, overflowed=False, samples=8).sentence


def test_a_model_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that never ends is given up, with what was seen before: nothing."""
    monkeypatch.setattr(module, "SECONDS", 0.8)
    body = helper.make_graph(
        steps("Identity more again; Relu s t"),
        "body",
        [value(("i", "int64", [])), value(("more", "bool", [])), value(("s", ["N", 2]))],
        [value(("again", "bool", [])), value(("t", ["N", 2]))],
    )
    loop = node("Loop", "n yes x", "last", body=body)
    stored = [
        tensor("n", np.array(2**62, dtype=np.int64)),
        tensor("yes", np.array(True)),
    ]
    made = model([loop, *steps("Relu last y")], stored).SerializeToString()
    assert float_trial(*_written(tmp_path, [made, made])) is None


def test_a_model_larger_than_memory(tmp_path: Path) -> None:
    """A constant of a terabyte, or an input of one, ends the trial and nothing else."""
    text = "ConstantOfShape s big; ReduceSum big sum keepdims=0; Mul x sum y"
    made = whole(text, ints("s", 2**20, 2**18), inputs=[("x", ["N", 2])]).SerializeToString()
    assert float_trial(*_written(tmp_path, [made, made])) is None
    huge = whole("Relu x y", x=(1, 2**38)).SerializeToString()
    assert float_trial(*_written(tmp_path, [huge, huge])) is None


@pytest.mark.parametrize("bad", [b"", b"no model", b"\0" * 100])
def test_what_does_not_run(bad: bytes, tmp_path: Path) -> None:
    """No model, no trial, and no error; nor where Python cannot be started."""
    assert float_trial(*_written(tmp_path, [bad, bad])) is None
    assert float_trial(tmp_path / "none.onnx", tmp_path / "none.onnx") is None


def test_no_python_to_run_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no Python can be started there is no trial."""
    monkeypatch.setattr("sys.executable", "")
    assert float_trial(*_written(tmp_path, _two("Relu x last"))) is None


def _reduce(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> Any:
    """The command's JSON and its text."""
    found = []
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as left:
            main(["reduce", str(path), "-o", str(path.with_name("out.onnx")), *options, *more])
        assert left.value.code == 0
        out, err = capsys.readouterr()
        assert err == ""
        found.append(out)
    return found[0], json.loads(found[1])


def _pair(rows: Any, x: Any = ("N", 2)) -> bytes:
    """Two units behind a ReLU, added up."""
    stored = [tensor("W", np.array(rows, "f4").T.copy()), tensor("V", np.ones((2, 1), "f4"))]
    made = whole("MatMul x W h; Relu h r; MatMul r V y", *stored, x=x)
    return bytes(made.SerializeToString())


def test_reduce_tries_what_changed_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Units that went are tried, also with the batch of the file; a copy is not."""
    path = tmp_path / "m.onnx"
    for x in (("N", 2), (789444, 2)):
        path.write_bytes(_pair([[1, 2], [2, 4]], x))
        text, document = _reduce(path, capsys)
        assert document["float_trial"]["evidence"] == "none"
        assert document["float_trial"]["largest_difference"] < 1e-3
        assert "(no evidence)" in text
        path.write_bytes(_pair([[1, 2], [2, 3]], x))
        text, document = _reduce(path, capsys)
        assert "float_trial" not in document
        assert "no evidence" not in text


def test_reduce_without_a_trial(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--no-trial` leaves it out."""
    path = tmp_path / "m.onnx"
    path.write_bytes(_pair([[1, 2], [2, 4]]))
    text, document = _reduce(path, capsys, "--no-trial")
    assert "float_trial" not in document
    assert "no evidence" not in text
    assert document["units"] == {"before": 2, "after": 1}


def test_reduce_says_that_floats_overflowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights near the largest float: units go, and the trial says why it shows nothing."""
    path = tmp_path / "m.onnx"
    rows = tensor("W", np.array([[BIG, BIG], [BIG, BIG], [BIG, -BIG]]).T.copy())
    end = tensor("V", np.full((3, 1), BIG))
    path.write_bytes(whole("MatMul x W h; Relu h r; MatMul r V y", rows, end).SerializeToString())
    text, document = _reduce(path, capsys, "--types", "widen")
    assert document["float_trial"] == {
        "largest_difference": None, "overflowed": True, "samples": 8, "evidence": "none",
    }  # fmt: skip
    assert "overflowed" in text
    assert document["units"] == {"before": 3, "after": 2}


@pytest.mark.parametrize(("high", "apart"), [(1, 0.0), (9, 1.0)])
def test_points_are_of_the_box(high: int, apart: float, tmp_path: Path) -> None:
    """Two models that differ above 1 alone: by nothing on [0, 1], seen on a larger box."""
    left = whole("Relu x y")
    right = whole("Clip x z y", tensor("z", 0.0), tensor("one", 1.0))
    right.graph.node[0].input[:] = ["x", "z", "one"]
    paths = _written(tmp_path, [left.SerializeToString(), right.SerializeToString()])
    size = int(np.prod([d.dim_value or 1 for d in left.graph.input[0].type.tensor_type.shape.dim]))
    domain = Boxes((Box.of({"x": [(0, high)] * size}),))
    found = float_trial(*paths, domain)
    assert found is not None
    assert found.samples == 8
    difference = found.largest_difference
    assert difference is not None
    assert difference >= apart
    assert apart or difference == 0
    assert float_trial(*paths, Boxes((Box.of({"x": [(0, None)] * size}),))) is None
