"""VNN-LIB 2: declared tensors and their elements; every word is understood, or refused."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

import pytest
import test_fuzz_boxes as first
import vnnlib_oracle
from flint import fmpq
from test_domains import network, two_inputs

from lumpver.errors import LumpverError, Malformed, ShapeMismatch
from lumpver.io.domains import read as read_domain
from lumpver.model.network import Network
from lumpver.proving import Proved, Unknown, prove, vnnlib

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "(vnnlib-version <2.0>)\n(declare-network f\n"
TENSORS = "(declare-input X float32 [1, 2])\n(declare-output Y float32 [1]))\n"
ONE = "(declare-network f (declare-input X real [1])(declare-output Y real [1]))"
UPPER = ({0: (None, fmpq(1))},)


def read(text: str) -> tuple[dict[int, tuple[fmpq | None, fmpq | None]], ...]:
    """The boxes of a text behind the declaration of a network."""
    return vnnlib(HEAD + TENSORS + text, where="f")


@pytest.mark.parametrize(
    "text",
    [
        "(assert (<= X[0,0] 1))",
        "(assert (<= X [ 0 , 0 ] 1.0))",
        "(assert (>= 1.0 X[0,\n0]))",
        "; a comment (\n(assert (<= X[0,0] 1.0)) ; another",
        "(assert (and (<= X[0,0] 1.0)))",
        "(assert (<= (* -1.0 X[0,0]) (- -2 -1)))(assert (<= X[0,0] 1))",
        "(assert (<= X[0,0] 1.0)) (assert (or (<= Y[0] X[0,0]) (<= 1 2)))".replace(
            "X[0,0])", "3.0)"
        ),
        "(assert (or (and (<= X[0,0] 1.0) (!= Y[0] 2.0)) (and (<= X[0,0] 1.0) (== Y[0] 1.0))))",
        "(assert (or (<= X[0,0] 1.0) (< 2 1) (!= 1 1)))",
        "(assert (<= X[0,0] 10e-1))",
    ],
)
def test_one_bound_in_many_spellings(text: str) -> None:
    """All of these say X[0,0] <= 1, or at least that."""
    (found,) = read(text)
    if "* -1" in text:
        assert found[0] == (fmpq(1), fmpq(1))
    else:
        assert (found,) == UPPER


def test_elements_in_row_major_order() -> None:
    """Inputs follow each other in order, and their elements in row-major order."""
    text = (
        f"{HEAD}(declare-input A real [2,3])(declare-input b Real [])(declare-output Y real [1]))"
    )
    found = vnnlib(f"{text}(assert (and (== A[1,0] 3) (= b 4) (>= A[0,2] 2)))", where="f")
    assert found == ({3: (3, 3), 6: (4, 4), 2: (2, None)},)
    with pytest.raises(Malformed, match=r"an empty one: A\[1,2\] >= 2 and A\[1,2\] <= 1"):
        vnnlib(f"{text}(assert (<= A[1,2] 1))(assert (<= 2 A[1,2]))", where="f")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("(assert (<= X[0,2] 1))", 5, "X[0,2]"),
        ("(assert (<= X[1,0] 1))", 5, "X[1,0]"),
        ("(assert (<= X[0] 1))", 5, "2 indices"),
        ("(assert (<= X[0,0,0] 1))", 5, "2 indices"),
        ("(assert (<= X 1))", 5, "2 indices"),
        ("(assert (<= X[] 1))", 5, "2 indices"),
        ("(assert (<= X[00,0] 1))", 5, "X[00,0]"),
        ("(assert (<= X[0,4294967296] 1))", 5, "X[0,4294967296]"),
        ("(assert (<= X[0,99999999999999999999999] 1))", 5, "whole numbers"),
        ("(assert (<= X[0,-1] 1))", 5, "X[0,-1]"),
        ("(assert (<= X[0 1] 1))", 5, "X[0"),
        ("(assert (<= X[0,] 1))", 5, "X[0"),
        ("(assert (<= X[0,0]1))", 5, "X[0"),
        ("(assert (<= x[0,0] 1))", 5, "x[0,0] is not declared"),
        ("\n(assert (<= Z 1))", 6, "Z is not declared"),
        ("(assert (<= X_0 1))", 5, "X_0 is not declared"),
        ("(assert (<= f 1))", 5, "f is not declared"),
        ('(assert (<= "X" 1))', 5, '"X" is not declared'),
        ("(assert (<= |X[0,0]| 1))", 5, "|X"),
        ("(assert (<= Y[1] 1))", 5, "Y[1]"),
        ("(assert (<= X[0,0] Y[0]))", 5, "(<= X[0,0] Y[0])"),
        ("(assert (< X[0,0] 1))", 5, "a box contains its edges"),
        ("(assert (!= X[0,0] 1))", 5, "a box contains its edges"),
        ("(assert (<= 0 X[0,0] 1))", 5, "two terms"),
        ("(assert (and))", 5, "terms behind and"),
        ("(assert (or (<= X[0,0] 1) (or)))", 5, "terms behind or"),
        ("(assert (not (<= X[0,0] 1)))", 5, "not"),
        ("(assert true)", 5, "true"),
        ("(assert (<= X[0,0] (/ 1 3)))", 5, "/"),
        ("(assert (<= X[0,0] (+)))", 5, "(+)"),
        ("(assert (<= (* X[0,0] X[0,1]) 1))", 5, "at most one factor"),
        ("(assert (<= X[0,0] 1) (<= X[0,1] 1))", 5, "2"),
        ("(check-sat)", 5, "check-sat"),
        ("(declare-const X_0 Real)", 5, "declare-const"),
        (ONE.replace("f", "g", 1).replace("X", "A"), 5, "one network"),
        ("(vnnlib-version <2.0>)", 5, "vnnlib-version"),
        ("(assert (<= X[0,0] 1.0))\x00(assert (<= X[0,0] 0.0))", 5, "a word"),
        ("word", 5, "word"),
        ("(assert (<= X[0,0] 1)", 5, "a closing bracket"),
        ("(assert " + "(and " * 200_000, 5, "brackets around"),
        ("(assert (<= X[0,0] " + "(- " * 200_000, 5, "brackets around"),
    ],
)  # fmt: skip
def test_refused(text: str, line: int, word: str) -> None:
    """What is not understood is refused: the message has the word, its place the line."""
    with pytest.raises(Malformed) as caught:
        read(text)
    assert caught.value.where == f"f line {line}"
    assert word in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"(vnnlib-version <1.0>){ONE}",
        f"(vnnlib-version 2.0){ONE}",
        f"(vnnlib-version <2.0>)(vnnlib-version <2.0>){ONE}",
        "(vnnlib-version <2.0>)",
        "(vnnlib-version <2.0>)(assert (<= 1 2))",
        *(
            f"(vnnlib-version <2.0>)(declare-network {inside})"
            for inside in (
                "",
                "f",
                "1f (declare-input X real [1])(declare-output Y real [1])",
                "f (declare-input X real [1])",
                "f (declare-output Y real [1])",
                "f (declare-output Y real [1])(declare-input X real [1])",
                "f (declare-input X real [1])(declare-output X real [1])",
                "f (declare-input X_ real [0])(declare-output Y real [1])",
                "f (declare-input X real [1 2])(declare-output Y real [1])",
                "f (declare-input X real 2)(declare-output Y real [1])",
                "f (declare-input X real)(declare-output Y real [1])",
                "f (declare-input X huge [1])(declare-output Y real [1])",
                "f (declare-input X real [1] x)(declare-output Y real [1])",
                'f (declare-input X real [1] "x" "y")(declare-output Y real [1])',
                'f (declare-input X real [1] "x")(declare-output Y real [1])',
                "f (declare-input X real [1])(declare-hidden H real [])(declare-output Y real [1])",
                "f (equal-to g)(declare-input X real [1])(declare-output Y real [1])",
                "f (declare-input X real [99999999,99999999])(declare-output Y real [1])",
                "f (declare-input X real [9999999999])(declare-output Y real [1])",
            )
        ),
    ],
)
def test_declarations_that_are_none(text: str) -> None:
    """A network is declared once, rightly, and first."""
    with pytest.raises(Malformed):
        vnnlib(text, where="f")


def declared(tmp_path: Path, inside: str, asserted: str = "(assert (<= 1 2))") -> Path:
    """A file that declares a network so."""
    path = tmp_path / "q.vnnlib"
    path.write_text(f"{HEAD}{inside})\n{asserted}", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "inside",
    [
        "(declare-input I float32 [1,2])(declare-output O float32 [1,1])",
        "(declare-input I real [2])(declare-output O Real [1])",
        '(declare-input I float32 [1,2] "x")(declare-output O float32 [1,1] "y")',
        '(declare-input I float32 [1,2])(declare-hidden H real [7] "h")(declare-output O real [1])',
    ],
)
def test_interfaces_that_fit(tmp_path: Path, inside: str) -> None:
    """Declared names need not be the model's; shapes are its own up to axes of length 1."""
    element = "I[1]" if "[2]" in inside else "I[0,1]"
    path = declared(tmp_path, inside, f"(assert (<= {element} 1))")
    (box,) = read_domain(path, network(shape=("N", 2))).domain.boxes
    assert box.bounded == {("x", 1): (None, fmpq(1))}


@pytest.mark.parametrize(
    "inside",
    [
        "(declare-input I float32 [1,3])(declare-output O float32 [1,1])",
        "(declare-input I float32 [2,2])(declare-output O float32 [1,1])",
        "(declare-input I float64 [1,2])(declare-output O float64 [1,1])",
        "(declare-input I float32 [1,1])(declare-input J float32 [1,1])(declare-output O real [1])",
        "(declare-input I float32 [1,2])(declare-output O real [1])(declare-output P real [1])",
        '(declare-input I float32 [1,2] "y")(declare-output O float32 [1,1] "y")',
        '(declare-input I float32 [1,2] "x")(declare-output O float32 [1,1] "h")',
    ],
)
def test_interfaces_that_do_not(tmp_path: Path, inside: str) -> None:
    """A file about another network is refused."""
    with pytest.raises((Malformed, ShapeMismatch)):
        read_domain(declared(tmp_path, inside), network())


def test_inputs_by_name(tmp_path: Path) -> None:
    """Inputs are the model's by ONNX name where names are given, else in its order."""
    rest = "(declare-output Y float32 [1,2]{})"
    names = ("a", "b")
    plain = "".join(f"(declare-input {n.upper()} float32 [1,2])" for n in names) + rest.format("")
    named = "".join(f'(declare-input {n.upper()} float32 [1,2] "{n}")' for n in names)
    asserted = "(assert (<= A[0,1] 1))"
    for inside, expected in ((plain, "b"), (named + rest.format(' "y"'), "a")):
        (box,) = read_domain(declared(tmp_path, inside, asserted), two_inputs()).domain.boxes
        assert set(box.bounded) == {(expected, 1)}
    twice = named.replace('"b"', '"a"') + rest.format(' "y"')
    with pytest.raises(ShapeMismatch):
        read_domain(declared(tmp_path, twice), two_inputs())


def test_a_refutation_outside_half_spaces_is_none(tmp_path: Path) -> None:
    """Where models differ around half-spaces only, that is unknown, and never refuted."""
    relu, line = (Network.from_layers(layers) for layers in (
        [([[1, 1]], None), ([[1]], None)], [([[1, 1]], None)]))  # fmt: skip
    path = tmp_path / "p.vnnlib"
    box = "(assert (and (<= -1 X_0 1) (<= -1 X_1 1)))"
    path.write_text(f"{box}(assert (>= (+ X_0 X_1) 0))", encoding="utf-8")
    found = prove(relu, line, box=path)
    assert isinstance(found, Proved | Unknown)
    assert "half-spaces" in found.claim.remarks[0]
    path.write_text(f"{box}(assert (<= (+ X_0 X_1) 2))", encoding="utf-8")
    assert prove(relu, line, box=path).answer == "refuted"
    path.write_text(
        "(assert (<= 0 X_0 1))(assert (<= 0 X_1 1))(assert (<= X_0 X_1))", encoding="utf-8"
    )
    assert isinstance(prove(relu, line, box=path), Proved)


def translated(text: str) -> str:
    """A text of version 1 in the words of version 2, as far as it has them."""
    names = {f"X_{i}": f"X[{i},0]" for i in range(3)} | {
        f"|X_{i}|": f"X [{i} , 0]" for i in range(3)
    }
    for old, new in names.items():
        text = text.replace(old, new)
    return re.sub(r"\|?Y_([0-9])\|?", r"Y[\1]", text)


def campaign(start: int, count: int) -> int:
    """How many of these mutants are read; each is read as its text of version 1 is, or refused."""
    head = HEAD + TENSORS.replace("[1, 2]", "[3,1]").replace("[1]", "[9]")
    done = 0
    for seed in range(start, start + count):
        random = Random(seed)
        text = first.generated(random) if seed % 2 else first.mutant(random)
        try:
            boxes = vnnlib(head + translated(text), where="f")
        except LumpverError:
            continue
        done += 1
        for _ in range(5):
            point = first.points(random, [])
            values = [first.exact(point(i)) for i in range(3)]
            inside = any(
                all(
                    (low is None or low <= values[i]) and (high is None or values[i] <= high)
                    for i, (low, high) in box.items()
                )
                for box in boxes
            )
            assert inside == vnnlib_oracle.allowed(text, point), text
    return done


def test_some_mutants() -> None:
    """Mutants are read as the plain second reading of version 1 does, or refused."""
    assert campaign(0, 600) > 15


@pytest.mark.long
def test_many_mutants() -> None:
    """Fifty thousand."""
    assert campaign(1000, 50_000) > 1000
