"""The ONNX reader against onnxruntime: what is modelled computes the same, exactly.

Weights and inputs are small dyadic numbers, so that floats do not round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from onnx import helper
from onnx_models import agree, ints, model, network, node, run, tensor

from lumpver.exact.array import equal, rationals
from lumpver.model.activations import Activation
from lumpver.model.evaluation import apply
from lumpver.model.network import Linear, Opaque, Pointwise

if TYPE_CHECKING:
    from lumpver.model.network import Network

W = [[1.0, -2.0, 0.5], [4.0, 0.25, -1.0]]  # a row for each of 2 units, 3 inputs
TALL = np.array(W, dtype=np.float32).T
B, C = [1.0, -3.0], [1.0, -3.0, 0.5]
FLOAT, DOUBLE, HALF, BFLOAT16, INT64 = 1, 11, 10, 16, 7
ROWS, SQUARE, CUBE = ("x", ["N", 3]), ("x", [2, 3]), ("x", [2, 3, 2])


def one(
    operator: str, operands: str, *tensors: Any, x: Any = ROWS, opset: int = 17, **rest: Any
) -> Any:
    """A model of one node that makes y, of the type of x."""
    y = ("y", x[1], None) if len(x) == 3 else ("y", None)
    return model(
        [node(operator, operands, "y", **rest)], tensors, inputs=[x], outputs=[y], opset=opset
    )


def half(numbers: Any) -> Any:
    """The numbers as float16."""
    return np.array(numbers, dtype=np.float16)


def cast_bracket() -> Any:
    """A float32 layer computed in float64."""
    return model(
        [
            node("Cast", "x", "wide", to=DOUBLE),
            node("MatMul", "wide W", "h"),
            node("Add", "h b", "s"),
            node("Cast", "s", "y", to=FLOAT),
        ],
        [tensor("W", TALL.astype(np.float64)), tensor("b", np.array(B))],
        inputs=[ROWS],
    )


def folded() -> Any:
    """Weights that are computed: moved, cast, added."""
    return model(
        [
            node("Transpose", "i", "t"),
            node("Cast", "t", "f", to=FLOAT),
            node("Identity", "f", "g"),
            node("Unsqueeze", "g axis", "u"),
            node("Reshape", "u shape", "v"),
            node("Add", "v o", "W"),
            node("Squeeze", "lone", "b"),
            node("Gemm", "x W b", "y"),
        ],
        [
            tensor("i", np.array([[1, 2, 3], [4, -5, 6]], dtype=np.int32)),
            ints("axis", 0),
            ints("shape", 3, 2),
            tensor("o", np.float32(0.5)),
            tensor("lone", [[1.0, 2.0]]),
        ],
        inputs=[ROWS],
    )


def constants(**attribute: Any) -> Any:
    """A model whose constant comes from a Constant node."""
    return model([node("Constant", "", "c", **attribute), node("Add", "x c", "y")], inputs=[ROWS])


def dropout(opset: int, *more: Any, operands: str = "x", **attributes: Any) -> Any:
    """A model of one Dropout."""
    return one("Dropout", operands, *more, opset=opset, **attributes)


weights, bias = tensor("W", TALL), tensor("b", B)
by_row, column = tensor("W", W), tensor("b", [[1.0], [-3.0]])
true, false = tensor("t", np.array(True)), tensor("t", np.array(False))
ratio = tensor("r", np.float32(0.5))

MODELLED = {
    "Gemm": one("Gemm", "x W b", weights, bias),
    "Gemm without bias": one("Gemm", "x W", weights),
    "Gemm omitting its bias": one("Gemm", "x W _", weights),
    "Gemm factors": one("Gemm", "x W b", weights, bias, alpha=0.5, beta=-2.0),
    "Gemm beta 0": one("Gemm", "x W b", weights, bias, beta=0.0),
    "Gemm transB": one("Gemm", "x W b", by_row, bias, transB=1),
    "Gemm transA": one("Gemm", "x W b", tensor("W", W), tensor("b", C), x=SQUARE, transA=1),
    "Gemm both transposed": one("Gemm", "x W", tensor("W", TALL), x=SQUARE, transA=1, transB=1),
    "Gemm left": one(
        "Gemm", "W x b", tensor("W", TALL), tensor("b", [[1.0], [2.0], [3.0]]), x=SQUARE
    ),
    "Gemm left transA": one("Gemm", "W x", by_row, x=SQUARE, transA=1),
    "Gemm left transB": one("Gemm", "W x b", by_row, column, x=SQUARE, transB=1),
    "Gemm scalar bias": one("Gemm", "x W b", weights, tensor("b", np.float32(2))),
    "Gemm row bias": one("Gemm", "x W b", weights, tensor("b", [B])),
    "Gemm one bias for all": one("Gemm", "x W b", weights, tensor("b", [[3.0]])),
    "MatMul": one("MatMul", "x W", weights),
    "MatMul left": one("MatMul", "W x", tensor("W", TALL), x=SQUARE),
    "MatMul rank 1": one("MatMul", "x W", weights, x=("x", [3])),
    "MatMul left of rank 1": one("MatMul", "W x", by_row, x=("x", [3])),
    "MatMul rank 3": one("MatMul", "x W", by_row, x=CUBE),
    "MatMul left of rank 3": one("MatMul", "W x", by_row, x=CUBE),
    "Add": one("Add", "x c", tensor("c", C)),
    "Add left": one("Add", "c x", tensor("c", C)),
    "Add scalar": one("Add", "x c", tensor("c", np.float32(2))),
    "Add along the first axis": one("Add", "x c", tensor("c", [[1.0], [2.0]]), x=SQUARE),
    "Sub": one("Sub", "x c", tensor("c", C)),
    "Sub from a constant": one("Sub", "c x", tensor("c", C)),
    "Mul": one("Mul", "c x", tensor("c", C)),
    "Relu": one("Relu", "x"),
    "Abs": one("Abs", "x"),
    "LeakyRelu": one("LeakyRelu", "x", alpha=0.25),
    "LeakyRelu negative slope": one("LeakyRelu", "x", alpha=-2.0),
    "PRelu": one("PRelu", "x s", tensor("s", [0.25])),
    "PRelu scalar": one("PRelu", "x s", tensor("s", np.float32(0.25))),
    "PRelu of the input's rank": one("PRelu", "x s", tensor("s", [[0.5]])),
    "Clip": one("Clip", "x l h", tensor("l", np.float32(-1)), tensor("h", np.float32(2))),
    "Clip by attributes": one("Clip", "x", opset=6, min=-1.0, max=2.0),
    "Identity": one("Identity", "x"),
    "Flatten": one("Flatten", "x", x=CUBE),
    "Flatten to one row": one("Flatten", "x", x=CUBE, axis=0),
    "Flatten from the end": one("Flatten", "x", x=CUBE, axis=-1),
    "Flatten to one column": one("Flatten", "x", x=CUBE, axis=3),
    "Reshape": one("Reshape", "x s", ints("s", 0, 3, -1), x=CUBE),
    "Reshape a batch": one("Reshape", "x s", ints("s", -1, 1, 3)),
    "Reshape to rank 0": one("Reshape", "x s", ints("s"), x=("x", [1, 1])),
    "Transpose": one("Transpose", "x", x=CUBE),
    "Transpose by order": one("Transpose", "x", x=CUBE, perm=[1, 2, 0]),
    "Squeeze": one("Squeeze", "x a", ints("a", -2), x=("x", [2, 1, 3])),
    "Squeeze all": one("Squeeze", "x", x=("x", [1, 3, 1])),
    "Squeeze by attribute": one("Squeeze", "x", x=("x", [2, 1, 3]), opset=11, axes=[1]),
    "Unsqueeze": one("Unsqueeze", "x a", ints("a", 0, -1)),
    "Unsqueeze by attribute": one("Unsqueeze", "x", opset=11, axes=[1]),
    "Dropout": dropout(13),
    "Dropout of old": dropout(7, ratio=0.5),
    "Dropout asked not to train": dropout(13, ratio, false, operands="x r t"),
    "Dropout whose mask nobody reads": model([node("Dropout", "x", "y m")], inputs=[ROWS]),
    "Add varying along two axes": one("Add", "x c", tensor("c", W), x=SQUARE),
    "Add of a higher rank": one("Add", "x c", tensor("c", [[[1.0]]]), x=SQUARE),
    "Add that widens": one("Add", "x c", tensor("c", C), x=("x", ["N", 1])),
    "Clip to infinity": one(
        "Clip", "x l h", tensor("l", np.float32(0)), tensor("h", np.float32(np.inf))
    ),
    "Clip on one side": one("Clip", "x l", tensor("l", np.float32(0))),
    "Cast widening": one("Cast", "x", x=("x", "float32", ["N", 3]), to=DOUBLE),
    "Cast to itself": one("Cast", "x", to=FLOAT),
    "Cast there and back": cast_bracket(),
    "constant subgraph": folded(),
    "Constant tensor": constants(value=tensor("", C)),
    "Constant float": constants(value_float=0.5),
    "Constant floats": constants(value_floats=C),
    "float64": one("Gemm", "x W", tensor("W", TALL.astype(float)), x=("x", "float64", ["N", 3])),
    "float16": one("Add", "x c", tensor("c", half(C)), x=("x", "float16", ["N", 3])),
    "typed weights": one("Gemm", "x W b", tensor("W", TALL, typed=True), bias),
}
MODELLED["Cast widening"].graph.output[0].type.tensor_type.elem_type = DOUBLE


@pytest.mark.parametrize("name", MODELLED)
def test_modelled_operators_compute_what_onnxruntime_does(name: str) -> None:
    """Nothing is opaque, and outputs are equal as numbers, with their shapes."""
    found = network(MODELLED[name])
    assert not found.opaque
    agree(MODELLED[name])


def doubled(made: Any) -> Any:
    """The model with the first attribute of its first node given twice."""
    made.graph.node[0].attribute.append(made.graph.node[0].attribute[0])
    return made


def borrowing() -> Any:
    """A function that borrows the name Relu and negates."""
    negate = helper.make_node("Neg", ["a"], ["b"])
    opsets = [helper.make_opsetid("", 17)]
    function = helper.make_function("", "Relu", ["a"], ["b"], [negate], opsets)
    return model([node("Relu", "x", "y")], inputs=[ROWS], functions=[function])


def overloaded() -> Any:
    """A node that names an overload."""
    made = one("Relu", "x")
    made.graph.node[0].overload = "other"
    return made


two = [("x", ["N", 3]), ("z", [3, 2])]
inf, nan = np.float32("inf"), np.float32("nan")
OPAQUE = {
    "unknown operator": one("Softmax", "x"),
    "another domain": one("Relu", "x", domain="com.example"),
    "a function that borrows a name": borrowing(),
    "an overload": overloaded(),
    "two operands of unknown rank": model(
        [node("MatMul", "x z", "y")], inputs=[("x", None), ("z", None)]
    ),
    "Gemm of two operands": model([node("Gemm", "x z", "y")], inputs=two),
    "Add that may widen": one("Add", "x c", tensor("c", C), x=("x", ["N", "M"])),
    "Add that may widen the batch": one("Add", "x c", tensor("c", [[1.0], [2.0]])),
    "Add to an unknown rank": one("Add", "x c", tensor("c", C), x=("x", None)),
    "Add by axis": one("Add", "x c", tensor("c", C), opset=6, broadcast=1, axis=1),
    "Add of another type": one("Add", "x c", tensor("c", np.array(C))),
    "MatMul with rows of their own": one(
        "MatMul", "x c", tensor("c", [TALL, TALL]), x=("x", ["N", 2, 3])
    ),
    "MatMul of integers": one(
        "MatMul", "x c", tensor("c", TALL.astype(int)), x=("x", "int64", [2, 3])
    ),
    "Gemm bias along the batch": one("Gemm", "x W b", weights, tensor("b", [B, B]), x=SQUARE),
    "Gemm bias that is an input": model(
        [node("Gemm", "x W b", "y")], [weights], inputs=[ROWS, ("b", [2])]
    ),
    "Gemm factor too fine": one(
        "Gemm", "x W", tensor("W", TALL / np.array(3.0)), x=("x", "float64", ["N", 3]), alpha=0.3
    ),
    "unknown attribute": one("Relu", "x", alpha=0.1),
    "unknown attribute of Identity": one("Identity", "x", to=1),
    "unknown attribute of Cast": one("Cast", "x", to=1, alpha=0.1),
    "unknown attribute of Dropout": dropout(13, mode=1),
    "Clip by attributes that are no more": one("Clip", "x", min=0.0, max=1.0),
    "attribute of another type": one("LeakyRelu", "x", alpha=1),
    "attribute twice": doubled(one("LeakyRelu", "x", alpha=0.5)),
    "too many inputs": one("Relu", "x x"),
    "PRelu of a higher rank": one("PRelu", "x s", tensor("s", [[1.0]]), x=("x", [3])),
    "Clip by a NaN": one("Clip", "x", opset=6, min=float(nan), max=1.0),
    "Clip upside down": one(
        "Clip", "x l h", tensor("l", np.float32(2)), tensor("h", np.float32(1))
    ),
    "Clip by an input": model(
        [node("Clip", "x l h", "y")], [tensor("h", inf)], inputs=[ROWS, ("l", [])]
    ),
    "Cast narrowing": one("Cast", "x", x=("x", "float64", ["N", 3]), to=FLOAT),
    "Cast to integers": one("Cast", "x", to=INT64),
    "Cast between halves": one("Cast", "x", x=("x", "bfloat16", ["N", 3]), to=HALF),
    "Cast by name": one("Cast", "x", opset=5, to="DOUBLE"),
    "Dropout that trains": dropout(13, ratio, true, operands="x r t"),
    "Dropout told at run time": model(
        [node("Dropout", "x _ t", "y")], inputs=[ROWS, ("t", "bool", [])], opset=13
    ),
    "Dropout whose ratio is no scalar": dropout(13, tensor("r", [0.5]), operands="x r"),
    "Dropout whose mode is no scalar": dropout(
        13, tensor("t", np.array([False])), operands="x _ t"
    ),
    "Dropout whose mask is read": model(
        [node("Dropout", "x", "y m"), node("Not", "m", "z")],
        outputs=[("y", None), ("z", "bool", None)],
    ),
    "Dropout of opset 6 by default": dropout(6),
    "Reshape by an input": model([node("Reshape", "x s", "y")], inputs=[ROWS, ("s", "int64", [2])]),
    "Unsqueeze by an input": model(
        [node("Unsqueeze", "x s", "y")], inputs=[ROWS, ("s", "int64", [1])]
    ),
}


@pytest.mark.parametrize("name", OPAQUE)
def test_what_is_not_modelled_is_opaque(name: str) -> None:
    """The model loads; its first node is opaque and keeps its operator."""
    made = OPAQUE[name]
    first = network(made).nodes[0]
    assert isinstance(first, Opaque)
    assert first.operator.endswith(f":{made.graph.node[0].op_type}")


@pytest.mark.parametrize("operator", ["MatMul", "Gemm"])
@pytest.mark.parametrize(("c", "modelled"), [(B, True), ([2.0], True), ([[1.0], [2.0]], False)])
def test_biases_behind_tensors_of_unknown_rank(operator: str, c: Any, modelled: bool) -> None:
    """What a matrix made has a last axis of known length; a bias along it widens nothing."""
    picked = [node("Compress", "x k", "n", axis=0)]
    nodes = [*picked, node(operator, "n W", "m"), node("Relu", "m", "r"), node("Add", "r c", "y")]
    stored = [tensor("k", np.array([True, True])), tensor("c", c)]
    made = model(nodes, [weights, *stored], inputs=[SQUARE])
    assert isinstance(network(made).nodes[-1], Linear) == modelled
    narrow = model([*picked, node("Add", "n c", "y")], stored)
    assert isinstance(network(narrow).nodes[-1], Opaque)
    if modelled:
        exact = network(made).nodes[1:]
        given = np.array([[1.0, 2.0, 3.0], [-1.0, 0.0, 2.0]])
        value: Any = given
        for each in exact:
            value = apply(each, value)
        assert equal(value, run(made, {"x": given.astype(np.float32)})["y"]).all()


def test_brackets_narrow_only_to_the_type_they_come_from() -> None:
    """A Cast down is the identity behind affine nodes alone, to the first type alone."""
    affine = cast_bracket()
    assert [type(found) for found in network(affine).nodes] == [Linear] * 4
    affine.graph.node[3].attribute[0].i = HALF
    assert isinstance(network(affine).nodes[3], Opaque)
    curved = cast_bracket()
    curved.graph.node[2].CopyFrom(node("Relu", "h", "s"))
    assert isinstance(network(curved).nodes[3], Opaque)


@pytest.mark.parametrize(
    ("operator", "attributes", "slope"),
    [
        ("LeakyRelu", {}, fmpq(5368709, 536870912)),
        ("LeakyRelu", {"alpha": 0.1}, fmpq(13421773, 134217728)),
    ],
)
def test_slopes_are_the_float32_they_are_stored_as(
    operator: str, attributes: dict[str, Any], slope: fmpq
) -> None:
    """The default slope is float32(0.01), not 1/100."""
    (found,) = network(one(operator, "x", **attributes)).nodes
    assert isinstance(found, Pointwise)
    assert found.activation == Activation("LeakyRelu", (slope,))


def matrix(found: Network) -> list[list[fmpq]]:
    """The only affine node's matrix."""
    (only,) = [n for n in found.nodes if isinstance(n, Linear)]
    assert only.W is not None
    return rationals(only.W).tolist()


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_numbers_of_every_type_are_read_exactly(dtype: str, typed: bool) -> None:
    """Raw or typed, subnormal or negative zero: the dyadic number that is stored."""
    least = {
        "float16": 2.0**-24,
        "bfloat16": 2.0**-133,
        "float32": 2.0**-149,
        "float64": 2.0**-1074,
    }
    numbers = np.array([[1.5, -0.0], [-(2.0**-14), least[dtype]]])
    made = one("MatMul", "x W", tensor("W", numbers, dtype, typed=typed), x=("x", dtype, [1, 2]))
    expected = [[fmpq(*float(v).as_integer_ratio()) for v in row] for row in numbers.T]
    assert matrix(network(made)) == expected


def test_integers_and_booleans_are_cast_exactly() -> None:
    """Constants of other types become floats as the runtime casts them."""
    for numbers in (np.array([[1, -2]], dtype=np.int8), np.array([[True, False]])):
        cast = node("Cast", "c", "W", to=FLOAT)
        made = model(
            [cast, node("MatMul", "x W", "y")], [tensor("c", numbers)], inputs=[("x", [2, 1])]
        )
        assert matrix(network(made)) == [[fmpq(int(v))] for v in numbers[0]]
        agree(made)
