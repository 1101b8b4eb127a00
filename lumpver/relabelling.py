"""The one idea: t = M t' + k, what a tensor is in terms of its reduced counterpart.

Every row of M has at most one entry, its unit's scale, in the column of its block. The
columns are the counterpart's units, then the ghosts: blocks that the reduced network
no longer has because nothing observes them.

block: the column of a unit's entry; -1 where the row is zero
scale: the entry, s in `unit = s * block's unit`; rho of the paper is its reciprocal
constant: k, which for a row without entry is the unit's value
ghost: a column without a counterpart

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.array import Exact, add, array, equal, multiply, rationals, zeros
from lumpver.exact.scalar import to_sympy

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True, slots=True, eq=False)
class Relabelling:
    """M (as `block` and `scale`) and k (as `constant`) for one tensor of n units.

    Raises
    ------
    Malformed
        If the vectors differ in length or a block is out of range.
    """

    block: npt.NDArray[np.int64]
    scale: Exact
    constant: Exact
    width: int
    ghosts: int = 0

    def __post_init__(self) -> None:
        n = self.block.shape[0]
        if self.scale.shape != (n,) or self.constant.shape != (n,):
            raise Malformed("relabelling", expected=f"{n} units", got="other lengths")
        if n and not (self.block.min() >= -1 and self.block.max() < self.columns):
            raise Malformed("relabelling", expected="blocks in range", got="one outside")

    @property
    def columns(self) -> int:
        """Units of the counterpart and ghosts together."""
        return self.width + self.ghosts

    @property
    def units(self) -> int:
        """How many units the original tensor has."""
        return int(self.block.shape[0])

    @property
    def is_identity(self) -> bool:
        """Whether t = t', unit by unit.

        Examples
        --------
        >>> identity(3).is_identity
        True
        """
        n = self.units
        return (
            self.width == n
            and self.ghosts == 0
            and bool((self.block == np.arange(n)).all())
            and bool(equal(self.scale, np.ones(n)).all())
            and not self.has_constants
        )

    @property
    def has_constants(self) -> bool:
        """Whether k is not zero."""
        return not bool(equal(self.constant, zeros(self.units)).all())

    def members(self, column: int) -> npt.NDArray[np.int64]:
        """The units of a block, in rising order."""
        return np.flatnonzero(self.block == column)

    def recover(self, reduced: Any) -> list[sympy.Rational | None]:
        """The original units' values, M t' + k, from the counterpart's; None for ghosts.

        Raises
        ------
        ShapeMismatch
            If there is not one value per unit of the counterpart.

        Examples
        --------
        >>> merged = Relabelling(np.array([0, 0]), array([1, "1/3"]), zeros(2), 1)
        >>> merged.recover([6])
        [6, 2]
        """
        values = array(reduced)
        if values.shape != (self.width,):
            got = str(values.shape)
            raise ShapeMismatch("relabelling", expected=f"{self.width} values", got=got)
        padded = np.concatenate([rationals(values), rationals(zeros(self.ghosts + 1))])
        scale = np.where(self.block >= 0, rationals(self.scale), rationals(zeros(1)))
        found = rationals(add(multiply(padded[self.block], scale), self.constant))
        return [
            None if self.block[v] >= self.width else to_sympy(found[v]) for v in range(self.units)
        ]


def identity(n: int) -> Relabelling:
    """t = t' for n units."""
    return Relabelling(np.arange(n), np.ones(n), zeros(n), n)
