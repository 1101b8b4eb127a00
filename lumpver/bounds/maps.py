"""Linear maps of flattened tensors, forwards and backwards, in floats.

entries: those of a tensor in row-major order
ahead: M x, for several x at once, one per row
back: r M, for several rows r at once
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

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


@dataclass(frozen=True, slots=True, eq=False)
class Mixing:
    """A matrix along one axis: (before, units, behind) to (before, rows, behind).

    Examples
    --------
    >>> made = Mixing(np.array([[1.0, -2.0]]), 1, 2)
    >>> made.ahead(np.array([[1.0, 2.0, 3.0, 4.0]])), made.back(np.array([[1.0, 0.0]]))
    (array([[-5., -6.]]), array([[ 1.,  0., -2.,  0.]]))
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
        found = x[:, self.places]
        missing = self.places < 0
        return np.where(missing, 0.0, found) if missing.any() else found

    def back(self, rows: Floats) -> Floats:
        """r M for each row r."""
        found = np.zeros((rows.shape[0], self.size))
        there = np.flatnonzero(self.places >= 0)
        places = self.places[there]
        if np.unique(places).size == places.size:
            found[:, places] = rows[:, there]
        else:
            np.add.at(found.T, places, rows.T[there])
        return found

    @property
    def absolute(self) -> Map:
        """The map of magnitudes."""
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Moving:
    """A kernel that moves over positions: (before, units, positions) to (before, rows, positions').

    `met` has the place of the position that each tap meets at each position', -1 for padding;
    `W` a matrix for every group: (groups, rows of it, units of it times taps).
    """

    W: Floats
    before: int
    positions: int
    met: Indices

    def ahead(self, x: Floats) -> Floats:
        """M x for each row x."""
        groups, _, columns = self.W.shape
        whole = x.reshape(x.shape[0] * self.before, -1, self.positions)
        padded = np.concatenate([whole, np.zeros((*whole.shape[:2], 1))], axis=2)
        parts = padded[:, :, self.met].reshape(whole.shape[0], groups, columns, -1)
        return np.ascontiguousarray(self.W @ parts).reshape(x.shape[0], -1)

    def back(self, rows: Floats) -> Floats:
        """r M for each row r."""
        groups, some, columns = self.W.shape
        taps, made = self.met.shape
        count = rows.shape[0] * self.before
        parts = np.swapaxes(self.W, 1, 2) @ rows.reshape(count, groups, some, made)
        parts = parts.reshape(count, groups * (columns // taps), taps, made)
        found = np.zeros((count, groups * (columns // taps), self.positions + 1))
        for tap in range(taps):  # a tap meets each position once at most, but for padding
            found[:, :, self.met[tap]] += parts[:, :, tap]
        return np.ascontiguousarray(found[:, :, :-1]).reshape(rows.shape[0], -1)

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


def placed(places: Exact, size: int) -> Map:
    """The map to these entries of an operand of so many: their places, in any shape."""
    flat = np.asarray(places, dtype=np.int64).reshape(-1)
    same = flat.size == size and bool((flat == np.arange(size)).all())
    return Same() if same else Placing(flat, size)
