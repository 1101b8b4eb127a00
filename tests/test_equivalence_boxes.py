"""Boxes: given as ranges, and read from VNN-LIB files with exact numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flint import fmpq

from lumpver import save
from lumpver.errors import Malformed, NotANumber, ShapeMismatch, Unreadable
from lumpver.io.vnnlib import properties
from lumpver.model.network import Network, Tensor
from lumpver.proving import Refuted, prove, vnnlib
from lumpver.proving.boxes import Domain, read_boxes, read_domain

if TYPE_CHECKING:
    from pathlib import Path

TWO = Network.from_layers([([[1, 2]], None)])


def domain(tmp_path: Path, text: str) -> Domain:
    """What a file with this text says for a network of two inputs."""
    path = tmp_path / "p.vnnlib"
    path.write_text(text, encoding="utf-8", newline="")
    return read_domain(TWO, path)


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


@pytest.mark.parametrize(
    "box",
    [
        {"z": [None, None]},
        {1: [None, None], "x": [None, None]},
        {"x": None},
        {"x": 5},
        {"x": [None]},
        {"x": "ab"},
        {"x": [(0, 1, 2), None]},
        {"x": [0, 1]},
        {"x": [(2, 1), None]},
        {"x": [("one", None), None]},
        {"x": iter([None, None])},
        {"x": {(0, 1), (2, 3)}},
        {"x": {(0, 1): 0, (2, 3): 0}},
        {"x": b"ab"},
        [None, None],
    ],
)
def test_mappings_that_are_no_box(box: object) -> None:
    """Whatever is no box of this network is refused with a typed error."""
    with pytest.raises(Malformed):
        read_boxes(TWO, box)


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


def test_files(tmp_path: Path) -> None:
    """A file bounds the entries of all inputs in order."""
    path = tmp_path / "p.vnnlib"
    path.write_text("(assert (<= X_1 1.5))", encoding="utf-8")
    assert read_boxes(TWO, path) == ({"x": ((None, None), (None, fmpq(3, 2)))},)
    path.write_text("; of another\n(assert (<= X_2 1.5))", encoding="utf-8")
    with pytest.raises(ShapeMismatch, match=r"line 2: .* 2 inputs \(X_0, X_1\), .* X_2"):
        read_boxes(TWO, str(path))
    path.write_text("(declare-const X_9 Real)", encoding="utf-8")
    with pytest.raises(ShapeMismatch, match=r"line 1: .* X_9"):
        read_boxes(TWO, str(path))
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Unreadable):
        read_boxes(TWO, path)
    with pytest.raises(Unreadable):
        read_boxes(TWO, tmp_path)


def test_outputs_and_open_entries_are_named(tmp_path: Path) -> None:
    """What was not looked at and what has no bound is said, with line and name."""
    text = "(assert (<= 0 X_0 1))\n(assert (or (<= Y_0 X_9) (>= Y_0 2)))"
    with pytest.raises(Malformed, match="line 2"):
        domain(tmp_path, text)
    outputs, open_ones = domain(tmp_path, text.replace("X_9", "Y_1")).remarks
    assert "line 2: (or (<= Y_0 Y_1) (>= Y_0 2))" in outputs
    assert "X_1" in open_ones
    assert "X_0" not in open_ones
    assert domain(tmp_path, "(assert (<= 0 X_0 1))(assert (= X_1 2))").remarks == ()
    many = "\n".join(f"(assert (<= Y_{i} 0))" for i in range(9))
    assert "line 5" in domain(tmp_path, many).remarks[0]
    assert "4 more" in domain(tmp_path, many).remarks[0]


def test_points(tmp_path: Path) -> None:
    """A point is in the domain where it is in a box and does what the file asserts."""
    found = domain(tmp_path, "(assert (or (<= X_0 1) (= X_1 (/ (- 1) 3))))")
    assert found.holds({"x": [fmpq(1), fmpq(9)]})
    assert found.holds({"x": [fmpq(2), fmpq(-1, 3)]})
    assert not found.holds({"x": [fmpq(2), fmpq(1, 3)]})


def test_too_many_ranges(tmp_path: Path) -> None:
    """Inputs that are too many for ranges are refused before any is made."""
    path = tmp_path / "p.vnnlib"
    path.write_text("(assert (<= X_0 1))", encoding="utf-8")
    wide = Tensor("x", shape=(2**40,))
    with pytest.raises(Malformed, match="ranges"):
        read_boxes(Network((wide,), (wide,), (), {"x": wide}), path)


def test_files_that_are_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more is read of a file than a box can need."""
    monkeypatch.setattr(properties, "MOST_BYTES", 20)
    path = tmp_path / "p.vnnlib"
    path.write_text("(assert (<= X_0 1))\n", encoding="utf-8")
    assert read_boxes(TWO, path)
    path.write_text("(assert (<= X_0 10))\n", encoding="utf-8")
    with pytest.raises(Unreadable, match="at most 20 bytes"):
        read_boxes(TWO, path)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"2,1,1,1,\n1,1,1,\n", "a .nnet model"),
        (b'{"format": "lumpver-certificate"}', "a certificate"),
        (b"\x1f\x8b\x08\x00", "a gzipped file"),
        (b"\xff\xfe(\x00", "a VNN-LIB file"),
        (b"\x00", "expected"),
        (b"X_0 <= 1", "a command"),
    ],
)
def test_other_files_are_no_boxes(tmp_path: Path, data: bytes, kind: str) -> None:
    """A file of another kind is called that, and bytes that are no text are refused."""
    path = tmp_path / "p.vnnlib"
    path.write_bytes(data)
    with pytest.raises((Malformed, Unreadable), match=kind) as caught:
        read_boxes(TWO, path)
    assert str(caught.value).isprintable()


def test_a_model_is_no_box(tmp_path: Path) -> None:
    """An ONNX model is called one."""
    save(TWO, tmp_path / "m.onnx")
    with pytest.raises(Unreadable, match="an ONNX model where a VNN-LIB file was expected"):
        read_boxes(TWO, tmp_path / "m.onnx")


def test_every_box_of_a_file_counts(tmp_path: Path) -> None:
    """Proved on all boxes, or refuted on one."""
    path = tmp_path / "p.vnnlib"
    relu = Network.from_layers([([[1]], None), ([[1]], None)])
    line = Network.from_layers([([[1]], None)])
    path.write_text("(assert (or (>= X_0 1) (= X_0 0)))", encoding="utf-8")
    answer = prove(relu, line, box=path)
    assert (answer.answer, answer.step) == ("proved", "sweeping")
    assert answer.claim.as_dict()["domain"] == {"box": str(path)}
    path.write_text("(assert (or (>= X_0 1) (<= X_0 -7)))", encoding="utf-8")
    found = prove(relu, line, box=path)
    assert isinstance(found, Refuted)
    assert found.counterexample["x"][0] <= -7


def test_real_files(nets: Path) -> None:
    """Every VNN-LIB file of the real networks is read, and has as many bounds as it should."""
    found = sorted(nets.rglob("*.vnnlib"))
    assert found
    for path in found:
        text = path.read_text(encoding="utf-8")
        for box in vnnlib(text, where=path.name):
            assert sorted(box) == list(range(len(box))), path
            assert all(None not in bounds for bounds in box.values()), path
