"""The nodes of a network: one kind each for what it computes, each in a module of its own.

Nodes read tensors by name and make new ones; numbers are exact arrays.

unit: one entry of a tensor's unit axis
axis: the unit axis counted from the end, -1 for the last

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from lumpver.exact.array import Exact, is_float
from lumpver.model.join import Join
from lumpver.model.linear import Linear
from lumpver.model.opaque import Opaque
from lumpver.model.pointwise import Pointwise
from lumpver.model.pool import Pool
from lumpver.model.rearrange import Rearrange

_BLOCK: Final = 2**20  # bytes that are compared at a time


Unary = Linear | Pointwise | Pool | Rearrange
Modelled = Unary | Join
Node = Modelled | Opaque


@dataclass(frozen=True, slots=True)
class Segment:
    """A maximal run of affine nodes: nothing but its last node's output is read elsewhere."""

    nodes: tuple[Linear, ...]

    @property
    def input(self) -> str:
        return self.nodes[0].input

    @property
    def output(self) -> str:
        return self.nodes[-1].output

    @property
    def axis(self) -> int:
        return self.nodes[-1].axis


def same_numbers(a: Exact | None, b: Exact | None) -> bool:
    """Whether two optional parameters are stored as the same bytes or both absent."""
    if a is None or b is None:
        return a is b
    if a is b:
        return True
    if not is_float(a) or a.dtype != b.dtype or a.shape != b.shape:
        return False
    a, b = np.atleast_1d(a), np.atleast_1d(b)
    if a.size == 0 or (a.strides == b.strides and a.ctypes.data == b.ctypes.data):
        return True
    if a.ndim == 2 and a.strides == b.strides and a.strides[0] < a.strides[1]:
        a, b = a.T, b.T  # as they lie in memory
    step = max(1, _BLOCK * len(a) // a.nbytes)
    return all(
        a[start : start + step].tobytes() == b[start : start + step].tobytes()
        for start in range(0, len(a), step)
    )
