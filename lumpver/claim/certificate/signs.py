"""The signs of units, read and written: cases as lists one after the other.

unit, never: a unit of the tensor, and what it never is
split: the columns that the cases are about (left out where there is one case)
length: how many generators each case has; generator, times: those, and their multipliers
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from lumpver.claim.certificate.strict import index, indices, rising
from lumpver.claim.signs import Leaf, Sign, Signs
from lumpver.claim.strict import a_list, an_object, members, rational, short
from lumpver.errors import Malformed
from lumpver.exact.scalar import text
from lumpver.model.names import spelled, unspelled

MOST_SPLITS: Final = 4
_COLUMNS: Final = 2**26


def document(found: Signs) -> dict[str, Any]:
    """The signs as a certificate holds them."""
    return {"since": spelled(found.since), "units": [_unit(one) for one in found.units]}


def _unit(found: Sign) -> dict[str, Any]:
    entries = [entry for leaf in found.leaves for entry in leaf]
    return {
        "unit": found.unit,
        "never": "negative" if found.up else "positive",
        "length": [len(leaf) for leaf in found.leaves],
        "generator": [generator for generator, _ in entries],
        "times": [text(value) for _, value in entries],
    } | ({"split": list(found.split)} if found.split else {})


def signs(value: Any, where: str) -> Signs:
    """The signs of the units of one tensor.

    Raises
    ------
    Malformed
        For anything but what `document` writes.
    """
    found = an_object(value, where)
    members(found, where, {"since", "units"})
    since = found["since"]
    if not isinstance(since, str) or not since:
        raise Malformed(f"{where}: since", expected="a name", got=short(since))
    units = a_list(found["units"], f"{where}: units")
    if not units:
        raise Malformed(f"{where}: units", expected="a list that is not empty", got="none")
    read = tuple(_sign(one, f"{where}: units[{i}]") for i, one in enumerate(units))
    if any(one.unit >= other.unit for one, other in pairwise(read)):
        raise Malformed(f"{where}: units", expected="rising order, nothing twice", got="another")
    return Signs(unspelled(since, where=f"{where}: since"), read)


def _sign(value: Any, where: str) -> Sign:
    found = an_object(value, where)
    members(found, where, {"unit", "never", "length", "generator", "times"}, frozenset({"split"}))
    if found["never"] not in ("negative", "positive"):
        expected = "'negative' or 'positive'"
        raise Malformed(f"{where}: never", expected=expected, got=short(found["never"]))
    split: tuple[int, ...] = ()
    if "split" in found:
        place = f"{where}: split"
        split = tuple(rising(indices(found["split"], _COLUMNS, place), place).tolist())
    if len(split) > MOST_SPLITS:
        expected = f"at most {MOST_SPLITS} columns"
        raise Malformed(f"{where}: split", expected=expected, got=str(len(split)))
    unit = index(found["unit"], _COLUMNS, f"{where}: unit")
    return Sign(unit, found["never"] == "negative", split, _leaves(found, 2 ** len(split), where))


def _leaves(found: dict[str, Any], cases: int, where: str) -> tuple[Leaf, ...]:
    place = f"{where}: generator"
    listed = a_list(found["generator"], place)
    a_list(found["length"], f"{where}: length", cases)
    length = indices(found["length"], len(listed) + 1, f"{where}: length")
    if int(length.sum()) != len(listed):
        got = f"{int(length.sum())}"
        raise Malformed(f"{where}: length", expected=f"{len(listed)} generators", got=got)
    generator = [index(one, 2 * _COLUMNS, f"{place}[{i}]") for i, one in enumerate(listed)]
    times = a_list(found["times"], f"{where}: times", len(listed))
    numbers = [rational(one, f"{where}: times[{i}]") for i, one in enumerate(times)]
    if any(value <= 0 for value in numbers):
        raise Malformed(f"{where}: times", expected="numbers above 0", got="another")
    entries = iter(zip(generator, numbers, strict=True))
    leaves = tuple(tuple(next(entries) for _ in range(n)) for n in length.tolist())
    for leaf in leaves:
        if any(one[0] >= other[0] for one, other in pairwise(leaf)):
            raise Malformed(place, expected="rising order in each case", got="another")
    return leaves
