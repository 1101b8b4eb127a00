"""`prove`: whether two networks compute the same function, by steps that are sound each.

Joint lumping costs least and is tried first; what it leaves is evaluated, then swept,
and what is left after that is put to the solver as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim import Claim
from lumpver.equivalence.answers import (
    JOINT,
    STEPS,
    Answer,
    Proved,
    Refuted,
    Unknown,
)
from lumpver.equivalence.boxes import Box, Domain, read_domain
from lumpver.equivalence.comparison import Comparison, compare
from lumpver.equivalence.effort import Budget, budget
from lumpver.equivalence.evaluating import evaluated
from lumpver.equivalence.monolithic import asked
from lumpver.equivalence.pairing import Pair, pair
from lumpver.equivalence.sweeping import swept
from lumpver.equivalence.unmodelled import unmodelled
from lumpver.errors import Malformed, SelfCheckFailed
from lumpver.exact.scalar import number
from lumpver.exact.unit import require_exact_unit

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.network import Network
    from lumpver.smt import Solver

GIVEN: Final = "the given ranges"


def prove(
    a: Network,
    b: Network,
    *,
    box: Any = None,
    solver: Solver = "z3",
    timeout: float | None = None,
    effort: int | None = None,
) -> Answer:
    """Whether `a` and `b` compute the same outputs for all inputs, or for all in `box`.

    Inputs and outputs are paired by name where the names agree, else by position. `box`
    maps an input's name to its entries' (low, high), or is a VNN-LIB file whose bounds on
    the X_i count. `solver` is z3, cvc5 or both. `timeout` is in seconds; without one the
    answer depends on `effort`, in solver steps per query, and never on time.

    Raises
    ------
    Malformed, ShapeMismatch
        If inputs or outputs do not match, or the box does not fit.
    Unreadable
        If the box is a file that cannot be read.
    Missing
        If the solver is needed and not installed.
    SolverDisagreement
        If two solvers contradict each other.
    InexactUnit
        If this process does not compute with floats as it should, before or after a step.

    Examples
    --------
    >>> from lumpver.network import Network
    >>> twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    >>> one = Network.from_layers([([[3]], None), ([[1]], None)])
    >>> found = prove(twins, one)
    >>> found.answer, found.step, found.evidence
    ('proved', 'joint lumping', 'joint')
    >>> other = Network.from_layers([([[1]], None), ([[1]], None)])
    >>> found = prove(twins, other)
    >>> (twins(found.counterexample), other(found.counterexample)) == found.outputs["y"]
    True
    """
    if solver not in {"z3", "cvc5", "both"}:
        raise Malformed("solver", expected="z3, cvc5 or both", got=repr(solver))
    require_exact_unit()
    limits = budget(timeout=timeout, effort=effort)
    pairing = pair(a, b)
    domain = read_domain(pairing.a, box)
    name = None if box is None else GIVEN if isinstance(box, Mapping) else str(box)
    claim = Claim(box=name, remarks=domain.remarks)
    answers = []
    for one in domain.boxes:
        answer = replace(_answered(pairing, one, solver, limits), claim=claim)
        require_exact_unit()  # solvers set modes of their own
        if isinstance(answer, Refuted):
            _within(answer, domain)
        if not isinstance(answer, Proved):
            return answer
        answers.append(answer)
    return max(answers, key=lambda answer: STEPS.index(answer.step))


def _answered(pairing: Pair, box: Box, solver: Solver, limits: Budget) -> Answer:
    comparison = compare(pairing, box)
    if not comparison.open:
        return Proved(JOINT)
    refuted = evaluated(comparison, limits)
    if refuted is not None:
        return refuted
    answer: Proved | Refuted | Unknown | None = swept(
        pairing, box, solver, limits, expected=_expected(comparison)
    )
    if answer is None:
        answer = asked(pairing, box, solver, limits)
    if isinstance(answer, Unknown):
        return replace(answer, reason=_reason(comparison, answer.reason))
    return answer


def _within(answer: Refuted, domain: Domain) -> None:
    """Refuses a counterexample outside the box, which would be a bug."""
    if not domain.holds({name: _flat(value) for name, value in answer.counterexample.items()}):
        raise SelfCheckFailed("prove", expected="a counterexample within the box", got="another")


def _flat(value: Any) -> list[fmpq]:
    """The entries of nested tuples, in row-major order."""
    if isinstance(value, tuple):
        return [entry for part in value for entry in _flat(part)]
    return [number(value)]


def _reason(comparison: Comparison, reason: str) -> str:
    """Why nothing is known, what is not modelled first."""
    words = unmodelled(comparison.pair, comparison.open)
    return "; ".join(part for part in (words, reason) if part)


def _expected(comparison: Comparison) -> int:
    """How many independent functions sweeping may meet, at most."""
    table = comparison.table
    roots = sum(len(roots) for roots in table.roots)
    return len(table.atoms) - roots + min(roots, len(table.places)) + 1
