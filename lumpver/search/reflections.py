"""Whether units reflect each other: rows that are negative multiples of each other, at a glance.

Rows that are such have entries in the same places, and the same ratios but for rounding; no more
is asked here, since forms tell exactly what cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import Exact, as_float64, is_float, negative, nonzero, positive
from lumpver.model.linear import first_matrix
from lumpver.model.network import Pointwise
from lumpver.model.normalization import scaling
from lumpver.model.segments import aggregate
from lumpver.model.several import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.model.network import Network, Segment
    from lumpver.model.relabelling import Indices

_SAMPLE: Final = 8  # columns that are compared


def reflects(segments: Iterable[Segment]) -> bool:
    """Whether two units of one of these runs may be negative multiples of each other.

    That none are is certain; that some are is for others to find out.
    """
    return any(
        first_matrix(segment.nodes) is not None
        and scaling(segment) is None
        and _any_reflected(*aggregate(segment, None, 0))
        for segment in segments
    )


def passes(network: Network, segments: Iterable[Segment]) -> bool:
    """Whether of what one of these runs makes no unit ever switches, by the signs of its weights.

    That is where an activation has made what it reads, never negative, and each row has one sign.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> layers = [([[1], [-2]], [1, 0]), ([[1, 0], [-1, -1]], None), ([[1, 1]], None)]
    >>> network = Network.from_layers(layers)
    >>> [passes(network, [run]) for run in network.segments]
    [False, True, True]
    """
    for segment in segments:
        before = network.producers.get(segment.input)
        if not isinstance(before, Pointwise) or scaling(segment) is not None:
            continue
        if not all(function.nonnegative for function in kinds(before.activation)):
            continue
        if first_matrix(segment.nodes) is not None and _of_one_sign(*aggregate(segment, None, 0)):
            return True
    return False


def _of_one_sign(W: Exact, b: Exact) -> bool:
    """Whether no row of (W | b) has entries of both signs; most that has some shows it early."""
    for start, end in ((0, 1), (1, None)):
        some, beside = W[start:end], b[start:end]
        up, down = (sign(some).any(axis=1) | sign(beside) for sign in (positive, negative))
        if (up & down).any():
            return False
    return True


def _any_reflected(W: Exact, b: Exact) -> bool:
    """Whether two rows of (W | b) look like multiples of each other, by either sign.

    Examples
    --------
    >>> rows = np.array([[1.0, 2.0, 0.0], [-3.0, -6.0, 0.0], [1.0, 0.0, 2.0]])
    >>> _any_reflected(rows, np.zeros(3)), _any_reflected(rows, np.array([0.0, 1.0, 0.0]))
    (True, False)
    """
    if not (is_float(W) and is_float(b)):
        return True
    doubtful = _doubtful(W)
    if doubtful.size < 2:
        return False
    used = nonzero(W[doubtful])
    moves = used.any(axis=1)
    used, moving = used[moves], doubtful[moves]
    if moving.size < 2:
        return False
    lead = as_float64(W[moving, np.argmax(used, axis=1)])[:, None]
    last = used.shape[1] - 1 - np.argmax(used[:, ::-1], axis=1)
    some = np.linspace(0, used.shape[1] - 1, min(_SAMPLE, used.shape[1])).astype(np.int64)
    parts = (W[np.ix_(moving, some)], W[moving, last][:, None], b[moving][:, None])
    with np.errstate(over="ignore", under="ignore"):
        keys = np.concatenate([as_float64(part) / lead for part in parts], axis=1) + 0.0
    places = np.packbits(used, axis=1)
    seen = {(place.tobytes(), key.tobytes()) for place, key in zip(places, keys, strict=True)}
    return len(seen) < moving.size


def _doubtful(W: Exact) -> Indices:
    """The rows that in two columns have the ratio that another row has, or none."""
    rows, count = W.shape
    if rows < 2 or count < 2:
        return np.arange(rows)
    above, below = (as_float64(W[:, (i * count) // 3]) for i in (1, 2))
    with np.errstate(all="ignore"):
        ratio = above / below
    ratio = np.where(np.isfinite(ratio) & (above != 0), ratio, 0.0)
    order = np.argsort(ratio, kind="stable")
    same = np.diff(ratio[order]) == 0
    return np.sort(order[np.append(same, False) | np.append(False, same)])
