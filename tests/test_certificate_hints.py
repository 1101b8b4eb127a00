"""Hints in certificates: how many there may be, and what is not written because it says nothing."""

from __future__ import annotations

import json
import tracemalloc
from importlib.resources import files
from typing import Any, Final

import jsonschema
import pytest
from canonical import text
from certificate_tables import UNIT, Refused, of
from hint_tables import BOXED, HALVES, HINTS, REFUSED, RIGHT, document, same

from lumpver.claim.certificate import Certificate, decode, encode
from lumpver.claim.facts import Fact
from lumpver.claim.hints import MOST_CUTS, NO_HINTS, Hints
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import Malformed

SCHEMA: Final = jsonschema.Draft202012Validator(
    json.loads(
        files("lumpver.claim.certificate").joinpath("schema.json").read_text(encoding="utf-8")
    )
)


@pytest.mark.parametrize("certificate", RIGHT.values(), ids=RIGHT)
def test_what_is_written_is_read(certificate: Certificate) -> None:
    """As it was, and written again as the same bytes, which fit the schema."""
    data = encode(certificate)
    found = decode(data)
    assert encode(found) == data == text(json.loads(data))
    assert len(found.hints) == len(certificate.hints)
    assert all(map(same, found.hints, certificate.hints))
    SCHEMA.validate(json.loads(data))


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(case: Refused) -> None:
    """By the reader, and by the schema where it has words for it."""
    found = document()
    SCHEMA.validate(found)
    case.change(found)
    assert SCHEMA.is_valid(found) != case.shape
    with pytest.raises(Malformed, match=case.words):
        decode(text(found))


def test_no_member_of_hints_stands_twice() -> None:
    """On no level."""
    data = text(BOXED)
    for twice in (b'"leans":"AP8="', b'"entries":[2]', b'"at":[3]', b'"cuts":[2,0,1,0,0]'):
        assert twice in data
        with pytest.raises(Malformed, match="twice"):
            decode(data.replace(twice, twice + b"," + twice))


def test_older_versions_have_no_hints() -> None:
    """Nor may they."""
    for version in (1, 2):
        found = document() | {"version": version, "semantics": "real"}
        found.pop("claim")
        with pytest.raises(Malformed, match="known members only, got 'hints'"):
            decode(text(found))


def test_the_text_of_hints() -> None:
    """Indices and Base64, nothing else."""
    (found,) = json.loads(encode(of(Fact("u"), claim=Claim(UNIT), hints=(HINTS,))))["hints"]
    both = {"entries": [2], "by": {"u": {"at": [0, 7], "leans": "AP8="},
                                   "~ v": {"at": [3], "leans": "gA=="}}}  # fmt: skip
    other = {"entries": [0, 1], "by": {"u": {"at": [1], "leans": "AQI="}}}
    assert found == {
        "below": {"h": both}, "above": {"h": both, "g": other}, "cuts": [2, 0, 1, 0, 0],
    }  # fmt: skip


def test_hints_that_say_nothing_are_not_written() -> None:
    """The same bytes as without."""
    none, said = (
        encode(of(Fact("u"), claim=Claim(HALVES), hints=hints)) for hints in ((), (NO_HINTS,) * 2)
    )
    assert none == said
    assert decode(said).hints == ()


@pytest.mark.parametrize(
    ("claim", "hints"),
    [
        (EVERYTHING, (HINTS,)),
        (Claim(HALVES), (HINTS,)),
        (Claim(UNIT), (HINTS, HINTS)),
        (Claim(UNIT), (HINTS, NO_HINTS)),
    ],
)
def test_hints_for_other_boxes_are_not_written(claim: Claim, hints: tuple[Hints, ...]) -> None:
    """Neither without a box, nor more or fewer than boxes."""
    with pytest.raises(Malformed, match="hints"):
        encode(of(Fact("u"), claim=claim, hints=hints))


def halves(depth: int) -> list[int]:
    """A whole tree."""
    return [0] if not depth else [1, *halves(depth - 1), *halves(depth - 1)]


def test_trees_of_all_boxes_count_together() -> None:
    """Two of the largest are too many; one is not."""
    large, found = halves(15), document()
    assert MOST_CUTS // 2 < len(large) < MOST_CUTS
    found["hints"] = [{"cuts": large}, {}]
    assert decode(text(found)).hints[0].leaves == 2**15
    found["hints"] = [{"cuts": large}, {"cuts": large}]
    with pytest.raises(Malformed, match="nodes of trees"):
        decode(text(found))


@pytest.mark.parametrize(
    "said",
    [
        {"entries": list(range(2**12)), "by": {"u": {"at": list(range(2**12)), "leans": "AAAA"}}},
        {"entries": [0], "by": {"u": {"at": [0], "leans": "A" * 2**20}}},
        {"entries": [2**26 - 1], "by": {"u": {"at": [2**26 - 1], "leans": "A"}}},
    ],
)
def test_gigantic_counts_cost_nothing(said: dict[str, Any]) -> None:
    """What would have to be there is counted before a byte is made of it."""
    found = document()
    found["hints"][0] = {"above": {"h": said}}
    data = text(found)
    tracemalloc.start()
    with pytest.raises(Malformed, match="Base64"):
        decode(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * len(data) + 2**18
