"""VNN-LIB files: every word is understood, or refused with its line."""

from __future__ import annotations

import pytest
from flint import fmpq

from lumpver.errors import Malformed
from lumpver.io.vnnlib.assertions import read_assertions
from lumpver.proving import vnnlib

DECLARED = "(declare-const X_0 Real)\n(declare-fun X_1 () Real)\n(declare-const Y_0 Real)\n"
UPPER = ({0: (None, fmpq(1))},)


def read(text: str) -> tuple[dict[int, tuple[fmpq | None, fmpq | None]], ...]:
    """The boxes of a text behind declarations of two inputs and an output."""
    return vnnlib(DECLARED + text, where="f")


@pytest.mark.parametrize(
    "text",
    [
        "(assert (<= |X_0| 1))",
        "(assert (|<=| X_0 1.0))",
        "(assert(<= X_0 1))",
        "(assert\t(<=\r\nX_0 ; a comment )\n1))",
        "(assert (<= X_0 1)) ; the end",
        "; first\r(assert (<= X_0 1))",
        '(set-info :source |two\nlines ; no comment (|)\n(assert (<= X_0 1)) (set-info :a "x;""y")',
        "(set-logic QF_LRA)(set-info :smt)(assert (<= X_0 1))(check-sat)(get-model)(exit)",
        "(assert (>= 1 X_0))",
        "(assert (<= X_0 1 1.5 2e0))",
        "(assert (<= X_0 (- (- 1))))",
        "(assert (<= (+ X_0 1) 2))",
        "(assert (<= X_0 (- 3 2)))",
        "(assert (>= (* -1.0 X_0) (- 1)))",
        "(assert (<= (- (* 2 X_0) X_0 (/ 1 2)) (/ 1 2)))",
        "(assert (<= (+ X_1 X_0) (+ 1 X_1)))",
        "(assert (<= (* 3 X_0 (/ 1 2)) (* 1.5 1)))",
        "(assert (<= X_0 (/ 2 2.0)))",
        "(assert (<= X_0 (/ (- 2) (- 2))))",
        "(assert (<= X_0 (- (/ (- 1) 1))))",
        "(assert (<= X_0 +1.000)) (assert true)",
        "(assert (and (<= X_0 1) (and) (not false)))",
        "(assert (or (<= X_0 1) false (or) (and (>= X_0 0) false) (<= 2 1) (not true)))",
        "(assert (or (<= X_0 1) (and (>= X_0 9) (<= X_0 8))))",
        "(assert (<= X_0 1)) (assert (or (and (<= Y_0 1)) (> Y_0 (* 2 (+ Y_0 1)))))",
        "(assert (<= X_0 1)) (assert (not (<= Y_0 Y_0)))",
        "(assert (and (<= X_0 1) (< Y_0 -2)))",
        "(assert (or (and (<= X_0 1) (<= Y_0 1)) (and (<= X_0 1) (>= Y_0 2))))",
        "(assert (<= X_0 1)) (assert (or (<= X_1 1) (<= Y_0 1)))",
        "(assert (<= X_0 1)) (assert (< 1 2))",
        "(assert (<= X_0 1)) (assert (<= Y_5 0))",
    ],
)
def test_one_bound_in_many_spellings(text: str) -> None:
    """Lexis and logic of SMT-LIB: all of these say X_0 <= 1, and nothing else."""
    assert read(text) == UPPER


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("(assert (<= X_00 1))", 4, "X_00 is not declared"),
        ("(assert (<= x_0 1))", 4, "x_0 is not declared"),
        ("\n(assert (<= X_2 1))", 5, "X_2 is not declared"),
        ("(assert (and\n(<= X_0 1)\nstuff))", 6, "stuff"),
        ("(assert X_0)", 4, "X_0"),
        ("(assert 1)", 4, "1"),
        ("(assert ((a) X_0 1))", 4, "(a)"),
        ("(assert ((<= X_0 1)))", 4, "(<= X_0 1)"),
        ("(assert (and true ()))", 4, "()"),
        ("(assert (or true foo))", 4, "foo"),
        ("(assert (and false (<= x_0 1)))", 4, "x_0"),
        ("(assert ())", 4, "()"),
        ("((assert) (<= X_0 1))", 4, "(assert)"),
        ("(|assert| (<= X_0 1))", 4, "|assert|"),
        ('("assert" (<= X_0 1))', 4, '"assert"'),
        ("(:assert (<= X_0 1))", 4, ":assert"),
        ("(asert (<= X_0 1))", 4, "asert"),
        ("(push 1)", 4, "push"),
        ("(define-fun f () Real 1.0)", 4, "define-fun"),
        ("(assert (let ((x 1)) (<= X_0 x)))", 4, "let"),
        ("(assert (=> (<= Y_0 1) (<= Y_0 2)))", 4, "=>"),
        ("(assert (not (<= X_0 1)))", 4, "(not (<= X_0 1))"),
        ("(assert (not (and (<= X_0 1) (<= Y_0 1))))", 4, "not"),
        ("(assert (< X_0 1))", 4, "(< X_0 1)"),
        ("(assert (> 1 X_0))", 4, "(> 1 X_0)"),
        ("(assert (<= X_0))", 4, "(<= X_0)"),
        ("(assert (<=))", 4, "(<=)"),
        ("(assert (<= X_0 X_1))", 4, "(<= X_0 X_1)"),
        ("(assert (<= X_0 Y_0))", 4, "(<= X_0 Y_0)"),
        ("(assert (<= (+ X_0 Y_0) 1))", 4, "(<= (+ X_0 Y_0) 1)"),
        ("(assert (<= X_0 (/ 1 0)))", 4, "(/ 1 0)"),
        ("(assert (<= (* X_0 X_1) 1))", 4, "(* X_0 X_1)"),
        ("(assert (<= (* X_0 X_0) 1))", 4, "(* X_0 X_0)"),
        ("(assert (<= (/ 1 X_0) 1))", 4, "(/ 1 X_0)"),
        ("(assert (<= (/ X_0 2 3) 1))", 4, "(/ X_0 2 3)"),
        ("(assert (<= (+ X_0 X_5) 1))", 4, "X_5 is not declared"),
        ("(assert (< (+ X_0 X_1) 1))", 4, "(< (+ X_0 X_1) 1)"),
        ("(assert (>= X_0 0)) (assert (<= (+ X_0 X_1) 1))", 4, "bounds on X_0"),
        ("(assert (<= 0 X_0 1)) (assert (<= (+ X_0 X_1) 1))", 4, "bounds on X_1"),
        ("(assert (== X_0 1))", 4, "=="),
        ("(assert (!= X_0 1))", 4, "!="),
        ("(assert (<= X_0 ()))", 4, "()"),
        ("(assert (<= X_0 |1|))", 4, "|1|"),
        ('(assert (<= X_0 "1"))', 4, '"1"'),
        ("(assert (<= |X_0 | 1))", 4, "|X_0 |"),
        ("(assert (<= X_0 1/3))", 4, "1/3"),
        ("(assert (<= X_0 1_0))", 4, "1_0"),
        ("(assert (<= X_0 1e1000))", 4, "1e1000"),
        ("(assert (<= X_0 0x1))", 4, "0x1"),
        ("(assert (<= X_0 inf))", 4, "inf"),
        ("(assert (<= Y_0 huh))", 4, "huh"),
        ("(assert (<= Y_0 (f Y_0)))", 4, "f"),
        ("(assert (<= Y_0 (+)))", 4, "(+)"),
        ("(assert (<= Y_0 ()))", 4, "()"),
        ("(assert (<= Y_00 1))", 4, "Y_00"),
        ("(assert (<= X_0 1) (<= X_1 1))", 4, "2"),
        ("(assert)", 4, "0"),
        ("(set-logic)", 4, "0"),
        ("(exit)(assert (<= X_0 1))", 4, "(assert (<= X_0 1))"),
        ("(check-sat)\n(assert (<= X_0 1))", 5, "(assert (<= X_0 1))"),
        ("(declare-const Z Real)", 4, "Z"),
        ("(declare-const X_0 Real)", 4, "X_0 again"),
        ("(declare-const |X_0| Real)", 4, "X_0 again"),
        ("(declare-const X_5 Int)", 4, "Int"),
        ("(declare-const X_5 (Array Int Real))", 4, "(Array Int Real)"),
        ("(declare-const (X_5) Real)", 4, "(X_5)"),
        ("(declare-fun X_5 (Real) Real)", 4, "(Real)"),
        ("(declare-fun X_5 Real Real)", 4, "Real"),
        ("(declare-network N (declare-input X Real))", 4, "declare-network"),
        ("word", 4, "word"),
        ("()", 4, "()"),
        ("(assert (<= X_0 1)", 4, "the end of the file"),
        ("(assert (<= X_0 1)))", 4, ")"),
        ("\n|X_0", 5, "|X_0"),
        ('"never', 4, "never"),
        ("(assert (<= X_0|1| 2))", 4, "X_0|1|"),
        ("(assert (<= X_0\xa01))", 4, "X_0"),
        ("(assert (<= \u0425_0 1))", 4, "\\u0425"),
        ("(assert (<= X_0 \uff11))", 4, "\uff11"),
        ("(assert [<= X_0 1])", 4, "[<="),
        ("(assert (<= X_0 #b1))", 4, "#b1"),
    ],
)
def test_refused(text: str, line: int, word: str) -> None:
    """What is not understood is refused: the message has the word, its place the line."""
    with pytest.raises(Malformed) as caught:
        read(text)
    assert caught.value.where == f"f line {line}"
    assert word in str(caught.value) or word in ascii(str(caught.value))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "(assert false)",
        "(assert (or))",
        "(assert (and (<= X_0 1) (or false (or))))",
        "(assert (<= 1 0))",
        "(assert (<= 0 X_0 (- 1)))",
        "(assert (<= X_0 0)) (assert (or (>= X_0 1) (>= X_0 2)))",
        "(assert (and (<= X_0 0) (>= X_0 0.001)))",
        "(assert (= X_0 0 1))",
        "(assert (and (<= Y_0 1) false))",
    ],
)
def test_empty(text: str) -> None:
    """Where no point is left, that is said."""
    with pytest.raises(Malformed, match="empty"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        f"(assert (and {' '.join(f'(or (<= X_0 {i}) (>= X_1 {i}))' for i in range(10))}))",
        " ".join(f"(assert (or (<= X_0 {i}) (>= X_1 {i})))" for i in range(64)),
        f"(assert (or {'(<= X_0 1)' * 1001}))",
        "(assert (and (or (and " + "(or (<= X_0 1) (>= X_1 2))" * 9 + ") (<= X_0 3)) "
        "(or (<= X_1 7) (>= X_0 8))))",
    ],
)
def test_too_many_boxes(text: str) -> None:
    """Boxes are counted, nested or not, before any is made."""
    with pytest.raises(Malformed, match="at most 1000 boxes"):
        read(text)


def test_as_many_boxes_as_may_be() -> None:
    """A thousand is not too many."""
    text = f"(assert (or {' '.join(f'(= X_0 {i})' for i in range(1000))}))"
    assert len(read(text)) == 1000


@pytest.mark.parametrize(
    "text",
    ["(" * 100_000, "(" * 100_000 + ")" * 100_000, "(assert " + "(and " * 100_000, "(- " * 99],
)
def test_too_deep(text: str) -> None:
    """Brackets around brackets around brackets end somewhere."""
    with pytest.raises(Malformed, match="brackets around"):
        read(text)


def test_what_is_long_is_cut() -> None:
    """A message shows no more of a long word than fits a line."""
    with pytest.raises(Malformed) as caught:
        read("(assert (<= X_0 " + "9" * 100_000 + "))")
    assert len(str(caught.value)) < 200
    with pytest.raises(Malformed) as caught:
        read("(assert (foo " + "9 " * 100_000 + "))")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("start", ["(vnnlib-version <2.0>)", "; new\n (declare-network N\n [1])"])
def test_version_2(start: str) -> None:
    """A file of the second version is read as one, and these two lack something."""
    with pytest.raises(Malformed, match=r"declare-network|vnnlib-version|a word"):
        vnnlib(start, where="f")


def test_half_spaces_are_no_part_of_a_box() -> None:
    """What relates several inputs is kept with its line, and the box is around it."""
    text = "(assert (<= 0 X_0 1))(assert (<= 0 X_1 2))\n(assert (<= (+ X_0 (* 2 X_1)) 1.5 X_0))"
    with pytest.raises(Malformed, match="empty"):
        vnnlib(text, where="f")
    text = text.replace(" 1.5 X_0", " 1.5")
    assert vnnlib(text, where="f") == ({0: (fmpq(0), fmpq(1)), 1: (fmpq(0), fmpq(2))},)
    (found,) = read_assertions(text, where="f").sums
    assert (found.terms, found.low, found.high) == (((0, 1), (1, 2)), None, fmpq(3, 2))
    assert (found.line, found.said) == (2, "(<= (+ X_0 (* 2 X_1)) 1.5)")


def test_numbers_do_not_grow() -> None:
    """Products of long numbers are refused before they are long."""
    long = " ".join(["9" * 3999] * 20)
    with pytest.raises(Malformed, match="bits"):
        vnnlib(f"(assert (<= X_0 (* {long})))", where="f")
    terms = " ".join(f"(/ 1 {10**3998 + i})" for i in range(50))
    with pytest.raises(Malformed, match="bits"):
        vnnlib(f"(assert (<= X_0 (+ {terms})))", where="f")


def test_without_declarations() -> None:
    """A file that declares nothing may speak of every X_i; of those that it declares, else."""
    assert vnnlib("(assert (<= X_7 1))", where="f") == ({7: (None, fmpq(1))},)
    with pytest.raises(Malformed, match="not declared"):
        vnnlib("(declare-const Y_0 Real)(assert (<= X_7 1))", where="f")


def test_what_is_left_out_is_told() -> None:
    """Assertions on outputs are listed with their lines, those on inputs are not."""
    text = "(assert (<= X_0 1))\n(assert (and (<= X_1 1) (<= Y_0 2)))"
    assert read_assertions(text, where="f").left_out == ((2, "(and (<= X_1 1) (<= Y_0 2))"),)
