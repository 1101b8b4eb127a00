"""Operators that work entry by entry are what onnxruntime makes of them, or opaque."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import load_from_string
from onnx_models import agree, ints, model, network, node, run, tensor, whole

from lumpver import prove, reduce
from lumpver.checker import check
from lumpver.errors import NotRational, ShapeMismatch
from lumpver.exact.scalar import number
from lumpver.io.onnx.write import write
from lumpver.model.network import Opaque
from lumpver.proving import Proved, Refuted, Unknown

W = tensor("W", [[1.0, 2.0, -4.0], [-2.0, -4.0, 8.0]])  # unit 1 is twice unit 0
V = tensor("V", [[1.0, 0.5], [2.0, 1.0], [-1.0, 3.0]])
Y = [("y", None)]


def one(text: str, *stored: Any, x: Any = ("N", 3), opset: int = 17, **attributes: Any) -> Any:
    """A model of one node `operator operands`."""
    operator, operands = text.split(maxsplit=1)
    made = [node(operator, operands, "y", **attributes)]
    return model(made, stored, inputs=[("x", x)], outputs=Y, opset=opset)


def two(operator: str, x: Any = (2, 3), z: Any = (2, 3), opset: int = 17, **attributes: Any) -> Any:
    """A model of one node `operator x z`."""
    made = [node(operator, "x z", "y", **attributes)]
    return model(made, inputs=[("x", x), ("z", z)], outputs=Y, opset=opset)


def c(*numbers: Any, dtype: Any = np.float32) -> Any:
    """A constant."""
    return tensor("c", np.array(numbers, dtype=dtype))


SCALAR = tensor("c", np.float32(4))
ZERO, ZEROS = tensor("c", np.float32(0)), c(0)
MODELLED = {
    "Neg": one("Neg x"),
    "Neg of a vector": one("Neg x", x=(3,)),
    "Neg of rank 3": one("Neg x", x=("N", 2, 3)),
    "Neg of opset 1": one("Neg x", opset=6),
    "Neg behind an unknown shape": whole("Floor x f; MatMul f W m; Neg m y", W, outputs=Y),
    "Div by a number": one("Div x c", SCALAR),
    "Div by one number": one("Div x c", c(-0.5)),
    "Div unit by unit": one("Div x c", c(1, -2, 0.25)),
    "Div along another axis": one("Div x c", c([2], [8]), x=("N", 2, 3)),
    "Sum of one": one("Sum x"),
    "Sum of one, long ago": one("Sum x", opset=6),
    "Max of one": one("Max x"),
    "Min of one": one("Min x"),
    "Sum with a constant": one("Sum x c", c(1, -2, 3)),
    "Sum with a constant in front": one("Sum c x", SCALAR),
    "Concat of one": one("Concat x", axis=1),
    "Concat of one from the end": one("Concat x", axis=-2),
    "Concat of one along the batch": one("Concat x", axis=0, opset=4),
    "Max with 0": one("Max x c", ZERO),
    "Max of 0 and": one("Max c x", ZEROS),
    "Max with -0": one("Max x c", c(-0.0)),
    "Max with 0 of the same rank": one("Max x c", c([0])),
    "Max with 0 behind an unknown shape": whole(
        "Floor x f; MatMul f W m; Max m c y", W, ZEROS, outputs=Y
    ),
    "Max with 0 in opset 8": one("Max x c", ZEROS, opset=8),
    "Max with 1": one("Max x c", c(1)),
    "Max with something small": one("Max x c", c(-1e-45)),
    "Min with 0": one("Min x c", ZERO),
    "Min with -2 in front": one("Min c x", c(-2), opset=8),
    "Pow with 2": one("Pow x c", c(2)),
    "Pow with 2 of integers": one("Pow x c", ints("c", 2), opset=12),
    "Mul of itself": one("Mul x x"),
    "Div that widens": one("Div x c", c([2], [4]), x=(1, 3)),
    "Div along two axes": one("Div x c", c([1, 2, 4], [2, 4, 8]), x=(2, 3)),
    "Sum of three, two constants": one("Sum x c c", SCALAR),
    "Max with 0 that adds an axis": one("Max x c", c([0]), x=(3,)),
    "Max with zeros of other length": one("Max x c", c(0, 0, 0), x=("N", 1)),
    "Max with 0 twice": one("Max x c c", ZERO),
    "Concat with a constant": one("Concat x c", c([1, 2, 3]), axis=0),
    "Add of two": two("Add"),
    "Sub of two": two("Sub"),
    "Sum of two inputs": two("Sum"),
    "Add of itself": one("Add x x"),
    "Sub of itself": one("Sub x x"),
    "Sum of itself": one("Sum x x"),
    "Add of two of one symbolic length": two("Add", ["N", 3], ["N", 3]),
    "Add of (2, 1) and (1, 2)": two("Add", [2, 1], [1, 2]),
    "Add of two ranks": two("Add", [1, 2], [2]),
    "Add of two lengths": two("Add", [2], [1]),
    "Add of another symbol's": two("Add", ["N", 2], ["N", 1]),
    "Sum of two, long ago": two("Sum", opset=6),
    "Mul of two": two("Mul"),
    "Mul of a gate": two("Mul", ["N", 3, 2, 2], ["N", 3, 1, 1]),
    "Mul of a gate of another rank": two("Mul", [3, 1, 1], ["N", 3, 2, 2]),
    "Mul of (3, 1, 1) and (1, 3)": two("Mul", [3, 1, 1], [1, 3]),
    "Max of two inputs": two("Max"),
    "Min that broadcasts": two("Min", [2, 1], [3]),
    "Mean of two": two("Mean"),
    "Mean of one": one("Mean x"),
    "Sum of three inputs": one("Sum x x x"),
    "Max of three inputs": one("Max x x x"),
    "Concat of two": one("Concat x x", axis=0),
    "Concat along the last": two("Concat", [2, 3], [2, 1], axis=-1),
    "Concat in the middle": two("Concat", ["N", 3, 2], ["N", 1, 2], axis=-2),
}


@pytest.mark.parametrize("name", MODELLED)
def test_numbers_and_shapes_are_the_runtimes(name: str) -> None:
    """The last node is modelled, and computes the same on small integers."""
    made = MODELLED[name]
    found = network(made)
    assert not isinstance(found.nodes[-1], Opaque)
    if not found.opaque:
        agree(made)


OPAQUE = {
    "Neg of unknown length": one("Neg x", x=("N", "M")),
    "Neg of unknown rank": one("Neg x", x=None),
    "Neg of integers": model([node("Neg", "x", "y")], inputs=[("x", "int64", [2])], outputs=Y),
    "Div by 0": one("Div x c", c(1, 0, 1)),
    "Div by -0": one("Div x c", c(-0.0)),
    "Div of another type": one("Div x c", c(2, dtype=np.float64)),
    "Add of two ranks, long ago": two("Add", [1, 2], [2], opset=6),
    "Add of two symbols": two("Add", ["N", 2], ["M", 2]),
    "Add of unknown ranks": two("Add", None, None),
    "Add of integers": model(
        [node("Add", "x z", "y")], inputs=[("x", "int64", [2]), ("z", "int64", [2])], outputs=Y
    ),
    "Sum that broadcasts, long ago": two("Sum", [1, 2], [3, 2], opset=7),
    "Mul of two types": model(
        [node("Mul", "x z", "y")], inputs=[("x", [2]), ("z", "float64", [2])], outputs=Y
    ),
    "Mul of unknown lengths": two("Mul", [None, 2], [None, 2]),
    "Sum with a constant, long ago": one("Sum x c", c(1, 2, 3), opset=6),
    "Max with a NaN": one("Max x c", c(np.nan)),
    "Max with 0 of unknown rank": one("Max x c", ZEROS, x=None),
    "Max with 0 of another type": one("Max x c", c(0, dtype=np.float64)),
    "Max with 0, long ago": one("Max x c", ZEROS, opset=7),
    "Min with infinity": one("Min x c", c(np.inf)),
    "Max with 1 of opset 7": one("Max x c", c(1), opset=7),
    "Pow with 3": one("Pow x c", c(3)),
    "Pow with 2 and 2": one("Pow x c", c(2, 2, 2)),
    "Pow with 2 that adds an axis": one("Pow x c", c([2]), x=(3,)),
    "Pow with 2, long ago": one("Pow x c", SCALAR, opset=6),
    "Pow of 2": one("Pow c x", ZERO),
    "Concat of two ranks": model(
        [node("Concat", "x z", "y", axis=0)], inputs=[("x", [2]), ("z", [2, 1])], outputs=Y
    ),
    "Concat of integers": model(
        [node("Concat", "x x", "y", axis=0)], inputs=[("x", "int64", [2])], outputs=Y
    ),
    "Concat along nothing": one("Concat x"),
    "Concat along no axis of x": one("Concat x", axis=2),
    "Concat from the end, long ago": one("Concat x", axis=-1, opset=4),
    "Concat before it needed an axis": one("Concat x", axis=1, opset=1),
}  # fmt: skip


@pytest.mark.parametrize("name", OPAQUE)
def test_the_rest_is_opaque(name: str) -> None:
    """What lies one attribute, shape or type away from what is modelled stays as it is."""
    (only,) = network(OPAQUE[name]).nodes
    assert isinstance(only, Opaque)


def test_old_divisions_are_told_to_broadcast() -> None:
    """No runtime here knows them; they are what they became."""
    old = network(one("Div x c", c(1, 2, 4), opset=6, broadcast=1))
    point = {"x": np.array([[1.0, 2.0, 3.0]])}
    assert old.evaluate(point)["y"].tolist() == [[1, 1, number("3/4")]]


def test_a_constant_that_is_divided() -> None:
    """Where no divisor is 0; in front of a 0 there is no number."""
    found = network(one("Div c x", c(6, 1, 1)))
    assert not found.opaque
    assert found.evaluate({"x": np.array([[4.0, -2.0, 1.0]])})["y"].tolist() == [
        [number("3/2"), number("-1/2"), number(1)]
    ]
    with pytest.raises(NotRational):
        found.evaluate({"x": np.array([[4.0, 0.0, 1.0]])})


def test_a_divisor_that_does_not_fit_is_refused() -> None:
    """As a bias of another length is."""
    with pytest.raises(ShapeMismatch):
        network(one("Div x c", c(1, 2)))


BETWEEN = {
    "Neg r m": "Mul r u m",
    "Div r h m": "Mul r t m",
    "Sum r m": "Identity r m",
    "Min r m": "Identity r m",
    "Concat r m axis=1": "Identity r m",
    "Max r z m": "Relu r m",
}
NUMBERS = (
    W, V, tensor("u", [-1.0]), tensor("h", [0.5]), tensor("t", [2.0]), tensor("z", [0.0]),
)  # fmt: skip


@pytest.mark.parametrize("between", BETWEEN)
def test_units_are_merged_through_them(between: str) -> None:
    """A multiple goes, the file stays right, and others ways to write it are equal."""
    parts = ("MatMul x W h1; Relu h1 r; ", "; MatMul m V y")
    made = whole(between.join(parts), *NUMBERS)
    other = network(whole(BETWEEN[between].join(parts), *NUMBERS))
    found = network(made)
    outcome = reduce(found)
    assert (found.units, outcome.network.units) == (3, 2) or "Max" in between
    data = write(outcome.network, found)
    assert isinstance(prove(network(data), other), Proved)
    agree(made, seeds=1)


UNLIKE = (
    ("Neg x y", "Identity x y"),
    ("Div x h y", "Div x t y"),
    ("Max x z y", "Identity x y"),
    ("Sum x u y", "Sum x y"),
)


@pytest.mark.parametrize("pair", UNLIKE)
def test_what_differs_is_refuted(pair: tuple[str, str]) -> None:
    """No one of them is taken for another."""
    one_, other = (network(whole(text, *NUMBERS)) for text in pair)
    assert isinstance(prove(one_, other), Refuted)


MEAN, DEVIATION = tensor("mean", [0.1307]), tensor("deviation", [0.3081])
DIVIDED = {
    "in front": "Sub x mean a; Div a deviation d; MatMul d W h; Relu h r; MatMul r V y",
    "between": "MatMul x W h; Div h deviation d; Relu d r; MatMul r V y",
}


@pytest.mark.parametrize("place", DIVIDED)
def test_divisors_without_float_reciprocals_stay_divisors(place: str) -> None:
    """What is exact to divide by is not multiplied with; a unit goes, in the same types."""
    made = whole(DIVIDED[place], W, V, MEAN, DEVIATION)
    found = network(made)
    outcome = reduce(found, floats_only=True)
    assert (found.units, outcome.network.units) == (3, 2)
    data = write(outcome.network, found)
    operators = [n.op_type for n in load_from_string(data).graph.node]
    assert operators == [n.op_type for n in made.graph.node]
    check(found, network(data), outcome.certificate)
    assert isinstance(prove(found, network(data)), Proved)
    given = {"x": np.array([[1, -2], [3, 0.5]], dtype=np.float32)}
    assert np.abs(run(data, given)["y"] - run(made, given)["y"]).max() < 1e-4


def test_a_quotient_is_exact() -> None:
    """A third is a third, and three of them are the whole."""
    third = network(one("Div x c", c(3)))
    assert third.evaluate({"x": np.array([[1.0, 3.0, 0.0]])})["y"].tolist() == [
        [number("1/3"), 1, 0]
    ]


FLOATING = (
    "Softmax x h",
    "Cast x h to=10",
    "Pow x c h",
    "Cast x i to=6; Cast i h to=1",
    "Exp x e; Relu e r; Erf r h",
)
OPEN = ("Cast x h to=3", "Cast x i to=7; Pow i c h", "Cast x i to=6; Relu i h", "NonZero x h")


@pytest.mark.parametrize("before", [*FLOATING, *OPEN])
@pytest.mark.parametrize("operator", ["Abs", "Neg"])
def test_only_floats_have_opposites(before: str, operator: str) -> None:
    """The least integer of a type is its own opposite: no number does that."""
    text = f"{before}; Reshape h s k; {operator} k y"
    made = whole(text, SCALAR, tensor("s", np.array([2, 3])), x=(2, 3), outputs=Y)
    assert isinstance(network(made).producers["y"], Opaque) == (before in OPEN)


@pytest.mark.parametrize("kind", [3, 5, 6, 7])
def test_integers_wrap_around(kind: int) -> None:
    """The absolute value of the least is negative, and Relu makes it 0."""
    one, other = (
        whole(f"Cast x i to={kind}; Reshape i s k; {text}", tensor("s", np.array([2, 3])),
              x=(2, 3), outputs=Y)
        for text in ("Abs k y", "Abs k a; Relu a y")
    )  # fmt: skip
    assert isinstance(prove(network(one), network(other)), Unknown)
