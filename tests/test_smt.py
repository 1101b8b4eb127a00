"""The encoder: terms say what exact evaluation says, and nothing is read off a float."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import z3
from flint import fmpq

from lumpver.errors import Malformed, Missing, NotANumber, NotRational, ShapeMismatch
from lumpver.exact.array import rationals
from lumpver.model.activations import RELU, Activation, activation, leaky
from lumpver.model.evaluation import trace
from lumpver.model.network import Constant, Linear, Network, Opaque, Pointwise, Rearrange, Tensor
from lumpver.model.weights import Identity, weights_of
from lumpver.proving import smt
from lumpver.proving.smt import solving
from lumpver.theory.examples import EXAMPLES

X, Y = z3.Real("x"), z3.Real("y")
CLIP = Activation("Clip", (fmpq(-1), fmpq(2)))
FUNCTIONS = [
    RELU,
    leaky("1/10"),
    leaky(-3),
    leaky(1),
    CLIP,
    activation("abs"),
    activation("identity"),
]
NUMBERS = [fmpq(0), fmpq(1, 3), fmpq(-1, 3), fmpq(2), fmpq(-1), fmpq(7, 2), fmpq(2**100, 3)]


def entries(values: list[Any]) -> np.ndarray[Any, Any]:
    """A vector of objects."""
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


def value(term: Any, assigned: dict[Any, fmpq]) -> fmpq:
    """The term's value for numbers in place of its constants."""
    pairs = [(name, smt.number(number)) for name, number in assigned.items()]
    return smt.rational(z3.simplify(z3.substitute(term, *pairs)))


def proved(claim: Any) -> bool:
    """Whether the claim holds for all values of its constants."""
    return smt.ask([z3.Not(claim)]).status == "unsat"


def opaque(
    *,
    name: str = "ai.onnx:Frob",
    operands: Any = ("x",),
    content: bytes = b"",
    shape: Any = (2,),
    outputs: tuple[str, ...] = ("y",),
    environment: bytes = b"",
    dtype: str = "float32",
    draws: str = "",
) -> Network:
    """A network of two inputs and one opaque node."""
    inputs = (Tensor("x", dtype, (2,)), Tensor("z", dtype, (2,)))
    made = tuple(Tensor(output, dtype, shape) for output in outputs if output)
    node = Opaque("n", name, operands, outputs, content, draws=draws)
    tensors = {tensor.name: tensor for tensor in (*inputs, *made)}
    return Network(inputs, made[:1], (node,), tensors, environment)


def outputs_of(network: Network, values: Any = None) -> list[Any]:
    """The terms of the first output."""
    terms = smt.encode(network, values or smt.inputs(network))
    return terms[network.outputs[0].name].ravel().tolist()


@pytest.mark.parametrize("module", ["lumpver.proving.smt", "lumpver.theory.theorems"])
def test_importing_loads_no_solver(module: str) -> None:
    """z3 is loaded by the first function that needs it."""
    code = f"import sys, {module}; print({{'z3', 'cvc5'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_inputs_of_any_shape() -> None:
    """Unknown and symbolic axes have length 1; scalars, empty and large axes are as they are."""
    shapes: list[Any] = [(), (0,), ("N", 3), (None, 2, 2)]
    tensors = tuple(Tensor(f"i{k}", shape=shape) for k, shape in enumerate(shapes))
    found = smt.inputs(Network(tensors, (), (), {}), prefix="a.")
    assert [array.shape for array in found.values()] == [(), (0,), (1, 3), (1, 2, 2)]
    assert [str(t) for t in found["i2"].ravel()] == ["a.i2_0", "a.i2_1", "a.i2_2"]


def test_input_names_are_distinct_symbols() -> None:
    """Whatever inputs are called, their constants differ and can be written down."""
    names = ["x", "x_1", "a|b", "a\\b", "a b", "@at", ".dot", "", "ä", "x\n"]
    tensors = tuple(Tensor(name, shape=(12,)) for name in names)
    found = smt.inputs(Network(tensors, (), (), {}))
    terms = [term for array in found.values() for term in array]
    assert len({str(term) for term in terms}) == 12 * len(names)
    text = smt.smtlib([z3.Distinct(*terms[::7])])
    assert smt.ask(text).status == "sat"


def test_input_of_unknown_rank_is_refused() -> None:
    """Where not even the rank is known there is nothing to enumerate."""
    with pytest.raises(smt.NotEncodable, match="input x: expected a known rank"):
        smt.inputs(Network((Tensor("x"),), (), (), {}))


@pytest.mark.parametrize("name", EXAMPLES)
def test_numbers_give_what_evaluation_gives(name: str) -> None:
    """At rational points every tensor's terms are numerals, those of exact evaluation."""
    network = EXAMPLES[name].network
    width = network.widths[0]
    if any(
        node.activation.operator == "Sigmoid"
        for node in network.nodes
        if isinstance(node, Pointwise)
    ):
        pytest.skip("the sigmoid has no rational values")
    for k in range(len(NUMBERS)):
        x = {"x": entries([NUMBERS[(k + 3 * i) % len(NUMBERS)] for i in range(width)])}
        expected = trace(network, x)
        for tensor, terms in smt.encode(network, x).items():
            got = [smt.rational(term) for term in terms.ravel()]
            assert got == rationals(expected[tensor]).ravel().tolist()


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_terms_give_what_evaluation_gives(function: Activation) -> None:
    """A symbolic encoding, with numbers put in afterwards, is exact evaluation."""
    rng = np.random.default_rng(5)
    layers = [
        (rng.integers(-3, 4, size=(3, w)) / 4, rng.integers(-3, 4, size=3)) for w in (2, 3, 3)
    ]
    network = Network.from_layers(layers, activation=function)
    symbols = smt.inputs(network)
    terms = smt.encode(network, symbols)["y"]
    for a in NUMBERS:
        for b in NUMBERS:
            expected = network.evaluate({"x": entries([a, b])})["y"].tolist()
            assigned = dict(zip(symbols["x"], (a, b), strict=True))
            assert [value(term, assigned) for term in terms] == expected


def test_weights_are_taken_exactly() -> None:
    """A float weight is the dyadic number that it is, subnormal or huge."""
    network = Network.from_layers([([[0.1, 5e-324, 2.0**1000]], [0])])
    (term,) = outputs_of(network)
    assigned = dict(zip(smt.inputs(network)["x"], (fmpq(1), fmpq(0), fmpq(0)), strict=True))
    assert value(term, assigned) == fmpq(*(0.1).as_integer_ratio())
    assigned = dict(zip(smt.inputs(network)["x"], (fmpq(0), fmpq(1), fmpq(0)), strict=True))
    assert value(term, assigned) == fmpq(1, 2**1074)


def test_sums_are_plain() -> None:
    """Zero weights leave no trace, a weight of 1 leaves its unit, no weights a number."""
    network = Network.from_layers([([[0, 1], [1, 0], [0, 0], [0, -0.0]], [0, "1/2", 3, 0])])
    assert [str(term) for term in outputs_of(network)] == ["x_1", "x_0 + 1/2", "3", "0"]


def test_diagonal_identity_and_axis() -> None:
    """Linear nodes with a vector, without weights, and along another axis than the last."""
    x = np.array([[z3.Real("a"), z3.Real("b")], [z3.Real("c"), z3.Real("d")]], dtype=object)
    diagonal = Linear("n", "x", "y", weights_of(np.array([2.0, 0.0])), np.array([0.0, 1.0]), -2)
    assert [str(t) for t in smt.encode_node(diagonal, x).ravel()] == ["2*a", "2*b", "1", "1"]
    shift = Linear("n", "x", "y", Identity(), np.array([1.0, 0.0]), -1)
    assert [str(t) for t in smt.encode_node(shift, x).ravel()] == ["a + 1", "b", "c + 1", "d"]
    mixed = Linear("n", "x", "y", weights_of(np.array([[1.0, 1.0]])), None, -2)
    assert [str(t) for t in smt.encode_node(mixed, x).ravel()] == ["a + c", "b + d"]


def test_rearranged_entries_move() -> None:
    """Transposes and reshapes permute terms."""
    x = np.array([[X, Y]], dtype=object)
    assert smt.encode_node(Rearrange("t", "x", "y", "Transpose", None), x).shape == (2, 1)
    assert smt.encode_node(Rearrange("t", "x", "y", "Reshape", (-1,)), x).tolist() == [X, Y]


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_curves_are_functions(name: str) -> None:
    """Tanh and Sigmoid of equal arguments are equal; nothing else is known, except at 0."""
    A = activation(name)
    once, again = smt.activate(A, X + Y), smt.activate(A, Y + X)
    assert proved(once == again)
    assert not proved(smt.activate(A, X) == smt.activate(A, 2 * X))
    assert smt.activate(A, fmpq(0)) == A(fmpq(0))
    assert smt.logic([once > 0]) == "QF_UFLRA"


def test_slopes_may_be_unknown() -> None:
    """LeakyReLU with a symbolic slope: the terms that theorems are about."""
    a = z3.Real("a")
    term = smt.activate(Activation("LeakyRelu", (a,)), X)
    assert value(term, {X: fmpq(-2), a: fmpq(1, 3)}) == fmpq(-2, 3)
    assert value(term, {X: fmpq(2), a: fmpq(1, 3)}) == fmpq(2)


def test_opaque_nodes_are_shared() -> None:
    """The same node of two networks is the same function, of all entries of its operands."""
    a, b = outputs_of(opaque()), outputs_of(opaque())
    assert proved(z3.And([s == t for s, t in zip(a, b, strict=True)]))
    assert not proved(a[0] == a[1])
    assert a[0].num_args() == 2


@pytest.mark.parametrize(
    "other",
    [
        {"name": "ai.onnx:Frobnicate"},
        {"content": b"axis=1"},
        {"environment": b"opset 7"},
        {"operands": ("z",)},
        {"operands": ("x", "x")},
        {"operands": ("x", None)},
        {"operands": ("x", Constant("float32", (), b"1234"))},
        {"shape": (2, 1)},
        {"dtype": "float64"},
    ],
    ids=str,
)
def test_opaque_nodes_that_differ_are_not_shared(other: dict[str, Any]) -> None:
    """Whatever a node's result may depend on is part of the function, or of its arguments."""
    first, second = outputs_of(opaque()), outputs_of(opaque(**other))
    assert not proved(first[0] == second[0])


def test_opaque_constants_are_compared_byte_for_byte() -> None:
    """Two constants that differ in type, shape or bytes make two functions."""
    constants = [Constant("a", (1,), b"1"), Constant("b", (1,), b"1"), Constant("a", (), b"1")]
    terms = [outputs_of(opaque(operands=("x", constant)))[0] for constant in constants]
    assert not any(proved(terms[0] == term) for term in terms[1:])
    assert proved(terms[0] == outputs_of(opaque(operands=("x", constants[0])))[0])


def test_opaque_without_operands_is_a_constant() -> None:
    """A node of constants only gives the same unknown number wherever it stands."""
    network = opaque(operands=(Constant("a", (), b""),))
    assert [term.num_args() for term in outputs_of(network)] == [0, 0]
    assert proved(outputs_of(network)[0] == outputs_of(network)[0])


def test_opaque_shapes() -> None:
    """A symbolic length is that of the inputs; where ONNX fixes the shape it need not be told."""
    inputs = (Tensor("x", "f", ("N", 2)),)
    node = Opaque("n", "ai.onnx:Softmax", ("x",), ("y", ""))
    told = Network(inputs, (Tensor("y", "f", ("N", 3)),), (node,), {})
    assert smt.encode(told, {"x": np.ones((4, 2))})["y"].shape == (4, 3)
    fixed = Network(inputs, (Tensor("y"),), (node,), {})
    assert smt.encode(fixed, {"x": np.ones((4, 2))})["y"].shape == (4, 2)
    borrowed = Network(inputs, (Tensor("y"),), (node,), {}, b"...Softmax...")
    with pytest.raises(smt.NotEncodable):
        smt.encode(borrowed, {"x": np.ones((4, 2))})


@pytest.mark.parametrize("shape", [None, (None,), ("M",)])
def test_opaque_of_unknown_shape_is_refused(shape: Any) -> None:
    """An output whose entries cannot be counted has no encoding."""
    with pytest.raises(smt.NotEncodable, match="a known shape of its output y"):
        outputs_of(opaque(shape=shape))


def test_random_nodes_are_refused() -> None:
    """What may differ from call to call is no function."""
    with pytest.raises(smt.NotEncodable, match="deterministic node, got Dropout"):
        outputs_of(opaque(name="ai.onnx:If", draws="Dropout"))
    assert outputs_of(opaque(name="own:RandomForest", content=b"Dropout"))


def test_misfits_are_refused() -> None:
    """Missing inputs, other shapes, other sorts and what is no number: each by name."""
    network = Network.from_layers([([[1, 2]], [0])])
    with pytest.raises(Malformed, match="a value for x"):
        smt.encode(network, {})
    with pytest.raises(ShapeMismatch, match="input x"):
        smt.encode(network, {"x": entries([X])})
    with pytest.raises(Malformed, match="sort Real, got Int"):
        smt.encode(network, {"x": entries([X, z3.Int("i")])})
    with pytest.raises(NotANumber):
        smt.encode(network, {"x": np.array([1.0, np.nan], dtype=object)})
    with pytest.raises(ShapeMismatch, match="2 units, got 1"):
        smt.encode_node(network.nodes[0], entries([X]))
    with pytest.raises(ShapeMismatch, match="axis -1"):
        smt.encode_node(network.nodes[0], np.array(X, dtype=object))
    with pytest.raises(smt.NotEncodable, match="a modelled node"):
        smt.encode_node(opaque().nodes[0], entries([X]))


def test_batches_share_their_symbolic_length() -> None:
    """Two inputs of length N have one N."""
    tensors = (Tensor("a", shape=("N",)), Tensor("b", shape=("N",)))
    network = Network(tensors, (), (), {})
    assert smt.encode(network, {"a": np.ones(3), "b": np.ones(3)})["b"].shape == (3,)
    with pytest.raises(ShapeMismatch, match="input b"):
        smt.encode(network, {"a": np.ones(3), "b": np.ones(2)})


def test_layers_of_width_zero() -> None:
    """A layer without units leaves the biases of the next one."""
    network = Network.from_layers([(np.zeros((0, 2)), np.zeros(0)), (np.zeros((1, 0)), [7])])
    assert [str(term) for term in outputs_of(network)] == ["7"]


def test_deep_networks_need_no_recursion() -> None:
    """2000 layers are encoded and written."""
    network = Network.from_layers([([[1]], [-1])] * 2000)
    (term,) = outputs_of(network)
    assert smt.smtlib([term > 0]).count("(ite ") == 1999


def test_models_come_back_exactly() -> None:
    """Rational values are read as they are, entries left open are 0."""
    symbols = {"a": np.array([[X, Y]], dtype=object)}
    solver = z3.Solver()
    solver.add(3 * X == -(2**70))
    assert solver.check() == z3.sat
    assert smt.point(solver.model(), symbols)["a"].tolist() == [[fmpq(-(2**70), 3), fmpq(0)]]
    (only,) = smt.points(solver.model(), symbols)
    assert only["a"].tolist() == [[fmpq(-(2**70), 3), fmpq(0)]]


def test_irrational_models_give_candidates() -> None:
    """The root of 2 is no point; rationals on both sides come nearer and nearer."""
    solver = z3.Solver()
    solver.add(X * X == 2, X > 0)
    assert solver.check() == z3.sat
    symbols = {"a": entries([X])}
    with pytest.raises(NotRational, match="a rational value"):
        smt.point(solver.model(), symbols)
    squares = [candidate["a"][0] ** 2 for candidate in smt.points(solver.model(), symbols)]
    assert [square < 2 for square in squares] == [True, False] * 4
    assert abs(squares[-1] - 2) < fmpq(1, 10**100) < abs(squares[0] - 2)
    low, high = smt.isolating(solver.model()[X], digits=5)
    assert low**2 < 2 < high**2
    assert high - low <= fmpq(1, 10**5)


@pytest.mark.parametrize("bad", [z3.BoolVal(True), X])
def test_what_is_no_number_is_not_read(bad: Any) -> None:
    """A Boolean or an open term is no rational value."""
    with pytest.raises(NotRational):
        smt.rational(bad)
    with pytest.raises(NotRational):
        smt.isolating(bad)


def test_numbers_become_numerals() -> None:
    """Everything that is one rational, and nothing else."""
    for given in ("1/3", 0.5, fmpq(-2, 7), Fraction(3, 4), 10**60):
        assert smt.rational(smt.number(given)) == smt.rational(smt.term(given))
    for wrong in (float("nan"), True, "x", None):
        with pytest.raises(NotANumber):
            smt.number(wrong)
    with pytest.raises(Malformed, match="sort Real"):
        smt.term(z3.BoolVal(True))


def test_missing_solver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cvc5 the error says which package is missing."""
    monkeypatch.setitem(sys.modules, "cvc5", None)
    with pytest.raises(Missing, match="the package cvc5"):
        smt.ask([X > 0], solver="cvc5")
    with pytest.raises(Missing):
        smt.ask([X > 0], solver="both")
    assert solving.ask([X > 0]).status == "sat"
