"""Tests for `lumpver.io.onnx.read.constants`: constants that are joined with tensors, or folded."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from onnx import helper
from onnx_models import agree, feeds, ints, model, network, node, run, tensor, whole, written

from lumpver import prove
from lumpver.checker import check
from lumpver.errors import Rejected
from lumpver.exact.stacks import product_shape, stacked
from lumpver.model.names import Derived
from lumpver.model.network import Join, Linear, Opaque
from lumpver.proving import Proved, Refuted

W: Final = tensor("W", [[1.0, 2.0, -4.0], [-2.0, -4.0, 8.0]])  # unit 1 is twice unit 0
V: Final = tensor("V", [[1.0, 0.5], [2.0, 1.0], [-1.0, 3.0]])
C: Final = np.array([[1, 2, -3], [4, -5, 6]], dtype=np.float32)
TEXT: Final = "MatMul x W h; Relu h r; MatMul r V t; Add t c s; Relu s q; MatMul q U y"


def table(C: Any = ((1, 2), (3, -4)), **fields: Any) -> Any:
    """A network with a table added to what a layer makes."""
    stored = [W, V, tensor("c", C), tensor("U", [[1.0], [3.0]])]
    return whole(fields.pop("text", TEXT), *stored, x=(2, 2), **fields)


def test_a_table_is_a_tensor_of_its_own() -> None:
    """Its numbers are known; another reader of the constant still has weights of it."""
    made = table(text=f"{TEXT[:-1]}z; MatMul c z y")
    found = network(made)
    assert not found.opaque
    constant = next(each for each in found.nodes if isinstance(each, Opaque))
    assert (constant.outputs, constant.value) == ((Derived("constant c"),), constant.value)
    assert isinstance(found.nodes[-1], Linear)
    agree(made)


def test_a_table_that_two_read_is_one() -> None:
    """Also where one node reads it twice."""
    made = table(text="Add x c a; Sub a c b; Sum b c c y")
    found = network(made)
    assert sum(isinstance(each, Opaque) for each in found.nodes) == 1
    assert [each.operator for each in found.nodes if isinstance(each, Join)] == [
        "Add",
        "Sub",
        "Add",
    ]
    agree(made)


def test_layers_around_a_table_are_reduced() -> None:
    """The file still has it, under its name; it is checked, and runs as before."""
    made = table()
    found, data = written(made)
    assert found.network.width["h"] < 3
    back = network(data)
    check(found.original, back, found.certificate)
    assert isinstance(prove(found.original, back), Proved)
    for seed in range(3):
        given = feeds(made, seed)
        assert (run(made, given)["y"] == run(data, given)["y"]).all()
    other = network(table(((1, 2), (3, -5))))
    with pytest.raises(Rejected):
        check(found.original, other, found.certificate)
    assert isinstance(prove(found.original, other), Refuted)


NOT_JOINED: Final = {
    "of integers": model(
        [node("Add", "x c", "y")], [ints("c", 1, 2)], inputs=[("x", "int64", [2, 2])]),
    "of another type": whole("Add x c y", tensor("c", np.ones((2, 2))), x=(2, 2)),
    "with a NaN": whole("Max x c y", tensor("c", [[np.nan, 1.0], [0.0, 0.0]]), x=(2, 2)),
    "of an unknown length": whole("Add x c y", tensor("c", [[1.0, 2.0], [3.0, 4.0]]), x=("N", 2)),
    "of an unknown shape": whole("Add x c y", tensor("c", [[1.0, 2.0], [3.0, 4.0]]), x=None),
    "before operands were repeated": whole(
        "Add x c y", tensor("c", [[[1.0, 2.0]]]), x=(2, 2), opset=6),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_JOINED)
def test_what_is_not_certain_stays_opaque(name: str) -> None:
    """And no constant is left over beside it."""
    (only,) = network(NOT_JOINED[name]).nodes
    assert isinstance(only, Opaque)
    assert not only.is_constant


FOLDED: Final = {
    "a vector and a matrix": ("MatMul v A c", (3,), (3, 2)),
    "a matrix and a vector": ("MatMul A v c", (3,), (2, 3)),
    "vectors": ("MatMul v A c", (3,), (3,)),
    "a stack": ("MatMul v A c", (2, 1, 3), (3, 2)),
    "two stacks": ("MatMul v A c", (2, 1, 1, 3), (2, 3, 2)),
}


@pytest.mark.parametrize("name", FOLDED)
def test_products_of_constants(name: str) -> None:
    """They are folded as the runtime multiplies them."""
    text, v, A = FOLDED[name]
    rng = np.random.default_rng(1)
    stored = [tensor(n, rng.integers(-3, 4, s).astype("f")) for n, s in (("v", v), ("A", A))]
    made = whole(f"{text}; Add x c y", *stored, x=(2, 2, 1, 2), outputs=[("y", None)])
    assert not network(made).opaque
    agree(made)


def test_products_that_do_not_fit_stay() -> None:
    """Whatever the runtime says to them."""
    for v, A in (((2,), (3, 2)), ((2, 1, 3), (4, 3, 2)), ((), (3,))):
        stored = [tensor("v", np.ones(v, "f")), tensor("A", np.ones(A, "f"))]
        made = whole("MatMul v A c; Add x c y", *stored, x=(2, 2), outputs=[("y", None)])
        assert network(made).nodes[0].operator == "ai.onnx:MatMul"  # type: ignore[union-attr]
        assert product_shape(v, A) is None


@pytest.mark.parametrize(("a", "b"), [((2, 3), (3, 4)), ((3,), (3,)), ((5, 1, 2, 3), (4, 3, 1)),
                                      ((0, 2, 3), (3, 1)), ((2, 0), (0, 3))])  # fmt: skip
def test_stacks_are_multiplied_as_numpy_does(a: Any, b: Any) -> None:
    """Shapes and numbers."""
    rng = np.random.default_rng(2)
    x, y = (rng.integers(-9, 10, shape).astype(float) for shape in (a, b))
    expected = np.matmul(x, y)
    assert product_shape(a, b) == expected.shape == stacked(x, y).shape
    assert (stacked(x, y) == expected).all()


def test_numbers_that_no_float_holds_are_folded() -> None:
    """Exactly: a sum of 1 and 2^-80 in front of a layer, and through a ReLU."""
    parts = [tensor("a", [[1.0, -1.0]]), tensor("b", [[2.0**-80, 2.0**-80]]), W, V]
    made = whole("Add a b c; Relu c d; Sub d a e; MatMul x W h; MatMul e W u; Add h u g;"
                 " Relu g r; MatMul r V y", *parts)  # fmt: skip
    found = network(made)
    assert not found.opaque
    outcome, data = written(made)
    assert outcome.network.width["h"] < 3
    check(outcome.original, network(data), outcome.certificate)


def test_numbers_do_not_grow_without_end() -> None:
    """A product of a number with itself, again and again, has twice the bits each time."""
    text = "; ".join(f"Mul c{i} c{i} c{i + 1}" for i in range(12))
    made = whole(f"{text}; Add x c12 y", tensor("c0", [1 + 2.0**-20, 1.0]))
    assert network(made).opaque


def constants(text: str, *stored: Any, x: Any = ("N", 3)) -> Any:
    """A model that adds c to x, where c is made of constants."""
    return whole(f"{text}; Add x c y", *stored, x=x, outputs=[("y", None)])


A: Final = tensor("a", [1.0, -2.0, 0.0])
MOVED: Final = {
    "Expand": constants("Expand d s c", tensor("d", [[2.0]]), ints("s", 1, 3)),
    "Expand to less": constants("Expand a s c", A, ints("s", 1)),
    "Tile": constants("Tile d s c", tensor("d", [3.0]), ints("s", 3)),
    "Where": constants("Where m a d c", A, tensor("m", np.array([True, False, True])),
                       tensor("d", [[7.0]])),
    "Equal and Where": constants("Equal i j m; Where m a b c", A, tensor("b", [4.0, 5.0, 6.0]),
                                 ints("i", 1, 2, 3), ints("j", 1, 0, 3)),
    "as x.expand is exported": constants(
        "ConstantOfShape n o; Mul o minus p; Equal t p m; Where m o t u; Expand d u c",
        ints("n", 2), ints("minus", -1), ints("t", -1, 3), tensor("d", [[2.0]])),
    "Expand of a tensor to its shape": constants("Expand x s z; Mul z a c", A, ints("s", 1, 3)),
    "Tile of a tensor, once": constants("Tile x s z; Mul z a c", A, ints("s", 1, 1)),
}  # fmt: skip
MOVED["as x.expand is exported"].graph.node[0].attribute.append(
    helper.make_attribute("value", tensor("", np.array([1])))
)


@pytest.mark.parametrize("name", MOVED)
def test_what_is_moved_is_folded(name: str) -> None:
    """Everything is modelled, with the runtime's numbers."""
    assert not network(MOVED[name]).opaque
    agree(MOVED[name])


STAYS: Final = {
    "Expand to a shape that does not fit": constants("Expand a s c", A, ints("s", 2)),
    "Expand of a tensor that widens": whole("Expand x s y", ints("s", 2, 1, 1), x=(1, 3)),
    "Expand of a tensor that may widen": whole("Expand x s y", ints("s", 2, 3), x=("N", 3)),
    "Tile of a tensor, twice": whole("Tile x s y", ints("s", 1, 2), x=(1, 3)),
    "Tile of another rank": constants("Tile a s c", A, ints("s", 1, 1)),
    "Equal of floats": constants("Equal a a m; Where m a a c", A),
    "Where of two types": constants("Where m a d c", A, tensor("m", np.array([True])),
                                    tensor("d", np.ones(3))),
    "Where that asks for too much": constants(
        "Expand a s b; Expand a t d; Where m b d c", A, tensor("m", np.array([True])),
        ints("s", 4000, 1, 3), ints("t", 4000, 3)),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYS)
def test_what_may_not_be_folded_stays(name: str) -> None:
    """Of another shape or type, or larger than a small file may ask for."""
    assert network(STAYS[name]).opaque
