"""Rows of what activations read, each in a leaf of its own, and the nearer bounds that they show.

Statement. Every bound holds for all inputs of its leaf. A leaf in which bounds cross has none.
Why. Rows are never above what they bound (`rows`). A leaf that is cut at a unit has only inputs at
which the unit is on its side of 0, which bounds it, and bounds rows of later units (`sides`).
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds import pointwise
from lumpver.exact.outward import lowered
from lumpver.nearness.leaves import of_rows
from lumpver.nearness.rows import Rows, least, of_inputs
from lumpver.nearness.sides import cuts, keep

if TYPE_CHECKING:
    from lumpver.bounds.leaf import Interval
    from lumpver.bounds.steps import Bent
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices
    from lumpver.nearness.leaves import Leaves

_ROWS: Final = 2**15  # entries of rows that are substituted at once: what stays near a core


def tightened(leaves: Leaves, step: Bent) -> None:
    """Substitute the rows of open entries of what an activation reads; keep the nearer bounds.

    Those of entries at which leaves are cut, too: it may show that a leaf has no inputs.
    """
    known = leaves.intervals[step.operand]
    flat = pointwise.undecided(step.activation, known.lower.ravel(), known.upper.ravel())
    undecided = flat.reshape(known.lower.shape)
    cut = cuts(leaves, step.operand)
    if cut[0].size:
        undecided[cut[0], cut[2]] = True
        _on_sides(leaves, step.operand, *cut)
    at = np.nonzero(undecided)
    for of, entry in pieces(leaves, step.operand, *at):
        low, high, row = bounds_of(leaves, of, ((step.operand, entry, 1.0),), apart=False)
        known.lower[of, entry] = np.maximum(known.lower[of, entry], low)
        known.upper[of, entry] = np.minimum(known.upper[of, entry], high)
        if leaves.noting:
            _reached(leaves, step.operand, entry, row)
    if cut[0].size:
        emptied(leaves, known)


def _on_sides(
    leaves: Leaves, name: str, of: Indices, column: Indices, entry: Indices, sign: Indices
) -> None:
    """Units at which leaves are cut: on one side of 0, and what that says of inputs."""
    size, known = leaves.twin.plan.size(name), leaves.intervals[name]
    for start in range(0, of.size, max(1, _ROWS // max(1, size))):
        some = slice(start, start + max(1, _ROWS // max(1, size)))
        part = np.zeros((of[some].size, size))
        part[np.arange(part.shape[0]), entry[some]] = -sign[some]
        rows = Rows(of[some], {name: part}, np.zeros(part.shape[0]), np.zeros(part.shape[0]))
        of_inputs(leaves, rows, apart=False)
        constant = lowered(rows.constant - leaves.wary * rows.off)
        keep(leaves, of[some], column[some], rows.slopes(leaves.twin), constant)
    up, down = sign > 0, sign < 0
    np.maximum.at(known.lower, (of[up], entry[up]), 0.0)
    np.minimum.at(known.upper, (of[down], entry[down]), 0.0)


def emptied(leaves: Leaves, known: Interval) -> None:
    """A leaf of which nothing can be between bounds has no inputs: any bounds hold there."""
    crossed = leaves.cut[:, None] & (known.lower > known.upper)
    leaves.void |= crossed.any(axis=1)
    known.lower[crossed] = known.upper[crossed]


def _reached(leaves: Leaves, name: str, entry: Indices, row: Rows) -> None:
    """Keep how far each input moves an entry, by the factors that its row ends with."""
    known = [leaves.intervals[one] for one in leaves.twin.inputs]
    width = np.concatenate([one.upper - one.lower for one in known], axis=1)
    reach = np.abs(row.slopes(leaves.twin)) * of_rows(width, row.of)
    if name not in leaves.reach:
        size = leaves.twin.plan.size(name)
        leaves.reach[name] = np.zeros((leaves.count, size, reach.shape[1]))
    leaves.reach[name][row.of, entry] = reach


def pieces(leaves: Leaves, name: str, of: Indices, entry: Indices) -> list[tuple[Indices, Indices]]:
    """Entries of a tensor in leaves, as many at once as there is room for.

    Channels at one position come together: what they are made of lies in one window.
    """
    places = prod(leaves.twin.plan.shapes[name][2:])
    if places > 1:
        order = np.lexsort((entry % places, of))
        of, entry = of[order], entry[order]
    wide = max(map(leaves.twin.plan.size, leaves.twin.plan.shapes), default=1)
    step = max(1, _ROWS // max(1, wide))
    cuts = range(step, of.size, step)
    return [x for x in zip(np.split(of, cuts), np.split(entry, cuts), strict=True) if x[0].size]


def bounds_of(
    leaves: Leaves, of: Indices, terms: tuple[tuple[str, Indices, float], ...], *, apart: bool
) -> tuple[Floats, Floats, Rows]:
    """Bounds of sums of entries in leaves, and the rows of the lower ones."""
    both = []
    for sign in (1.0, -1.0):
        parts = {name: np.zeros((of.size, leaves.twin.plan.size(name))) for name, _, _ in terms}
        for name, entry, factor in terms:
            parts[name][np.arange(of.size), entry] += sign * factor
        rows = Rows(of, parts, np.zeros(of.size), np.zeros(of.size))
        both.append((least(leaves, rows, apart=apart), rows))
    return both[0][0], -both[1][0], both[0][1]
