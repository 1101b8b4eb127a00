"""The process between the audit and the reducer's: it ends whatever the reducer leaves behind.

The reducer's process has a session of its own, and the keeper adopts what leaves that, so
that no child outlives the audit: not one that ignores signals, nor one whose parents are gone.

worker: the reducer's process
report: how the worker ended, as a line of JSON
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import stat
import sys
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

import psutil

from lumpver.processes.ending import end_group
from lumpver.trial.auditing.serving import serve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from socket import socket

    from lumpver.trial.auditing.serving import Reducer

_DIE_WITH_PARENT: Final = 1
_ADOPT_ORPHANS: Final = 36
_DESCRIPTORS: Final = 4096  # more are hardly ever open
_TICK: Final = 0.05
_LOOK: Final = 0.25  # seconds between looks at the memory
_END: Final = 1.5  # seconds to end everything


def keep(
    reducer: Reducer,
    pipe: socket,
    control: socket,
    others: Sequence[socket],
    memory: int,
    parent: int,
) -> None:
    """Run the reducer's process until it or the audit ends; then nothing of it is left.

    A process that took more than `memory` bytes, its children included, is ended too.
    """
    for each in others:
        each.close()
    if not hasattr(os, "fork"):  # nobody can stand between
        serve(reducer, pipe, memory)
        return
    try:
        _keep(reducer, pipe, control, memory, parent)
    finally:
        os._exit(0)


def _keep(reducer: Reducer, pipe: socket, control: socket, memory: int, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: control.close())
    os.setsid()
    _prctl(_ADOPT_ORPHANS, 1)
    worker = os.fork()
    if worker == 0:
        _work(reducer, pipe, memory)
    pipe.close()
    try:
        _say(control, {"worker": worker})
        _say(control, _watched(worker, control, memory, parent))
    finally:
        _end(worker)


def _work(reducer: Reducer, pipe: socket, memory: int) -> None:
    """The worker; it does not come back."""
    code = 0
    try:
        os.setsid()
        _fall_silent(pipe)
        _prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _limit(memory)
        serve(reducer, pipe, memory)
    except EOFError:
        pass
    except BaseException:  # noqa: BLE001 nothing may run what comes after a fork
        code = 1
    finally:
        with suppress(BaseException):
            sys.stderr.flush()
        os._exit(code)


def _fall_silent(mine: socket) -> None:
    """Close all pipes and sockets but `mine`.

    Through those that came with the fork a reducer would speak for whoever called the audit.
    """
    for number in set(range(3, _DESCRIPTORS)) - {mine.fileno()}:
        with suppress(OSError):  # most are not open
            mode = os.fstat(number).st_mode
            if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
                os.close(number)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _limit(memory: int) -> None:
    """At most so many bytes more than now, and no core dumps."""
    import resource  # noqa: PLC0415 not on every system

    now = getattr(psutil.Process().memory_info(), "data", 0)
    for kind, most in (
        (resource.RLIMIT_DATA, memory + now),
        (resource.RLIMIT_FSIZE, memory),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        with suppress(OSError, ValueError):
            own = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (own, own))


def _say(control: socket, line: dict[str, int]) -> None:
    with suppress(OSError):
        control.sendall(json.dumps(line).encode() + b"\n")


def _watched(worker: int, control: socket, memory: int, parent: int) -> dict[str, int]:
    """The report, once the worker or the audit has ended, or too much memory is taken."""
    files: list[int | socket] = [control]
    with suppress(AttributeError, OSError):
        files.append(os.pidfd_open(worker))
    baseline = _held(worker, parent)
    look = monotonic() + _LOOK
    while True:
        try:
            ready, _, _ = select.select(files, [], [], _TICK)
        except (OSError, ValueError):  # the control was closed by SIGTERM
            return {}
        if control in ready or os.getppid() != parent:
            return {}
        code = _reaped(worker)
        if code is not None:
            return {"code": code}
        if monotonic() > look:
            look = monotonic() + _LOOK
            if _exceeds(worker, parent, baseline, memory):
                return {"memory": memory}


def _reaped(worker: int) -> int | None:
    """The worker's exit code, if it has ended; what the keeper adopted goes without a word."""
    code = None
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == worker:
                code = os.waitstatus_to_exitcode(status)
    return code


def _exceeds(worker: int, parent: int, baseline: int, memory: int) -> bool:
    """Whether the worker and everything it started took more than `memory` bytes together."""
    quick = sum(_bytes(each, "rss") for each in _family(worker))
    return quick > memory and _held(worker, parent) - baseline > memory


def _held(worker: int, parent: int) -> int:
    """Bytes that the keeper, the worker and everything it started hold, each page once.

    A page that the audit shares with them is one of theirs, so that nothing changes where the
    audit frees its own, or writes to it; without Linux, pages that are shared count for each.
    """
    family = _family(worker)
    if sys.platform != "linux":
        return sum(_bytes(each, "rss") for each in family)
    ours = sum(_bytes(each, "pss") for each in {psutil.Process(), *family})
    audit = [psutil.Process(parent)] if psutil.pid_exists(parent) else []
    return ours + sum(_bytes(each, "pss") - _bytes(each, "uss") for each in audit)


def _family(worker: int) -> set[psutil.Process]:
    """The worker and everything it started; what the keeper adopted is part of it."""
    family = set(psutil.Process().children(recursive=True))
    with suppress(psutil.Error):
        family.add(psutil.Process(worker))
    return family


def _bytes(process: psutil.Process, kind: str) -> int:
    """What a process takes: `rss`, `uss` without what it shares, `pss` with its share of that."""
    with suppress(psutil.Error):
        info = process.memory_info() if kind == "rss" else process.memory_full_info()
        return int(getattr(info, kind))
    return 0


def _end(worker: int) -> None:
    """Nothing that the worker started is left, its own group first."""
    end_group(worker)
    until = monotonic() + _END
    while monotonic() < until:
        _reaped(worker)
        family = psutil.Process().children(recursive=True)
        if not family:
            return
        for each in family:
            with suppress(psutil.Error):
                each.kill()
        sleep(0.002)
