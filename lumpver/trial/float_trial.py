"""How far the floats of two ONNX files lie apart on a few random inputs: no evidence."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.trial.drawn import ends
from lumpver.trial.float_runs import Trial, last_said

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.claim.domain import Boxes

SECONDS: Final = 0.8
_START: Final = 10  # seconds for a Python to start and to import onnxruntime


def float_trial(original: Path, reduced: Path, domain: Boxes | None = None) -> Trial | None:
    """What a trial run of two ONNX files shows, `SECONDS` from onnxruntime's import.

    None where onnxruntime is not installed, or cannot run one of them in that time or in a
    GiB of memory, or an input of the domain has no bounds. Inputs are standard normal, or
    anywhere in the first box of a domain, with a fixed seed; symbolic axes have length 2, and a
    longer batch axis than 16 has length 16.
    """
    files = [os.fspath(original), os.fspath(reduced)]
    drawn = {} if domain is None else {n: ends(found) for n, found in domain.boxes[0].ranges}
    if not all(np.isfinite(side).all() for both in drawn.values() for side in both):
        return None
    given = json.dumps({n: [side.tolist() for side in both] for n, both in drawn.items()}).encode()
    found = last_said("compare", str(SECONDS), *files, seconds=_START + SECONDS, given=given)
    return None if found is None else Trial(**found)
