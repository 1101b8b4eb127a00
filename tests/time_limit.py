"""A limit in seconds on what a test does, so that a hang is a failure."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hung(Exception):
    """It took too long; no OSError, which readers of files turn into one of ours."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Whatever takes longer has hung: `Hung`."""

    def ring(*_: object) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
