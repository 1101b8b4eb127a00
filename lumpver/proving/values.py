"""What is known of a tensor: its units over a spine's atoms, or only its number.

Two tensors with one number are equal, entry by entry in row-major order.

combination: coefficients by atom, and a constant
units: every unit an affine form over the spine's atoms, `M atoms + k`
laid: units along several axes
whole: a tensor of which nothing is known but its number and its layout
layout: what a tensor's shape is known by; equal numbers with equal layouts, equal shapes
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import (
    Exact,
    add,
    array,
    compact,
    divide,
    is_float,
    nonzero,
    rationals,
    zeros,
)
from lumpver.exact.columns import lump_columns
from lumpver.exact.scalar import ONE, ZERO, text
from lumpver.model.relabelling import Relabelling

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from flint import fmpq

    from lumpver.exact.proportional import Rows


Combination = tuple[dict[int, "fmpq"], "fmpq"]


@dataclass(frozen=True, slots=True)
class Whole:
    """A tensor known by its number alone."""

    number: int
    layout: Hashable


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Units along `axis`: `relabelling` over `atoms`, or else the rows of M, plus k.

    `layout` is that of the other axes.
    """

    spine: int
    axis: int
    layout: Hashable
    atoms: Rows
    relabelling: Relabelling | None
    M: Exact | None = None
    k: Exact | None = None

    @property
    def width(self) -> int:
        """How many units there are."""
        if self.relabelling is not None:
            return self.relabelling.units
        return 0 if self.M is None else int(self.M.shape[0])

    @property
    def dense(self) -> tuple[Exact, Exact]:
        """M and k."""
        if self.M is not None and self.k is not None:
            return self.M, self.k
        found = self.relabelling
        if found is None:
            return zeros(0, self.atoms.size), zeros(0)
        unit = np.eye(found.units)
        return lump_columns(unit, found.block, found.scale, found.columns), found.constant


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """Units along several axes, as heads and their channels lie: unit h n + v at (h, v).

    `sizes` are the lengths of these axes. At home, in row-major order, they take the place of
    the axis of the units; `order` has for each axis of the tensor that at home, and all but the
    units' own follow each other as there.
    """

    units: Units
    sizes: tuple[int, ...]
    order: tuple[int, ...]

    @property
    def first(self) -> int:
        """The first of the units' axes at home."""
        return len(self.order) - len(self.sizes) + 1 + self.units.axis

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of the tensor that the units lie along, the first of those at home first."""
        return tuple(self.order.index(self.first + i) for i in range(len(self.sizes)))

    def places(self) -> Rows:
        """Which unit is where, the axes as they follow each other in the tensor."""
        found = np.arange(self.units.width).reshape(self.sizes)
        return found.transpose(np.argsort(self.axes))


Value = Whole | Units | Laid


def single(like: Units, atoms: Sequence[int], scale: Exact, constant: Exact) -> Units:
    """Units that are multiples of one atom each, plus a constant; atom -1 for none."""
    chosen = np.array(atoms, dtype=np.int64)
    used = np.unique(chosen[chosen >= 0])
    block = np.where(chosen >= 0, np.searchsorted(used, chosen), -1)
    return replace(
        like, atoms=used, relabelling=Relabelling(block, scale, constant, used.size), M=None, k=None
    )


def combined(like: Units, rows: Sequence[Combination]) -> Units:
    """Units given as coefficients by atom, and a constant."""
    used = sorted({atom for row, _ in rows for atom in row})
    place = {atom: j for j, atom in enumerate(used)}
    M = np.full((len(rows), len(used)), ZERO, dtype=object)
    for v, (row, _) in enumerate(rows):
        for atom, coefficient in row.items():
            M[v, place[atom]] = coefficient
    k = array([constant for _, constant in rows])
    atoms = np.array(used, dtype=np.int64)
    return replace(like, atoms=atoms, relabelling=None, M=compact(M), k=k)


def gathered(like: Units, rows: Sequence[Combination]) -> Units:
    """The same, as multiples of one atom each where there are no others."""
    if any(len(row) > 1 for row, _ in rows):
        return combined(like, rows)
    atoms = [next(iter(row), -1) for row, _ in rows]
    scales = array([next(iter(row.values()), ONE) for row, _ in rows])
    return single(like, atoms, scales, array([constant for _, constant in rows]))


def few(units: Units) -> Units:
    """The same units, as multiples of one atom each where there are no others."""
    if units.M is None or (nonzero(units.M).sum(axis=1) > 1).any():
        return units
    return gathered(units, forms(units))


def renamed(units: Units, spine: int, names: Sequence[int]) -> Units:
    """The same forms over other atoms, one for each, of another spine."""
    order = np.argsort(names, kind="stable")
    atoms = np.array(names, dtype=np.int64)[order]
    if units.relabelling is not None and units.M is None:
        place = np.argsort(order)
        block = units.relabelling.block
        moved = np.where(block >= 0, place[np.maximum(block, 0)], -1) if atoms.size else block
        return replace(
            units, spine=spine, atoms=atoms, relabelling=replace(units.relabelling, block=moved)
        )
    M, k = units.dense
    return replace(units, spine=spine, atoms=atoms, relabelling=None, M=M[:, order], k=k)


def meet(a: Units, b: Units) -> bool:
    """Whether units of both at one place are forms over the same atoms of one spine."""
    return (a.spine, a.axis, a.layout) == (b.spine, b.axis, b.layout)


def added(a: Units, b: Units, *, minus: bool) -> Units:
    """The sums, or differences, of the forms of units that meet."""
    atoms, spread = _over_all([a, b])
    M, k = spread[1], b.dense[1]
    M, k = (-M, -k) if minus else (M, k)
    return replace(a, atoms=atoms, relabelling=None, M=add(spread[0], M), k=add(a.dense[1], k))


def divided(units: Units, count: int) -> Units:
    """The forms divided by a number."""
    M, k = (divide(part, array([count])) for part in units.dense)
    return replace(units, relabelling=None, M=M, k=k)


def beside(parts: Sequence[Units]) -> Units:
    """The forms of units that meet, one after the other."""
    atoms, spread = _over_all(parts)
    M, k = (_stacked(rows) for rows in (spread, [units.dense[1] for units in parts]))
    return replace(parts[0], atoms=atoms, relabelling=None, M=M, k=k)


def picked(units: Units, places: Rows) -> Units:
    """The forms of some units, in that order."""
    M, k = units.dense
    return replace(units, relabelling=None, M=M[places], k=k[places])


def _over_all(parts: Sequence[Units]) -> tuple[Rows, list[Exact]]:
    """All atoms of some units, and the rows of each over these."""
    atoms = np.unique(np.concatenate([units.atoms for units in parts]))
    spread = []
    for units in parts:
        M = units.dense[0]
        rows = zeros(units.width, atoms.size)
        rows = rows if is_float(M) else rationals(rows)
        rows[:, np.searchsorted(atoms, units.atoms)] = M
        spread.append(rows)
    return atoms, spread


def _stacked(parts: list[Exact]) -> Exact:
    if not all(map(is_float, parts)):
        parts = [rationals(part) for part in parts]
    return np.concatenate(parts)


def forms(units: Units) -> list[Combination]:
    """Every unit as coefficients by atom, and a constant."""
    return forms_of(units, np.arange(units.width))


def forms_of(units: Units, chosen: Rows) -> list[Combination]:
    """Some of the units as coefficients by atom, and a constant."""
    found = units.relabelling
    if found is None or found.mixed or units.M is not None:
        M, k = (rationals(part[chosen]) for part in units.dense)
        return [
            ({int(units.atoms[j]): M[v, j] for j in np.flatnonzero(nonzero(M[v]))}, k[v])
            for v in range(M.shape[0])
        ]
    scales, constants = (rationals(part[chosen]).tolist() for part in (found.scale, found.constant))
    return [
        ({int(units.atoms[j]): scale} if j >= 0 and scale != 0 else {}, constant)
        for j, scale, constant in zip(found.block[chosen].tolist(), scales, constants, strict=True)
    ]


def fingerprint(units: Units) -> bytes:
    """A hash of the forms: equal for equal forms over the same spine, however stored."""
    state = hashlib.sha256(f"{units.spine} {units.width}".encode())
    rows, columns, entries, k = _entries(units)
    state.update(rows.astype(np.int64).tobytes())
    state.update(units.atoms[columns].tobytes())
    for part in (entries, k):
        state.update(canonical(part))
    return state.digest()


def _entries(units: Units) -> tuple[Rows, Rows, Exact, Exact]:
    """Where M is not 0, row by row, its entries there, and k."""
    found = units.relabelling
    if found is None or found.mixed or units.M is not None:
        M, k = units.dense
        rows, columns = np.nonzero(nonzero(M))
        return rows, columns, M[rows, columns], k
    rows = np.flatnonzero((found.block >= 0) & nonzero(found.scale))
    return rows, found.block[rows], found.scale[rows], found.constant


def canonical(entries: Exact) -> bytes:
    """Numbers as bytes: the same for the same numbers, however stored."""
    plain = compact(entries)
    if is_float(plain):
        return b"f" + (np.asarray(plain, dtype=np.float64) + 0.0).tobytes()
    return b"q" + " ".join(text(value) for value in plain.tolist()).encode()
