"""How far executions of two networks may both be from real arithmetic, output by output.

Statement. For every input of the domain that binary32 has, the errors of an output of the first
network and of its counterpart add up to no more than is said, in each entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flint import fmpq

from lumpver.bounds.knowing import posed
from lumpver.claim.domain import Box, Boxes
from lumpver.exact.outward import below
from lumpver.exact.scalar import ZERO
from lumpver.roundoff.errors import Unbounded
from lumpver.roundoff.parts import most
from lumpver.roundoff.spreading import unwatched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lumpver.exact.floats import Floats
    from lumpver.model.graph import Graph

    Names = Sequence[tuple[str, str]]

_CUTS: Final = (0, 64, 512)
_WORK: Final = 2**20  # entries of tensors that are bounded, over all parts


def together(
    first: Graph,
    second: Graph,
    domain: Boxes,
    *,
    inputs: Names,
    outputs: Names,
    room: Mapping[str, fmpq],
    watch: Callable[[], None] = unwatched,
) -> dict[str, fmpq]:
    """What both errors add up to at most, by the first's names of outputs.

    Boxes are cut until all is within `room`, as often as is worth it. `watch` is called again and
    again, and may raise to end it.

    Raises
    ------
    Unbounded
        If no bound is known.
    Malformed, ShapeMismatch
        If the domain, whose inputs have the first's names, does not fit.
    """
    names = dict(inputs)
    theirs = Boxes(
        tuple(
            Box.of({names.get(name, name): ranges for name, ranges in box.ranges})
            for box in domain.boxes
        )
    )
    until = below(min(room.values(), default=ZERO) / 4)
    found: dict[str, fmpq] = {}
    worth = _WORK // max(1, *(_entries(x, y) for x, y in ((first, domain), (second, theirs))))
    for cuts in sorted({min(cuts, worth) for cuts in _CUTS}):
        one, _ = most(first, domain, until=until, cuts=cuts, watch=watch)
        other = one
        if first is not second:
            other, _ = most(second, theirs, until=until, cuts=cuts, watch=watch)
        found = {a: _largest(one[a], other[b]) for a, b in outputs}
        if all(found[name] <= room[name] for name in found):
            break
    return found


def _entries(network: Graph, domain: Boxes) -> int:
    """How many entries all tensors have."""
    plan, _ = posed(network, domain)
    return sum(map(plan.size, plan.shapes))


def _largest(one: Floats, other: Floats) -> fmpq:
    """The largest sum of two entries, exactly."""
    if one.shape != other.shape:
        raise Unbounded("outputs have not as many entries in both models")
    if not one.size:
        return ZERO
    sums = [
        fmpq(*x.as_integer_ratio()) + fmpq(*y.as_integer_ratio())
        for x, y in zip(one.tolist(), other.tolist(), strict=True)
    ]
    return max(sums)
