"""Which claims follow from which: tables with as many that do not, and the laws of it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from random_claims import boxes, claims, domains, nearness

from lumpver.claim import implication
from lumpver.claim.closeness import Equal, Relative, SameClass, Within
from lumpver.claim.domain import AllInputs, Boxes, Unread
from lumpver.claim.implication import as_near, covers, implies
from lumpver.claim.semantics import Float32, Real
from lumpver.claim.statement import Claim
from lumpver.errors import TooLarge

if TYPE_CHECKING:
    from lumpver.claim.closeness import Closeness
    from lumpver.claim.domain import Domain

HALF, TENTH = "1/2", "1/10"


NEAR: Final = {
    "equal, equal": (Equal(), Equal(), True),
    "equal, within": (Equal(), Within(TENTH), True),
    "equal, within nothing": (Equal(), Within(0), True),
    "equal, within bounds of their own": (Equal(), Within(1, (("y", 0),)), True),
    "equal, same class": (Equal(), SameClass(), True),
    "equal, least class that leads": (Equal(), SameClass("min", 1), True),
    "within, itself": (Within(TENTH), Within(TENTH), True),
    "within, more": (Within(TENTH), Within(HALF), True),
    "within nothing, equal": (Within(0), Equal(), True),
    "within nothing, same class": (Within(0), SameClass(), True),
    "one output nearer": (Within(HALF, (("y", TENTH),)), Within(HALF), True),
    "each output nearer": (Within(HALF, (("y", 0),)), Within(1, (("y", TENTH),)), True),
    "all near, one asked": (Within(TENTH), Within(1, (("y", TENTH),)), True),
    "within, a leader that cannot be met": (Within(TENTH), SameClass("max", "201/1000"), True),
    "same class, itself": (SameClass("min"), SameClass("min"), True),
    "same class, where it leads": (SameClass(), SameClass("max", 1), True),
    "where it leads, where it leads by more": (SameClass("max", 1), SameClass("max", 2), True),
    "equal, relative": (Equal(), Relative(0), True),
    "within nothing, relative": (Within(0), Relative(TENTH), True),
    "relative, itself": (Relative(TENTH), Relative(TENTH), True),
    "relative, more": (Relative(TENTH), Relative(HALF), True),
    "within, equal": (Within(TENTH), Equal(), False),
    "within, relative": (Within(TENTH), Relative(10**9), False),
    "relative, less": (Relative(HALF), Relative(TENTH), False),
    "relative, equal": (Relative(0), Equal(), False),
    "relative, within": (Relative(TENTH), Within(10**9), False),
    "relative, same class": (Relative(TENTH), SameClass("max", 10**9), False),
    "within, less": (Within(HALF), Within(TENTH), False),
    "within, bounds of their own": (Within(TENTH), Within(TENTH, (("y", 0),)), False),
    "one output further": (Within(TENTH, (("y", HALF),)), Within(TENTH), False),
    "another output near": (Within(1, (("y", 0),)), Within(1, (("z", 0),)), False),
    "one output equal": (Within(1, (("y", 0),)), Equal(), False),
    "all but one equal": (Within(0, (("y", 1),)), Equal(), False),
    "within, same class": (Within(TENTH), SameClass(), False),
    "within, a leader that can be met": (Within(TENTH), SameClass("max", "1/5"), False),
    "one output that can turn": (Within(0, (("y", 1),)), SameClass("max", 2), False),
    "same class, equal": (SameClass(), Equal(), False),
    "same class, within": (SameClass(), Within(10**9), False),
    "greatest, least": (SameClass("max"), SameClass("min"), False),
    "where it leads, everywhere": (SameClass("max", 1), SameClass(), False),
    "where it leads, where it leads by less": (
        SameClass("max", 1),
        SameClass("max", HALF),
        False,
    ),
    "where it leads, within": (SameClass("max", 1), Within(1), False),
}

SQUARE: Final = [(0, 2), (0, 2)]
COVERS: Final = {
    "all inputs, all inputs": (AllInputs(), AllInputs(), True),
    "all inputs, a box": (AllInputs(), boxes(SQUARE), True),
    "all inputs, a box that nobody read": (AllInputs(), Unread("b.vnnlib"), True),
    "a box without a bound, all inputs": (boxes({}), AllInputs(), True),
    "free entries, all inputs": (boxes([None, None]), AllInputs(), True),
    "both sides of 0, all inputs": (boxes([(None, 0)], [(0, None)]), AllInputs(), True),
    "a box, itself": (boxes(SQUARE), boxes(SQUARE), True),
    "a box, a smaller one": (boxes(SQUARE), boxes([(0, 1), ("1/3", 1)]), True),
    "a box, a point": (boxes(SQUARE), boxes([(2, 2), (0, 0)]), True),
    "a free entry": (boxes([(0, None), None]), boxes(SQUARE), True),
    "another input bounded, too": (boxes(SQUARE), boxes({"x": SQUARE, "z": [(0, 0)]}), True),
    "a union, one of it": (boxes([(0, 1)], [(2, 3)]), boxes([(2, 3)]), True),
    "a union, both in another order": (
        boxes([(0, 1)], [(2, 3)]),
        boxes([(2, 3)], [(0, 1)]),
        True,
    ),
    "a union, across its seam": (boxes([(0, 1)], [(1, 2)]), boxes([(0, 2)]), True),
    "four quarters, the whole": (
        boxes(*product([(0, 1), (1, 2)], repeat=2)),
        boxes(SQUARE),
        True,
    ),
    "overlaps, the whole": (
        boxes([(0, 2), (0, 1)], [(0, 1), (0, 2)], [(1, 2), (1, 2)]),
        boxes(SQUARE),
        True,
    ),
    "a hole and its stopper": (
        boxes([(0, 1)], [("1/2", "3/2")], [("3/2", 2)]),
        boxes([(0, 2)]),
        True,
    ),
    "a thousand steps": (
        boxes(*([(i, i + 1)] for i in range(1000))),
        boxes([(0, 1000)]),
        True,
    ),
    "a box, all inputs": (boxes(SQUARE), AllInputs(), False),
    "a half space, all inputs": (boxes([(0, None)]), AllInputs(), False),
    "a box, a box that nobody read": (boxes({}), Unread("b.vnnlib"), False),
    "a box that nobody read, a box": (Unread("b.vnnlib"), boxes(SQUARE), False),
    "a box that nobody read, its name": (Unread("b.vnnlib"), Unread("b.vnnlib"), False),
    "a box that nobody read, all inputs": (Unread("b.vnnlib"), AllInputs(), False),
    "a box, a larger one": (boxes(SQUARE), boxes([(0, 2), (0, "201/100")]), False),
    "a box, one beside it": (boxes(SQUARE), boxes([(3, 4), (0, 1)]), False),
    "a box, one without a bound": (boxes([(0, 1)]), boxes([(0, None)]), False),
    "a box, another input": (boxes([(0, 1)]), boxes({"z": [(0, 1)]}), False),
    "a box, one of another size": (boxes([(0, 1)]), boxes([(0, 1), (0, 1)]), False),
    "free entries of another size": (boxes([None]), boxes([None, None]), False),
    "a box, a union that leaves it": (boxes([(0, 1)]), boxes([(0, 1)], [(2, 3)]), False),
    "a union, its gap": (boxes([(0, 1)], [(2, 3)]), boxes([(0, 3)]), False),
    "a union, a small gap": (boxes([(0, 1)], [("1000001/1000000", 3)]), boxes([(0, 3)]), False),
    "three quarters, the whole": (
        boxes([(0, 1), (0, 1)], [(1, 2), (0, 1)], [(0, 1), (1, 2)]),
        boxes(SQUARE),
        False,
    ),
    "a frame, the whole": (
        boxes([(0, 3), (0, 1)], [(0, 3), (2, 3)], [(0, 1), (0, 3)], [(2, 3), (0, 3)]),
        boxes([(0, 3), (0, 3)]),
        False,
    ),
    "both sides of a gap, all inputs": (boxes([(None, 0)], [(1, None)]), AllInputs(), False),
}

WHOLE: Final = {
    "itself": (Claim(), Claim(), True),
    "less of everything": (Claim(), Claim(boxes(SQUARE), Within(1)), True),
    "limits, too": (Claim(), Claim(limits="the original"), True),
    "the same limits": (Claim(limits="the original"), Claim(limits="the original"), True),
    "floats, nearer": (
        Claim(closeness=Within(1), semantics=Float32()),
        Claim(closeness=Within(2), semantics=Float32()),
        True,
    ),
    "reals, floats": (Claim(), Claim(semantics=Float32()), False),
    "floats, reals": (Claim(semantics=Float32()), Claim(), False),
    "floats, near reals": (
        Claim(semantics=Float32()),
        Claim(boxes(SQUARE), Within(1), Real()),
        False,
    ),
    "limits, none": (Claim(limits="the original"), Claim(), False),
    "others' limits": (Claim(limits="the original"), Claim(limits="the reduced model"), False),
    "nearer on less": (Claim(boxes(SQUARE)), Claim(closeness=Within(1)), False),
    "less near on more": (Claim(closeness=Within(1)), Claim(boxes(SQUARE)), False),
}


@pytest.mark.parametrize(("one", "other", "holds"), NEAR.values(), ids=NEAR)
def test_closeness(one: Closeness, other: Closeness, holds: bool) -> None:
    """What is nearer is as near as less; a class needs a lead that no error can close."""
    assert as_near(one, other) is holds


@pytest.mark.parametrize(("larger", "smaller", "holds"), COVERS.values(), ids=COVERS)
def test_domains(larger: Domain, smaller: Domain, holds: bool) -> None:
    """A domain covers what is inside of it, through several boxes, too."""
    assert covers(larger, smaller) is holds


@pytest.mark.parametrize(("stronger", "weaker", "holds"), WHOLE.values(), ids=WHOLE)
def test_claims(stronger: Claim, weaker: Claim, holds: bool) -> None:
    """All parts must follow; reals and floats say nothing of each other."""
    assert implies(stronger, weaker) is holds


@pytest.mark.parametrize("table", [NEAR, COVERS, WHOLE])
def test_tables_have_as_many_that_do_not_follow(table: dict[str, tuple[Any, Any, bool]]) -> None:
    """A test of what holds alone would pass for whatever says yes."""
    holds = [expected for *_, expected in table.values()]
    assert abs(holds.count(True) - holds.count(False)) <= 3


def test_too_many_pieces_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No union keeps the checker busy for long; equal boxes need no cutting."""
    grid = boxes(*product([(i, i + 1) for i in range(5)], repeat=3))
    assert covers(grid, boxes([(0, 5)] * 3))
    monkeypatch.setattr(implication, "MOST", 1000)
    assert covers(grid, grid)
    with pytest.raises(TooLarge):
        covers(grid, boxes([(0, 5)] * 3))


@given(claims())
def test_a_claim_implies_itself(claim: Claim) -> None:
    """Implication is reflexive."""
    assert implies(claim, claim)


@given(domains(), domains(), domains())
def test_domains_are_ordered(a: Domain, b: Domain, c: Domain) -> None:
    """Covering is transitive."""
    if covers(a, b) and covers(b, c):
        assert covers(a, c)


@given(nearness(), nearness(), nearness())
def test_closeness_is_ordered(a: Closeness, b: Closeness, c: Closeness) -> None:
    """So is being as near."""
    if as_near(a, b) and as_near(b, c):
        assert as_near(a, c)


@given(domains(), domains())
def test_covering_is_seen_at_points(larger: Domain, smaller: Domain) -> None:
    """On a grid finer than the bounds, beyond them on both sides: the definition itself."""
    grid = [fmpq(i, 4) for i in range(-1, 10)]
    points = list(product(grid, repeat=2))
    expected = all(holds(larger, point) for point in points if holds(smaller, point))
    assert covers(larger, smaller) is expected


def holds(domain: Domain, point: tuple[fmpq, ...]) -> bool:
    """Whether a point is in the domain."""
    if not isinstance(domain, Boxes):
        return True
    return any(
        all(
            (low is None or low <= value) and (high is None or value <= high)
            for value, (low, high) in zip(point, box.ranges[0][1], strict=True)
        )
        for box in domain.boxes
    )


OUTPUTS: Final = st.tuples(*[st.sampled_from([fmpq(i, 2) for i in range(4)])] * 3)


@given(OUTPUTS, OUTPUTS, nearness(), nearness())
def test_closeness_is_seen_at_outputs(ours: Any, theirs: Any, a: Closeness, b: Closeness) -> None:
    """Outputs y that are as near as a claim says are as near as all that it implies."""
    if as_near(a, b) and are(a, ours, theirs):
        assert are(b, ours, theirs)


def are(closeness: Closeness, ours: tuple[fmpq, ...], theirs: tuple[fmpq, ...]) -> bool:
    """Whether outputs called y are as near as that, by its definition."""
    if isinstance(closeness, Equal):
        return ours == theirs
    if isinstance(closeness, Within):
        eps = closeness.of("y")
        return all(abs(x - y) <= eps for x, y in zip(ours, theirs, strict=True))
    best = max if closeness.by == "max" else min
    leader = ours.index(best(ours))
    rest = (abs(ours[leader] - x) for i, x in enumerate(ours) if i != leader)
    leads = all(lead >= closeness.delta for lead in rest)
    return not leads or theirs.index(best(theirs)) == leader
