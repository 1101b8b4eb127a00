"""Hints of version 3, read and written: an object for each box of the domain, in order.

below, above: by tensor, which entries are bounded anew on that side, and the lines for them
by: by the output of an activation, at which entries lines are chosen, and the leans: a byte for
    each of those, one entry that is bounded after the other, in Base64
cuts: the tree in preorder (left out where it is one leaf)
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, Final

import numpy as np

from lumpver.claim.certificate.strict import indices, rising
from lumpver.claim.hints import MOST_CUTS, Hints, Leaning, Target
from lumpver.claim.strict import a_list, an_object, members, short
from lumpver.errors import Malformed
from lumpver.model.names import spelled, unspelled

MOST_ENTRIES: Final = 2**26
_SIDES: Final = ("below", "above")


def documents(hints: tuple[Hints, ...], boxes: int) -> list[dict[str, Any]]:
    """The hints for a domain of so many boxes as a file holds them; none if they say nothing.

    Raises
    ------
    Malformed
        If they are not as many as boxes.
    """
    if hints and len(hints) != boxes:
        raise Malformed("hints", expected=f"those of {boxes} boxes", got=str(len(hints)))
    return [] if all(one.nothing for one in hints) else [_document(one) for one in hints]


def _document(hints: Hints) -> dict[str, Any]:
    found: dict[str, Any] = {} if hints.leaves == 1 else {"cuts": list(hints.cuts)}
    for name, targets in hints.targets.items():
        for target in targets:
            side = found.setdefault(_SIDES[target.above], {})
            side[spelled(name)] = {
                "entries": target.entries.tolist(),
                "by": {spelled(by): _spelled(leaning) for by, leaning in target.by.items()},
            }
    return found


def _spelled(leaning: Leaning) -> dict[str, Any]:
    return {"at": leaning.at.tolist(), "leans": b64encode(leaning.leans.tobytes()).decode()}


def hints(value: Any, boxes: int, where: str) -> tuple[Hints, ...]:
    """The hints for so many boxes.

    Raises
    ------
    Malformed
        For anything but the one form that `documents` writes.
    """
    listed = a_list(value, where, boxes)
    found = tuple(_hints(one, f"{where}[{i}]") for i, one in enumerate(listed))
    if all(one.nothing for one in found):
        raise Malformed(where, expected="no such member", got="hints that say nothing")
    if sum(len(one.cuts) for one in found if one.leaves > 1) > MOST_CUTS:
        raise Malformed(where, expected=f"at most {MOST_CUTS} nodes of trees", got="more")
    return found


def _hints(value: Any, where: str) -> Hints:
    found = an_object(value, where)
    members(found, where, set(), {"cuts", *_SIDES})
    targets: dict[str, tuple[Target, ...]] = {}
    for side in _SIDES:
        named = an_object(found.get(side, {}), f"{where}: {side}")
        if side in found and not named:
            raise Malformed(f"{where}: {side}", expected="no such member", got="no tensors")
        for name, one in named.items():
            place = f"{where}: {side}: {name}"
            target = _target(one, side, place)
            name_ = unspelled(name, where=place)
            targets[name_] = (*targets.get(name_, ()), target)
    if "cuts" not in found:
        return Hints(targets)
    cuts = tuple(indices(found["cuts"], MOST_ENTRIES, f"{where}: cuts").tolist())
    if cuts == (0,):
        raise Malformed(f"{where}: cuts", expected="no such member", got="none")
    return Hints(targets, cuts)


def _target(value: Any, side: str, where: str) -> Target:
    found = an_object(value, where)
    members(found, where, {"entries", "by"})
    entries = indices(found["entries"], MOST_ENTRIES, f"{where}: entries")
    by = an_object(found["by"], f"{where}: by")
    leanings = {
        unspelled(name, where=f"{where}: by"): _leaning(one, entries.size, f"{where}: {name}")
        for name, one in by.items()
    }
    return Target(rising(entries, f"{where}: entries"), side == _SIDES[1], leanings)


def _leaning(value: Any, rows: int, where: str) -> Leaning:
    found = an_object(value, where)
    members(found, where, {"at", "leans"})
    at = rising(indices(found["at"], MOST_ENTRIES, f"{where}: at"), f"{where}: at")
    data = _bytes(found["leans"], rows * at.size, f"{where}: leans")
    return Leaning(at, np.frombuffer(data, dtype=np.uint8).reshape(rows, at.size))


def _bytes(value: Any, count: int, where: str) -> bytes:
    """So many bytes, as Base64 with nothing in it that another spelling of them has not."""
    expected = f"{count} bytes in Base64"
    if not isinstance(value, str) or len(value) != (count + 2) // 3 * 4:
        raise Malformed(where, expected=expected, got=short(value))
    try:
        found = b64decode(value, validate=True)
    except ValueError as error:
        raise Malformed(where, expected=expected, got=str(error)[:40]) from error
    if len(found) != count or b64encode(found).decode() != value:
        raise Malformed(where, expected=expected, got=short(value))
    return found
