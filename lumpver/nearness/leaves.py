"""The bounds of all tensors of two networks in some boxes at once, as far as they are found.

leaf: one of the boxes; all arrays have a row for each
row: factors of the entries of a tensor, in one leaf
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lumpver.bounds.leaf import Interval
    from lumpver.bounds.pointwise import Lines
    from lumpver.exact.array import Exact
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices, Mask
    from lumpver.nearness.planes import Planes
    from lumpver.nearness.twin import Twin


@dataclass(frozen=True, slots=True, eq=False)
class Winner:
    """Of each window, for each leaf: the entry that is sure to be most, if there is one.

    `best` is an entry that the largest is at least; `there` where its bounds are finite, `alone`
    where no other can be larger.
    """

    best: Indices
    there: Mask
    alone: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """In each leaf the slopes, a row for each free input, constants, and how far all is off."""

    slopes: Floats
    constant: Floats
    off: Floats

    @property
    def size(self) -> Floats:
        """How large what the form adds up is at most, but for what is off."""
        return np.asarray(np.abs(self.slopes).sum(axis=1) + np.abs(self.constant))


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """In each leaf, for each unit at which it is cut: slopes x + constant is at most 0.

    x are all entries of the inputs; both are 0 where nothing is known.
    """

    slopes: Floats
    constant: Floats


@dataclass(slots=True, eq=False)
class Leaves:
    """The bounds in so many leaves.

    `magnitudes` has for each affine step how large what it adds up is at most; `lines` what each
    activation is between; `planes` what activations of a pair differ by; `forms` linear forms in
    the inputs. What rounding may cost counts `wary` times. Where it is `noting`, `reach` has how
    far each input moves an entry, for whoever cuts leaves. `on` has the units at which a leaf is
    cut (`trees`), `sides` what that says of inputs; leaves that are `void` have no inputs at all.
    """

    twin: Twin
    count: int
    wary: int = 1
    noting: bool = False
    intervals: dict[str, Interval] = field(default_factory=dict)
    magnitudes: dict[str, Floats] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)
    winners: dict[str, Winner] = field(default_factory=dict)
    planes: dict[str, Planes] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    reach: dict[str, Floats] = field(default_factory=dict)
    on: Indices = field(default_factory=lambda: np.zeros((1, 0), dtype=np.int64))
    sides: Sides | None = None
    void: Mask = field(default_factory=lambda: np.zeros(1, dtype=bool))

    @property
    def cut(self) -> Mask:
        """Which leaves are cut at units."""
        return np.asarray((self.on != 0).any(axis=1))


def of_rows(values: Exact, of: Indices) -> Exact:
    """For each row the numbers of its leaf; of one leaf alone they are not repeated."""
    return values if values.shape[0] == 1 else values[of]


def dot(rows: Floats, values: Floats, of: Indices) -> Floats:
    """Each row times the numbers of its leaf."""
    if values.shape[0] == 1:
        return np.asarray(rows @ values[0])
    return np.asarray(np.einsum("ij,ij->i", rows, values[of]))
