"""Relabellings in few words."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumpver.exact.array import array, zeros
from lumpver.exact.scalar import number
from lumpver.model.relabelling import Mixed, Relabelling


def rows(
    block: list[int],
    width: int,
    *,
    ghosts: int = 0,
    off: tuple[int, ...] = (),
    mixed: dict[int, dict[int, Any]] | None = None,
    **numbers: Any,
) -> Relabelling:
    """-1 in `block` for a constant, or a unit among those with several entries; `mixed` are these.

    `numbers` are `scale` and `constant`.
    """
    n = len(block)
    entries = [(v, j, number(s)) for v, row in (mixed or {}).items() for j, s in row.items()]
    return Relabelling(
        np.array(block, dtype=np.int64),
        array(numbers["scale"]) if "scale" in numbers else np.ones(n),
        array(numbers["constant"]) if "constant" in numbers else zeros(n),
        width,
        ghosts,
        Mixed.of(entries) if entries else Mixed(),
        np.array(off, dtype=np.int64),
    )
