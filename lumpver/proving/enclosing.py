"""Refutations where no value is rational: at a point, intervals of an output that do not meet.

Every entry of a network's outputs is between its bounds at an exact point, which `bounds` rounds
outward: square roots and curves among it. Where those of two networks lie apart, the networks
differ there, by no less than the room between: a refutation needs no exact value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq

from lumpver.bounds.knowing import known
from lumpver.claim.domain import Box, Boxes
from lumpver.errors import LumpverError
from lumpver.model.functions import Curve
from lumpver.model.network import Pointwise
from lumpver.model.several import kinds
from lumpver.proving.answers import EVALUATION, Enclosed, Refuted
from lumpver.proving.evaluating import points
from lumpver.proving.imaging import work
from lumpver.proving.replaying import given, shown
from lumpver.proving.unmodelled import irrational

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.leaf import Interval
    from lumpver.exact.array import Exact
    from lumpver.model.network import Network
    from lumpver.proving.boxes import Box as Ranges
    from lumpver.proving.comparison import Comparison
    from lumpver.proving.effort import Budget
    from lumpver.proving.pairing import Output, Pair

_MOST: Final = 2**34  # multiplications for one point
_ENTRIES: Final = 2**25  # of the largest tensor


def has_roots(comparison: Comparison) -> bool:
    """Whether an irrational root stands in front of an output whose question is open."""
    return bool(irrational(comparison.pair, comparison.open))


def enclosed(pair: Pair, box: Ranges, budget: Budget) -> Refuted | None:
    """A refutation, if the intervals of an output do not meet at one of a few points.

    None of networks whose values are all rational, or that are too large.

    Examples
    --------
    >>> from lumpver.model.activations import TANH
    >>> from lumpver.model.network import Network
    >>> from lumpver.proving.effort import Budget
    >>> from lumpver.proving.pairing import pair
    >>> one, other = (
    ...     Network.from_layers([([[1]], None), ([[w]], None)], activation=TANH) for w in (1, 2)
    ... )
    >>> found = enclosed(pair(one, other), {}, Budget())
    >>> found.evidence, found.enclosed.output
    ('enclosure', 'y')
    """
    networks = (pair.a, pair.b)
    if not (irrational(pair, pair.outputs) or any(map(_has_curves, networks))):
        return None
    if any(products > _MOST or most > _ENTRIES for products, most in map(work, networks)):
        return None
    for point in points(pair, box, budget):
        values = given(pair, point, 0)
        ours = _outputs(pair.a, values)
        theirs = _outputs(pair.b, given(pair, point, 1))
        if values is None or ours is None or theirs is None:
            return None
        apart = _apart(pair, ours, theirs)
        if apart is not None:
            at = {name: shown(value) for name, value in values.items()}
            said = f"At this input {apart.sentence}."
            return Refuted(EVALUATION, at, {}, evidence="enclosure", reason=said, enclosed=apart)
        if budget.over:
            return None
    return None


def _has_curves(network: Network) -> bool:
    return any(
        isinstance(one.mapping, Curve)
        for node in network.nodes
        if isinstance(node, Pointwise)
        for one in kinds(node.activation)
    )


def _outputs(network: Network, values: Mapping[str, Exact] | None) -> dict[str, Interval] | None:
    """The intervals of the outputs at a point; None where one has none."""
    if values is None:
        return None
    box = Box.of({name: [(x, x) for x in value.ravel().tolist()] for name, value in values.items()})
    try:
        found = known(network, Boxes((box,)), deep=False).intervals
    except LumpverError:  # lengths of 1 do not fit it
        return None
    names = [tensor.name for tensor in network.outputs]
    return {name: found[name] for name in names} if all(n in found for n in names) else None


def _apart(
    pair: Pair, ours: Mapping[str, Interval], theirs: Mapping[str, Interval]
) -> Enclosed | None:
    """The entries that lie farthest apart, if any do."""
    best: Enclosed | None = None
    for output in pair.outputs:
        made = _entry(pair, output, ours[output.ours], theirs[output.theirs])
        if made is not None and (best is None or made.least > best.least):
            best = made
    return best


def _entry(pair: Pair, output: Output, one: Interval, other: Interval) -> Enclosed | None:
    if one.lower.size != other.lower.size or not one.lower.size:
        return None
    with np.errstate(invalid="ignore"):
        room = np.maximum(one.lower - other.upper, other.lower - one.upper)
    room = np.where(np.isfinite(room), room, -np.inf)
    at = int(np.argmax(room))
    if not room[at] > 0:
        return None
    ends = [
        (fmpq(*float(x.lower[at]).as_integer_ratio()), fmpq(*float(x.upper[at]).as_integer_ratio()))
        for x in (one, other)
    ]
    found = Enclosed(output.name, _place(pair.a, output.ours, at), ends[0], ends[1], output.curve)
    return found if found.least > 0 else None


def _place(network: Network, name: str, at: int) -> tuple[int, ...]:
    shape = network.tensors[name].shape
    if shape is None:
        return (at,)
    sizes = [size if isinstance(size, int) else 1 for size in shape]
    return tuple(int(i) for i in np.unravel_index(at, sizes))
