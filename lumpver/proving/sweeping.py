"""Sweeping: units that evaluation suggests to be combinations of others, proved one by one.

As hardware equivalence checkers do, from the inputs on, each proof cut off at what was
proved before; a wrong candidate's counterexample joins the sample. What is proved takes
the unit's place in all that reads it, so that the outputs' difference may vanish.

References
----------
Kuehlmann, Krohm: *Equivalence checking using cuts and heaps*; Mishchenko et al.:
*Improvements to combinational equivalence checking* (SAT sweeping).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.proving.answers import NORMAL_FORM, SWEEPING, Proved, Refuted
from lumpver.proving.claims import Claims
from lumpver.proving.comparison import Comparison, compare, ranges_of, rows
from lumpver.proving.intervals import Intervals
from lumpver.proving.relations import Relations
from lumpver.proving.replaying import lifted, replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flint import fmpq

    from lumpver.proving.boxes import Box
    from lumpver.proving.effort import Budget
    from lumpver.proving.joint.boxed import Both
    from lumpver.proving.pairing import Pair
    from lumpver.proving.smt import Solver
    from lumpver.proving.table import Table
    from lumpver.proving.values import Combination

_MOST_AT_OUTPUTS: Final = 160


def swept(
    pair: Pair,
    box: Box,
    solver: Solver,
    budget: Budget,
    *,
    expected: int,
    known: Both | None = None,
) -> Proved | Refuted | None:
    """The answer of sweeping, if it has one; `expected` atoms are to be met.

    `known` is what the box says of the tensors of both networks.
    """
    state: list[Relations] = []

    def start(table: Table, merged: dict[int, Combination]) -> Relations:
        intervals = Intervals(table, lambda spine: ranges_of(table, pair, box, spine))
        state.append(Relations(Claims(table, intervals, solver, budget), merged, expected))
        return state[0]

    comparison = compare(pair, box, relate=start, known=known, budget=budget, step=SWEEPING)
    proved = True
    for output in comparison.open:
        gap = comparison.gap(output)
        if gap is None:
            proved = False
            continue
        for found in _failures(state[0], gap.spine, rows(gap)):
            if found is None:
                proved = False
                continue
            refuted = _replayed(comparison, gap.spine, found)
            if refuted is not None:
                return refuted
            proved = False
    evidence = "smt" if state[0].claims.asked else NORMAL_FORM
    return Proved(SWEEPING, evidence) if proved else None


def _failures(
    relations: Relations, spine: int, differences: list[Combination]
) -> Iterator[list[fmpq] | None]:
    """Points at which a difference is not 0; None for one of which nothing is known.

    After the first of those the solver is asked no more: there is no proof to be had.
    """
    sample, asking = relations.sample(spine), True
    for difference in differences:
        if relations.claims.budget.over:
            yield None
            return
        total = sample.total(difference)
        wrong = [] if total is None else [s for s, value in enumerate(total) if value != 0]
        if wrong:
            yield sample.point(wrong[0])
            continue
        if not asking:
            continue
        effort = relations.claims.budget.effort
        verdict = relations.claims.zero(difference, most=_MOST_AT_OUTPUTS, effort=effort)
        asking = verdict.status == "holds"
        if verdict.status == "fails":
            yield relations.learn(spine, verdict)
        elif verdict.status == "unknown":
            yield None


def _replayed(comparison: Comparison, spine: int, roots: list[fmpq]) -> Refuted | None:
    point = lifted(comparison, spine, roots)
    return None if point is None else replay(comparison.pair, point, step=SWEEPING)
