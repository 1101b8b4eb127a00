"""Windows in joint lumping: what taps meet, as atoms of a spine that the window leads to.

A window reads columns: atoms of the operand's spine. What one is where a tap meets is an atom of
its own, 0 where padding is met; so is what becomes there of 1, where a tap may be missed.

whole: the window of all positions at once, as a Flatten has it
cut: a unit of several atoms that is one atom from there on, or else atoms would multiply
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import nonzero, zeros
from lumpver.model.activations import IDENTITY
from lumpver.model.relabelling import Relabelling
from lumpver.model.spread import ALONE, Spread
from lumpver.model.window import Window
from lumpver.proving.layouts import Elsewhere, Root, around
from lumpver.proving.table import UNIT, Applied, Largest, Moved, Variable
from lumpver.proving.values import few, forms, gathered, renamed

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from lumpver.exact.array import Exact
    from lumpver.exact.proportional import Rows
    from lumpver.model.relabelling import Mask
    from lumpver.model.tensor import Shape
    from lumpver.proving.table import Table
    from lumpver.proving.values import Units


@dataclass(frozen=True, slots=True)
class Met:
    """The spine that a window leads to; which taps may miss an entry, and which always do."""

    spine: int
    missed: Mask
    never: Mask


def elsewhere(table: Table, spine: int, atom: int, place: int) -> int:
    """What an atom of another spine, or 1 for `UNIT`, is in a spine at a place."""
    if atom != UNIT and table.atoms[atom].spine == spine:
        return atom
    if isinstance(table.spines[spine], Root) and atom != UNIT:
        inner = table.atoms[atom]
        root = table.spines[inner.spine]
        if isinstance(inner, Variable) and isinstance(root, Root) and isinstance(root.place, int):
            unit = atom - int(table.roots[inner.spine][0])
            return int(table.roots[spine][unit * root.place + place])
    return table.atom(Moved(spine, atom, place))


def met(table: Table, units: Units, shape: Shape, window: Window) -> Met:
    """What the window makes of the positions of units of a tensor of that shape."""
    lengths = known(shape, units.axis)
    missed, never = window.missed, np.zeros(window.taps, dtype=bool)
    if lengths is not None:
        missed, never = misses(window, lengths)
    kept = tuple(np.flatnonzero(~missed).tolist())
    rest, step = told(shape, units, window)
    every = over_all(shape, units, window)
    if step is not None and lengths is not None:
        if step.is_point:
            return Met(units.spine, missed, never)
        found = _entries(table, units, prod(lengths)) if every else None
        if found is not None:
            return Met(found, missed, never)
    spine = table.spine(Elsewhere(units.spine, rest, step, kept, all=every), 0)
    return Met(spine, missed, never)


def over_all(shape: Shape, units: Units, window: Window) -> bool:
    """Whether the window meets all positions at once, and nothing else."""
    lengths = known(shape, units.axis)
    return lengths is not None and plain(window, lengths) == whole(lengths)


def told(shape: Shape, units: Units, window: Window | None) -> tuple[Hashable, Window | None]:
    """The lengths beside the units, and the window, told in one way: without lengths of 1.

    All positions at once are along one axis. None stands for a window that is not known.
    """
    rest, lengths = around(shape, units.axis, units.layout), known(shape, units.axis)
    if lengths is None:
        return (units.axis, rest), window
    window = plain(window or whole(lengths), lengths)
    if window == whole(lengths):
        lengths = (prod(lengths),)
        window = whole(lengths)
    axes = [i for i, size in enumerate(lengths) if size > 1 or not _idle(window, i)]
    if window.spacing:
        return (rest, lengths), window
    parts = (window.size, window.strides, window.dilations, window.before, window.after)
    window = Window(*(tuple(part[i] for i in axes) for part in parts))
    behind = tuple(lengths[i] for i in axes)
    front = (shape or ())[: units.axis]
    ahead = tuple(size if isinstance(size, int) else None for size in front if size != 1)
    return (units.layout if ahead.count(None) > 1 else ahead, behind), window


def known(shape: Shape, axis: int) -> tuple[int, ...] | None:
    """The lengths behind the unit axis, where all are known and none is 0."""
    behind = () if shape is None or len(shape) < -axis else shape[axis:][1:]
    found = tuple(size for size in behind if isinstance(size, int))
    return found if behind and len(found) == len(behind) and 0 not in found else None


def _idle(window: Window, axis: int) -> bool:
    """Whether the window does nothing along an axis of length 1."""
    pads = (window.before[axis], window.after[axis])
    return window.size[axis] == 1 and pads == (0, 0)


def _entries(table: Table, units: Units, positions: int) -> int | None:
    """The spine of all entries of a tensor that its units are the roots of, side by side."""
    root = table.spines[units.spine]
    if not isinstance(root, Root) or root.place != positions:
        return None
    size = root.width * positions
    return table.spine(Root(root.number, size, 1), size)


def whole(lengths: Sequence[int]) -> Window:
    """The window that meets all of so many positions at once."""
    ones, none = (1,) * len(lengths), (0,) * len(lengths)
    return Window(tuple(lengths), ones, ones, none, none)


def plain(window: Window, lengths: Sequence[int]) -> Window:
    """The window that meets the same as another over so many positions, told in one way.

    Examples
    --------
    >>> spelled = Window((3, 1), (2, 1), (1, 4), (0, 0), (1, 0))
    >>> plain(spelled, (3, 5)) == Window((3, 1), (1, 1), (1, 1), (0, 0), (0, 0))
    True
    """
    if window.spacing:
        return window
    made = window.lengths(tuple(lengths))
    parts = zip(window.size, window.strides, window.dilations, window.before, window.after,
                lengths, made, strict=True)  # fmt: skip
    found = []
    for size, stride, dilation, low, high, length, count in parts:
        last, step = int(count or 0) - 1, dilation if size > 1 else 1
        reach = step * (size - 1) + 1
        after = min(high, max(0, last * stride + reach - length - low))
        jump = stride if last else length + low + after - reach + 1
        found.append((size, jump, step, low, after))
    sizes, strides, steps, lows, highs = zip(*found, strict=True)
    return Window(sizes, strides, steps, lows, highs)


def misses(window: Window, lengths: Sequence[int]) -> tuple[Mask, Mask]:
    """The taps that meet padding at some position, and those that do at all.

    Examples
    --------
    >>> [mask.tolist() for mask in misses(Window((3,), (1,), (1,), (1,), (0,)), (3,))]
    [[True, False, False], [False, False, False]]
    """
    some, every = [np.zeros(1, dtype=bool)], [np.zeros(1, dtype=bool)]
    made = window.lengths(tuple(lengths))
    for axis, length in enumerate(lengths):
        taps = np.arange(window.size[axis])[:, None] * window.dilations[axis]
        at = taps + np.arange(int(made[axis] or 0)) * window.strides[axis] - window.before[axis]
        at, between = np.divmod(at, window.spaced[axis])
        outside = (at < 0) | (at >= length) | (between != 0)
        some.append(np.logical_or.outer(some[-1], outside.any(axis=1)).reshape(-1))
        every.append(np.logical_or.outer(every[-1], outside.all(axis=1)).reshape(-1))
    return some[-1], every[-1]


def cut(table: Table, units: Units, *, always: bool = False) -> Units:
    """The same units, those over several atoms of which one was moved as one atom each.

    All over several atoms where it is `always`.
    """
    if units.relabelling is not None or units.M is None:
        return units
    moving = nonzero(units.M)
    moved = [isinstance(table.atoms[int(atom)], Moved | Largest) for atom in units.atoms]
    chosen = moving.sum(axis=1) > 1
    if not always:
        chosen &= moving[:, np.array(moved, dtype=bool)].any(axis=1)
    rows = np.flatnonzero(chosen)
    if not rows.size:
        return few(units)
    found = forms(replace(units, M=_without(units.M, rows)))
    R = units.M[rows]
    directions, factors = table.directions(units.spine, units.atoms, R, zeros(rows.size))
    for v, direction, factor in zip(rows.tolist(), directions.tolist(), factors, strict=True):
        atom = table.atom(Applied(units.spine, IDENTITY, direction))
        found[v] = ({atom: factor}, found[v][1])
    return gathered(units, found)


def _without(M: Exact, rows: Rows) -> Exact:
    found = M.copy()
    found[rows] = 0
    return found


def spread_out(table: Table, units: Units, shape: Shape, spread: Spread) -> Units | None:
    """A unit for each entry that units become where the axis takes in positions around it.

    None where the positions are not known.
    """
    lengths = known(shape, units.axis)
    if spread == ALONE:
        return units
    if lengths is not None and spread == Spread(parts=prod(lengths)):
        spine = met(table, units, shape, whole(lengths)).spine
    else:
        rest = around(shape, units.axis, None)
        if rest is None:
            return None
        kept = tuple(range(spread.count))
        spine = table.spine(Elsewhere(units.spine, rest, spread, kept, all=True), 0)
    units = cut(table, units, always=True)
    places = [(int(atom), place) for atom in units.atoms for place in range(spread.count)]
    names = [elsewhere(table, spine, *place) for place in places]
    if units.relabelling is None:
        return None
    return renamed(_placed(units, units.relabelling, spread), spine, names)


def _placed(units: Units, found: Relabelling, spread: Spread) -> Units:
    """The rows of all entries, over a column for each atom and place."""
    places = np.arange(spread.count).reshape(spread.copies, 1, spread.parts)
    shape = (spread.copies, found.units, spread.parts)
    block = np.broadcast_to(found.block[None, :, None] * spread.count + places, shape)
    gone = np.broadcast_to(found.block[None, :, None] < 0, shape)
    relabelling = Relabelling(
        np.where(gone, -1, block).reshape(-1),
        spread.of(found.scale),
        spread.of(found.constant),
        found.width * spread.count,
    )
    return replace(units, relabelling=relabelling)
