"""Laws of functions: what they make of a multiple of their argument, or of its reflection.

A law is why units with rows that are multiples of each other, or opposite, are one unit.

centre: c, about which arguments are stretched and reflected
degree: n with A(c + r z) - A(c) = r**n (A(c + z) - A(c)) for all z and all r > 0
reflection: (s, k) with A(c - z) = s A(c + z) + k for all z: odd (-1, 0), even (1, 0)

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4: the case
of degree 1 about 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lumpver.exact.scalar import ONE, ZERO

if TYPE_CHECKING:
    from flint import fmpq

    Symmetry = tuple[fmpq, fmpq]

EVEN: Final = (ONE, ZERO)
ODD: Final = (-ONE, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """All that is known of a function's symmetries; `value` is A(c), where there is a degree.

    `straight` says that the function is the identity, which any row passes.
    """

    centre: fmpq = ZERO
    degree: int | None = None
    value: fmpq = ZERO
    reflection: Symmetry | None = None
    straight: bool = False

    def row(self, scale: fmpq, constant: fmpq) -> Symmetry | None:
        """(s, k) with A(scale y + constant) = s A(y) + k for all y, where the law has one.

        Examples
        --------
        >>> MULTIPLES.row(ONE + ONE, ZERO), MULTIPLES.row(-ONE, ZERO)
        ((2, 0), None)
        >>> Law(centre=ONE, reflection=(-ONE, ONE)).row(-ONE, ONE + ONE)
        (-1, 1)
        """
        if self.straight or (scale == 1 and constant == 0):
            return scale, constant
        size = abs(scale)
        if scale == 0 or constant != self.centre * (1 - scale):
            return None
        if size != 1 and self.degree is None:
            return None
        factor = ONE if size == 1 else size ** (self.degree or 0)
        shift = self.value * (1 - factor)
        if scale > 0:
            return factor, shift
        if self.reflection is None:
            return None
        s, k = self.reflection
        return s * factor, s * shift + k

    @property
    def multiplies(self) -> bool:
        """Whether every positive multiple, about 0, passes as it is."""
        return self.straight or (self.degree == 1 and self.centre == self.value == 0)


NO_LAW: Final = Law()
MULTIPLES: Final = Law(degree=1)
STRAIGHT: Final = Law(straight=True)
