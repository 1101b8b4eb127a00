"""What the two sweeps over a network know.

Forward: a fact for each tensor so far. Backward: which blocks of a tensor somebody observes.

sums: W M of a segment, one row per unit of its output, one column per block of its input
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.claim.facts import UNBOUNDED, Bounds, Fact
from lumpver.exact.array import Exact, nonzero, zeros
from lumpver.model.linear import numbers_of
from lumpver.model.network import Pointwise
from lumpver.search.flat import flat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq

    from lumpver.bounds.knowing import Known
    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Network, Segment
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.search.shared import Bundle, Shared
    from lumpver.search.withheld import Withheld
    from lumpver.search.writing import Written

    Flat = Mapping[str, Mapping[int, fmpq]]

_ROOM: Final = 2**28  # bytes of class sums that are kept


def proposal(
    name: str, relabelling: Relabelling | None = None, *, bounds: Bounds = UNBOUNDED
) -> Fact:
    """The fact about a tensor that keeps its name, or vanishes where no unit is left."""
    left = relabelling is None or relabelling.width > 0
    return Fact(name if left else None, relabelling, bounds=bounds)


def relabelled(facts: Mapping[str, Fact]) -> dict[str, Relabelling]:
    """The relabelling of each tensor that does not simply keep its units."""
    found = ((name, fact.relabelling) for name, fact in facts.items())
    return {name: relabelling for name, relabelling in found if relabelling is not None}


@dataclass(slots=True)
class Forward:
    """The sweep forward so far: the fact about each tensor, and each segment's class sums.

    pinned: tensors that keep their units
    tied: the bundle of each tensor that is in one and not pinned
    colours: those of what kernels in groups read
    rows: what the writers of each bundle write, so far
    known: what is known of tensors on a domain, where that is not all inputs
    flats: what activations make constant there, once that was asked
    signs: units that are shown to be never negative, or never positive
    """

    network: Network
    rules: tuple[str, ...]
    withheld: Withheld
    pinned: frozenset[str]
    tied: Mapping[str, Bundle]
    colours: Mapping[str, Rows]
    shared: dict[Bundle, Shared]
    known: Known | None = None
    signs: Mapping[str, Mapping[int, bool]] = field(default_factory=dict)
    rows: dict[Bundle, dict[str, Written]] = field(default_factory=dict)
    facts: dict[str, Fact] = field(init=False)
    sums: dict[str, Exact] = field(default_factory=dict)
    room: int = field(default_factory=lambda: _ROOM)
    flats: dict[str, dict[int, fmpq]] | None = None

    def __post_init__(self) -> None:
        self.facts = {tensor.name: proposal(tensor.name) for tensor in self.network.inputs}

    def boxed(self, segment: Segment) -> Bounds:
        """What is known of the units of a segment's output on the domain."""
        known = self.known
        return UNBOUNDED if known is None else known.of(segment.output, segment.axis)

    def flat(self) -> Flat | None:
        """What activations make constant on the domain, by what they make; None without one."""
        if self.known is None or "stable" not in self.rules:
            return None
        if self.flats is None:
            self.flats = {
                node.output: found
                for node in self.network.nodes
                if isinstance(node, Pointwise) and node.input in self.network.axes
                for axis in [self.network.axes[node.input]]
                if (found := flat(self.known, node.input, axis, node.activation))
            }
        return self.flats

    def signed(self, segment: Segment) -> Bounds:
        """What is shown of the units of a segment's output for all inputs."""
        found = self.signs.get(segment.output)
        if not found:
            return UNBOUNDED
        width = self.network.width[segment.output]
        ups, downs = (np.array([found.get(v) is up for v in range(width)]) for up in (True, False))
        return Bounds(ups, downs, zeros(width), zeros(width))

    def keep(self, segment: Segment, R: Exact) -> None:
        """The class sums for later, or, once these are large, only where they are not zero."""
        if any(part is R for node in segment.nodes for part in numbers_of(node)):
            self.sums[segment.output] = R
            return
        self.room -= R.nbytes
        self.sums[segment.output] = R if self.room >= 0 else nonzero(R)


@dataclass(slots=True)
class Backward:
    """The sweep backward so far: which blocks of a segment's output somebody observes.

    `found` and `sums` are those of the sweep forward.
    """

    network: Network
    found: Mapping[str, Relabelling]
    sums: Mapping[str, Exact]
    observed: dict[str, Mask] = field(default_factory=dict)
