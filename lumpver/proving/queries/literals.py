"""Assertions about elements of tensors, as formulas over linear relations; none is left out.

literal: a sum of multiples of elements that is no less than a number, or more than it
way: literals that hold together
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias, assert_never

from lumpver.exact.scalar import ZERO
from lumpver.io.vnnlib.dialects import refused
from lumpver.io.vnnlib.words import Word, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flint import fmpq

    from lumpver.io.vnnlib.terms import Reader
    from lumpver.io.vnnlib.words import Expression

Terms: TypeAlias = "tuple[tuple[int, fmpq], ...]"


@dataclass(frozen=True, slots=True)
class Literal:
    """A sum that is more than the limit, or, if not strict, no less.

    Elements are named once, in order; the factor of the first is 1 or -1. `line` and `said`
    are where it stands, and in which words.
    """

    terms: Terms
    limit: fmpq
    strict: bool
    line: int = field(default=0, compare=False)
    said: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Each:
    """A conjunction, flat; without parts it is true."""

    parts: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """A disjunction, flat; without parts it is false."""

    parts: tuple[Relation, ...] = ()


Relation: TypeAlias = Literal | Each | Either
TRUE: Final = Each()
FALSE: Final = Either()


def each(parts: Sequence[Relation]) -> Relation:
    """The conjunction, flattened.

    Examples
    --------
    >>> each([TRUE, FALSE]) == FALSE, each([TRUE, TRUE]) == TRUE
    (True, True)
    """
    if FALSE in parts:
        return FALSE
    found = [one for part in parts for one in (part.parts if isinstance(part, Each) else (part,))]
    return found[0] if len(found) == 1 else Each(tuple(found))


def either(parts: Sequence[Relation]) -> Relation:
    """The disjunction, flattened.

    Examples
    --------
    >>> either([TRUE, FALSE]) == TRUE, either([FALSE, FALSE]) == FALSE
    (True, True)
    """
    if TRUE in parts:
        return TRUE
    found = [one for part in parts for one in (part.parts if isinstance(part, Either) else (part,))]
    return found[0] if len(found) == 1 else Either(tuple(found))


def literal(terms: Terms, limit: fmpq, *, strict: bool, line: int, said: str) -> Relation:
    """The relation of a sum to a limit; without terms it is true or false."""
    kept = tuple((index, factor) for index, factor in terms if factor != 0)
    if not kept:
        return TRUE if limit < 0 or (limit == 0 and not strict) else FALSE
    size = abs(kept[0][1])
    scaled = tuple((index, factor / size) for index, factor in kept)
    return Literal(scaled, limit / size, strict, line, said)


def relation(reader: Reader, term: Expression) -> Relation:
    """What an asserted term says.

    Raises
    ------
    Malformed
        If it is anything but linear relations between elements, `and` and `or`.
    """
    if isinstance(term, Word):
        raise refused(reader.where, term, "something to assert")
    name = reader.head(term)
    if name in reader.dialect.connectives:
        parts = [relation(reader, part) for part in term.parts[1:]]
        return each(parts) if name == "and" else either(parts)
    form = reader.difference(term)
    said = shown(term)

    def one(sign: int, *, strict: bool) -> Relation:
        terms = tuple(sorted((index, sign * factor) for index, factor in form.terms.items()))
        return literal(terms, -sign * form.constant, strict=strict, line=term.line, said=said)

    match name:
        case "<=" | "<":
            return one(-1, strict=name == "<")
        case ">=" | ">":
            return one(1, strict=name == ">")
        case "!=":
            return either([one(1, strict=True), one(-1, strict=True)])
        case _:
            return each([one(1, strict=False), one(-1, strict=False)])


def holds(found: Relation, value: Callable[[int], fmpq]) -> bool:
    """Whether it is true, where elements have these values."""
    match found:
        case Literal(terms, limit, strict):
            total = sum((factor * value(index) for index, factor in terms), ZERO)
            return total > limit if strict else total >= limit
        case Each(parts):
            return all(holds(part, value) for part in parts)
        case Either(parts):
            return any(holds(part, value) for part in parts)
        case _:
            assert_never(found)


def literals(found: Relation) -> Iterator[Literal]:
    """All literals, from left to right."""
    match found:
        case Literal():
            yield found
        case Each(parts) | Either(parts):
            for part in parts:
                yield from literals(part)
        case _:
            assert_never(found)


def size(found: Relation, most: int) -> tuple[int, int]:
    """How many ways there are, and literals in all of them, up to `most` + 1 each."""
    match found:
        case Literal():
            return 1, 1
        case Each(parts):
            ways_, long = 1, 0
            for part in parts:
                more, longer = size(part, most)
                ways_, long = ways_ * more, long * more + longer * ways_
                ways_, long = min(ways_, most + 1), min(long, most + 1)
            return ways_, long
        case Either(parts):
            sizes = [size(part, most) for part in parts]
            return min(sum(n for n, _ in sizes), most + 1), min(sum(m for _, m in sizes), most + 1)
        case _:
            assert_never(found)


def ways(found: Relation) -> list[frozenset[Literal]]:
    """The ways in which it holds: it does if all literals of one of them do."""
    match found:
        case Literal():
            return [frozenset({found})]
        case Each(parts):
            made: list[frozenset[Literal]] = [frozenset()]
            for part in parts:
                made = [one | other for one in made for other in ways(part)]
            return made
        case Either(parts):
            return [way for part in parts for way in ways(part)]
        case _:
            assert_never(found)
