"""Strict JSON: no floats, no duplicate or unknown members, sizes bounded before allocation."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from lumpver.claim.strict import a_list, an_object, rational, short
from lumpver.errors import LumpverError, Malformed
from lumpver.exact.array import Exact, compact, equal, zeros
from lumpver.exact.scalar import ONE, text

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.relabelling import Indices

MOST_BYTES: Final = 2**27
MOST_BRACKETS: Final = 2**20
MOST_DEPTH: Final = 8
_TO_BRACKET: Final = re.compile(rb'(?:[^]["{}]++|"(?:[^"\\]|\\.)*+")*+([][{}])', re.DOTALL)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)


def _bounded(data: bytes, where: str) -> None:
    """Sizes are bounded before anything is allocated for them."""
    brackets = data.count(b"[") + data.count(b"{")
    if len(data) > MOST_BYTES:
        raise Malformed(where, expected=f"at most {MOST_BYTES} bytes", got=str(len(data)))
    if brackets > MOST_BRACKETS:
        raise Malformed(where, expected=f"at most {MOST_BRACKETS} brackets", got=str(brackets))
    depth, bracket = 0, _TO_BRACKET.match(data)
    while bracket is not None:
        depth += 1 if bracket[1] in b"[{" else -1
        if depth > MOST_DEPTH:
            raise Malformed(where, expected=f"at most {MOST_DEPTH} levels", got="deeper nesting")
        bracket = _TO_BRACKET.match(data, bracket.end())


def load(data: bytes, where: str) -> dict[str, Any]:
    """The object that the text holds."""
    _bounded(data, where)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in items:
            if name in found:
                raise Malformed(where, expected="distinct members", got=f"{name[:40]!r} twice")
            found[name] = value
        return found

    def whole(token: str) -> int:
        if _INDEX.fullmatch(token) is None:
            raise Malformed(where, expected="an index", got=token[:40])
        return int(token)

    def refuse(token: str) -> NoReturn:
        raise Malformed(where, expected="rationals as 'p/q' strings", got=token[:40])

    try:
        document = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=pairs,
            parse_int=whole,
            parse_float=refuse,
            parse_constant=refuse,
        )
    except LumpverError:
        raise
    except ValueError as error:
        raise Malformed(where, expected="JSON", got=str(error)[:80]) from error
    return an_object(document, where)


def indices(value: Any, end: int, where: str) -> Indices:
    """A list of indices below `end` that is not empty."""
    if not isinstance(value, list) or not value:
        raise Malformed(where, expected="a list that is not empty", got=short(value))
    found = [index(one, end, f"{where}[{i}]") for i, one in enumerate(value)]
    return np.array(found, dtype=np.int64)


def rising(found: Indices, where: str) -> Indices:
    """The indices, which rise."""
    if not (np.diff(found) > 0).all():
        raise Malformed(where, expected="rising order, nothing twice", got="another")
    return found


def index(value: Any, end: int, where: str) -> int:
    """The value, which is an index below `end`."""
    if type(value) is not int or not 0 <= value < end:
        raise Malformed(where, expected=f"an index below {end}", got=short(value))
    return value


def rationals(value: Any, n: int, where: str) -> Exact:
    """A list of that many rationals as text, in lowest terms."""
    found = np.empty(n, dtype=object)
    for i, token in enumerate(a_list(value, where, n)):
        found[i] = rational(token, f"{where}[{i}]")
    return compact(found)


def defaulted(found: dict[str, Any], name: str, n: int, default: fmpq, where: str) -> Exact:
    """The numbers of a member; if it is not there each is the default, else one is not."""
    place = f"{where}: {name}"
    if name not in found:
        return zeros(n) + float(default == ONE)
    numbers = rationals(found[name], n, place)
    if equal(numbers, np.full(n, float(default == ONE))).all():
        raise Malformed(place, expected="no such member", got=f"{text(default)} everywhere")
    return numbers
