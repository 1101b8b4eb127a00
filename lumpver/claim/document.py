"""Domains and closeness as JSON, as a certificate has them, written and read strictly.

domain: `"all inputs"`, or `{"boxes": [{"x": {"low": ["0", null], "high": ["1", "1/2"]}}]}`
closeness: `"equal"`, `{"within": "1/10"}`, with `"outputs": {"y": "1/20"}` where some have
    bounds of their own, `{"class": "max", "delta": "0"}`, or `{"relative": "1/10"}`

Inputs without a bound are left out; a box without a bound is all inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

from lumpver.claim.closeness import Closeness, Equal, Relative, SameClass, Within
from lumpver.claim.domain import FREE, AllInputs, Box, Boxes, Domain, Unread
from lumpver.claim.strict import a_list, an_object, members, rational, short
from lumpver.errors import Malformed
from lumpver.exact.scalar import text
from lumpver.model.names import spelled, unspelled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flint import fmpq

    from lumpver.claim.domain import Range

ALL: Final = "all inputs"
EQUAL: Final = "equal"


def domain_document(domain: Domain) -> Any:
    """The domain as JSON.

    Raises
    ------
    Malformed
        If nobody has read it.
    """
    match domain:
        case AllInputs():
            return ALL
        case Boxes(boxes):
            if not all(box.bounded for box in boxes):
                return ALL
            return {"boxes": [_box_document(box) for box in dict.fromkeys(boxes)]}
        case Unread(source):
            raise Malformed(source, expected="a box that was read", got="its name alone")
        case _:
            assert_never(domain)


def _box_document(box: Box) -> dict[str, Any]:
    found = {
        spelled(name): {
            "low": [None if low is None else text(low) for low, _ in ranges],
            "high": [None if high is None else text(high) for _, high in ranges],
        }
        for name, ranges in box.ranges
        if any(bounds != FREE for bounds in ranges)
    }
    return dict(sorted(found.items()))


def domain_from(value: Any, where: str) -> Domain:
    """The domain of which this is the document."""
    if value == ALL:
        return AllInputs()
    if isinstance(value, str):
        raise Malformed(where, expected=f"{ALL!r} or boxes", got=short(value))
    found = an_object(value, where)
    members(found, where, {"boxes"})
    places = [(box, f"{where}: boxes[{i}]") for i, box in enumerate(a_list(found["boxes"], where))]
    boxes = tuple(_box_from(box, place) for box, place in places)
    if len(set(boxes)) < len(boxes):
        raise Malformed(where, expected="distinct boxes", got="one twice")
    return Boxes(boxes)


def _box_from(value: Any, where: str) -> Box:
    found = an_object(value, where)
    if not found:
        raise Malformed(where, expected=f"a bound, or {ALL!r}", got="none")
    named = ((unspelled(name, where=where), name) for name in _in_order(found, where))
    ranges = {name: _ranges_from(found[key], f"{where}: {key}") for name, key in named}
    return Box(tuple(sorted(ranges.items())))


def _ranges_from(value: Any, where: str) -> tuple[Range, ...]:
    found = an_object(value, where)
    members(found, where, {"low", "high"})
    low = _ends(found["low"], f"{where}: low", None)
    ranges = tuple(zip(low, _ends(found["high"], f"{where}: high", len(low)), strict=True))
    if all(bounds == FREE for bounds in ranges):
        raise Malformed(where, expected="a bound, or no such member", got="none")
    return ranges


def _ends(value: Any, where: str, length: int | None) -> list[fmpq | None]:
    return [
        None if end is None else rational(end, f"{where}[{i}]")
        for i, end in enumerate(a_list(value, where, length))
    ]


def closeness_document(closeness: Closeness) -> Any:
    """The closeness as JSON."""
    match closeness:
        case Equal():
            return EQUAL
        case Within(eps, outputs):
            own = {spelled(name): text(of) for name, of in outputs if of != eps}
            named = {"outputs": dict(sorted(own.items()))} if own else {}
            return {"within": text(eps), **named}
        case SameClass(by, delta):
            return {"class": by, "delta": text(delta)}
        case Relative(eps):
            return {"relative": text(eps)}
        case _:
            assert_never(closeness)


def closeness_from(value: Any, where: str) -> Closeness:
    """The closeness of which this is the document."""
    if value == EQUAL:
        return Equal()
    found = an_object(value, where)
    if "class" in found:
        members(found, where, {"class", "delta"})
        if found["class"] not in ("max", "min"):
            expected, got = "'max' or 'min'", short(found["class"])
            raise Malformed(f"{where}: class", expected=expected, got=got)
        return SameClass(found["class"], rational(found["delta"], f"{where}: delta"))
    if "relative" in found:
        members(found, where, {"relative"})
        return Relative(rational(found["relative"], f"{where}: relative"))
    members(found, where, {"within"}, {"outputs"})
    eps = rational(found["within"], f"{where}: within")
    return Within(eps, _outputs_from(found["outputs"], eps, where) if "outputs" in found else ())


def _outputs_from(value: Any, eps: fmpq, where: str) -> tuple[tuple[str, fmpq], ...]:
    place = f"{where}: outputs"
    found = an_object(value, place)
    named = {
        unspelled(name, where=place): rational(found[name], f"{place}: {name}")
        for name in _in_order(found, place)
    }
    if not named or eps in named.values():
        raise Malformed(place, expected="bounds that differ from all others'", got="another")
    return tuple(sorted(named.items()))


def _in_order(found: dict[str, Any], where: str) -> Iterable[str]:
    """The names of an object, which stand in order."""
    if list(found) != sorted(found):
        raise Malformed(where, expected="names in order", got=", ".join(found)[:60])
    return found
