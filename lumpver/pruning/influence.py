"""The data-free variant: what a weight can do to the outputs on a box, whatever the input.

For a between lo and hi, w (lo + hi) / 2 in the bias makes up for w a so that the unit's sum is at
most |w| (hi - lo) / 2 off, and no other number does better. Where lo = hi that is exact: it is
the folding of constants (Definition 6*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.nearness.steepness import steepness
from lumpver.pruning.passes import add

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.leaf import Interval
    from lumpver.bounds.plan import Plan
    from lumpver.exact.floats import Floats


def influence(
    plan: Plan, known: Mapping[str, Interval], targets: tuple[str, ...]
) -> dict[str, Floats]:
    """How much an output changes at most, for each entry of each tensor, when that changes by 1.

    To first order, between the bounds that are known. Infinite where nothing is known.
    """
    found: dict[str, Floats] = {}
    for target in targets:
        for i in range(plan.size(target)):
            rows = np.zeros((1, plan.size(target)))
            rows[0, i] = 1.0
            for name, made in _through(plan, known, {target: rows}).items():
                found[name] = np.maximum(found.get(name, 0.0), made[0])
    return found


def _through(
    plan: Plan, known: Mapping[str, Interval], rows: dict[str, Floats]
) -> dict[str, Floats]:
    """Magnitudes of rows through all steps."""
    found = dict(rows)
    for name, step in reversed(plan.steps.items()):
        if name not in found:
            continue
        match step:
            case Affine(operands):
                for operand, made in operands:
                    add(found, operand, made.absolute.back(found[name]))
            case Bent(operand, activation):
                ends = known[operand].lower, known[operand].upper
                least, most = steepness(activation, *ends)
                add(found, operand, found[name] * np.maximum(np.abs(least), np.abs(most)))
            case Largest():
                spread = np.zeros((1, plan.size(step.operand) + 1))
                np.add.at(spread[0], step.met, np.broadcast_to(found[name][0], step.met.shape))
                add(found, step.operand, spread[:, :-1])
            case Between(operands):
                for operand in operands:
                    add(found, operand, np.full((1, plan.size(operand)), np.inf))
            case Blank():
                pass
            case _:
                assert_never(step)
    return found
