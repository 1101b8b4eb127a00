"""Tests of `lumpver.trial.strategies.forms`: the same network as MatMul and Add, and as Gemm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from lumpver.errors import Malformed
from lumpver.io.files import load
from lumpver.io.onnx.read import read
from lumpver.io.saving import stored
from lumpver.model.network import Network
from lumpver.reducing.reduction import reduce
from lumpver.trial.auditing import audit
from lumpver.trial.auditing.cases import generated
from lumpver.trial.strategies import FORMS, Draft, Layer, as_onnx

if TYPE_CHECKING:
    from collections.abc import Callable

ONE = Draft.chain(
    2, [Layer(((3, -5), (0, 0)), (7, 11)), Layer(((1, 2),), (0,))], batch=True
).network()


def gemms(form: str) -> list[dict[str, Any]]:
    """The attributes of each Gemm, by name."""
    model = onnx.load_model_from_string(as_onnx(ONE, form))
    onnx.checker.check_model(model)
    return [
        {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        for node in model.graph.node
        if node.op_type == "Gemm"
    ]


def test_each_form_is_what_it_is_called() -> None:
    """Gemm with weights by column and by row, with a turned input, with factors."""
    assert gemms("MatMul") == []
    assert gemms("Gemm") == [{}, {}]
    assert gemms("transB") == [{"transB": 1}] * 2
    assert gemms("transA") == [{"transA": 1}] * 2
    assert gemms("alpha and beta")[0] == {"transB": 1, "alpha": 2.0, "beta": 0.5}
    assert gemms("in turn") == [{}]


def test_no_other_forms() -> None:
    """A form is one of those that are named."""
    with pytest.raises(Malformed):
        as_onnx(ONE, "Conv")


def test_gemm_is_for_two_axes() -> None:
    """A vector has one axis: MatMul and Add in every form."""
    vector = Network.from_layers([([[1]], [2])])
    assert {as_onnx(vector, form) for form in FORMS} == {as_onnx(vector)}


def test_factors_that_would_round_are_left_out() -> None:
    """The smallest float has no half, the largest no double: alpha and beta stay 1."""
    tiny, huge = np.nextafter(np.float32(0), 1), np.finfo(np.float32).max
    network = Draft.chain(1, [Layer(((float(tiny),),), (float(huge),))], batch=True).network()
    assert (
        read(as_onnx(network, "alpha and beta"), where="").evaluate({"x": [[1]]})["y"]
        == (network.evaluate({"x": [[1]]})["y"])
    )


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_compute_the_same(form: str) -> None:
    """Exactly, on generated networks with branches and every activation."""
    x = {"x": [[3, "-1/2"], [-7, 5]]}
    for found in generated(30, seed=4, onnx=True):
        network = found.network()
        point = {"x": [row[: found.inputs] for row in x["x"]]}
        ours, theirs = (
            network.evaluate(point),
            read(as_onnx(network, form), where="").evaluate(point),
        )
        assert all((value == theirs[name]).all() for name, value in ours.items())


# Reducers of files that know one form and not another


def _changed(path: str, change: Callable[[onnx.ModelProto], None]) -> str:
    model = onnx.load(path)
    change(model)
    target = Path(path).with_name("changed.onnx")
    onnx.save(model, target)
    return str(target)


def rows_without_weights_lose_their_bias(path: str) -> str:
    """A unit that reads nothing is taken for nothing, in a Gemm."""

    def change(model: onnx.ModelProto) -> None:
        known = {tensor.name: tensor for tensor in model.graph.initializer}
        for node in model.graph.node:
            if node.op_type == "Gemm" and len(node.input) == 3:
                W, b = (numpy_helper.to_array(known[name]) for name in node.input[1:])
                by_row = any(each.name == "transB" and each.i for each in node.attribute)
                reads = W.any(axis=1 if by_row else 0)
                b = np.ascontiguousarray(b * reads, dtype=b.dtype)
                known[node.input[2]].CopyFrom(numpy_helper.from_array(b, node.input[2]))

    return _changed(path, change)


def _without(name: str) -> Callable[[str], str]:
    def forgetful(path: str) -> str:
        def change(model: onnx.ModelProto) -> None:
            for node in model.graph.node:
                kept = [each for each in node.attribute if each.name != name]
                del node.attribute[:]
                node.attribute.extend(kept)

        return _changed(path, change)

    return forgetful


@pytest.mark.parametrize(
    "function",
    [rows_without_weights_lose_their_bias, *map(_without, ("transB", "transA", "alpha", "beta"))],
    ids=["bias", "transB", "transA", "alpha", "beta"],
)
def test_reducers_that_misread_gemm_are_found(function: Callable[[str], str]) -> None:
    """Whatever of Gemm a reducer forgets shows within a few networks."""
    (finding,) = audit(function, onnx=True, examples=60, seconds=60, patience=20).findings
    assert finding.kind in {"wrong", "interface"}
    assert "as_onnx" in finding.test


def own(path: str) -> str:
    """The reducer of this package, from file to file."""
    original = load(path)
    target = Path(path).with_name("reduced.onnx")
    target.write_bytes(stored(reduce(original.network, floats_only=True).network, original, target))
    return str(target)


def test_the_own_reducer_knows_every_form() -> None:
    """Nothing is wrong in any form; only Transposes of an unknown length keep from a proof."""
    report = audit(own, onnx=True, examples=25, seconds=120, patience=20)
    assert report.sound
    lacking = report.counts.get("not representable", 0)  # slopes that their numbers do not hold
    assert lacking <= 2  # what is drawn depends on the modules that are loaded
    assert report.counts["networks"] == 25 - lacking
    assert report.counts.get("unrefuted", 0) <= 24 // len(FORMS) + 24 // len(FORMS)
