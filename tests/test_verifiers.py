"""Other verifiers' answers: what a property says, what an answer is, and what is believed of it."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from verifier_answers import Differ, ask, confirmed, contradictions, outputs, read_answer
from verifier_tables import table, tally
from vnnlib_properties import NotLinear, allows, clipped, ranges, read_property

from lumpver import Network

SCRIPT: Final = Path(__file__).parent / "benchmarks" / "verifiers.py"
ABSOLUTE: Final = Network.from_layers([([[1], [-1]], [0, 0]), ([[1, 1]], [0])])  # |x|
UNIT: Final = "(assert (>= X_0 -1)) (assert (<= X_0 1))"

PROPERTIES: Final = {
    # what is asserted, inputs, outputs, whether that is allowed
    "a bound": ("(assert (<= Y_0 0.1))", "0", "1/10", True),
    "a bound, missed by little": ("(assert (<= Y_0 0.1))", "0", "100000001/1000000000", False),
    "from below": ("(assert (>= Y_0 -1e-1))", "0", "-1/10", True),
    "numbers on the left": ("(assert (<= 0.00000000 X_0))", "-1", "0", False),
    "two outputs": ("(assert (>= Y_0 Y_1))", "0", "1 2", False),
    "two that are equal": ("(assert (= Y_0 Y_1))", "0", "2 2", True),
    "a chain of relations": ("(assert (<= Y_0 Y_1 3))", "0", "1 4", False),
    "and": ("(assert (and (<= Y_0 1) (<= Y_1 1)))", "0", "1 2", False),
    "or": ("(assert (or (and (<= Y_0 1)) (and (<= Y_1 1))))", "0", "2 1", True),
    "or of neither": ("(assert (or (<= Y_0 1) (<= Y_1 1)))", "0", "2 2", False),
    "several assertions": ("(assert (<= Y_0 1)) (assert (<= Y_1 1))", "0", "2 1", False),
    "inputs and outputs": ("(assert (<= (+ X_0 (* 2 Y_0)) 4))", "2", "1", True),
    "a difference": ("(assert (>= (- Y_0 Y_1) 1))", "0", "3 2", True),
    "a comment": ("; (assert (<= Y_0 0))\n(assert (<= Y_0 1))", "0", "1", True),
    "nothing at all": ("(assert (or))", "0", "0", False),
}  # fmt: skip

ANSWERS: Final = {
    # what is printed, the word, the witness
    "unsat": ("unsat\n", "unsat", None),
    "a solver out of time": ("timed-out\n", "timeout", None),
    "unknown": ("unknown\nwhy", "unknown", None),
    "a witness": ("sat\n((X_0 -2)\n(X_1 1e-3)\n(Y_0 7))", "sat", "-2 1/1000"),
    "in any order": ("sat\n(X_1 1)(X_0 0.5)", "sat", "1/2 1"),
    "no witness": ("sat\n", "error", None),
    "half a witness": ("sat\n(X_1 1)", "error", None),
    "no number": ("sat\n(X_0 nan)", "error", None),
    "no word": ("Traceback ...\nValueError: no", "error", None),
    "another word first": ("loading\nunsat", "error", None),
    "nothing": ("", "error", None),
}


def numbers(text: str | None) -> tuple[Fraction, ...] | None:
    """The numbers in a text."""
    return None if text is None else tuple(map(Fraction, text.split()))


@pytest.mark.parametrize("case", PROPERTIES.values(), ids=PROPERTIES)
def test_a_property_holds_exactly(case: tuple[str, str, str, bool]) -> None:
    """A point is allowed where some disjunct's rows all hold, without any tolerance."""
    text, x, y, expected = case
    found = [allows(rows, numbers(x) or (), numbers(y) or ()) for rows in read_property(text)]
    assert any(found) is expected


@pytest.mark.parametrize(
    "text",
    ["(assert (< Y_0 1))", "(assert (not (<= Y_0 1)))", "(assert (<= (* Y_0 Y_1) 1))",
     "(assert (<= Z_0 1))", "(assert (<= Y_0))", "(assert Y_0)", "(assert (<= (/ Y_0 2) 1))"],
)  # fmt: skip
def test_what_is_not_linear_is_refused(text: str) -> None:
    """Nothing is left out of a property in silence."""
    with pytest.raises(NotLinear):
        read_property(text)


def test_too_many_disjuncts_are_refused() -> None:
    """A conjunction of many disjunctions is not multiplied out."""
    with pytest.raises(NotLinear, match="disjuncts"):
        read_property("(assert (or (<= Y_0 0) (<= Y_1 0)))" * 20)


def test_a_box_is_the_tightest() -> None:
    """Bounds on one input meet, and a point is moved to the nearest in them."""
    [rows] = read_property(UNIT + "(assert (<= X_0 0.5)) (assert (<= Y_0 X_0))")
    assert ranges(rows, 2) == [(Fraction(-1), Fraction(1, 2)), (None, None)]
    assert clipped([Fraction(2), Fraction(9)], ranges(rows, 2)) == (Fraction(1, 2), Fraction(9))


@pytest.mark.parametrize("case", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_read(case: tuple[str, str, str | None]) -> None:
    """The first line is the word; sat counts only with a number for every input."""
    printed, word, witness = case
    found = read_answer(printed)
    assert (found.word, found.witness) == (word, numbers(witness))


def test_a_verifier_is_asked_in_a_process() -> None:
    """It reads what it is given; what it prints is its answer."""
    code = "print('sat'); print(f'(X_0 {input()})')"
    assert ask([sys.executable, "-c", code], limit=20, given="0.5").witness == (Fraction(1, 2),)


def test_a_verifier_that_fails_is_an_error() -> None:
    """Its last words are kept."""
    found = ask([sys.executable, "-c", "raise ValueError('no such operator')"], limit=20)
    assert (found.word, found.said) == ("error", "ValueError: no such operator")


def test_a_verifier_is_ended_in_time() -> None:
    """A second of processor time is no more than that, and no answer."""
    found = ask([sys.executable, "-c", "while True: pass"], limit=1)
    assert found.word == "timeout"
    assert found.seconds < 3


def test_a_witness_is_replayed_exactly() -> None:
    """It counts on the boundary, not beside it; from outside it is moved to the box."""
    both = {"a": ABSOLUTE, "b": ABSOLUTE}
    asked = read_property(UNIT + "(assert (>= Y_0 0.5))")
    assert confirmed(both, asked, [Fraction(1, 2)]) == (Fraction(1, 2),)
    assert confirmed(both, asked, [Fraction(1, 2) - Fraction(1, 10**20)]) is None
    assert confirmed(both, asked, [Fraction(-7)]) == (Fraction(-1),)
    assert confirmed(both, read_property(UNIT + "(assert (<= Y_0 -1e-9))"), [Fraction(0)]) is None


def test_any_disjunct_may_hold() -> None:
    """A witness is tried in the box of every disjunct."""
    text = "(assert (or (and (<= X_0 0) (>= Y_0 3)) (and (>= X_0 2) (>= Y_0 2))))"
    assert confirmed({"a": ABSOLUTE}, read_property(text), [Fraction(1)]) == (Fraction(2),)


def test_networks_that_differ_at_a_witness_are_told() -> None:
    """A reduced model that gives something else there is no matter of verifiers."""
    other = Network.from_layers([([[1], [-1]], [0, 0]), ([[1, "1.0000001"]], [0])])
    asked = read_property(UNIT)
    assert outputs(other, [Fraction(1)]) == outputs(ABSOLUTE, [Fraction(1)])
    with pytest.raises(Differ):
        confirmed({"a": ABSOLUTE, "b": other}, asked, [Fraction(-1)])


def test_contradictions_are_all_told() -> None:
    """Each sat against each unsat; what is undecided contradicts nothing."""
    assert contradictions([("a", "sat"), ("b", "timeout"), ("c", "error")]) == []
    found = contradictions([("a", "unsat"), ("b", "sat"), ("c", "sat")])
    assert found == ["b says sat, a says unsat", "c says sat, a says unsat"]


def test_the_script_refuses_a_contradiction(nets: Path, tmp_path: Path) -> None:
    """A verifier that says unsat where another's witness is right: told, and exit code 1."""
    liar, honest = tmp_path / "liar", tmp_path / "honest"
    liar.write_text("#!/bin/sh\necho unsat\n", encoding="utf-8")
    honest.write_text("#!/bin/sh\necho sat\necho '(X_0 -2)(X_1 -2)'\n", encoding="utf-8")
    for program in (liar, honest):
        program.write_text(
            program.read_text(encoding="utf-8").replace(
                "\n", '\n[ "$1" = -c ] && exec echo 0\n', 1
            ),
            encoding="utf-8",
        )
        program.chmod(0o755)
    out = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, SCRIPT, nets, "--only", "TLL 8, 0_0", "--marabou", liar,
         "--vibecheck", honest, "-o", out],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "CONTRADICTION: TLL 8, 0_0: vibecheck (original) says sat, Marabou" in done.stderr
    answers: Any = json.loads(out.read_text(encoding="utf-8"))["instances"][0]["answers"]
    assert answers["vibecheck"]["reduced"]["confirmed"] is True
    assert answers["Marabou"]["reduced"]["units"] < answers["Marabou"]["original"]["units"]


def test_the_page_has_the_tables_of_the_figures() -> None:
    """The tables in verifiers.md are those that the figures beside it give."""
    measured = json.loads(SCRIPT.with_suffix(".json").read_text(encoding="utf-8"))
    page = SCRIPT.with_suffix(".md").read_text(encoding="utf-8")
    assert table(measured) in page
    assert tally(measured) in page
    assert measured["contradictions"] == []
