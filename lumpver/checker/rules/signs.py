"""Signs: bounds with one side, for units that never switch.

Statement. Let t' >= 0 for the tensor that a linear node reads. A unit whose weights and bias
are all >= 0 is never negative, one whose are all <= 0 never positive. A never-negative unit
passes A unchanged where A(y) = y for y >= 0, whatever its row; a never-positive one is 0
behind ReLU.
Premises. The bound of the unit itself, and, where its row has several entries or a constant
beside one, of every block in the row, by a unit that is a positive multiple of it; A has one
slope on y >= 0, which is 1 (and 0 on y <= 0, where a unit goes).
Why. A never-negative combination of never-negative columns equals its own activation:
`stable_units_pass` and `switched_off_units_go` in proofs/rocq/statements.v (theory D3).
Attacks. Input that is negative somewhere (a graph input, Tanh): nothing is known there. A block
whose sign only one of two members has: a positive multiple must have it. A shift that lifts a
unit over 0 while its block still switches: the block is asked too. LeakyReLU for a unit that is
off: its slope is not 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.rules.residual import require
from lumpver.claim.facts import Bounds
from lumpver.exact.array import Exact, negative, nonzero

if TYPE_CHECKING:
    from lumpver.model.activations import Activation
    from lumpver.model.relabelling import Mask, Relabelling


def bounds(*rows: tuple[Exact, Exact]) -> Bounds:
    """The bounds of units whose weights and biases these are, on inputs that are never negative.

    Each pair is a way to write the same units; one that shows a bound is enough.
    """
    above = np.logical_or.reduce([_one_sign(-R, -b) for R, b in rows])
    return Bounds(np.logical_or.reduce([_one_sign(R, b) for R, b in rows]), above)


def _one_sign(R: Exact, b: Exact) -> Mask:
    return np.asarray(~(negative(R).any(axis=1) | negative(b)), dtype=bool)


def behind(known: Bounds, function: Activation) -> Bounds:
    """The bounds behind an activation: lower ones pass where A(y) = y for y >= 0."""
    below = known.up & function.homogeneous
    return Bounds(below, np.zeros_like(below))


def require_off(function: Activation, name: str, known: Bounds, off: Mask) -> None:
    """Units in blocks that are off are never positive, and the activation makes that 0."""
    goes = ~off | (known.down & (function.slope == 0))
    require(goes, "switched off", name, "a unit that is never positive, and ReLU", "another")


def require_steady(before: Relabelling, function: Activation, name: str, known: Bounds) -> None:
    """Rows with several entries or a constant beside one: nothing in them ever switches."""
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
    expected = "one entry and no constant, or units that never switch"
    require(~wrong, "activation", name, expected, "a unit that may switch")
