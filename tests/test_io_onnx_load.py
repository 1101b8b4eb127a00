"""Whole ONNX models: wiring, names, external data, and everything that is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_models import agree, ints, model, network, node, run, tensor

from lumpver.errors import Malformed, NotANumber, ShapeMismatch
from lumpver.exact.array import equal
from lumpver.model.names import Derived
from lumpver.model.network import Constant, Linear

A = np.array([[1.0, -2.0], [0.5, 4.0]], dtype=np.float32)
W, V = tensor("W", A), tensor("V", A.T.copy())
SQUARE = [("x", [2, 2])]


def layered(**fields: Any) -> Any:
    """Two layers without biases."""
    nodes = [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")]
    return model(nodes, fields.pop("tensors", (W, V)), **fields)


def test_branches_inputs_outputs_and_shared_tensors() -> None:
    """Two inputs and outputs, a tensor and an initializer used twice, an input passed on."""
    nodes = [
        node("MatMul", "x W", "a"),
        node("MatMul", "z W", "b"),
        node("Relu", "a", "r"),
        node("MatMul", "r V", "y"),
        node("Sub", "r c", "s"),
        node("Identity", "b", "t"),
    ]
    inputs, outputs = [("x", ["N", 2]), ("z", [1, 2])], [("y", None), ("s", None), ("t", None)]
    made = model(nodes, [W, V, tensor("c", [1.0, 2.0])], inputs=inputs, outputs=outputs)
    found = network(made)
    assert [t.name for t in found.inputs] == ["x", "z"]
    assert [t.shape for t in found.inputs] == [("N", 2), (1, 2)]
    agree(made)


def test_the_order_of_nodes_is_restored() -> None:
    """Nodes may stand before those that they read, Constants behind their readers."""
    made = model(
        [
            node("MatMul", "r V", "y"),
            node("Relu", "h", "r"),
            node("MatMul", "x W", "h"),
            node("Constant", "", "W", value=W),
        ],
        [V],
    )
    assert [n.outputs[0] for n in network(made).nodes] == ["h", "r", "y"]
    agree(made)


def test_a_right_order_stays() -> None:
    """Independent nodes keep the order of the file."""
    made = model([node("Relu", "x", "b"), node("Abs", "x", "a"), node("Relu", "b", "y")])
    assert [n.outputs[0] for n in network(made).nodes] == ["b", "a", "y"]


@pytest.mark.parametrize(("ir", "overridable"), [(3, ()), (4, ("W",)), (8, ("W",))])
def test_initializers_that_are_inputs_too(ir: int, overridable: tuple[str, ...]) -> None:
    """They are no inputs; from IR 4 on a caller could override them, and the source says so."""
    inputs = [("W", [2, 2]), ("x", ["N", 2])]
    made = model([node("MatMul", "x W", "y")], [W], inputs=inputs, ir=ir, opset=8)
    found = network(made)
    assert [t.name for t in found.inputs] == ["x"]
    assert found.source.overridable == overridable
    agree(made)


def test_nodes_without_a_name_are_called_by_their_output() -> None:
    """Every node can be talked about, names given or not, also if two have the same."""
    made = model(
        [node("MatMul", "x W", "h"), node("Relu", "h", "r", "same"), node("Abs", "r", "y", "same")],
        [W],
    )
    assert [n.name for n in network(made).nodes] == ["h", "same", "same"]


def test_transposing_gemms_of_one_name_do_not_clash() -> None:
    """Two Gemms called alike transpose the same tensor."""
    made = model(
        [node("Gemm", "x W", "a", "g", transA=1), node("Gemm", "x V", "y", "g", transA=1)],
        [W, V],
        inputs=SQUARE,
        outputs=[("a", None), ("y", None)],
    )
    found = network(made).evaluate({"x": A})
    assert equal(found["a"], A.T @ A).all()
    assert equal(found["y"], A.T @ A.T).all()


def test_types_declared_of_hidden_tensors_are_not_believed() -> None:
    """A stale value_info changes nothing."""
    made = layered(value_info=[("h", [7, 9]), ("r", "float64", [3]), ("gone", [1])])
    assert network(made).tensors["h"].shape == ("N", 2)
    assert network(made).units == 2


def test_graphs_without_nodes_and_outputs_that_are_inputs_or_constants() -> None:
    """Degenerate graphs load; a constant output is a node of its own, of known value."""
    nothing = model([], inputs=[("y", [2])], outputs=[("y", [2])])
    assert not network(nothing).nodes
    agree(nothing)
    constant = model([node("Transpose", "W", "T")], [W], outputs=[("W", [2, 2]), ("T", [2, 2])])
    assert [n.operator for n in network(constant).nodes] == ["constant", "constant"]
    assert not network(constant).opaque
    agree(constant)
    values = helper.make_sparse_tensor(tensor("y", [2.0]), ints("", 1), [3])
    sparse = model([], outputs=[("y", [3])], sparse_initializer=[values])
    assert [n.operator for n in network(sparse).nodes] == ["constant"]


def test_lengths_may_be_symbolic_or_unknown() -> None:
    """A length is a number or a name, given or made up; a shape may be unknown as a whole."""
    for shape, expected in (
        ([None, 2], (Derived("x[0]"), 2)),
        (["N", 2], ("N", 2)),
        (None, None),
        ([], ()),
    ):
        (found,) = network(model([node("Relu", "x", "y")], inputs=[("x", shape)])).inputs
        assert found.shape == expected


def branch(name: str, *captured: str) -> Any:
    """A subgraph that adds up outer tensors."""
    added = node("Add", " ".join(captured), f"{name}_y")
    return helper.make_graph(
        [added], name, [], [helper.make_tensor_value_info(f"{name}_y", TensorProto.FLOAT, None)]
    )


def test_subgraphs_capture_names() -> None:
    """An If's branches read an outer tensor and an outer constant; both are its operands."""
    choice = node("If", "c", "y", then_branch=branch("t", "h", "W"), else_branch=branch("e", "h h"))
    made = model(
        [choice, node("MatMul", "x W", "h")],
        [W, tensor("c", np.array(True))],
        inputs=SQUARE,
        outputs=[("y", None)],
    )
    found = network(made)
    (last,) = found.opaque
    assert last.captured[0] == ("h", None)
    assert last.captured[1][0] == "W"
    assert isinstance(last.captured[1][1], Constant)
    assert last.inputs == ("h",)
    expected = A @ A + A
    assert (run(made, {"x": A})["y"] == expected).all()


def test_subgraphs_bind_their_own_names() -> None:
    """What a Loop's body makes or is given is not captured, what it nests is."""
    inner = branch("inner", "outer", "state")
    nested = node("If", "go", "next", then_branch=inner, else_branch=branch("other", "state state"))
    values = [
        helper.make_tensor_value_info("i", TensorProto.INT64, []),
        helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        helper.make_tensor_value_info("state", TensorProto.FLOAT, None),
    ]
    results = [values[1], helper.make_tensor_value_info("next", TensorProto.FLOAT, None)]
    body = helper.make_graph([nested], "body", values, results)
    loop = node("Loop", "n _ x", "y", body=body)
    made = model([node("Relu", "x", "outer"), loop], [tensor("n", np.array(2))], inputs=SQUARE)
    assert network(made).opaque[0].captured == (("outer", None),)


def test_numbers_in_opaque_parts_may_be_anything() -> None:
    """A NaN that only opaque nodes read, or nobody, is none of our business."""
    nan = tensor("n", [np.nan, 1.0])
    assert network(model([node("Max", "x n", "y")], [nan])).opaque
    assert not network(model([node("Relu", "x", "y")], [nan])).opaque
    infinite = model(
        [node("Add", "n n", "m"), node("Max", "x m", "y")], [tensor("n", [-np.inf, 0])]
    )
    assert [n.operator for n in network(infinite).opaque] == ["ai.onnx:Add"]


@pytest.mark.parametrize(
    ("numbers", "target"),
    [
        (np.array([2.0**40]), "INT32"),
        (np.array([np.nan]), "INT64"),
        (np.array([-1.0]), "UINT8"),
        (np.array([1 + 2.0**-11 + 2.0**-50]), "FLOAT16"),
        (np.array([1.0]), "BFLOAT16"),
        (np.array([300]), "INT8"),
    ],
)
def test_casts_on_which_runtimes_may_differ_are_not_folded(numbers: Any, target: str) -> None:
    """Out of range, NaN to an integer, rounded in two steps: the Cast stays a node."""
    cast = node("Cast", "c", "d", to=getattr(TensorProto, target))
    made = model([cast, node("Foo", "x d", "y", domain="d")], [tensor("c", numbers)])
    assert [n.operator for n in network(made).nodes] == ["ai.onnx:Cast", "d:Foo"]


def test_casts_round_as_the_runtime_does() -> None:
    """A float64 constant cast to float32 is the float32, an exact sum is cast only if stored so."""
    cast = node("Cast", "c", "d", to=TensorProto.FLOAT)
    numbers = np.array([0.1, -1 / 3])
    (found,) = network(model([cast, node("Add", "x d", "y")], [tensor("c", numbers)])).nodes
    assert isinstance(found, Linear)
    assert found.b is not None
    assert (found.b == numbers.astype(np.float32)).all()
    large = tensor("a", [2.0**24]), tensor("b", [1.0])
    sums = node("Add", "a b", "c"), node("Cast", "c", "d", to=TensorProto.INT64)
    unsure = model([*sums, node("Foo", "x d", "y", domain="d")], large)
    assert network(unsure).nodes[0].name == "d"


NO_NUMBERS = {
    "NaN weight": (tensor("W", [[1.0, np.nan], [0.0, 0.0]]), "tensor W[0, 1]"),
    "infinite weight": (tensor("W", [[1.0, 2.0], [np.inf, 0.0]]), "tensor W[1, 0]"),
    "typed NaN": (tensor("W", np.array([[np.nan, 2.0]] * 2), "float32", typed=True), "W[0, 0]"),
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_weights_that_are_no_numbers_are_refused_by_index(name: str) -> None:
    """The tensor and the first index are named."""
    stored, place = NO_NUMBERS[name]
    with pytest.raises(NotANumber) as caught:
        network(layered(tensors=(stored, V)))
    assert place in caught.value.where


@pytest.mark.parametrize("alpha", [float("nan"), float("inf")])
@pytest.mark.parametrize("operator", ["LeakyRelu", "Gemm"])
def test_attributes_that_are_no_numbers_are_refused(operator: str, alpha: float) -> None:
    """A slope or a factor."""
    operands = "x W" if operator == "Gemm" else "x"
    with pytest.raises(NotANumber):
        network(model([node(operator, operands, "y", alpha=alpha)], [W]))


def one(
    operator: str, operands: str = "x W", *, x: Any = SQUARE[0], opset: int = 17, **attributes: Any
) -> Any:
    """A model of one node that reads x, a matrix W, and c of length 3."""
    stored = (W, tensor("c", [1.0, 2.0, 3.0]), ints("s", 5, -1), ints("a", 0, 0))
    return model([node(operator, operands, "y", **attributes)], stored, inputs=[x], opset=opset)


MISFITS = {
    "MatMul": (one("MatMul", x=("x", ["N", 3])), "2 units", "3"),
    "MatMul left": (one("MatMul", "W x", x=("x", [3, 2])), "2 units", "3"),
    "Gemm": (one("Gemm", x=("x", ["N", 3])), "2 units", "3"),
    "Gemm transposing": (one("Gemm", x=("x", [3, 4]), transA=1), "2 units", "3"),
    "Gemm bias": (one("Gemm", "x W c"), "2 units", "3"),
    "Gemm of rank 3": (one("Gemm", x=("x", [1, 1, 2])), "2 axes", "(1, 1, 2)"),
    "Add": (one("Add", "x c"), "3 units", "2"),
    "Reshape": (one("Reshape", "x s"), "4 entries", "shape (5, -1)"),
    "Transpose": (one("Transpose", "x", perm=[0, 0]), "2 axes", "(0, 0)"),
    "Squeeze": (one("Squeeze", "x", opset=12, axes=[0]), "length 1", "2"),
    "Unsqueeze": (one("Unsqueeze", "x a"), "axes of 4", "(0, 0)"),
    "Flatten": (one("Flatten", "x", axis=3), "3 axes", "2"),
    "constant": (
        model([node("Squeeze", "W", "y", axes=[0])], [W], opset=12),
        "length 1",
        "2",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_shapes_that_do_not_fit_are_refused_by_node(name: str) -> None:
    """The node is named, with expected and got."""
    made, expected, got = MISFITS[name]
    with pytest.raises(ShapeMismatch) as caught:
        network(made)
    assert (caught.value.where, caught.value.expected, caught.value.got) == (
        "node y",
        expected,
        got,
    )


def payload(**fields: Any) -> Any:
    """Two layers whose first weights are stored in these fields."""
    made = TensorProto(name="W", data_type=fields.pop("kind", TensorProto.FLOAT))
    made.dims.extend(fields.pop("dims", (2, 2)))
    for field, content in fields.items():
        if field == "raw_data":
            made.raw_data = content
        else:
            getattr(made, field).extend(content)
    return layered(tensors=(made, V))


def with_opsets(*versions: int, ir: int = 8) -> Any:
    """Two layers with these versions of the standard operators."""
    made = layered(ir=ir)
    del made.opset_import[:]
    made.opset_import.extend(helper.make_opsetid("", version) for version in versions)
    return made


REFUSED = {
    "initializer twice": (layered(tensors=(W, V, W)), "initializer W"),
    "input twice": (layered(inputs=SQUARE * 2), "input x"),
    "input without a name": (layered(inputs=[*SQUARE, ("", [1])]), "input"),
    "initializer without a name": (layered(tensors=(W, V, tensor("", [1.0]))), "initializer"),
    "output of two nodes": (model([node("Relu", "x", "y"), node("Abs", "x", "y")]), "tensor y"),
    "output twice in a node": (model([node("Split", "x", "y y", num_outputs=2)]), "tensor y"),
    "output that is an input": (model([node("Relu", "x", "x"), node("Abs", "x", "y")]), "tensor x"),
    "output that is stored": (model([node("Relu", "x", "W")], [W]), "tensor W"),
    "stored twice, once sparsely": (
        layered(sparse_initializer=[helper.make_sparse_tensor(W, ints("", 0), [2, 2])]),
        "initializer W",
    ),
    "input that is missing": (model([node("Add", "x z", "y")]), "node y"),
    "captured name that is missing": (
        model(
            [
                node(
                    "If",
                    "c",
                    "y",
                    then_branch=branch("t", "q", "q"),
                    else_branch=branch("e", "x", "x"),
                )
            ],
            [tensor("c", np.array(True))],
        ),
        "node y",
    ),
    "output that is missing": (model([node("Relu", "x", "h")]), "output y"),
    "cycle": (model([node("Add", "x h", "y"), node("Relu", "y", "h")]), "node y"),
    "node that reads itself": (model([node("Add", "x y", "y")]), "node y"),
    "raw payload too short": (payload(raw_data=bytes(15)), "tensor W"),
    "raw payload too long": (payload(raw_data=bytes(17)), "tensor W"),
    "typed payload too short": (payload(float_data=[1.0] * 3), "tensor W"),
    "payload of another type": (payload(double_data=[1.0] * 4), "tensor W"),
    "two payloads": (payload(raw_data=bytes(16), float_data=[1.0] * 4), "tensor W"),
    "no payload": (payload(), "tensor W"),
    "entry out of range": (
        model(
            [node("Transpose", "W", "y")],
            payload(kind=TensorProto.FLOAT16, int32_data=[1, 2, 3, 70000]).graph.initializer,
        ),
        "tensor W",
    ),
    "negative length": (payload(dims=(2, -2), raw_data=bytes(16)), "tensor W"),
    "a hundred axes": (payload(dims=(1,) * 100, raw_data=bytes(4)), "tensor W"),
    "two payloads behind an opaque node": (
        model(
            [node("Max", "x W", "y")],
            [payload(raw_data=bytes(16), float_data=[1.0] * 4).graph.initializer[0]],
        ),
        "tensor W",
    ),
    "two versions of the operators": (with_opsets(17, 11), "model"),
    "no version of the operators": (with_opsets(), "model"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_contradictions_are_refused_by_name(name: str) -> None:
    """Names, payloads, wiring and versions that do not make one model."""
    made, place = REFUSED[name]
    with pytest.raises(Malformed) as caught:
        network(made)
    assert caught.value.where.strip() == place
