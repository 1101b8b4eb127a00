"""Formulas over bounds on the entries X_i of a network's inputs.

bound: least and largest value of one X_i, None where there is no bound
sum: the same of a linear combination of several, which no box can say: a half-space
left out: something said of outputs, which may be true or false
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from lumpver.claim.domain import within
from lumpver.exact.scalar import ZERO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flint import fmpq


@dataclass(frozen=True, slots=True)
class Bound:
    """What one relation says of X_`index`."""

    index: int
    low: fmpq | None
    high: fmpq | None


@dataclass(frozen=True, slots=True)
class Sum:
    """What one relation says of a sum of multiples of several X_i; where, and in which words."""

    terms: tuple[tuple[int, fmpq], ...]
    low: fmpq | None
    high: fmpq | None
    line: int = field(default=0, compare=False)
    said: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Every:
    """A conjunction, flat; without parts it is true."""

    parts: tuple[Formula, ...] = ()


@dataclass(frozen=True, slots=True)
class Some:
    """A disjunction, flat; without parts it is false."""

    parts: tuple[Formula, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something about outputs."""


Formula: TypeAlias = Bound | Sum | Every | Some | LeftOut

TRUE: Final = Every()
FALSE: Final = Some()
LEFT_OUT: Final = LeftOut()


def every(parts: Sequence[Formula]) -> Formula:
    """The conjunction, flattened; what is left out counts only where nothing else is there.

    Examples
    --------
    >>> every([TRUE, LEFT_OUT]), every([LEFT_OUT, FALSE]) == FALSE
    (LeftOut(), True)
    """
    if FALSE in parts:
        return FALSE
    found: list[Formula] = []
    for part in parts:
        found += part.parts if isinstance(part, Every) else [part]
    kept = [part for part in found if part != LEFT_OUT]
    if not kept:
        return LEFT_OUT if found else TRUE
    return kept[0] if len(kept) == 1 else Every(tuple(kept))


def some(parts: Sequence[Formula]) -> Formula:
    """The disjunction, flattened; a part that can be true whatever the X_i are is all of it.

    Examples
    --------
    >>> some([FALSE, Bound(0, None, None), FALSE])
    Bound(index=0, low=None, high=None)
    >>> some([Bound(0, None, None), LEFT_OUT]), some([]) == FALSE
    (LeftOut(), True)
    """
    if TRUE in parts:
        return TRUE
    if LEFT_OUT in parts:
        return LEFT_OUT
    found: list[Formula] = []
    for part in parts:
        found += part.parts if isinstance(part, Some) else [part]
    return found[0] if len(found) == 1 else Some(tuple(found))


def holds(formula: Formula, point: Callable[[int], fmpq]) -> bool:
    """Whether the formula is true where X_i is `point(i)`, or can be.

    Examples
    --------
    >>> both = every([Bound(0, 1, None), some([Bound(1, 1, 2), Bound(1, 5, 5)])])
    >>> [holds(both, values.__getitem__) for values in ([1, 2], [1, 3], [0, 5])]
    [True, False, False]
    """
    match formula:
        case Bound(index, low, high):
            return within(point(index), (low, high))
        case Sum(terms, low, high):
            return within(sum((c * point(i) for i, c in terms), ZERO), (low, high))
        case Every(parts):
            return all(holds(part, point) for part in parts)
        case Some(parts):
            return any(holds(part, point) for part in parts)
        case LeftOut():
            return True
        case _:
            assert_never(formula)


def count(formula: Formula, most: int) -> int:
    """How many conjunctions of bounds the formula is the disjunction of, up to `most` + 1.

    Examples
    --------
    >>> either = some([Bound(0, 1, None), Bound(1, 1, None)])
    >>> count(every([either] * 3), 100), count(every([either] * 23), 100)
    (8, 101)
    """
    match formula:
        case Bound() | Sum() | LeftOut():
            return 1
        case Every(parts):
            total = 1
            for part in parts:
                total = min(total * count(part, most), most + 1)
            return total
        case Some(parts):
            return min(sum(count(part, most) for part in parts), most + 1)
        case _:
            assert_never(formula)


def indices(formula: Formula) -> set[int]:
    """The i of every X_i that the formula speaks of."""
    found: set[int] = set()
    stack: list[Formula] = [formula]
    while stack:
        match stack.pop():
            case Bound(index):
                found.add(index)
            case Sum(terms):
                found |= {index for index, _ in terms}
            case Every(parts) | Some(parts):
                stack += parts
            case LeftOut():
                pass
    return found
