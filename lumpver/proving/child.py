"""The process in which a search runs, seen from inside: `apart` starts and ends it.

The request comes from its own parent through stdin; what stdout gets is JSON, and only
from here: whatever else prints, prints to stderr.
"""

from __future__ import annotations

import faulthandler
import json
import os
import pickle
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import LumpverError
from lumpver.proving.effort import budget
from lumpver.proving.messages import failure, written
from lumpver.proving.searching import search

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE: Final = 2.0
_PAUSE: Final = 0.05


def serve() -> None:
    """Answer the one request that comes through stdin."""
    with os.fdopen(os.dup(1), "w", encoding="ascii") as output:
        os.dup2(2, 1)
        request = pickle.load(sys.stdin.buffer)  # noqa: S301 from the parent, which is us
        _end_in_time(request[3])

        def say(message: dict[str, Any]) -> None:
            output.write(f"{json.dumps(message)}\n")
            output.flush()

        say(_outcome(request, say))


def _end_in_time(left: float | None) -> None:
    """End with the parent, and a little after the limit even if Python gets no turn."""
    if left is not None:
        nowhere = Path(os.devnull).open("w", encoding="ascii")  # noqa: SIM115 for good
        faulthandler.dump_traceback_later(left + _PATIENCE, exit=True, file=nowhere)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(1)


def _outcome(request: tuple[Any, ...], say: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    pairing, boxes, solver, left, effort, unsettled = request
    limits = replace(
        budget(timeout=left, effort=effort, watch=_seldom(say)),
        question=lambda text: say({"question": text}),
    )
    try:
        return written(search(pairing, boxes, solver, limits, unsettled=unsettled))
    except LumpverError as error:
        return failure(error)
    except Exception as error:  # noqa: BLE001 the parent says what happened
        said = f"{type(error).__name__}: {error}"
        return {"failure": said, "traceback": traceback.format_exc()}


def _seldom(say: Callable[[dict[str, Any]], None]) -> Callable[[str, int, int], None]:
    """Say which step runs when it begins, and then a few times in a second."""
    last: dict[str, Any] = {"step": "", "at": 0.0}

    def watch(step: str, done: int, of: int) -> None:
        now = monotonic()
        if step != last["step"] or now - last["at"] >= _PAUSE:
            last.update(step=step, at=now)
            say({"step": step, "done": done, "of": of})

    return watch
