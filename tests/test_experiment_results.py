"""Outcomes as JSON: the same after a round trip, and strict about what they are."""

from __future__ import annotations

import json

import pytest
from experiment_nets import SMALL, outcome

from experiments.paper.results import Verdict, alike, decode, encode
from experiments.paper.settings import DIGITS, LIVE, MNIST, Settings
from lumpver.errors import Malformed


def test_a_round_trip_changes_nothing() -> None:
    """Nor do the bytes depend on anything else."""
    one = outcome(3)
    assert decode(encode(one)) == one
    assert encode(decode(encode(one))) == encode(one)


def test_verdicts_are_short() -> None:
    """A verdict is a list of what it has."""
    text = encode(outcome(0)).decode()
    assert '[4,"exact","stable"' in text
    assert '[5,"counterexample","image",7,"0.5"' in text
    assert '[5,"counterexample","point",null,"-1",["1/3","0"]]' in text
    assert len(text.splitlines()) == 1 + len(SMALL.variants)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"version": 2},
        {"seed": "0"},
        {"seed": 0.5},
        {"tests": None},
        {"variants": []},
        {"extra": 1},
        {"tests": 1},
    ],
    ids=str,
)
def test_other_documents_are_refused(change: dict[str, object]) -> None:
    """Another format, a wrong type, too few variants, an unknown member, too large a count."""
    document = json.loads(encode(outcome(0))) | change
    with pytest.raises(Malformed):
        decode(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("family", "other"),
        ("right", [9, 9]),
        ("right", [9, 9, 11]),
        ("right", [9, 9, -1]),
        ("changed", []),
        ("verdicts", []),
        ("verdicts", [[4, "perhaps", ""], [5, "exact", ""]]),
    ],
)
def test_other_variants_are_refused(member: str, value: object) -> None:
    """Sizes fit the settings, counts the number of tests, answers are one of three."""
    document = json.loads(encode(outcome(0)))
    document["variants"][0][member] = value
    with pytest.raises(Malformed):
        decode(json.dumps(document).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 10000])
def test_what_is_no_document_is_refused(data: bytes) -> None:
    """Empty, broken, another value, no text, too deep."""
    with pytest.raises(Malformed):
        decode(data)


def test_a_missing_variant_is_named() -> None:
    """The message says which seed lacks which variant."""
    with pytest.raises(Malformed, match="seed 3: expected mixed with 9 terms"):
        outcome(3).variant("mixed", 9)


def test_outcomes_that_do_not_belong_together_are_refused() -> None:
    """None, a seed twice, or other settings."""
    other = Settings("few", model="mlp", hidden=(3, 6), fixed=4, terms=(2, 3), epochs=2)
    assert alike([outcome(0), outcome(1)]) == SMALL
    for wrong in ([], [outcome(0), outcome(0)], [outcome(0), outcome(1, settings=other)]):
        with pytest.raises(Malformed):
            alike(wrong)


def test_verdicts_are_counted() -> None:
    """By answer, and by reason if one is named."""
    found = outcome(0).variants[1]
    assert [found.answered(a) for a in ("exact", "counterexample", "unknown")] == [1, 1, 0]
    assert found.answered("counterexample", "image") == 1
    assert found.answered("counterexample", "point") == 0
    assert found.verdicts[0] == Verdict(4, "exact", "stable")


def test_the_paper_is_what_the_settings_say() -> None:
    """Two blocks of 32 filters, then 16, 128 and 10 nodes: 2176 parameters in the middle."""
    narrow, wide = MNIST.hidden
    assert (MNIST.filters, narrow, wide, narrow * wide + wide) == (32, 16, 128, 2176)
    assert DIGITS.hidden == MNIST.hidden
    assert (LIVE.model, LIVE.combined) == ("mlp", 16)
    assert MNIST.variants[:3] == (("same", 2), ("same", 3), ("same", 4))
