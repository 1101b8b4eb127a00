"""Units in heads: where a Reshape parts them, and what relabels them all alike.

head: so many units that follow each other; unit h n + v of all is unit v in head h of n units
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import equal
from lumpver.model.rearrange import Rearrange, rearranged, same_product
from lumpver.model.relabelling import Mixed, Relabelling, spread
from lumpver.model.spread import Spread

if TYPE_CHECKING:
    from lumpver.model.tensor import Shape


def split_axis(node: Rearrange, shape: Shape, axis: int) -> tuple[int, int] | None:
    """The axis of the output that units lie along head by head, and how many heads there are.

    Unit h n + v of the input is unit v in head h; heads follow each other in an axis ahead, which
    they may share with other axes. None where that is not certain, or there are no two.

    Examples
    --------
    >>> split_axis(Rearrange("r", "x", "y", "Reshape", (0, 0, 3, 4)), ("N", "T", 12), -1)
    (-1, 3)
    >>> split_axis(Rearrange("r", "x", "y", "Reshape", (0, 0, 12)), ("N", "T", 3, 4), -1) is None
    True
    """
    if shape is None or len(shape) < -axis or node.operator != "Reshape":
        return None
    target, place = rearranged(node, shape) or (), len(shape) + axis
    units, behind = shape[place], tuple(shape[place + 1 :])
    found = [
        (size, i - len(target))
        for i, size in enumerate(target)
        if isinstance(units, int) and isinstance(size, int) and 0 < size < units
        if units % size == 0 and same_product(behind, tuple(target[i + 1 :]))
    ]
    if not found or not isinstance(units, int):
        return None
    size, end = max(found)
    return end, units // size


def folded(given: Relabelling, copies: int) -> Relabelling | None:
    """The M and k of which `given` is so many copies, I (x) M; None if it is not.

    Examples
    --------
    >>> from lumpver.exact.array import array, zeros
    >>> merged = Relabelling(np.array([0, 0]), array([1, 2]), zeros(2), 1)
    >>> folded(spread(merged, Spread(copies=3)), 3).scale.tolist()
    [1.0, 2.0]
    >>> folded(merged, 2) is None
    True
    """
    counts = (given.units, given.width, given.ghosts)
    if any(count % copies for count in counts):
        return None
    n, width, ghosts = (count // copies for count in counts)
    place = np.full(given.columns + 1, -1, dtype=np.int64)
    place[:width] = np.arange(width)
    place[given.width : given.width + ghosts] = np.arange(width, width + ghosts)
    block, mixed = place[given.block[:n]], given.mixed.where(given.mixed.unit < n)
    off = place[given.off]
    if (block < 0)[given.block[:n] >= 0].any() or (place[mixed.block] < 0).any():
        return None
    several = Mixed(mixed.unit, place[mixed.block], mixed.scale)
    found = Relabelling(
        block, given.scale[:n], given.constant[:n], width, ghosts, several, off[off >= 0]
    )
    return found if _same(spread(found, Spread(copies=copies)), given) else None


def _same(a: Relabelling, b: Relabelling) -> bool:
    """Whether both have the same rows, over as many columns."""
    pairs = [(a.block, b.block), (a.off, b.off)]
    pairs += [(a.mixed.unit, b.mixed.unit), (a.mixed.block, b.mixed.block)]
    exact = [(a.scale, b.scale), (a.constant, b.constant), (a.mixed.scale, b.mixed.scale)]
    return (
        (a.width, a.ghosts) == (b.width, b.ghosts)
        and all(np.array_equal(*pair) for pair in pairs)
        and all(x.shape == y.shape and bool(equal(x, y).all()) for x, y in exact)
    )
