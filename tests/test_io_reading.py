"""Reading files: what is none is told at once, and nothing is read for ever."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from lumpver.errors import Unreadable
from lumpver.io import reading
from lumpver.io.reading import file_type, read_bytes, read_view, sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

SUFFIXES = (".onnx", ".onnx.gz", ".nnet", ".json")


def device(path: Path) -> None:
    """A link to a device that never ends."""
    path.symlink_to("/dev/zero")


def null(path: Path) -> None:
    """A link to a device that has ended."""
    path.symlink_to(os.devnull)


def pipe(path: Path) -> None:
    """A named pipe that nobody writes to."""
    os.mkfifo(path)


def link_to_pipe(path: Path) -> None:
    """A link to one."""
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to("pipe")


def a_socket(path: Path) -> None:
    """A socket that somebody listens on."""
    with socket.socket(socket.AF_UNIX) as ours:
        here = Path.cwd()
        os.chdir(path.parent)  # names of sockets are short
        try:
            ours.bind(path.name)
        finally:
            os.chdir(here)


def directory(path: Path) -> None:
    """A directory."""
    path.mkdir()


def dangling(path: Path) -> None:
    """A link to nothing."""
    path.symlink_to("gone")


def missing(path: Path) -> None:
    """Nothing."""


def loop(path: Path) -> None:
    """A link to itself."""
    path.symlink_to(path.name)


def sparse(path: Path) -> None:
    """A file far longer than the disk."""
    path.touch()
    os.truncate(path, 2**42)


NO_FILES: dict[Callable[[Path], None], str] = {
    device: "got a device",
    null: "got a device",
    pipe: "got a pipe",
    link_to_pipe: "got a pipe",
    a_socket: "got a socket",
    directory: "got a directory",
    dangling: "got a link to nothing",
    missing: "there is no such file",
    loop: "symbolic links",
    sparse: "less than 2147483648 bytes",
}
EACH = pytest.mark.parametrize("make", NO_FILES, ids=lambda make: make.__name__)


@EACH
def test_what_is_no_file_is_called_what_it_is(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """At once: nothing waits for a writer."""
    make(tmp_path / "x")
    with pytest.raises(Unreadable, match=NO_FILES[make]) as caught:
        read_bytes(tmp_path / "x")
    assert caught.value.where == str(tmp_path / "x")
    with pytest.raises(Unreadable) as caught:
        read_bytes(tmp_path / "x", where="the weights")
    assert caught.value.where == "the weights"


@EACH
@pytest.mark.parametrize(
    "suffix", [*SUFFIXES, "certificate", "reduced", "box", "explained", "weights"]
)
def test_every_door_says_so_in_one_line(
    tmp_path: Path,
    run: Run,
    make: Callable[[Path], None],
    suffix: str,
) -> None:
    """Models of each format, certificates, boxes, external data: exit 2, one line."""
    small, odd = good(tmp_path), tmp_path / f"odd{suffix if suffix in SUFFIXES else '.json'}"
    make(odd)
    words: list[Any] = ["inspect", odd]
    if suffix == "certificate":
        words = ["check", small, small, odd]
    elif suffix == "reduced":
        words = ["check", small, odd, odd]
    elif suffix == "box":
        words = ["prove", small, small, "--box", odd]
    elif suffix == "explained":
        words = ["explain", odd, "--unit", "y[0]"]
    elif suffix == "weights":
        words = ["inspect", with_weights(tmp_path, odd.name)]
    code, out, err = run(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert odd.name in err


def good(folder: Path) -> Path:
    """A small model."""
    from onnx_models import model, node, tensor

    path = folder / "small.onnx"
    made = model([node("MatMul", "x W", "y")], [tensor("W", [[1.0], [2.0]])])
    path.write_bytes(made.SerializeToString())
    return path


def with_weights(folder: Path, location: str) -> Path:
    """A small model whose weights are in the file `location`."""
    from onnx_models import external, model, node

    path = folder / "model.onnx"
    made = model([node("MatMul", "x W", "y")], [external("W", (2, 1), location=location)])
    path.write_bytes(made.SerializeToString())
    return path


def test_a_bound_leaves_one_byte_to_tell(tmp_path: Path) -> None:
    """So that the caller can say what there is too much of."""
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_bytes(path) == read_bytes(path, most=5) == b"12345"
    assert read_bytes(path, most=3) == b"1234"
    path.write_bytes(b"")
    assert read_bytes(path) == read_bytes(path, most=0) == b""


class _Changing:
    """A file whose length is no longer what it was when it was opened."""

    pieces: ClassVar[list[bytes]] = []

    def __init__(self, file: Any) -> None:
        self.file = file

    def fileno(self) -> int:
        return int(self.file.fileno())

    def read(self, _: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


@pytest.mark.parametrize("pieces", [[], [b"12"], [b"123", b"45", b"6"], [b"1234567"]])
def test_a_file_that_changes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: list[bytes]
) -> None:
    """It shrinks or grows while it is read; what was read of it is no file."""
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    read = reading._read
    monkeypatch.setattr(_Changing, "pieces", pieces)
    monkeypatch.setattr(reading, "_read", lambda file, *rest: read(_Changing(file), *rest))
    with pytest.raises(Unreadable, match="stays 5 bytes long"):
        read_bytes(path)


def test_a_pipe_that_takes_the_files_place_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between asking and opening; opening it does not wait."""
    path, other = tmp_path / "x", tmp_path / "y"
    os.mkfifo(path)
    other.touch()
    asked = other.stat()
    monkeypatch.setattr(Path, "stat", lambda _: asked)
    done: list[str] = []

    def attempt() -> None:
        try:
            read_bytes(path)
        except Unreadable as error:
            done.append(error.got)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(10)
    assert done == ["a pipe"]


def test_what_the_system_invents_is_no_file() -> None:
    """A file of no length that holds something."""
    invented = Path("/proc/self/status")
    if not invented.exists():
        pytest.skip("there is no such system here")
    with pytest.raises(Unreadable, match="stays 0 bytes long"):
        read_bytes(invented)
    assert file_type(invented.stat().st_mode) == "a file"


def test_names_that_no_file_has() -> None:
    """A zero byte, a name that is too long, a file as a folder."""
    for name in ("a\0b", "x" * 300, f"{__file__}/x"):
        with pytest.raises(Unreadable):
            read_bytes(Path(name))


def test_long_files_are_held_once(tmp_path: Path) -> None:
    """As bytes that nobody can change, or only their digest."""
    path = tmp_path / "x"
    for data in (b"", b"12345", bytes(range(256)) * 5000):
        path.write_bytes(data)
        held = read_view(path)
        assert (held, held.readonly) == (data, True)
        assert sha256(path) == hashlib.sha256(data).hexdigest()


@EACH
def test_what_is_no_file_has_no_digest(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Nor can it be held."""
    if make is sparse:
        pytest.skip("it is a file, and its digest takes its time")
    make(tmp_path / "x")
    for read in (read_view, sha256):
        with pytest.raises(Unreadable, match=NO_FILES[make]):
            read(tmp_path / "x")
