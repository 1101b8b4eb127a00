"""Tests for `lumpver.model.table`: what each row says is true, and nothing else says it."""

from __future__ import annotations

import ast
import pickle
from collections import Counter
from copy import deepcopy
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
import sympy
import z3
from ball_arithmetic import ball, fine
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from onnx_models import model as onnx_model
from onnx_models import network, node, run

import lumpver
from lumpver.checker import check
from lumpver.errors import Malformed, NotRational, Unrepresentable
from lumpver.exact.scalar import ONE, ZERO, number, to_sympy
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.read import operators, opsets
from lumpver.io.onnx.read.activations import activated
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.activations import RELU, Activation, activation, samples
from lumpver.model.functions import Attribute, Curve, Function, Line, Pieces, Spelling
from lumpver.model.laws import ODD, Law
from lumpver.model.network import Network
from lumpver.model.table import FUNCTIONS, spelled
from lumpver.proving import smt
from lumpver.proving.intervals import idempotent, image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.functions import Range

ALL: Final = tuple(samples())
EVERY: Final = pytest.mark.parametrize("function", ALL, ids=str)
RATIONALS: Final = st.fractions(-20, 20, max_denominator=60).map(number)
ENDS: Final = st.none() | RATIONALS
HARD_SWISH: Final = activation("hardswish")  # texts differ in what a sixth is

ALLOWED: Final = {
    ("theory/theorems/proportions.py", "identity"): "an equation, as algebra has it",
    **{
        ("theory/theorems/symmetries.py", word): "parts of theorems, which name their proofs' files"
        for word in ("Shrink", "abs", "shrink", "sign", "softsign", "square")
    },
    ("theory/theorems/steady.py", "relu"): "the part of a theorem, which names its proof's file",
    ("theory/theorems/steady.py", "ReLU"): "the same part, for people",
    ("trial/auditing/printing.py", "RELU"): "a constant of Python in tests that are printed",
    ("trial/auditing/printing.py", "IDENTITY"): "the same",
}
"""String literals of the package that are an activation's name, and why they may be."""


def exact(function: Activation, y: fmpq) -> Any:
    """A(y) as sympy has it."""
    mapping = function.mapping
    if isinstance(mapping, Curve):
        return mapping.formula(sympy, to_sympy(y))
    return to_sympy(function(y))


def within(value: fmpq, bounds: Range) -> bool:
    """Whether a number is neither below nor above the bounds."""
    low, high = bounds
    return (low is None or bool(low <= value)) and (high is None or bool(value <= high))


def surely_within(function: Activation, y: fmpq, bounds: Range) -> bool:
    """Whether A(y) is, or, where it is a number that a ball is around, could be."""
    with fine():
        value = ball(function, y)
        low, high = bounds
        return not ((low is not None and value < low) or (high is not None and value > high))


@EVERY
@given(y=RATIONALS)
def test_bounds(function: Activation, y: fmpq) -> None:
    """No value is beyond them."""
    assert surely_within(function, y, function.bounds)


@EVERY
@given(y=RATIONALS, z=RATIONALS)
def test_lipschitz(function: Activation, y: fmpq, z: fmpq) -> None:
    """Values are no further apart than the factor allows; lines are as steep as it says."""
    if function.lipschitz is not None:
        with fine():
            apart = abs(ball(function, y) - ball(function, z))
            assert not apart > function.lipschitz * abs(y - z)
    if isinstance(function.mapping, Pieces) and function.mapping.meets:
        assert function.lipschitz in {abs(line.slope) for line in function.mapping.lines}


@EVERY
@given(y=RATIONALS, z=RATIONALS)
def test_increasing(function: Activation, y: fmpq, z: fmpq) -> None:
    """Where it is said, larger arguments give larger values."""
    if function.mapping.increasing and y < z:
        with fine():
            assert ball(function, y) < ball(function, z)


@EVERY
@given(y=RATIONALS)
def test_values(function: Activation, y: fmpq) -> None:
    """What is called rational is what the formula gives; the rest is not called so."""
    try:
        found = to_sympy(function(y))
    except NotRational:
        assert not function.rational
        assert not exact(function, y).is_Rational or function == HARD_SWISH
    else:
        assert found == exact(function, y)


@EVERY
@given(y=RATIONALS)
def test_pieces(function: Activation, y: fmpq) -> None:
    """Bends rise, lines meet there, and the slope is that of both sides of 0."""
    mapping = function.mapping
    if not isinstance(mapping, Pieces):
        assert function.slope is None
        return
    assert list(mapping.bends) == sorted(mapping.bends)
    assert len(mapping.lines) == len(mapping.bends) + 1
    assert len(mapping.at) in {0, len(mapping.bends)}
    for i, (bend, (left, right)) in enumerate(
        zip(mapping.bends, pairwise(mapping.lines), strict=True)
    ):
        jump = mapping.at[i] if mapping.at else None
        assert function(bend) == (right(bend) if jump is None else jump)
        assert (left(bend) == right(bend) == function(bend)) == (jump is None)
    if function.slope is not None:
        assert function(y) == (y if y >= 0 else function.slope * y)


@EVERY
@given(low=ENDS, high=ENDS, y=RATIONALS)
def test_image(function: Activation, low: fmpq | None, high: fmpq | None, y: fmpq) -> None:
    """It holds every value there; of pieces its ends are values, or there are none."""
    if low is not None and high is not None and high < low:
        low, high = high, low
    found = image(function, (low, high))
    if within(y, (low, high)):
        assert surely_within(function, y, found)
    if isinstance(function.mapping, Pieces) and function.mapping.meets:
        points = {*function.mapping.bends, *(end for end in (low, high) if end is not None)}
        inside = [p for p in points if within(p, (low, high))] or [ZERO]
        values = {function(p) for p in (*inside, min(inside) - 1, max(inside) + 1)}
        assert all(end is None or end in values for end in found)


@EVERY
@given(y=RATIONALS)
def test_idempotent(function: Activation, y: fmpq) -> None:
    """Applied twice it is the same, exactly where that is said."""
    if idempotent(function):
        assert function(function(y)) == function(y)
    elif isinstance(function.mapping, Pieces) and function.mapping.meets:
        some = [fmpq(n, 4) for n in range(-32, 33)]
        assert any(function(function(x)) != function(x) for x in some)


@EVERY
def test_terms(function: Activation) -> None:
    """Its term is within its bounds and, where it has pieces, as steep as they say."""
    x, y = z3.Reals("x y")
    if not isinstance(function.mapping, Pieces):
        term = smt.terms.activate(function, x)
        assert (f"{function}(x)" in str(term)) == (not function.rational)
        law = function.law.reflection
        if law is not None:
            s, k = map(smt.terms.number, law)
            other = smt.terms.activate(function, 2 * smt.terms.number(function.law.centre) - x)
            assert smt.ask([other != s * term + k]).status == "unsat"
        return
    A, B = smt.terms.activate(function, x), smt.terms.activate(function, y)
    low, high = function.bounds
    wrong = [z3.BoolVal(False)]
    if function.lipschitz is not None:
        most = smt.terms.number(function.lipschitz)
        wrong += [z3.If(A < B, B - A, A - B) > most * z3.If(x < y, y - x, x - y)]
    wrong += [] if low is None else [smt.terms.number(low) > A]
    wrong += [] if high is None else [smt.terms.number(high) < A]
    assert smt.ask([z3.Or(wrong)]).status == "unsat"


@EVERY
def test_copies_are_equal(function: Activation) -> None:
    """Pickled or copied it is the same function, and works."""
    for again in (pickle.loads(pickle.dumps(function)), deepcopy(function)):
        assert again == function
        assert again.law == function.law
        if function.rational:
            assert again(fmpq(-7, 2)) == function(fmpq(-7, 2))


def test_rows_are_told_apart() -> None:
    """Names, other names and operators belong to one row; each row has a dyadic sample."""
    rows = FUNCTIONS.values()
    called = [name.lower() for row in rows for name in (row.name, *row.aliases)]
    assert max(Counter(called).values()) == 1
    spelt = {(spelling.operator, row.name) for row in rows for spelling in row.onnx}
    several = {operator for operator, n in Counter(name for name, _ in spelt).items() if n > 1}
    assert all(s.word for row in rows for s in row.onnx if s.operator in several)
    for row in rows:
        assert row.onnx or any(row.composed(*sample) for sample in row.samples)
        assert all(len(parameters) == len(row.parameters) for parameters in row.samples)
        assert all(len(spelling.parameters) == len(row.parameters) for spelling in row.onnx)
        assert any(all(int(p.q).bit_count() == 1 for p in sample) for sample in row.samples)


@pytest.mark.parametrize(
    ("operator", "opset", "places"),
    [("Clip", 6, 0), ("Clip", 10, 0), ("Clip", 11, 2), ("Clip", 25, 2), ("PRelu", 13, 1)],
)
def test_spelling_of_an_opset(operator: str, opset: int, places: int) -> None:
    """Parameters are where the operator of that opset has them."""
    [(_, spelling)] = spelled(operator, opset)
    assert sum(not isinstance(p, Attribute) for p in spelling.parameters) == places


def test_what_is_no_activation_is_not_spelled() -> None:
    """Nor what is one only in later opsets."""
    assert not spelled("Gemm", 13)
    assert not spelled("Clip", 0)


# one row: that is all that a new function takes


def _bent(alpha: fmpq, beta: fmpq) -> Pieces:
    ends = -beta / alpha, (1 - beta) / alpha
    return Pieces((Line(ZERO), Line(alpha, beta), Line(ZERO, ONE)), ends)


BENT: Final = Function(
    name="HardSigmoid",
    mapping=_bent,
    parameters=("alpha", "beta"),
    admits=lambda alpha, _: bool(alpha > 0),
    needs="alpha > 0",
    bounds=lambda _, __: (ZERO, ONE),
    onnx=(
        Spelling(
            operator="HardSigmoid",
            versions=(6, 22),
            parameters=(Attribute("alpha", 0.2), Attribute("beta", 0.5)),
        ),
    ),
    samples=((fmpq(1, 4), fmpq(1, 2)),),
)
SOFT: Final = Function(
    name="Softsign",
    mapping=lambda: Curve(
        value=lambda y: y / (1 + abs(y)),
        formula=lambda f, y: y / (1 + f.Abs(y)),
        lipschitz=ONE,
        increasing=True,
        rational=True,
    ),
    bounds=lambda: (-ONE, ONE),
    law=lambda: Law(reflection=ODD),
    onnx=(Spelling(operator="Softsign", versions=(1, 22)),),
)


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> tuple[Activation, Activation]:
    """Two rows made here, in the place of the table's; what was made of it at import follows."""
    for row in (BENT, SOFT):
        monkeypatch.setitem(FUNCTIONS, row.name, row)
        monkeypatch.setitem(opsets.SINCE, row.name, row.onnx[0].versions)
        monkeypatch.setitem(operators._CONVERTERS, row.name, activated)
    return Activation(BENT.name, BENT.samples[0]), activation("softsign")


def twins(function: Activation) -> Network:
    """Three units, two of them equal and one constant, behind the function."""
    return Network.from_layers(
        [([[1, 2], [1, 2], [0, 0]], [1, 1, 3], function), ([[1, 2, 4]], None)]
    )


def test_planted_rows_are_evaluated(planted: tuple[Activation, Activation]) -> None:
    """In numbers, in bounds and in terms."""
    bent, soft = planted
    assert [4 * bent(number(n)) for n in (-4, -1, 0, 1, 4)] == [0, 1, 2, 3, 4]
    assert [soft(number(n)) for n in (-1, 0, 3)] == [fmpq(-1, 2), 0, fmpq(3, 4)]
    assert image(bent, (None, ZERO)) == (0, fmpq(1, 2))
    assert image(soft, (None, ZERO)) == (-1, 1)
    assert bent.nonnegative
    assert not soft.nonnegative
    x = z3.Real("x")
    steep = z3.And(x > -2, x < 2, smt.terms.activate(bent, x) != x / 4 + 1 / z3.RealVal(2))
    assert smt.ask([steep]).status == "unsat"
    assert smt.ask([smt.terms.activate(soft, x) * (1 + x) != x, x >= 0]).status == "unsat"
    assert smt.terms.activate(soft, number(3)) == fmpq(3, 4)
    with pytest.raises(Malformed, match="alpha > 0"):
        Activation(BENT.name, (ZERO, ONE))


@pytest.mark.parametrize("which", [0, 1])
def test_planted_rows_go_all_the_way(planted: tuple[Activation, Activation], which: int) -> None:
    """Networks of them are reduced, checked, proved, and written in both formats."""
    before = twins(planted[which])
    reduction = lumpver.reduce(before)
    assert reduction.network.units == 1
    check(before, reduction.network, reduction.certificate)
    assert isinstance(lumpver.prove(before, reduction.network), lumpver.Proved)
    assert reduction.network([1, 2]) == before([1, 2])
    for again in (read_json(write_json(before), where="a test"), network(fresh(before))):
        assert again([3, -1]) == before([3, -1])


@pytest.mark.parametrize("operator", [BENT.name, SOFT.name])
def test_planted_rows_are_read_as_runtimes_compute_them(
    planted: tuple[Activation, Activation], operator: str
) -> None:
    """Their operators are modelled, and give what onnxruntime gives."""
    values = {"alpha": 0.25} if operator == BENT.name else {}
    made = onnx_model([node(operator, "x", "y", **values)], inputs=[("x", ("N", 2))])
    assert planted
    x = np.array([[-7, -3], [-1, 0], [1, 3]], np.float32)
    (exact,) = network(made).evaluate({"x": x}).values()
    assert (exact.astype(float) == run(made, {"x": x})["y"]).all()


def test_attributes_hold_float32(planted: tuple[Activation, Activation]) -> None:
    """What an attribute would round is refused, by name."""
    assert planted
    long = Activation(BENT.name, (1 + fmpq(1, 2**40), ZERO))
    with pytest.raises(Unrepresentable, match="alpha: expected a float32"):
        fresh(twins(long))


# no name stands anywhere else


def literals(path: Path) -> Iterator[str]:
    """The string literals of a module that are not its documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(part.value) for part in ast.walk(tree) if isinstance(part, ast.Expr)}
    for part in ast.walk(tree):
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and id(part) not in told:
            yield part.value


@cache
def named() -> frozenset[tuple[str, str]]:
    """The literals that are a name of an activation's, in any case, by module."""
    names = {name for row in FUNCTIONS.values() for name in (row.name, *row.aliases)}
    names |= {spelling.operator for row in FUNCTIONS.values() for spelling in row.onnx}
    names |= {row.torch.name for row in FUNCTIONS.values() if row.torch is not None}
    known = {name.casefold() for name in names}
    package = Path(lumpver.__file__).parent
    return frozenset(
        (path.relative_to(package).as_posix(), word)
        for path in package.rglob("*.py")
        for word in literals(path)
        if word.casefold() in known
    )


def test_only_the_table_names_activations() -> None:
    """Outside the table and its constants there is no literal, but those with a reason."""
    home = {"model/bent.py", "model/curved.py", "model/activations.py"}
    found = {(module, word) for module, word in named() if module not in home}
    assert found == set(ALLOWED)


def test_names_would_be_found() -> None:
    """The search sees what it is to see."""
    assert ("model/activations.py", RELU.operator) in named()
