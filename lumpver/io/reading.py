"""Reading files: what is one, whole, once, within a bound.

A device, a pipe or a socket is told by asking about it, before it is opened: opening one may
wait forever, or do something. What a file's length was is what is read of it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import FileIO
    from pathlib import Path
    from typing import TypeAlias

    Bytes: TypeAlias = bytes | memoryview

_KINDS: Final = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_MOST: Final = 2**31  # protobuf reads no more
_PIECE: Final = 2**20
_QUIETLY: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def file_type(mode: int) -> str:
    """What `st_mode` says is there, in words.

    Examples
    --------
    >>> from pathlib import Path
    >>> file_type(Path("/").stat().st_mode)
    'a directory'
    """
    return next((word for test, word in _KINDS if test(mode)), "a file")


def read_bytes(path: Path, *, most: int | None = None, where: str | None = None) -> bytes:
    """The bytes of a file; of more than `most` of them so many, and one to tell.

    `where` is what errors call it, if not by its path.

    Raises
    ------
    Unreadable
        If there is no such file, it is none, cannot be read, or changes meanwhile; without
        `most`, if it is 2 GiB long or longer.
    """
    place = str(path) if where is None else where
    with _opened(path, place) as file:
        return _read(file, most, place)


def read_view(path: Path, *, where: str | None = None) -> memoryview:
    """The bytes of a file of any length, held once and read only.

    Raises
    ------
    Unreadable
        As for `read_bytes`.
    """
    place = str(path) if where is None else where
    with _opened(path, place) as file:
        size = os.fstat(file.fileno()).st_size
        buffer = memoryview(bytearray(size))
        got = 0
        while got < size and (more := file.readinto(buffer[got:])):
            got += more
        if got != size or file.read(1):
            raise _changed(place, size, got)
        return buffer.toreadonly()


def read_parts(
    path: Path, spans: Sequence[tuple[int, int]], like: Sequence[Bytes | None], *, where: str
) -> tuple[str, int, list[Bytes]]:
    """The SHA-256 of a file, its length, and the bytes in these spans, in order and apart.

    What is as its fellow in `like` is that one, and not held twice. The file is read once:
    the bytes are those that were hashed.

    Raises
    ------
    Unreadable
        As for `read_bytes`; a span that the file does not have is one that it lost.
    """
    hashed = hashlib.sha256()
    found: list[Bytes] = []
    at = 0
    with _opened(path, where) as file:
        size = os.fstat(file.fileno()).st_size
        for (start, end), other in zip(spans, like, strict=True):
            at += _passed(file, hashed, start - at)
            span = _Span(end - start, other if other is not None and len(other) else None)
            while span.got < span.size and (piece := file.read(min(_PIECE, span.size - span.got))):
                hashed.update(piece)
                span.take(piece)
            at += span.got
            if span.got < span.size:
                raise _changed(where, size, at)
            found.append(span.held())
        at += _passed(file, hashed, size - at)
        if at != size or file.read(1):
            raise _changed(where, size, at)
    return hashed.hexdigest(), size, found


@dataclass(slots=True)
class _Span:
    """Bytes read so far, which are those of another as long as they are the same."""

    size: int
    other: Bytes | None
    got: int = 0
    own: bytearray | None = None

    def take(self, piece: bytes) -> None:
        """Some bytes more."""
        end = self.got + len(piece)
        if self.own is None:
            if self.other is not None and piece == bytes(self.other[self.got : end]):
                self.got = end
                return
            self.own = self._copied()
        self.own[self.got : end] = piece
        self.got = end

    def held(self) -> Bytes:
        """The bytes, read only."""
        if self.own is None and self.other is not None and len(self.other) == self.size:
            return self.other
        own = self._copied() if self.own is None else self.own
        return memoryview(own).toreadonly()

    def _copied(self) -> bytearray:
        """Room for all the bytes, with those that were read so far, which are the other's."""
        made = bytearray(self.size)
        if self.other is not None:
            made[: self.got] = self.other[: self.got]
        return made


def _passed(file: FileIO, hashed: Any, count: int) -> int:
    """Read and hash so many bytes, or as many as there are."""
    got = 0
    while got < count and (piece := file.read(min(_PIECE, count - got))):
        hashed.update(piece)
        got += len(piece)
    return got


def sha256(path: Path, *, where: str | None = None) -> str:
    """The SHA-256 of a file of any length, of which only a piece at a time is held.

    Raises
    ------
    Unreadable
        As for `read_bytes`.
    """
    with _opened(path, str(path) if where is None else where) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(path: Path, place: str) -> Iterator[FileIO]:
    """A file that is one; whatever goes wrong with it is said of the place."""
    with said_of(place):
        try:
            if (kind := file_type(path.stat().st_mode)) != "a file":
                raise Unreadable(place, expected="a file", got=kind)
            with os.fdopen(os.open(path, _QUIETLY), "rb", buffering=0) as file:
                if (kind := file_type(os.fstat(file.fileno()).st_mode)) != "a file":
                    raise Unreadable(place, expected="a file", got=kind)
                yield file
        except MemoryError as error:
            got = f"{path.stat().st_size} bytes, for which there is none"
            raise Unreadable(place, expected="a file that memory holds", got=got) from error
        except FileNotFoundError as error:
            got = "a link to nothing" if path.is_symlink() else "nothing: there is no such file"
            raise Unreadable(place, expected="a file", got=got) from error


@contextmanager
def said_of(place: str) -> Iterator[None]:
    """What the system says against a path, said of the place.

    Raises
    ------
    Unreadable
        If it says anything.
    """
    try:
        yield
    except OSError as error:
        raise Unreadable(place, expected="a readable file", got=reason(error)) from error
    except ValueError as error:  # a zero byte in the name
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(place, expected="the name of a file", got=str(error)) from error


def reason(error: OSError) -> str:
    """What the system says, in its words, else what kind of error it is.

    Examples
    --------
    >>> reason(OSError(28, "No space left on device")), reason(TimeoutError())
    ('No space left on device', 'TimeoutError')
    """
    return error.strerror or type(error).__name__


def _read(file: FileIO, most: int | None, place: str) -> bytes:
    """What is in an open file, as long as it is now."""
    now = os.fstat(file.fileno())
    if most is None and now.st_size >= _MOST:
        raise Unreadable(place, expected=f"less than {_MOST} bytes", got=str(now.st_size))
    size = now.st_size if most is None else min(now.st_size, most + 1)
    pieces, got = [], 0
    while got <= size and (piece := file.read(size - got + 1)):
        pieces.append(piece)
        got += len(piece)
    if got != size and (size == now.st_size or got < size):
        raise _changed(place, now.st_size, got)
    return b"".join(pieces)[:size]


def _changed(place: str, size: int, got: int) -> Unreadable:
    kept = f"a file that stays {size} bytes long"
    return Unreadable(place, expected=kept, got=f"{got} or more")
