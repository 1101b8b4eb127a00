"""Boxes of the inputs of two networks, one input after the other, and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.leaf import Interval
from lumpver.claim.trees import leaves, middle
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices
    from lumpver.nearness.twin import Twin

    Ends = tuple[Floats, Floats]


def parts(low: Floats, high: Floats, tree: Indices, most: int) -> Iterator[Ends]:
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
    found: list[Ends] = []
    for part in leaves((low, high), tree.tolist(), halves):
        found.append(part)
        if len(found) == most:
            yield _stacked(found)
            found = []
    if found:
        yield _stacked(found)


def _stacked(found: list[Ends]) -> Ends:
    return np.stack([low for low, _ in found]), np.stack([high for _, high in found])


def halves(part: Ends, entry: int) -> tuple[Ends, Ends]:
    """Both halves of a box, cut in the middle of an entry's range."""
    low, high = part
    if not 0 <= entry < low.size:
        raise Malformed("cuts", expected=f"1 to {low.size} for an entry", got=str(entry + 1))
    below, above = high.copy(), low.copy()
    below[entry] = above[entry] = middle(low[entry], high[entry])
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
