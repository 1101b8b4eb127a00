"""Points at which two networks are compared, exactly: random ones, and where units switch.

A piecewise linear difference shows near the kinks of either network, so between two
random points every unit that changes sign gives the point where its line crosses zero.

kink: a point at which some unit's pre-activation is 0
witness: an input for which the outputs differ, with both outputs
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any, Final, assert_never

import numpy as np
from flint import fmpq

from lumpver.errors import NotRational
from lumpver.exact.array import compact, equal, rationals
from lumpver.model.evaluation import evaluate, trace
from lumpver.model.network import (
    Join,
    Linear,
    Network,
    Node,
    Opaque,
    Pick,
    Pointwise,
    Pool,
    Rearrange,
    Tensor,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from lumpver.exact.array import Exact

    Point = dict[str, Exact]

SPREADS: Final = ((1, 1), (3, 2), (10, 3), (100, 7))
KINKS: Final = 12
_LARGE: Final = 20_000
_MOST_ENTRIES: Final = 2**16


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """An input, and what each network gives for it, by output name."""

    point: Point
    original: dict[str, Exact]
    reduced: dict[str, Exact]


def witness(
    a: Network, b: Network, *, random: Random, hints: Sequence[Point] = ()
) -> Witness | None:
    """The first of many points where the networks differ, None where none was found.

    `hints` are tried first. Large networks are tried at a few integer points only.

    Raises
    ------
    NotRational
        If an output has no rational value that is known.
    """
    batched = _in_batches(a, b)
    if batched is None:
        return _one_by_one(a, b, random=random, hints=hints)
    name, width = batched
    rows = [_row(hint[name], width) for hint in hints if name in hint]
    large = a.parameters + b.parameters > _LARGE
    rows += _random_rows(random, width, SPREADS[:1] if large else SPREADS)
    wide = [_widened(network, width) for network in (a, b)]
    found = _differing(wide, name, _stacked(rows))
    if found is None and not large:
        kinks = _kinks(wide, name, _stacked(rows), random)
        found = None if kinks is None else _differing(wide, name, kinks)
    return found if found is None else _at(a, b, name, found.point[name])


def _in_batches(a: Network, b: Network) -> tuple[str, int] | None:
    """The one input and its width, if many points can be evaluated at once."""
    for network in (a, b):
        ready = len(network.inputs) == 1 and all(map(_unit_by_unit, network.nodes))
        shape = network.inputs[0].shape if network.inputs else None
        if not ready or not shape or len(shape) > 2 or not isinstance(shape[-1], int):
            return None
    shape = a.inputs[0].shape or ()
    return a.inputs[0].name, int(shape[-1] or 0)


def _unit_by_unit(node: Node) -> bool:
    """Whether a node leaves every axis but the last as it is."""
    match node:
        case Linear():
            return node.axis == -1
        case Pointwise():
            return True
        case Join():
            return node.axis in (None, -1) and node.operator != "MatMul"
        case Pick():
            return not node.besides(-1)
        case Pool() | Rearrange() | Opaque():
            return False
        case _:
            assert_never(node)


def _widened(network: Network, width: int) -> Network:
    x = network.inputs[0]
    return replace(network, inputs=(Tensor(x.name, x.dtype, (None, width)),))


def _row(value: Exact, width: int) -> list[fmpq]:
    return list(rationals(value).reshape(-1)[:width]) + [fmpq(0)] * (width - value.size)


def _random_rows(
    random: Random, width: int, spreads: Sequence[tuple[int, int]]
) -> list[list[fmpq]]:
    """Points near zero first, then further away and between the integers."""
    rows = [[fmpq(sign)] * width for sign in (1, -1)]
    for spread, below in spreads:
        rows += [[_rational(random, spread, below) for _ in range(width)] for _ in range(2)]
    return rows


def _rational(random: Random, spread: int, below: int) -> fmpq:
    return fmpq(random.randint(-spread * below, spread * below), below)


def _stacked(rows: Sequence[Sequence[fmpq]]) -> Exact:
    found = np.empty((len(rows), len(rows[0])), dtype=object)
    for i, row in enumerate(rows):
        found[i, :] = row
    return compact(found)


def _differing(networks: Sequence[Network], name: str, points: Exact) -> Witness | None:
    """The first row for which the outputs differ."""
    ours, theirs = (evaluate(network, {name: points}) for network in networks)
    for output, value in ours.items():
        wrong = ~equal(value, theirs[output]).reshape(points.shape[0], -1).all(axis=1)
        if wrong.any():
            i = int(np.flatnonzero(wrong)[0])
            return Witness({name: points[i]}, ours, theirs)
    return None


def _at(a: Network, b: Network, name: str, point: Exact) -> Witness:
    """The witness as both networks see it by themselves: the replay.

    Where the input is several rows, all are the point.
    """
    shape = lengths(a.inputs[0])
    several = len(shape) > 1 and shape[0] > 1
    given = {name: np.tile(point, (shape[0], 1)) if several else point}
    return Witness(given, evaluate(a, given), evaluate(b, given))


def _kinks(networks: Sequence[Network], name: str, points: Exact, random: Random) -> Exact | None:
    """Points between the given ones where a unit's line crosses zero, and beside them."""
    exact = rationals(points)
    crossings: list[tuple[int, fmpq]] = []
    for network in networks:
        known = trace(network, {name: points})
        for layer in network.layers:
            values = rationals(known[layer]).reshape(points.shape[0], -1)
            crossings += _crossings(values)
    if not crossings:
        return None
    chosen = random.sample(crossings, min(KINKS, len(crossings)))
    rows = []
    for i, t in chosen:
        kink = exact[i] + (exact[i + 1] - exact[i]) * t
        rows += [kink, (kink + exact[i]) / 2, (kink + exact[i + 1]) / 2]
    return _stacked(rows)


def _crossings(values: Exact) -> list[tuple[int, fmpq]]:
    """(i, t): between points i and i + 1, at the fraction t, a unit's line crosses 0."""
    found = []
    for i in range(values.shape[0] - 1):
        for before, after in zip(values[i], values[i + 1], strict=True):
            if (before < 0 < after) or (after < 0 < before):
                found.append((i, before / (before - after)))
    return found


def _one_by_one(
    a: Network, b: Network, *, random: Random, hints: Sequence[Point]
) -> Witness | None:
    if a.opaque or b.opaque:
        raise NotRational("outputs", expected="modelled nodes only", got="opaque ones")
    sizes = [prod(lengths(tensor)) for tensor in a.inputs]
    if sum(sizes) > _MOST_ENTRIES:
        return None
    for point in (*hints, *_points(a, random)):
        ours, theirs = evaluate(a, point), evaluate(b, point)
        if any(not equal(value, theirs[name]).all() for name, value in ours.items()):
            return Witness(point, ours, theirs)
    return None


def _points(network: Network, random: Random) -> Iterator[Point]:
    """A few points for inputs of any shape; symbolic and unknown axes have length 1."""
    for spread, below in SPREADS[:3]:
        found: dict[str, Any] = {}
        for tensor in network.inputs:
            shape = lengths(tensor)
            numbers = [_rational(random, spread, below) for _ in range(prod(shape))]
            found[tensor.name] = compact(np.array(numbers, dtype=object).reshape(shape))
        yield found


def lengths(tensor: Tensor) -> tuple[int, ...]:
    """A shape that the tensor may have."""
    if tensor.shape is None:
        raise NotRational(f"input {tensor.name}", expected="a known rank", got="none")
    return tuple(size if isinstance(size, int) else 1 for size in tensor.shape)
