"""What a query says of inputs: that both networks get the same, and where these are.

tied: an element of the second network's inputs is asserted to be the first's
"""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from typing import TYPE_CHECKING, assert_never

from lumpver.claim.domain import FREE, Range, meet
from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.scalar import ZERO
from lumpver.io.vnnlib.assertions import Assertions
from lumpver.io.vnnlib.formulas import Bound, Formula, Sum, every, some
from lumpver.proving.queries.literals import Each, Either, Literal, each, either, literal, literals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import fmpq

    from lumpver.io.vnnlib.declarations import Declared
    from lumpver.proving.queries.literals import Relation
    from lumpver.proving.queries.reading import Text


def counterparts(text: Text, pairs: Sequence[tuple[Declared, Declared]]) -> dict[int, int]:
    """For each element of the second tensors the same of the first, with which they are paired.

    Raises
    ------
    ShapeMismatch
        If two tensors have not the same number of elements.
    """
    found: dict[int, int] = {}
    for one, other in pairs:
        if one.size != other.size:
            where = f"{text.where} line {other.line}"
            expected = f"{other.name} of {one.size} elements, as {one.name}"
            raise ShapeMismatch(where, expected=expected, got=str(other.size))
        ours, theirs = text.start(one), text.start(other)
        found |= {theirs + place: ours + place for place in range(one.size)}
    return found


def untied(text: Text, same: Mapping[int, int]) -> tuple[list[Relation], list[Relation]]:
    """The assertions about inputs and those about outputs, inputs being the first network's.

    Raises
    ------
    Malformed
        If an input of the second network is not tied to the same of the first, or one assertion
        is about inputs and outputs.
    """
    differences: dict[tuple[int, int], Range] = {}
    for part in text.asserted:
        if isinstance(part, Literal) and not part.strict:
            _note(differences, part)
    for theirs, ours in same.items():
        if differences.get((ours, theirs)) != (ZERO, ZERO):
            one, other = text.element(ours), text.element(theirs)
            expected = f"(== {one} {other}): both networks are asked about the same inputs"
            raise Malformed(text.where, expected=expected, got="none")
    inputs: list[Relation] = []
    outputs: list[Relation] = []
    for part in text.asserted:
        found = _renamed(part, same)
        kinds: set[bool] = set()
        for said in literals(found):
            kinds |= {text.element(index).input for index, _ in said.terms}
            if len(kinds) > 1:
                raise text.refuse(said, "assertions about inputs, and others about outputs")
        (outputs if False in kinds else inputs).append(found)
    return inputs, outputs


def _note(differences: dict[tuple[int, int], Range], found: Literal) -> None:
    """Keep what a literal says of how much one element is more than another."""
    match found.terms:
        case ((i, one), (j, other)) if one == -other:
            ends = (found.limit, None) if one > 0 else (None, -found.limit)
            differences[i, j] = meet(differences.get((i, j), FREE), ends)


def _renamed(found: Relation, same: Mapping[int, int]) -> Relation:
    match found:
        case Literal(terms, limit, strict, line, said):
            added: dict[int, fmpq] = {}
            for index, factor in terms:
                at = same.get(index, index)
                added[at] = added.get(at, ZERO) + factor
            return literal(tuple(sorted(added.items())), limit, strict=strict, line=line, said=said)
        case Each(parts):
            return each([_renamed(part, same) for part in parts])
        case Either(parts):
            return either([_renamed(part, same) for part in parts])
        case _:
            assert_never(found)


def bounds(text: Text, inputs: Sequence[Relation], order: Sequence[Declared]) -> Assertions:
    """The assertions about inputs, which stand in this order, as bounds.

    Raises
    ------
    Malformed
        If one is strict.
    """
    ends = [0, *accumulate(one.size for one in order)]
    places = {
        text.start(one) + place: end + place
        for one, end in zip(order, ends, strict=False)
        for place in range(one.size)
    }
    sums: list[Sum] = []

    def spelled(index: int) -> str:
        at = bisect(ends, index) - 1
        return order[at].element(index - ends[at])

    def formula(found: Relation) -> Formula:
        match found:
            case Literal():
                return _bound(text, found, places, sums)
            case Each(parts):
                return every([formula(part) for part in parts])
            case Either(parts):
                return some([formula(part) for part in parts])
            case _:
                assert_never(found)

    return Assertions(every([formula(one) for one in inputs]), (), {}, tuple(sums), spelled)


def _bound(text: Text, found: Literal, places: Mapping[int, int], sums: list[Sum]) -> Bound | Sum:
    if found.strict:
        raise text.refuse(found, "<=, >= or ==: a box contains its edges")
    if len(found.terms) == 1:
        ((index, factor),) = found.terms
        low, high = (found.limit, None) if factor > 0 else (None, -found.limit)
        return Bound(places[index], low, high)
    terms = tuple(sorted((places[index], factor) for index, factor in found.terms))
    sums.append(Sum(terms, found.limit, None, found.line, found.said))
    return sums[-1]
