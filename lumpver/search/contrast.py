"""Points at which two networks differ most, as far as floats say: nothing here is believed.

A point is a part without extent: what rows of the outputs are there is nearly their value, and
the factors with which they end are the gradient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.nearness.covering import covered
from lumpver.nearness.questions import values
from lumpver.nearness.trees import inputs

if TYPE_CHECKING:
    from lumpver.exact.floats import Floats
    from lumpver.nearness.questions import Question
    from lumpver.nearness.twin import Twin

_STEPS: Final = 12


def climbed(
    twin: Twin, asked: Question, points: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Points of the box near these at which more is missing, and how much is; the worst first.

    Steps go to the side that the gradient shows, and are halved where that is no better.
    """
    step = (high - low) / 2
    best, short = points, np.full(points.shape[0], -np.inf)
    slope = np.zeros(points.shape)
    tried = points
    for _ in range(_STEPS):
        leaves = covered(twin, inputs(twin, tried, tried), noting=True, plain=True)
        found = values(leaves, asked)
        missing, row = asked.short(found.least)
        better = missing > short
        best = np.where(better[:, None], tried, best)
        slope = np.where(better[:, None], -found.slopes[np.arange(row.size), row], slope)
        short = np.where(better, missing, short)
        step = np.where(better[:, None], step, step / 2)
        tried = np.clip(best + np.sign(slope) * step, low, high)
    order = np.argsort(-short, kind="stable")
    return best[order], short[order]
