"""Relabellings put side by side, and of some of the units: what joins and picks make of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import Exact, is_float, rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.relabelling import Indices, Mixed, Relabelling

if TYPE_CHECKING:
    from collections.abc import Sequence


def beside(given: Sequence[Relabelling]) -> Relabelling:
    """The relabellings along the diagonal: columns that are held first, then all ghosts.

    Examples
    --------
    >>> from lumpver.exact.array import zeros
    >>> one = Relabelling(np.array([0, 1]), np.ones(2), zeros(2), 1, 1)
    >>> both = beside([one, one])
    >>> both.block.tolist(), both.width, both.ghosts
    ([0, 2, 1, 3], 2, 2)
    """
    width, ghosts = sum(found.width for found in given), sum(found.ghosts for found in given)
    blocks, rows, columns, off = [], [], [], []
    unit, held, ghost = 0, 0, width
    for found in given:
        place = np.append(np.arange(found.columns), -1)  # which block -1 reads
        place[: found.width] += held
        place[found.width : -1] += ghost - found.width
        blocks.append(place[found.block])
        rows.append(found.mixed.unit + unit)
        columns.append(place[found.mixed.block])
        off.append(place[found.off])
        unit, held, ghost = unit + found.units, held + found.width, ghost + found.ghosts
    mixed = Mixed(
        np.concatenate(rows), np.concatenate(columns), _stacked([f.mixed.scale for f in given])
    )
    return Relabelling(
        np.concatenate(blocks),
        _stacked([found.scale for found in given]),
        _stacked([found.constant for found in given]),
        width,
        ghosts,
        mixed.sorted(),
        np.concatenate(off),
    )


def lone(found: Relabelling, units: Indices, given: Sequence[Relabelling]) -> Relabelling:
    """The same, but for some units, each of which is a ghost by itself.

    Off are those that are off in some of the `given`, which are what is joined.

    Examples
    --------
    >>> from lumpver.model.relabelling import identity
    >>> one = lone(identity(3), np.array([1]), [])
    >>> one.block.tolist(), one.width, one.ghosts
    ([0, 3, 2], 3, 1)
    """
    columns = max(relabelling.columns for relabelling in (found, *given))
    block, scale, constant = found.block.copy(), found.scale, found.constant
    block[units] = columns + np.arange(units.size)
    if units.size:
        scale, constant = scale.copy(), constant.copy()
        scale[units] = 1.0 if is_float(scale) else ONE
        constant[units] = 0.0 if is_float(constant) else ZERO
    off = np.zeros(columns + units.size, dtype=bool)
    for relabelling in given:
        dark = block[np.isin(relabelling.block, relabelling.off)]
        off[dark[dark >= found.width]] = True
    return replace(
        found,
        block=block,
        scale=scale,
        constant=constant,
        ghosts=columns - found.width + units.size,
        off=np.flatnonzero(off),
    )


def _stacked(parts: list[Exact]) -> Exact:
    if not all(map(is_float, parts)):
        parts = [rationals(part) for part in parts]
    return np.concatenate(parts)


def picked(given: Relabelling, units: Indices, columns: Indices) -> Relabelling:
    """The rows of some units, where the counterpart keeps these columns of its own, in order.

    Columns that are read and not kept are ghosts, in the order in which they are met. Of a column
    that is kept twice, the second is for the second unit that is it, and so on.

    Examples
    --------
    >>> from lumpver.model.relabelling import identity
    >>> found = picked(identity(3), np.array([2, 0, 2]), np.array([2]))
    >>> found.block.tolist(), found.width, found.ghosts
    ([0, 1, 0], 1, 1)
    >>> picked(identity(3), np.array([2, 0, 2]), np.array([2, 0, 2])).is_identity
    True
    """
    block, mixed = given.block[units], given.mixed
    found = [np.flatnonzero(mixed.unit == unit) for unit in units.tolist()] if mixed else []
    entries = np.concatenate([*found, np.zeros(0, dtype=np.int64)])
    read, met = np.unique(np.concatenate([block, mixed.block[entries]]), return_index=True)
    read = read[np.argsort(met)]
    count = np.bincount(columns, minlength=given.columns + 1)
    order = np.argsort(columns, kind="stable")
    first = np.searchsorted(columns[order], np.arange(given.columns))
    place = np.full(given.columns + 1, -1, dtype=np.int64)
    lost = read[(read >= 0) & (count[read] == 0)]
    place[lost] = columns.size + np.arange(lost.size)
    kept = np.flatnonzero(count)
    place[kept] = order[first[kept]]
    again = np.minimum(_met_before(block), count[block] - 1)
    repeated = (block >= 0) & (again > 0)
    found_at = place[block]
    found_at[repeated] = order[first[block[repeated]] + again[repeated]]
    unit = np.repeat(np.arange(len(found)), [part.size for part in found])
    return Relabelling(
        found_at,
        given.scale[units],
        given.constant[units],
        columns.size,
        lost.size,
        Mixed(unit, place[mixed.block[entries]], mixed.scale[entries]).sorted(),
        np.sort(place[np.intersect1d(lost, given.off)]),
    )


def _met_before(numbers: Indices) -> Indices:
    """For each number how often it was met before."""
    order = np.argsort(numbers, kind="stable")
    start = np.searchsorted(numbers[order], numbers[order])
    found = np.empty(numbers.size, dtype=np.int64)
    found[order] = np.arange(numbers.size) - start
    return found
