"""From classes of proportional rows to blocks, scales and constants.

Blocks are numbered by their smallest member; every scale of dyadic rows is dyadic.

class: units with their exact ratios to the first of them
unit: the scale of a block's first member, which fixes all the others
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import Exact, array, compact, entry, rationals, zeros
from lumpver.exact.scalar import ONE, lowest_common, odd_part, power_below
from lumpver.relabelling import Relabelling

if TYPE_CHECKING:
    from flint import fmpq, fmpz

    from lumpver.activations import Activation
    from lumpver.exact.proportional import Rows
    from lumpver.observation import Mask


def equal_constants(b: Exact, rows: Rows) -> list[list[tuple[int, fmpq]]]:
    """Units with no varying input that stay units, those with equal bias together."""
    groups: dict[fmpq, list[tuple[int, fmpq]]] = {}
    for v in rows:
        groups.setdefault(entry(b, int(v)), []).append((int(v), ONE))
    return list(groups.values())


def relabelling_of(classes: list[list[tuple[int, fmpq]]], constant: Mask, b: Exact) -> Relabelling:
    """The relabelling with these classes as blocks, numbered by smallest member.

    Units in `constant` get no block but their value in `b`.
    """
    n = constant.shape[0]
    block = np.full(n, -1, dtype=np.int64)
    special: dict[int, fmpq] = {}
    for column, members in enumerate(sorted(classes, key=lambda members: members[0][0])):
        if len(members) == 1:
            block[members[0][0]] = column
            continue
        unit = _block_unit([ratio for _, ratio in members])
        for v, ratio in members:
            block[v] = column
            if ratio * unit != 1:
                special[v] = ratio * unit
    values = rationals(zeros(n))
    values[constant] = rationals(b[constant])
    return Relabelling(block, _scales(n, special), compact(values), len(classes))


def _scales(n: int, special: dict[int, fmpq]) -> Exact:
    scale = np.ones(n)
    if not special:
        return scale
    rows = sorted(special)
    exact = array([special[v] for v in rows])
    if exact.dtype == object:
        scale = rationals(scale)
    scale[rows] = exact
    return scale


def _block_unit(ratios: list[fmpq]) -> fmpq:
    """The first member's scale, such that every scale of the block is dyadic.

    With the least odd number that clears the ratios' denominators, weights that are
    dyadic stay so on both sides (theory E); a power of two keeps the magnitude.
    """
    odd: fmpz = lowest_common([odd_part(ratio.q) for ratio in ratios])
    whole = ONE * odd
    return whole / power_below(whole)


def activated(before: Relabelling, function: Activation) -> Relabelling:
    """What an activation makes of a relabelling: the same blocks, constants through it."""
    if not before.has_constants and (before.block >= 0).all():
        return before
    values = rationals(before.constant).copy()
    for v in np.flatnonzero(before.block < 0):
        values[v] = function(values[v])
    return Relabelling(before.block, before.scale, compact(values), before.width, before.ghosts)
