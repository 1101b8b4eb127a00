"""Facts: what is known of a tensor of the original in terms of the reduced network.

fact: t = M t' + k on the claim's domain, for the tensor t and a counterpart t'
bounds: numbers that units never fall below, or never exceed
uses: which fact of the operand a fact follows from, counted from 0

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 7.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import Exact, array, entry, rationals, zeros
from lumpver.exact.scalar import ZERO
from lumpver.model.spread import ALONE

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.functions import Range
    from lumpver.model.relabelling import Indices, Mask, Relabelling
    from lumpver.model.spread import Spread


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """t >= lower where `below` says that there is a lower bound, t <= upper where `above` does.

    Arrays without an axis speak of all units, of the tensor and of its counterpart alike: that
    is what the range of an activation says.

    Examples
    --------
    >>> NEVER_NEGATIVE.common, UNBOUNDED.common
    ((0, None), (None, None))
    """

    below: Mask
    above: Mask
    lower: Exact = field(default_factory=zeros)
    upper: Exact = field(default_factory=zeros)

    @staticmethod
    def everywhere(low: fmpq | None, high: fmpq | None) -> Bounds:
        """The same bounds for all units, of the tensor and of its counterpart.

        Examples
        --------
        >>> from lumpver.exact.scalar import ONE
        >>> Bounds.everywhere(None, ONE).of(7), Bounds.everywhere(None, ONE).common
        ((None, 1), (None, 1))
        """
        known = (np.asarray(end is not None) for end in (low, high))
        return Bounds(*known, *(array(end or ZERO) for end in (low, high)))

    def of(self, unit: int) -> Range:
        """Numbers below and above which a unit of the tensor never is; None where none is known."""
        return _end(self.below, self.lower, unit), _end(self.above, self.upper, unit)

    @property
    def common(self) -> Range:
        """The bounds of all units, of the tensor and of its counterpart."""
        return (None, None) if self.below.ndim else self.of(0)

    @property
    def never_negative(self) -> bool:
        """Whether no unit of the tensor or of its counterpart is ever negative."""
        low, _ = self.common
        return low is not None and bool(low >= 0)

    def pooled(self, operator: str, *, padded: bool) -> Bounds:
        """The bounds of the largest, the mean or the sum of units at several positions.

        With `padded` a mean may count padding, which is 0.

        Examples
        --------
        >>> NEVER_NEGATIVE.pooled("sum", padded=False).common
        (0, None)
        """
        low, high = self.common
        if operator == "sum":
            low = ZERO if low is not None and low >= 0 else None
            high = ZERO if high is not None and high <= 0 else None
        elif padded:
            low, high = low and min(low, ZERO), high and max(high, ZERO)
        return Bounds.everywhere(low, high)

    def plus(self, other: Bounds, *, sign: int = 1) -> Bounds:
        """The bounds of a sum, or, where the sign is -1, of a difference, unit by unit.

        Examples
        --------
        >>> NEVER_NEGATIVE.plus(NEVER_NEGATIVE).common, NEVER_NEGATIVE.plus(UNBOUNDED).common
        ((0, None), (None, None))
        """
        ours, theirs = self.common, other.common
        theirs = theirs if sign > 0 else theirs[::-1]
        low, high = (
            None if a is None or b is None else a + sign * b
            for a, b in zip(ours, theirs, strict=True)
        )
        return Bounds.everywhere(low, high)

    def narrowed(self, other: Bounds) -> Bounds:
        """Both bounds together, of as many units as `other` has: where there are two the nearer.

        Examples
        --------
        >>> at = np.array([True])
        >>> NEVER_NEGATIVE.narrowed(Bounds(at, at, np.array([-2.0]), np.array([5.0]))).of(0)
        (0, 5)
        """
        if other.below.ndim == 0:
            return self
        ours = [np.broadcast_to(x, other.below.shape) for x in (self.below, self.above)]
        lower, upper = (
            np.broadcast_to(rationals(x), other.below.shape) for x in (self.lower, self.upper)
        )
        theirs = rationals(other.lower), rationals(other.upper)
        rises = other.below & (~ours[0] | (lower < theirs[0]).astype(bool))
        falls = other.above & (~ours[1] | (theirs[1] < upper).astype(bool))
        return Bounds(
            ours[0] | other.below,
            ours[1] | other.above,
            np.where(rises, theirs[0], lower),
            np.where(falls, theirs[1], upper),
        )

    def spread(self, over: Spread) -> Bounds:
        """The same bounds where units have become several entries."""
        if over == ALONE:
            return self
        found = (self.below, self.above, self.lower, self.upper)
        return Bounds(*(x if x.ndim == 0 else over.of(x) for x in found))


def _end(known: Mask, ends: Exact, unit: int) -> fmpq | None:
    if not (known[unit] if known.ndim else known):
        return None
    return entry(ends, unit) if ends.ndim else entry(ends)


UNBOUNDED: Final = Bounds(np.zeros((), dtype=bool), np.zeros((), dtype=bool))
NEVER_NEGATIVE: Final = Bounds(np.ones((), dtype=bool), np.zeros((), dtype=bool))


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One fact about a tensor: its counterpart, and its relabelling unless that follows.

    The counterpart is None where nothing of the tensor is left. As a certificate states it,
    `relabelling` is None where it follows from the operand's; as the checker establishes it,
    None is the identity, and `axis` is the unit axis of any other. `since` names the tensor from
    which the forms of both begin that show that they are the same, where that is the reason.
    The checker alone knows bounds of the counterpart's units, `held`, and which equal another.
    """

    counterpart: str | None
    relabelling: Relabelling | None = None
    uses: int = 0
    axis: int | None = None
    bounds: Bounds = UNBOUNDED
    since: str | None = None
    held: Bounds = UNBOUNDED
    alike: Indices | None = None
