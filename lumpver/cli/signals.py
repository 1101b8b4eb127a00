"""Signals that end a process: once as an exception, so that everything is cleared up.

met: the signals that have come so far
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_GRACE: Final = 2.0
_INTERRUPTED: Final = 2


class Ended(BaseException):
    """A signal has asked this process to end."""


@contextmanager
def ending() -> Iterator[list[int]]:
    """The first signal raises `Ended`; a second, or that being stopped, ends the process.

    Signals that are ignored stay so. What there is of a fork ends as it would anywhere.
    """
    met: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield met  # only the main thread is told of signals
        return
    process, hook = os.getpid(), sys.unraisablehook

    def end(number: int, _: FrameType | None) -> None:
        if os.getpid() != process:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        met.append(number)
        if len(met) > 1:
            _leave_at_once()
        sys.unraisablehook = lambda _: None  # where `Ended` cannot be raised, time ends it
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, end)
            signal.setitimer(signal.ITIMER_REAL, _GRACE)
        raise Ended(number)

    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, end)
        yield met
    finally:
        if met and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave_at_once() -> None:
    """Leave what is under way, but no temporary file and no process of our own."""
    if "lumpver.io.writing" in sys.modules:
        sys.modules["lumpver.io.writing"].discard()
    if "multiprocessing" in sys.modules:
        for child in sys.modules["multiprocessing"].active_children():
            child.kill()
    os._exit(_INTERRUPTED)
