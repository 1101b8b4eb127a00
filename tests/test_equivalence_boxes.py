"""Boxes: given as ranges, and read from VNN-LIB files with exact numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flint import fmpq

from lumpver.equivalence import Refuted, prove, vnnlib
from lumpver.equivalence.boxes import read_boxes
from lumpver.errors import Malformed, NotANumber, ShapeMismatch, Unreadable
from lumpver.network import Network

if TYPE_CHECKING:
    from pathlib import Path

TWO = Network.from_layers([([[1, 2]], None)])


def test_no_box() -> None:
    """Without a box there is one, and it bounds nothing."""
    assert read_boxes(TWO, None) == ({},)


def test_ranges_are_exact() -> None:
    """Floats are the dyadic numbers that they are, strings what they say."""
    (found,) = read_boxes(TWO, {"x": [(0.1, "1/3"), None]})
    assert found["x"] == ((fmpq(*(0.1).as_integer_ratio()), fmpq(1, 3)), (None, None))


def test_ranges_that_are_none() -> None:
    """NaN bounds nothing and is refused."""
    with pytest.raises(NotANumber):
        read_boxes(TWO, {"x": [(0, float("nan")), (0, 1)]})


def test_empty_file() -> None:
    """A file that says nothing leaves everything open."""
    assert vnnlib("", where="f") == ({},)
    assert vnnlib("; a comment\n", where="f") == ({},)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(assert (<= X_0 0.1))", (None, fmpq(1, 10))),
        ("(assert (>= X_0 -1e-3))", (fmpq(-1, 1000), None)),
        ("(assert (<= 2 X_0))", (fmpq(2), None)),
        ("(assert (= X_0 (- 5)))", (fmpq(-5), fmpq(-5))),
        ("(assert (and (<= X_0 1) (>= X_0 0)))", (fmpq(0), fmpq(1))),
        ("(assert (<= X_0 1)) (assert (<= X_0 2))", (None, fmpq(1))),
    ],
)
def test_bounds(text: str, expected: tuple[fmpq | None, fmpq | None]) -> None:
    """A bound is read exactly, on either side; the tightest counts."""
    assert vnnlib(text, where="f") == ({0: expected},)


def test_properties_of_outputs_are_left_out() -> None:
    """What a file says of the outputs is no part of the box."""
    text = "(assert (<= X_0 1)) (assert (or (<= Y_0 Y_1) (>= Y_0 3)))"
    assert vnnlib(text, where="f") == ({0: (None, fmpq(1))},)


def test_disjuncts() -> None:
    """A file may allow several boxes; equal ones count once."""
    text = "(assert (or (and (<= X_0 1) (<= Y_0 0)) (and (<= X_0 1) (>= Y_0 2)) (>= X_0 5)))"
    assert vnnlib(text, where="f") == ({0: (None, fmpq(1))}, {0: (fmpq(5), None)})


@pytest.mark.parametrize(
    "text",
    [
        "(",
        ")",
        "word",
        "()",
        "(check-sat)",
        "(assert (<= X_0 X_1))",
        "(assert (<= X_0 Y_0))",
        "(assert (< X_0 1))",
        "(assert (<= X_0 nan))",
        "(assert (<= X_0 1/3))",
        "(assert (<= (+ X_0 X_1) 1))",
        "(assert (not (<= X_0 1)))",
        "(assert (<= X_0 1) (<= X_1 1))",
        "(assert (and (<= X_0 0) (>= X_0 1)))",
        "(" * 100,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """A file is understood, or refused."""
    with pytest.raises(Malformed):
        vnnlib(text, where="f")


def test_files(tmp_path: Path) -> None:
    """A file bounds the entries of all inputs in order."""
    path = tmp_path / "p.vnnlib"
    path.write_text("(assert (<= X_1 1.5))", encoding="utf-8")
    assert read_boxes(TWO, path) == ({"x": ((None, None), (None, fmpq(3, 2)))},)
    path.write_text("(assert (<= X_2 1.5))", encoding="utf-8")
    with pytest.raises(ShapeMismatch):
        read_boxes(TWO, str(path))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Unreadable):
        read_boxes(TWO, path)
    with pytest.raises(Unreadable):
        read_boxes(TWO, tmp_path)


def test_every_box_of_a_file_counts(tmp_path: Path) -> None:
    """Proved on all boxes, or refuted on one."""
    path = tmp_path / "p.vnnlib"
    relu = Network.from_layers([([[1]], None), ([[1]], None)])
    line = Network.from_layers([([[1]], None)])
    path.write_text("(assert (or (>= X_0 1) (= X_0 0)))", encoding="utf-8")
    answer = prove(relu, line, box=path)
    assert (answer.answer, answer.step, answer.claim.box) == ("proved", "sweeping", str(path))
    path.write_text("(assert (or (>= X_0 1) (<= X_0 -7)))", encoding="utf-8")
    found = prove(relu, line, box=path)
    assert isinstance(found, Refuted)
    assert found.counterexample["x"][0] <= -7


def test_real_files(nets: Path) -> None:
    """Every VNN-LIB file of the real networks is read, and has as many bounds as it should."""
    found = sorted(nets.rglob("*.vnnlib"))
    assert found
    for path in found:
        for box in vnnlib(path.read_text(encoding="utf-8"), where=path.name):
            assert sorted(box) == list(range(len(box))), path
            assert all(None not in bounds for bounds in box.values()), path
