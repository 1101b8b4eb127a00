"""Writing: whole or not at all, and never over a file that was read, however it is spelled."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from folders import contents
from onnx_models import external, model, node, tensor

from lumpver import load, save
from lumpver.errors import Malformed, Unreadable
from lumpver.io.writing import discard, spare, staged, write_file
from lumpver.reducing.pipeline import reduce_file

if TYPE_CHECKING:
    from conftest import Run

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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, how: str
) -> None:
    """Exit 2, the file that would be lost is named, all files are as before."""
    location, words = SPELLINGS[how]
    (tmp_path / "deep").mkdir()
    path = beside(tmp_path, location)
    (tmp_path / "link.onnx").symlink_to(location)
    os.link(tmp_path / location, tmp_path / "hard.onnx")
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    code, _, err = run("reduce", path.name, *words)
    assert (code, err.count("\n")) == (2, 1)
    assert "would be lost" in err
    assert ("model.onnx" if "the model" in how else location) in err
    assert contents(tmp_path) == before


OTHERS = {
    "export": ["export", "model.onnx", "-o", "w.json"],
    "report": ["report", "model.onnx", "r.onnx", "r.onnx.cert.json", "-o", "w.html"],
    "report, the certificate": ["report", "model.onnx", "r.onnx", "c.html", "-o", "c.html"],
    "bundle": ["bundle", "model.onnx", "r.onnx", "r.onnx.cert.json", "-o", "w.zip"],
    "prove": ["prove", "model.onnx", "r.onnx", "--query", "w.json"],
    "prove, a model": ["prove", "model.onnx", "r.onnx", "--query", "./r.onnx"],
    "prove, the box": ["prove", "model.onnx", "r.onnx", "--box", "b.vnnlib", "--query", "b.vnnlib"],
}


@pytest.mark.parametrize("how", OTHERS)
def test_no_command_writes_over_what_it_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run, how: str
) -> None:
    """Nor over the weights beside a model."""
    monkeypatch.chdir(tmp_path)
    weights = next((word for word in OTHERS[how] if word.startswith("w.")), "w.json")
    reduce_file(beside(tmp_path, weights), tmp_path / "r.onnx")
    (tmp_path / "c.html").write_bytes((tmp_path / "r.onnx.cert.json").read_bytes())
    (tmp_path / "b.vnnlib").write_text("(declare-const X_0 Real)")
    before = contents(tmp_path)
    code, _, err = run(*OTHERS[how])
    assert (code, err.count("\n"), "would be lost" in err) == (2, 1, True), err
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


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    """A device, a pipe, by name or by a link: it stays what it is, also for one who could."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to(os.devnull)
    for name, kind in (("pipe", "a pipe"), ("null", "a device")):
        with pytest.raises(Unreadable, match=f"got {kind}"):
            write_file(tmp_path / name, b"")
        with pytest.raises(Unreadable, match=f"got {kind}"):
            spare({"the result": tmp_path / name}, [])
    assert (tmp_path / "null").is_symlink()
    assert (tmp_path / "pipe").is_fifo()
    assert len(list(tmp_path.iterdir())) == 2


def fill(targets: list[Path], error: OSError | None = None) -> None:
    """Write the targets, or fail."""
    with staged(targets) as places:
        for place in places:
            place.write_bytes(b"new")
        if error is not None:
            raise error


def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    """What was there stays, and no half of a file."""
    target = tmp_path / "a"
    target.write_bytes(b"old")
    with pytest.raises(OSError, match=r"No space left on device: .*a and .*b"):
        fill([target, tmp_path / "b"], OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


class Failing:
    """`Path.replace`, of which one call raises instead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: BaseException, *, at: int) -> None:
        self.left, self.error, self.replace = at, error, Path.replace
        monkeypatch.setattr(Path, "replace", lambda *paths: self(*paths))  # noqa: PLW0108 bound

    def __call__(self, place: Path, target: Path) -> Path:
        """Only the one call fails."""
        self.left -= 1
        if self.left == 0:
            raise self.error
        return self.replace(place, target)


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_all_targets_are_replaced_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bytes | None, at: int
) -> None:
    """Also where the first could be and a later one could not: what was there comes back."""
    targets = [tmp_path / name for name in "abc"]
    for target in targets if old is not None else []:
        target.write_bytes(old or b"")
    Failing(monkeypatch, OSError(errno.EPERM, "not permitted"), at=at)
    with pytest.raises(Unreadable, match="not permitted") as caught:
        fill(targets)
    assert caught.value.where == str(targets[at - 1])
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert found == ({} if old is None else dict.fromkeys("abc", old))


@pytest.mark.parametrize("at", [1, 2])
def test_what_a_signal_interrupts_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Between two files that belong together: both are there."""
    targets = [tmp_path / "a", tmp_path / "b"]
    targets[1].write_bytes(b"old")
    Failing(monkeypatch, KeyboardInterrupt(), at=at)
    with pytest.raises(KeyboardInterrupt):
        fill(targets)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a": b"new",
        "b": b"new",
    }


def test_nothing_is_left_where_clearing_up_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`discard` knows every temporary file."""
    with monkeypatch.context() as patch:

        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(Path, "unlink", interrupt)
        with pytest.raises(KeyboardInterrupt), staged([tmp_path / "a", tmp_path / "b"]):
            raise RuntimeError
    assert len(list(tmp_path.iterdir())) == 2
    discard()
    assert not list(tmp_path.iterdir())
