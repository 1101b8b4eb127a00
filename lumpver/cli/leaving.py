"""What is said, and with which code a command ends, where it does not end by itself.

lost: closed, full, or read by nobody; nothing more can be said there
bug: whatever no module expected; its exit code is its own, 4
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from lumpver.cli.output import BAD_INPUT, BUG, NO
from lumpver.cli.signals import Ended
from lumpver.errors import LumpverError, Rejected, SelfCheckFailed, Unreadable
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import TextIO

_LONGEST: Final = 900
_STDOUT: Final = "standard output"
_OF_OUTPUT: Final = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EBADF)
_PLEASE: Final = "a bug in lumpver, please report it with the files (--debug shows where)"
_PACKAGE: Final = f"{Path(__file__).parents[1]}{os.sep}"


def require_streams() -> None:
    """There are three streams, so that no file that is opened later becomes one of them.

    Raises
    ------
    Unreadable
        If there is nowhere to put the answer.
    """
    missing = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in missing:
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    if "stdout" in missing:
        raise Unreadable(_STDOUT, expected="an open one, for the answer", got="a closed one")


def leave(error: BaseException, stdout: TextIO, given: Collection[str]) -> int:
    """Say what an exception means, in one line or one object; the exit code."""
    if "--debug" in given:
        show_traceback(error)
    code, meant = (BAD_INPUT, None) if _is_unread(error, stdout) else told(error)
    lost = _is_lost(stdout) or (meant or {}).get("where") == _STDOUT
    if meant is not None:
        _say(meant, as_json="--json" in given and not lost)
    if lost:
        _silence(stdout)
    if _is_lost(sys.stderr):
        _silence(sys.stderr)
    return code


def show_traceback(error: BaseException) -> None:
    """Print where an exception comes from, if there is a stderr to print it to."""
    with suppress(OSError, ValueError):
        traceback.print_exception(error)


def told(error: BaseException) -> tuple[int, dict[str, str]]:
    """The exit code that an exception means, and the fields of what is said of it."""
    code, fields = _meant(error)
    return code, {"where": "", "expected": "", "got": "", **fields}


def _meant(error: BaseException) -> tuple[int, dict[str, str]]:
    match error:
        case Ended() | click.exceptions.Abort() | KeyboardInterrupt():
            return BAD_INPUT, {"kind": "interrupted", "message": _interrupted(error)}
        case click.ClickException():
            return BAD_INPUT, {"kind": "usage", "message": _misused(error)}
        case SelfCheckFailed():
            return BUG, error.as_dict() | {"message": f"{_PLEASE}: {error}"}
        case Rejected():
            return NO, error.as_dict()
        case LumpverError():
            return BAD_INPUT, error.as_dict()
        case OSError():
            return BAD_INPUT, _system(error)
        case MemoryError():
            return BAD_INPUT, {"kind": "memory", "message": _memory(error)}
    return BUG, _bug(error)


def _is_unread(error: BaseException, stdout: TextIO) -> bool:
    """Whether nobody reads stdout any more: click and rich then exit with 1, which is a "no"."""
    pipe = isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError)
    return pipe or (isinstance(error, SystemExit) and sys.stdout is not stdout)


def _interrupted(error: BaseException) -> str:
    number = error.args[0] if isinstance(error, Ended) else signal.SIGINT
    by = "" if number == signal.SIGINT else f" by {signal.Signals(number).name}"
    return f"interrupted{by}"


def _misused(error: click.ClickException) -> str:
    """What is wrong with the words of a command, and who knows the right ones."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    helps = "" if context is None else f" (`{context.command_path} --help` has all options)"
    return f"{error.format_message().removesuffix('.')}{helps}"


def _system(error: OSError) -> dict[str, str]:
    """All files that are read or written have names, so what has none is the output."""
    said = error.strerror or str(error) or type(error).__name__
    if error.filename is None and error.errno in _OF_OUTPUT:
        full = Unreadable(_STDOUT, expected="room for the answer", got=said)
        return full.as_dict() | {"kind": "output"}
    where = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
    return {"kind": "system", "message": f"{where}{said}"}


def _memory(error: MemoryError) -> str:
    said = "not enough memory"
    with suppress(ImportError):
        import resource  # noqa: PLC0415 not on every system

        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        said += f", of which {used // 1024} MiB were in use"
    return f"{said}: {error}" if str(error) else said


def _bug(error: BaseException) -> dict[str, str]:
    """The last line of ours that was reached, and what happened there."""
    got = f"{type(error).__name__}: {error}".removesuffix(": ")
    ours = [
        f"{frame.filename.removeprefix(_PACKAGE)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(_PACKAGE)
    ]
    where = ours[-1] if ours else ""
    return {"kind": "bug", "where": where, "got": got, "message": f"{_PLEASE}: {where}: {got}"}


def _say(fields: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        with suppress(OSError, ValueError):  # else in a line
            click.echo(json.dumps({"error": fields}, sort_keys=True))
            return
    with suppress(OSError, ValueError):  # where nothing can be said, the code has to do
        click.echo(f"lumpver: {_line(fields['message'])}", err=True)


def _line(message: str) -> str:
    """One line that a terminal shows and does not obey."""
    words = message.replace("\n", " ")
    shown = visible(words[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _is_lost(stream: TextIO) -> bool:
    try:
        stream.flush()
    except (OSError, ValueError):
        return True
    return False


def _silence(stream: TextIO) -> None:
    """What is still to be written there goes nowhere, lest Python complains at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
