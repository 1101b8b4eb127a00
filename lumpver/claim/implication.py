"""Which claims follow from which: on fewer inputs, less near, in the same arithmetic.

piece: a box that is still to be covered, as its bounded ranges
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from lumpver.claim.closeness import Closeness, Equal, Relative, SameClass, Within
from lumpver.claim.domain import FREE, AllInputs, Boxes, Domain, Range, Unread
from lumpver.errors import Rejected, TooLarge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from lumpver.claim.statement import Claim

    Piece: TypeAlias = dict[tuple[str, int], Range]

MOST: Final = 2**26


class ClaimsLess(Rejected):
    """A certificate claims less than was asked, whether what it claims is right or not.

    Examples
    --------
    >>> from lumpver.claim.statement import Claim
    >>> print(ClaimsLess(Claim(closeness=Within(1)), asked=Claim()).got)
    within 1 of each other for all inputs, in exact real arithmetic over the weights as stored
    """

    def __init__(self, stated: Claim, *, asked: Claim) -> None:
        super().__init__("claim", layer="certificate", expected=str(asked), got=str(stated))
        self.said = f"it claims only {stated}; asked was {asked}"
        self.stated = stated
        self.asked = asked


def require(stated: Claim, *, asked: Claim) -> None:
    """What a certificate claims implies what is asked of it.

    Raises
    ------
    ClaimsLess
        If it does not.
    TooLarge
        If one would have to cut boxes into too many pieces to tell.
    """
    if not implies(stated, asked):
        raise ClaimsLess(stated, asked=asked)


def implies(stronger: Claim, weaker: Claim) -> bool:
    """Whether two models that are as `stronger` says are as `weaker` says, whichever they are.

    Reals say nothing of floats, nor floats of reals, and what is relative to ranges on some inputs
    says nothing of fewer.

    Raises
    ------
    TooLarge
        If one would have to cut boxes into too many pieces to tell.

    Examples
    --------
    >>> from lumpver.claim.statement import Claim
    >>> equal, near = Claim(), Claim(closeness=Within("1/10"))
    >>> implies(equal, near), implies(near, equal)
    (True, False)
    >>> implies(near, Claim(closeness=SameClass(delta="1/4")))
    True
    """
    return (
        stronger.semantics == weaker.semantics
        and stronger.limits in (None, weaker.limits)
        and as_near(stronger.closeness, weaker.closeness)
        and covers(stronger.domain, weaker.domain)
        and (not isinstance(stronger.closeness, Relative) or _as_long(stronger, weaker))
    )


def _as_long(stronger: Claim, weaker: Claim) -> bool:
    """Whether ranges of outputs are as long for the weaker claim: on fewer inputs they may not."""
    return stronger.limits == weaker.limits and covers(weaker.domain, stronger.domain)


def as_near(one: Closeness, other: Closeness) -> bool:
    """Whether outputs that are as near as `one` says are as near as `other` says."""
    match one:
        case Equal():
            return True
        case Within():
            return _within(one, other)
        case SameClass():
            return isinstance(other, SameClass) and _same_class(one, other)
        case Relative(eps):
            return isinstance(other, Relative) and bool(eps <= other.eps)
        case _:
            assert_never(one)


def _same_class(one: SameClass, other: SameClass) -> bool:
    return one.by == other.by and bool(one.delta <= other.delta)


def _within(one: Within, other: Closeness) -> bool:
    """The same for outputs within a bound.

    A leader may fall by eps and another entry rise by it: at a lead of exactly 2 eps they may
    meet, and then the class is the first of the two.
    """
    match other:
        case Equal():
            return bool(one.largest == 0)
        case Within():
            names = {name for bounds in (one.outputs, other.outputs) for name, _ in bounds}
            return bool(one.eps <= other.eps) and all(one.of(n) <= other.of(n) for n in names)
        case SameClass():
            return bool(one.largest == 0 or 2 * one.largest < other.delta)
        case Relative():
            return bool(one.largest == 0)
        case _:
            assert_never(other)


def covers(larger: Domain, smaller: Domain) -> bool:
    """Whether every input of `smaller` is one of `larger`.

    Raises
    ------
    TooLarge
        If one would have to cut boxes into too many pieces to tell.
    """
    match larger:
        case AllInputs():
            return True
        case Unread():
            return False
        case Boxes():
            return _boxes_cover(larger, smaller)
        case _:
            assert_never(larger)


def _boxes_cover(larger: Boxes, smaller: Domain) -> bool:
    match smaller:
        case AllInputs():
            return _covered([{}], larger)
        case Unread():
            return False
        case Boxes():
            ours, theirs, same = larger.sizes, smaller.sizes, set(larger.boxes)
            fit = all(ours.get(name, size) == size for name, size in theirs.items())
            return fit and _covered([x.bounded for x in smaller.boxes if x not in same], larger)
        case _:
            assert_never(smaller)


def _covered(pieces: Sequence[Piece], larger: Boxes) -> bool:
    """Whether every point of the pieces is in one of the boxes.

    What a box leaves of a piece is cut along the box's sides. It is half open there; boxes
    are closed, and so cover it together with that side or not at all.
    """
    boxes = [box.bounded for box in larger.boxes]
    left = [(piece, boxes) for piece in pieces]
    spent = 0
    while left:
        piece, others = left.pop()
        spent += sum(map(len, others))
        if spent > MOST:
            raise TooLarge("domain", expected=f"at most {MOST} comparisons of bounds", got="more")
        near = [box for box in others if _meet(piece, box)]
        if any(_inside(piece, box) for box in near):
            continue
        if not near:
            return False
        left += [(rest, near[1:]) for rest in _beyond(piece, near[0])]
    return True


def _beyond(piece: Piece, box: Piece) -> list[Piece]:
    """What a box leaves of a piece that it meets, as pieces that share sides with the box."""
    found: list[Piece] = []
    inside = dict(piece)
    for place, (low, high) in box.items():
        least, most = inside.get(place, FREE)
        if low is not None and (least is None or least < low):
            found.append({**inside, place: (least, low)})
            least = low
        if high is not None and (most is None or most > high):
            found.append({**inside, place: (high, most)})
            most = high
        inside[place] = (least, most)
    return found


def _meet(one: Piece, other: Piece) -> bool:
    """Whether two boxes share a point."""
    for place, (low, high) in other.items():
        least, most = one.get(place, FREE)
        if least is not None and high is not None and least > high:
            return False
        if most is not None and low is not None and most < low:
            return False
    return True


def _inside(one: Piece, other: Piece) -> bool:
    """Whether all points of the one box are in the other."""
    for place, (low, high) in other.items():
        least, most = one.get(place, FREE)
        if low is not None and (least is None or least < low):
            return False
        if high is not None and (most is None or most > high):
            return False
    return True
