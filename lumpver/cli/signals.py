"""Signals that end a process: once as an exception, so that everything is cleared up.

met: the signals that have come so far
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_GRACE: Final = 2.0
_SOON: Final = 0.01
_IMPORTING: Final = "<frozen importlib._bootstrap>"
_INTERRUPTED: Final = 2


class Ended(BaseException):
    """A signal has asked this process to end."""


class Left(SystemExit):
    """The process is to leave because of a signal, everything having been cleared up."""


@contextmanager
def ending() -> Iterator[list[int]]:
    """The first signal raises `Ended`; a second, or that being stopped, ends the process.

    Signals that are ignored stay so. What there is of a fork ends as it would anywhere.
    """
    end = _End(os.getpid())
    if threading.current_thread() is not threading.main_thread():
        yield end.met  # only the main thread is told of signals
        return
    hook = sys.unraisablehook
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, end)
        yield end.met
    finally:
        if end.met and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class _End:
    """The handler: raises once, later if a module is being loaded, and ends what stays."""

    process: int
    met: list[int] = field(default_factory=list)
    left: float = _GRACE
    raised: bool = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self.process:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        if not _is_alarm(number):
            self.met.append(number)
        if len(self.met) > 1 or self.raised or self.left < 0:
            leave_at_once()
        if _is_loading(frame) and self._again(_SOON):
            return
        self.raised = True
        sys.unraisablehook = lambda _: None  # where `Ended` cannot be raised, time ends it
        self._again(_GRACE)
        raise Ended(self.met[0])

    def _again(self, seconds: float) -> bool:
        """Whether this is called again after so many seconds."""
        if not hasattr(signal, "setitimer"):
            return False
        self.left -= seconds
        signal.signal(signal.SIGALRM, self)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return True


def _is_alarm(number: int) -> bool:
    return number == getattr(signal, "SIGALRM", None)


def _is_loading(frame: FrameType | None) -> bool:
    """Whether a module is being loaded; some that are written in C crash if that fails."""
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            return True
        frame = frame.f_back
    return False


def leave_at_once(code: int = _INTERRUPTED) -> NoReturn:
    """Leave what is under way, but no temporary file and no process of our own.

    Nothing is torn down that a signal may have met half loaded.
    """
    if "lumpver.io.writing" in sys.modules:
        sys.modules["lumpver.io.writing"].discard()
    if "multiprocessing" in sys.modules:
        for child in sys.modules["multiprocessing"].active_children():
            child.kill()
    os._exit(code)
