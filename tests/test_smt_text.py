"""SMT-LIB text and answers: both solvers read it, and no answer is made up."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import z3
from flint import fmpq

from lumpver.errors import Malformed
from lumpver.proving import smt
from lumpver.proving.smt import solving

if TYPE_CHECKING:
    from collections.abc import Callable

X, Y = z3.Real("x"), z3.Real("y")
F = z3.Function("f", z3.RealSort(), z3.RealSort())
B = z3.Bool("b")
EACH: list[Any] = [
    X + Y > 1,
    X - Y >= 2,
    z3.RealVal("-1/3") > -X,
    z3.Distinct(X, Y),
    z3.Implies(B, X <= Y),
    z3.Xor(B, X == 0),
    (X < Y) == B,
    z3.Or(z3.And(B, X == 1), z3.Not(B)),
    z3.If(B, X, Y) * X == 2,
    X / 3 == Y,
    F(X) > F(Y),
    z3.And(),
    z3.Or(z3.BoolVal(False), z3.BoolVal(True)),
    z3.RealVal(10**40) / 7 == X,
]


def solvers() -> list[smt.Solver]:
    """The solvers that are installed."""
    try:
        import cvc5  # noqa: F401
    except ImportError:
        return ["z3"]
    return ["z3", "cvc5"]


def asserted(text: str) -> list[Any]:
    """The assertions that z3 reads from the text, in the common context."""
    return list(z3.parse_smt2_string(text))


@pytest.mark.parametrize("claim", EACH, ids=str)
@pytest.mark.parametrize("solver", solvers())
def test_every_operator_is_read_back(claim: Any, solver: smt.Solver) -> None:
    """z3 reads the same claim from the text, and each solver can answer it."""
    text = smt.smtlib([claim])
    back = asserted(text)
    assert smt.ask([z3.And(back) != claim]).status == "unsat"
    assert smt.ask(text, solver=solver).status == "sat"


def test_nothing_to_assert() -> None:
    """No assertions are satisfiable."""
    assert smt.smtlib([]) == "(set-logic QF_LRA)\n(check-sat)\n"
    assert [smt.ask([], solver=solver).status for solver in solvers()] == ["sat"] * len(solvers())


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (X > 0, "QF_LRA"),
        (3 * X > Y / 2, "QF_LRA"),
        (X * Y > 0, "QF_NRA"),
        (X * X > 0, "QF_NRA"),
        (1 / X > 0, "QF_NRA"),
        (F(X) > 0, "QF_UFLRA"),
        (F(X) * X > 0, "QF_UFNRA"),
    ],
)
def test_logic_is_the_smallest(claim: Any, expected: str) -> None:
    """Products of unknowns are not linear, functions need UF."""
    assert smt.logic([claim]) == expected
    assert f"(set-logic {expected})" in smt.smtlib([claim])
    assert "(set-logic ALL)" in smt.smtlib([claim], logic="ALL")


def test_shared_terms_are_written_once() -> None:
    """A chain of doublings is written in linear size and means the same."""
    term = X
    for _ in range(200):
        term = z3.If(term + Y > 0, term + Y, term - Y)
    text = smt.smtlib([term == 5])
    assert len(text) < 30_000
    assert smt.ask([z3.And(asserted(text)) != (term == 5)]).status == "unsat"


def test_definitions_do_not_capture_names() -> None:
    """A constant that is called like a definition keeps its name."""
    taken = z3.Real("s!0")
    long = z3.If(taken + X + Y > 0, taken + X + Y, 0)
    claim = z3.And(long > taken, long < 3)
    text = smt.smtlib([claim])
    assert "(declare-const s!0 Real)" in text
    assert "(define-fun s!!0 ()" in text
    assert smt.ask([z3.And(asserted(text)) != claim]).status == "unsat"


@pytest.mark.parametrize("name", ["a b", "let", "1x", "x:y", "(", "ä", "Real"])
def test_odd_names_are_quoted(name: str) -> None:
    """What is no simple symbol stands between bars, and both solvers know it."""
    claim = z3.Real(name) == 2
    assert f"|{name}|" in smt.smtlib([claim])
    for solver in solvers():
        assert smt.ask([claim], solver=solver).models == ({name: fmpq(2)},)


@pytest.mark.parametrize("name", ["a|b", "a\\b", "and", "_", "+", ".x", "@x"])
def test_impossible_names_are_refused(name: str) -> None:
    """No symbol can be called that: bars cannot quote it, or it means something already."""
    with pytest.raises(Malformed, match="a symbol"):
        smt.smtlib([z3.Real(name) > 0])


def test_what_cannot_be_written_is_refused() -> None:
    """Quantifiers, other sorts, other operators, one name of two types."""
    cases: list[tuple[Any, str]] = [
        (z3.ForAll([X], X > 0), "no quantifier"),
        (z3.Int("i") > 0, "expected"),
        (X**Y > 0, "arithmetic over reals"),
        (z3.And(z3.Bool("x"), X > 0), "one type per name"),
    ]
    for claim, words in cases:
        with pytest.raises(Malformed, match=words):
            smt.smtlib([claim])


def test_comment_and_status() -> None:
    """Every line of the comment is one; the status is what a solver should say."""
    text = smt.smtlib([X > 0], comment="one\n\ntwo (assert false)", status="sat")
    assert text.startswith("; one\n;\n; two (assert false)\n(set-logic")
    assert "(set-info :status sat)" in text
    assert smt.ask(text).status == "sat"


def test_bytes_do_not_depend_on_what_went_before() -> None:
    """Another process, another hash seed, other terms made earlier: the same text."""
    code = (
        "import z3; from lumpver.proving import smt; from lumpver.theory.examples import EXAMPLES\n"
        "junk = [z3.Real(f'j{i}') + i for i in range(%d)]\n"
        "n = EXAMPLES['thirds'].network; t = smt.encode(n, smt.inputs(n))['y']\n"
        "print(smt.smtlib([t[0] > 3]), smt.ask([t[0] > 3]).models)"
    )
    found = set()
    for seed, junk in (("0", 0), ("1", 1000)):
        found.add(
            subprocess.run(
                [sys.executable, "-c", code % junk],
                env=os.environ | {"PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    assert len(found) == 1


@pytest.mark.parametrize("solver", solvers())
def test_answers(solver: smt.Solver) -> None:
    """sat with a model, unsat without one."""
    yes = smt.ask([3 * X == 1, Y == X - 1], solver=solver)
    assert (yes.status, yes.models) == ("sat", ({"x": fmpq(1, 3), "y": fmpq(-2, 3)},))
    no = smt.ask([X < 0, X > 0], solver=solver)
    assert (no.status, no.models, no.reason) == ("unsat", (), "")


@pytest.mark.parametrize("solver", solvers())
def test_irrational_answers_are_candidates(solver: smt.Solver) -> None:
    """A model of roots is given as rationals on both sides."""
    models = smt.ask([X * X == 2, X > 0], solver=solver).models
    signs = {model["x"] ** 2 < 2 for model in models}
    assert signs == {True, False}
    assert not any(model["x"] ** 2 == 2 for model in models)


@pytest.mark.parametrize("solver", [*solvers(), "both"])
def test_limited_solvers_do_not_know(solver: smt.Solver) -> None:
    """With next to no effort the answer is unknown, with a reason, and no model."""
    if solver == "both" and len(solvers()) == 1:
        pytest.skip("cvc5 is not installed")
    hard = [X * X * X + Y * Y * Y == 7, X * Y > 2, z3.RealVal("1/3") < X * X * Y - X, X != Y]
    found = smt.ask(hard, solver=solver, effort=1)
    assert found.status == "unknown"
    assert found.reason
    assert found.models == ()
    assert found.text == smt.smtlib(hard)


def fake(status: Any, models: Any = ()) -> Callable[[str, int], smt.Answer]:
    """A solver that always says the same."""
    return lambda text, *_: smt.Answer(
        status, "fake", text, "tired" * (status == "unknown"), models
    )


@pytest.mark.parametrize(("one", "other"), [("sat", "unsat"), ("unsat", "sat")])
def test_contradictions_are_errors(monkeypatch: pytest.MonkeyPatch, one: str, other: str) -> None:
    """Two solvers that contradict each other give no answer at all."""
    monkeypatch.setattr(solving, "_ask_z3", fake(one))
    monkeypatch.setattr(solving, "_ask_cvc5", fake(other))
    with pytest.raises(smt.Disagreement, match=re.escape(f"got fake: {other}")):
        smt.ask([X > 0], solver="both")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("sat", "sat", "sat"),
        ("unsat", "unsat", "unsat"),
        ("unknown", "unsat", "unknown"),
        ("sat", "unknown", "unknown"),
        ("unknown", "unknown", "unknown"),
    ],
)
def test_both_have_to_say_so(
    monkeypatch: pytest.MonkeyPatch, one: str, other: str, expected: str
) -> None:
    """What one of them does not know is not known."""
    monkeypatch.setattr(solving, "_ask_z3", fake(one, ({"x": fmpq(1)},) * (one == "sat")))
    monkeypatch.setattr(solving, "_ask_cvc5", fake(other))
    found = smt.ask([X > 0], solver="both")
    assert found.status == expected
    assert bool(found.models) == (expected == "sat")
    assert ("tired" in found.reason) == (expected == "unknown")


@pytest.mark.parametrize("solver", solvers())
@pytest.mark.parametrize("text", ["(assert", "(assert (> x 0.0))(check-sat)", "hello"])
def test_unreadable_text_is_refused(solver: smt.Solver, text: str) -> None:
    """Text that is no SMT-LIB is an error, not an answer."""
    with pytest.raises(Malformed, match="query"):
        smt.ask(text, solver=solver)


def test_unknown_solver_is_refused() -> None:
    """There are three choices."""
    with pytest.raises(Malformed, match="z3, cvc5 or both"):
        smt.ask([X > 0], solver="yices")  # type: ignore[arg-type]


def test_constants_are_those_of_the_text() -> None:
    """Functions and definitions are no constants."""
    assert smt.constants([F(Y) > z3.RealVal(2), B, X > Y]) == (Y, B, X)
    assert smt.constants([]) == ()
