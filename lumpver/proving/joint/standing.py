"""Units that stand elsewhere: forms of another spine's atoms, all at one place that is kept.

What an activation makes of such a unit is what it makes of the form, there: it does not matter
whether it comes before a Flatten, a Transpose, a sum of branches, or behind it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import nonzero
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.activations import IDENTITY
from lumpver.model.window import Window
from lumpver.proving.joint.windows import cut, elsewhere
from lumpver.proving.layouts import Elsewhere, Root
from lumpver.proving.table import UNIT, Applied, Moved, row
from lumpver.proving.values import forms, forms_of, gathered

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from flint import fmpq

    from lumpver.exact.proportional import Rows
    from lumpver.proving.table import Table
    from lumpver.proving.values import Combination, Units


def made_there(
    table: Table, units: Units, make: Callable[[Units], Units]
) -> dict[int, Combination]:
    """What `make` makes of those of the units that stand elsewhere, by unit."""
    spines, places = _origins(table, units)
    found: dict[int, Combination] = {}
    to = table.spines[units.spine]
    for spine in sorted(set(spines.tolist()) - {-1}):
        asked = np.flatnonzero(spines == spine)
        rows = forms_of(units, asked)
        inner = [_inner(table, one) for one in rows]
        keys = [(tuple(sorted(form.items())), constant) for form, constant in inner]
        first = {key: i for i, key in reversed(list(enumerate(keys)))}
        chosen = sorted(first.values())
        like = replace(units, spine=spine)
        made = _settled(table, to, make(gathered(like, [inner[i] for i in chosen])))
        by_key = {keys[i]: one for i, one in zip(chosen, forms(made), strict=True)}
        for v, key in zip(asked.tolist(), keys, strict=True):
            form, constant = by_key[key]
            place = int(places[v])
            there = {elsewhere(table, units.spine, a, place): c for a, c in form.items()}
            found[v] = (there, constant)
    return found


def _settled(table: Table, key: Hashable, units: Units) -> Units:
    """The units, cut as a window cuts them."""
    if isinstance(key, Elsewhere) and not isinstance(key.step, Window):
        return units
    return cut(table, units, always=not isinstance(key, Elsewhere) or key.all)


def _origins(table: Table, units: Units) -> tuple[Rows, Rows]:
    """For each unit the spine that all its atoms are from and the place; -1 where there is none."""
    key, n = table.spines[units.spine], units.width
    none = np.full(n, -1, dtype=np.int64)
    if not isinstance(key, Elsewhere | Root) or not units.atoms.size:
        return none, none
    kept = None if isinstance(key, Root) else set(key.kept)
    spines, places = np.full((2, units.atoms.size), -1, dtype=np.int64)
    for j, index in enumerate(units.atoms.tolist()):
        atom = table.atoms[index]
        if isinstance(atom, Moved) and atom.atom != UNIT and (kept is None or atom.place in kept):
            spines[j], places[j] = table.atoms[atom.atom].spine, atom.place
    if (spines < 0).all():
        return none, none
    if units.relabelling is not None and units.M is None:
        block = units.relabelling.block
        found = [np.where(block < 0, -1, part[np.maximum(block, 0)]) for part in (spines, places)]
        return found[0], found[1]
    code = np.unique(np.stack([spines, places]), axis=1, return_inverse=True)[1].reshape(-1)
    moving = nonzero(units.dense[0])
    low = np.where(moving, code, code.size).min(axis=1)
    high = np.where(moving, code, -1).max(axis=1)
    first = np.argmax(moving, axis=1)
    one = (low == high) & moving.any(axis=1)
    return np.where(one, spines[first], -1), np.where(one, places[first], -1)


def _inner(table: Table, outer: Combination) -> Combination:
    """The form where it is from, with what was cut put together again."""
    found: dict[int, fmpq] = {}
    for index, c in outer[0].items():
        atom = table.atoms[index]
        if not isinstance(atom, Moved):
            continue
        for j, share in _uncut(table, atom.atom).items():
            found[j] = found.get(j, ZERO) + c * share
    return {j: c for j, c in found.items() if c != 0}, outer[1]


def _uncut(table: Table, index: int) -> dict[int, fmpq]:
    """What an atom was before it was cut, as coefficients by atom."""
    atom = table.atoms[index]
    if isinstance(atom, Applied) and atom.function == IDENTITY:
        return row(table, atom.direction)[0]
    return {index: ONE}
