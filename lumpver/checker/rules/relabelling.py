"""Rows of a linear node: W M = M' W' and W k + b = M' b' + k'.

Statement. If t = M t' + k for the tensor that a linear node reads, and both equations hold,
then y = M' y' + k' for what the node makes, y = W t + b, and its counterpart, y' = W' t' + b'.
Premises. The counterpart reads t' (or, where nothing of t is left, W' is zero); M' and k' have
a row per unit of y and a column per unit of y', and ghost columns (`rules.ghosts`).
Why. y = W (M t' + k) + b = M' W' t' + M' b' + k' = M' y' + k': Theorem 1*, theory D2.3,
`relabelling_is_sound` in proofs/rocq/statements.v.
Attacks. A weight or bias that is off by its last bit: numbers are exact. A scale of 0, which
would let a unit be anything: refused when the certificate's tensors are looked at. A counterpart
that reads another tensor, or a matrix that is spread over more units than it has: `linear`.

R, b: W M and W k + b, one row per unit of y, one column per unit of t' or ghost
W, c: W' and b'
rest: b - k'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.checker.rules.residual import Residual, constants_left, rows_left
from lumpver.errors import reject
from lumpver.exact.array import (
    Exact,
    compact,
    entry,
    equal,
    multiply,
    nonzero,
    rationals,
    zeros,
)
from lumpver.exact.product import matmul
from lumpver.model.segments import mixed_rows

if TYPE_CHECKING:
    from lumpver.exact.proportional import Rows
    from lumpver.model.relabelling import Relabelling

_ROWS: Final = 64  # rows multiplied at a time, so that they stay in the cache


def zero_rows(R: Exact, rows: Rows, start: int = 0) -> Residual:
    """What is left of rows that are to be zero from the column `start` on: all of it."""
    if rows.size == 0 or start >= R.shape[1]:
        return ()
    part = R[:, start:] if rows.size == R.shape[0] else R[rows, start:]
    wrong = np.flatnonzero(nonzero(part).any(axis=1))
    return rows_left(part[wrong], zeros(wrong.size, part.shape[1]), rows[wrong], start)


def constant_rows(R: Exact, rest: Exact, rows: Rows) -> Residual:
    """What is left of units that are constants: their weights, and b beside k'."""
    return zero_rows(R, rows) + constants_left(rest[rows], zeros(rows.size), rows)


def single_rows(
    R: Exact, rest: Exact, W: Exact, c: Exact, after: Relabelling, rows: Rows
) -> Residual:
    """What is left of rows of M' with one entry s: R[v] - s W'[j], rest[v] - s b'[j]."""
    left: Residual = ()
    ones = equal(after.scale[rows], np.ones(rows.size))
    for part, scaled in ((rows[ones], False), (rows[~ones], True)):
        for start in range(0, part.size, _ROWS):
            some = part[start : start + _ROWS]
            theirs = W[after.block[some]]
            left += rows_left(
                R[some], multiply(after.scale[some][:, None], theirs) if scaled else theirs, some
            )
        if part.size:
            biases = c[after.block[part]]
            biases = multiply(after.scale[part], biases) if scaled else biases
            left += constants_left(rest[part], biases, part)
    return left


def several_rows(
    name: str, R: Exact, rest: Exact, W: Exact, c: Exact, after: Relabelling
) -> Residual:
    """What is left of rows of M' with several entries: R[v] - sum of s_j W'[j], and so on.

    A ghost's row is its first member's, divided by the scale. W may lack columns on the
    right: there its rows are zero.
    """
    if not after.mixed:
        return ()
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
        rows[i], biases[i] = rationals(R[lead]) / scale, entry(rest, lead) / scale
    left = rows_left(R[units], matmul(entries[:, used], compact(rows)), units)
    return left + constants_left(rest[units], matmul(entries[:, used], compact(biases)), units)
