"""Activations in ONNX files: every operator and version, against onnxruntime and ONNX's tests."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import onnx
import pytest
from ball_arithmetic import ball
from flint import fmpq
from node_tests import cases
from onnx import defs
from onnx_models import agree, model, network, node, run, tensor

import lumpver
from lumpver.errors import Unrepresentable
from lumpver.io.onnx.read.reading import read
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.activations import (
    IDENTITY,
    Activation,
    activation,
    at_least,
    at_most,
    clip,
    samples,
)
from lumpver.model.functions import Curve
from lumpver.model.network import Network, Opaque, Pointwise
from lumpver.model.table import FUNCTIONS, versions

ROUNDINGS: Final = 64
CURVES: Final = sorted(
    {s.operator for row in FUNCTIONS.values() for s in row.onnx
     if isinstance(Activation(row.name, row.samples[0]).mapping, Curve)}
)  # fmt: skip


@pytest.mark.parametrize("operator", CURVES)
def test_irrational_numbers_are_those_of_onnx(operator: str) -> None:
    """What ONNX's node tests store is within roundings of a ball that surely holds the value."""
    compared = 0
    for case in cases().get(operator, []):
        inputs, outputs = case.data_sets[0]
        (found,) = read(case.model.SerializeToString(), where=case.name).nodes
        if not isinstance(found, Pointwise):
            continue
        from ml_dtypes import finfo

        unit = float(finfo(outputs[0].dtype).eps)
        for x, y in zip(inputs[0].reshape(-1), outputs[0].reshape(-1), strict=True):
            value = float(ball(found.activation, fmpq(*float(x).as_integer_ratio())).mid())
            assert abs(value - float(y)) <= ROUNDINGS * unit * max(1.0, abs(value)), (case.name, x)
            compared += 1
    assert compared


def rational() -> list[Any]:
    """Every version of every operator that computes rational values, with dyadic parameters."""
    found = []
    for row in FUNCTIONS.values():
        function = Activation(row.name, row.samples[0])
        if not function.rational or function == IDENTITY:
            continue
        for spelling in row.onnx:
            if any(type(p).__name__ != "Attribute" for p in spelling.parameters):
                continue
            name = spelling.operator
            found += [pytest.param(spelling, v, id=f"{name}-{v}") for v in spelling.versions]
    return found


@pytest.mark.parametrize(("spelling", "version"), rational())
def test_numbers_are_a_runtimes(spelling: Any, version: int) -> None:
    """On small integers, bit for bit, where the runtime knows the version."""
    values = {"alpha": 0.25, "beta": 0.5, "lambd": 1.5, "bias": 0.5, "min": -1.0, "max": 2.0}
    given = {p.name: values[p.name] for p in spelling.parameters}
    made = model([node(spelling.operator, "x", "y", **given)], inputs=[("x", ("N", 9))],
                 outputs=[("y", None)], opset=version)  # fmt: skip
    (found,) = network(made).nodes
    assert isinstance(found, Pointwise)
    if version > defs.onnx_opset_version():
        pytest.skip("a version to come")
    try:
        run(made, {"x": np.zeros((1, 9), np.float32)})
    except Exception as error:
        if not type(error).__module__.startswith("onnxruntime"):
            raise
        pytest.skip("the runtime does not know that version")
    if found.activation.operator == activation("softsign").operator:
        x = np.array([[-7, -3, -1, 0, 1, 3, 7, 15, 31]], np.float32)
        (exact,) = network(made).evaluate({"x": x.astype(float)}).values()
        assert (exact.astype(float) == run(made, {"x": x})["y"]).all()
    else:
        agree(made)


OPAQUE: Final = {
    "HardSigmoid that falls": node("HardSigmoid", "x", "y", alpha=-1.0),
    "HardSigmoid that is flat": node("HardSigmoid", "x", "y", alpha=0.0),
    "Shrink of a limit below 0": node("Shrink", "x", "y", lambd=-1.0),
    "Elu that is flat": node("Elu", "x", "y", alpha=0.0),
    "Celu that falls": node("Celu", "x", "y", alpha=-1.0),
    "Selu turned round": node("Selu", "x", "y", gamma=-1.0),
    "Gelu of another word": node("Gelu", "x", "y", approximate="none at all"),
    "Clip between two tensors": node("Clip", "x x x", "y"),
    "Clip the wrong way round": node("Clip", "x high low", "y"),
    "Clip from infinity": node("Clip", "x infinite", "y"),
    "Clip from no number": node("Clip", "x nothing", "y"),
}


@pytest.mark.parametrize("name", OPAQUE)
def test_what_is_no_row_of_the_table_is_opaque(name: str) -> None:
    """Parameters for which the law or the formula would be another."""
    numbers = {"low": 0, "high": 1, "infinite": np.inf, "nothing": np.nan}
    stored = [tensor(word, np.float32(value)) for word, value in numbers.items()]
    made = model([OPAQUE[name]], stored, inputs=[("x", ("N", 3))], outputs=[("y", None)], opset=20)
    (found,) = network(made).nodes
    assert isinstance(found, Opaque)


WRITTEN: Final = {
    "SiLU": ([node("Sigmoid", "h", "t"), node("Mul", "h t", "s")], Activation("Swish", (fmpq(1),))),
    "SiLU turned": ([node("Sigmoid", "h", "t"), node("Mul", "t h", "s")],
                    Activation("Swish", (fmpq(1),))),
    "Mish": ([node("Softplus", "h", "p"), node("Tanh", "p", "t"), node("Mul", "h t", "s")],
             activation("mish")),
    "a square": ([node("Mul", "h h", "s")], activation("square")),
    "a power": ([node("Pow", "h two", "s")], activation("square")),
    "a least number": ([node("Max", "h two", "s")], at_least(2)),
    "a most number": ([node("Min", "two h", "s")], at_most(2)),
    "a clip from below": ([node("Clip", "h two", "s")], at_least(2)),
    "a clip from above": ([node("Clip", "h _ two", "s")], at_most(2)),
}  # fmt: skip


def written(nodes: list[Any], *more: Any, outputs: Any = (("y", ("N", 2)),)) -> Any:
    """Three units, two of them equal, behind these nodes."""
    W1 = np.array([[1, 2], [1, 2], [0, 1]], np.float32).T
    W2 = np.array([[1, 2], [4, 8], [3, 5]], np.float32)
    stored = [tensor("W1", W1), tensor("W2", W2), tensor("two", np.float32(2))]
    around = [node("MatMul", "x W1", "h"), *nodes, *more, node("MatMul", "s W2", "y")]
    return model(around, stored, inputs=[("x", ("N", 2))], outputs=list(outputs))


@pytest.mark.parametrize("name", WRITTEN)
def test_what_exporters_write_is_one_activation(name: str, tmp_path: Any) -> None:
    """It is read as one, its units merge, and a runtime computes the same with the file written."""
    nodes, function = WRITTEN[name]
    made = written(nodes)
    activations = [n.activation for n in network(made).nodes if isinstance(n, Pointwise)]
    assert activations == [function]
    path, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    path.write_bytes(made.SerializeToString())
    outcome = lumpver.reduce_file(path, small)
    assert outcome.reduction.network.units == 2
    lumpver.check(path, small, outcome.certificate)
    assert isinstance(lumpver.prove(path, small), lumpver.Proved)
    reduced = onnx.load(small)
    onnx.checker.check_model(reduced, full_check=True)
    assert [n.op_type for n in reduced.graph.node] == [n.op_type for n in made.graph.node]
    x = np.random.default_rng(0).integers(-4, 5, (7, 2)).astype(np.float32)
    before, after = run(made, {"x": x})["y"], run(reduced, {"x": x})["y"]
    assert np.abs(before - after).max() <= 1e-5 * np.abs(before).max()


def test_one_part_of_two(tmp_path: Any) -> None:
    """Two that have one sigmoid in common are written with one."""
    nodes = [node("Sigmoid", "h", "t"), node("Mul", "h t", "a"), node("Mul", "t h", "b")]
    made = written([*nodes, node("Add", "a b", "s")])
    path, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    path.write_bytes(made.SerializeToString())
    assert lumpver.reduce_file(path, small).reduction.network.units < 6
    reduced = onnx.load(small)
    onnx.checker.check_model(reduced, full_check=True)
    assert [n.op_type for n in reduced.graph.node].count("Sigmoid") == 1
    x = np.random.default_rng(0).integers(-4, 5, (7, 2)).astype(np.float32)
    before, after = run(made, {"x": x})["y"], run(reduced, {"x": x})["y"]
    assert np.abs(before - after).max() <= 1e-5 * np.abs(before).max()


def test_parts_that_others_read_stay() -> None:
    """A sigmoid that is an output, too, is still there."""
    nodes, _ = WRITTEN["SiLU"]
    made = written(nodes, outputs=[("y", ("N", 2)), ("t", ("N", 3))])
    kinds = [n.activation.operator for n in network(made).nodes if isinstance(n, Pointwise)]
    assert sorted(kinds) == ["Sigmoid", "Swish"]


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Sigmoid", "h", "t"), node("Add", "h t", "s")],
        [node("Tanh", "h", "t"), node("Mul", "h t", "s")],
        [node("Neg", "h", "n"), node("Sigmoid", "n", "t"), node("Mul", "h t", "s")],
        [node("Sigmoid", "h", "t"), node("Neg", "h", "n"), node("Mul", "n t", "s")],
        [node("Sigmoid", "h", "t"), node("Mul", "t t", "s")],
        [node("Softplus", "h", "p"), node("Sigmoid", "p", "t"), node("Mul", "h t", "s")],
    ],
    ids=range(6),
)
def test_what_is_not_quite_that_is_not(nodes: list[Any]) -> None:
    """Another function of another factor is no SiLU and no Mish."""
    made = network(written(nodes))
    names = {n.activation.operator for n in made.nodes if isinstance(n, Pointwise)}
    assert names.isdisjoint({"Swish", "Mish"})


@pytest.mark.parametrize("function", [*samples()], ids=str)
def test_every_row_is_written_or_refused(function: Activation) -> None:
    """As an operator or as several; read again it is the same function."""
    made = Network.from_layers([([[1, 2]], [1], function), ([[3]], [0])])
    try:
        again = network(fresh(made))
    except Unrepresentable:
        dyadic = all(int(p.q).bit_count() == 1 for p in function.parameters)
        newer = min((s.versions[0] for s in function.row.onnx), default=0) > 17
        assert newer or not dyadic
        return
    found = [n.activation for n in again.nodes if isinstance(n, Pointwise)]
    assert found in ([function], []) or function.mapping == found[0].mapping


def test_limits_of_clip() -> None:
    """Left out or infinite there is none; before opset 11 those of float32 are in its place."""

    def one(text: str, opset: int = 13, **attributes: Any) -> Any:
        operator, operands = text.split(maxsplit=1)
        stored = [tensor("c", np.float32(1)), tensor("i", np.float32(np.inf))]
        made = model([node(operator, operands, "y", **attributes)], stored,
                     inputs=[("x", ("N", 3))], outputs=[("y", None)], opset=opset)  # fmt: skip
        (found,) = network(made).nodes
        return found.activation if isinstance(found, Pointwise) else None

    most = fmpq(int(np.finfo(np.float32).max))
    assert one("Clip x c i") == at_least(1)
    assert one("Clip x c") == at_least(1)
    assert one("Clip x _ c") == at_most(1)
    assert one("Clip x c c") == clip(1, 1)
    assert one("Clip x", 6, min=0.0) == clip(0, most)
    assert one("Clip x", 6) == clip(-most, most)
    assert one("Clip x", 6, min=float("-inf"), max=1.0) == at_most(1)
    assert set(versions()) >= {"Clip", "Celu", "Gelu", "Swish"}
    assert one("Max x c") == at_least(1)
