"""What is known of what unmodelled operators make: types and shapes that ONNX itself says."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from node_tests import cases
from onnx_models import feeds, model, network, node, run, tensor, whole, written

from lumpver.checker import check
from lumpver.checker.wiring import inferred
from lumpver.errors import Rejected
from lumpver.io.onnx.read.opsets import schema
from lumpver.io.onnx.read.unmodelled import _BROADCAST, _FIRST, shaped
from lumpver.model.opaque import Constant, Opaque, behind

W = tensor("W", [[1.0, 2.0, -4.0], [-2.0, -4.0, 8.0]])  # unit 1 is twice unit 0
V = tensor("V", [[1.0, 0.5], [2.0, 1.0], [-1.0, 3.0]])


@pytest.mark.parametrize("operator", sorted({*_FIRST, *_BROADCAST, "MatMul"}))
def test_shapes_are_those_of_onnx(operator: str) -> None:
    """In every node test of the operator the first output has the shape that is said."""
    for case in cases().get(operator, []):
        inputs, outputs = case.data_sets[0]
        version = case.model.opset_import[0].version
        (only,) = case.model.graph.node
        names = [value.name for value in case.model.graph.input]
        shapes = {name: value.shape for name, value in zip(names, inputs, strict=True)}
        found = Opaque("n", "", tuple(n or None for n in only.input), ("y",),
                       shaped=shaped(only, version))  # fmt: skip
        if operator == "MatMul" and min(map(len, shapes.values())) < 2:
            assert behind(found, shapes) is None
        elif case.model.graph.output[0].name == only.output[0]:
            assert behind(found, shapes) == outputs[0].shape, case.name


def test_every_operator_exists() -> None:
    """The tables name operators of ONNX."""
    for operator in (*_FIRST, *_BROADCAST):
        assert onnx.defs.has(operator), operator


def test_there_is_a_type_for_each_output_that_has_its_operand_s() -> None:
    """The schema says which; others stay open, as what is not of ONNX does."""
    made = model(
        [node("Erf", "x", "a"), node("TopK", "a k", "b i"), node("Equal", "b b", "e"),
         node("Erf", "x", "o", domain="own"), node("Where", "e b o", "y")],
        [tensor("k", np.array([1]))], inputs=[("x", "float16", ["N", 2])],
    )  # fmt: skip
    tensors = network(made).tensors
    assert [tensors[name].dtype for name in "abieoy"] == [
        "float16",
        "float16",
        "",
        "",
        "",
        "float16",
    ]
    assert [tensors[name].shape for name in "aby"] == [("N", 2), None, None]


@pytest.mark.parametrize(
    ("operands", "expected"),
    [
        ((("N", 3), (3,)), ("N", 3)),
        ((("N", 3), ("N", 1)), ("N", 3)),
        ((("N", 1), (1, 1)), ("N", 1)),
        (((None, 1), (4, 1)), (4, 1)),
        (((None, 3), (1, 3)), (None, 3)),
        ((("N", 3), ("M", 3)), (None, 3)),
        ((("N", 3), None), None),
        (((), (2,)), (2,)),
        (((0, 1), (1, 2)), (0, 2)),
        (((), ()), ()),
    ],
)
def test_what_operands_are_broadcast_to(operands: Any, expected: Any) -> None:
    """Lengths that are certain whatever the others stand for."""
    names = [f"x{i}" for i in range(len(operands))]
    found = Opaque("n", "", tuple(names), ("y",), shaped="broadcast")
    assert behind(found, dict(zip(names, operands, strict=True))) == expected


def test_constants_have_shapes() -> None:
    """Those that are operands, and those that are outputs."""
    three = Constant("float32", (2, 3), b"")
    assert behind(Opaque("n", "", ("x", three), ("y",), shaped="broadcast"), {"x": (1,)}) == (2, 3)
    assert behind(Opaque("n", "", ("x", three), ("y",), shaped="product"), {"x": ("N", 2)}) == (
        "N", 3)  # fmt: skip
    assert behind(Opaque("n", "", (None, "x"), ("y",), shaped="first"), {"x": (1,)}) == (1,)
    assert behind(Opaque("y", "constant", (three,), ("y",)), {}) == (2, 3)


def test_a_function_that_borrows_a_name_says_nothing() -> None:
    """Whatever the operator's own would be."""
    opsets = [onnx.helper.make_opsetid("", 17)]
    body = onnx.helper.make_function("", "Erf", ["x"], ["y"], [node("Det", "x", "y")], opsets)
    made = whole("Erf x y")
    assert network(made).tensors["y"].shape == ("N", 2)
    made.functions.append(body)
    assert network(made).nodes[0].shaped == ""  # type: ignore[union-attr]
    assert schema("Erf", 99) is None
    assert shaped(node("Erf", "x", "y"), 99) == ""


def test_layers_behind_unmodelled_operators_are_reduced() -> None:
    """A sum and a Flatten behind them need shapes, which the checker finds by itself."""
    text = (
        "Erf x e; Softmax e s; MatMul s W a; Relu a r; MatMul e W b; Relu b q; Add r q t;"
        " Flatten t f; MatMul f V y"
    )
    made = whole(text, W, V)
    found, data = written(made)
    assert found.network.width["a"] < 3
    check(found.original, network(data), found.certificate)
    assert inferred(found.network)["t"] == ("N", found.network.width["a"])
    given = feeds(made)
    expected, got = run(made, given)["y"], run(data, given)["y"]
    assert np.allclose(expected, got, rtol=1e-5)
    with pytest.raises(Rejected):
        check(found.original, network(whole(text, W, V).SerializeToString()), found.certificate)
