"""From classes of proportional rows to blocks, scales and constants.

Blocks are numbered by their smallest member; every scale of dyadic rows is dyadic.

class: units with their exact ratios to the first of them
unit: the scale of a block's first member, which fixes all the others
span: a class that is a combination of others, where no unit ever switches
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import (
    Exact,
    array,
    compact,
    entry,
    equal,
    negative,
    nonzero,
    rationals,
    zeros,
)
from lumpver.exact.scalar import ONE, ZERO, lowest_common, odd_part, power_below
from lumpver.model.relabelling import Mixed, Relabelling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import fmpq, fmpz

    from lumpver.exact.proportional import Rows
    from lumpver.model.relabelling import Mask
    from lumpver.search.stable import Class, Span


def alike_constants(b: Exact, units: Rows) -> list[Class]:
    """Constants of one sign, each a positive multiple of the first; zeros by themselves.

    Examples
    --------
    >>> alike_constants(array([3, 6, 0, -1]), np.arange(4))
    [[(0, 1), (1, 2)], [(3, 1)], [(2, 1)]]
    """
    below, some = negative(b[units]), nonzero(b[units])
    found = []
    for members in (units[some & ~below], units[below]):
        if members.size:
            lead = entry(b, int(members[0]))
            found.append([(int(v), entry(b, int(v)) / lead) for v in members])
    return found + equal_constants(b, units[~some])


def equal_constants(b: Exact, rows: Rows) -> list[Class]:
    """Units with no varying input that stay units, those with equal bias together."""
    groups: dict[fmpq, Class] = {}
    for v in rows:
        groups.setdefault(entry(b, int(v)), []).append((int(v), ONE))
    return list(groups.values())


def relabelling_of(
    classes: Sequence[Class],
    constant: Mask,
    b: Exact,
    *,
    spans: Mapping[int, Span] = MappingProxyType({}),
    off: Sequence[Class] = (),
    member: bool = False,
    centre: fmpq = ZERO,
) -> Relabelling:
    """The relabelling with these classes, in order of their first members, as blocks.

    Units in `constant` get no block but their value in `b`. A class in `spans` gets the
    entries of the classes it combines. The classes `off` become ghosts. With `member` a block
    is one of its members, where that leaves all scales dyadic. Ratios are about a `centre`:
    (row - centre) = ratio (first row - centre).
    """
    found = _Rows(np.full(constant.shape[0], -1, dtype=np.int64))
    values = rationals(zeros(constant.shape[0]))
    values[constant] = rationals(b[constant])
    leads: dict[int, tuple[int, fmpq]] = {}
    for place, members in enumerate([*classes, *off]):
        if place in spans:
            continue
        column = len(leads)
        leads[place] = column, ONE
        if len(members) == 1:
            found.block[members[0][0]] = column
            continue
        ratios = [ratio for _, ratio in members]
        unit = (_member_unit(ratios) if member else None) or _block_unit(ratios)
        unit = ONE if centre else unit
        leads[place] = column, unit
        for v, ratio in members:
            found.add(v, [(column, ratio * unit)])
            if centre and ratio != 1:
                values[v] = centre * (1 - ratio)
    for place, span in spans.items():
        row = sorted((leads[i][0], c * leads[i][1]) for i, c in span.coefficients.items())
        for v, ratio in classes[place]:
            found.add(v, [(column, ratio * c) for column, c in row])
            values[v] = ratio * span.constant
    width = len(leads) - len(off)
    return Relabelling(
        found.block,
        _scales(constant.shape[0], found.special),
        compact(values),
        width,
        len(off),
        found.mixed(),
        np.arange(width, len(leads)),
    )


@dataclass(slots=True)
class _Rows:
    """Rows of M as they are found: those of one entry, and those of several."""

    block: Rows
    special: dict[int, fmpq] = field(default_factory=dict)
    several: dict[int, list[tuple[int, fmpq]]] = field(default_factory=dict)

    def add(self, unit: int, row: list[tuple[int, fmpq]]) -> None:
        if len(row) > 1:
            self.several[unit] = row
            return
        [(self.block[unit], scale)] = row
        if scale != 1:
            self.special[unit] = scale

    def mixed(self) -> Mixed:
        rows = sorted(self.several.items())
        return Mixed.of([(v, j, scale) for v, row in rows for j, scale in row])


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


def _member_unit(ratios: list[fmpq]) -> fmpq | None:
    """The first member's scale, such that some member's is 1 and all are dyadic, if there is one.

    Examples
    --------
    >>> from flint import fmpq
    >>> _member_unit([fmpq(1), fmpq(1, 3), fmpq(2)]), _member_unit([fmpq(1), fmpq(3, 5)])
    (3, None)
    """
    for ratio in ratios:
        if all(odd_part((other / ratio).q) == 1 for other in ratios):
            return ONE / ratio
    return None


def same(one: Relabelling | None, other: Relabelling | None) -> bool:
    """Whether two relabellings have the same rows, and the same columns held and off."""
    if one is None or other is None:
        return one is other
    ours, theirs = (
        (r.block, r.off, r.mixed.unit, r.mixed.block, r.scale, r.constant, r.mixed.scale)
        for r in (one, other)
    )
    return (one.width, one.ghosts) == (other.width, other.ghosts) and all(
        a.shape == b.shape and bool(equal(a, b).all()) for a, b in zip(ours, theirs, strict=True)
    )


def representatives(relabelling: Relabelling | None, units: int) -> Rows:
    """The smallest member of every block that the counterpart has, in block order.

    Members with a constant beside their entry do not count.
    """
    if relabelling is None:
        return np.arange(units)
    first = np.full(relabelling.columns, -1, dtype=np.int64)
    used = np.flatnonzero((relabelling.block >= 0) & ~nonzero(relabelling.constant))[::-1]
    first[relabelling.block[used]] = used
    return first[: relabelling.width]
