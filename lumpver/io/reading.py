"""Reading files: what is one, whole, once, within a bound.

A device, a pipe or a socket is told by asking about it, before it is opened: opening one may
wait forever, or do something. What a file's length was is what is read of it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from lumpver.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

_KINDS: Final = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_MOST: Final = 2**31  # protobuf reads no more
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
    except OSError as error:
        got = error.strerror or type(error).__name__
        raise Unreadable(place, expected="a readable file", got=got) from error
    except ValueError as error:  # a zero byte in the name
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(place, expected="the name of a file", got=str(error)) from error


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
