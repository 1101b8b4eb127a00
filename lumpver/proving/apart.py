"""A search in a process of its own, which is ended when its time is over.

A solver may not listen, and a step may be long; a process can always be ended. It is a
fresh interpreter; what it says is JSON text, a line at a time, and never code.

grace: seconds beyond the limit for a search to end by itself
start: seconds in which a Python starts; without them a limit of 0 would allow no search
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import IO, TYPE_CHECKING, Final

from lumpver.processes.ending import end_group
from lumpver.proving.answers import JOINT, Answer, Unknown
from lumpver.proving.messages import read, read_failure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from lumpver.proving.boxes import Box
    from lumpver.proving.effort import Budget
    from lumpver.proving.pairing import Pair
    from lumpver.proving.smt import Solver

GRACE: Final = 0.5
START: Final = 1.5
_PATIENCE: Final = 0.2
_PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline());"
    " from lumpver.proving.child import serve; serve()"
)
_OVER: Final = "the time limit has passed"


def search_apart(
    pairing: Pair,
    boxes: Sequence[Box],
    solver: Solver,
    limits: Budget,
    *,
    unsettled: Collection[str] = (),
) -> Answer:
    """As `searching.search`, within the budget's deadline and the grace, whatever happens.

    Raises
    ------
    LumpverError
        As `searching.search` does.
    RuntimeError, MemoryError
        If the search fails in a way that nobody foresaw.
    """
    left = limits.left
    limit = monotonic() + (0.0 if left is None else left)
    plain = replace(pairing, a=replace(pairing.a, source=None), b=replace(pairing.b, source=None))
    request = (plain, tuple(boxes), solver, left, limits.effort, tuple(unsettled))
    with _process(pickle.dumps(request, protocol=pickle.HIGHEST_PROTOCOL)) as lines:
        return _heard(lines, limit, limits)


def _heard(lines: SimpleQueue[bytes], limit: float, limits: Budget) -> Answer:
    """The answer that comes in time; else that there is none."""
    step, question, end = JOINT, "", limit + START
    while True:
        try:
            line = lines.get(timeout=max(0.0, end - monotonic()))
        except Empty:
            line = None
        if line is None or monotonic() > end + GRACE:
            return Unknown(step, f"{_OVER} during {step}", question)
        if not line:
            return Unknown(step, f"its process ended without an answer during {step}", question)
        message = json.loads(line)
        end = min(end, max(limit, monotonic()) + GRACE)  # it has started
        match message:
            case {"step": str(step), "done": int(done), "of": int(of)}:
                limits.watch(step, done, of)
            case {"question": str(question)}:
                limits.question(question)
            case {"error": _}:
                raise read_failure(message)
            case {"failure": str(said), "traceback": str(trace)}:
                kind = MemoryError if "MemoryError" in said else RuntimeError
                error = kind(said)
                error.add_note(trace)
                raise error
            case _:
                return read(message)


@contextmanager
def _process(request: bytes) -> Iterator[SimpleQueue[bytes]]:
    """The lines of a process that was given the request, then its code; ended at the end."""
    process = subprocess.Popen(  # noqa: S603 this Python
        [sys.executable, "-P", "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    lines: SimpleQueue[bytes] = SimpleQueue()
    threads = [
        Thread(target=_tell, args=(process.stdin, request), daemon=True),
        Thread(target=_listen, args=(process.stdout, lines), daemon=True),
    ]
    try:
        for thread in threads:
            thread.start()
        yield lines
    finally:
        _end(process)
        pipes = filter(None, (process.stdin, process.stdout))
        for thread, pipe in zip(threads, pipes, strict=True):
            thread.join(_PATIENCE)
            if not thread.is_alive():
                with suppress(OSError):
                    pipe.close()


def _tell(pipe: IO[bytes], request: bytes) -> None:
    """Send where modules lie, and the request; the pipe stays open, to show that we live."""
    with suppress(OSError):
        pipe.write(json.dumps([str(place) for place in sys.path]).encode() + b"\n")
        pipe.write(request)
        pipe.flush()


def _listen(pipe: IO[bytes], lines: SimpleQueue[bytes]) -> None:
    for line in pipe:
        if line.endswith(b"\n"):
            lines.put(line)
    lines.put(b"")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started, and wait until it is gone."""
    end_group(process.pid)
    with suppress(OSError):
        process.kill()
    process.wait()
