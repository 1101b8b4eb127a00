"""Relabelled tensors behind an activation, and the signs that some rows need there.

A unit that never goes below 0 passes ReLU, LeakyReLU and Abs unchanged; one that never
goes above 0 leaves ReLU as 0. Signs are read off weights, where what they are
multiplied with is never negative.

up, down: masks of the units that are >= 0, or <= 0, for every input
pure: a unit that is a positive multiple of one block, without a constant
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.rules import reject
from lumpver.checker.runs import multiplied
from lumpver.errors import NotRational
from lumpver.exact.array import Exact, compact, equal, is_float, negative, nonzero, rationals
from lumpver.exact.scalar import ONE, ZERO, text
from lumpver.model.activations import IDENTITY
from lumpver.model.relabelling import identity

if TYPE_CHECKING:
    from lumpver.model.activations import Activation
    from lumpver.model.network import Dimension, Segment
    from lumpver.model.relabelling import Mask, Relabelling


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of the sign of every unit of a tensor."""

    up: Mask
    down: Mask


def unsigned(units: int) -> Signs:
    """Nothing is known."""
    return Signs(np.zeros(units, dtype=bool), np.zeros(units, dtype=bool))


def never_negative(units: int) -> Signs:
    """All units are outputs of an activation with A(y) >= 0."""
    return Signs(np.ones(units, dtype=bool), np.zeros(units, dtype=bool))


def signs(
    segment: Segment, known: Dimension, before: Relabelling | None, given: tuple[Exact, Exact]
) -> Signs:
    """The signs behind a segment whose input and its counterpart are never negative.

    `given` is (W M, W k + b), which is multiplied with the counterpart and the ghosts; the
    weights as they are count as well.
    """
    R, b = given
    up, down = _rows_of_one_sign(R, b), _rows_of_one_sign(-R, -b)
    if before is not None:
        W, c = multiplied(segment, known, identity(before.units))
        up, down = up | _rows_of_one_sign(W, c), down | _rows_of_one_sign(-W, -c)
    return Signs(up, down)


def passed(known: Signs, function: Activation) -> Signs:
    """The signs behind an activation: those that are up pass where A(y) = y for y >= 0."""
    return Signs(known.up & function.homogeneous, np.zeros_like(known.down))


def _rows_of_one_sign(R: Exact, b: Exact) -> Mask:
    return np.asarray(~(negative(R).any(axis=1) | negative(b)), dtype=bool)


def activated(before: Relabelling, function: Activation, name: str, known: Signs) -> Relabelling:
    """The relabelling behind an activation, where there is one.

    Raises
    ------
    Rejected
        Naming the first unit whose row does not follow.
    """
    if function == IDENTITY:
        return before
    off = np.isin(before.block, before.off)
    _switched_off(function, name, known, off)
    _unchanged(before, function, name, known)
    single = (before.block >= 0) & ~off & ~before.shifted
    allowed = before.scale > 0 if function.homogeneous else equal(before.scale, np.ones(off.size))
    wrong = single & ~np.asarray(allowed, dtype=bool)
    if wrong.any():
        v = int(np.flatnonzero(wrong)[0])
        needed = "a positive scale" if function.homogeneous else "scale 1"
        reject("activation", name, needed, text(rationals(before.scale)[v]), v)
    if not off.any() and not before.fixed.any():
        return before
    return _with_constants(before, function, name, off)


def _with_constants(before: Relabelling, function: Activation, name: str, off: Mask) -> Relabelling:
    """The same rows, but for constants, which pass, and units that are off."""
    values, scale = rationals(before.constant).copy(), before.scale.copy()
    values[off], scale[off] = ZERO, 1.0 if is_float(scale) else ONE
    for v in np.flatnonzero(before.fixed).tolist():
        try:
            values[v] = function(values[v])
        except NotRational as error:
            reject("activation", name, error.expected, error.got, v)
    return replace(
        before,
        block=np.where(off, -1, before.block),
        scale=scale,
        constant=compact(values),
        off=np.zeros(0, dtype=np.int64),
    )


def _switched_off(function: Activation, name: str, known: Signs, off: Mask) -> None:
    """Units in blocks that are off are never positive, and the activation makes that 0."""
    wrong = off & ~(known.down & (function.slope == 0))
    if wrong.any():
        v = int(np.flatnonzero(wrong)[0])
        reject("switched off", name, "a unit that is never positive, and ReLU", "another", v)


def _unchanged(before: Relabelling, function: Activation, name: str, known: Signs) -> None:
    """Rows with several entries or a constant beside one: nothing in them ever switches.

    Their own unit must be up, and for each of their blocks some pure unit that is up: then
    the block is up as well. A(y) = y for y >= 0 does the rest.
    """
    shifted = before.shifted
    special = shifted.copy()
    special[before.mixed.unit] = True
    special[np.isin(before.block, before.off)] = False
    if not special.any():
        return
    pure = (before.block >= 0) & ~nonzero(before.constant) & np.asarray(before.scale > 0)
    safe = np.zeros(before.columns, dtype=bool)
    safe[before.block[pure & known.up]] = True
    safe[before.off] = False
    wrong = special & ~(known.up & function.homogeneous)
    wrong[shifted & special] |= ~safe[before.block[shifted & special]]
    wrong[before.mixed.unit[~safe[before.mixed.block]]] = True
    if wrong.any():
        v = int(np.flatnonzero(wrong)[0])
        reject("activation", name, "one entry and no constant, or units that never switch",
               "a unit that may switch", v)  # fmt: skip
