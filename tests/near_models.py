"""Pairs of models that are near, certificates of that, and points at which one would be wrong."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from flint import fmpq

from lumpver.claim.certificate import Certificate
from lumpver.claim.closeness import Within
from lumpver.claim.covering import Covering
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.statement import Claim
from lumpver.exact.array import rationals
from lumpver.exact.scalar import number
from lumpver.proving import Proved, Refuted, prove
from lumpver.proving.nearing import violated
from lumpver.proving.pairing import pair
from lumpver.proving.replaying import replay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.claim.closeness import Closeness
    from lumpver.model.network import Network

ENDS = [(-1, 1), (0, 1)]
WHOLE = Boxes((Box.of({"x": ENDS}),))
PAIRS = (("h1", "h1"), ("h2", "h2"))


def tree(*cuts: int) -> np.ndarray:
    """Cuts in preorder."""
    return np.array(cuts, dtype=np.int64)


def near(
    one: Network, other: Network, closeness: Closeness, *, domain: Boxes = WHOLE
) -> Certificate:
    """A certificate that the search finds."""
    box = [dict(found.ranges) for found in domain.boxes]
    assert len(box) == 1
    found = prove(one, other, box=box[0], closeness=closeness)
    assert isinstance(found, Proved), found
    covering = found.covering
    if covering is None:  # equal, which needs no parts
        covering = Covering((tree(0),))
    return Certificate({}, claim=Claim(domain, closeness), covering=covering)


def nearest(one: Network, other: Network) -> Certificate:
    """A certificate for a little more than the largest difference."""
    eps = fmpq(0)
    while True:
        found = prove(one, other, box=dict(WHOLE.boxes[0].ranges), closeness=Within(eps))
        if not isinstance(found, Refuted):
            return near(one, other, Within(eps))
        sides = (map(number, side) for side in found.outputs["y"])
        eps = max(abs(p - q) for p, q in zip(*sides, strict=True)) * fmpq(101, 100)


def apart(one: Network, other: Network, x: list[fmpq]) -> tuple[list[fmpq], list[fmpq]]:
    """What both give at a point of the one input, exactly."""
    found = []
    for network in (one, other):
        (tensor,) = network.inputs
        value = np.array(x, dtype=object)
        outputs = network.evaluate({tensor.name: value})
        found.append([v for name in outputs for v in rationals(outputs[name]).ravel().tolist()])
    return found[0], found[1]


def points(domain: Boxes, random: np.random.Generator, count: int) -> Iterator[list[fmpq]]:
    """Corners and other points of the boxes of the one input, exactly."""
    for box in domain.boxes:
        ((_, ranges),) = box.ranges
        if len(ranges) < 5:
            yield from (list(x) for x in product(*ranges))
        for _ in range(count):
            parts = [fmpq(int(random.integers(0, 2**20 + 1)), 2**20) for _ in ranges]
            yield [
                low + part * (high - low) for part, (low, high) in zip(parts, ranges, strict=True)
            ]


def holds(
    one: Network, other: Network, claim: Claim, random: np.random.Generator, count: int = 40
) -> bool:
    """Whether no point that was tried shows that the claim is false."""
    assert isinstance(claim.domain, Boxes)
    both = pair(one, other)
    for x in points(claim.domain, random, count):
        found = replay(both, {both.a.inputs[0].name: x}, step="sampling")
        if found is not None and violated(found, claim.closeness):
            return False
    return True


def largest(one: Network, other: Network, domain: Boxes, random: np.random.Generator) -> fmpq:
    """The largest difference at points that were tried."""
    most = fmpq(0)
    for x in points(domain, random, 60):
        ours, theirs = apart(one, other, x)
        most = max([most, *(abs(a - b) for a, b in zip(ours, theirs, strict=True))])
    return most
