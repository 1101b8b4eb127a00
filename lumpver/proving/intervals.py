"""Exact bounds of atoms and directions, from the box and from what activations can be.

References
----------
Moore: *Interval Analysis*; here without rounding, and open where nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

import numpy as np
from flint import fmpq

from lumpver.claim.domain import FREE
from lumpver.exact.array import Exact, add, array, rationals
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.functions import UNCHANGED, Curve, Pieces
from lumpver.proving.layouts import Elsewhere
from lumpver.proving.table import (
    UNIT,
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
    from collections.abc import Callable, Sequence

    from lumpver.claim.domain import Range
    from lumpver.model.activations import Activation
    from lumpver.proving.table import Atom, Table


@dataclass(slots=True)
class Intervals:
    """Bounds over a table; `ranges` gives those of a spine's roots."""

    table: Table
    ranges: Callable[[int], Sequence[Range]]
    _atoms: dict[int, Range] = field(default_factory=dict)
    _layers: dict[int, list[Range]] = field(default_factory=dict)
    _known: set[int] = field(default_factory=set)

    def atom(self, index: int) -> Range:
        """The bounds of an atom."""
        atom = self.table.atoms[index]
        if atom.spine not in self._known:
            self._known.add(atom.spine)
            roots = self.table.roots[atom.spine].tolist()
            self._atoms.update(zip(roots, self.ranges(atom.spine), strict=True))
        if index not in self._atoms:
            self._atoms[index] = self._bounds(atom)
        return self._atoms[index]

    def _bounds(self, atom: Atom) -> Range:
        match atom:
            case Variable() | Divided() | Joined() | Weighed():
                return FREE
            case Moved():
                return self._moved(atom)
            case Largest():
                return scaled(self.direction(atom.direction), fmpq(atom.sign))
            case Irrational():
                return image(atom.function, (atom.argument, atom.argument))
            case Applied():
                return image(atom.function, self.argument(atom))
            case _:
                assert_never(atom)

    def _moved(self, atom: Moved) -> Range:
        """Those of the atom and of 0, which padding is; of a sum no more than the sign."""
        low, high = (ZERO, ONE) if atom.atom == UNIT else self.atom(atom.atom)
        low = None if low is None else min(low, ZERO)
        high = None if high is None else max(high, ZERO)
        key = self.table.spines[atom.spine]
        if isinstance(key, Elsewhere) and key.adds:
            return (low if low == 0 else None, high if high == 0 else None)
        return low, high

    def argument(self, atom: Applied) -> Range:
        """The bounds of what an activation is applied to."""
        return scaled(self.direction(atom.direction), atom.factor)

    def direction(self, index: int) -> Range:
        """The bounds of a direction."""
        place, row = self.table.places[index]
        for below in self.table.needed(place, self._layers):
            layer = self.table.layers[below]
            bounds = [self.atom(int(atom)) for atom in layer.atoms]
            self._layers[below] = forms(layer.R, layer.b, bounds)
        return self._layers[place][row]


def forms(M: Exact, k: Exact, bounds: Sequence[Range]) -> list[Range]:
    """The bounds of the rows of M x + k, for x within `bounds`.

    Examples
    --------
    >>> from lumpver.exact.scalar import ONE
    >>> M = array([[1, -2], [0, 1]])
    >>> forms(M, array([0, 1]), [(ZERO, ONE), (ZERO, None)])
    [(None, 1), (1, None)]
    """
    lows, low_open = _ends([low for low, _ in bounds])
    highs, high_open = _ends([high for _, high in bounds])
    rises = np.asarray(rationals(M) > ZERO, dtype=bool)
    falls = np.asarray(rationals(M) < ZERO, dtype=bool)
    up, down = np.where(rises, M, 0 * M), np.where(falls, M, 0 * M)
    low = rationals(add(add(matmul(up, lows), matmul(down, highs)), k)).tolist()
    high = rationals(add(add(matmul(up, highs), matmul(down, lows)), k)).tolist()
    no_low: Exact = np.any((rises & low_open) | (falls & high_open), axis=1)
    no_high: Exact = np.any((rises & high_open) | (falls & low_open), axis=1)
    return [
        (None if no_low[v] else low[v], None if no_high[v] else high[v]) for v in range(len(low))
    ]


def _ends(values: Sequence[fmpq | None]) -> tuple[Exact, Exact]:
    """The ends with 0 where there is none, and where that is."""
    open_ends = np.array([value is None for value in values], dtype=bool)
    return array([ZERO if value is None else value for value in values]), open_ends


def scaled(bounds: Range, factor: fmpq) -> Range:
    """The bounds of `factor` times something."""
    low, high = (None if end is None else end * factor for end in bounds)
    return (low, high) if factor > 0 else (high, low)


def image(function: Activation, bounds: Range) -> Range:
    """The bounds of an activation of something.

    Examples
    --------
    >>> from lumpver.exact.scalar import ONE
    >>> from lumpver.model.activations import ABS, RELU
    >>> image(RELU, (None, ONE)), image(ABS, (-ONE - ONE, ONE))
    ((0, 1), (0, 2))
    """
    return function.image(*bounds)


def idempotent(function: Activation) -> bool:
    """Whether applying the function again changes nothing.

    Examples
    --------
    >>> from lumpver.model.activations import RELU, clip, leaky
    >>> idempotent(RELU), idempotent(clip(-1, 6)), idempotent(leaky("1/10"))
    (True, True, False)
    """
    match function.mapping:
        case Curve():
            return False
        case Pieces() as pieces:
            lines = pieces.between(*image(function, FREE))
            return all(line == UNCHANGED for line in lines)
        case _:
            assert_never(function.mapping)
