"""Reduced models as ONNX: checked, valid, run by onnxruntime, and reduced no further.

Weights are such that every exact output is one float32 rounding away from its float.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, checker, helper, load_from_string, numpy_helper
from onnx_models import (
    feeds,
    ints,
    model,
    network,
    node,
    operators,
    run,
    steps,
    tensor,
    whole,
    written,
)

from lumpver.checker import check
from lumpver.exact.array import equal
from lumpver.io.onnx.read import read
from lumpver.io.onnx.write import write
from lumpver.model.evaluation import trace
from lumpver.reducing.reduction import reduce

TALL = np.array(
    [[1.0, 2.0, 4.0], [-2.0, -4.0, -8.0]], dtype=np.float32
)  # x to 3 proportional units
WIDE = np.array([[1.0, 0.5], [2.0, 1.0], [-1.0, 3.0]], dtype=np.float32)
FINE = WIDE + np.float32(2.0**-22)  # a sum of its rows with weights 1, 2, 4 is no float32
W, V, F = tensor("W", TALL), tensor("V", WIDE), tensor("V", FINE)
DOUBLE = tensor("V", WIDE.astype(float) + 2.0**-40)
Y64 = [("y", "float64", [None, None])]


def same_values(made: Any, data: bytes, batch: int = 2) -> None:
    """Assert that onnxruntime gives for `data` what the original is exactly, rounded once."""
    given = feeds(made, seed=batch, batch=batch)
    exact = trace(network(made), {name: x.astype(float) for name, x in given.items()})
    outputs = run(data, given)
    assert "y" in exact
    for name, found in outputs.items():
        if name not in exact:
            continue
        assert found.shape == exact[name].shape
        expected = np.array([float(v) for v in exact[name].ravel()]).reshape(found.shape)
        assert (found == expected.astype(found.dtype)).all()


def types(data: bytes) -> dict[str, int]:
    """The element type of every initializer."""
    return {t.name: t.data_type for t in load_from_string(data).graph.initializer}


def halves(dtype: str) -> Any:
    """Everything in one type."""
    stored = [tensor("W", TALL, dtype), tensor("V", WIDE, dtype)]
    x, y = ("x", dtype, ["N", 2]), ("y", dtype, [None, None])
    return model(steps("Gemm x W h; Relu h r; MatMul r V y"), stored, inputs=[x], outputs=[y])


def tail(text: str, *more: Any, last: Any = V, **fields: Any) -> Any:
    """Three proportional units behind a Gemm, and what follows them."""
    return whole(f"Gemm x W h; Relu h r; {text}", W, last, *more, **fields)


c = tensor("c", [1.0, 3.0])
row = tensor("b", [1.0, 2.0, 4.0])
T, S = tensor("T", TALL.T.copy()), tensor("S", WIDE.T.copy())
fine_left = tensor("S", FINE.T.copy())
SQUARE, VECTOR = (2, 2), {"x": (2,), "outputs": [("y", [None])]}
cube = {"x": ("N", 3, 2), "outputs": [("y", [None] * 3)]}
listed = [("W", [2, 3]), ("x", ["N", 2]), ("V", [3, 2]), ("c", [2])]
long = tensor("L", 1 + np.arange(16, dtype=np.float32).reshape(8, 2) / 2**20)
down = tensor("D", np.outer([1, 2, 4], np.full(8, 1 + 2.0**-20)).astype(np.float32))
one_moves = tensor("W", TALL * np.float32([1, 0, 0]))

PLANTED = {
    "Gemm": tail("Gemm r V y"),
    "Gemm with factors": tail("Gemm r V c y alpha=0.5 beta=2.0", c),
    "Gemm transB": tail("Gemm r V y transB=1", last=tensor("V", WIDE.T.copy())),
    "MatMul and Add": tail("MatMul r V m; Add c m y", c),
    "Sub from a constant": tail("MatMul r V m; Sub c m y", c),
    "Sub before a Relu": whole("MatMul x W m; Sub b m h; Relu h r; MatMul r V y", W, V, row),
    "scaled units": whole("MatMul x W m; Mul b m h; Relu h r; MatMul r V y", W, V, row),
    "float64 where float32 is too small": tail("MatMul r V y", last=F),
    "a run in float64": tail("MatMul r V m; Add m c y", c, last=F, value_info=[("m", ["N", 2])]),
    "a Gemm that transposes, in float64": whole(
        "MatMul T x h; Relu h r; Gemm r V y transA=1", T, F, x=SQUARE
    ),
    "another Gemm that transposes, in float64": whole(
        "MatMul x W h; Relu h r; Gemm S r y transB=1", W, fine_left, x=SQUARE
    ),
    "left weights": whole("MatMul T x h; Relu h r; MatMul S r y", T, S, x=SQUARE),
    "left weights of vectors": whole(
        "MatMul T x h; Relu h r; MatMul S r y", T, fine_left, **VECTOR
    ),
    "weights right of vectors": whole("MatMul x W h; Relu h r; MatMul r V y", W, V, **VECTOR),
    "rank 3": whole("MatMul x W h; Relu h r; MatMul r V y", W, V, **cube),
    "a Reshape that names the units": tail("Reshape r s t; MatMul t V y", ints("s", -1, 3)),
    "a Reshape that turns units to channels": tail(
        "Reshape r s t; Flatten t f; MatMul f V y", ints("s", -1, 3, 1, 1)
    ),
    "a Squeeze of whatever is 1": whole(
        "MatMul x W h; Relu h r; Squeeze r s; MatMul s V y", W, V, x=(1, 2), outputs=[("y", [2])]
    ),
    "layers composed on the left": whole(
        "MatMul L x m; MatMul D m h; Relu h r; MatMul S r y", long, down, S, x=SQUARE
    ),
    "a batch without a name": whole(
        "MatMul x W h; Relu h r; Reshape r s t; MatMul t V y",
        W,
        V,
        ints("s", -1, 3),
        x=(None, 2),
    ),
    "units transposed and back": tail("Transpose r t; Transpose t s; MatMul s V y"),
    "a float64 tail": tail("Cast r d to=11; MatMul d V y", last=DOUBLE, outputs=Y64),
    "a float64 bracket": tail("Cast r d to=11; MatMul d V m; Cast m y to=1", last=DOUBLE),
    "a Cast before a Relu": whole(
        "MatMul x W h; Cast h d to=11; Relu d r; MatMul r V y", W, DOUBLE, outputs=Y64
    ),
    "a bracket before a Relu": whole(
        "Cast x d to=11; MatMul d W m; Cast m h to=1; Relu h r; MatMul r V y",
        tensor("W", TALL.astype(float)),
        V,
    ),
    "float16": halves("float16"),
    "float64": halves("float64"),
    "IR 3": whole("MatMul x W h; Relu h r; Gemm r V c y", W, V, c, inputs=listed, ir=3, opset=9),
    "constant units in a bias": whole(
        "MatMul x W m; Add m b h; Relu h r; MatMul r V y", one_moves, row, V
    ),
    "a Gemm that nobody reads": tail(
        "MatMul r V y; Gemm x N dead transA=1", tensor("N", [[1.0], [2.0]]), x=SQUARE
    ),
    "an output that is constant": tail(
        "MatMul r V y; Transpose V t", outputs=[("y", [None, None]), ("t", [2, 3])]
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_units_go_and_the_model_stays_right(name: str) -> None:
    """The checker and onnx.checker accept the file, onnxruntime runs it, it is a fixpoint."""
    made = PLANTED[name]
    found, data = written(made)
    back = network(data)
    assert found.network.units == back.units == 1
    check(found.original, back, found.certificate)
    checker.check_model(load_from_string(data), full_check=True)
    same_values(made, data)
    again = reduce(back, floats_only=True)
    assert write(again.network, back) == data


def test_numbers_keep_their_type_where_it_holds_them() -> None:
    """Otherwise they are stored in float64, between two Casts."""
    _, kept = written(PLANTED["MatMul and Add"])
    assert set(types(kept).values()) == {TensorProto.FLOAT}
    assert operators(kept) == ["Gemm", "Relu", "MatMul", "Add"]
    _, fine = written(PLANTED["float64 where float32 is too small"])
    assert types(fine)["V"] == TensorProto.DOUBLE
    assert operators(fine) == ["Gemm", "Relu", "Cast", "MatMul", "Cast"]
    assert types(fine)["W"] == TensorProto.FLOAT


def test_bfloat16_is_kept_too() -> None:
    """onnxruntime does not run it; the checker accepts it, its numbers are exact."""
    found, data = written(halves("bfloat16"))
    assert set(types(data).values()) == {TensorProto.BFLOAT16}
    check(found.original, network(data), found.certificate)
    checker.check_model(load_from_string(data), full_check=True)


def test_old_operators_are_told_to_broadcast() -> None:
    """Before opset 7 a bias is only spread where an attribute says so."""
    text = "MatMul x W m; Add m b h broadcast=1; Relu h r; MatMul r V y"
    stored = tensor("W", TALL * np.float32([1, 2, 0])), tensor("b", [0.0, 0.0, 2.0]), V
    found, data = written(whole(text, *stored, opset=6, ir=3))
    back = network(data)
    assert not back.opaque
    assert back.units == 1
    check(found.original, back, found.certificate)
    added = [n for n in load_from_string(data).graph.node if n.op_type == "Add"]
    assert [n.attribute[0].name for n in added] == ["broadcast"]


def test_old_operators_are_told_shapes_by_attribute() -> None:
    """Before opset 5 a Reshape has no second operand."""
    made = whole("MatMul x W h; Relu h r; Reshape r t; MatMul t V y", W, V, opset=4, ir=3)
    made.graph.node[2].attribute.append(helper.make_attribute("shape", [-1, 3]))
    found, data = written(made)
    assert load_from_string(data).graph.node[2].attribute[0].ints == [-1, 1]
    check(found.original, network(data), found.certificate)


def test_everything_else_of_a_model_is_kept() -> None:
    """Names, batch, operator sets, metadata, texts, and nodes that did not change."""
    made = tail("MatMul r V m; Softmax m y")
    made.producer_name, made.doc_string, made.graph.doc_string = "someone", "a model", "a graph"
    made.opset_import.add(domain="com.example", version=3)
    helper.set_model_props(made, {"key": "value"})
    made.graph.input[0].doc_string = "an input"
    _, data = written(made)
    back = load_from_string(data)
    for field in ("ir_version", "producer_name", "doc_string", "opset_import", "metadata_props"):
        assert getattr(back, field) == getattr(made, field)
    for field in ("name", "doc_string", "input", "output"):
        assert getattr(back.graph, field) == getattr(made.graph, field)
    assert back.graph.node[1] == made.graph.node[1]
    assert back.graph.node[-1] == made.graph.node[-1]


def test_a_shared_initializer_stays_for_its_other_readers() -> None:
    """One bias serves two layers, which no longer need it, and an opaque node, which does."""
    zero = tensor("z", [0.0, 0.0, 0.0])
    text = "MatMul x W a; Add a z b; Relu b c; MatMul c S d; Add d z e; Max e z y"
    square = tensor("S", np.eye(3, dtype=np.float32) + 1)
    found, data = written(whole(text, W, square, zero))
    back = load_from_string(data)
    assert found.network.units == 1
    assert [t for t in back.graph.initializer if t.name == "z"] == [zero]
    assert [list(n.input) for n in back.graph.node if "z" in n.input] == [["e", "z"]]
    check(found.original, network(data), found.certificate)


def test_names_captured_by_a_subgraph_are_kept() -> None:
    """What an If reads stays, tensor and initializer, and new names avoid both."""
    out = helper.make_tensor_value_info("o", TensorProto.FLOAT, None)
    body = helper.make_graph([node("Add", "h/weights m", "o")], "b", [], [out])
    made = tail("MatMul r V m", tensor("q", np.array(True)), tensor("h/weights", np.float32(7)))
    made.graph.node.append(node("If", "q", "y", then_branch=body, else_branch=body))
    found, data = written(made)
    assert found.network.units == 1
    stored = {t.name: numpy_helper.to_array(t) for t in load_from_string(data).graph.initializer}
    assert stored["h/weights"] == 7
    check(found.original, network(data), found.certificate)
    x = {"x": np.ones((1, 2), dtype=np.float32)}
    assert (run(data, x)["y"] == run(made, x)["y"]).all()


def constant(left: bool) -> Any:
    """A network that ignores its input: weights 0 into the hidden layer."""
    bias, last = np.float32([1, -2, 3]), np.float32([0.5, 1])
    if left:
        text, bias, last = (
            "MatMul Z x m; Add m b h; Relu h r; MatMul S r n; Add n c y",
            bias[:, None],
            last[:, None],
        )
    else:
        text = "MatMul x Z m; Add m b h; Relu h r; MatMul r V n; Add n c y"
    zeros = tensor("Z", np.zeros((3, 2) if left else (2, 3), dtype=np.float32))
    shape = SQUARE if left else ("N", 2)
    return whole(text, zeros, tensor("b", bias), V, S, tensor("c", last), x=shape)


@pytest.mark.parametrize("batch", [0, 1, 3])
def test_a_constant_network_runs_for_any_batch(batch: int) -> None:
    """No unit is left, the output still has as many rows as the input."""
    found, data = written(constant(left=False))
    assert found.network.units == 0
    check(found.original, network(data), found.certificate)
    checker.check_model(load_from_string(data), full_check=True)
    same_values(constant(left=False), data, batch)


def test_a_constant_network_of_left_weights() -> None:
    """The same with units along the first axis."""
    found, data = written(constant(left=True))
    assert found.network.units == 0
    check(found.original, network(data), found.certificate)
    same_values(constant(left=True), data)


def test_an_unchanged_model_is_written_as_it_was() -> None:
    """Byte for byte, whatever is odd about it."""
    made = tail("MatMul r V y", value_info=[("gone", [3])])
    made.graph.node[1].doc_string = "kept"
    assert written(made, rules=[])[1] == made.SerializeToString()


def test_types_that_were_declared_stay_where_they_are_true() -> None:
    """Of the changed tensors nothing is declared."""
    declared = [("h", ["N", 3]), ("r", ["N", 3]), ("m", ["N", 2]), ("n", ["N", 2])]
    made = tail("MatMul r V m; Relu m n; Abs n y", value_info=declared)
    _, data = written(made)
    assert [v.name for v in load_from_string(data).graph.value_info] == ["m", "n"]


f = np.float32
AWKWARD = {
    "a bias along another axis": whole(
        "MatMul x A a; Add b a y",
        tensor("A", [[4.0], [2.0]]),
        tensor("b", [[-1.0], [0.0]]),
        x=SQUARE,
    ),
    "scales along another axis": whole(
        "Gemm A x a transB=1; Mul b a y", tensor("A", [[0.0], [0.0]]), row, x=(3, 1)
    ),
    "a product of zeros behind an opaque node": whole(
        "Floor x a; MatMul a Z b; MatMul b V y", tensor("Z", np.zeros((2, 3), f)), V
    ),
    "a product with a bias behind an opaque node": whole(
        "Floor x a; Gemm a A b; Gemm b B c d; MatMul d D y",
        tensor("A", np.ones((2, 6), f)),
        tensor("B", np.ones((6, 1), f)),
        tensor("c", [1.0]),
        tensor("D", [[0.0, 2.0]]),
    ),
    "layers behind an opaque node of unknown rank": tail(
        "Floor r n; MatMul n V a; Add a c b; Relu b d; MatMul d V2 y",
        c,
        tensor("V2", [[1.0], [2.0]]),
    ),
    "units in a Reshape of another axis": whole(
        "Sub x A a; Gemm a Z b t transB=1; Transpose t u; Add c u v; Reshape v s y",
        tensor("A", [[0.0], [-1.0]]),
        tensor("Z", [[0.0]]),
        tensor("b", [-2.0]),
        c,
        ints("s", -1, 2),
        x=(2, 1),
    ),
    "a Dropout between an opaque node and a layer": whole(
        "Max x x n; Flatten n f; Dropout f d; Gemm d W h; Relu h r; MatMul r V y", W, V
    ),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_models_are_reduced_too(name: str) -> None:
    """Axes that change, shapes that are unknown: what is written is accepted and right."""
    found, data = written(AWKWARD[name])
    check(found.original, network(data), found.certificate)
    given = feeds(AWKWARD[name])
    assert (run(data, given)["y"] == run(AWKWARD[name], given)["y"]).all()


@pytest.mark.parametrize("seed", range(12))
def test_random_planted_models(seed: int) -> None:
    """Multiples, constants and unused units in three layers; every operator form."""
    rng = np.random.default_rng(seed)
    widths, nodes, stored, name = [3, 4, 3, 4, 2], [], [], "x"
    for layer in range(4):
        size = widths[layer + 1]
        base = rng.integers(-3, 4, (widths[layer], size)).astype(np.float32)
        bias = rng.integers(-3, 4, size).astype(np.float32)
        if layer < 3:
            copies = rng.integers(0, size, 3)
            factors = rng.choice([1, 2, 3, 0.5, 0], 3).astype(np.float32)
            base = np.concatenate([base, base[:, copies] * factors], axis=1)
            bias = np.concatenate([bias, np.where(factors == 0, 1, bias[copies] * factors)])
            widths[layer + 1] += 3
        matrix, shift = tensor(f"W{layer}", base), tensor(f"b{layer}", bias.astype(np.float32))
        stored += [matrix, shift]
        kind = rng.integers(0, 3)
        made = f"h{layer}" if layer < 3 else "y"
        if kind == 0:
            nodes += [node("Gemm", f"{name} W{layer} b{layer}", made)]
        else:
            order = f"b{layer} m{layer}" if kind == 1 else f"m{layer} b{layer}"
            nodes += [node("MatMul", f"{name} W{layer}", f"m{layer}")]
            nodes += [node("Sub" if kind == 2 else "Add", order, made)]
        if layer < 3:
            nodes.append(node("Relu", made, f"r{layer}"))
        name = f"r{layer}"
    made = model(nodes, stored, inputs=[("x", ["N", 3])])
    found, data = written(made)
    back = network(data)
    assert back.units <= 11
    check(found.original, back, found.certificate)
    checker.check_model(load_from_string(data), full_check=True)
    value = {"x": rng.integers(-9, 10, (3, 3)).astype(float)}
    assert equal(found.original.evaluate(value)["y"], back.evaluate(value)["y"]).all()


def test_texts_that_are_not_utf_8_stay() -> None:
    """A graph's name is nobody's business: its bytes are copied, whatever they are."""
    made = whole("MatMul x W h; Relu h r; MatMul r V y", W, V)
    made.graph.name, made.producer_name = "a name", "who"
    data = made.SerializeToString().replace(b"a name", b"a \xffame").replace(b"who", b"\x80ho")
    original = read(data, where="odd.onnx")
    written_again = write(reduce(original, floats_only=True).network, original)
    assert b"a \xffame" in written_again
    assert b"\x80ho" in written_again
    assert read(written_again, where="reduced.onnx").units == 1
