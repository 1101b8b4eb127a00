"""Exact values of a table's atoms and directions at many points of a spine at once.

Values are rows over the points, worked out when they are first asked for. Where an
activation has no rational value, neither has what reads it: None.

points: columns of exact numbers, one row per root of the spine
slope: the factor with which an atom follows its argument around a point
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, assert_never

import numpy as np

from lumpver.errors import NotRational
from lumpver.exact.array import Exact, add, array, nonzero, rationals
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.functions import Curve, Pieces
from lumpver.proving.table import (
    Applied,
    Divided,
    Irrational,
    Joined,
    Largest,
    Moved,
    Variable,
    Weighed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.model.activations import Activation
    from lumpver.proving.table import Directions, Table

_T = TypeVar("_T")


@dataclass(slots=True)
class Valuation:
    """The values at `points` of everything in one spine of a table."""

    table: Table
    spine: int
    points: Exact
    _atoms: dict[int, Exact | None] = field(default_factory=dict)
    _layers: dict[int, tuple[Exact, list[bool]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.points = rationals(self.points)
        for root, values in zip(self.table.roots[self.spine], self.points, strict=True):
            self._atoms[int(root)] = values

    @property
    def size(self) -> int:
        """How many points there are."""
        return int(self.points.shape[1])

    def atom(self, index: int) -> Exact | None:
        """The values of an atom."""
        if index not in self._atoms:
            self._atoms[index] = self._worked_out(index)
        return self._atoms[index]

    def _worked_out(self, index: int) -> Exact | None:
        atom = self.table.atoms[index]
        if not isinstance(atom, Applied):
            return None
        values = self.direction(atom.direction)
        return None if values is None else applied(atom.function, values * atom.factor)

    def direction(self, index: int) -> Exact | None:
        """The values of a direction."""
        place, row = self.table.places[index]
        for below in self.table.needed(place, self._layers):
            self._layers[below] = self._layer(self.table.layers[below])
        values, known = self._layers[place]
        return values[row] if known[row] else None

    def _layer(self, layer: Directions) -> tuple[Exact, list[bool]]:
        columns = [self.atom(int(atom)) for atom in layer.atoms]
        there = [j for j, column in enumerate(columns) if column is not None]
        gone = [j for j, column in enumerate(columns) if column is None]
        known = [column for column in columns if column is not None]
        values = self._combined(known, layer.R[:, there], layer.b)
        return values, [not bool(nonzero(row).any()) for row in layer.R[:, gone]]

    def _combined(self, columns: list[Exact], M: Exact, k: Exact) -> Exact:
        V = np.stack(columns) if columns else np.empty((0, self.size), dtype=object)
        return rationals(add(matmul(M, rationals(V)), k[:, None]))

    def forms(self, atoms: list[int], M: Exact, k: Exact) -> Exact | None:
        """The values of M atoms + k, one row per form."""
        columns = all_of([self.atom(atom) for atom in atoms])
        return None if columns is None else self._combined(columns, M, k)

    def gradient(self, direction: int, point: int) -> Exact:
        """How a direction follows the roots around a point, with its units as they are."""
        weights: dict[int, dict[int, fmpq]] = {}
        _put(weights, self.table.places[direction], ONE)
        slopes: dict[int, fmpq] = {}
        while weights:
            place = max(weights)
            layer, rows = self.table.layers[place], weights.pop(place)
            part = array(list(rows.values()))[None, :]
            sums = rationals(matmul(part, layer.R[list(rows)]))[0]
            for index, total in zip(layer.atoms.tolist(), sums.tolist(), strict=True):
                match self.table.atoms[index]:
                    case Variable() | Moved() | Weighed() | Largest() | Divided() | Joined():
                        slopes[index] = slopes.get(index, ZERO) + total
                    case Applied() as atom if total != 0:
                        share = total * self._slope(atom, point) * atom.factor
                        if share != 0:
                            _put(weights, self.table.places[atom.direction], share)
                    case Applied() | Irrational():  # it stays as it is
                        pass
                    case other:
                        assert_never(other)
        roots = self.table.roots[self.spine].tolist()
        return rationals(array([slopes.get(root, ZERO) for root in roots]))

    def _slope(self, atom: Applied, point: int) -> fmpq:
        values = self.direction(atom.direction)
        return ZERO if values is None else slope(atom.function, values[point] * atom.factor)


def all_of(parts: Sequence[_T | None]) -> list[_T] | None:
    """The parts, if none is missing."""
    known = [part for part in parts if part is not None]
    return known if len(known) == len(parts) else None


def _put(weights: dict[int, dict[int, fmpq]], place: tuple[int, int], share: fmpq) -> None:
    rows = weights.setdefault(place[0], {})
    rows[place[1]] = rows.get(place[1], ZERO) + share


def applied(function: Activation, values: Exact) -> Exact | None:
    """The activation of every entry; None if one of them is not rational."""
    result = np.empty(values.shape, dtype=object)
    try:
        for i, value in enumerate(values.tolist()):
            result[i] = function(value)
    except NotRational:
        return None
    return result


def slope(function: Activation, value: fmpq) -> fmpq:
    """The activation's slope at `value`, the right one where it bends; 0 for curves."""
    match function.mapping:
        case Curve():
            return ZERO
        case Pieces() as pieces:
            return pieces.line(value).slope
        case _:
            assert_never(function.mapping)
