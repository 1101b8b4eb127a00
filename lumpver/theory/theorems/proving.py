"""Theorems of parts, each part a query; and what is known when the solver has answered.

A claim that the solver cannot refute is proved, unless exact evaluation at a few points
refutes it; one that it can is refuted only if exact evaluation of its model refutes it
too. Whatever else happens is unknown.

part: one query, and the answer it has to get for the theorem's outcome
outcome: what the theorem's row says if every part gets its answer

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import wrap
from time import perf_counter
from typing import TYPE_CHECKING, Final, Literal

from lumpver.exact.scalar import ZERO, number, text
from lumpver.proving import smt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flint import fmpq

    from lumpver.theory.theorems.claims import Claim, Value

_NUMBERS: Final = (0, 1, 2, -1, "1/2", 3, "-1/3", 5, -2, "7/4", -4)

Status = Literal["proved", "refuted", "unknown"]


@dataclass(frozen=True, slots=True)
class Part:
    """One claim of its unknowns: `unsat` means that it cannot fail, `sat` that it does."""

    name: str
    unknowns: tuple[str, ...]
    claim: Callable[..., Claim]
    expected: Literal["sat", "unsat"] = "unsat"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Theorem:
    """A statement of the paper, or of its repair, with the queries that decide it.

    `example` is what a refuted statement has for a counterexample besides numbers.
    """

    name: str
    statement: str
    source: str
    outcome: Literal["proved", "refuted"]
    parts: tuple[Part, ...]
    example: Mapping[str, str] = field(default_factory=dict)

    @property
    def scripts(self) -> dict[str, str]:
        """The SMT-LIB text of every part, by file name.

        Examples
        --------
        >>> from lumpver.theory.theorems import all_theorems
        >>> list(all_theorems()[0].scripts)
        ['relu_homogeneous.smt2']
        """
        return {_file(self, part): _script(self, part) for part in self.parts}


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a theorem: its status, from what evidence, and the counterexample.

    `status` is "proved" or "refuted" only as `proving` says; `evidence` names the solver,
    and "replay" where exact evaluation confirmed a counterexample.
    """

    name: str
    statement: str
    source: str
    status: Status
    evidence: str
    counterexample: Mapping[str, str] | None
    seconds: float


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of one part: its answer if that is certain, and the witness if it is sat."""

    answer: Literal["sat", "unsat"] | None
    witness: Mapping[str, str]
    reason: str = ""


def prove_theorem(theorem: Theorem, *, solver: smt.Solver = "z3", effort: int = smt.EFFORT) -> Row:
    """The theorem's row, from what `solver` says to each of its scripts.

    Raises
    ------
    Disagreement
        If both solvers are asked and contradict each other.
    Missing
        If the solver is not installed.

    Examples
    --------
    >>> from lumpver.theory.theorems import all_theorems
    >>> prove_theorem(all_theorems()[0]).status
    'proved'
    """
    start = perf_counter()
    outcomes = [_decided(theorem, part, solver, effort) for part in theorem.parts]
    status = _status(theorem, outcomes)
    witness = dict(theorem.example)
    for found in outcomes:
        witness |= found.witness
    return Row(
        theorem.name,
        theorem.statement,
        theorem.source,
        status,
        _evidence(status, solver, outcomes),
        witness if status == "refuted" else None,
        perf_counter() - start,
    )


def _status(theorem: Theorem, outcomes: list[_Outcome]) -> Status:
    answers = [found.answer for found in outcomes]
    if answers == [part.expected for part in theorem.parts]:
        return theorem.outcome
    claims = [part.expected == "unsat" for part in theorem.parts]
    if theorem.outcome == "proved" and all(claims) and "sat" in answers:
        return "refuted"
    if theorem.outcome == "refuted" and len(answers) == 1 and answers[0] == "unsat":
        return "proved"
    return "unknown"


def _evidence(status: Status, solver: smt.Solver, outcomes: list[_Outcome]) -> str:
    if status == "unknown":
        return "; ".join(found.reason for found in outcomes if found.reason)
    names = {"both": "z3 and cvc5"}
    kinds = [f"smt ({names.get(solver, solver)})"] if _has(outcomes, "unsat") else []
    return "; ".join(kinds + ["replay"] * _has(outcomes, "sat"))


def _has(outcomes: list[_Outcome], answer: str) -> bool:
    return any(found.answer == answer for found in outcomes)


def _decided(theorem: Theorem, part: Part, solver: smt.Solver, effort: int) -> _Outcome:
    answer = smt.ask(_script(theorem, part), solver=solver, effort=effort)
    if answer.status == "unsat":
        if any(replayed(part, point) is not None for point in _points(part)):
            reason = f"exact evaluation contradicts {answer.solver}"
            return _Outcome(None, {}, f"{part.name or theorem.name}: {reason}")
        return _Outcome("unsat", {})
    for model in answer.models:
        witness = replayed(part, model)
        if witness is not None:
            prefix = f"{part.name}: " if len(theorem.parts) > 1 else ""
            named = {f"{prefix}{name}": value for name, value in witness.items()}
            return _Outcome("sat", named)
    reason = answer.reason or "no model of the solver stands exact evaluation"
    return _Outcome(None, {}, f"{part.name or theorem.name}: {answer.solver}: {reason}")


def _points(part: Part) -> Iterator[dict[str, fmpq]]:
    """A few numbers for the unknowns, the same every time."""
    for k in range(len(_NUMBERS)):
        places = enumerate(part.unknowns)
        yield {name: number(_NUMBERS[(k + 3 * k * i + i) % len(_NUMBERS)]) for i, name in places}


def replayed(part: Part, model: Mapping[str, fmpq]) -> dict[str, str] | None:
    """The counterexample that `model` is, by exact evaluation alone; None if it is none."""
    values = [model.get(name, ZERO) for name in part.unknowns]
    claim = part.claim(*values)
    if not claim.fails:
        return None
    found = dict(zip(part.unknowns, values, strict=True)) | dict(claim.shown)
    return {name: _shown(value) for name, value in found.items()}


def _shown(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))})"
    return value if isinstance(value, str) else text(value)


def _file(theorem: Theorem, part: Part) -> str:
    return f"{theorem.name}.{part.name}.smt2" if part.name else f"{theorem.name}.smt2"


def _script(theorem: Theorem, part: Part) -> str:
    import z3  # noqa: PLC0415 heavy: only where a query is made

    claim = part.claim(*map(z3.Real, part.unknowns))
    return smt.smtlib(claim.negation, comment=_comment(theorem, part), status=part.expected)


def _comment(theorem: Theorem, part: Part) -> str:
    lines = [f"Statement: {theorem.statement}"]
    if part.note:
        lines.append(f"This part: {part.note}")
    lines.append(f"Source: {theorem.source}")
    meaning = "it holds" if part.expected == "unsat" else "the solver's model refutes it"
    if len(theorem.parts) > 1 or part.note:
        meaning = "no numbers are so" if part.expected == "unsat" else "some numbers are so"
    lines.append(f"Expected: {part.expected} ({meaning}); the statement is {theorem.outcome}.")
    return "\n".join(piece for line in lines for piece in wrap(line, 88, subsequent_indent="  "))
