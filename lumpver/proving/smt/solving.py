"""What a solver says to SMT-LIB text: z3, cvc5, or both, bounded by effort.

By time too only where seconds are given; without them an answer depends on no clock.

Both solvers read the same text, with fixed seeds, so an answer is that of the file that
anybody can replay. `unknown` is an answer of its own.

effort: z3's rlimit, cvc5's rlimit; roughly elementary steps
model: a rational for every constant; an irrational one as nearby candidates
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Literal

from flint import fmpq

from lumpver.errors import LumpverError, Malformed, Missing, NotRational
from lumpver.proving.smt.models import isolating, rational
from lumpver.proving.smt.text import constants, smtlib

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Solver = Literal["z3", "cvc5", "both"]
Status = Literal["sat", "unsat", "unknown"]

EFFORT: Final = 50_000_000
_DIGITS: Final = (2, 8, 32, 128)


class Disagreement(LumpverError, ArithmeticError):
    """Two solvers gave opposite answers to the same text: one of them is wrong."""

    kind = "disagreement"


@dataclass(frozen=True, slots=True)
class Answer:
    """What `solver` said to `text`: status, its reason if unknown, its models if sat.

    `models` holds one model if that is rational, else nearby rational candidates: each
    is to be replayed.
    """

    status: Status
    solver: str
    text: str
    reason: str = ""
    models: tuple[Mapping[str, fmpq], ...] = ()


def ask(
    query: str | Sequence[Any],
    *,
    solver: Solver = "z3",
    effort: int = EFFORT,
    seconds: float | None = None,
) -> Answer:
    """The solver's answer to `query`, SMT-LIB text or z3 assertions.

    Each solver is told to stop after so many `seconds`, and may take longer.

    Raises
    ------
    Disagreement
        If both are asked and one says sat, the other unsat.
    Missing
        If the solver is not installed.
    Malformed
        If the solver cannot read the text, or there is no such solver.

    Examples
    --------
    >>> import z3
    >>> ask([z3.Real("x") * z3.Real("x") < 0]).status
    'unsat'
    >>> ask([z3.Real("x") == z3.RealVal("1/3")]).models
    ({'x': 1/3},)
    """
    text = query if isinstance(query, str) else smtlib(query)
    if solver == "z3":
        return _ask_z3(text, effort, seconds)
    if solver == "cvc5":
        return _ask_cvc5(text, effort, seconds)
    if solver != "both":
        raise Malformed("solver", expected="z3, cvc5 or both", got=repr(solver))
    started = monotonic()
    first = _ask_z3(text, effort, seconds)
    if seconds is not None:
        seconds = max(0.0, seconds - (monotonic() - started))
    return _agreed(first, _ask_cvc5(text, effort, seconds))


def _agreed(first: Answer, second: Answer) -> Answer:
    """The answer of both, unknown as soon as one does not know."""
    if {first.status, second.status} == {"sat", "unsat"}:
        raise Disagreement(
            f"{first.solver} and {second.solver}",
            expected=f"one answer ({first.solver}: {first.status})",
            got=f"{second.solver}: {second.status}",
        )
    status: Status = first.status if first.status == second.status else "unknown"
    reasons = [f"{a.solver}: {a.reason}" for a in (first, second) if a.reason]
    return Answer(
        status,
        f"{first.solver} and {second.solver}",
        first.text,
        "; ".join(reasons),
        (*first.models, *second.models) if status == "sat" else (),
    )


def _ask_z3(text: str, effort: int, seconds: float | None) -> Answer:
    try:
        import z3  # noqa: PLC0415 heavy: only where a solver runs
    except ImportError as error:
        raise Missing("solver", expected="the package z3-solver", got="none") from error
    solver = z3.Solver(ctx=z3.Context())  # of its own: an answer depends on nothing before
    solver.set("rlimit", effort)
    solver.set("random_seed", 0)
    if seconds is not None:
        solver.set("timeout", _milliseconds(seconds))
    try:
        solver.from_string(text)
    except z3.Z3Exception as error:
        raise Malformed("query", expected="SMT-LIB 2", got=str(error)[:80]) from error
    status = str(solver.check())
    if status == "sat":
        model = solver.model()
        entries = {
            constant.decl().name(): model.eval(constant, model_completion=True)
            for constant in constants(solver.assertions())
            if z3.is_real(constant)
        }
        return Answer("sat", "z3", text, models=_models(entries, rational, isolating))
    if status == "unsat":
        return Answer("unsat", "z3", text)
    return Answer("unknown", "z3", text, solver.reason_unknown() or "no reason given")


def _milliseconds(seconds: float) -> int:
    """At least one: 0 is no limit to a solver."""
    return max(1, min(int(seconds * 1000), 2**31 - 1))


def _models(
    entries: Mapping[str, Any],
    exact: Callable[[Any], fmpq],
    near: Callable[..., tuple[fmpq, fmpq]],
) -> tuple[Mapping[str, fmpq], ...]:
    try:
        return ({name: exact(value) for name, value in entries.items()},)
    except NotRational:
        return tuple(
            {name: near(value, digits=digits)[side] for name, value in entries.items()}
            for digits in _DIGITS
            for side in (0, 1)
        )


def _ask_cvc5(text: str, effort: int, seconds: float | None) -> Answer:
    try:
        import cvc5  # noqa: PLC0415 optional and heavy
    except ImportError as error:
        raise Missing("solver", expected="the package cvc5", got="none") from error
    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    solver.setOption("produce-models", "true")
    solver.setOption("rlimit", str(effort))
    if seconds is not None:
        solver.setOption("tlimit-per", str(_milliseconds(seconds)))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "query")
    symbols = parser.getSymbolManager()
    outcome = None
    try:
        while not (command := parser.nextCommand()).isNull():
            if command.getCommandName() == "check-sat":
                outcome = solver.checkSat()
            else:
                _performed(command.invoke(solver, symbols))
    except RuntimeError as error:
        raise Malformed("query", expected="SMT-LIB 2", got=str(error)[:80]) from error
    if outcome is None or outcome.isUnknown():
        reason = "no check-sat" if outcome is None else outcome.getUnknownExplanation().name.lower()
        return Answer("unknown", "cvc5", text, reason)
    if outcome.isUnsat():
        return Answer("unsat", "cvc5", text)
    entries = {
        symbol.getSymbol(): solver.getValue(symbol)
        for symbol in symbols.getDeclaredTerms()
        if symbol.getSort().isReal()
    }
    return Answer("sat", "cvc5", text, models=_models(entries, _cvc5_exact, _cvc5_near))


def _performed(said: str) -> None:
    if "error" in said:
        raise Malformed("query", expected="SMT-LIB 2", got=said[:80])


def _cvc5_exact(value: Any) -> fmpq:
    if not value.isRealValue():
        raise NotRational("model", expected="a rational value", got=str(value)[:60])
    found = value.getRealValue()
    return fmpq(found.numerator, found.denominator)


def _cvc5_near(value: Any, *, digits: int) -> tuple[fmpq, fmpq]:
    if value.isRealValue():
        exact = _cvc5_exact(value)
        return exact, exact
    del digits  # cvc5 hands out one interval
    low, high = value.getRealAlgebraicNumberLowerBound(), value.getRealAlgebraicNumberUpperBound()
    return _cvc5_exact(low), _cvc5_exact(high)
