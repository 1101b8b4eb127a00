"""The count of ReLU units out of reach: what is counted, what stops them, what is rightly kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Sequence

SCRIPT: Final = Path(__file__).parent / "benchmarks" / "out_of_reach.py"
SIZES: Final = {"W": (3, 5), "V": (5, 2), "K": (4, 3, 2, 2), "Z": (1,)}
DENSE: Final = ("MatMul", ["x", "W"], "h", {})
RELU: Final = ("Relu", ["h"], "r", {})
CLOSE: Final = ("MatMul", ["r", "V"], "y", {})
CASES: Final[dict[str, tuple[Any, ...]]] = {
    # nodes, outputs, shape of x, then units, out of reach, pinned by outputs, by layouts, words
    "a chain": ((DENSE, RELU, CLOSE), "y", ["N", 3], 5, 0, 0, 0, ""),
    "read by what is unmodelled": (
        (DENSE, RELU, ("Hardmax", ["r"], "y", {})), "y", ["N", 3], 5, 5, 0, 0, "Hardmax"),
    "behind what is unmodelled": (
        (DENSE, ("Hardmax", ["h"], "o", {}), ("Add", ["h", "o"], "s", {}),
         ("Relu", ["s"], "r", {}), CLOSE), "y", ["N", 3], 5, 5, 0, 0, "Hardmax"),
    "an output": ((DENSE, RELU), "r", ["N", 3], 5, 0, 5, 0, ""),
    "an output and read": ((DENSE, RELU, CLOSE), "ry", ["N", 3], 5, 0, 5, 0, ""),
    "made by nothing linear": ((("Hardmax", ["x"], "h", {}), RELU), "r", ["N", 3], 0, 0, 0, 0, ""),
    "filters": (
        (("Conv", ["x", "K"], "h", {}), RELU, ("Hardmax", ["r"], "y", {})), "y", ["N", 3, 5, 5], 4,
        4, 0, 0, "Hardmax"),
    "a convolution that is none": (
        (("Conv", ["x", "K"], "h", {"auto_pad": "VALID", "pads": [0, 0, 0, 0]}), RELU), "r",
        ["N", 3, 5, 5], 4, 4, 0, 0, "Conv"),
    "of two tensors that no linear operator makes": (
        (("Mul", ["x", "x"], "h", {}), RELU), "r", ["N", 3], 0, 0, 0, 0, ""),
    "a maximum with a constant": (
        (DENSE, ("Max", ["h", "Z"], "r", {}), CLOSE), "y", ["N", 3], 5, 0, 0, 0, ""),
}  # fmt: skip


def saved(
    folder: Path, nodes: Sequence[Any], outputs: Sequence[str], shape: Sequence[str | int]
) -> Path:
    """The file of a model of these nodes."""
    protos = [helper.make_node(kind, ins, [out], **rest) for kind, ins, out, rest in nodes]
    used = {name for proto in protos for name in proto.input} & set(SIZES)
    weights = [
        numpy_helper.from_array(np.full(SIZES[name], float(name != "Z"), np.float32), name)
        for name in sorted(used)
    ]
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)]
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(protos, "g", given, made, weights)
    path = folder / "model.onnx"
    path.write_bytes(
        helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8
        ).SerializeToString()
    )
    return path


def counted(*arguments: str) -> str:
    """What the script prints."""
    return subprocess.run(
        [sys.executable, SCRIPT, *arguments], check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The rows that the script has for all the cases, each a folder."""
    root = tmp_path_factory.mktemp("models")
    for i, (nodes, outputs, shape, *_) in enumerate(CASES.values()):
        folder = root / str(i)
        folder.mkdir()
        saved(folder, nodes, outputs, shape)
    found = json.loads(counted("--json", str(root)))
    numbers = {row["model"].split("/")[0]: row for row in found}
    return {name: numbers[str(i)] for i, name in enumerate(CASES)}


@pytest.mark.parametrize("name", CASES)
def test_counts(rows: dict[str, Any], name: str) -> None:
    """Units are counted once each, and those out of reach by what stops them."""
    *_, units, stopped, outputs, layouts, words = CASES[name]
    row = rows[name]
    found = (row["units"], row["out_of_reach"], row["outputs"], row["layouts"])
    assert found == (units, stopped, outputs, layouts)
    assert sum(row["stopped_by"].values()) == stopped
    assert all(by.startswith(f"{words} (") for by in row["stopped_by"])


def test_a_model_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A file that is no model is a row that says so; the others are counted."""
    saved(tmp_path, (DENSE, RELU, CLOSE), "y", ["N", 3])
    (tmp_path / "other.onnx").write_bytes(b"no model")
    (tmp_path / "note.txt").write_bytes(b"nothing")
    said = counted(str(tmp_path))
    assert "other.onnx | 0 | 0 | " in said
    assert "2 models, 5 ReLU units: 0 out of reach" in said
    assert "1 models refused" in said


def test_what_no_runtime_runs_is_counted_apart(tmp_path: Path) -> None:
    """A node that does not fit what it reads stops nobody who has a model that runs."""
    nodes = [
        helper.make_node("MatMul", ["x", "W"], ["h"]),
        helper.make_node("Transpose", ["h"], ["t"]),
        helper.make_node("BatchNormalization", ["t", "g", "g", "g", "g"], ["b"]),
        helper.make_node("Relu", ["b"], ["y"]),
    ]
    weights = [
        numpy_helper.from_array(np.ones(shape, np.float32), name)
        for name, shape in (("W", (3, 5)), ("g", (5,)))
    ]
    given = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])]
    made = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "g", given, made, weights)
    opsets = [helper.make_opsetid("", 13)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    (row,) = json.loads(counted("--json", str(tmp_path)))
    assert (row["units"], row["out_of_reach"], row["unfit"]) == (5, 0, 5)
