"""The boxes that a VNN-LIB 1 file allows, as bounds on the X_i.

They are counted before any is made.

disjunct: one way to satisfy the file, by its bounds on the X_i
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from lumpver.claim.domain import FREE, Range, empty
from lumpver.errors import Malformed
from lumpver.proving.assertions import Assertions, read_assertions
from lumpver.proving.formulas import (
    Bound,
    Every,
    Formula,
    LeftOut,
    Some,
    count,
    indices,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq


Disjunct = dict[int, Range]

MOST_RANGES: Final = 10_000_000
_DISJUNCTS: Final = 1000


def vnnlib(text: str, *, where: str) -> tuple[Disjunct, ...]:
    """The bounds on the X_i that a VNN-LIB 1 file allows, one mapping per disjunct.

    Raises
    ------
    Malformed
        If a word is not understood, an X_i is related to anything but numbers, there are
        too many disjuncts, or no point satisfies them.

    Examples
    --------
    >>> vnnlib("(declare-const X_0 Real) (assert (<= X_0 0.1)) (assert (<= Y_0 X_1))", where="f")
    Traceback (most recent call last):
        ...
    lumpver.errors.Malformed: f line 1: expected a bound on an X_i, got (<= Y_0 X_1)
    >>> vnnlib("(assert (and (<= X_0 0.1) (>= X_0 -1)))", where="f")
    ({0: (-1, 1/10)},)
    """
    return disjuncts(read_assertions(text, where=where), where)


def disjuncts(said: Assertions, where: str) -> tuple[Disjunct, ...]:
    """The ways to satisfy the formula that leave a point, each once.

    Raises
    ------
    Malformed
        If there are too many, or none.
    """
    formula = said.formula
    counted = count(formula, _DISJUNCTS)
    if counted > _DISJUNCTS:
        raise Malformed(where, expected=f"at most {_DISJUNCTS} boxes", got="more")
    if counted * len(indices(formula)) > MOST_RANGES:
        got = f"{counted} boxes of {len(indices(formula))}"
        raise Malformed(where, expected=f"at most {MOST_RANGES} ranges", got=got)
    found = _ways(formula)
    kept = [one for one in found if not any(map(empty, one.values()))]
    if not kept:
        raise Malformed(where, expected="a box with a point in it", got=_why_empty(found))
    return _each_once(kept)


def _each_once(found: Sequence[Disjunct]) -> tuple[Disjunct, ...]:
    """Those that differ from all before; a number is hashed once, however many share it."""
    by_value: dict[fmpq | None, int] = {}
    by_id: dict[int, int] = {}

    def place(value: fmpq | None) -> int:
        if id(value) not in by_id:
            by_id[id(value)] = by_value.setdefault(value, len(by_value))
        return by_id[id(value)]

    kept = {
        frozenset((i, place(low), place(high)) for i, (low, high) in one.items()): one
        for one in reversed(found)
    }
    return tuple(kept.values())[::-1]


def _why_empty(found: Sequence[Disjunct]) -> str:
    for index, (low, high) in (pair for one in found for pair in one.items()):
        if empty((low, high)):
            return f"an empty one: X_{index} >= {low} and X_{index} <= {high}"
    return "an empty one: false is asserted"


def _ways(formula: Formula) -> list[Disjunct]:
    match formula:
        case Bound(index, low, high):
            return [{index: (low, high)}]
        case Some(parts):
            return [one for part in parts for one in _ways(part)]
        case Every(parts):
            return _products(parts)
        case LeftOut():
            return [{}]
        case _:
            assert_never(formula)


def _products(parts: Sequence[Formula]) -> list[Disjunct]:
    """The ways to satisfy all parts: bounds first, since they are in every one."""
    base: Disjunct = {}
    for part in parts:
        if isinstance(part, Bound):
            base[part.index] = meet(base.get(part.index, FREE), (part.low, part.high))
    found = [base]
    for part in parts:
        if not isinstance(part, Bound):
            ways = _ways(part)
            found = [_both(one, other) for one in found for other in ways]
    return found


def _both(one: Disjunct, other: Disjunct) -> Disjunct:
    met = {index: meet(one.get(index, FREE), bounds) for index, bounds in other.items()}
    return one | met


def meet(one: Range, other: Range) -> Range:
    """The bounds of both; perhaps empty."""
    lows = [value for value in (one[0], other[0]) if value is not None]
    highs = [value for value in (one[1], other[1]) if value is not None]
    return max(lows, default=None), min(highs, default=None)
