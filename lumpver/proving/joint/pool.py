"""Pools in joint lumping: like opaque nodes, known by the operand and how they pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.proving.joint import opaque
from lumpver.proving.veiled import veil

if TYPE_CHECKING:
    from lumpver.model.network import Pool
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Value


def valued(sweep: Sweep, node: Pool) -> dict[str, Value]:
    """The value of the output: a number that only the same pool of the same operand has."""
    return opaque.valued(sweep, veil(node))
