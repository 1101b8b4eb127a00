"""Reducing on a box from the command line: the property goes along, and nothing is overwritten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lumpver
from lumpver.model.network import Network

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

TEXT = """; two inputs
(declare-const X_0 Real)
(declare-const X_1 Real)
(declare-const Y_0 Real)
(assert (>= X_0 0)) (assert (<= X_0 1))
(assert (>= X_1 0.25)) (assert (<= X_1 0.5))
(assert (>= Y_0 3))
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A model of a unit that is off on the box and one that is not, and its property."""
    first = np.array([[-1, -1], [1, 1]], np.float32), np.array([-1, -1], np.float32)
    network = Network.from_layers([first, (np.array([[5, 1]], np.float32), None)])
    lumpver.save(network, tmp_path / "net.onnx")
    (tmp_path / "p.vnnlib").write_text(TEXT, encoding="utf-8")
    return tmp_path / "net.onnx", tmp_path / "p.vnnlib"


def test_the_property_goes_along(files: tuple[Path, Path], run: Run) -> None:
    """Byte for byte, and the pair is checked on its box alone."""
    model, box = files
    small, text = model.with_name("small.onnx"), model.with_name("small.vnnlib")
    words = ["reduce", model, "-o", small, "--box", box, "--vnnlib-out", text, "--json"]
    code, out = run(*map(str, words))[:2]
    assert code == 0
    assert json.loads(out)["units"] == {"before": 2, "after": 1}
    assert text.read_bytes() == box.read_bytes()
    proof = f"{small}.cert.json"
    assert run("check", str(model), str(small), proof, "--box", str(text))[0] == 0
    assert run("check", str(model), str(small), proof)[0] == 1


@pytest.mark.parametrize(
    ("output", "other"),
    [
        ("p.vnnlib.json", "p.vnnlib"),
        ("small.onnx", "net.onnx"),
        ("small.onnx", "small.onnx"),
        ("small.onnx", "small.onnx.cert.json"),
    ],
)
def test_no_file_is_lost(files: tuple[Path, Path], run: Run, output: str, other: str) -> None:
    """The property is written over nothing that was read or is written."""
    model, box = files
    before = model.read_bytes(), box.read_bytes()
    small, text = model.with_name(output), model.with_name(other)
    words = ["reduce", model, "-o", small, "--box", box, "--vnnlib-out", text]
    assert run(*map(str, words))[0] == 2
    assert (model.read_bytes(), box.read_bytes()) == before
    assert not small.exists()


@pytest.mark.parametrize("option", ["--certificate", "-o"])
def test_the_box_is_not_overwritten(files: tuple[Path, Path], run: Run, option: str) -> None:
    """Neither by the model nor by its certificate."""
    model, box = files
    wish = model.with_name("box.onnx")  # a VNN-LIB file by any name
    wish.write_text(TEXT, encoding="utf-8")
    places = {"-o": model.with_name("small.onnx")} | {option: wish}
    words = ["reduce", model, *(word for pair in places.items() for word in pair), "--box", wish]
    assert run(*map(str, words))[0] == 2
    assert wish.read_text(encoding="utf-8") == TEXT
    assert box.exists()


@pytest.mark.parametrize("box", [["--box", "[0, 1]"], []])
def test_a_property_needs_a_property(files: tuple[Path, Path], run: Run, box: list[str]) -> None:
    """A range states none."""
    model, _ = files
    small, text = model.with_name("small.onnx"), model.with_name("small.vnnlib")
    words = ["reduce", model, "-o", small, *box, "--vnnlib-out", text]
    assert run(*map(str, words))[0] == 2
    assert not small.exists()


def test_from_python_the_box_is_what_the_command_takes(files: tuple[Path, Path]) -> None:
    """A file, a range, or ranges by input; what is no box is refused."""
    model, box = files
    for given in (box, str(box), "[0, 1]", {"x": [(0, 1), (0, 1)]}):
        found = lumpver.reduce(model, box=given)
        assert found.network.units == 1
        assert lumpver.check(model, found.network, found.certificate, claim=found.certificate.claim)
    assert lumpver.reduce(model).network.units == 2
    with pytest.raises(lumpver.errors.ShapeMismatch):
        lumpver.reduce(model, box={"x": [(0, 1)]})


def test_a_limit_is_for_a_box(files: tuple[Path, Path], run: Run) -> None:
    """It is refused without one, and where it is no number of seconds."""
    model, box = files
    for command in (["reduce", model, "-o", model.with_name("small.onnx")], ["inspect", model]):
        assert run(*map(str, command), "--timeout", "5")[0] == 2
        for limit in ("-1", "nan"):
            assert run(*map(str, command), "--box", str(box), "--timeout", limit)[0] == 2
        assert not model.with_name("small.onnx").exists() or command[0] == "inspect"
        assert run(*map(str, command), "--box", str(box), "--timeout", "0")[0] == 0


def test_from_python_the_limit_is_the_same(files: tuple[Path, Path]) -> None:
    """No time is no hints; what is left then is what plain bounds leave."""
    model, box = files
    assert lumpver.reduce(model, box=box, timeout=0).network.units == 1
    with pytest.raises(lumpver.errors.Malformed):
        lumpver.reduce(model, box=box, timeout=-1)
