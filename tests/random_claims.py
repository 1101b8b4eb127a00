"""Claims of all kinds, on grids so small that they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flint import fmpq
from hypothesis import strategies as st

from lumpver.claim.closeness import Equal, Relative, SameClass, Within
from lumpver.claim.domain import AllInputs, Box, Boxes
from lumpver.claim.semantics import Float32, Real
from lumpver.claim.statement import Claim

if TYPE_CHECKING:
    from lumpver.claim.closeness import Closeness
    from lumpver.claim.domain import Domain

ENDS: Final = st.sampled_from([None, *(fmpq(i, 2) for i in range(5))])
RANGES: Final = st.tuples(ENDS, ENDS).filter(lambda ends: None in ends or ends[0] <= ends[1])
NUMBERS: Final = st.sampled_from([fmpq(i, 2) for i in range(4)])


@st.composite
def domains(draw: st.DrawFn) -> Domain:
    """All inputs, or a few boxes on a small grid, each with a bound, none twice."""
    if draw(st.booleans()):
        return AllInputs()
    ranges = st.lists(RANGES, min_size=2, max_size=2)
    bounded = ranges.filter(lambda found: any(ends != (None, None) for ends in found))
    found = draw(st.lists(bounded, min_size=1, max_size=4, unique_by=tuple))
    return boxes(*found)


@st.composite
def nearness(draw: st.DrawFn) -> Closeness:
    """Any closeness, with few numbers so that they meet."""
    eps, delta = draw(NUMBERS), draw(NUMBERS)
    own = draw(st.dictionaries(st.sampled_from("yz"), NUMBERS))
    named = tuple(sorted((name, of) for name, of in own.items() if of != eps))
    by = draw(st.sampled_from(["max", "min"]))
    return draw(st.sampled_from([Equal(), Within(eps, named), SameClass(by, delta), Relative(eps)]))


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    """Any claim that a certificate can have."""
    semantics = draw(st.sampled_from([Real(), Float32()]))
    return Claim(draw(domains()), draw(nearness()), semantics)


def boxes(*given: Any) -> Boxes:
    """A union of boxes, each of the ranges of x, or of all inputs by name."""
    return Boxes(tuple(Box.of(x if isinstance(x, dict) else {"x": x}) for x in given))
