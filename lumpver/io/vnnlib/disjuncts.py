"""The boxes that a VNN-LIB file allows, as bounds on the X_i.

They are counted before any is made. Half-spaces are no part of them: each box is around what
they leave of it.

disjunct: one way to satisfy the file, by its bounds on the X_i
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

from lumpver.claim.domain import FREE, Range, empty, meet, shortened
from lumpver.errors import Malformed
from lumpver.io.vnnlib.assertions import Assertions, read_assertions
from lumpver.io.vnnlib.formulas import (
    Bound,
    Every,
    Formula,
    LeftOut,
    Some,
    Sum,
    count,
    indices,
)
from lumpver.io.vnnlib.queries import is_query, read_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq


Disjunct = dict[int, Range]

MOST_RANGES: Final = 10_000_000
_DISJUNCTS: Final = 1000


def vnnlib(text: str, *, where: str) -> tuple[Disjunct, ...]:
    """The bounds on the X_i that a VNN-LIB file allows, one mapping per disjunct.

    In a file of version 2 the X_i are the elements of the tensors that it declares, in its
    order.

    Raises
    ------
    Malformed
        If a word is not understood, an X_i is related to an output, there are too many
        disjuncts, no point satisfies them, or one that has half-spaces leaves an X_i of
        theirs without a bound.

    Examples
    --------
    >>> vnnlib("(assert (<= X_0 0.1)) (assert (<= Y_0 X_1))", where="f")
    Traceback (most recent call last):
        ...
    lumpver.errors.Malformed: f line 1: expected a bound on an X_i, got (<= Y_0 X_1)
    >>> vnnlib("(assert (and (<= X_0 0.1) (>= X_0 -1)))", where="f")
    ({0: (-1, 1/10)},)
    """
    read = read_query if is_query(text) else read_assertions
    return disjuncts(read(text, where=where), where)


def disjuncts(said: Assertions, where: str) -> tuple[Disjunct, ...]:
    """The ways to satisfy the formula that leave a point, each once.

    Raises
    ------
    Malformed
        If there are too many, or none, or an X_i in a half-space has no bound beside it.
    """
    formula = said.formula
    counted = count(formula, _DISJUNCTS)
    if counted > _DISJUNCTS:
        raise Malformed(where, expected=f"at most {_DISJUNCTS} boxes", got="more")
    if counted * len(indices(formula)) > MOST_RANGES:
        got = f"{counted} boxes of {len(indices(formula))}"
        raise Malformed(where, expected=f"at most {MOST_RANGES} ranges", got=got)
    found = _ways(formula)
    kept = [way for way in found if not any(map(empty, way.bounds.values()))]
    if not kept:
        raise Malformed(where, expected="a box with a point in it", got=_why_empty(found, said))
    for way in kept:
        _refuse_open(way, said, where)
    return _each_once([way.bounds for way in kept])


def _refuse_open(way: _Way, said: Assertions, where: str) -> None:
    """Each input in a half-space has bounds of its own."""
    for part in way.sums:
        for index, _ in part.terms:
            if None in way.bounds.get(index, FREE):
                expected = f"bounds on {said.spelled(index)}, below and above, beside {part.said}"
                raise Malformed(f"{where} line {part.line}", expected=expected, got="none")


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


def _why_empty(found: Sequence[_Way], said: Assertions) -> str:
    for index, (low, high) in (pair for way in found for pair in way.bounds.items()):
        if empty((low, high)):
            name = said.spelled(index)
            return f"an empty one: {name} >= {shortened(low)} and {name} <= {shortened(high)}"
    return "an empty one: false is asserted"


class _Way(NamedTuple):
    """The bounds of a disjunct, and its half-spaces."""

    bounds: Disjunct
    sums: tuple[Sum, ...] = ()


def _ways(formula: Formula) -> list[_Way]:
    match formula:
        case Bound(index, low, high):
            return [_Way({index: (low, high)})]
        case Sum():
            return [_Way({}, (formula,))]
        case Some(parts):
            return [way for part in parts for way in _ways(part)]
        case Every(parts):
            return _products(parts)
        case LeftOut():
            return [_Way({})]
        case _:
            assert_never(formula)


def _products(parts: Sequence[Formula]) -> list[_Way]:
    """The ways to satisfy all parts: bounds first, since they are in every one."""
    base: Disjunct = {}
    sums = tuple(part for part in parts if isinstance(part, Sum))
    for part in parts:
        if isinstance(part, Bound):
            base[part.index] = meet(base.get(part.index, FREE), (part.low, part.high))
    found = [_Way(base, sums)]
    for part in parts:
        if not isinstance(part, Bound | Sum):
            ways = _ways(part)
            found = [_both(one, other) for one in found for other in ways]
    return found


def _both(one: _Way, other: _Way) -> _Way:
    met = {index: meet(one.bounds.get(index, FREE), ends) for index, ends in other.bounds.items()}
    return _Way(one.bounds | met, one.sums + other.sums)
