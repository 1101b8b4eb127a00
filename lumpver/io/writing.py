"""Writing files: whole or not at all, and never over one that was read.

target: where a file is to be in the end
place: the temporary file beside a target until then
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lumpver.errors import Malformed, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


def spare(targets: Mapping[str, Path], read: Iterable[tuple[Path, str]]) -> None:
    """The targets, by what each is for, are files that may be lost: none of them was read.

    `read` holds the files that were, and what each is. Files are told apart by where they
    lie, not by how a path is spelled: a link to a file is that file.

    Raises
    ------
    Malformed
        If a target is a file that was read, or another target; it names the file.
    Unreadable
        If a target is a directory, or no file can have its name.
    """
    taken = [(path, f"{what} ({path}), which would be lost") for path, what in read]
    for purpose, target in targets.items():
        if "\0" in str(target):
            raise Unreadable(purpose, expected="the name of a file", got=repr(str(target))[:80])
        if target.is_dir():
            raise Unreadable(str(target), expected="a file to write", got="a directory")
        for path, what in taken:
            if _same(path, target):
                raise Malformed(str(target), expected=f"another file for {purpose}", got=what)
        taken.append((target, purpose))


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file, or would if there were one."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        return os.path.samestat(one.stat(), other.stat())
    except (OSError, ValueError):
        return False


@contextmanager
def staged(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Temporary files beside the targets, which replace them if the block succeeds.

    After an exception, a Ctrl-C among them, nothing is left behind and no target changed.

    Raises
    ------
    Unreadable
        If a target's folder cannot be written to.
    """
    places: list[Path] = []
    try:
        for target in targets:
            if target.is_dir():
                raise Unreadable(str(target), expected="a file to write", got="a directory")
            try:
                handle, name = tempfile.mkstemp(prefix=".lumpver-", dir=target.parent)
            except OSError as error:
                got = error.strerror or type(error).__name__
                raise Unreadable(str(target), expected="a writable folder", got=got) from error
            os.close(handle)
            places.append(Path(name))
        yield places
        for place, target in zip(places, targets, strict=True):
            _replace(place, target)
    finally:
        for place in places:
            with suppress(FileNotFoundError):
                place.unlink()


def _replace(place: Path, target: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    place.chmod(0o666 & ~mask)
    try:
        place.replace(target)
    except OSError as error:
        got = error.strerror or type(error).__name__
        raise Unreadable(str(target), expected="a file to write", got=got) from error


def write_file(target: Path, data: bytes) -> None:
    """The file `target` holds `data`, or is as it was before."""
    with staged([target]) as (place,):
        place.write_bytes(data)
