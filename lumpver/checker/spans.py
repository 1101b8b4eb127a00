"""How long the ranges of the original's outputs are at least, and what a claim about these asks.

What object: the original as read, and points. What is untrusted: both. What is recomputed: its
outputs there, exactly. Which theorem lifts it: none; a range has both values. What stays outside:
that a range is longer, which makes the claim weaker than what is shown.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.closeness import Within
from lumpver.claim.domain import within
from lumpver.errors import Malformed, NotRational, ShapeMismatch, TooLarge, reject
from lumpver.exact.array import rationals
from lumpver.exact.scalar import ZERO
from lumpver.io.nnet.limits import limits_of
from lumpver.model.evaluation import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import fmpq

    from lumpver.claim.closeness import Relative
    from lumpver.claim.covering import Point
    from lumpver.claim.domain import Boxes
    from lumpver.exact.array import Exact
    from lumpver.model.network import Network, Tensor


def in_numbers(
    original: Network, reduced: Network, domain: Boxes, asked: Relative, points: Sequence[Point]
) -> Within:
    """By how much each output may differ, for the claim to hold: eps times what points show.

    Raises
    ------
    Rejected
        If a point is not one of the domain, no program clipping it, or has no exact outputs.
    """
    if not points:
        reject("range", "certificate", "points of the domain", "none")
    found = []
    for number, point in enumerate(points):
        values, place = dict(point), f"point {number}"
        _inside(original, reduced, domain, values, place)
        found.append(_outputs(original, values, place))
    spans = {name: span([one[name] for one in found]) for name in found[0]}
    return Within(ZERO, tuple(sorted((name, asked.eps * most) for name, most in spans.items())))


def span(values: Sequence[Exact]) -> fmpq:
    """How far apart an entry of an output is at two points, at most.

    Examples
    --------
    >>> span([rationals(np.array([0, 3])), rationals(np.array([1, -1]))])
    4
    """
    entries = zip(*(rationals(value).ravel().tolist() for value in values), strict=True)
    return max((max(entry) - min(entry) for entry in entries), default=ZERO)


def _inside(
    original: Network,
    reduced: Network,
    domain: Boxes,
    values: Mapping[str, Sequence[fmpq]],
    place: str,
) -> None:
    """A point has all inputs, is in a box, and neither model's program clips it."""
    names = sorted(tensor.name for tensor in original.inputs)
    if sorted(values) != names:
        reject("range", place, ", ".join(names)[:60], ", ".join(sorted(values))[:60])
    if not any(
        all(
            len(ranges) == len(values[name]) and all(map(within, values[name], ranges))
            for name, ranges in box.ranges
        )
        for box in domain.boxes
        if box.sizes.keys() <= values.keys()
    ):
        reject("range", place, "a point of the domain", "another")
    for network in (original, reduced):
        limits = limits_of(network)
        if limits is not None and not all(map(within, values[names[0]], limits)):
            reject("range", place, "a point within the limits of the file", "another")


def _outputs(
    original: Network, values: Mapping[str, Sequence[fmpq]], place: str
) -> dict[str, Exact]:
    """What the original computes there."""
    given = {tensor.name: _shaped(tensor, values[tensor.name], place) for tensor in original.inputs}
    try:
        return evaluate(original, given)
    except (Malformed, NotRational, ShapeMismatch, TooLarge) as problem:
        reject("range", place, "outputs that are computed exactly", str(problem))


def _shaped(tensor: Tensor, entries: Sequence[fmpq], place: str) -> Exact:
    """The entries in the input's shape, of which an axis without a length has length 1."""
    flat = np.array([*entries, None], dtype=object)[:-1]
    if tensor.shape is None:
        return flat
    shape = [size if isinstance(size, int) else 1 for size in tensor.shape]
    if prod(shape) != len(entries):
        reject("range", place, f"{prod(shape)} entries of {tensor.name}", str(len(entries)))
    return flat.reshape(shape)
