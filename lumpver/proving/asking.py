"""Asking a solver within a budget: effort always, and time where there is a deadline.

Solvers are told how many seconds are left; one that does not listen is ended with its
process, by `apart`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumpver.proving.smt import Answer, smtlib
from lumpver.proving.smt import ask as _ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.proving.effort import Budget
    from lumpver.proving.smt import Solver


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
    >>> from lumpver.proving.effort import Budget
    >>> ask([z3.Real("x") < z3.Real("x")], "z3", Budget(), effort=1000).status
    'unsat'
    """
    text = query if isinstance(query, str) else smtlib(query)
    if budget.over:
        return Answer("unknown", solver, text, "the deadline has passed")
    return _ask(text, solver=solver, effort=effort, seconds=budget.left)
