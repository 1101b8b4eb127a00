"""Certificates of version 3, right ones and documents that must be refused.

The strict reader and the JSON Schema are held against both tables.

change: of the document `FULL`, what makes it another one
shape: whether the schema can say that it is wrong; the rest only the reader sees
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from changes import drop, put
from relabellings import rows

from lumpver.claim.certificate import Certificate, Digest, encode
from lumpver.claim.closeness import SameClass, Within
from lumpver.claim.covering import Covering
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.facts import Fact
from lumpver.claim.semantics import Float32
from lumpver.claim.statement import Claim
from lumpver.exact.array import rationals
from lumpver.model.names import Derived
from lumpver.model.relabelling import identity

if TYPE_CHECKING:
    from changes import Change

A, B = Digest("a" * 64), Digest("b" * 64, {"weights.bin": "c" * 64})


def of(*facts: Fact, **more: Any) -> Certificate:
    """A certificate with these facts about one tensor."""
    return Certificate({"t": facts}, A, B, **more)


UNIT: Final = Boxes((Box.of({"x": [(0, 1), (None, "1/2")]}),))
COMB: Final = np.array([1, 0, 12, 0, 0], dtype=np.int64)
SUM: Final = rows([0, 1, -1, 3], 2, ghosts=2, off=(3,), mixed={2: {0: 1, 1: "-2/3"}})

RIGHT: Final[dict[str, Certificate]] = {
    "nothing": Certificate({}, A, A),
    "one unit": of(Fact("t", identity(1))),
    "no units": of(Fact("t", identity(0))),
    "five units": of(Fact("t", identity(5))),
    "a derived fact": of(Fact("u")),
    "nothing left": of(Fact(None)),
    "a block": of(Fact("u", rows([0, 0], 1))),
    "scales": of(Fact("u", rows([0, 1, 0], 2, scale=[1, "2/3", -7]))),
    "a scale for all": of(Fact("u", rows([0, 1], 2, scale=[2, 2]))),
    "constants only": of(Fact(None, rows([-1, -1], 0, constant=[0, "7/2"]))),
    "zeros only": of(Fact(None, rows([-1, -1, -1], 0))),
    "a constant": of(Fact("u", rows([0, -1, 0], 1, constant=[0, "-1/3", 0]))),
    "columns that no unit has": of(Fact("u", rows([-1, 0, -1], 3, constant=[1, 0, 1]))),
    "a ghost": of(Fact("u", rows([0, 1], 1, ghosts=1))),
    "ghosts only": of(Fact(None, rows([1, 0, 1], 0, ghosts=2, scale=[1, 1, "1/2"]))),
    "off": of(Fact("u", rows([0, 2, 1], 1, ghosts=2, off=(2,)))),
    "all off": of(Fact(None, rows([0, 1], 0, ghosts=2, off=(0, 1)))),
    "a constant beside": of(Fact("u", rows([0, 0], 1, constant=[0, 5]))),
    "several entries": of(Fact("u", rows([0, 1, -1], 2, mixed={2: {0: 1, 1: 1}}))),
    "several entries and a constant": of(
        Fact("u", rows([0, -1, 1], 2, mixed={1: {0: -1, 1: "1/2"}}, constant=[0, 3, 0]))
    ),
    "several in a ghost": of(Fact("u", rows([0, 1, -1], 1, ghosts=1, mixed={2: {0: 1, 1: 4}}))),
    "all at once": of(Fact("u", SUM)),
    "several facts": of(Fact("t"), Fact("u", rows([0, 0], 1)), Fact("v", SUM)),
    "one that uses another": of(Fact("t", uses=3)),
    "facts that use": of(Fact("t"), Fact("u", rows([0, 0], 1), uses=1), Fact("v", SUM, uses=63)),
    "the same twice": of(Fact("t", uses=2), Fact("t", uses=2)),
    "as many as there may be": of(*(Fact("t", uses=i) for i in range(64))),
    "several tensors": Certificate(
        {"t": (Fact("u", SUM),), "h": (Fact("h'"),), "gone": (Fact(None),)}, B, A
    ),
    "names": Certificate(
        {name: (Fact(name or "none"),) for name in ("", "~", "~ a", 'a"b', "[{", "\ud800", "ß")}
        | {Derived("made up"): (Fact(Derived("made up, too")),)},
        A,
        B,
    ),
    "long numbers": of(Fact("u", rows([0, 0], 1, scale=[f"{10**80}/{3**90}", -(7**99)]))),
    "provenance": of(provenance={"tool": "lumpver", "rules": ["merges"], "options": {"a": "b"}}),
    "on a box": of(Fact("u"), claim=Claim(UNIT)),
    "within": of(Fact("u"), claim=Claim(closeness=Within("1/10", (("y", 0),)))),
    "a covering": Certificate(
        {}, A, B, claim=Claim(UNIT, Within("1/10")), covering=Covering((COMB,), (("h", "~g"),))
    ),
    "of the same class": of(Fact("u"), claim=Claim(UNIT, SameClass("min", "1/3"), Float32())),
}
RIGHT["provenance"] = Certificate({}, A, B, RIGHT["provenance"].provenance)

FULL: Final[dict[str, Any]] = json.loads(
    encode(
        Certificate(
            {
                "t": (
                    Fact(
                        "t'",
                        rows([0, 1, 0, -1, 2], 2, ghosts=1, scale=[1, 2, "1/3", 1, 1],
                             constant=[0, 0, 0, "-7/2", 0]),
                    ),
                    Fact("u", uses=1),
                ),
                "s": (Fact("s'", SUM, uses=2),),
                "h": (Fact("h'"),),
                "gone": (Fact(None),),
            },
            A,
            B,
            {"tool": "lumpver", "rules": ["merges", "unused"]},
        )
    )
)  # fmt: skip


def document() -> dict[str, Any]:
    """The full certificate as parsed JSON."""
    return copy.deepcopy(FULL)


def same(ours: Fact, theirs: Fact) -> bool:
    """Whether two facts say the same; a scale counts where a row has one entry."""
    a, b = ours.relabelling, theirs.relabelling
    if (ours.counterpart, ours.uses) != (theirs.counterpart, theirs.uses):
        return False
    if a is None or b is None:
        return a is b
    used = a.block >= 0
    numbers = ((a.constant, b.constant), (a.mixed.scale, b.mixed.scale),
               (a.scale[used], b.scale[used]))  # fmt: skip
    indices = ((a.block, b.block), (a.off, b.off), (a.mixed.unit, b.mixed.unit),
               (a.mixed.block, b.mixed.block))  # fmt: skip
    return (
        (a.width, a.ghosts, a.units) == (b.width, b.ghosts, b.units)
        and all(np.array_equal(rationals(x), rationals(y)) for x, y in numbers)
        and all(np.array_equal(x, y) for x, y in indices)
    )


class Refused(NamedTuple):
    """A change of `FULL`, what the reader says, and whether the schema refuses it, too."""

    change: Change
    words: str
    shape: bool = True


T: Final = ("tensors", "t", 0)
S: Final = ("tensors", "s", 0)
ROWS: Final = (*T, "rows")
SUMS: Final = (*S, "rows")


def only(*path: Any) -> Refused:
    """A value in a place; the schema takes it."""
    return Refused(put(*path[:-1]), path[-1], shape=False)


def other(*path: Any) -> Refused:
    """A value in a place; the schema refuses it, too."""
    return Refused(put(*path[:-1]), path[-1])


REFUSED: Final[dict[str, Refused]] = {
    "format": other("format", "lumpver-network", "a certificate was expected"),
    "version 1": other("version", 1, "semantics"),
    "version 4": other("version", 4, "1, 2 or 3"),
    "version 0": other("version", 0, "1, 2 or 3"),
    "version text": other("version", "3", "1, 2 or 3"),
    "version null": other("version", None, "1, 2 or 3"),
    "version true": other("version", True, "1, 2 or 3"),
    "unknown member": other("comment", "hello", "known members"),
    "semantics of version 1": other("semantics", "real", "known members"),
    "unknown in a digest": other("original", "md5", "0", "known members"),
    "unknown in provenance": other("provenance", "host", "here", "known members"),
    "provenance list": other("provenance", [], "an object"),
    "provenance number": other("provenance", "tool", 1, "text"),
    "provenance nested": other("provenance", "rules", [["merges"]], "text"),
    "provenance options": other("provenance", "options", ["a"], "an object"),
    "provenance option": other("provenance", "options", {"keep": 1}, "text"),
    "digest upper case": other("original", "sha256", "A" * 64, "hex"),
    "digest short": other("original", "sha256", "a" * 63, "hex"),
    "digest null": other("reduced", "sha256", None, "hex"),
    "external digest": other("reduced", "external", {"w": "0"}, "hex"),
    "external list": other("reduced", "external", [], "an object"),
    "no claim at all": other("claim", None, "claim: expected an object"),
    "claim in words": other("claim", "equal for all inputs", "claim: expected an object"),
    "claim domain": other("claim", "domain", "some inputs", "claim: domain"),
    "claim closeness": other("claim", "closeness", "close", "claim: closeness"),
    "claim eps": other("claim", "closeness", {"within": "-1"}, "claim"),
    "claim eps float": other("claim", "closeness", {"within": 0.5}, "rationals"),
    "claim semantics": other("claim", "semantics", "float64", "claim: semantics"),
    "claim no box": other("claim", "domain", {"boxes": []}, "claim"),
    "claim empty box": only(
        "claim", "domain", {"boxes": [{"x": {"low": ["1"], "high": ["0"]}}]}, "claim"),
    "claim unknown": other("claim", "limits", "the original", "known members"),
    "tensors list": other("tensors", [], "an object"),
    "tensors null": other("tensors", None, "an object"),
    "a fact outside a list": other("tensors", "h", {"counterpart": "h", "rule": "derived"},
                                   "h: expected a list"),
    "no facts": other("tensors", "h", [], "1 to 64 facts"),
    "too many facts": other("tensors", "h", [{"counterpart": "h", "rule": "derived"}] * 65,
                            "1 to 64 facts"),
    "facts null": other("tensors", "h", None, "1 to 64 facts"),
    "fact list": other("tensors", "h", 0, [], r"h\[0\]: expected an object"),
    "fact null": other("tensors", "h", 0, None, r"h\[0\]: expected an object"),
    "made-up name of nobody": only("tensors", "~x", [{"counterpart": "h", "rule": "derived"}],
                                   "a tensor's name"),
    "counterpart of no name": only(*T, "counterpart", "~x", "a tensor's name"),
    "counterpart number": other(*T, "counterpart", 1, "a name or null"),
    "counterpart empty": other(*T, "counterpart", "", "a name or null"),
    "counterpart list": other(*T, "counterpart", ["t"], "a name or null"),
    "rule": other(*T, "rule", "merge", "rule"),
    "rule of version 1": other(*T, "rule", "lumping", "rule"),
    "rule null": other(*T, "rule", None, "rule"),
    "rule list": other(*T, "rule", ["relabelling"], "rule"),
    "rule too strong": only(*T, "rule", "signs", "rule: expected 'relabelling'"),
    "rule too weak": other(*S, "rule", "relabelling", "rule: expected 'signs'"),
    "rule that says nothing": other(*T, "rule", "derived", "known members"),
    "derived with rows": other("tensors", "h", 0, "rows", {"column": [0]}, "known members"),
    "derived with a size": other("tensors", "h", 0, "held", 1, "known members"),
    "derived with a constant": other("tensors", "h", 0, "constant", ["1"], "known members"),
    "unknown in a fact": other(*T, "comment", "0", "known members"),
    "block of version 1": other(*T, "block", [0, 1, 0, None, 2], "known members"),
    "uses the first": other(*T, "uses", 0, "no such member"),
    "uses the first, derived": other("tensors", "h", 0, "uses", 0, "no such member"),
    "uses too many": other("tensors", "h", 0, "uses", 64, "index below 64"),
    "uses less": other("tensors", "h", 0, "uses", -1, "an index"),
    "uses true": other(*T, "uses", True, "an index"),
    "uses text": other(*T, "uses", "1", "an index"),
    "uses null": other(*T, "uses", None, "an index"),
    "uses several": other(*T, "uses", [1, 2], "an index"),
    "held": only(*T, "held", 5, "at most 5 columns"),
    "held less": only(*T, "held", 0, r"column\[1\]"),
    "held beyond all": other(*T, "held", 2**26, "an index below"),
    "held negative": other(*T, "held", -1, "an index"),
    "held true": other(*T, "held", True, "an index"),
    "held text": other(*T, "held", "2", "an index"),
    "held null": other(*T, "held", None, "an index"),
    "ghosts": only(*T, "extra", "ghosts", 4, "at most 5 columns"),
    "ghosts none": other(*T, "extra", "ghosts", 0, "no such member"),
    "ghosts negative": other(*T, "extra", "ghosts", -1, "an index"),
    "ghosts beyond all": other(*T, "extra", "ghosts", 2**26, "an index below"),
    "ghosts list": other(*T, "extra", "ghosts", [2], "an index"),
    "ghosts null": other(*T, "extra", "ghosts", None, "an index"),
    "extra number": other(*T, "extra", 1, "an object"),
    "extra null": other(*T, "extra", None, "an object"),
    "extra list": other(*T, "extra", [], "an object"),
    "extra empty": other(*T, "extra", {}, "a member 'ghosts'"),
    "unknown in extra": other(*T, "extra", "form", [], "known members"),
    "off empty": other(*S, "extra", "off", [], "not empty"),
    "off is no list": other(*S, "extra", "off", 3, "not empty"),
    "off twice": only(*S, "extra", "off", [3, 3], "rising"),
    "off not in order": only(*S, "extra", "off", [3, 2], "rising"),
    "off is held": only(*S, "extra", "off", [1], "ghosts, from 2"),
    "off out of range": only(*S, "extra", "off", [4], "an index below 4"),
    "off is a flag": other(*S, "extra", "off", [True], "an index"),
    "off without ghosts": other(*S, "extra", {"off": [3]}, "a member 'ghosts'"),
    "rows list": other(*T, "rows", [], "an object"),
    "rows null": other(*T, "rows", None, "an object"),
    "unknown in rows": other(*ROWS, "row", [], "known members"),
    "column number": other(*ROWS, "column", 0, "a list"),
    "column null": other(*ROWS, "column", None, "a list"),
    "column text": other(*ROWS, "column", "", "a list"),
    "column object": other(*ROWS, "column", {}, "a list"),
    "column out of range": only(*ROWS, "column", [0, 1, 3, 2], r"column\[2\]"),
    "column negative": other(*ROWS, "column", [0, 1, -1, 2], "an index, got -1"),
    "column true": other(*ROWS, "column", [0, True, 0, 2], r"column\[1\]"),
    "column text inside": other(*ROWS, "column", [0, "1", 0, 2], r"column\[1\]"),
    "column null inside": other(*ROWS, "column", [0, None, 0, 2], r"column\[1\]"),
    "column nested": other(*ROWS, "column", [[0], 1, 0, 2], r"column\[0\]"),
    "column short": only(*ROWS, "column", [0, 1, 0], "the lengths of all rows"),
    "column long": only(*ROWS, "column", [0, 1, 0, 2, 2], "the lengths of all rows"),
    "columns twice": only(*SUMS, "column", [0, 1, 1, 1, 3], "rise"),
    "columns fall": only(*SUMS, "column", [0, 1, 1, 0, 3], "rise"),
    "length empty": other(*ROWS, "length", [], "not empty"),
    "length number": other(*ROWS, "length", 4, "not empty"),
    "length null": other(*ROWS, "length", None, "not empty"),
    "length short": only(*ROWS, "length", [1, 1, 1, 0], "the lengths of all rows"),
    "length long": only(*ROWS, "length", [1, 1, 1, 1, 1], "the lengths of all rows"),
    "length too much": only(*ROWS, "length", [1, 1, 1, 0, 5], "an index below 5"),
    "length negative": other(*ROWS, "length", [1, 1, 1, -1, 2], "an index"),
    "length true": other(*ROWS, "length", [1, 1, 1, 0, True], "an index"),
    "entry short": only(*ROWS, "entry", ["1", "2", "1/3"], "a list of 4"),
    "entry long": only(*ROWS, "entry", ["1", "2", "1/3", "1", "1"], "a list of 4"),
    "entry zero": other(*ROWS, "entry", ["1", "2", "0", "1"], "other than 0"),
    "entry ones": only(*ROWS, "entry", ["1"] * 4, "no such member"),
    "entry null": other(*ROWS, "entry", None, "a list of 4"),
    "entry empty": other(*ROWS, "entry", [], "a list of 4"),
    "entry number": other(*ROWS, "entry", [1, "2", "1/3", "1"], r"entry\[0\]"),
    "entry not in lowest terms": only(*ROWS, "entry", ["1", "2", "2/6", "1"], r"entry\[2\]"),
    "entry of one": only(*ROWS, "entry", ["1", "2/1", "1/3", "1"], r"entry\[1\]"),
    "entry decimal": other(*ROWS, "entry", ["1", "0.5", "1/3", "1"], r"entry\[1\]"),
    "constant short": only(*T, "constant", ["0"], "a list of 5"),
    "constant long": only(*T, "constant", ["1"] * 6, "a list of 5"),
    "constant zeros": only(*T, "constant", ["0"] * 5, "no such member"),
    "constant null": other(*T, "constant", None, "a list of 5"),
    "constant empty": other(*T, "constant", [], "a list of 5"),
    "constant number": other(*T, "constant", ["0", "0", "0", 1, "0"], r"constant\[3\]"),
    "constant minus zero": only(*T, "constant", ["0", "0", "-0", "1", "0"], r"constant\[2\]"),
    "constant plus": other(*T, "constant", ["0", "0", "0", "+1", "0"], r"constant\[3\]"),
    "constant of a held unit": other(*T, "constant", ["1", "0", "0", "1", "0"],
                                     "rule: expected 'signs'")._replace(shape=False),
}  # fmt: skip
MEMBERS: Final = [
    ("format",), ("version",), ("claim",), ("provenance",), ("original",), ("reduced",),
    ("tensors",), ("original", "sha256"), ("reduced", "external"), ("claim", "domain"),
    ("claim", "closeness"), ("claim", "semantics"), (*T, "counterpart"), (*T, "rule"),
    (*T, "held"), (*T, "rows"), (*ROWS, "column"), (*T, "extra", "ghosts"),
    ("tensors", "h", 0, "counterpart"), ("tensors", "h", 0, "rule"),
]  # fmt: skip
for _path in MEMBERS:
    REFUSED[f"no {'.'.join(map(str, _path))}"] = Refused(drop(*_path), str(_path[-1]))
