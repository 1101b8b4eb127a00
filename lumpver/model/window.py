"""Windows: which entries of a tensor's positions a kernel's taps meet.

tap: one entry of a kernel's window, a vector of weights for all inputs
position: an index along the axes behind the channel axis
missed: a tap that some position puts beside the tensor, where padding stands for it
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import is_float

if TYPE_CHECKING:
    from lumpver.model.relabelling import Indices, Mask
    from lumpver.model.tensor import Dimension


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel moves: its size, strides, dilations, and padding, one number per axis.

    With a `spacing` the entries of the tensor lie so far apart, and zeros between them: so a
    transposed convolution is one, with its taps in reverse. Without, there is none.

    Raises
    ------
    ShapeMismatch
        If there is not one number each per axis, or one is out of range, or a spacing is of 1.

    Examples
    --------
    >>> Window((3,), (1,), (1,), (1,), (0,)).missed.tolist()
    [True, False, False]
    """

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    spacing: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        given = [self.size, self.strides, self.dilations, self.before, self.after]
        given += [self.spacing] if self.spacing else []
        if len({len(part) for part in given}) != 1:
            raise ShapeMismatch("window", expected="as many numbers for each", got=str(given))
        if self.spacing and max(self.spacing) == 1:
            raise ShapeMismatch("window", expected="no spacing", got=str(self.spacing))
        least = (1, 1, 1, 0, 0, 1)[: len(given)]
        if any(n < low for part, low in zip(given, least, strict=True) for n in part):
            raise ShapeMismatch("window", expected="sizes from 1, pads from 0", got=str(given))

    @property
    def axes(self) -> int:
        """How many axes of positions there are."""
        return len(self.size)

    @property
    def taps(self) -> int:
        """How many taps there are."""
        return prod(self.size)

    @property
    def is_point(self) -> bool:
        """Whether each position meets itself alone: one tap, every position, no padding."""
        ones, pads = (1,) * self.axes, (*self.before, *self.after)
        return self.size == self.strides == ones and not any(pads) and not self.spacing

    @property
    def spaced(self) -> tuple[int, ...]:
        """How far entries of the tensor lie apart along each axis."""
        return self.spacing or (1,) * self.axes

    @property
    def missed(self) -> Mask:
        """The taps, in order, that padding may stand for at some position, for some length.

        Also what stands between entries that lie apart: any tap may meet that.
        """
        beside = []
        for size, step, low, high, apart in zip(
            self.size, self.dilations, self.before, self.after, self.spaced, strict=True
        ):
            places = np.arange(size) * step
            beside.append((places < low) | (places[-1] - places < high) | (apart > 1))
        found = np.zeros(self.size, dtype=bool)
        for axis, mask in enumerate(beside):
            found |= mask.reshape([-1 if i == axis else 1 for i in range(self.axes)])
        return found.reshape(-1)

    def lengths(self, shape: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
        """How many positions there are along each axis, None where the length is not known.

        Raises
        ------
        ShapeMismatch
            If the window is longer than an axis with its padding.
        """
        return tuple(self._length(axis, size) for axis, size in enumerate(shape))

    def _length(self, axis: int, size: Dimension) -> Dimension:
        if isinstance(size, int):
            return self._fitting(axis, size)
        reach = self.dilations[axis] * (self.size[axis] - 1)
        same = self.strides[axis] == 1 and self.before[axis] + self.after[axis] == reach
        return size if same and self.spaced[axis] == 1 else None

    def _fitting(self, axis: int, size: int) -> int:
        reach = self.dilations[axis] * (self.size[axis] - 1) + 1
        padding = self.before[axis] + self.after[axis]
        size = self.spaced[axis] * (size - 1) + 1
        if size + padding < reach:
            got = f"{size} with padding {padding}"
            raise ShapeMismatch("window", expected=f"a length of at least {reach}", got=got)
        return (size + padding - reach) // self.strides[axis] + 1

    def met(self, shape: tuple[int, ...]) -> Indices:
        """Taps x positions: the place, counted through the shape, that each meets; -1 for padding.

        Raises
        ------
        ShapeMismatch
            If the window is longer than an axis with its padding.

        Examples
        --------
        >>> Window((2,), (1,), (1,), (1,), (0,)).met((3,)).tolist()
        [[-1, 0, 1], [0, 1, 2]]
        >>> Window((1,), (1,), (1,), (0,), (0,), (2,)).met((3,)).tolist()
        [[0, -1, 1, -1, 2]]
        """
        found = np.zeros((1, 1), dtype=np.int64)
        for axis, size in enumerate(shape):
            length = self._fitting(axis, size)
            taps = np.arange(self.size[axis])[:, None] * self.dilations[axis]
            at: Indices = taps + np.arange(length)[None] * self.strides[axis] - self.before[axis]
            at, between = np.divmod(at, self.spaced[axis])
            whole = found[:, None, :, None] * size + at[None, :, None, :]
            there = ((at >= 0) & (at < size) & (between == 0))[None, :, None, :]
            inside = (found[:, None, :, None] >= 0) & there
            found = np.where(inside, whole, -1).reshape(
                found.shape[0] * at.shape[0], found.shape[1] * at.shape[1]
            )
        return found


def points(axes: int) -> Window:
    """The window of one tap that meets every position.

    Examples
    --------
    >>> points(2).is_point
    True
    """
    return Window((1,) * axes, (1,) * axes, (1,) * axes, (0,) * axes, (0,) * axes)


def met(rows: Any, window: Window, leading: int, *, nothing: Any) -> Any:
    """What the taps meet: a row per unit and tap, then the leading axes and the positions.

    `rows` has the units first, then so many leading axes, then the positions; `nothing` stands
    for padding.
    """
    ahead, positions = rows.shape[1 : leading + 1], rows.shape[leading + 1 :]
    flat = rows.reshape(rows.shape[0], prod(ahead), prod(positions))
    beside = np.full((rows.shape[0], prod(ahead), 1), 0.0 if is_float(flat) else nothing)
    found = np.concatenate([flat, beside], axis=2)[:, :, window.met(positions)]
    lengths = window.lengths(positions)
    return np.moveaxis(found, 2, 1).reshape(rows.shape[0] * window.taps, *ahead, *lengths)
