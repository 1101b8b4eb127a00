"""What a version of an operator does not have makes its nodes opaque, by name and reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import defs, helper
from onnx_models import agree, ints, model, network, node, run, tensor

from lumpver import prove
from lumpver.errors import Malformed
from lumpver.io.onnx.read.opsets import SINCE, foreign
from lumpver.model.network import Opaque
from lumpver.proving import Unknown

CUBE = [("x", [1, 2, 3])]
W = tensor("W", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


def one(text: str, opset: int, *stored: Any, x: Any = CUBE, **attributes: Any) -> Any:
    """A model of one node, `operator operands`, of that opset."""
    operator, operands = text.split(maxsplit=1)
    made = [node(operator, operands, "y", **attributes)]
    return model(made, stored, inputs=x, outputs=[("y", None)], opset=opset)


FOREIGN = {
    "axes of Unsqueeze": one("Unsqueeze x a", 13, ints("a", 0, 1), axes=[0]),
    "axes of Unsqueeze, alone": one("Unsqueeze x", 14, axes=[1]),
    "a second input of Squeeze": one("Squeeze x a", 11, ints("a", 0)),
    "a shape of Reshape, by input": one("Reshape x s", 4, ints("s", 3, 2)),
    "a shape of Reshape, by both": one("Reshape x s", 5, ints("s", 3, 2), shape=[2, 3]),
    "allowzero before there was any": one("Reshape x s", 13, ints("s", 0, -1), allowzero=1),
    "allowzero that is no flag": one("Reshape x s", 14, ints("s", 0, -1), allowzero=2),
    "an axis from the end": one("Flatten x", 9, axis=-1),
    "no axes of Squeeze, or all": one("Squeeze x a", 13, ints("a")),
    "axes from the end": one("Squeeze x", 1, axes=[-3]),
    "consumed_inputs of Tanh": one("Tanh x", 6, consumed_inputs=[0]),
    "consumed_inputs of LeakyRelu": one("LeakyRelu x", 16, alpha=0.5, consumed_inputs=[0]),
    "broadcast of Add": one("Add x c", 7, tensor("c", [1.0, 2.0, 3.0]), broadcast=1),
    "broadcast of Gemm": one("Gemm x W c", 7, W, tensor("c", [1.0, 2.0]), x=[("x", [2, 3])],
                             broadcast=1),
    "two operands of Gemm": one("Gemm x W", 10, W, x=[("x", [2, 3])]),
    "a flag of Gemm that is none": one("Gemm x W", 13, W, x=[("x", [3, 3])], transA=2),
    "is_test of Dropout": one("Dropout x", 7, is_test=1),
    "ratio of Dropout": one("Dropout x", 12, ratio=0.5),
    "seed of Dropout": one("Dropout x", 10, seed=1),
    "min and max of Clip": one("Clip x l l", 11, tensor("l", np.float32(1)), min=0.0, max=2.0),
    "bounds of Clip": one("Clip x l l", 10, tensor("l", np.float32(1))),
    "value_float of Constant": model(
        [node("Constant", "", "c", value_float=2.0), node("Mul", "x c", "y")],
        inputs=CUBE, outputs=[("y", None)], opset=11,
    ),
    "opset 0": one("Relu x", 0),
    "an opset to come": one("Relu x", 99),
    "an axis of Relu": one("Relu x", 17, axis=1),
    "no input": one("Relu _", 17),
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_foreign_to_an_opset_is_not_modelled(name: str) -> None:
    """The first node is opaque, whatever the reader could make of it."""
    first = network(FOREIGN[name]).nodes[0]
    assert isinstance(first, Opaque)


def test_answers_name_the_node_and_what_is_foreign() -> None:
    """No proof comes of an attribute that the operator does not have."""
    odd = network(FOREIGN["consumed_inputs of Tanh"])
    answer = prove(odd, network(one("Tanh x", 6)))
    assert isinstance(answer, Unknown)
    assert "Tanh (node y: Tanh of opset 6 has no attribute consumed_inputs)" in answer.reason


OPSETS = {
    "Relu": (("x",), {}, ()),
    "Abs": (("x",), {}, ()),
    "LeakyRelu": (("x",), {"alpha": 0.5}, ()),
    "Identity": (("x",), {}, ()),
    "Transpose": (("x",), {"perm": [2, 0, 1]}, ()),
    "Flatten": (("x",), {"axis": 2}, ()),
    "MatMul": (("x", "W"), {}, (W,)),
}


def runs(made: Any) -> bool:
    """Whether the runtime knows that version."""
    try:
        run(made, {"x": np.zeros((1, 2, 3), np.float32)})
    except Exception as error:
        if not type(error).__module__.startswith("onnxruntime"):
            raise
        return False
    return True


@pytest.mark.parametrize("operator", OPSETS)
def test_numbers_are_a_runtimes_at_every_version(operator: str) -> None:
    """What is modelled at a version gives what onnxruntime gives, where it knows that version."""
    operands, attributes, stored = OPSETS[operator]
    compared = 0
    for opset in SINCE[operator]:
        made = one(f"{operator} {' '.join(operands)}", opset, *stored, **attributes)
        found = network(made)
        assert not found.opaque
        if runs(made):
            agree(made, seeds=1)
            compared += 1
    assert compared


@pytest.mark.parametrize("operator", SINCE)
def test_versions_are_versions(operator: str) -> None:
    """Every listed version that the installed tables know is one in which something changed."""
    newest = defs.onnx_opset_version()
    for opset in SINCE[operator]:
        if opset <= newest:
            assert defs.get_schema(operator, opset).since_version == opset


def test_operators_without_converter_are_not_asked_about() -> None:
    """They are opaque anyway; nothing is odd about them."""
    assert foreign(helper.make_node("Softmax", ["x"], ["y"], nonsense=1), 13) is None


def test_one_opset_may_be_listed_twice() -> None:
    """The same version twice says the same, under either name, of any domain."""
    made = one("Relu x", 13)
    plain = network(made)
    made.opset_import.add(domain="ai.onnx", version=13)
    assert network(made).environment == plain.environment
    for _ in range(2):
        made.opset_import.add(domain="own", version=3)
    assert not network(made).opaque


@pytest.mark.parametrize("domain", ["", "ai.onnx", "own"])
def test_two_versions_of_one_opset_are_refused(domain: str) -> None:
    """A model is of one version of each operator set."""
    made = one("Relu x", 13)
    made.opset_import.add(domain="own", version=13)
    made.opset_import.add(domain=domain, version=12)
    with pytest.raises(Malformed, match="13 and 12"):
        network(made)
