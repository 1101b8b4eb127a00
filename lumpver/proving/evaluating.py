"""Evaluation: looking for an input on which two networks differ, exactly, at many points.

First at points of all magnitudes, then where units switch, and then by seeking points
that open a path for what the networks do differently.

switch: a point on the segment between two others at which a direction is zero
"""

from __future__ import annotations

from math import prod
from random import Random
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.claim.domain import FREE
from lumpver.exact.array import nonzero
from lumpver.proving.answers import EVALUATION, Refuted
from lumpver.proving.imaging import work
from lumpver.proving.patches import image
from lumpver.proving.points import sample
from lumpver.proving.replaying import lifted, replay, shape_of
from lumpver.proving.seeking import ROUNDS, difference, seek
from lumpver.proving.valuation import Valuation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flint import fmpq

    from lumpver.exact.array import Exact
    from lumpver.proving.boxes import Box
    from lumpver.proving.comparison import Comparison, Gap
    from lumpver.proving.effort import Budget
    from lumpver.proving.pairing import Pair

_FIRST: Final = 16
_MORE: Final = 48
_SEEKERS: Final = 16
_BLIND: Final = 12
_COSTLY: Final = 6
_SOME: Final = 2**24  # multiplications for a point
_MUCH: Final = 2**30


def evaluated(comparison: Comparison, budget: Budget) -> Refuted | None:
    """A refutation, if one of the points shows one."""
    blind = False
    for output in comparison.open:
        gap = comparison.gap(output)
        if gap is None or comparison.root(gap.spine) is None:
            blind = True
            continue
        for round_, values in enumerate(_valuations(comparison, gap)):
            budget.watch(EVALUATION, round_, 3 + ROUNDS)
            found = _shown(comparison, gap, values)
            if found is not None:
                return found
            if budget.over:
                return None
    return points_apart(comparison.pair, comparison.box, budget) if blind else None


def _valuations(comparison: Comparison, gap: Gap) -> Iterator[Valuation]:
    table, ranges = comparison.table, comparison.ranges(gap.spine)
    starts = sample(ranges, _FIRST, seed=0)
    yield Valuation(table, gap.spine, starts)
    more = sample(ranges, _MORE, seed=1)
    values = Valuation(table, gap.spine, more)
    yield values
    yield Valuation(table, gap.spine, switches(values))
    apart = difference(table, gap.ours, gap.theirs, gap.atoms)
    random = Random(2)  # noqa: S311 points need not be secret
    yield from seek(table, gap.spine, apart, more[:, :_SEEKERS], ranges, random)


def switches(values: Valuation) -> Exact:
    """Between each two neighbouring points one at which a direction is zero, or the middle.

    The directions take turns; a direction that bends on the way may miss zero.
    """
    table, points = values.table, values.points
    own = [
        layer.first + row
        for layer in table.layers
        if layer.spine == values.spine
        for row in range(layer.R.shape[0])
    ]
    columns = []
    for s in range(values.size - 1):
        t = None
        for d in own[s % len(own) :][:_SEEKERS] if own else []:
            row = values.direction(d)
            if row is not None and row[s] * row[s + 1] < 0:
                t = row[s] / (row[s] - row[s + 1])
                break
        step = points[:, s + 1] - points[:, s]
        columns.append(points[:, s] + step * t if t is not None else points[:, s] + step / 2)
    return np.stack(columns, axis=1) if columns else points[:, :0]


def _shown(comparison: Comparison, gap: Gap, values: Valuation) -> Refuted | None:
    """A refutation at one of the points where the gap is not zero."""
    found = values.forms(list(gap.atoms), gap.M, gap.k)
    if found is None:
        return None
    for s in np.flatnonzero(nonzero(found).any(axis=0)):
        point = lifted(comparison, gap.spine, values.points[:, int(s)].tolist())
        refuted = None if point is None else replay(comparison.pair, point, step=EVALUATION)
        if refuted is not None:
            return refuted
    return None


def points_apart(pair: Pair, box: Box, budget: Budget) -> Refuted | None:
    """A refutation by evaluating the networks as they are at a few points."""
    if pair.a.opaque or pair.b.opaque:
        return None
    for point in points(pair, box, budget):
        found = replay(pair, point, step=EVALUATION)
        if found is not None or budget.over:
            return found
    return None


def points(pair: Pair, box: Box, budget: Budget) -> Iterator[dict[str, list[fmpq]]]:
    """A few points, by the names of the first network's inputs; none where shapes are not known.

    Where evaluation is much work, images that are alike at most positions.
    """
    products = max(work(network)[0] for network in (pair.a, pair.b))
    tries = _BLIND if products < _MUCH else _COSTLY
    for seed in range(tries):
        budget.watch(EVALUATION, seed, tries)
        point = {}
        for name, _ in pair.inputs:
            shape = shape_of(pair.a, name)
            if shape is None:
                return
            ranges = box.get(name) or (FREE,) * prod(shape)
            channels = len(shape) + pair.a.axes.get(name, -1)
            if products < _SOME or not 0 <= channels < len(shape) - 1:
                point[name] = sample(ranges, 1, seed=seed)[:, 0].tolist()
            else:
                point[name] = image(shape, channels, ranges, seed=(seed + 1) % tries)
        yield point
