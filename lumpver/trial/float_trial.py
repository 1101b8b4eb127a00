"""How far the floats of two ONNX files lie apart on a few random inputs: no evidence."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from lumpver.trial.float_runs import Trial, last_said

if TYPE_CHECKING:
    from pathlib import Path

SECONDS: Final = 0.8
_START: Final = 10  # seconds for a Python to start and to import onnxruntime


def float_trial(original: Path, reduced: Path) -> Trial | None:
    """What a trial run of two ONNX files shows, `SECONDS` from onnxruntime's import.

    None where onnxruntime is not installed, or cannot run one of them in that time or in a
    GiB of memory. Inputs are standard normal, with a fixed seed; symbolic axes have length
    2, and a longer batch axis than 16 has length 16.
    """
    files = [os.fspath(original), os.fspath(reduced)]
    found = last_said("compare", str(SECONDS), *files, seconds=_START + SECONDS)
    return None if found is None else Trial(**found)
