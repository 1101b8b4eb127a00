"""Tests for `lumpver.io.onnx.write.doubling`: whole models in float64, and how they check."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, load_from_string, numpy_helper
from onnx_models import feeds, model, network, run, steps, tensor, whole
from random_models import random_model

from lumpver.checker import check
from lumpver.checker.signature import WIDER
from lumpver.claim.certificate import Certificate
from lumpver.errors import Malformed, Rejected, Unrepresentable
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.read import read
from lumpver.io.onnx.write.doubling import doubled
from lumpver.model.network import Network
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.verification import check_files

if TYPE_CHECKING:
    from pathlib import Path

NONE = Certificate({})
W = tensor("W", [[1.0, 1.0, 0.5], [0.1, 0.1, 0.3]])
V = tensor("V", [[1.0, 0.1], [0.3, 0.7], [2.0, 0.2]])
PLAIN = whole("MatMul x W h; Relu h r; MatMul r V y", W, V)


def halves() -> Any:
    """A float16 model with a constant of every kind."""
    nodes = steps("MatMul x W h; Clip h low high r; Add r b s; Cast s t to=1; Cast t y to=1")
    more = [
        helper.make_node("Constant", [], ["low"], value=tensor("", np.array(0.1, "f2"))),
        helper.make_node("Constant", [], ["high"], value=tensor("", np.array(6, "f2"))),
        helper.make_node("Constant", [], ["w"], value_floats=[0.1, 0.2, 0.3]),
        helper.make_node("Cast", ["w"], ["b"], to=TensorProto.FLOAT16),
    ]
    stored = [tensor("W", np.float16([[1, 2, 3], [0.1, 0.2, 0.3]]))]
    return model([*more, *nodes], stored, inputs=[("x", "float16", ["N", 2])])


MODELS = {
    "plain": PLAIN,
    "a Gemm with factors": whole(
        "Gemm x W h alpha=0.1; LeakyRelu h r alpha=0.3; MatMul r V y", W, V
    ),
    "float16, constants": halves(),
    "inputs that list initializers": whole(
        "MatMul x W h; Relu h r; MatMul r V y", W, V, ir=3, opset=9,
        inputs=[("W", [2, 3]), ("x", ["N", 2]), ("V", [3, 2])],
    ),
    "float64 in part": whole(
        "MatMul x W h; Relu h r; Cast r d to=11; MatMul d V y", W,
        tensor("V", np.array([[1.0, 0.1], [0.3, 0.7], [2.0, 0.2]])),
        outputs=[("y", "float64", ["N", 2])],
    ),
}  # fmt: skip


def types_in(made: Any) -> set[int]:
    """The element types of everything that is declared or stored."""
    graph = made.graph
    ends = {v.type.tensor_type.elem_type for v in (*graph.input, *graph.output, *graph.value_info)}
    held = {a.t.data_type for node in graph.node for a in node.attribute if a.HasField("t")}
    return (ends | held | {t.data_type for t in graph.initializer}) - {TensorProto.INT64}


@pytest.mark.parametrize("name", MODELS)
def test_the_same_function_in_float64(name: str) -> None:
    """Every number stays, no type is narrower, no Cast is left, onnxruntime runs it."""
    made = MODELS[name]
    data = doubled(network(made))
    wide = load_from_string(data)
    assert types_in(wide) == {TensorProto.DOUBLE}
    assert not [node for node in wide.graph.node if node.op_type == "Cast"]
    onnx.checker.check_model(wide)
    checked = check(network(made), read(data, where="a test"), NONE)
    assert WIDER in checked.notes
    given = {n: x.astype("f2" if "16" in name else "f4") for n, x in feeds(made, 1).items()}
    before = run(made, given)
    for key, found in run(data, {n: x.astype("f8") for n, x in given.items()}).items():
        assert np.abs(found - before[key]).max() <= 0.01


@pytest.mark.parametrize("name", MODELS)
def test_files(tmp_path: Path, name: str) -> None:
    """`--dtype float64` reduces what float64 holds; the certificate is for the model as it is."""
    path, target = tmp_path / "m.onnx", tmp_path / "r.onnx"
    path.write_bytes(MODELS[name].SerializeToString())
    outcome = reduce_file(path, target, dtype="float64")
    assert WIDER in outcome.checked.notes
    assert WIDER in check_files(path, target, outcome.certificate).notes
    assert types_in(onnx.load(target)) == {TensorProto.DOUBLE}
    assert b"Cast" not in target.read_bytes()
    assert outcome.original.network.inputs[0].dtype != "float64"


def test_units_that_float32_keeps_go(tmp_path: Path) -> None:
    """Sums that only float64 holds are no obstacle then."""
    path = tmp_path / "m.onnx"
    path.write_bytes(PLAIN.SerializeToString())
    kept = reduce_file(path, tmp_path / "r.onnx", types="keep")
    gone = reduce_file(path, tmp_path / "r.onnx.gz", dtype="float64")
    assert (kept.reduction.network.units, gone.reduction.network.units) == (3, 2)


def test_exact_files_go_to_float64_too(tmp_path: Path) -> None:
    """From .json, whose numbers have no type; to .json there is no type to ask for."""
    path = tmp_path / "m.json"
    path.write_bytes(write_json(Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])))
    reduce_file(path, tmp_path / "r.onnx", dtype="float64")
    assert types_in(onnx.load(tmp_path / "r.onnx")) == {TensorProto.DOUBLE}
    with pytest.raises(Malformed, match="--dtype"):
        reduce_file(path, tmp_path / "r.json", dtype="float64")


def test_what_is_not_modelled_has_no_other_type(tmp_path: Path) -> None:
    """Nobody knows what such a node does in float64: refused by name, nothing written."""
    path = tmp_path / "m.onnx"
    path.write_bytes(whole("MatMul x W h; Softmax h y", W).SerializeToString())
    with pytest.raises(Unrepresentable, match="Softmax"):
        reduce_file(path, tmp_path / "r.onnx", dtype="float64")
    assert not (tmp_path / "r.onnx").exists()


def forged(change: Any) -> Network:
    """The plain model in float64, tampered with."""
    made = load_from_string(doubled(network(PLAIN)))
    change(made)
    return read(made.SerializeToString(), where="a test")


def _narrow_output(made: Any) -> None:
    made.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT


def _narrow_tensor(made: Any) -> None:
    made.graph.node.append(helper.make_node("Cast", ["r"], ["q"], to=1))
    made.graph.node.append(helper.make_node("Cast", ["q"], ["q64"], to=11))
    made.graph.output.add().CopyFrom(made.graph.output[0])
    made.graph.output[1].name = "q64"


def _last_bit(made: Any) -> None:
    V = numpy_helper.to_array(made.graph.initializer[1]).copy()
    V[0, 0] = np.nextafter(V[0, 0], 2)
    made.graph.initializer[1].CopyFrom(numpy_helper.from_array(V, "V"))


@pytest.mark.parametrize("change", [_narrow_output, _narrow_tensor, _last_bit])
def test_other_models_in_float64_are_rejected(change: Any) -> None:
    """Float64 in part, or with another number, is no wider copy."""
    with pytest.raises(Rejected):
        check(network(PLAIN), forged(change), NONE)


def test_only_wider_and_only_modelled() -> None:
    """The other way round is rejected, and so is any model with a node that is not modelled."""
    wide = read(doubled(network(PLAIN)), where="a test")
    assert check(network(PLAIN), wide, NONE)
    with pytest.raises(Rejected, match="graph inputs"):
        check(wide, network(PLAIN), NONE)
    ours = whole("MatMul x W h; Softmax h y", W)
    theirs = load_from_string(ours.SerializeToString())
    theirs.graph.initializer[0].CopyFrom(tensor("W", numpy_helper.to_array(W).astype("f8")))
    for value in (*theirs.graph.input, *theirs.graph.output):
        value.type.tensor_type.elem_type = TensorProto.DOUBLE
    with pytest.raises(Rejected, match="graph inputs"):
        check(network(ours), network(theirs), NONE)
    half = replace(wide, inputs=tuple(replace(t, dtype="int64") for t in wide.inputs))
    with pytest.raises(Rejected, match="graph inputs"):
        check(network(PLAIN), half, NONE)


@pytest.mark.parametrize("seed", range(40))
def test_random_models(tmp_path: Path, seed: int) -> None:
    """A model that is modelled throughout comes back in float64, checked; others are refused."""
    made = random_model(seed)
    path = tmp_path / "m.onnx"
    path.write_bytes(made.SerializeToString())
    if network(made).opaque:
        with pytest.raises(Unrepresentable):
            reduce_file(path, tmp_path / "r.onnx", dtype="float64")
        return
    reduce_file(path, tmp_path / "r.onnx", dtype="float64")
    assert types_in(onnx.load(tmp_path / "r.onnx")) == {TensorProto.DOUBLE}


def _sparse(name: str, shape: list[int], places: list[int], numbers: list[float]) -> Any:
    indices = numpy_helper.from_array(np.array(places, dtype=np.int64), "")
    return helper.make_sparse_tensor(tensor(name, numbers), indices, shape)


def _filled(text: str) -> Any:
    shaped = helper.make_node("ConstantOfShape", ["s"], ["f"], value=tensor("", [2.0]))
    return [*steps("Shape x s"), shaped, *steps(text)]


BYTES = numpy_helper.from_array(np.array([[1, 2, -4], [-2, 5, 9]], np.int8), "q")
BY_AXIS = helper.make_node("DequantizeLinear", ["q", "s"], ["w"], axis=1)
CONSTANTS = {
    "sparse": model(
        steps("MatMul x w y"), sparse_initializer=[_sparse("w", [2, 3], [0, 5], [0.1, 2.0])]
    ),
    "sparse by rows": model(
        steps("Add x w h; Relu h y"),
        sparse_initializer=[_sparse("w", [1, 2], [[0, 1]], [0.1])],  # type: ignore[list-item]
    ),
    "quantised": model([BY_AXIS, *steps("MatMul x w y")], [BYTES, tensor("s", [0.1, 1.0, 3.0])]),
    "a length as a number": whole("Shape x s; Cast s f to=1; Add x f h; Relu h y", x=(3, 2)),
    "as many numbers as a length says": model(_filled("Mul f x y"), inputs=[("x", [1, 2])]),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_of_every_kind_are_float64(tmp_path: Path, name: str) -> None:
    """Also those that are stored in fewer bytes, or follow from a shape; onnxruntime runs them."""
    path, target = tmp_path / "m.onnx", tmp_path / "r.onnx"
    path.write_bytes(CONSTANTS[name].SerializeToString())
    assert WIDER in reduce_file(path, target, dtype="float64").checked.notes
    given = feeds(CONSTANTS[name], 1)
    before = run(path, given)
    for key, found in run(target, {n: x.astype("f8") for n, x in given.items()}).items():
        assert found.dtype == np.float64
        assert np.abs(found - before[key]).max() <= 1e-5


def test_constants_that_are_outputs_have_no_other_type(tmp_path: Path) -> None:
    """They are opaque, byte for byte: refused by name, and no bug."""
    path = tmp_path / "m.onnx"
    made = whole("Relu x y", tensor("z", [[0.1]]), outputs=[("y", None), ("z", None)])
    path.write_bytes(made.SerializeToString())
    with pytest.raises(Unrepresentable, match="node z"):
        reduce_file(path, tmp_path / "r.onnx", dtype="float64")
