"""Linear maps of flattened tensors, forwards and backwards, in floats.

entries: those of a tensor in row-major order
ahead: M x, for several x at once, one per row
back: r M, for several rows r at once
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lumpver.errors import ShapeMismatch

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices


class Map(Protocol):
    """A linear map; the numbers of `absolute` are the magnitudes of this one's."""

    def ahead(self, x: Floats) -> Floats:
        """M x for each row x."""
        ...

    def back(self, rows: Floats) -> Floats:
        """r M for each row r."""
        ...

    @property
    def absolute(self) -> Map:
        """The map of magnitudes."""
        ...

    @property
    def cost(self) -> tuple[int, int]:
        """How many products a row takes on its way back, and how many numbers at once."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Mixing:
    """A matrix along one axis: (before, units, behind) to (before, rows, behind).

    Examples
    --------
    >>> made = Mixing(np.array([[1.0, -2.0]]), 1, 2)
    >>> made.ahead(np.array([[1.0, 2.0, 3.0, 4.0]])), made.back(np.array([[1.0, 3.0]]))
    (array([[-5., -6.]]), array([[ 1.,  3., -2., -6.]]))
    """

    W: Floats
    before: int
    behind: int

    def ahead(self, x: Floats) -> Floats:
        """M x for each row x."""
        return self._times(x, self.W.T)

    def back(self, rows: Floats) -> Floats:
        """r M for each row r."""
        return self._times(rows, self.W)

    @property
    def absolute(self) -> Map:
        """The map of magnitudes."""
        return replace(self, W=np.abs(self.W))

    @property
    def cost(self) -> tuple[int, int]:
        """How many products a row takes on its way back, and how many numbers at once."""
        places = self.before * self.behind
        return places * self.W.size, places * max(self.W.shape)

    def _times(self, x: Floats, W: Floats) -> Floats:
        if self.before == self.behind == 1:
            return np.asarray(x @ W)
        whole = x.reshape(x.shape[0], self.before, W.shape[0], self.behind)
        found = np.swapaxes(whole, 2, 3) @ W
        return np.ascontiguousarray(np.swapaxes(found, 2, 3)).reshape(x.shape[0], -1)


@dataclass(frozen=True, slots=True, eq=False)
class Same:
    """Every entry as it is."""

    def ahead(self, x: Floats) -> Floats:
        """M x for each row x."""
        return x

    def back(self, rows: Floats) -> Floats:
        """r M for each row r."""
        return rows

    @property
    def absolute(self) -> Map:
        """The map of magnitudes."""
        return self

    @property
    def cost(self) -> tuple[int, int]:
        """How many products a row takes on its way back, and how many numbers at once."""
        return 0, 0


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """Each entry times a factor of its own."""

    factors: Floats

    def ahead(self, x: Floats) -> Floats:
        """M x for each row x."""
        return np.asarray(x * self.factors)

    def back(self, rows: Floats) -> Floats:
        """r M for each row r."""
        return np.asarray(rows * self.factors)

    @property
    def absolute(self) -> Map:
        """The map of magnitudes."""
        return Scaling(np.abs(self.factors))

    @property
    def cost(self) -> tuple[int, int]:
        """How many products a row takes on its way back, and how many numbers at once."""
        return self.factors.size, self.factors.size


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """Entry i is the operand's entry `places[i]`, of so many; 0 where that is -1.

    Examples
    --------
    >>> made = Placing(np.array([1, 1, -1]), 2)
    >>> made.ahead(np.array([[3.0, 4.0]])), made.back(np.array([[1.0, 2.0, 5.0]]))
    (array([[4., 4., 0.]]), array([[0., 3.]]))
    """

    places: Indices
    size: int

    def ahead(self, x: Floats) -> Floats:
        """M x for each row x."""
        if not self.size:
            return np.zeros((x.shape[0], self.places.size))
        found = x[:, self.places]
        missing = self.places < 0
        return np.where(missing, 0.0, found) if missing.any() else found

    def back(self, rows: Floats) -> Floats:
        """r M for each row r."""
        found = np.zeros((rows.shape[0], self.size))
        there = np.flatnonzero(self.places >= 0)
        places = self.places[there]
        order = np.argsort(places, kind="stable")
        places = places[order]
        starts = np.flatnonzero(np.append(True, places[1:] != places[:-1])[: places.size])
        parts = rows[:, there[order]]
        if starts.size < places.size:
            parts = np.add.reduceat(parts, starts, axis=1)
        found[:, places[starts]] = parts
        return found

    @property
    def absolute(self) -> Map:
        """The map of magnitudes."""
        return self

    @property
    def cost(self) -> tuple[int, int]:
        """How many products a row takes on its way back, and how many numbers at once."""
        return self.places.size, max(self.places.size, self.size)


@dataclass(frozen=True, slots=True, eq=False)
class Moving:
    """A kernel that moves over positions: (before, units, positions) to (before, rows, positions').

    `met` has the place of the position that each tap meets at each position', -1 for padding; a
    tap meets no position twice. `W` is a matrix for every group: (groups, rows of it, units of it
    times taps).
    """

    W: Floats
    before: int
    positions: int
    met: Indices

    def __post_init__(self) -> None:
        there = np.sort(self.met, axis=1)
        if ((there[:, 1:] == there[:, :-1]) & (there[:, 1:] >= 0)).any():
            raise ShapeMismatch("kernel", expected="taps that meet a position once", got="twice")

    @property
    def units(self) -> int:
        """How many units it reads, of all groups."""
        return int(self.W.shape[0] * (self.W.shape[2] // self.met.shape[0]))

    def ahead(self, x: Floats) -> Floats:
        """M x for each row x."""
        groups, some, columns = self.W.shape
        made = self.met.shape[1]
        whole = x.reshape(x.shape[0] * self.before, self.units, self.positions)
        padded = np.concatenate([whole, np.zeros((*whole.shape[:2], 1))], axis=2)
        parts = padded[:, :, self.met].reshape(whole.shape[0], groups, columns, made)
        return np.asarray(self.W @ parts).reshape(x.shape[0], self.before * groups * some * made)

    def back(self, rows: Floats) -> Floats:
        """r M for each row r."""
        groups, some, columns = self.W.shape
        taps, made = self.met.shape
        units, count = columns // taps, rows.shape[0] * self.before
        W = self.W.reshape(groups, some, units, taps).swapaxes(2, 3).reshape(groups, some, columns)
        whole = rows.reshape(count, groups, some, made)
        used = np.flatnonzero(whole.any(axis=(0, 1, 2)))  # rows of a window have few positions
        parts = np.swapaxes(whole if used.size == made else whole[..., used], 2, 3) @ W
        parts = parts.reshape(count, groups, used.size, taps, units)
        found = np.zeros((count, groups, self.positions, units))
        for tap in range(taps):  # meets no position twice
            there = np.flatnonzero(self.met[tap, used] >= 0)
            found[:, :, self.met[tap, used[there]]] += parts[:, :, there, tap]
        whole = np.swapaxes(found, 2, 3)
        return whole.reshape(rows.shape[0], self.before * self.units * self.positions)

    @property
    def cost(self) -> tuple[int, int]:
        """How many products a row takes on its way back, and how many numbers at once."""
        wide = self.units * max(self.met.size, self.positions)
        return self.before * self.W.size * self.met.shape[1], self.before * wide

    @property
    def absolute(self) -> Map:
        """The map of magnitudes."""
        return replace(self, W=np.abs(self.W))


@dataclass(frozen=True, slots=True, eq=False)
class Divided:
    """A map, and each entry that it makes times a factor of its own."""

    inner: Map
    factors: Floats

    def ahead(self, x: Floats) -> Floats:
        """M x for each row x."""
        return np.asarray(self.inner.ahead(x) * self.factors)

    def back(self, rows: Floats) -> Floats:
        """r M for each row r."""
        return self.inner.back(rows * self.factors)

    @property
    def absolute(self) -> Map:
        """The map of magnitudes."""
        return Divided(self.inner.absolute, np.abs(self.factors))

    @property
    def cost(self) -> tuple[int, int]:
        """How many products a row takes on its way back, and how many numbers at once."""
        work, wide = self.inner.cost
        return work + self.factors.size, max(wide, self.factors.size)


def placed(places: Exact, size: int) -> Map:
    """The map to these entries of an operand of so many: their places, in any shape."""
    flat = np.asarray(places, dtype=np.int64).reshape(-1)
    same = flat.size == size and bool((flat == np.arange(size)).all())
    return Same() if same else Placing(flat, size)
