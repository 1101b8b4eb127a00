"""The parts into which a tree of cuts divides a box: they cover it.

Why. Both halves have the end at which a range is cut, whichever float that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.leaf import Interval
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices
    from lumpver.nearness.twin import Twin


def parts(low: Floats, high: Floats, tree: Indices, most: int) -> Iterator[tuple[Floats, Floats]]:
    """The ends of all parts, a row for each, so many at once at most.

    Raises
    ------
    Malformed
        If an entry is cut that is not there.

    Examples
    --------
    >>> low, high = np.zeros(2), np.ones(2)
    >>> [lower.tolist() for lower, _ in parts(low, high, np.array([2, 0, 1, 0, 0]), 9)]
    [[[0.0, 0.0], [0.0, 0.5], [0.5, 0.5]]]
    """
    waiting, found = [(low, high)], list[tuple["Floats", "Floats"]]()
    for cut in tree.tolist():
        part = waiting.pop()
        if cut:
            one, other = halves(*part, cut - 1)
            waiting += [other, one]
            continue
        found.append(part)
        if len(found) == most or not waiting:
            yield np.stack([ends[0] for ends in found]), np.stack([ends[1] for ends in found])
            found = []


def halves(
    low: Floats, high: Floats, entry: int
) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Both halves of a box, cut in the middle of an entry's range."""
    if not 0 <= entry < low.size:
        raise Malformed("cuts", expected=f"1 to {low.size} for an entry", got=str(entry + 1))
    middle = min(max(low[entry] / 2 + high[entry] / 2, low[entry]), high[entry])
    below, above = high.copy(), low.copy()
    below[entry] = above[entry] = middle
    return (low, below), (above, high)


def ends(twin: Twin, box: Mapping[str, Interval]) -> tuple[Floats, Floats]:
    """The least and largest numbers of all entries of the inputs, one input after the other.

    Raises
    ------
    Malformed
        If an entry has none.
    """
    for name in twin.inputs:
        size = twin.plan.size(name)
        known = box.get(name)
        if known is None or known.lower.size != size or not np.isfinite(known.size).all():
            raise Malformed(f"box for {name}", expected=f"{size} ranges with ends", got="others")
    low = [np.zeros(0)] + [box[name].lower for name in twin.inputs]
    high = [np.zeros(0)] + [box[name].upper for name in twin.inputs]
    return np.concatenate(low), np.concatenate(high)


def inputs(twin: Twin, low: Floats, high: Floats) -> dict[str, Interval]:
    """The ranges of each input in so many parts."""
    cuts = np.cumsum([twin.plan.size(name) for name in twin.inputs])[:-1]
    both = (np.split(x, cuts, axis=1) for x in (low, high))
    return {n: Interval(x, y) for n, x, y in zip(twin.inputs, *both, strict=True)}
