"""The rules of the checker: what must hold of a segment's rows.

Each takes numbers that were multiplied out exactly and either says nothing or rejects.

R: W M_in, one row per unit of the original, one column per block of its input
W, c: the reduced network's matrix and bias
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NoReturn

import numpy as np

from lumpver.errors import Rejected
from lumpver.exact.array import Exact, compact, entry, equal, multiply, nonzero, rationals, zeros
from lumpver.exact.product import matmul
from lumpver.exact.scalar import text
from lumpver.model.segments import mixed_rows

if TYPE_CHECKING:
    from lumpver.exact.proportional import Rows
    from lumpver.model.relabelling import Relabelling


_ROWS: Final = 64  # rows compared at a time, so that they stay in the cache
_MOST_SHOWN: Final = 200


def reject(rule: str, layer: str, expected: str, got: str, unit: int | None = None) -> NoReturn:
    """Raise `Rejected`, with numbers of any length shown in part."""
    raise Rejected(rule, layer=layer, unit=unit, expected=_shown(expected), got=_shown(got))


def _shown(value: str) -> str:
    return value if len(value) <= _MOST_SHOWN else f"{value[:_MOST_SHOWN]}..."


def all_zero(rule: str, name: str, R: Exact, b: Exact | None, rows: Rows) -> None:
    """The given rows of (R | b) are zero."""
    if rows.size == 0:
        return
    part = R if rows.size == R.shape[0] else R[rows]
    bad = nonzero(part).any(axis=1)
    if bad.any():
        v = int(np.flatnonzero(bad)[0])
        u = int(np.flatnonzero(nonzero(part[v]))[0])
        reject(rule, name, f"weight 0 in column {u}", text(entry(part, v, u)), int(rows[v]))
    if b is not None and nonzero(b[rows]).any():
        v = int(np.flatnonzero(nonzero(b[rows]))[0])
        reject(rule, name, "the constant", f"{text(entry(b, int(rows[v])))} more", int(rows[v]))


def rows_agree(
    name: str, R: Exact, b: Exact, W: Exact, c: Exact, after: Relabelling, rows: Rows
) -> None:
    """R[v] = scale[v] W[block[v]] and b[v] = scale[v] c[block[v]] for the given rows."""
    block, scale = after.block[rows], after.scale[rows]
    ones = equal(scale, np.ones(rows.size))
    for part in (np.flatnonzero(ones), np.flatnonzero(~ones)):
        if part.size == 0:
            continue
        biases = c[block[part]]
        if not ones[part[0]]:
            biases = multiply(scale[part], biases)
        for start in range(0, part.size, _ROWS):
            some = part[start : start + _ROWS]
            theirs = W[block[some]]
            if not ones[part[0]]:
                theirs = multiply(scale[some][:, None], theirs)
            _equal_rows(name, R[rows[some]], theirs, rows[some])
        wrong = np.flatnonzero(~equal(b[rows[part]], biases))
        if wrong.size:
            v = int(wrong[0])
            got, expected = entry(b, int(rows[part][v])), entry(biases, v)
            reject("affine", name, f"bias {text(expected)}", text(got), int(rows[part][v]))


def _equal_rows(name: str, ours: Exact, theirs: Exact, units: Rows) -> None:
    wrong = ~equal(ours, theirs)
    if wrong.any():
        v, u = (int(i) for i in np.argwhere(wrong)[0])
        expected, got = text(entry(theirs, v, u)), text(entry(ours, v, u))
        reject("affine", name, f"weight {expected} in column {u}", got, int(units[v]))


def ghosts_agree(name: str, R: Exact, b: Exact, after: Relabelling) -> None:
    """The members of a ghost are multiples of its first, by their scales."""
    order = np.argsort(after.block, kind="stable")
    starts = np.searchsorted(after.block[order], np.arange(after.width, after.columns + 1))
    for start, end in pairwise(starts.tolist()):
        members = order[start:end]
        if members.size < 2:
            continue
        lead = int(members[0])
        ratio = multiply(
            rationals(after.scale[members[1:]]),
            np.array([1 / entry(after.scale, lead)], dtype=object),
        )
        _same_multiples(
            name, R[members[1:]], ratio, R[np.full(members.size - 1, lead)], members[1:]
        )
        wrong = np.flatnonzero(~equal(b[members[1:]], multiply(ratio, b[lead : lead + 1])))
        if wrong.size:
            reject("ghost", name, "the same multiple", "another", int(members[1 + wrong[0]]))


def _same_multiples(name: str, ours: Exact, ratio: Exact, theirs: Exact, units: Rows) -> None:
    """Every row of ours is its ratio times the row of theirs.

    The first entry that is not zero decides almost always; only then is the rest multiplied,
    so that a ratio of absurd length meets few numbers.
    """
    if theirs.shape[1] == 0:
        return
    first = nonzero(theirs).argmax(axis=1)
    rows = np.arange(units.size)
    leads = multiply(ratio, theirs[rows, first])
    wrong = np.flatnonzero(~equal(ours[rows, first], leads))
    if wrong.size:
        v = int(wrong[0])
        expected, got = text(entry(leads, v)), text(entry(ours, v, int(first[v])))
        reject("affine", name, f"weight {expected} in column {int(first[v])}", got, int(units[v]))
    _equal_rows(name, ours, multiply(ratio[:, None], theirs), units)


def mixed_agree(name: str, R: Exact, b: Exact, W: Exact, c: Exact, after: Relabelling) -> None:
    """Rows with several entries are those sums of the blocks' rows.

    A ghost's row is its first member's, divided by the scale. W may lack columns on the
    right: there its rows are zero.
    """
    if not after.mixed:
        return
    units, entries = mixed_rows(after)
    used = np.flatnonzero(nonzero(entries).any(axis=0))
    rows, biases = rationals(zeros(used.size, R.shape[1])), rationals(zeros(used.size))
    for i, j in enumerate(used.tolist()):
        if j < after.width:
            rows[i, : W.shape[1]], biases[i] = rationals(W[j]), entry(c, j)
            continue
        members = after.members(j)
        if not members.size:
            reject("ghost", name, f"a unit that says what block {j} is", "none", int(units[0]))
        lead = int(members[0])
        scale = entry(after.scale, lead)
        rows[i], biases[i] = rationals(R[lead]) / scale, entry(b, lead) / scale
    _equal_rows(name, R[units], matmul(entries[:, used], compact(rows)), units)
    expected = matmul(entries[:, used], compact(biases))
    wrong = np.flatnonzero(~equal(b[units], expected))
    if wrong.size:
        v = int(wrong[0])
        got = text(entry(b, int(units[v])))
        reject("affine", name, f"bias {text(entry(expected, v))}", got, int(units[v]))
