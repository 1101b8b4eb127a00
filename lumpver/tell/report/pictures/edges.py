"""Edges: the weights between two stations, drawn by magnitude, labelled where there are few.

A line is broken where a label stands, so that every number can be read and is in its line.
Where there are too many weights the largest are drawn; where units are not shown one by
one, a band is.

magnitude: the absolute value over the largest one between the same two stations
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import as_float64, is_float, nonzero, rationals
from lumpver.model.linear import mixes, taps_of
from lumpver.model.normalization import rational
from lumpver.model.segments import aggregate
from lumpver.model.weights import columns, rows
from lumpver.tell.report.pictures.drawing import INK, Label, Lines, Style
from lumpver.tell.report.pictures.labels import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from flint import fmpq

    from lumpver.exact.array import Exact
    from lumpver.model.network import Segment
    from lumpver.tell.report.pictures.drawing import Point

MOST_LABELS: Final = 12
MOST_INNER: Final = 256
SIZE: Final = 9.0
_STEPS: Final = ((0.25, 0.5, 0.3), (0.5, 0.8, 0.45), (0.75, 1.1, 0.65), (1.0, 1.5, 0.85))
_PLACES: Final = (0.5, 0.38, 0.62, 0.28, 0.72, 0.2, 0.8, 0.44, 0.56, 0.33, 0.67, 0.15, 0.85)

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The weights of a segment that are not 0: target and source units, and magnitudes.

    `left_out` of them are too many to draw. Where there are few, each has its text, and
    each target unit that of its bias, empty for 0.
    """

    targets: npt.NDArray[np.int64]
    sources: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.float64]
    texts: tuple[str, ...] = ()
    biases: tuple[str, ...] = ()
    left_out: int = 0


def weights(segment: Segment, units: int, width: int, most: int) -> Weights | None:
    """The largest `most` weights of a segment between `units` and `width` shown units.

    All taps of a kernel between two units are one, without its numbers.
    None where it does not have these, or multiplying it out would take long.
    """
    sizes = _sizes(segment, units)
    matrices = sum(map(mixes, segment.nodes))
    if sizes is None or sizes[-1] != width or (matrices > 1 and max(sizes) > MOST_INNER):
        return None
    W, b = aggregate(rational(segment), None, units)
    targets, sources = np.nonzero(nonzero(W))
    chosen = W[targets, sources]
    magnitudes, taps = _magnitudes(chosen), taps_of(segment.nodes)
    if taps > 1:
        targets, sources, magnitudes = _largest(targets, sources // taps, magnitudes)
    elif targets.size <= MOST_LABELS and most >= MOST_LABELS:
        texts = tuple(number(value) for value in rationals(chosen))
        return Weights(targets, sources, magnitudes, texts, tuple(map(_bias, rationals(b))))
    keep = np.sort(np.argsort(-magnitudes, kind="stable")[:most])
    left_out = targets.size - keep.size
    return Weights(targets[keep], sources[keep], magnitudes[keep], left_out=left_out)


def _largest(
    targets: npt.NDArray[np.int64], sources: npt.NDArray[np.int64], sizes: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """The taps between two units as one weight, as large as the largest."""
    if not targets.size:
        return targets, sources, sizes
    found = np.zeros((targets.max() + 1, sources.max() + 1))
    np.maximum.at(found, (targets, sources), sizes)
    targets, sources = np.nonzero(found)
    return targets, sources, found[targets, sources]


def _sizes(segment: Segment, units: int) -> list[int] | None:
    """How many units there are after each node; None where the nodes do not fit."""
    found = [units]
    for node in segment.nodes:
        read, made = columns(node.weights), rows(node.weights)
        if read not in {None, found[-1]}:
            return None
        found.append(found[-1] if made is None else made)
        if node.b is not None and node.b.shape[0] != found[-1]:
            return None
    return found


def _bias(value: fmpq) -> str:
    if value == 0:
        return ""
    shown = number(value)
    return shown if value < 0 else f"+{shown}".replace("+≈", "≈+")


def _magnitudes(chosen: Exact) -> npt.NDArray[np.float64]:
    """For the eye only: rounded."""
    if not chosen.size:
        return np.zeros(0)
    if is_float(chosen):
        sizes = np.abs(as_float64(chosen))
        return np.asarray(sizes / sizes.max(), dtype=np.float64)
    sizes = np.abs(rationals(chosen))
    largest = sizes.max()
    ratios = [value / largest for value in sizes]
    return np.array([int(ratio.p) / int(ratio.q) for ratio in ratios])


def lines_of(
    found: Weights, starts: Sequence[Point], ends: Sequence[Point]
) -> list[tuple[Point, Point]]:
    """The line of each weight."""
    pairs = zip(found.targets.tolist(), found.sources.tolist(), strict=True)
    return [(starts[u], ends[v]) for v, u in pairs]


def edges(
    found: Weights, lines: Sequence[tuple[Point, Point]], holes: Sequence[Bounds] = ()
) -> list[Lines]:
    """The lines, by magnitude, except where there are holes."""
    marks: list[Lines] = []
    low, thin = 0.0, 1.0 if len(lines) < 40 else 0.7 if len(lines) < 160 else 0.5
    for high, width, opacity in _STEPS:
        chosen = np.flatnonzero((found.sizes > low) & (found.sizes <= high))
        if low == 0.0:
            chosen = np.flatnonzero(found.sizes <= high)
        low = high
        paths = tuple(part for i in chosen.tolist() for part in broken(lines[i], holes))
        if paths:
            shade = max(opacity, 0.4) if found.texts else opacity * sqrt(thin)
            marks.append(Lines(paths, Style(None, INK, width * thin, shade)))
    return marks


def room(found: Weights | None) -> float:
    """How far apart two columns should stand with these weights between them."""
    if found is None:
        return 46.0
    if not found.texts:
        return 70.0 if found.targets.size < 400 else 110.0
    return 44.0 + max(len(text) for text in found.texts) * 8.0 + 5.0 * len(found.texts)


def placed(
    lines: Sequence[tuple[Point, Point]], texts: Sequence[str], taken: Sequence[Bounds] = ()
) -> list[Label]:
    """A label on each line, clear of the other labels and, where possible, of other lines."""
    found: list[Label] = []
    for i, (line, text) in enumerate(zip(lines, texts, strict=True)):
        others = [other for j, other in enumerate(lines) if j != i]
        best, fewest = None, 10**6
        for part in _PLACES:
            (x, y), (u, v) = line
            label = Label(x + part * (u - x), y + part * (v - y) + 0.35 * SIZE, text, SIZE)
            box = padded(label.bounds)
            there = [*taken, *(padded(other.bounds) for other in found)]
            faults = 1000 * sum(overlap(box, other) for other in there)
            faults += sum(_crossing(other, box) is not None for other in others)
            if faults < fewest:
                best, fewest = label, faults
        found += [] if best is None else [best]
    return found


def broken(line: tuple[Point, Point], holes: Sequence[Bounds]) -> Iterator[tuple[Point, Point]]:
    """The parts of a line outside of the holes.

    Examples
    --------
    >>> list(broken(((0.0, 0.0), (10.0, 0.0)), [(4.0, -1.0, 6.0, 1.0)]))
    [((0.0, 0.0), (4.0, 0.0)), ((6.0, 0.0), (10.0, 0.0))]
    """
    (x, y), (u, v) = line
    cuts = sorted(cut for hole in holes if (cut := _crossing(line, hole)) is not None)
    begin = 0.0
    for low, high in [*cuts, (1.0, 1.0)]:
        if low > begin:
            yield (
                (x + begin * (u - x), y + begin * (v - y)),
                (x + low * (u - x), y + low * (v - y)),
            )
        begin = max(begin, high)


def _crossing(line: tuple[Point, Point], box: Bounds) -> tuple[float, float] | None:
    """Which part of the line is inside of the box, from 0 to 1; None for none."""
    (x, y), (u, v) = line
    low, high = 0.0, 1.0
    for start, step, least, most in ((x, u - x, box[0], box[2]), (y, v - y, box[1], box[3])):
        if step == 0:
            if not least < start < most:
                return None
            continue
        a, b = sorted(((least - start) / step, (most - start) / step))
        low, high = max(low, a), min(high, b)
    return (low, high) if low < high else None


def padded(bounds: Bounds) -> Bounds:
    """A little more than the bounds of a text."""
    left, top, right, bottom = bounds
    return (left - 2.0, top - 1.0, right + 2.0, bottom + 1.0)


def overlap(a: Bounds, b: Bounds) -> bool:
    """Whether two rectangles share more than their sides."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def band(start: Bounds, end: Bounds) -> Lines:
    """A faint band from the right side of one body to the left side of another."""
    return Lines(
        (
            (
                (start[2] + 3, start[1]),
                (end[0] - 3, end[1]),
                (end[0] - 3, end[3]),
                (start[2] + 3, start[3]),
            ),
        ),
        Style(INK, None, opacity=0.1),
        closed=True,
    )


def detour(start: Point, end: Point, low: float) -> Lines:
    """A way around the stations in between, with an arrow head at its end."""
    (x, y), (u, v) = start, end
    corner = 10.0
    path = ((x, y), (x + corner, low), (u - corner, low), (u, v))
    head = ((u - 6.0, v + 3.0), (u, v), (u, v + 7.0))
    return Lines((path, head), Style(None, INK, 1.0, 0.55))
