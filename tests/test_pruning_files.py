"""Pruning from file to file: samples, types, the command, and what reduce makes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import onnx
import onnxruntime
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper, numpy_helper

import lumpver
from lumpver.cli import cli
from lumpver.cli.helping import METHODS as TOLD
from lumpver.cli.pruning import prune
from lumpver.errors import Malformed, ShapeMismatch, Unreadable
from lumpver.io.samples import read_samples, read_targets
from lumpver.model.tensor import Tensor
from lumpver.pruning import METHODS

if TYPE_CHECKING:
    from pathlib import Path


def model(path: Path, *, gemm: bool, bias: bool = True, softmax: bool = False) -> Path:
    """A float32 classifier of 8 inputs, by Gemm or by MatMul and Add."""
    draw = np.random.default_rng(0)
    nodes, held, last = [], [], "x"
    for i, (a, b) in enumerate(((8, 16), (16, 4))):
        W = draw.normal(size=(a, b)).astype(np.float32)
        c = draw.normal(size=b).astype(np.float32)
        held += [numpy_helper.from_array(W, f"W{i}"), numpy_helper.from_array(c, f"b{i}")]
        if gemm:
            nodes.append(helper.make_node("Gemm", [last, f"W{i}", f"b{i}"], [f"z{i}"]))
        elif bias:
            nodes.append(helper.make_node("MatMul", [last, f"W{i}"], [f"m{i}"]))
            nodes.append(helper.make_node("Add", [f"m{i}", f"b{i}"], [f"z{i}"]))
        else:
            nodes.append(helper.make_node("MatMul", [last, f"W{i}"], [f"z{i}"]))
        last = f"z{i}"
        if i == 0:
            nodes.append(helper.make_node("Relu", [last], ["h"]))
            last = "h"
    if softmax:
        nodes.append(helper.make_node("Softmax", [last], ["p"]))
        last = "p"
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, ["n", 4])],
        [one for one in held if one.name in used],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(made, path)
    return path


def run(*arguments: Any) -> Any:
    """The command's answer as an object."""
    result = CliRunner().invoke(cli, [*map(str, arguments), "--json"], standalone_mode=False)
    return json.loads(result.stdout), result


@pytest.mark.parametrize(
    "form",
    [
        {"gemm": True},
        {"gemm": False},
        {"gemm": False, "bias": False},
        {"gemm": True, "softmax": True},
    ],
)
def test_from_file_to_a_smaller_file(tmp_path: Path, form: dict[str, bool]) -> None:
    """From file to a smaller file."""
    source = model(tmp_path / "m.onnx", **form)
    x = np.random.default_rng(1).normal(size=(100, 8)).astype(np.float32)
    x[:, 3] = 0.25
    np.save(tmp_path / "x.npy", x)
    target, small = tmp_path / "p.onnx", tmp_path / "s.onnx"
    answer, _ = run("prune", source, "--ratio", "0.7", "--data", tmp_path / "x.npy", "-o", target)
    assert answer["removed"] == 134
    assert answer["weights"] == 192
    assert not answer["left_alone"]
    made = onnxruntime.InferenceSession(target.read_bytes()).run(None, {"x": x})[0]
    before = onnxruntime.InferenceSession(source.read_bytes()).run(None, {"x": x})[0]
    if not form.get("softmax"):
        rms = float(np.sqrt(((made - before) ** 2).sum(axis=1).mean()))
        assert abs(rms - answer["change_on_data"]["rms"]) < 1e-4
        assert abs(np.abs(made - before).max() - answer["change_on_data"]["most"]) < 1e-4
    kinds = [node.op_type for node in onnx.load(target).graph.node]
    if form != {"gemm": False, "bias": False}:
        assert kinds == [node.op_type for node in onnx.load(source).graph.node]
        assert target.stat().st_size == source.stat().st_size
    lumpver.reduce_file(target, small)
    assert small.stat().st_size < target.stat().st_size or lumpver.load(target).network.units == 16


def test_nothing_to_take_out_is_the_file_as_it_was(tmp_path: Path) -> None:
    """Nothing to take out is the file as it was."""
    source = model(tmp_path / "m.onnx", gemm=True)
    run("prune", source, "--ratio", 0, "--method", "magnitude", "-o", tmp_path / "p.onnx")
    assert (tmp_path / "p.onnx").read_bytes() == source.read_bytes()


def test_what_is_printed(tmp_path: Path) -> None:
    """What is printed."""
    source = model(tmp_path / "m.onnx", gemm=True)
    np.save(tmp_path / "x.npy", np.ones((5, 8)))
    arguments = ["prune", source, "--ratio", "1/2", "--data", tmp_path / "x.npy"]
    result = CliRunner().invoke(cli, [*map(str, arguments), "-o", str(tmp_path / "p.onnx")])
    assert "96 of 192 weights are 0." in result.output
    assert "On the data outputs change by" in result.output
    assert "prove --eps" in result.output


def test_on_a_box_without_data(tmp_path: Path) -> None:
    """On a box without data."""
    source = model(tmp_path / "m.onnx", gemm=True)
    answer, _ = run(
        *("prune", source, "--ratio", "0.1", "--method", "box", "--box", "[0, 1]"),
        *("-o", tmp_path / "p.onnx"),
    )
    assert answer["removed"] == 19
    assert answer["change_on_data"] is None
    found = lumpver.prove(
        source, tmp_path / "p.onnx", box="[0, 1]", closeness=lumpver.Within("10"), timeout=20
    )
    assert isinstance(found, lumpver.Proved)


def test_the_same_twice(tmp_path: Path) -> None:
    """The same twice."""
    source = model(tmp_path / "m.onnx", gemm=False)
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=(50, 8)))
    for name in ("p", "q"):
        run(
            *("prune", source, "--ratio", "0.5", "--data", tmp_path / "x.npy"),
            *("-o", tmp_path / f"{name}.onnx"),
        )
    assert (tmp_path / "p.onnx").read_bytes() == (tmp_path / "q.onnx").read_bytes()


def test_methods_are_told_as_they_are() -> None:
    """Methods are told as they are."""
    (method,) = (one for one in prune.params if one.name == "method")
    assert isinstance(method.type, click.Choice)
    assert tuple(METHODS) == tuple(method.type.choices) == tuple(TOLD)


INPUT = [Tensor("x", "float32", ("n", 2, 3))]


def test_samples_have_the_shape_of_an_input(tmp_path: Path) -> None:
    """Samples have the shape of an input."""
    whole = np.arange(24).reshape(4, 2, 3)
    assert read_samples(whole, INPUT)["x"].shape == (4, 6)
    assert read_samples({"x": whole[:, None]}, INPUT)["x"].tolist() == whole.reshape(4, 6).tolist()
    np.savez(tmp_path / "x.npz", x=whole)
    assert read_samples(tmp_path / "x.npz", INPUT)["x"].shape == (4, 6)
    for wrong in (whole.reshape(4, 6), whole.reshape(4, 3, 2), whole[0], np.float64(3)):
        with pytest.raises(ShapeMismatch):
            read_samples(wrong, INPUT)


def test_files_that_are_none(tmp_path: Path) -> None:
    """Files that are none."""
    path = tmp_path / "x.npy"
    with pytest.raises(Unreadable):
        read_samples(path, INPUT)
    for data in (b"", b"\x93NUMPY", b"PK\x03\x04", b"1,2,3"):
        path.write_bytes(data)
        with pytest.raises(Unreadable):
            read_samples(path, INPUT)
    with pytest.raises(Unreadable):
        read_samples(tmp_path, INPUT)
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(Unreadable):
        read_samples(path, INPUT)


def test_several_inputs_have_as_many_samples() -> None:
    """Several inputs have as many samples."""
    two = [Tensor("a", shape=(None, 1)), Tensor("b", shape=(None, 1))]
    with pytest.raises(ShapeMismatch):
        read_samples({"a": [[1]], "b": [[1], [2]]}, two)
    with pytest.raises(Malformed):
        read_samples([[1]], two)
    assert set(read_samples({"a": [[1]], "b": [[2]]}, two)) == {"a", "b"}


def test_targets_are_a_row_a_sample() -> None:
    """Targets are a row a sample."""
    assert read_targets([1, 0], 2).shape == (2, 1)
    for wrong in ([1], 3, [[1]] * 3):
        with pytest.raises(ShapeMismatch):
            read_targets(wrong, 2)
    with pytest.raises(Malformed):
        read_targets(["a", "b"], 2)
