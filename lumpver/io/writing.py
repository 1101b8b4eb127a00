"""Writing files: whole or not at all, and never over one that was read.

target: where a file is to be in the end
place: the temporary file beside a target until then
"""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed, Unreadable
from lumpver.io.reading import file_type, reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path


_PREFIX: Final = ".lumpver-"
_PLACES: Final[set[Path]] = set()


def spare(targets: Mapping[str, Path], read: Iterable[tuple[Path, str]]) -> None:
    """The targets, by what each is for, are files that may be lost: none of them was read.

    `read` holds the files that were, and what each is. Files are told apart by where they
    lie, not by how a path is spelled: a link to a file is that file.

    Raises
    ------
    Malformed
        If a target is a file that was read, or another target; it names the file.
    Unreadable
        If a target is there and no file, or no file can have its name.
    """
    taken = [(path, f"{what} ({path}), which would be lost") for path, what in read]
    for purpose, target in targets.items():
        if "\0" in str(target):
            raise Unreadable(purpose, expected="the name of a file", got=repr(str(target))[:80])
        _refuse_what_is_no_file(target)
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

    After an exception, a Ctrl-C among them, nothing is left behind and no target changed,
    but for one that comes while the files are put in their places: then all are.

    Raises
    ------
    Unreadable
        If a target is there and no file, or its folder cannot be written to.
    OSError
        As the block raises it, about the targets if it does not say about what.
    """
    places: list[Path] = []
    try:
        for target in targets:
            _refuse_what_is_no_file(target)
            places.append(_place(target))
            _create(places[-1], target)
        try:
            yield places
        except OSError as error:  # of the block, which writes to the places
            if error.filename is None:
                error.filename = " and ".join(map(str, targets))
            raise
        _publish(list(zip(places, targets, strict=True)))
    finally:
        _remove(places)


def discard() -> None:
    """No temporary file of this process is left, whatever has interrupted `staged`."""
    _remove(list(_PLACES))


def write_file(target: Path, data: bytes) -> None:
    """The file `target` holds `data`, or is as it was before."""
    with staged([target]) as (place,):
        place.write_bytes(data)


def _refuse_what_is_no_file(target: Path) -> None:
    """Replacing a device would leave none."""
    with suppress(OSError):
        if (kind := file_type(target.stat().st_mode)) != "a file":
            raise Unreadable(str(target), expected="a file to write", got=kind)


def _place(target: Path) -> Path:
    """A name beside the target that nothing has; known before there is a file of that name."""
    place = target.parent / f"{_PREFIX}{secrets.token_hex(8)}"
    _PLACES.add(place)
    return place


def _create(place: Path, target: Path) -> None:
    try:
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        expected = "a writable folder"
        raise Unreadable(str(target), expected=expected, got=reason(error)) from error


def _publish(pairs: list[tuple[Path, Path]]) -> None:
    """All places become their targets, or none does: what was there is kept until the last."""
    kept = [(target, os.path.lexists(target), _kept(target)) for _, target in pairs[:-1]]
    done = 0
    try:
        for place, target in pairs:
            place.replace(target)
            done += 1
    except OSError as error:
        for replaced, existed, old in kept[:done]:
            _undo(replaced, old, existed=existed)
        expected, where = "a file to write", str(pairs[done][1])
        raise Unreadable(where, expected=expected, got=reason(error)) from error
    except BaseException:  # a signal: what was begun is ended
        for place, target in pairs:
            with suppress(OSError):
                place.replace(target)
        raise
    finally:
        _remove([old for _, _, old in kept if old is not None])


def _kept(target: Path) -> Path | None:
    """Another name for what is at the target, if something is, and can have two."""
    place = _place(target)
    try:
        os.link(target, place, follow_symlinks=False)
    except (OSError, NotImplementedError):
        _PLACES.discard(place)
        return None
    return place


def _undo(target: Path, old: Path | None, *, existed: bool) -> None:
    """What was at the target is there again, or nothing is, if nothing was."""
    with suppress(OSError):
        if old is not None:
            old.replace(target)
        elif not existed:
            target.unlink()


def _remove(places: Iterable[Path]) -> None:
    for place in places:
        with suppress(OSError):
            place.unlink()
        _PLACES.discard(place)
