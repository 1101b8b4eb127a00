"""Tests for `lumpver.model.evaluation`: the plain reading that everything is held to."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sympy
from flint import fmpq
from nasty import fractions, nasty

from lumpver.errors import Malformed, NotANumber, NotRational, ShapeMismatch
from lumpver.model.activations import RELU, activation, leaky
from lumpver.model.evaluation import apply, evaluate, trace
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Rearrange, Tensor, linear
from lumpver.model.weights import Identity, weights_of
from lumpver.theory import paper
from lumpver.theory.examples import EXAMPLES, Example

POINTS = (0, 1, -1, "-1/3", "7/2", Fraction(10**30, 7), 2.0**-1074)
TWINS = Network.from_layers([([[1], [2]], None), ([[1, 1]], ["1/2"])])


def graph(*nodes: Any, inputs: dict[str, Any], outputs: tuple[str, ...]) -> Network:
    """A network with inputs of given shapes and everything else of unknown shape."""
    names = {name for node in nodes for name in node.outputs if name}
    tensors = {name: Tensor(name) for name in names}
    tensors |= {name: Tensor(name, shape=shape) for name, shape in inputs.items()}
    ends = tuple(tensors[name] for name in inputs), tuple(tensors[name] for name in outputs)
    return Network(*ends, tuple(nodes), tensors)


@pytest.mark.parametrize("example", [e for n, e in EXAMPLES.items() if n != "sigmoid_half"],
                         ids=lambda e: e.name)  # fmt: skip
def test_examples_as_in_the_paper(example: Example) -> None:
    """Every example has the value that the paper's semantics gives it."""
    network = example.network
    nn = paper.from_network(network)
    for point in POINTS:
        x = [sympy.Rational(Fraction(point)) * (-1) ** i + i for i in range(network.widths[0])]
        assert network(x) == nn(x)


def _by_hand(layers: list[Any], x: list[Fraction]) -> list[Fraction]:
    for i, (W, b) in enumerate(layers):
        rows = [
            sum((w * v for w, v in zip(row, x, strict=True)), Fraction(0)) + c
            for row, c in zip(fractions(W), fractions(b), strict=True)
        ]
        x = [max(v, Fraction(0)) for v in rows] if i < len(layers) - 1 else rows
    return x


@pytest.mark.parametrize("seed", range(20))
def test_nasty_chains(seed: int) -> None:
    """Float weights of any magnitude are evaluated as the rationals that they are."""
    rng = np.random.default_rng(seed)
    widths = [int(n) for n in rng.integers(1, 5, 4)]
    dtype = str(rng.choice(["f2", "f4", "f8"]))
    layers = [(nasty(rng, (n, m), dtype), nasty(rng, (n,), dtype)) for m, n in pairwise(widths)]
    tops, bottoms = rng.integers(-9, 9, widths[0]), rng.integers(1, 9, widths[0])
    x = [Fraction(int(a), int(b)) for a, b in zip(tops, bottoms, strict=True)]
    assert Network.from_layers(layers)(x) == tuple(_by_hand(layers, x))


def test_inputs_may_be_written_in_many_ways() -> None:
    """Fractions, strings, floats, sympy, numpy and dicts are the same point."""
    column = sympy.Matrix([["1/2"]])
    forms: list[Any] = [["1/2"], [Fraction(1, 2)], [0.5], np.array([0.5], "f2"), [fmpq(1, 2)],
                        [sympy.Rational(1, 2)], (0.5,), column.tolist()[0]]  # fmt: skip
    assert {TWINS(form) for form in forms} == {(2,)}
    assert TWINS({"x": ["1/2"]}) == (2,)


def test_several_inputs_and_outputs() -> None:
    """Inputs go in order or by name; several outputs come back by name."""
    network = graph(
        linear("a", "u", "y", [[2]]),
        linear("b", "v", "z", [[3]], [1]),
        inputs={"u": (1,), "v": (1,)},
        outputs=("y", "z"),
    )
    assert network([1], [2]) == {"y": (2,), "z": (7,)} == network({"v": [2], "u": [1]})


def test_leading_axes_are_added() -> None:
    """A single point may be given where a batch is expected; any batch works."""
    node = linear("a", "x", "y", [[1, 1], [1, -1]])
    network = graph(node, inputs={"x": ("N", 2)}, outputs=("y",))
    assert network([1, 2]) == ((3, -1),)
    assert network([[1, 2], [3, 4]]) == ((3, -1), (7, -1))
    assert network(np.zeros((0, 2))) == ()


def test_other_axes() -> None:
    """An affine node along an inner axis leaves the others alone."""
    node = linear("a", "x", "y", [[1, 1]], [10], axis=-2)
    network = graph(node, inputs={"x": ("N", 2, 3)}, outputs=("y",))
    assert network([[[1, 2, 3], [4, 5, 6]]]) == (((15, 17, 19),),)


def test_diagonals_and_shifts() -> None:
    """W may be a diagonal or absent, and so may b."""
    x = np.array([1.0, 2.0])
    scale = Linear("a", "x", "y", weights_of(np.array([3.0, -1.0])), None)
    assert apply(scale, x).tolist() == [3, -2]
    assert apply(Linear("a", "x", "y", Identity(), np.array([3.0, -1.0])), x).tolist() == [4, 1]
    assert apply(Linear("a", "x", "y"), x).tolist() == [1, 2]


@pytest.mark.parametrize(
    "node",
    [
        linear("a", "x", "y", [[1, 2, 3]]),
        linear("a", "x", "y", [1, 2, 3]),
        linear("a", "x", "y", None, [1, 2, 3]),
        linear("a", "x", "y", None, [1]),
        linear("a", "x", "y", [[1, 2]], axis=-2),
        Rearrange("a", "x", "y", "Reshape", (3,)),
        Rearrange("a", "x", "y", "Squeeze", (0,)),
        Rearrange("a", "x", "y", "Unsqueeze", (5,)),
        Rearrange("a", "x", "y", "Transpose", (1, 0)),
        Rearrange("a", "x", "y", "Reshape", (2, 0)),
    ],
)
def test_nodes_that_do_not_fit(node: Any) -> None:
    """A value that does not fit a node is refused by name, never broadcast."""
    with pytest.raises(ShapeMismatch) as caught:
        apply(node, np.array([1.0, 2.0]))
    assert caught.value.where == "node a"


@pytest.mark.parametrize("value", [[], [1, 2], [[1], [2]], 1, [[[1]]]], ids=repr)
def test_inputs_that_do_not_fit(value: Any) -> None:
    """An input of another shape is refused."""
    if value == 1:
        assert TWINS(value) == TWINS([1])
        return
    with pytest.raises(ShapeMismatch):
        TWINS(value)


@pytest.mark.parametrize("value", [[np.nan], [np.inf], ["x"], [None], [True]], ids=repr)
def test_inputs_are_numbers(value: Any) -> None:
    """NaN and friends are refused, naming the input or the number."""
    with pytest.raises(NotANumber):
        TWINS(value)


def test_missing_inputs() -> None:
    """Too few or too many inputs, or one by a wrong name, are refused."""
    for values in ((), ([1], [2]), ({"z": [1]},), ({},)):
        with pytest.raises(Malformed):
            TWINS(*values)


def test_opaque_nodes_are_never_evaluated() -> None:
    """What depends on an opaque node has no exact value; what does not, has."""
    nodes = (
        linear("a", "x", "h", [[2]]),
        Opaque("soft", "ai.onnx:Softmax", ("h",), ("s",)),
        linear("b", "s", "y", [[1]]),
    )
    network = graph(*nodes, inputs={"x": (1,)}, outputs=("y",))
    with pytest.raises(NotRational) as caught:
        network([1])
    assert "soft" in caught.value.got
    assert fractions(trace(network, {"x": [1]})["h"]).tolist() == [2]
    with pytest.raises(NotRational):
        apply(nodes[1], np.ones(1))
    beside = graph(*nodes, inputs={"x": (1,)}, outputs=("h",))
    assert beside([3]) == (6,)


def test_irrational_values() -> None:
    """An activation without a rational value there is an error, not a rounding."""
    with pytest.raises(NotRational):
        Network.from_layers([([[1]], None, "sigmoid")])([1])
    assert Network.from_layers([([[1]], None, "sigmoid")])([0]) == (sympy.Rational(1, 2),)


@pytest.mark.parametrize(("slope", "value"), [("1/3", "-1/3"), (0.1, sympy.Rational(-0.1))])
def test_slopes_are_exact(slope: Any, value: Any) -> None:
    """A slope given as a float is that float."""
    assert Network.from_layers([([[1]], None, leaky(slope))])([-1]) == (sympy.Rational(value),)


def test_results_are_sympy() -> None:
    """A person gets sympy Rationals; `evaluate` gives arrays of fmpq."""
    (value,) = TWINS([1])
    assert isinstance(value, sympy.Rational)
    found = evaluate(TWINS, {"x": [1]})["y"]
    assert found.dtype == object
    assert isinstance(found[0], fmpq)


def test_long_chains() -> None:
    """Depth is no matter: a thousand layers, exactly."""
    layers = [([["1/2", 1], [0, "1/2"]], None)] * 1000
    assert Network.from_layers(layers, activation=activation("relu"))([1, 0])[0] == (
        sympy.Rational(1, 2) ** 1000
    )


def test_activation_of_empty_tensors() -> None:
    """No units, no values."""
    assert apply(Pointwise("a", "x", "y", RELU), np.zeros((2, 0))).shape == (2, 0)
