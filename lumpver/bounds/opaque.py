"""Opaque nodes as steps: nothing is known of what they make, but of constants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.bounds.steps import Affine, Blank
from lumpver.exact.outward import nearest

if TYPE_CHECKING:
    from lumpver.bounds.steps import Step
    from lumpver.model.network import Opaque


def step(node: Opaque) -> Step:
    """What is known of the node's first output."""
    if node.value is None:
        return Blank()
    value = nearest(node.value).reshape(-1)
    return Affine((), value, np.abs(value))
