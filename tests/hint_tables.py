"""Certificates with hints, right ones and documents that must be refused.

The strict reader and the JSON Schema are held against both tables; changes are of `BOXED`.
"""

from __future__ import annotations

import copy
import json
from typing import Any, Final

import numpy as np
from certificate_tables import UNIT, A, B, Refused, of, only, other
from changes import drop

from lumpver.claim.certificate import Certificate, encode
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.facts import Fact
from lumpver.claim.hints import NO_HINTS, Hints, Leaning, Target
from lumpver.claim.statement import Claim
from lumpver.model.names import Derived

HALVES: Final = Boxes((*UNIT.boxes, Box.of({"x": [(-1, 0), (0, 3)]})))


def leaning(columns: list[int], leans: list[list[int]]) -> Leaning:
    """Leans, a list for each entry that is bounded."""
    return Leaning(np.array(columns), np.array(leans, dtype=np.uint8))


LEANS: Final = {"u": leaning([0, 7], [[0, 255]]), Derived("v"): leaning([3], [[128]])}
HINTS: Final = Hints(
    {
        "h": (Target(np.array([2]), False, LEANS), Target(np.array([2]), True, LEANS)),
        "g": (Target(np.array([0, 1]), True, {"u": leaning([1], [[1], [2]])}),),
    },
    (2, 0, 1, 0, 0),
)

RIGHT: Final[dict[str, Certificate]] = {
    "hints": of(Fact("u"), claim=Claim(UNIT), hints=(HINTS,)),
    "hints for one of two boxes": of(Fact("u"), claim=Claim(HALVES), hints=(NO_HINTS, HINTS)),
    "cuts alone": of(Fact("u"), claim=Claim(UNIT), hints=(Hints(cuts=(1, 0, 0)),)),
    "lines alone": of(Fact("u"), claim=Claim(UNIT), hints=(Hints(HINTS.targets),)),
}
BOXED: Final[dict[str, Any]] = json.loads(
    encode(Certificate({"h": (Fact("h"),)}, A, B, claim=Claim(HALVES), hints=(HINTS, NO_HINTS)))
)


def document() -> dict[str, Any]:
    """The certificate with hints as parsed JSON."""
    return copy.deepcopy(BOXED)


def same(ours: Hints, theirs: Hints) -> bool:
    """Whether two boxes' hints say the same."""
    a, b = ours.targets, theirs.targets
    return (
        ours.cuts == theirs.cuts
        and a.keys() == b.keys()
        and all(len(a[name]) == len(b[name]) for name in a)
        and all(map(_same, (x for name in a for x in a[name]), (x for name in a for x in b[name])))
    )


def _same(ours: Target, theirs: Target) -> bool:
    return (
        ours.above == theirs.above
        and np.array_equal(ours.entries, theirs.entries)
        and ours.by.keys() == theirs.by.keys()
        and all(np.array_equal(ours.by[name].at, theirs.by[name].at) for name in ours.by)
        and all(np.array_equal(ours.by[name].leans, theirs.by[name].leans) for name in ours.by)
    )


HINT: Final = ("hints", 0)
ABOVE: Final = (*HINT, "above", "h")
LEAN: Final = (*ABOVE, "by", "u")

REFUSED: Final[dict[str, Refused]] = {
    "hints for all inputs": other("claim", "domain", "all inputs", "hints: expected no such"),
    "hints null": other("hints", None, "hints: expected a list of 2"),
    "hints object": other("hints", {}, "hints: expected a list of 2"),
    "no hints": other("hints", [], "hints: expected a list of 2"),
    "hints that say nothing": other("hints", [{}, {}], "hints that say nothing"),
    "hints for a box too few": only("hints", [{"cuts": [1, 0, 0]}], "a list of 2"),
    "hints for a box too many": only("hints", [{"cuts": [1, 0, 0]}, {}, {}], "a list of 2"),
    "hint null": other("hints", 1, None, "an object"),
    "hint list": other("hints", 1, [], "an object"),
    "hint unknown": other(*HINT, "beside", {}, "known members"),
    "hint without tensors": other(*HINT, "below", {}, "below: expected no such member"),
    "hint side list": other(*HINT, "below", [], "an object"),
    "cuts null": other(*HINT, "cuts", None, "a list that is not empty"),
    "cuts empty": other(*HINT, "cuts", [], "a list that is not empty"),
    "cuts of nothing": other(*HINT, "cuts", [0], "cuts: expected no such member"),
    "cuts open": only(*HINT, "cuts", [1, 0, 1], "a tree"),
    "cuts closed early": only(*HINT, "cuts", [1, 0, 0, 0], "a tree"),
    "cuts of no entry": other(*HINT, "cuts", [-1, 0, 0], "index"),
    "cuts text": other(*HINT, "cuts", ["1", 0, 0], "index"),
    "cuts true": other(*HINT, "cuts", [True, 0, 0], "index"),
    "cuts in a fraction": other(*HINT, "cuts", [0.5, 0, 0], "rationals"),
    "cuts of a huge entry": other(*HINT, "cuts", [2**26, 0, 0], "an index below"),
    "cuts without end": other(*HINT, "cuts", [1] * 2**15 + [0] * (2**15 + 1), "a tree of at most"),
    "target null": other(*HINT, "above", "h", None, "an object"),
    "target unknown": other(*ABOVE, "lines", [], "known members"),
    "target of nobody": only(*HINT, "above", {"~x": {"entries": [0], "by": {
        "u": {"at": [0], "leans": "AA=="}}}}, "a tensor's name"),
    "entries null": other(*ABOVE, "entries", None, "a list that is not empty"),
    "entries empty": other(*ABOVE, "entries", [], "a list that is not empty"),
    "entries negative": other(*ABOVE, "entries", [-1], "index"),
    "entries falling": only(*HINT, "above", "g", "entries", [1, 0], "rising order"),
    "entries twice": only(*HINT, "above", "g", "entries", [1, 1], "rising order"),
    "entries huge": other(*ABOVE, "entries", [10**9], "an index below"),
    "entries more than leans": only(*ABOVE, "entries", [0, 2], "4 bytes in Base64"),
    "by nothing": other(*ABOVE, "by", {}, "those of an activation"),
    "by a list": other(*ABOVE, "by", [], "an object"),
    "by nobody": only(*ABOVE, "by", {"~x": {"at": [0], "leans": "AA=="}}, "a tensor's name"),
    "lean null": other(*ABOVE, "by", "u", None, "an object"),
    "lean unknown": other(*LEAN, "slopes", "AA==", "known members"),
    "lean at nothing": other(*LEAN, "at", [], "a list that is not empty"),
    "lean falling": only(*LEAN, "at", [7, 0], "rising order"),
    "lean twice": only(*LEAN, "at", [0, 0], "rising order"),
    "leans null": other(*LEAN, "leans", None, "2 bytes in Base64"),
    "leans as numbers": other(*LEAN, "leans", [0, 255], "2 bytes in Base64"),
    "leans too few": only(*LEAN, "leans", "AA==", "2 bytes in Base64"),
    "leans too many": only(*LEAN, "leans", "AAAA", "2 bytes in Base64"),
    "leans far too many": only(*LEAN, "leans", "AAAA" * 1000, "2 bytes in Base64"),
    "leans unpadded": other(*LEAN, "leans", "AP8", "2 bytes in Base64"),
    "leans with bits to spare": only(*LEAN, "leans", "AP9=", "2 bytes in Base64"),
    "leans in another alphabet": other(*LEAN, "leans", "_-8=", "2 bytes in Base64"),
    "leans with a space": other(*LEAN, "leans", "A 8=", "2 bytes in Base64"),
    "leans with a line break": only(*LEAN, "leans", "AP8=\n", "2 bytes in Base64"),
    "leans in other digits": other(*LEAN, "leans", "Aß8=", "2 bytes in Base64"),
    "leans that are no numbers": only(*LEAN, "leans", "nan=", "2 bytes in Base64"),
}  # fmt: skip
for _path in ((*ABOVE, "entries"), (*ABOVE, "by"), (*LEAN, "at"), (*LEAN, "leans")):
    REFUSED[f"no {'.'.join(map(str, _path))}"] = Refused(drop(*_path), str(_path[-1]))
