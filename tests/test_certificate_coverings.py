"""Coverings in certificates: one text for each, read strictly, and fast."""

from __future__ import annotations

import copy
import json
import time
import tracemalloc
from dataclasses import replace
from importlib.resources import files
from typing import Any, Final

import jsonschema
import numpy as np
import pytest
from canonical import text
from certificate_tables import RIGHT, A, B, Refused, only, other
from changes import drop, put
from hypothesis import given
from hypothesis import strategies as st

from lumpver.claim.certificate import Certificate, decode, encode
from lumpver.claim.certificate.coverings import covering as read
from lumpver.claim.certificate.coverings import document as written
from lumpver.claim.closeness import Within
from lumpver.claim.covering import MOST_OPEN, MOST_PAIRS, Covering
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed
from lumpver.model.names import Derived

SCHEMA: Final = json.loads(
    files("lumpver.claim.certificate").joinpath("schema.json").read_text(encoding="utf-8")
)
TWO: Final = Boxes((Box.of({"x": [(0, 1), (0, 1)]}), Box.of({"x": [(2, 3), (0, 1)]})))
NEAR: Final = Claim(TWO, Within("1/10"))


def tree(*cuts: int) -> np.ndarray:
    """Cuts in preorder."""
    return np.array(cuts, dtype=np.int64)


CERTIFICATE: Final = Certificate(
    {}, A, B, {"tool": "lumpver"}, NEAR,
    covering=Covering((tree(2, 0, 1, 0, 0), tree(0)), (("h", "g"), ("~", Derived("made up")))),
)  # fmt: skip
FULL: Final[dict[str, Any]] = json.loads(encode(CERTIFICATE))


def test_the_text() -> None:
    """A dot for a part, a number for a cut, and a space where two numbers meet."""
    assert FULL["covering"] == {
        "trees": ["2.1..", "."], "pairs": [["h", "g"], ["~~", "~ made up"]],
    }  # fmt: skip
    assert "tensors" not in FULL
    found = decode(encode(CERTIFICATE))
    assert encode(found) == encode(CERTIFICATE)
    assert found.covering is not None
    assert found.covering.pairs == (("h", "g"), ("~", Derived("made up")))
    assert [one.tolist() for one in found.covering.trees] == [[2, 0, 1, 0, 0], [0]]
    assert (found.tensors, found.claim) == ({}, NEAR)
    assert repr(found) == "<Certificate: a covering of 2 boxes by 4 parts>"
    jsonschema.validate(FULL, SCHEMA)


@st.composite
def trees(draw: st.DrawFn) -> np.ndarray:
    """Any tree of a few cuts."""
    found, waiting = [], 1
    while waiting:
        cut = draw(st.sampled_from([0, 0, 0, 1, 9, 10, 999_999_999])) if len(found) < 40 else 0
        found.append(cut)
        waiting += 1 if cut else -1
    return tree(*found)


@given(st.lists(trees(), min_size=1, max_size=3))
def test_written_and_read(found: list[np.ndarray]) -> None:
    """Each tree again, of no more characters than there are digits, spaces and parts."""
    texts = written(Covering(tuple(found)))
    assert [x.tolist() for x in read(texts, len(found), "c").trees] == [x.tolist() for x in found]
    assert written(read(texts, len(found), "c")) == texts


COVER: Final = ("covering", "trees")
REFUSED: Final[dict[str, Refused]] = {
    "facts beside it": other("tensors", {}, "known members"),
    "null": other("covering", None, "an object"),
    "list": other("covering", [], "an object"),
    "no trees": Refused(drop(*COVER), "trees"),
    "trees null": other(*COVER, None, "a list of 2"),
    "trees text": other(*COVER, "..", "a list of 2"),
    "one tree": only(*COVER, ["."], "a list of 2"),
    "three trees": only(*COVER, [".", ".", "."], "a list of 2"),
    "unknown": other("covering", "leaves", 4, "known members"),
    "a list of numbers": other(*COVER, 0, [2, 0, 1, 0, 0], "a tree such as"),
    "pairs empty": other("covering", "pairs", [], "1 to 4096 pairs"),
    "pairs null": other("covering", "pairs", None, "1 to 4096 pairs"),
    "pairs object": other("covering", "pairs", {"h": "g"}, "1 to 4096 pairs"),
    "too many pairs": other("covering", "pairs", [[str(i)] * 2 for i in range(MOST_PAIRS + 1)],
                            "1 to 4096 pairs"),
    "a pair of one": other("covering", "pairs", 0, ["h"], "a list of 2"),
    "a pair of three": other("covering", "pairs", 0, ["h", "g", "f"], "a list of 2"),
    "a pair of text": other("covering", "pairs", 0, "hg", "a list of 2"),
    "a pair of numbers": other("covering", "pairs", 0, [1, 2], "two names"),
    "a pair without a name": other("covering", "pairs", 0, ["h", ""], "two names"),
    "a name of nobody": only("covering", "pairs", 0, ["h", "~x"], "a tensor's name"),
    "a pair twice": only("covering", "pairs", [["h", "g"], ["h", "g"]], "each tensor once"),
    "an original twice": only("covering", "pairs", [["h", "g"], ["h", "f"]], "each tensor once"),
    "a reduced twice": only("covering", "pairs", [["h", "g"], ["f", "g"]], "each tensor once"),
    "all inputs": only("claim", "domain", "all inputs", "a list of 0"),
}  # fmt: skip
SPELT: Final = ("", "0", "2", "2 .1..", " 2.1..", "2.1.. ", "2. 1..", "2.1..\n", "02.1..",
                "2.01..", "2  1...", "-2.1..", "+2.1..", "2,1...", "٢.1..", "2.1.0", "1e1..", "0..",
                "1234567890..", "2\t1...", "2.x..", "2.1..\x00", None, True, 2.5,
                [], {})  # fmt: skip
NO_TREES: Final = ("2.", "2.1.", "..", "2.1...", "2.1....", "2 1..", "1.")


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(case: Refused) -> None:
    """By the reader, and by the schema where that has words for it."""
    found = copy.deepcopy(FULL)
    case.change(found)
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(found) != case.shape
    with pytest.raises(Malformed, match=case.words):
        decode(text(found))


@pytest.mark.parametrize("spelling", SPELT, ids=repr)
def test_trees_have_one_spelling(spelling: Any) -> None:
    """No other spaces, signs, digits or zeros in front."""
    found = copy.deepcopy(FULL)
    put(*COVER, 0, spelling)(found)
    if spelling != "2.1..\n":  # before which `$` is, too
        assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(found)
    with pytest.raises(Malformed, match=r"trees|rationals"):
        decode(text(found))


@pytest.mark.parametrize("spelling", NO_TREES)
def test_trees_are_whole(spelling: str) -> None:
    """They end with the last part, and not before."""
    found = copy.deepcopy(FULL)
    put(*COVER, 0, spelling)(found)
    with pytest.raises(Malformed, match=r"covering: trees\[0\]"):
        decode(text(found))


def test_facts_by_a_covering_are_of_a_network_in_between() -> None:
    """They are called `nearly`, and read as `tensors` are; none are left out."""
    facts = RIGHT["one unit"].tensors
    both = replace(CERTIFICATE, tensors=facts)
    found = json.loads(encode(both))
    assert found["nearly"] == json.loads(encode(RIGHT["one unit"]))["tensors"]
    assert "tensors" not in found
    assert encode(decode(encode(both))) == encode(both)
    jsonschema.validate(found, SCHEMA)
    for wrong in (found | {"nearly": {}}, found | {"tensors": found["nearly"]}):
        with pytest.raises(Malformed):
            decode(text(wrong))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMA)
    without = {name: value for name, value in found.items() if name != "covering"}
    for wrong in (without, without | {"tensors": found["nearly"]}):
        with pytest.raises(Malformed):
            decode(text(wrong))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMA)


def test_a_covering_has_neither_hints_nor_signs_beside_it() -> None:
    """In memory either; and it has a tree for each box that differs."""
    with pytest.raises(Malformed, match="no hints or signs"):
        replace(CERTIFICATE, signs={"t": ()})
    with pytest.raises(Malformed, match="trees"):
        encode(replace(CERTIFICATE, claim=Claim(Boxes(TWO.boxes[:1]), Within(1))))
    twice = Boxes((TWO.boxes[0], TWO.boxes[0]))
    with pytest.raises(Malformed, match="trees"):
        encode(replace(CERTIFICATE, claim=Claim(twice, Within(1))))
    with pytest.raises(Malformed, match="trees"):
        encode(replace(CERTIFICATE, claim=Claim(closeness=Within(1))))


def test_only_version_3_has_one() -> None:
    """Versions 1 and 2 do not know the member."""
    for version in (1, 2):
        found = FULL | {"version": version, "semantics": "real"}
        found.pop("claim")
        with pytest.raises(Malformed):
            decode(text(found))


DEEP: Final = "1 " * (MOST_OPEN + 8) + "1" + "." * (MOST_OPEN + 10)
HOSTILE: Final = {
    "cuts without parts": "1 " * 2**21 + "1.",
    "parts without cuts": "." * 2**21,
    "deep on one side": DEEP,
    "deeper": "1 " * 2**20 + "1" + "." * (2**20 + 2),
    "long numbers": "999999999 " * 2**18 + "1.",
}


@pytest.mark.parametrize("spelling", HOSTILE.values(), ids=HOSTILE)
def test_hostile_trees_take_little(spelling: str) -> None:
    """No more memory than a few times their text, and no recursion."""
    found = copy.deepcopy(FULL)
    put(*COVER, 0, spelling)(found)
    data = text(found)
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(Malformed, match="trees"):
        decode(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * len(data) + 2**20
    assert time.monotonic() - began < 20


def test_deep_on_the_other_side() -> None:
    """Where only one part waits, depth costs nothing."""
    spelling = "1." * 2**16 + "."
    (found,) = read({"trees": [spelling]}, 1, "c").trees
    assert found.size == 2**17 + 1
    assert written(Covering((found,))) == {"trees": [spelling]}


def test_a_part_takes_few_bytes() -> None:
    """At most 8 beside the head, for any number of inputs; reading takes no longer than that."""
    random = np.random.default_rng(0)
    for entries in (5, 784, 99_999):
        found, waiting = [], [2**16]
        while waiting:
            size = waiting.pop()
            found.append(0 if size == 1 else int(random.integers(1, entries + 1)))
            waiting += [] if size == 1 else [size // 2] * 2
        covering = Covering((np.array(found),))
        some = replace(CERTIFICATE, claim=Claim(Boxes(TWO.boxes[:1]), Within(1)))
        size = len(encode(replace(some, covering=covering)))
        head = len(encode(replace(some, covering=Covering((tree(0),)))))
        assert size - head < 8 * covering.leaves
        again = decode(encode(replace(some, covering=covering))).covering
        assert again is not None
        assert (again.trees[0] == covering.trees[0]).all()


PARTS: Final = st.sampled_from([".", "1", "2", " ", "0", "10", "..", "1..", "\n", "-", "é"])


@given(st.lists(PARTS, max_size=12).map("".join))
def test_whatever_is_read_is_written_so(spelling: str) -> None:
    """One text for each tree."""
    try:
        found = read({"trees": [spelling]}, 1, "c")
    except Malformed:
        return
    assert written(found) == {"trees": [spelling]}
