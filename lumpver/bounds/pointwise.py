"""Activations between two lines: for entries between given bounds, in floats, rounded outward.

Statement. low_slope h + low <= A(h) <= high_slope h + high for every h from low to up.
Why. Where one piece of A holds from low to up, both lines are that piece. Where two pieces meet
between low and up, A is above both, or below both (convex or concave): the chord through its ends
is on one side, any line through the bend with a slope between the pieces' on the other. Else
the least and the largest value of A.
Premises. A is continuous where it has more than one piece; low and up hold.

Where entries have activations of their own, each is what its own says.

bend: where two pieces meet
lean: how the line through the bend is chosen, from 0 to 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from flint import fmpq

from lumpver.bounds import curve
from lumpver.bounds.steps import Bent, Each
from lumpver.exact.outward import UNIT, above, below, lowered, nearest, raised
from lumpver.model.functions import Pieces
from lumpver.model.several import common, kinds, laid_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats
    from lumpver.model.activations import Activation
    from lumpver.model.functions import Range
    from lumpver.model.network import Pointwise
    from lumpver.model.relabelling import Indices, Mask

    Given = Activation | Each

_STEEP: Final = 8.0
_TINY: Final = 2.0**-700  # more than 2^-1074, a slope's error, times any bound
_OFF: Final = 16 * UNIT


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """For each entry a line below and a line above the activation."""

    low_slope: Floats
    low: Floats
    high_slope: Floats
    high: Floats

    def with_rows(self, at: Indices, other: Lines, count: int) -> Lines:
        """So many rows of these lines, with others at some entries, a row after the other."""
        ours = (self.low_slope, self.low, self.high_slope, self.high)
        theirs = (other.low_slope, other.low, other.high_slope, other.high)
        made = [np.tile(ends, (count, 1)) for ends in ours]
        for whole, some in zip(made, theirs, strict=True):
            whole[:, at] = some.reshape(count, -1)
        return Lines(*made)


def step(node: Pointwise, shape: tuple[int, ...]) -> Bent:
    """What the node does to a tensor of this shape."""
    return Bent(node.input, by_entry(node, shape))


def by_entry(node: Pointwise, shape: tuple[int, ...]) -> Given:
    """The activation of all entries of a tensor of this shape, or each entry's own.

    Raises
    ------
    ShapeMismatch
        If each unit has its own, and there are not as many.
    """
    alone = common(node.activation)
    if alone is not None:
        return alone
    some = kinds(node.activation)
    places = {function: place for place, function in enumerate(some)}
    which = [places[function] for function in laid_out(node.activation, shape)]
    return Each(some, np.array(which, dtype=np.int64))


def some(given: Given, at: Indices) -> Given:
    """The activations of some entries."""
    return Each(given.kinds, given.which[at]) if isinstance(given, Each) else given


def _apart(make: Callable[..., Any], given: Given, low: Floats, *ends: Floats | None) -> Any:
    """What is made of each activation and its entries, those of one sample after another."""
    if not isinstance(given, Each):
        return make(given, low, *ends)
    which, found = np.resize(given.which, low.size), None
    for place, function in enumerate(given.kinds):
        at = np.flatnonzero(which == place)
        parts = (None if end is None else end[at] for end in ends)
        made = np.asarray(make(function, low[at], *parts))
        found = np.zeros((*made.shape[:-1], low.size), made.dtype) if found is None else found
        found[..., at] = made
    return found


def undecided(given: Given, low: Floats, up: Floats) -> Mask:
    """Entries between whose bounds more than one piece of the activation holds."""
    return np.asarray(_apart(_undecided, given, low, up))


def _undecided(function: Activation, low: Floats, up: Floats) -> Mask:
    pieces = function.mapping
    if not isinstance(pieces, Pieces):
        return np.ones(low.size, dtype=bool)
    first, last = piece_places(pieces, low, up)
    return np.asarray(first != last)


def piece_places(pieces: Pieces, low: Floats, up: Floats) -> tuple[Exact, Exact]:
    """The first and the last piece that holds between the bounds; where pieces meet, either."""
    ups = np.array([above(bend) for bend in pieces.bends])
    downs = np.array([below(bend) for bend in pieces.bends])
    if pieces.meets:
        first = np.searchsorted(ups, low, side="right")
        last = np.searchsorted(downs, up, side="left")
    else:  # a value of its own at a bend: it belongs to neither
        first = np.searchsorted(downs, low, side="left")
        last = np.searchsorted(ups, up, side="right")
    return first, np.maximum(first, last)


def lines(given: Given, low: Floats, up: Floats, lean: Floats | None = None) -> Lines:
    """Lines below and above the activation, for entries from low to up, all finite.

    `lean` chooses the slope of the line through a bend, 0 the first piece's; without it that
    which leaves the smaller gap, with a ramp from one to the other, so that it is continuous.
    """
    return Lines(*_apart(_lines, given, low, up, lean))


def _lines(
    function: Activation, low: Floats, up: Floats, lean: Floats | None
) -> tuple[Floats, Floats, Floats, Floats]:
    pieces = function.mapping
    if not isinstance(pieces, Pieces):
        return _flat(*_ends(function, low, up))
    first, last = piece_places(pieces, low, up)
    slopes, shifts, _, exact = _numbers(pieces)
    size = np.maximum(np.abs(low), np.abs(up))
    off = _OFF * (np.abs(slopes[first]) * size + np.abs(shifts[first])) + _TINY
    off = np.where(exact[first], 0.0, off)
    a, c = slopes[first], shifts[first]
    made = Lines(a.copy(), c - off, a.copy(), c + off)
    two = np.flatnonzero(last == first + 1) if pieces.meets else np.zeros(0, dtype=np.int64)
    many = np.flatnonzero(last > first + (1 if pieces.meets else 0))
    if two.size:
        _bend(made, pieces, two, first[two], low[two], up[two], None if lean is None else lean[two])
    if many.size:
        least, most = _ends(function, low[many], up[many])
        made.low_slope[many], made.low[many] = 0.0, least
        made.high_slope[many], made.high[many] = 0.0, most
        if pieces.meets:
            _hull(made, pieces, many, first[many], last[many], low[many], up[many])
    return made.low_slope, made.low, made.high_slope, made.high


def _hull(
    made: Lines, pieces: Pieces, at: Exact, first: Exact, last: Exact, low: Floats, up: Floats
) -> None:
    """Slanted lines of entries where more pieces hold, where those are nearer in the middle.

    A piecewise linear function less a line is least and largest at bends and ends: whatever the
    slope is, these say how high the line has to be.
    """
    slopes, shifts, bends, _ = _numbers(pieces)
    starts, ends = slopes[first] * low + shifts[first], slopes[last] * up + shifts[last]
    at_bends = slopes[:-1] * bends + shifts[:-1]
    inside = (np.arange(bends.size) >= first[:, None]) & (np.arange(bends.size) < last[:, None])
    corners = np.where(inside, bends, low[:, None]).T
    values = np.where(inside, at_bends, starts[:, None]).T
    corners, values = np.vstack([corners, low, up]), np.vstack([values, starts, ends])
    steep, size = np.abs(slopes).max(), np.maximum(np.abs(low), np.abs(up))
    rising = (ends - at_bends[first]) / (up - bends[first])
    falling = (at_bends[last - 1] - starts) / (bends[last - 1] - low)
    middle = low / 2 + up / 2
    off = _OFF * (3 * steep * size + 2 * np.abs(shifts).max()) + (1 + steep) * _TINY
    for way, tried in ((1.0, rising), (1.0, falling), (-1.0, rising), (-1.0, falling)):
        slope = np.clip(np.nan_to_num(tried), -steep, steep)
        height = way * (np.min(way * (values - slope * corners), axis=0) - off)
        flat = made.low if way > 0 else made.high
        slant = made.low_slope if way > 0 else made.high_slope
        nearer = way * (slope * middle + height) > way * (slant[at] * middle + flat[at])
        flat[at], slant[at] = np.where(nearer, (height, slope), (flat[at], slant[at]))


def _numbers(pieces: Pieces) -> tuple[Floats, Floats, Floats, Mask]:
    """The slopes and constants of the pieces, the bends, and which pieces nothing is rounded of."""
    slopes, shifts = [line.slope for line in pieces.lines], [x.constant for x in pieces.lines]
    exact = [
        below(slope) == above(slope) and below(shift) == above(shift)
        for slope, shift in zip(slopes, shifts, strict=True)
    ]
    a, c, bends = (nearest(np.array(x, dtype=object)) for x in (slopes, shifts, pieces.bends))
    return a, c, bends, np.array(exact, dtype=bool)


def _bend(
    made: Lines,
    pieces: Pieces,
    at: Exact,
    first: Exact,
    low: Floats,
    up: Floats,
    lean: Floats | None,
) -> None:
    """The lines of entries where two pieces hold, the chord and the one through the bend."""
    slopes, shifts, bends, exact = _numbers(pieces)
    a, b, beta = slopes[first], slopes[first + 1], bends[first]
    size = np.maximum(np.abs(low), np.abs(up))
    width = up - low
    chord = a + (b - a) * np.clip((up - beta) / width, 0.0, 1.0)
    steep = np.maximum(np.abs(a), np.abs(b))
    off = _OFF * (3 * steep * size + np.abs(shifts[first]) + np.abs(shifts[first + 1]))
    off = off + (1 + steep) * _TINY
    ends = (a - chord) * low + shifts[first], (b - chord) * up + shifts[first + 1]
    if lean is None:
        lean = np.clip(_STEEP * (up + low - 2 * beta) / width + 0.5, 0.0, 1.0)
    through = np.clip(a + (b - a) * lean, np.minimum(a, b), np.maximum(a, b))
    at_bend = (a - through) * beta + shifts[first]
    simple = (beta == 0) & (shifts[first] == 0) & exact[first] & exact[first + 1]
    off_bend = np.where(simple & (low <= 0) & (up >= 0), 0.0, off)
    convex = a <= b
    outer = np.where(convex, np.maximum(*ends) + off, np.minimum(*ends) - off)
    outer = np.where(convex, raised(outer), lowered(outer))
    made.low_slope[at] = np.where(convex, through, chord)
    made.low[at] = np.where(convex, at_bend - off_bend, outer)
    made.high_slope[at] = np.where(convex, chord, through)
    made.high[at] = np.where(convex, outer, at_bend + off_bend)


def _ends(function: Activation, low: Floats, up: Floats) -> tuple[Floats, Floats]:
    """The least and the largest value for each entry, or infinities."""
    found = [_image(function, *ends) for ends in zip(low.tolist(), up.tolist(), strict=True)]
    least, most = zip(*found, strict=True) if found else ((), ())
    return np.array(least, dtype=np.float64), np.array(most, dtype=np.float64)


def _image(function: Activation, low: float, up: float) -> tuple[float, float]:
    start, end = (fmpq(*x.as_integer_ratio()) if np.isfinite(x) else None for x in (low, up))
    mapping = function.mapping
    if isinstance(mapping, Pieces):
        return outside(mapping.image(start, end))
    return outside(curve.image(mapping, function.bounds, start, end))


def outside(ends: Range) -> tuple[float, float]:
    """The two numbers in floats, rounded outward; infinities where there is none."""
    start, end = ends
    return -np.inf if start is None else below(start), np.inf if end is None else above(end)


def _flat(least: Floats, most: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    nothing = np.zeros(least.size)
    return nothing, least, nothing.copy(), most


def image(given: Given, low: Floats, up: Floats) -> tuple[Floats, Floats]:
    """The least and the largest value of the activation from low to up, for each entry."""
    least, most = _apart(_images, given, low, up)
    return least, most


def _images(function: Activation, low: Floats, up: Floats) -> tuple[Floats, Floats]:
    pieces = function.mapping
    if not isinstance(pieces, Pieces) or not pieces.meets:
        return _ends(function, low, up)
    slopes, shifts, bends, exact = _numbers(pieces)
    first, last = piece_places(pieces, low, up)
    plain = not shifts.any() and set(slopes.tolist()) <= {0.0, 1.0, -1.0}
    rest = (last > first + 1) | (~(np.isfinite(low) & np.isfinite(up)) & ~np.asarray(plain))
    if not exact.all() or rest.all():
        return _ends(function, low, up)
    starts, ends = slopes[first] * low + shifts[first], slopes[last] * up + shifts[last]
    starts, ends = (np.where(np.isnan(x), shifts[i], x) for x, i in ((starts, first), (ends, last)))
    least, most = np.minimum(starts, ends), np.maximum(starts, ends)
    bends = np.append(bends, 0.0)
    at_bend = np.where(last > first, slopes[first] * bends[first] + shifts[first], least)
    least, most = np.minimum(least, at_bend), np.maximum(most, at_bend)
    if not plain:  # else nothing is rounded
        size = np.abs(slopes).max() * np.maximum(np.abs(low), np.abs(up)) + np.abs(shifts).max()
        off = _OFF * size + (1 + np.abs(slopes).max()) * _TINY
        least, most = least - off, most + off
    if rest.any():
        least[rest], most[rest] = _ends(function, low[rest], up[rest])
    return least, most
