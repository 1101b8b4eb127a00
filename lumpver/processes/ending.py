"""The end of a process and of all that it started, whatever these do about signals."""

from __future__ import annotations

import os
import signal
from contextlib import suppress


def end_group(leader: int) -> None:
    """End the process group that `leader` leads; where there are no groups, nothing."""
    if hasattr(os, "killpg"):
        with suppress(OSError):  # there may be none any more
            os.killpg(leader, signal.SIGKILL)
