"""Which rows of a matrix are positive multiples of each other, exactly.

A correctly rounded quotient depends only on the exact one, so proportional rows have
equal float quotients by their pivot: grouping on them separates no two that belong
together. What it may throw together wrongly, exact cross products part again.

pivot: the first non-zero entry of a row
key: the row divided by the magnitude of its pivot, rounded
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from flint import fmpq

from lumpver.exact import floats
from lumpver.exact.array import Exact, as_float64, entry, is_float, nonzero, rationals

Rows = npt.NDArray[np.int64]
_SAMPLE = 8


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
    pivots = np.argmax(nonzero(R[candidates]), axis=1)
    scale = np.abs(R[candidates, pivots])
    suspects = _groups(_sample_keys(R, b, candidates, pivots, scale, multiples=multiples))
    classes: list[list[tuple[int, fmpq]]] = []
    for positions in suspects:
        if positions.size == 1:
            classes.append([(int(candidates[positions[0]]), fmpq(1))])
            continue
        for group in _regroup(R, b, candidates, positions, scale, multiples=multiples):
            rows = candidates[group]
            classes += _confirm(R, b, rows, pivots[group], multiples=multiples)
    return sorted(classes, key=lambda members: members[0][0])


def _sample_keys(
    R: Exact, b: Exact, rows: Rows, pivots: Rows, scale: Exact, *, multiples: bool
) -> list[Any]:
    """A short key per row: pivot, its sign, the bias and a few columns."""
    columns = np.unique(np.linspace(0, R.shape[1] - 1, _SAMPLE).astype(np.int64))
    picked = np.concatenate(
        [R[np.ix_(rows, columns)], b[rows, None], R[rows, pivots][:, None]], axis=1
    )
    keys = _quotients(picked, scale) if multiples else picked
    if not is_float(R):
        return [(int(p), *row) for p, row in zip(pivots, keys.tolist(), strict=True)]
    table = np.concatenate([as_float64(keys) + 0.0, pivots[:, None].astype(np.float64)], 1)
    return [row.tobytes() for row in table]


def _regroup(
    R: Exact, b: Exact, rows: Rows, positions: Rows, scale: Exact, *, multiples: bool
) -> list[Rows]:
    """Groups of `positions` by the key of the whole row."""
    picked = np.concatenate([R[rows[positions]], b[rows[positions], None]], axis=1)
    keys = _quotients(picked, scale[positions]) if multiples else picked
    if is_float(R):
        whole: list[Any] = [row.tobytes() for row in as_float64(keys) + 0.0]
    else:
        whole = [tuple(row) for row in keys.tolist()]
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
        same = (pivots == pivot) & multiples_of(R, b, rows, first, pivot)
        lead = entry(R, first, pivot)
        ratios = [(int(v), entry(R, int(v), pivot) / lead) for v in rows[same]]
        if not multiples:
            same &= np.array([entry(R, int(v), pivot) == lead for v in rows])
            ratios = [(v, ratio) for v, ratio in ratios if ratio == 1]
        classes.append(ratios)
        rows, pivots = rows[~same], pivots[~same]
    return classes


def multiples_of(R: Exact, b: Exact, rows: Rows, first: int, pivot: int) -> npt.NDArray[np.bool_]:
    """Which `rows` of (R | b) are the multiple of row `first` that their pivots say.

    Decided by cross products R[v, j] R[first, pivot] = R[first, j] R[v, pivot]; a
    negative multiple is no multiple.
    """
    left = np.concatenate([R[rows], b[rows, None]], axis=1)
    right = np.append(R[first], b[first])[None, :]
    lead, leads = R[first, pivot], R[rows, pivot][:, None]
    if is_float(R) and is_float(b):
        return _float_cross(left, right, lead, leads)
    signs = (leads[:, 0] > 0) == (lead > 0)
    same = (left * lead == right * leads).all(axis=1)
    return np.asarray(same & signs, dtype=bool)


def _float_cross(left: Exact, right: Exact, lead: Any, leads: Exact) -> npt.NDArray[np.bool_]:
    signs = (leads[:, 0] > 0) == (lead > 0)
    wide = [as_float64(part) for part in (left, np.full_like(leads, lead), right, leads)]
    a, c, d, e = np.broadcast_arrays(*wide)
    p, q = a * c, d * e
    if floats.product_is_easy(left, right) and floats.product_is_easy(leads, leads):
        return np.asarray((p == q).all(axis=1) & signs, dtype=bool)
    safe = np.ones(a.shape, dtype=bool)
    for factor in wide:
        safe &= floats.in_range(factor)
    with np.errstate(over="ignore", invalid="ignore"):
        errors = floats.two_product_error(a, c, p) == floats.two_product_error(d, e, q)
    same = np.asarray(((p == q) & errors).all(axis=1) & signs, dtype=bool)
    for i in np.flatnonzero(~safe.all(axis=1)):
        cross = rationals(a[i]) * rationals(c[i]) == rationals(d[i]) * rationals(e[i])
        same[i] = bool(np.all(cross)) and bool(signs[i])
    return same
