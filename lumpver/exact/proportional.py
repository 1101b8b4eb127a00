"""Which rows of a matrix are positive multiples of each other, exactly.

A correctly rounded quotient depends only on the exact one, so proportional rows have
equal float quotients by their pivot: grouping on them separates no two that belong
together. What it may throw together wrongly, exact cross products part again.

pivot: the first non-zero entry of a row
key: the row divided by the magnitude of its pivot, rounded
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import fmpq

from lumpver.exact import floats
from lumpver.exact.array import Exact, as_float64, entry, is_float, nonzero, rationals

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_SAMPLE = 8
_CHUNK = 16  # rows compared at a time, or as many as have so many entries
_CACHED = 2**15
_ROWS = 64  # of which a key is made at a time


def proportional_rows(
    R: Exact, b: Exact, candidates: Rows, *, multiples: bool = True
) -> list[list[tuple[int, fmpq]]]:
    """Classes of `candidates` under "(R[v] | b[v]) is a positive multiple of the other".

    Each class lists its rows in rising order with the exact ratio to its first row;
    classes come in the order of their first rows. Candidate rows of R must not be zero.
    With `multiples=False` only equal rows share a class.

    Examples
    --------
    >>> R, b = np.array([[1.0, 2.0], [3.0, 0.0], [0.5, 1.0]]), np.zeros(3)
    >>> proportional_rows(R, b, np.arange(3))
    [[(0, 1), (2, 1/2)], [(1, 1)]]
    """
    if candidates.size == 0:
        return []
    if not (is_float(R) and is_float(b)):
        R, b = rationals(R), rationals(b)
    used = nonzero(R)[candidates]
    pivots = np.argmax(used, axis=1)
    scale = np.abs(R[candidates, pivots])
    keys = _sample_keys(R, b, candidates, used, scale, multiples=multiples)
    suspects = _groups(keys)
    del used, keys
    classes: list[list[tuple[int, fmpq]]] = []
    open_groups = _settle(R, b, candidates, pivots, suspects, classes, multiples=multiples)
    if open_groups:
        together = np.concatenate(open_groups)
        finer = _regroup(R, b, candidates, together, scale, multiples=multiples)
        open_groups = _settle(R, b, candidates, pivots, finer, classes, multiples=multiples)
    for group in open_groups:
        classes += _confirm(R, b, candidates[group], pivots[group], multiples=multiples)
    return sorted(classes, key=lambda members: members[0][0])


def _settle(
    R: Exact,
    b: Exact,
    candidates: Rows,
    pivots: Rows,
    groups: list[Rows],
    classes: list[list[tuple[int, fmpq]]],
    *,
    multiples: bool,
) -> list[Rows]:
    """Append the groups that are classes to `classes`; the groups that are left."""
    classes += [[(int(candidates[group[0]]), fmpq(1))] for group in groups if group.size == 1]
    doubtful = [group for group in groups if group.size > 1]
    if not doubtful or not multiples:
        return doubtful
    settled = _settled(R, b, candidates, pivots, doubtful)
    classes += [
        _ratios(R, candidates[group], int(pivots[group[0]]))
        for group, fine in zip(doubtful, settled, strict=True)
        if fine
    ]
    return [group for group, fine in zip(doubtful, settled, strict=True) if not fine]


def _ratios(R: Exact, rows: Rows, pivot: int) -> list[tuple[int, fmpq]]:
    """Rows that are multiples of their first, with the ratio to it."""
    lead, one = entry(R, int(rows[0]), pivot), fmpq(1)
    same = (R[rows, pivot] == R[rows[0], pivot]).tolist()  # most often, and then it is quick
    return [
        (v, one if equal else entry(R, v, pivot) / lead)
        for v, equal in zip(rows.tolist(), same, strict=True)
    ]


def _settled(R: Exact, b: Exact, candidates: Rows, pivots: Rows, groups: list[Rows]) -> list[bool]:
    """For each group, whether all rows are multiples of its first, compared all at once."""
    firsts = np.concatenate([np.full(group.size, group[0]) for group in groups])
    members = np.concatenate(groups)
    same = pivots[members] == pivots[firsts]
    chunk = max(_CHUNK, _CACHED // max(1, R.shape[1]))
    for start in range(0, members.size, chunk):
        part = slice(start, start + chunk)
        same[part] &= multiples_of(
            R, b, candidates[members[part]], candidates[firsts[part]], pivots[firsts[part]]
        )
    ends = np.cumsum([group.size for group in groups])
    return [bool(part.all()) for part in np.split(same, ends[:-1])]


def _sample_keys(
    R: Exact, b: Exact, rows: Rows, used: Mask, scale: Exact, *, multiples: bool
) -> list[tuple[int, Any]]:
    """A short key per row: where it is not zero, the bias, the pivot and a few other columns."""
    pivots, last = np.argmax(used, axis=1), used.shape[1] - 1 - np.argmax(used[:, ::-1], axis=1)
    ends = [R[rows, place][:, None] for place in (pivots, last)]
    picked = np.concatenate([R[np.ix_(rows, _spread(R.shape[1]))], b[rows, None], *ends], axis=1)
    keys = _quotients(picked, scale) if multiples else picked
    places = [hash(row.tobytes()) for row in np.packbits(used, axis=1)]
    if not is_float(R):
        return list(zip(places, map(tuple, keys.tolist()), strict=True))
    return [(p, row.tobytes()) for p, row in zip(places, as_float64(keys) + 0.0, strict=True)]


@cache
def _spread(count: int) -> Rows:
    """A few of so many columns, first and last among them."""
    return np.unique(np.linspace(0, count - 1, _SAMPLE).astype(np.int64))


def _regroup(
    R: Exact, b: Exact, rows: Rows, positions: Rows, scale: Exact, *, multiples: bool
) -> list[Rows]:
    """Groups of `positions` by the key of the whole row, hashed; others may share a group."""
    whole: list[int] = []
    for some in np.split(positions, range(_ROWS, positions.size, _ROWS)):
        picked = np.concatenate([R[rows[some]], b[rows[some], None]], axis=1)
        keys = _quotients(picked, scale[some]) if multiples else picked
        if is_float(R):
            whole += [hash(row.tobytes()) for row in as_float64(keys) + 0.0]
        else:
            whole += [hash(tuple(row)) for row in keys.tolist()]
    return [positions[group] for group in _groups(whole)]


def _quotients(rows: Exact, scale: Exact) -> Exact:
    if not is_float(rows):
        return np.asarray(rows / scale[:, None], dtype=object)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(as_float64(rows) / as_float64(scale)[:, None])


def _groups(keys: list[Any]) -> list[Rows]:
    """Positions with equal keys, groups in the order of their first position."""
    found: dict[Any, list[int]] = {}
    for position, key in enumerate(keys):
        found.setdefault(key, []).append(position)
    return [np.array(group, dtype=np.int64) for group in found.values()]


def _confirm(
    R: Exact, b: Exact, rows: Rows, pivots: Rows, *, multiples: bool
) -> list[list[tuple[int, fmpq]]]:
    """The classes among rows that share a key, by exact comparison with a first row."""
    classes = []
    while rows.size:
        first, pivot = int(rows[0]), int(pivots[0])
        leads = np.full(rows.size, first), np.full(rows.size, pivot)
        same = (pivots == pivot) & multiples_of(R, b, rows, *leads)
        lead = entry(R, first, pivot)
        ratios = _ratios(R, rows[same], pivot)
        if not multiples:
            same &= np.array([entry(R, int(v), pivot) == lead for v in rows])
            ratios = [(v, ratio) for v, ratio in ratios if ratio == 1]
        classes.append(ratios)
        rows, pivots = rows[~same], pivots[~same]
    return classes


def multiples_of(
    R: Exact, b: Exact, rows: Rows, firsts: Rows, pivots: Rows
) -> npt.NDArray[np.bool_]:
    """Which `rows` of (R | b) are the multiple of their row in `firsts` that pivots say.

    Decided by cross products R[v, j] R[first, pivot] = R[first, j] R[v, pivot]; a
    negative multiple is no multiple.
    """
    left = np.concatenate([R[rows], b[rows, None]], axis=1)
    right = np.concatenate([R[firsts], b[firsts, None]], axis=1)
    leads, lead = R[rows, pivots][:, None], R[firsts, pivots][:, None]
    if is_float(R) and is_float(b):
        return _float_cross(left, right, lead, leads)
    signs = (leads[:, 0] > 0) == (lead[:, 0] > 0)
    same = (left * lead == right * leads).all(axis=1)
    return np.asarray(same & signs, dtype=bool)


def _float_cross(left: Exact, right: Exact, lead: Exact, leads: Exact) -> npt.NDArray[np.bool_]:
    signs = (leads[:, 0] > 0) == (lead[:, 0] > 0)
    a, c, d, e = (as_float64(part) for part in (left, lead, right, leads))
    if floats.product_is_easy(left, right) and floats.product_is_easy(leads, leads):
        return np.asarray((a * c == d * e).all(axis=1) & signs, dtype=bool)
    ratio, off = floats.inexact_quotient(e, c)
    if not off.any():  # then one product says as much as two
        p, rounded = floats.inexact_product(d, ratio)
        if not rounded.any():
            return np.asarray((p == a).all(axis=1) & signs, dtype=bool)
    safe = np.ones(a.shape, dtype=bool)
    for factor in (a, c, d, e):
        safe &= floats.in_range(factor)
    with np.errstate(over="ignore", invalid="ignore"):
        p, q = a * c, d * e
        errors = floats.two_product_error(a, c, p) == floats.two_product_error(d, e, q)
    same = np.asarray(((p == q) & errors).all(axis=1) & signs, dtype=bool)
    for i in np.flatnonzero(~safe.all(axis=1)):
        cross = rationals(a[i]) * rationals(c[i]) == rationals(d[i]) * rationals(e[i])
        same[i] = bool(np.all(cross)) and bool(signs[i])
    return same
