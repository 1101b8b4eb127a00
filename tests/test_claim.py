"""`Claim`: one object, one wording; what it is made of says no when it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from flint import fmpq

from lumpver.claim.closeness import SameClass, Within
from lumpver.claim.domain import AllInputs, Box, Boxes, Unread
from lumpver.claim.semantics import WORDS, Float32, Real, semantics_of, word_of
from lumpver.claim.statement import NOT_CLAIMED, Claim, claimed
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable

UNIT: Final = Box.of({"x": [(0, 1), (0, 1)]})
NAMED: Final = Boxes((UNIT,), "b.vnnlib")
REAL: Final = "in exact real arithmetic over the weights as stored"

# What is claimed, in words and as `--json` has it.
SAID: Final = {
    "all inputs": (
        Claim(),
        f"equal for all inputs, {REAL}",
        {"domain": "all inputs", "closeness": "equal", "semantics": "real"},
    ),
    "within limits": (
        Claim(limits="the original"),
        f"equal for all inputs within the limits of the original, {REAL}",
        {"domain": {"limits": "the original"}, "closeness": "equal", "semantics": "real"},
    ),
    "a box from a file": (
        Claim(NAMED, remarks=("X_2 is free",)),
        f"equal on the box of b.vnnlib, {REAL}",
        {
            "domain": {"box": "b.vnnlib"},
            "closeness": "equal",
            "semantics": "real",
            "remarks": ["X_2 is free"],
        },
    ),
    "a box within limits": (
        Claim(NAMED, limits="the first model"),
        f"equal on the box of b.vnnlib within the limits of the first model, {REAL}",
        {
            "domain": {"box": "b.vnnlib", "limits": "the first model"},
            "closeness": "equal",
            "semantics": "real",
        },
    ),
    "a box that nobody read": (
        Claim(Unread("b.vnnlib")),
        f"equal on the box of b.vnnlib, {REAL}",
        {"domain": {"box": "b.vnnlib"}, "closeness": "equal", "semantics": "real"},
    ),
    "a box without a name": (
        Claim(Boxes((Box.of({"x": [(0, "1/2"), (None, 3)]}),))),
        f"equal on the box with x[0] from 0 to 1/2, x[1] up to 3, {REAL}",
        {
            "domain": {"boxes": [{"x": {"low": ["0", None], "high": ["1/2", "3"]}}]},
            "closeness": "equal",
            "semantics": "real",
        },
    ),
    "within a bound": (
        Claim(closeness=Within("1/10")),
        f"within 1/10 of each other for all inputs, {REAL}",
        {"domain": "all inputs", "closeness": {"within": "1/10"}, "semantics": "real"},
    ),
    "within a bound of its own": (
        Claim(closeness=Within(1, (("y", "1/2"),))),
        f"within 1 (1/2 for y) of each other for all inputs, {REAL}",
        {
            "domain": "all inputs",
            "closeness": {"within": "1", "outputs": {"y": "1/2"}},
            "semantics": "real",
        },
    ),
    "the same class": (
        Claim(closeness=SameClass("min")),
        f"of the same class (arg min) for all inputs, {REAL}",
        {
            "domain": "all inputs",
            "closeness": {"class": "min", "delta": "0"},
            "semantics": "real",
        },
    ),
    "floats": (
        Claim(NAMED, SameClass(delta="1/2"), Float32()),
        (
            "of the same class (arg max) where it leads by 1/2 on the box of b.vnnlib, in float32"
            " arithmetic, summed in any order"
        ),
        {
            "domain": {"box": "b.vnnlib"},
            "closeness": {"class": "max", "delta": "1/2"},
            "semantics": "float32",
        },
    ),
}


@pytest.mark.parametrize(("claim", "words", "document"), SAID.values(), ids=SAID)
def test_a_claim_is_said_in_one_way(claim: Claim, words: str, document: Any) -> None:
    """In words and in JSON, which name the same parts."""
    assert str(claim) == words
    assert claim.as_dict() == document
    assert claimed("replay", claim)[0] == f"The claim: {words}."


@pytest.mark.parametrize("claim", [claim for claim, *_ in SAID.values()], ids=SAID)
def test_no_other_claim_reads_like_one_for_all_inputs(claim: Claim) -> None:
    """A box is never called all inputs, in any of the wordings."""
    for words in (str(claim), claim.where, claim.covered, claim.each, claim.sentence):
        everywhere = "all inputs" in words or "very input," in words or words == "every input"
        assert not everywhere or claim.domain == AllInputs()


def test_sentences() -> None:
    """The claim for a page."""
    assert Claim(limits="the original").sentence == (
        f"For every input within the limits of the original, {REAL}, both models give the same"
        " outputs."
    )
    assert Claim(NAMED, Within("1/2"), Float32()).sentence == (
        "For every input in the box of b.vnnlib, in float32 arithmetic, summed in any order, both"
        " models give outputs within 1/2 of each other."
    )
    assert Claim(closeness=SameClass()).sentence.endswith("give the same class (arg max).")


def test_long_boxes_are_told_in_short() -> None:
    """A few bounds, of one box, and of a number as much as is read."""
    box = Box.of({"x": [(0, fmpq(1, 3) ** 90)] * 5, "y": [None]})
    words = Claim(Boxes((box, Box.of({"z": [(0, 1)]})))).where
    assert words.startswith("on 2 boxes, the first with x[0] from 0 to 1/872796…")
    assert words.endswith(" and 2 more")
    assert Claim(Boxes((Box(()),))).where == "on the box with no bound"


def test_rounding_is_left_open_by_reals_alone() -> None:
    """Where floats are claimed, it is not said that they are not."""
    assert NOT_CLAIMED in claimed("certificate")
    assert NOT_CLAIMED not in claimed("certificate", Claim(semantics=Float32()), holds=False)


def test_sources_are_informational() -> None:
    """The same numbers are the same domain, whatever file they are from."""
    assert Claim(NAMED) == Claim(Boxes((UNIT,)))
    assert hash(Claim(NAMED)) == hash(Claim(Boxes((UNIT,))))


@pytest.mark.parametrize("word", WORDS)
def test_semantics_have_words(word: Any) -> None:
    """Each has one, and each word means one."""
    assert word_of(semantics_of(word)) == word
    assert semantics_of("real") == Real()


IMPOSSIBLE: Final[dict[str, tuple[Callable[[], object], str, str]]] = {
    "no box": (lambda: Boxes(()), "domain", "none"),
    "an empty range": (lambda: Box.of({"x": [(0, 1), (2, 1)]}), "box for x[1]", "2 > 1"),
    "an empty range as it is": (
        lambda: Box((("x", ((fmpq(2), fmpq(1)),)),)),
        "box for x[0]",
        "2 > 1",
    ),
    "no pair": (lambda: Box.of({"x": [1]}), "box for x[0]", "1"),
    "inputs out of order": (lambda: Box((("y", ()), ("x", ()))), "box", "y, x"),
    "an input twice": (lambda: Box((("x", ()), ("x", ()))), "box", "x, x"),
    "boxes of two sizes": (
        lambda: Boxes((UNIT, Box.of({"x": [None]}))),
        "box for x",
        "1",
    ),
    "a negative eps": (lambda: Within("-1/10"), "eps", "-1/10"),
    "an eps that is no number": (lambda: Within("x"), "eps", "'x'"),
    "an infinite eps": (lambda: Within(float("inf")), "eps", "inf"),
    "a negative eps of one output": (lambda: Within(0, (("y", -1),)), "eps of y", "-1"),
    "outputs out of order": (lambda: Within(0, (("z", 1), ("y", 1))), "eps", "z, y"),
    "a negative delta": (lambda: SameClass("max", fmpq(-1)), "delta", "-1"),
    "a class by the mean": (lambda: SameClass("mean"), "class", "'mean'"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("make", "where", "got"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_is_refused(make: Callable[[], object], where: str, got: str) -> None:
    """Parts of a claim that make no sense are malformed, with the place and what was found."""
    with pytest.raises(Malformed) as caught:
        make()
    assert (caught.value.where, caught.value.got) == (where, got)
