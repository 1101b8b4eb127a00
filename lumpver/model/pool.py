"""Pool nodes: the largest, the mean or the sum of what a window meets, channel by channel.

What pads with zeros or repeats positions is a sum, too: of one entry, or of none.

channel: a unit, an entry of the axis in front of the positions
window: which positions are pooled together; None for all of them, however many there are
real: an entry of the tensor, no padding
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.array import add, array, divide, is_float, rationals, zeros
from lumpver.exact.product import matmul

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.tensor import Shape
    from lumpver.model.window import Window

OPERATORS: Final = ("max", "mean", "sum")


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The max, mean or sum of each window of positions, for each channel along `axis`.

    The axes behind `axis` are the positions. Padding is no candidate for the largest; a mean
    divides by the number of real entries, or, if it `counts_padding`, by the window's size. A
    window that meets padding alone has the sum 0.

    Raises
    ------
    Malformed
        If there is no such operator or axis, the window is not over all positions, what has
        gaps meets entries that lie apart, or there may be padding alone, but in a sum.
    """

    name: str
    input: str
    output: str
    operator: str
    axis: int
    window: Window | None = None
    counts_padding: bool = False

    def __post_init__(self) -> None:
        place, window = f"node {self.name}", self.window
        if self.operator not in OPERATORS:
            raise Malformed(place, expected=f"one of {', '.join(OPERATORS)}", got=self.operator)
        if self.axis > -2:
            raise Malformed(place, expected="positions behind the axis", got=str(self.axis))
        if window is None:
            return
        gaps = max(window.dilations) > 1 or self.operator != "sum"
        if (window.spacing and gaps) or window.axes != -1 - self.axis:
            expected = "a window over all positions"
            raise Malformed(place, expected=expected, got=f"{self.operator} with {window}")
        if self.operator == "sum":
            return
        pads = zip(window.size, window.dilations, window.before, window.after, strict=True)
        if any(max(low, high) > step * (size - 1) for size, step, low, high in pads):
            raise Malformed(place, expected="pads smaller than the window", got=str(window))

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.input,)

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.output,)


def same_pool(a: Pool, b: Pool) -> bool:
    """Whether two nodes do the same to any tensor."""
    return (a.operator, a.axis, a.window, a.counts_padding) == (
        b.operator, b.axis, b.window, b.counts_padding
    )  # fmt: skip


def meets_padding(node: Pool) -> bool:
    """Whether padding may count as 0 in a mean or sum, for some length of the positions."""
    window = node.window
    if window is None or not any((*window.before, *window.after)):
        return False
    if node.operator == "sum":
        return window_count(window) is None
    return node.counts_padding and node.operator == "mean"


def window_count(window: Window) -> int | None:
    """How many entries a window meets at every position, whatever the lengths are, if so many.

    That is one where each entry is repeated as often as entries lie apart, and all taps where
    there is no padding.

    Examples
    --------
    >>> from lumpver.model.window import Window
    >>> window_count(Window((2,), (1,), (1,), (1,), (1,), (2,)))
    1
    """
    count = 1
    parts = zip(
        window.size, window.strides, window.before, window.after, window.spaced, strict=True
    )
    for size, stride, low, high, apart in parts:
        if low == high == 0 and apart == 1:
            count *= size
        elif not (low == high == size - 1 and apart == size and stride == 1):
            return None
    return count


def pooled(node: Pool, shape: Shape) -> Shape:
    """The shape of the node's output for an input of this shape.

    Raises
    ------
    ShapeMismatch
        If it has no such axis, no position, fewer than the window spans, or fewer than its gaps
        may leave out.

    Examples
    --------
    >>> pooled(Pool("p", "x", "y", "mean", -3), ("N", 5, 7, None))
    ('N', 5, 1, 1)
    """
    if shape is None:
        return None
    axis = _place(node, len(shape), str(shape))
    positions = shape[axis + 1 :]
    if 0 in positions:
        raise ShapeMismatch(f"node {node.name}", expected="positions to pool", got=str(shape))
    for size, least in zip(positions, fewest(node), strict=True):
        if isinstance(size, int) and size < least:
            raise ShapeMismatch(f"node {node.name}", expected=f"{least} positions", got=str(size))
    ones = (1,) * len(positions)
    return (*shape[: axis + 1], *(ones if node.window is None else node.window.lengths(positions)))


def fewest(node: Pool) -> tuple[int, ...]:
    """How many positions there must be along each axis, so that every window meets a real entry.

    Pads are smaller than the window, so that one without gaps always does. One with gaps that
    begins in front of the first entry meets one of the first few, if there are as many.
    """
    window = node.window
    if window is None or node.operator == "sum":
        return (1,) * (-1 - node.axis)
    pairs = zip(window.dilations, window.before, strict=True)
    return tuple(step if low else 1 for step, low in pairs)


def _place(node: Pool, rank: int, shape: str) -> int:
    if rank < -node.axis:
        raise ShapeMismatch(f"node {node.name}", expected=f"axis {node.axis}", got=shape)
    return rank + node.axis


def summed(node: Pool, shape: Shape) -> int | None:
    """How many entries the node adds up for each that it makes, where that is certain.

    1 for a mean and for the largest: they leave a constant as it is, padding aside.
    """
    if node.operator != "sum":
        return 1
    if node.window is not None:
        return window_count(node.window)
    positions = () if shape is None or len(shape) < -node.axis else shape[node.axis + 1 :]
    known = [size for size in positions if isinstance(size, int)]
    return prod(known) if positions and len(known) == len(positions) else None


def spans(node: Pool, lengths: tuple[int, ...]) -> list[list[range]]:
    """The real entries that each position of the output meets, along each axis of positions.

    Examples
    --------
    >>> from lumpver.model.window import Window
    >>> spans(Pool("p", "x", "y", "max", -2, Window((3,), (2,), (1,), (1,), (0,))), (4,))
    [[range(0, 2), range(1, 4)]]
    """
    window = node.window
    if window is None:
        return [[range(size)] for size in lengths]
    made = window.lengths(lengths)
    found = []
    for axis, size in enumerate(lengths):
        low, step, apart = window.before[axis], window.dilations[axis], window.spaced[axis]
        reach = step * (window.size[axis] - 1) + 1
        starts = (i * window.strides[axis] - low for i in range(int(made[axis] or 0)))
        if apart > 1:  # and no gaps: entries that lie within
            ends = ((-(-start // apart), (start + reach - 1) // apart + 1) for start in starts)
            found.append([_within(first, end, 1, size) for first, end in ends])
        else:
            found.append([_within(start, start + reach, step, size) for start in starts])
    return found


def _within(start: int, end: int, step: int, size: int) -> range:
    """The entries from a start to an end, of those that there are; from 0 to 0 where none is."""
    first = start if start >= 0 else start % step
    last = min(size, end)
    return range(first, last, step) if first < last else range(0)


def value(node: Pool, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    ShapeMismatch
        If x does not have the node's axis, or not as many positions as the window spans.

    Examples
    --------
    >>> value(Pool("p", "x", "y", "mean", -2), array([[1, 2], [3, 5]])).tolist()
    [[1.5], [4.0]]
    """
    pooled(node, x.shape)
    lengths = x.shape[x.ndim + node.axis + 1 :]
    for axis, met in enumerate(spans(node, lengths), start=node.axis + 1):
        taps = np.moveaxis(x, axis, 0)
        found = _largest(taps, met) if node.operator == "max" else _sums(taps, met)
        x = np.moveaxis(found, 0, axis)
    return divide(x, array(divisors(node, lengths))) if node.operator == "mean" else x


def _largest(taps: Exact, met: list[range]) -> Exact:
    found = taps[[part.start for part in met]]
    for tap in range(1, max(map(len, met))):
        found = np.maximum(found, taps[[part[min(tap, len(part) - 1)] for part in met]])
    return found


def _sums(taps: Exact, met: list[range]) -> Exact:
    if len(met) == 1 and len(met[0]):
        flat = taps[met[0].start : met[0].stop : met[0].step].reshape(len(met[0]), -1)
        return matmul(np.ones((1, len(flat))), flat).reshape(1, *taps.shape[1:])
    nothing = zeros(1, *taps.shape[1:])
    padded = np.concatenate([taps, nothing if is_float(taps) else rationals(nothing)])
    found = padded[[part[0] if len(part) else -1 for part in met]]
    for tap in range(1, max(map(len, met), default=0)):
        found = add(found, padded[[part[tap] if tap < len(part) else -1 for part in met]])
    return found


def divisors(node: Pool, lengths: tuple[int, ...]) -> Any:
    """What a mean divides by at each position of the output, as nested lists of integers."""
    counts = np.ones((), dtype=np.int64)
    for axis, met in enumerate(spans(node, lengths)):
        whole = node.counts_padding and node.window is not None
        size = 0 if node.window is None else node.window.size[axis]
        counts = np.multiply.outer(counts, [size if whole else len(part) for part in met])
    return counts.tolist()
