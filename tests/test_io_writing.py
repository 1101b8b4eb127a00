"""Writing: whole or not at all, and never over a file that was read, however it is spelled."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from onnx_models import external, model, node, tensor

from lumpver import load, save
from lumpver.cli import main
from lumpver.errors import Malformed, Unreadable
from lumpver.io.writing import spare, staged, write_file
from lumpver.pipeline import reduce_file

W = np.array([[1.0, -3.0], [0.5, -1.5]], dtype=np.float32)


def beside(folder: Path, location: str) -> Path:
    """A model in the folder whose weights are in the file `location` there."""
    nodes = [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")]
    tensors = [external("W", (2, 2), location=location), tensor("V", [[1.0], [1.0]])]
    path = folder / "model.onnx"
    path.write_bytes(model(nodes, tensors).SerializeToString())
    place = folder / location
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(W.tobytes())
    return path


def test_nothing_read_takes_nothing(tmp_path: Path) -> None:
    """Two targets that are two files, there or not."""
    (tmp_path / "b").write_bytes(b"")
    spare({}, [])
    spare({"a": tmp_path / "a", "b": tmp_path / "b"}, [])
    spare({"a": tmp_path / "a"}, [(tmp_path / "b", "the model"), (tmp_path / "gone", "the box")])


@pytest.mark.parametrize("spelled", ["w", "./w", "f/../w", "link", "hard", "chain", "f/up/w"])
def test_a_file_is_told_by_where_it_lies(tmp_path: Path, spelled: str) -> None:
    """A link to it, a hard link, a way round: the same file, and it is named."""
    kept = tmp_path / "w"
    kept.write_bytes(b"weights")
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "up").symlink_to("..")
    (tmp_path / "link").symlink_to("w")
    (tmp_path / "chain").symlink_to("f/up/link")
    os.link(kept, tmp_path / "hard")
    for target in (tmp_path / spelled, Path(os.path.relpath(tmp_path)) / spelled):
        with pytest.raises(Malformed, match=r"the model .*would be lost") as caught:
            spare({"the result": target}, [(kept, "the model")])
        assert str(kept) in caught.value.got


def test_two_targets_are_two_files(tmp_path: Path) -> None:
    """Also where one is a link to the other, or neither is there yet."""
    (tmp_path / "link").symlink_to("a")
    for other in (tmp_path / "a", tmp_path / "link", tmp_path / "." / "a"):
        with pytest.raises(Malformed, match="another file for the second, got the first"):
            spare({"the first": tmp_path / "a", "the second": other}, [])


def test_names_that_no_file_has(tmp_path: Path) -> None:
    """A zero byte, a directory."""
    with pytest.raises(Unreadable, match="the name of a file"):
        spare({"the result": Path("a\0b")}, [])
    with pytest.raises(Unreadable, match="a directory"):
        spare({"the result": tmp_path}, [])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


SPELLINGS = {
    "by -o": ("w.onnx", ["-o", "w.onnx"]),
    "by -o, through a link": ("w.onnx", ["-o", "link.onnx"]),
    "by -o, a hard link": ("w.onnx", ["-o", "hard.onnx"]),
    "by -o, a way round": ("w.onnx", ["-o", "./deep/../w.onnx"]),
    "by -o, in another folder": ("deep/w.json", ["-o", "deep/w.json"]),
    "by --certificate": ("w.bin", ["-o", "r.onnx", "--certificate", "w.bin"]),
    "by --certificate, a link": ("w.bin", ["-o", "r.onnx", "--certificate", "link.onnx"]),
    "by the certificate's default": ("r.onnx.cert.json", ["-o", "r.onnx"]),
    "the model by --certificate": ("w.bin", ["-o", "r.onnx", "--certificate", "model.onnx"]),
    "the model by -o": ("w.bin", ["-o", "model.onnx"]),
}


@pytest.mark.parametrize("how", SPELLINGS)
def test_reduce_spares_what_it_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """Exit 2, the file that would be lost is named, all files are as before."""
    location, words = SPELLINGS[how]
    (tmp_path / "deep").mkdir()
    path = beside(tmp_path, location)
    (tmp_path / "link.onnx").symlink_to(location)
    os.link(tmp_path / location, tmp_path / "hard.onnx")
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["reduce", path.name, *words])
    err = capsys.readouterr().err
    assert (left.value.code, err.count("\n")) == (2, 1)
    assert "would be lost" in err
    assert ("model.onnx" if "the model" in how else location) in err
    assert contents(tmp_path) == before


OTHERS = {
    "export": ["export", "model.onnx", "-o", "w.json"],
    "report": ["report", "model.onnx", "r.onnx", "r.onnx.cert.json", "-o", "w.json"],
    "report, the certificate": ["report", "model.onnx", "r.onnx", "c.json", "-o", "c.json"],
    "bundle": ["bundle", "model.onnx", "r.onnx", "r.onnx.cert.json", "-o", "w.json"],
    "prove": ["prove", "model.onnx", "r.onnx", "--query", "w.json"],
    "prove, a model": ["prove", "model.onnx", "r.onnx", "--query", "./r.onnx"],
    "prove, the box": ["prove", "model.onnx", "r.onnx", "--box", "b.vnnlib", "--query", "b.vnnlib"],
}


@pytest.mark.parametrize("how", OTHERS)
def test_no_command_writes_over_what_it_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    """Nor over the weights beside a model."""
    monkeypatch.chdir(tmp_path)
    reduce_file(beside(tmp_path, "w.json"), tmp_path / "r.onnx")
    (tmp_path / "c.json").write_bytes((tmp_path / "r.onnx.cert.json").read_bytes())
    (tmp_path / "b.vnnlib").write_text("(declare-const X_0 Real)")
    before = contents(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(OTHERS[how])
    err = capsys.readouterr().err
    assert (left.value.code, err.count("\n"), "would be lost" in err) == (2, 1, True), err
    assert contents(tmp_path) == before


def test_save_spares_the_weights_of_what_it_saves(tmp_path: Path) -> None:
    """The model's own file may be replaced: what is saved holds all of it."""
    found = load(beside(tmp_path, "w.json"))
    with pytest.raises(Malformed, match="would be lost"):
        save(found, tmp_path / "w.json")
    save(found, found.path)
    assert not load(found.path).digest.external


def interrupted(targets: list[Path], error: type[BaseException]) -> None:
    """Write half of the targets, then fail."""
    with staged(targets) as places:
        places[0].write_bytes(b"half")
        raise error


def test_files_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    """Two targets are written together; after a failure none has changed."""
    first, second = tmp_path / "a", tmp_path / "b"
    with staged([first, second]) as places:
        for place in places:
            place.write_bytes(b"new")
        assert not first.exists()
    assert first.read_bytes() == second.read_bytes() == b"new"
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error):
            interrupted([first, second], error)
    assert first.read_bytes() == second.read_bytes() == b"new"
    assert sorted(tmp_path.iterdir()) == [first, second]


def test_places_that_cannot_be_written_are_refused_first(tmp_path: Path) -> None:
    """A missing folder, a folder in the way: nothing is written, not even the other target."""
    good, missing = tmp_path / "a", tmp_path / "none" / "b"
    (tmp_path / "folder").mkdir()
    for bad in (missing, tmp_path / "folder"):
        with pytest.raises(Unreadable), staged([good, bad]):
            pytest.fail("reached")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_written_files_have_ordinary_permissions(tmp_path: Path) -> None:
    """As if they had been opened for writing; a file that was there is replaced."""
    ordinary, ours = tmp_path / "a", tmp_path / "b"
    ordinary.write_bytes(b"")
    ours.write_bytes(b"old")
    write_file(ours, b"new")
    assert ours.read_bytes() == b"new"
    assert ours.stat().st_mode == ordinary.stat().st_mode
