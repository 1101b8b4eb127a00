"""Coverings of version 3, read and written: a text for each tree, and the pairs of tensors.

tree: its nodes in preorder: `.` is a part that is not cut, a number the entry that is cut, and a
    space stands between two numbers: `2.1..` is cut at entry 2, and its upper half at entry 1
pairs: a tensor of each model (left out where there are none)
points: the entries of each input by its name (left out where there are none)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.claim.covering import MOST_CUTS, MOST_PAIRS, MOST_POINTS, Covering
from lumpver.claim.strict import a_list, an_object, members, rational, short
from lumpver.errors import Malformed
from lumpver.exact.scalar import text
from lumpver.model.names import spelled, unspelled

if TYPE_CHECKING:
    from lumpver.claim.covering import Point
    from lumpver.model.relabelling import Indices

_LONGEST: Final = 11  # characters of a part, and of a cut with the space behind it
_TREE: Final = re.compile(
    r"(?:(?:[1-9][0-9]{0,8}(?: [1-9][0-9]{0,8})*+)?+\.)++", re.ASCII | re.DOTALL
)


def document(covering: Covering) -> dict[str, Any]:
    """The covering as a file holds it.

    Examples
    --------
    >>> document(Covering((np.array([2, 0, 1, 0, 0]),), (("h", "h"),)))
    {'trees': ['2.1..'], 'pairs': [['h', 'h']]}
    """
    found: dict[str, Any] = {"trees": [_text(tree) for tree in covering.trees]}
    if covering.pairs:
        found["pairs"] = [[spelled(a), spelled(b)] for a, b in covering.pairs]
    if covering.points:
        found["points"] = [
            {spelled(name): [text(x) for x in entries] for name, entries in point}
            for point in covering.points
        ]
    return found


def _text(tree: Indices) -> str:
    """No number begins with 0, so that ` 0` is a part."""
    numbers = " " + " ".join(map(str, tree.tolist()))
    return numbers.replace(" 0", ".").replace(". ", ".").lstrip(" ")


def covering(value: Any, boxes: int, where: str) -> Covering:
    """The covering of so many boxes.

    Raises
    ------
    Malformed
        For anything but what `document` writes.
    """
    found = an_object(value, where)
    members(found, where, {"trees"}, {"pairs", "points"})
    texts = a_list(found["trees"], f"{where}: trees", boxes)
    places = [f"{where}: trees[{i}]" for i in range(len(texts))]
    nodes = sum(_nodes(text, place) for text, place in zip(texts, places, strict=True))
    if nodes > MOST_CUTS:
        expected = f"at most {MOST_CUTS} nodes"
        raise Malformed(f"{where}: trees", expected=expected, got=str(nodes))
    pairs = _pairs(found["pairs"], f"{where}: pairs") if "pairs" in found else ()
    points = _points(found["points"], f"{where}: points") if "points" in found else ()
    try:
        return Covering(tuple(map(_tree, texts)), pairs, points)
    except Malformed as error:
        place = f"{where}: {error.where}"
        raise Malformed(place, expected=error.expected, got=error.got) from error


def _nodes(text: Any, where: str) -> int:
    """How many nodes a tree has, of which one more than half are parts; its text is not longer."""
    if not isinstance(text, str) or _TREE.fullmatch(text) is None:
        raise Malformed(where, expected="a tree such as '2.1..'", got=short(text))
    parts = text.count(".")
    if len(text) > _LONGEST * parts:
        raise Malformed(where, expected="as many cuts as parts, but one", got=short(text))
    return 2 * parts - 1


def _tree(text: str) -> Indices:
    """The numbers that a text spells."""
    found = np.fromstring(text.replace(".", " 0 "), dtype=np.int64, sep=" ")
    return np.asarray(found, dtype=np.int64)


def _pairs(value: Any, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_PAIRS:
        raise Malformed(where, expected=f"a list of 1 to {MOST_PAIRS} pairs", got=short(value))
    found = []
    for i, pair in enumerate(value):
        place = f"{where}[{i}]"
        for name in a_list(pair, place, 2):
            if not isinstance(name, str) or not name:
                raise Malformed(place, expected="two names", got=short(name))
        ours, theirs = (unspelled(name, where=place) for name in pair)
        found.append((ours, theirs))
    if any(len(set(names)) < len(found) for names in zip(*found, strict=True)):
        raise Malformed(where, expected="each tensor once", got="one twice")
    return tuple(found)


def _points(value: Any, where: str) -> tuple[Point, ...]:
    """Points, whose inputs stand in any order in a file, and in that of their names here."""
    if not isinstance(value, list) or not 0 < len(value) <= MOST_POINTS:
        raise Malformed(where, expected=f"a list of 1 to {MOST_POINTS} points", got=short(value))
    found = []
    for i, point in enumerate(value):
        place = f"{where}[{i}]"
        named = {
            unspelled(name, where=place): tuple(
                rational(x, f"{place}: {name}") for x in a_list(entries, f"{place}: {name}")
            )
            for name, entries in an_object(point, place).items()
        }
        found.append(tuple(sorted(named.items())))
    return tuple(found)
