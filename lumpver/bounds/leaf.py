"""Bounds of tensors in one box, as far as they have been found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lumpver.bounds.plan import Plan
    from lumpver.bounds.pointwise import Lines
    from lumpver.exact.floats import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """Floats that entries never fall below or exceed; infinite where nothing is known."""

    lower: Floats
    upper: Floats

    @property
    def size(self) -> Floats:
        """How large entries are at most."""
        return np.maximum(np.abs(self.lower), np.abs(self.upper))


@dataclass(slots=True, eq=False)
class Leaf:
    """The bounds of the tensors of a plan, in one box, as far as they have been found.

    `magnitudes` has for each affine step how large what it adds up is at most; `lines` the lines
    that each activation is between. What rounding may cost counts `wary` times: more than once
    for bounds that others, who sum in another order, have to find again.
    """

    plan: Plan
    wary: int = 1
    intervals: dict[str, Interval] = field(default_factory=dict)
    magnitudes: dict[str, Floats] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)
