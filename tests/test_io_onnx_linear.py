"""Tests for `lumpver.io.onnx.write.linear`: names of what is written anew, and its operators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import checker, load_from_string
from onnx_models import network, operators, run, tensor, whole, written

from lumpver.checker import check

TALL = np.float32([[1, 2, 4], [3, 6, 12]])  # three proportional units
W = tensor("W", TALL)
V = tensor("V", np.float32([[1, 3], [2, 5], [7, 1]]))
c = tensor("c", [1.0, 3.0])
listed = [("W", [2, 3]), ("x", ["N", 2]), ("V", [3, 2]), ("c", [2])]


def tail(text: str, *more: Any, **fields: Any) -> Any:
    """Three proportional units behind a Gemm, and what follows them."""
    return whole(f"Gemm x W h; Relu h r; {text}", W, V, *more, **fields)


def stored(data: bytes) -> dict[str, list[int]]:
    """The initializers by name, with their shapes."""
    return {t.name: list(t.dims) for t in load_from_string(data).graph.initializer}


def test_new_numbers_have_the_names_of_old_ones() -> None:
    """Where nobody else reads these; names of nodes stay, and none are made up."""
    made = tail("Gemm r V c y", c)
    made.graph.node[0].name = "first"
    _, data = written(made)
    assert stored(data) == {"W": [2, 1], "V": [1, 2], "c": [2]}
    assert [node.name for node in load_from_string(data).graph.node] == ["first", "", ""]
    shared = whole("MatMul x W h; Relu h r; MatMul r V m; MatMul x W n; Concat m n y axis=1", W, V)
    _, data = written(shared)
    assert stored(data) == {"W": [2, 3], "V": [1, 2], "h/weights": [2, 1]}


@pytest.mark.parametrize(("ir", "opset"), [(3, 9), (8, 17)])
def test_initializers_that_are_inputs(ir: int, opset: int) -> None:
    """In old models they are listed with their new shapes.

    Where a caller may give others, new numbers get new names and are not listed.
    """
    made = whole("MatMul x W h; Relu h r; Gemm r V c y", W, V, c, inputs=listed, ir=ir, opset=opset)
    found, data = written(made)
    back = load_from_string(data)
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in back.graph.input}
    new = {"W": [2, 1], "V": [1, 2], "c": [2]}
    assert shapes == {"x": [0, 2], **(new if ir == 3 else {})}
    assert set(stored(data)) == (set(new) if ir == 3 else {"h/weights", "y/weights", "y/bias"})
    checker.check_model(back, full_check=True)
    check(found.original, network(data), found.certificate)


def test_a_name_that_something_else_tells_of_is_not_taken() -> None:
    """A quantization annotation, the type of an initializer, a graph output."""
    made = tail("MatMul r V y", value_info=[("W", [2, 3])], outputs=[("y", None), ("V", [3, 2])])
    made.graph.quantization_annotation.add(tensor_name="W")
    found, data = written(made)
    assert {"h/weights", "V", "y/weights"} == set(stored(data))
    check(found.original, network(data), found.certificate)


def test_a_product_that_gets_a_bias_is_a_gemm() -> None:
    """One node and no name in between, where the rank is known to be 2."""
    one_more = tensor("W", TALL * np.float32([1, 2, 0]))
    bias = tensor("b", [0.0, 0.0, 2.0])
    text = "MatMul x W m; Add m b h; Relu h r; MatMul r V y"
    for x, expected in ((("N", 2), ["MatMul", "Relu", "Gemm"]),
                        (("N", 3, 2), ["MatMul", "Relu", "MatMul", "Add"])):  # fmt: skip
        made = whole(text, one_more, bias, V, x=x, outputs=[("y", [None] * len(x))])
        found, data = written(made)
        assert operators(data) == expected
        check(found.original, network(data), found.certificate)
        checker.check_model(load_from_string(data), full_check=True)
        given = {"x": np.float32(np.arange(2 * len(x)).reshape((2,) + (1,) * (len(x) - 2) + (-1,))
                                 [..., :2])}  # fmt: skip
        if x == ("N", 2):
            assert np.abs(run(data, given)["y"] - run(made, given)["y"]).max() < 1e-4
