"""Asking a solver within a budget: effort always, and time where there is a deadline.

z3 is interrupted at the deadline; cvc5 gets a share of its effort at a time.

share: the effort after which cvc5 is asked again, with more, if there is time
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Any, Final

from lumpver.smt import Answer, smtlib
from lumpver.smt import ask as _ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumpver.equivalence.effort import Budget
    from lumpver.smt import Solver

_SHARE: Final = 1_000_000


def ask(query: str | Sequence[Any], solver: Solver, budget: Budget, *, effort: int) -> Answer:
    """The solver's answer; unknown at the deadline.

    Raises
    ------
    Disagreement
        If both solvers are asked and contradict each other.
    Missing
        If the solver is not installed.

    Examples
    --------
    >>> import z3
    >>> from lumpver.equivalence.effort import Budget
    >>> ask([z3.Real("x") < z3.Real("x")], "z3", Budget(), effort=1000).status
    'unsat'
    """
    text = query if isinstance(query, str) else smtlib(query)
    if budget.left is None:
        return _ask(text, solver=solver, effort=effort)
    if budget.over:
        return Answer("unknown", solver, text, "the deadline has passed")
    if solver == "z3":
        with _alarm(budget.left):
            return _ask(text, solver=solver, effort=effort)
    share = min(_SHARE, effort)
    while True:
        with _alarm(budget.left or 0):
            answer = _ask(text, solver=solver, effort=share)
        if answer.status != "unknown" or share >= effort or budget.over:
            return answer
        share = min(4 * share, effort)


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """z3 is interrupted if what is inside takes longer."""
    import z3  # noqa: PLC0415 heavy: only where a solver runs

    timer = Timer(seconds, z3.main_ctx().interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
