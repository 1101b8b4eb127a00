"""Mutated VNN-LIB files: understood as a second, plain reading does, or refused."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

import pytest
import vnnlib_oracle
from flint import fmpq
from time_limit import time_limit

from lumpver.errors import LumpverError, Malformed
from lumpver.model.network import Network
from lumpver.proving import Proved, Refuted, prove, vnnlib

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEEDS = (
    """\
(declare-const X_0 Real)
(declare-const X_1 Real)
(declare-const Y_0 Real)
; unsafe if
(assert (<= X_0 0.5))
(assert (>= X_0 -0.25))
(assert (<= X_1 1e0))
(assert (>= X_1 (- 1.0)))
(assert (or (and (<= Y_0 1)) (and (>= Y_0 2.5))))
""",
    """\
(assert (or (and (<= X_0 1) (>= X_0 0) (<= Y_0 0)) (and (<= |X_0| 3) (>= X_0 2) (>= Y_0 1))))
(assert (= X_1 (/ 1 3)))""",
    """\
(set-logic QF_LRA)(set-info :source |a ; b|)(set-info :x "y""z")
(declare-fun X_0 () Real)
(assert (and (<= -1 X_0 2) (or (>= 0 X_0) (<= 1 X_0) false) true (not false)))(check-sat)""",
    """\
(assert (and (or (<= X_0 1) (>= X_1 1)) (or (<= X_0 -1) (>= X_1 2)) (or (= X_0 0) (= X_1 0))))""",
    """\
(assert (or (or) (and) (<= X_2 7)))(assert (< 1 2))(assert (> (- 1) (- 2)))""",
)
WORDS = (
    *("(", ")", "()", "(assert ", "(or ", "(and ", "(not ", "<=", ">=", "=", "<", ">", "true"),
    *("false", "(or)", "X_0", "X_1", "X_00", "x_0", "Y_0", "|X_1|", "|", '"', ";", "\n", "\r", " "),
    *("0", "1", "-1", "0.1", ".5", "5.", "1e2", "1e-2", "1e999", "1e1000", "(- 1)", "(/ 1 3)", "-"),
    *("(/ 1 0)", "(+ 1 2)", "nan", "inf", "+1", "01", "\xa0", "\uff11", "\x00", ":k", "!", "let"),
    *("(declare-const X_0 Real)", "(declare-const Y_1 Int)", "(exit)", "(check-sat)", "(push 1)"),
)
GRID = [Fraction(n, 4) for n in range(-13, 14)] + [Fraction(1, 3), Fraction(7), Fraction(100)]


def mutant(random: Random) -> str:
    """One of the seeds, changed in a few places."""
    text = random.choice(SEEDS)
    for _ in range(random.choice((1, 1, 1, 2, 3, 5))):
        at, end = sorted(random.randrange(len(text) + 1) for _ in range(2))
        end = random.choice((at, at + 1, at + 2, end))
        match random.randrange(6):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:at] + random.choice(WORDS) + text[end if end - at < 3 else at :]
            case 2:
                text = text[:end] + text[at:]
            case 3:
                text = text[:at] + chr(random.choice((*range(32, 127), 10))) + text[at + 1 :]
            case _:
                parts = text.replace("(", " ( ").replace(")", " ) ").split(" ")
                place = random.randrange(len(parts))
                parts[place] = random.choice((*parts, *WORDS))
                text = " ".join(parts)
    return text


def formula(random: Random, depth: int) -> str:
    """Something that may be asserted, with at most so many connectives around another."""
    if depth and random.random() < 0.7:
        parts = " ".join(formula(random, depth - 1) for _ in range(random.randrange(4)))
        return f"({random.choice(('and', 'or'))} {parts})"
    number = random.choice(("0", "1", "-2", "(- 0.5)", "(/ 7 3)", ".5", "1e0", "(/ (- 1) 4)"))
    name = random.choice(("X_0", "|X_0|", "X_1", "X_2", "Y_0"))
    relation = random.choice(("<=", ">=", "<=", ">=", "="))
    pair = (name, number) if random.random() < 0.7 else (number, name)
    ends = (random.choice(("1", "1.0", "(/ 3 2)")) for _ in range(random.choice((2, 2, 3))))
    between = f"({random.choice(('<=', '>=', '=', '<', '>'))} {' '.join(ends)})"
    some = ("true", "false", between, between, f"(not {between})", "(not (or (> Y_0 1)))")
    return random.choice(some) if random.random() < 0.2 else f"({relation} {' '.join(pair)})"


def generated(random: Random) -> str:
    """A file that is right, with a few assertions."""
    return "\n".join(f"(assert {formula(random, 3)})" for _ in range(random.randrange(1, 4)))


def exact(value: Fraction) -> fmpq:
    """The number as the package has it."""
    return fmpq(value.numerator, value.denominator)


def points(random: Random, ends: list[Fraction]) -> Callable[[int], Fraction]:
    """A point: entries that are on, beside or far from the ends of ranges."""
    values: dict[int, Fraction] = {}

    def point(i: int) -> Fraction:
        found = random.choice((random.choice(GRID), random.choice(ends or GRID)))
        return values.setdefault(i, found + random.choice((0, 0, Fraction(1, 1000))))

    return point


def agrees(text: str, random: Random) -> str:
    """Nothing where the text was read, and exactly the right points are in a box; else why not."""
    try:
        boxes = vnnlib(text, where="f")
    except LumpverError as error:
        said = str(error)
    else:
        ranges = [bounds for box in boxes[:9] for bounds in box.values()]
        ends = [Fraction(int(v.p), int(v.q)) for both in ranges for v in both if v is not None]
        for _ in range(10):
            point = points(random, ends)
            inside = any(
                all(
                    (low is None or low <= exact(point(i)))
                    and (high is None or exact(point(i)) <= high)
                    for i, (low, high) in box.items()
                )
                for box in boxes
            )
            assert inside == vnnlib_oracle.allowed(text, point), text
        return ""
    assert said.isprintable()
    assert len(said) < 400
    if "an empty one" in said:
        assert not any(vnnlib_oracle.allowed(text, points(random, [])) for _ in range(20))
    return said


def campaign(first: int, count: int) -> int:
    """How many of these mutants are read; each is read right, or refused in a sentence."""
    read = 0
    for seed in range(first, first + count):
        random = Random(seed)
        right = seed % 4 == 0
        text = generated(random) if right else mutant(random)
        try:
            with time_limit(20):
                said = agrees(text, random)
            assert not right or not said or "an empty one" in said or "at most 1000" in said
        except BaseException as error:
            error.add_note(f"mutant {seed}: {text!r}")
            raise
        read += not said
    return read


RELU = Network.from_layers([([[1, 0, 0], [0, 1, 0], [0, 0, 1]], None), ([[1, 1, 1]], None)])
POSITIVE = "(assert (>= X_0 0))(assert (<= (- 0) |X_1|))(assert (and (>= X_2 0.0)))"
LINE = Network.from_layers([([[1, 1, 1]], None)])


def proofs(path: Path, first: int, count: int) -> Counter[str]:
    """What `prove` says of ReLUs and a line on generated boxes, each answer held against them."""
    found: Counter[str] = Counter()
    for seed in range(first, first + count):
        random = Random(seed)
        text = generated(random) + random.choice(("", POSITIVE))
        path.write_text(text, encoding="utf-8")
        try:
            answer = prove(RELU, LINE, box=path)
        except Malformed as error:
            found[error.got.partition(":")[0]] += 1
            continue
        found[answer.answer] += 1
        if isinstance(answer, Refuted):
            values = [Fraction(int(v.p), int(v.q)) for v in answer.counterexample["x"]]
            assert vnnlib_oracle.allowed(text, values.__getitem__), text
            assert min(values) < 0
        if isinstance(answer, Proved):
            for _ in range(50):
                point = points(random, [])
                assert not (vnnlib_oracle.allowed(text, point) and min(map(point, range(3))) < 0), (
                    text
                )
    return found


def test_seeds_are_read() -> None:
    """What is mutated is understood, and as the second reading does."""
    assert not any(agrees(text, Random(0)) for text in SEEDS)


def test_some_mutants() -> None:
    """A few hundred mutants; some of them are still boxes."""
    assert campaign(0, 300) > 50


def test_counterexamples_are_in_the_box(tmp_path: Path) -> None:
    """A counterexample does what the file asserts, and what is proved holds wherever that is."""
    found = proofs(tmp_path / "p.vnnlib", 0, 20)
    assert min(found["refuted"], found["proved"]) > 0


@pytest.mark.long
def test_many_proofs(tmp_path: Path) -> None:
    """The same, thousands of times."""
    found = proofs(tmp_path / "p.vnnlib", 1000, 3000)
    assert min(found["refuted"], found["proved"], found["an empty one"]) > 20


@pytest.mark.long
def test_many_mutants() -> None:
    """A hundred thousand."""
    assert campaign(1000, 100_000) > 10_000
