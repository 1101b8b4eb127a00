"""Errors of all tensors of a network in one box, as far as they have been found.

error: how far an entry of an execution may be from the real one
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lumpver.errors import LumpverError
from lumpver.roundoff.single import above

if TYPE_CHECKING:
    from lumpver.bounds.leaf import Leaf
    from lumpver.bounds.plan import Plan
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices, Mask


class Unbounded(LumpverError):
    """No bound on what executions in float32 give is known, and why."""

    kind = "unbounded"

    def __init__(self, why: str) -> None:
        super().__init__("float32", expected="a bound on its error", got="none", said=why)


@dataclass(frozen=True, slots=True, eq=False)
class Passing:
    """What an activation makes of errors: times `middle`, and `apart` times the largest more."""

    middle: Floats
    apart: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Won:
    """Of each window: the entry that is sure to be the largest, real and executed, where one is."""

    best: Indices
    alone: Mask


@dataclass(slots=True, eq=False)
class Errors:
    """What is known of each tensor, by name.

    `own` is what its node adds, `most` its largest error, `spread` what the magnitudes of an
    affine step make of the operands' errors.
    """

    leaf: Leaf
    own: dict[str, Floats] = field(default_factory=dict)
    most: dict[str, Floats] = field(default_factory=dict)
    spread: dict[str, Floats] = field(default_factory=dict)
    passing: dict[str, Passing] = field(default_factory=dict)
    won: dict[str, Won] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """The plan of the network."""
        return self.leaf.plan

    def size(self, name: str) -> Floats:
        """How large the entries of an execution are at most.

        Raises
        ------
        Unbounded
            If that is not known.
        """
        found = above(self.leaf.intervals[name].size + self.most[name])
        if not np.isfinite(found).all():
            raise Unbounded(f"no bounds are known of {name} on the box")
        return found

    def executed(self, name: str) -> Floats:
        """How large all that an affine step adds up is at most, in an execution."""
        return above(self.leaf.magnitudes[name] + self.spread[name])
