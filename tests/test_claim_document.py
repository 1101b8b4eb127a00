"""Claims in certificates: exactly what is claimed, and nothing that reads like it is read."""

from __future__ import annotations

import copy
import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_claims import claims

from lumpver.claim.closeness import Within
from lumpver.claim.domain import Box, Boxes, Unread
from lumpver.claim.semantics import Float32
from lumpver.claim.statement import Claim, claim_from
from lumpver.claim.strict import MOST_DIGITS
from lumpver.errors import Malformed

BOX: Final = {"x": {"low": ["0", None], "high": ["1", "1/2"]}}
FULL: Final = {
    "domain": {"boxes": [BOX, {"w": {"low": ["-1"], "high": ["1"]}, **BOX}]},
    "closeness": {"within": "1", "outputs": {"y": "1/2", "z": "0"}},
    "semantics": "float32",
}


@given(claims())
def test_claims_are_read_as_they_were_written(claim: Claim) -> None:
    """Through text and back; `--json` has the same where no file has a name."""
    text = json.dumps(claim.as_document(), sort_keys=True)
    assert claim_from(json.loads(text)) == claim
    assert claim.as_dict() == claim.as_document()


def test_the_default_is_written_as_answers_have_it() -> None:
    """Nothing about the strongest claim depends on where it stands."""
    assert Claim().as_document() == Claim().as_dict()


def test_every_part_is_read() -> None:
    """A document with all that there can be."""
    first = Box.of({"x": [(0, 1), (None, "1/2")]})
    second = Box.of({"w": [(-1, 1)], "x": [(0, 1), (None, "1/2")]})
    expected = Claim(Boxes((first, second)), Within(1, (("y", "1/2"), ("z", 0))), Float32())
    assert claim_from(FULL) == expected
    assert expected.as_document() == FULL


def test_there_is_one_way_to_write_it() -> None:
    """What bounds nothing is left out, a box given twice is there once, no file has a name."""
    box = Box.of({"x": [(0, 1)], "y": [None, None]})
    claim = Claim(Boxes((box, box), "b.vnnlib"), Within(1, (("y", 1),)))
    assert claim.as_document()["domain"] == {"boxes": [{"x": {"low": ["0"], "high": ["1"]}}]}
    assert claim.as_document()["closeness"] == {"within": "1"}
    free = Claim(Boxes((box, Box.of({"x": [None]}))))
    assert free.as_document()["domain"] == "all inputs"


def test_odd_names_are_spelled() -> None:
    """A name that begins as made-up ones do is doubled there, as everywhere in certificates."""
    claim = Claim(Boxes((Box.of({"~x": [(0, 1)], "": [(0, 1)]}),)), Within(1, (("~y", 0),)))
    document = claim.as_document()
    assert list(document["domain"]["boxes"][0]) == ["", "~~x"]
    assert document["closeness"]["outputs"] == {"~~y": "0"}
    assert claim_from(document) == claim


@pytest.mark.parametrize("claim", [Claim(limits="the original"), Claim(Unread("b.vnnlib"))])
def test_what_no_certificate_can_say(claim: Claim) -> None:
    """Limits are those of the files that are there, and a name is no box."""
    with pytest.raises(Malformed):
        claim.as_document()


def changed(*place: Any, to: Any) -> Any:
    """The full document with something else in one place."""
    document = copy.deepcopy(FULL)
    found: Any = document
    for step in place[:-1]:
        found = found[step]
    found[place[-1]] = to
    return document


X: Final = ("domain", "boxes", 0, "x")
REFUSED: Final = {
    "no object": ([], "claim"),
    "an unknown member": (changed("remarks", to=[]), "claim"),
    "no semantics": ({name: FULL[name] for name in ("domain", "closeness")}, "claim"),
    "other semantics": (changed("semantics", to="float64"), "semantics"),
    "semantics in a list": (changed("semantics", to=["real"]), "semantics"),
    "another domain": (changed("domain", to="some inputs"), "domain"),
    "a domain of limits": (changed("domain", to={"limits": "the original"}), "domain"),
    "a domain of a name": (changed("domain", to={"box": "b.vnnlib"}), "domain"),
    "no box": (changed("domain", "boxes", to=[]), "domain"),
    "boxes by name": (changed("domain", "boxes", to={}), "domain"),
    "a box without a bound": (changed("domain", "boxes", 0, to={}), "boxes[0]"),
    "a box twice": (changed("domain", "boxes", 1, to=BOX), "domain"),
    "boxes of two sizes": (
        changed("domain", "boxes", 1, "x", to={"low": ["0"], "high": ["1"]}),
        "box for x",
    ),
    "an input without a bound": (
        changed(*X, to={"low": [None, None], "high": [None, None]}),
        "x",
    ),
    "an input of no size": (changed(*X, to={"low": [], "high": []}), "x"),
    "inputs out of order": (
        changed("domain", "boxes", 1, to={**BOX, "w": {"low": ["0"], "high": ["1"]}}),
        "boxes[1]",
    ),
    "an input of no name": (
        changed("domain", "boxes", 1, to={"~w": {"low": ["0"], "high": ["1"]}}),
        "boxes[1]",
    ),
    "an empty range": (changed(*X, "low", 0, to="2"), "box for x[0]"),
    "one bound too many": (changed(*X, "high", to=["1", "1/2", "1"]), "high"),
    "bounds that are no list": (changed(*X, "low", to="00"), "low"),
    "a float": (changed(*X, "low", 0, to=0.0), "low[0]"),
    "an integer": (changed(*X, "low", 0, to=0), "low[0]"),
    "not in lowest terms": (changed(*X, "low", 0, to="2/4"), "low[0]"),
    "a decimal": (changed(*X, "low", 0, to="0.5"), "low[0]"),
    "a number that is too long": (changed(*X, "low", 0, to="1" * (MOST_DIGITS + 1)), "low[0]"),
    "no high": (changed(*X, to={"low": ["0", "0"]}), "x"),
    "another closeness": (changed("closeness", to="close"), "closeness"),
    "no closeness": (changed("closeness", to={}), "closeness"),
    "a negative eps": (changed("closeness", "within", to="-1"), "eps"),
    "a float as eps": (changed("closeness", "within", to=0.5), "within"),
    "no eps": (changed("closeness", to={"outputs": {"y": "1"}}), "closeness"),
    "no outputs": (changed("closeness", "outputs", to={}), "outputs"),
    "a bound like all": (changed("closeness", "outputs", "y", to="1"), "outputs"),
    "outputs out of order": (changed("closeness", "outputs", to={"z": "0", "y": "0"}), "outputs"),
    "a negative eps of an output": (changed("closeness", "outputs", "y", to="-1"), "eps of y"),
    "a class by the mean": (changed("closeness", to={"class": "mean", "delta": "0"}), "class"),
    "a class without delta": (changed("closeness", to={"class": "max"}), "closeness"),
    "a negative delta": (changed("closeness", to={"class": "max", "delta": "-1"}), "delta"),
    "class and bound": (
        changed("closeness", to={"class": "max", "delta": "0", "within": "0"}),
        "closeness",
    ),
}


@pytest.mark.parametrize(("document", "where"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused(document: Any, where: str) -> None:
    """What would not be written so is not read, and the error names the place."""
    with pytest.raises(Malformed) as caught:
        claim_from(document)
    assert caught.value.where.endswith(where)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3) | st.floats(), st.lists))
def test_no_junk_is_read(junk: Any) -> None:
    """Whatever stands in a place is a claim's or malformed."""
    for place in (("domain",), ("closeness",), ("semantics",), ("domain", "boxes"), X):
        document = changed(*place, to=junk)
        try:
            assert claim_from(document).as_document() == document
        except Malformed:
            continue
