"""Replaying: both networks evaluated exactly at one input; a refutation is nothing else.

point: per input of the first network its entries in row-major order
"""

from __future__ import annotations

from math import prod
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from lumpver.claim.domain import FREE
from lumpver.errors import NotRational, TooLarge
from lumpver.exact.array import Exact, rationals
from lumpver.exact.scalar import ZERO, number, to_sympy
from lumpver.model.activations import activation
from lumpver.model.evaluation import outputs_of, trace
from lumpver.model.functions import Curve
from lumpver.proving.answers import Difference, Refuted, Replayed
from lumpver.proving.imaging import outputs, work
from lumpver.proving.points import clamp, clamped
from lumpver.proving.rounding import coarsest, floats, slack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flint import fmpq

    from lumpver.claim.domain import Range
    from lumpver.model.network import Network
    from lumpver.proving.comparison import Comparison
    from lumpver.proving.pairing import Pair

Point = dict[str, "list[fmpq]"]
_DIGITS: Final = 30
_MANY: Final = 2**16  # entries of a tensor
_MOST: Final = 2**28
_NONE: Final = np.zeros(())
Clip: TypeAlias = "Sequence[Range] | None"


def replay(
    pair: Pair,
    point: Mapping[str, Sequence[fmpq]],
    *,
    step: str,
    clips: tuple[Clip, Clip] = (None, None),
) -> Refuted | None:
    """A refutation if the networks differ at the point; None if not, or not rationally.

    `clips` are ranges that a network's only input is clipped to, as its programs do.
    """
    inputs, sides = [], []
    for side, network in enumerate((pair.a, pair.b)):
        values = given(pair, point, side)
        if values is None:
            return None
        try:
            sides.append(_evaluated(network, _clipped(values, clips[side])))
        except (NotRational, TooLarge):
            return None
        inputs.append(values)
    (_, ours), (_, theirs) = sides
    found: dict[str, tuple[Exact, Exact, str]] = {}
    differ = False
    for output in pair.outputs:
        one, other = rationals(ours[output.ours]), rationals(theirs[output.theirs])
        if one.size != other.size:
            return None
        differ |= bool((one.ravel() != other.ravel()).any())
        found[output.name] = (one, other, output.curve)
    if not differ:
        return None
    return refutation(step, Replayed(inputs[0], found, _rounding(pair, sides)))


def _evaluated(
    network: Network, values: Mapping[str, Exact]
) -> tuple[Mapping[str, Exact], Mapping[str, Exact]]:
    """The values of all tensors, unless these are many, and of the outputs."""
    largest = work(network)[1]
    if largest > _MOST:
        raise TooLarge("evaluation", expected=f"at most {_MOST:,} entries", got=f"{largest:,}")
    if largest > _MANY:
        found = outputs(network, values)
        if len(found) < len(network.outputs):
            raise NotRational("outputs", expected="modelled nodes on the way to them", got="others")
        return {}, found
    known = trace(network, values)
    return known, outputs_of(network, known)


def given(pair: Pair, point: Mapping[str, Sequence[fmpq]], side: int) -> Mapping[str, Exact] | None:
    """What one of the networks gets at the point; None if it does not fit."""
    network = (pair.a, pair.b)[side]
    found: dict[str, Exact] = {}
    for names in pair.inputs:
        shape, entries = shape_of(network, names[side]), list(point[names[0]])
        if shape is None or prod(shape) != len(entries):
            return None
        found[names[side]] = _array(entries).reshape(shape)
    return found


def _clipped(values: Mapping[str, Exact], clip: Clip) -> Mapping[str, Exact]:
    if not clip:
        return values
    return {name: clamped(x.ravel(), clip).reshape(x.shape) for name, x in values.items()}


def refutation(step: str, found: Replayed) -> Refuted:
    """The refutation that an input is at which the outputs differ."""
    outputs = {
        name: (shown(one, curve), shown(other, curve))
        for name, (one, other, curve) in found.outputs.items()
    }
    return Refuted(
        step,
        {name: shown(value) for name, value in found.inputs.items()},
        outputs,
        difference=_largest(found),
        replayed=found,
    )


def _largest(found: Replayed) -> Difference:
    """The largest difference of the outputs, the first of those that are as large."""
    _, name, place, apart = max(_apart(found), key=itemgetter(0))
    _, _, curve = found.outputs[name]
    return Difference(name, place, apart if curve else to_sympy(apart), found.rounding)


def _apart(found: Replayed) -> Iterator[tuple[fmpq, str, tuple[int, ...], Any]]:
    """How far apart the entries are: in numbers to compare, where, and exactly."""
    from sympy import Rational  # noqa: PLC0415 heavy: only where a number is handed out

    for name, (one, other, curve) in found.outputs.items():
        there = other.reshape(one.shape)
        for place, x in np.ndenumerate(one):
            y = there[place]
            apart = abs(shown(x, curve) - shown(y, curve)) if curve else abs(x - y)
            size = number(Rational(apart.evalf(_DIGITS))) if curve else apart
            yield size, name, place, apart


def _rounding(pair: Pair, sides: Sequence[tuple[Mapping[str, Exact], Mapping[str, Exact]]]) -> bool:
    """Whether no output differs by more than rounding the stored numbers may make of it.

    Nobody says so of networks with many entries.
    """
    if not all(known for known, _ in sides):
        return False
    unit = coarsest((pair.a, pair.b))
    ours, theirs = (
        slack(network, known, unit)
        for network, (known, _) in zip((pair.a, pair.b), sides, strict=True)
    )
    for output in pair.outputs:
        one, other = sides[0][1][output.ours], sides[1][1][output.theirs]
        apart = np.abs(floats(rationals(one).ravel() - rationals(other).ravel()))
        room = ours.get(output.ours, _NONE).ravel() + theirs.get(output.theirs, _NONE).ravel()
        if not (np.isfinite(room) & (apart <= room)).all():
            return False
    return True


def shape_of(network: Network, name: str) -> tuple[int, ...] | None:
    """An input's shape with every open axis of length 1; None if its rank is not known."""
    shape = next(tensor.shape for tensor in network.inputs if tensor.name == name)
    if shape is None:
        return None
    return tuple(size if isinstance(size, int) else 1 for size in shape)


def lifted(comparison: Comparison, spine: int, roots: Sequence[fmpq]) -> Point | None:
    """The input that has these root values at every position; None if no input has them.

    The other inputs are as near to 0 as the box allows.
    """
    found = comparison.root(spine)
    if found is None:
        return None
    place, root, stride = found
    point: Point = {}
    for i, (name, _) in enumerate(comparison.pair.inputs):
        shape = shape_of(comparison.pair.a, name)
        if shape is None:
            return None
        size = prod(shape)
        given = comparison.box.get(name) or (FREE,) * size
        if len(given) != size:
            return None
        wanted = [roots[e // stride % root.width] if i == place else ZERO for e in range(size)]
        point[name] = [clamp(x, bounds) for x, bounds in zip(wanted, given, strict=True)]
    return point


def _array(entries: list[fmpq]) -> Exact:
    result = np.empty(len(entries), dtype=object)
    result[:] = entries
    return result


def shown(value: Any, curve: str = "") -> Any:
    """Nested tuples of sympy numbers; those behind a curve as the curve of them."""
    if isinstance(value, np.ndarray) and value.ndim:
        return tuple(shown(part, curve) for part in rationals(value))
    number = to_sympy(value.item() if isinstance(value, np.ndarray) else value)
    mapping = activation(curve).mapping if curve else None
    if not isinstance(mapping, Curve):
        return number
    import sympy  # noqa: PLC0415 heavy: only where a number is handed out

    return mapping.formula(sympy, number)
