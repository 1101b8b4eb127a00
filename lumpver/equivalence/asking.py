"""Asking a solver within a budget: effort always, and time where there is a deadline.

z3 is interrupted at the deadline, again and again, as an interruption between its phases
is lost; cvc5 gets a share of its effort at a time.

share: the effort after which cvc5 is asked again, with more, if there is time
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed
from lumpver.smt import Answer, smtlib
from lumpver.smt import ask as _ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumpver.equivalence.effort import Budget
    from lumpver.smt import Solver

_SHARE: Final = 1_000_000
_AGAIN: Final = 0.1


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
    share = effort if solver == "z3" else min(_SHARE, effort)
    while True:
        answer = _interruptible(text, solver, budget, share)
        if answer.status != "unknown" or share >= effort or budget.over:
            return answer
        share = min(4 * share, effort)


def _interruptible(text: str, solver: Solver, budget: Budget, effort: int) -> Answer:
    try:
        with _alarm(budget.left or 0):
            return _ask(text, solver=solver, effort=effort)
    except Malformed:
        if not budget.over:
            raise
        return Answer("unknown", solver, text, "the deadline passed while z3 was reading")


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """z3 is interrupted for as long as what is inside takes longer."""
    import z3  # noqa: PLC0415 heavy: only where a solver runs

    done, context = Event(), z3.main_ctx()

    def ring() -> None:
        late = not done.wait(seconds)
        while late:
            context.interrupt()
            late = not done.wait(_AGAIN)

    thread = Thread(target=ring, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
