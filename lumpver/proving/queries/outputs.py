"""What a query says of outputs: where a claim of closeness fails, and nothing else.

distance: how much one network's element is above the other's
met: a distance that is not exceeded, but may be reached
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from flint import fmpq

from lumpver.claim.closeness import Closeness, Equal, SameClass, Within
from lumpver.errors import Malformed
from lumpver.exact.scalar import ONE, ZERO, text
from lumpver.proving.queries.literals import Literal as Found
from lumpver.proving.queries.literals import each, size, ways

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lumpver.proving.queries.literals import Relation
    from lumpver.proving.queries.reading import Text

MOST: Final = 2**20  # literals in all ways
_NEARER: Final = 1 - fmpq(1, 10**6)  # of a distance that may be met, what is to be shown
_CLASSES: Final = "every way in which classes can differ, and no others"


class Compared(NamedTuple):
    """An output: the first model's name for it, the elements of both, and how long its rows are."""

    name: str
    ours: int
    theirs: int
    size: int
    row: int


class Asked(NamedTuple):
    """The closeness that is to be shown: a query is unsatisfiable where it holds.

    `notes` say where it is more than the query needs.
    """

    closeness: Closeness
    notes: tuple[str, ...] = ()


def asked(read: Text, outputs: Sequence[Relation], compared: Sequence[Compared]) -> Asked:
    """The closeness whose failure the assertions about outputs are.

    Raises
    ------
    Malformed
        If they are about anything else.
    """
    if not outputs:
        raise Malformed(read.where, expected="an assertion about outputs", got="none")
    found = each(outputs)
    if max(size(found, MOST)) > MOST:
        expected = f"at most {MOST} relations, written as a disjunction of conjunctions"
        raise Malformed(read.where, expected=expected, got="more")
    every = ways(found)
    if all(len(way) == 1 for way in every):
        return _distances(read, [one for way in every for one in way], compared)
    return _classes(read, every, compared)


def _distances(read: Text, found: Sequence[Found], compared: Sequence[Compared]) -> Asked:
    """Each element may not be so far from the other network's, above or below."""
    least: dict[tuple[int, bool], Found] = {}
    known = {one.ours + place: one.theirs + place for one in compared for place in range(one.size)}
    for one in found:
        match one.terms:
            case ((i, factor), (j, other)) if known.get(i) == j and factor == -other:
                key = i, factor > 0
            case _:
                expected = "how far an element of one network's output is from the other's"
                raise read.refuse(one, expected)
        if one.limit < 0 or (one.limit == 0 and not one.strict):
            expected = f"a distance {'that is not negative' if one.strict else 'above 0'}"
            raise read.refuse(one, expected, f"{text(one.limit)[:40]} in {one.said}")
        if key not in least or (one.limit, one.strict) < (least[key].limit, least[key].strict):
            least[key] = one
    return _within(read, least, compared)


def _within(
    read: Text, least: Mapping[tuple[int, bool], Found], compared: Sequence[Compared]
) -> Asked:
    own: dict[str, fmpq] = {}
    uneven = met = False
    for output in compared:
        places = range(output.ours, output.ours + output.size)
        for key in product(places, (True, False)):
            if key not in least:
                one, other = read.element(key[0]), read.element(output.theirs + key[0] - places[0])
                high, low = (one, other) if key[1] else (other, one)
                expected = f"how far {high} may be above {low}, as of all elements"
                raise Malformed(read.where, expected=expected, got="none")
        of = [least[key] for key in product(places, (True, False))]
        uneven |= len({one.limit for one in of}) > 1
        met |= not all(one.strict for one in of)
        own[output.name] = min(one.limit if one.strict else one.limit * _NEARER for one in of)
    notes = []
    if uneven:
        notes.append("of an output whose elements may be apart differently the least is asked")
    if met:
        notes.append("of a distance that may not even be reached a millionth less is asked")
    eps = max(own.values())
    if eps == 0:
        return Asked(Equal(), tuple(notes))
    others = tuple(sorted((name, of) for name, of in own.items() if of != eps))
    return Asked(Within(eps, others), tuple(notes))


def _classes(read: Text, found: Sequence[frozenset[Found]], compared: Sequence[Compared]) -> Asked:
    """The second network has another class where the first's leader leads enough."""
    firsts = {i for one in compared for i in range(one.ours, one.ours + one.size)}
    leads = (one.limit for way in found for one in way if one.terms[0][0] in firsts)
    delta = max([ZERO, *leads])
    expected = sum(one.size * (one.row - 1) for one in compared)
    by: Literal["max", "min"]
    for by in ("max", "min"):
        wanted = SameClass(by, delta)
        if len(set(found)) == expected and set(found) == set(other_class(compared, wanted)):
            return Asked(wanted)
    line = min(one.line for way in found for one in way)
    where = f"{read.where} line {line}"
    words = f"distances, each by itself in a disjunction, or {_CLASSES}"
    raise Malformed(where, expected=words, got="other assertions about outputs")


def other_class(compared: Sequence[Compared], wanted: SameClass) -> Iterator[frozenset[Found]]:
    """The ways in which a claim of the same class can fail."""
    for output in compared:
        for start in range(0, output.size, max(output.row, 1)):
            for p, q in product(range(output.row), repeat=2):
                if p != q:
                    leads = leading(output.ours + start, output.row, p, wanted)
                    yield frozenset([*leads, overtaken(output.theirs + start, p, q, wanted)])


def leading(start: int, row: int, p: int, wanted: SameClass) -> list[Found]:
    """That the entry p of a row is its class, and leads enough."""
    sign = ONE if wanted.by == "max" else -ONE
    return [
        above(start + p, start + k, sign, wanted.delta, strict=wanted.delta == 0 and k < p)
        for k in range(row)
        if k != p
    ]


def overtaken(start: int, p: int, q: int, wanted: SameClass) -> Found:
    """That the entry q of a row comes before p, so that p is not its class."""
    sign = ONE if wanted.by == "max" else -ONE
    return above(start + q, start + p, sign, ZERO, strict=q > p)


def above(one: int, other: int, sign: fmpq, limit: fmpq, *, strict: bool) -> Found:
    """That an element is above another by so much, or below it where the sign is negative."""
    return Found(tuple(sorted([(one, sign), (other, -sign)])), limit, strict)
