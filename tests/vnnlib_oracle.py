"""A second reading of VNN-LIB files, written to be slow and plain: whether a point is allowed.

It shares nothing with the package. What is said of outputs may be true or false, which
is None here, and a point is allowed unless an assertion is False.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPACE = " \t\r\n"


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of every word, a character at a time."""
    at = 0
    while at < len(text):
        c = text[at]
        if c in SPACE:
            at += 1
        elif c == ";":
            while at < len(text) and text[at] not in "\r\n":
                at += 1
        elif c in "()":
            yield c, c
            at += 1
        elif c == "|":
            end = text.index("|", at + 1)
            yield "name", text[at + 1 : end]
            at = end + 1
        elif c == '"':
            end = at + 1
            while text[end] != '"' or text[end : end + 2] == '""':
                end += 2 if text[end] == '"' else 1
            yield "string", text[at + 1 : end]
            at = end + 1
        else:
            end = at
            while end < len(text) and text[end] not in SPACE + '();|"':
                end += 1
            yield "word", text[at:end]
            at = end


def tree(found: Iterator[tuple[str, str]]) -> list[Any]:
    """Nested lists of the words up to the next closing bracket."""
    result: list[Any] = []
    for kind, text in found:
        if kind == ")":
            return result
        result.append(tree(found) if kind == "(" else (kind, text))
    return result


def number(term: Any) -> Fraction | None:
    """The value of a term without names."""
    if isinstance(term, list):
        if term and term[0][1] == "-" and len(term) == 2:
            inner = number(term[1])
            return None if inner is None else -inner
        if term and term[0][1] == "/" and len(term) == 3:
            top, bottom = number(term[1]), number(term[2])
            return None if top is None or bottom is None else top / bottom
        return None
    try:
        return Fraction(term[1]) if term[0] == "word" else None
    except ValueError:
        return None


def speaks_of_outputs(term: Any) -> bool:
    """Whether some Y is in a term."""
    if isinstance(term, list):
        return any(map(speaks_of_outputs, term))
    return term[0] in ("word", "name") and term[1].startswith("Y_")


def value(term: Any, point: Callable[[int], Fraction]) -> Fraction:
    """The value of one side of a relation."""
    found = number(term)
    if found is not None:
        return found
    kind, text = term
    assert kind in ("word", "name")
    assert text[:2] == "X_"
    assert str(int(text[2:])) == text[2:]
    return point(int(text[2:]))


def truth(term: Any, point: Callable[[int], Fraction]) -> bool | None:
    """True, False, or None where outputs decide."""
    if not isinstance(term, list):
        return {"true": True, "false": False}[term[1]]
    head, rest = term[0][1], term[1:]
    if head in ("and", "or", "not"):
        found = [truth(part, point) for part in rest]
        if head == "not":
            return None if found[0] is None else not found[0]
        decided = head == "or"
        if decided in found:
            return decided
        return None if None in found else not decided
    if speaks_of_outputs(rest):
        return None
    sides = [value(part, point) for part in rest]
    relation = {
        "<=": Fraction.__le__,
        ">=": Fraction.__ge__,
        "=": Fraction.__eq__,
        "<": Fraction.__lt__,
        ">": Fraction.__gt__,
    }[head]
    return all(relation(a, b) for a, b in pairwise(sides))


def allowed(text: str, point: Callable[[int], Fraction]) -> bool:
    """Whether no assertion of the text is false of the point."""
    asserted = [c[1] for c in tree(tokens(text)) if c[0] == ("word", "assert")]
    return all(truth(term, point) is not False for term in asserted)
