"""Tests for `lumpver.processes`: nothing of a process is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

import pytest

from lumpver.processes.ending import end_group

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="no process groups here")
# A child that ignores SIGTERM and holds its parent's stdout open.
CHILD: Final = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print(1, flush=True); time.sleep(600)"
)
PARENT: Final = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {CHILD!r}])"


def test_the_children_of_a_leader_end_with_it() -> None:
    """The pipe that a grandchild holds is closed, so reading comes to its end."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"1\n"
        end_group(process.pid)
        assert process.stdout.read() == b""
        assert process.wait(60) == -9
        end_group(process.pid)  # once more is no error
