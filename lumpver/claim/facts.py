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

from lumpver.exact.array import Exact, negative, zeros
from lumpver.model.spread import ALONE

if TYPE_CHECKING:
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.model.spread import Spread


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """t >= lower where `below` says that there is a lower bound, t <= upper where `above` does.

    Arrays without an axis speak of all units, of the tensor and of its counterpart alike: that
    is what the range of an activation says.

    Examples
    --------
    >>> bool(NEVER_NEGATIVE.up), bool(NEVER_NEGATIVE.down)
    (True, False)
    """

    below: Mask
    above: Mask
    lower: Exact = field(default_factory=zeros)
    upper: Exact = field(default_factory=zeros)

    @property
    def up(self) -> Mask:
        """The units that are known to be never negative."""
        return np.asarray(self.below & ~negative(self.lower), dtype=bool)

    @property
    def down(self) -> Mask:
        """The units that are known to be never positive."""
        return np.asarray(self.above & ~negative(-self.upper), dtype=bool)

    @property
    def never_negative(self) -> bool:
        """Whether no unit of the tensor or of its counterpart is ever negative."""
        return self.below.ndim == 0 and bool(self.up)

    def spread(self, over: Spread) -> Bounds:
        """The same bounds where units have become several entries."""
        if over == ALONE:
            return self
        found = (self.below, self.above, self.lower, self.upper)
        return Bounds(*(x if x.ndim == 0 else over.of(x) for x in found))


UNBOUNDED: Final = Bounds(np.zeros((), dtype=bool), np.zeros((), dtype=bool))
NEVER_NEGATIVE: Final = Bounds(np.ones((), dtype=bool), np.zeros((), dtype=bool))


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One fact about a tensor: its counterpart, and its relabelling unless that follows.

    The counterpart is None where nothing of the tensor is left. As a certificate states it,
    `relabelling` is None where it follows from the operand's; as the checker establishes it,
    None is the identity, and `axis` is the unit axis of any other.
    """

    counterpart: str | None
    relabelling: Relabelling | None = None
    uses: int = 0
    axis: int | None = None
    bounds: Bounds = UNBOUNDED
