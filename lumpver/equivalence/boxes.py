"""Boxes: a range for every entry of every input, given or read from a VNN-LIB file.

Of a VNN-LIB 1 file the bounds of the X_i are read, with every number exact; what it says
of the Y_i is a property, and no part of the box. Anything else about an X_i is refused.

range: least and largest value, None where there is no bound
disjunct: one way to satisfy the file, by its bounds on the X_i
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lumpver.equivalence.pairing import entries
from lumpver.equivalence.points import FREE, Range
from lumpver.errors import Malformed, NotANumber, ShapeMismatch, Unreadable
from lumpver.exact.scalar import decimal, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flint import fmpq

    from lumpver.network import Network

Box = dict[str, tuple[Range, ...]]

_TOKEN: Final = re.compile(r"\s+|;[^\n]*|([()])|([^\s();]+)")
_INPUT: Final = re.compile(r"X_(0|[1-9][0-9]{0,8})", re.ASCII)
_OUTPUT: Final = re.compile(r"Y_[0-9]+", re.ASCII)
_DEPTH: Final = 32
_DISJUNCTS: Final = 1000


def read_boxes(network: Network, box: Any) -> tuple[Box, ...]:
    """The boxes to be covered: of a mapping one, of a VNN-LIB file one per disjunct.

    A mapping gives per input a sequence of (low, high), one for each entry in row-major
    order; None, for either or for a pair, is no bound.

    Raises
    ------
    Malformed
        If a bound is no number, a range is empty, or the file says more than bounds.
    ShapeMismatch
        If there are not as many ranges as entries.
    Unreadable
        If the file cannot be read.

    Examples
    --------
    >>> from lumpver.network import Network
    >>> network = Network.from_layers([([[1, 2]], None)])
    >>> read_boxes(network, {"x": [(0, "1/2"), (None, 1)]})
    ({'x': ((0, 1/2), (None, 1))},)
    """
    if box is None:
        return ({},)
    if isinstance(box, Mapping):
        return (_from_mapping(network, box),)
    if not isinstance(box, str | Path):
        raise Malformed("box", expected="a mapping or a VNN-LIB file", got=type(box).__name__)
    try:
        text = Path(box).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(str(box), expected="a VNN-LIB file", got=str(error)[:80]) from error
    return tuple(_from_bounds(network, found, str(box)) for found in vnnlib(text, where=str(box)))


def _from_mapping(network: Network, box: Mapping[str, Any]) -> Box:
    names = {tensor.name for tensor in network.inputs}
    unknown = sorted(set(box) - names)
    if unknown:
        raise Malformed("box", expected=f"inputs {', '.join(sorted(names))}", got=unknown[0])
    found = {}
    for name, given in box.items():
        where = f"box for {name}"
        ranges = tuple(_range(item, f"{where}[{i}]") for i, item in enumerate(given))
        size = entries(network, name)
        if size is not None and size != len(ranges):
            raise ShapeMismatch(where, expected=f"{size} ranges", got=str(len(ranges)))
        found[name] = ranges
    return found


def _range(item: Any, where: str) -> Range:
    if item is None:
        return FREE
    try:
        low, high = item
    except (TypeError, ValueError) as error:
        raise Malformed(where, expected="(low, high)", got=repr(item)[:40]) from error
    return _checked(
        None if low is None else number(low), None if high is None else number(high), where
    )


def _checked(low: fmpq | None, high: fmpq | None, where: str) -> Range:
    if low is not None and high is not None and low > high:
        raise Malformed(where, expected="low <= high", got=f"{low} > {high}")
    return low, high


def _from_bounds(network: Network, bounds: Mapping[int, Range], where: str) -> Box:
    found: Box = {}
    start = 0
    for tensor in network.inputs:
        size = entries(network, tensor.name)
        if size is None:
            raise ShapeMismatch(where, expected=f"a known size of {tensor.name}", got="none")
        found[tensor.name] = tuple(bounds.get(start + i, FREE) for i in range(size))
        start += size
    beyond = [i for i in bounds if i >= start]
    if beyond:
        raise ShapeMismatch(where, expected=f"{start} inputs", got=f"X_{beyond[0]}")
    return found


def vnnlib(text: str, *, where: str) -> tuple[dict[int, Range], ...]:
    """The bounds on the X_i that a VNN-LIB 1 file allows, one mapping per disjunct.

    Raises
    ------
    Malformed
        If the text is no list of expressions, or relates an X_i to anything but a number.

    Examples
    --------
    >>> vnnlib("(declare-const X_0 Real) (assert (<= X_0 0.1)) (assert (<= Y_0 X_1))", where="f")
    Traceback (most recent call last):
        ...
    lumpver.errors.Malformed: f: expected a bound on an X_i, got (<= Y_0 X_1)
    >>> vnnlib("(assert (and (<= X_0 0.1) (>= X_0 -1)))", where="f")
    ({0: (-1, 1/10)},)
    """
    disjuncts: list[dict[int, Range]] = [{}]
    for command in _expressions(text, where):
        if not isinstance(command, list) or not command:
            raise Malformed(where, expected="a command", got=_shown(command))
        if command[0] == "assert" and len(command) == 2:
            found = _alternatives(command[1], where)
            disjuncts = [_meet(one, other, where) for one in disjuncts for other in found]
            if len(disjuncts) > _DISJUNCTS:
                raise Malformed(where, expected=f"at most {_DISJUNCTS} boxes", got="more")
        elif command[0] not in {"declare-const", "declare-fun", "set-logic", "set-info"}:
            raise Malformed(where, expected="declarations and assertions", got=_shown(command))
    return tuple(one for i, one in enumerate(disjuncts) if one not in disjuncts[:i])


def _expressions(text: str, where: str) -> list[Any]:
    """Nested lists of words."""
    stack: list[list[Any]] = [[]]
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Malformed(where, expected="an expression", got=repr(text[at : at + 20]))
        at = found.end()
        if found[1] == "(":
            stack.append([])
        elif found[1] == ")":
            if len(stack) < 2:
                raise Malformed(where, expected="an opening bracket", got=")")
            done = stack.pop()
            stack[-1].append(done)
        elif found[2]:
            stack[-1].append(found[2])
        if len(stack) > _DEPTH:
            raise Malformed(where, expected="shallow expressions", got="a deep one")
    if len(stack) > 1:
        raise Malformed(where, expected="a closing bracket", got="the end")
    return stack[0]


def _alternatives(term: Any, where: str) -> list[dict[int, Range]]:
    """The ways to satisfy a term, by what each asks of the X_i."""
    if not any(_INPUT.fullmatch(word) for word in _words(term)):
        return [{}]
    if term[0] == "or":
        found = [one for part in term[1:] for one in _alternatives(part, where)]
        return [one for i, one in enumerate(found) if one not in found[:i]]
    if term[0] == "and":
        found = [{}]
        for part in term[1:]:
            ways = _alternatives(part, where)
            found = [_meet(one, other, where) for one in found for other in ways]
        return found
    return [_bound(term, where)]


def _words(term: Any) -> Iterator[str]:
    if isinstance(term, str):
        yield term
        return
    for part in term:
        yield from _words(part)


def _bound(term: list[Any], where: str) -> dict[int, Range]:
    if len(term) != 3 or term[0] not in {"<=", ">=", "="}:
        raise Malformed(where, expected="a bound on an X_i", got=_shown(term))
    relation, left, right = term
    if not (isinstance(left, str) and _INPUT.fullmatch(left)):
        left, right = right, left
        relation = {"<=": ">=", ">=": "<=", "=": "="}[relation]
    if not (isinstance(left, str) and _INPUT.fullmatch(left)):
        raise Malformed(where, expected="a bound on an X_i", got=_shown(term))
    value = _number(right, where, term)
    low, high = (None if relation == "<=" else value), (None if relation == ">=" else value)
    return {int(left[2:]): (low, high)}


def _number(word: Any, where: str, term: list[Any]) -> fmpq:
    if isinstance(word, list) and len(word) == 2 and word[0] == "-":
        return -_number(word[1], where, term)
    try:
        if isinstance(word, str):
            return decimal(word)
    except (ValueError, NotANumber):
        pass
    raise Malformed(where, expected="a bound on an X_i", got=_shown(term))


def _meet(one: Mapping[int, Range], other: Mapping[int, Range], where: str) -> dict[int, Range]:
    found = dict(one)
    for index, (low, high) in other.items():
        below, above = found.get(index, FREE)
        lows = [value for value in (low, below) if value is not None]
        highs = [value for value in (high, above) if value is not None]
        found[index] = _checked(
            max(lows, default=None), min(highs, default=None), f"{where}: X_{index}"
        )
    return found


def _shown(term: Any) -> str:
    if isinstance(term, str):
        return term[:60]
    return f"({' '.join(map(_shown, term))})"[:60]
