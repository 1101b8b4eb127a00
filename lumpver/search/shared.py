"""Bundles, and what their units are, in all members alike.

bundle: operands and results of joins, and what follows from them unit by unit
writer: a run of linear nodes whose output is a member
reach: the members, and what follows from them: which unit each entry is there
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.scalar import ONE
from lumpver.search.blocks import relabelling_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.exact.array import Exact
    from lumpver.exact.proportional import Rows
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.search.stable import Class


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """Tensors of as many units, which two or more writers make."""

    members: tuple[str, ...]
    writers: tuple[str, ...]
    reach: Mapping[str, Rows]
    width: int
    parts: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What the writers of a bundle, as far as they are known, allow its units to be.

    The classes have the same units in each part, by ratios of its own. Those that are `gone`
    are constants in some tensors, in others whatever they are: nobody reads them but products with
    0, or, where they are `dark`, activations that make them constants on the domain.
    With `member` a block is one of its members, where that can be.
    """

    classes: Mapping[int, list[Class]]
    constant: Mask
    gone: Mask
    dark: Mask
    member: bool = False

    @property
    def is_identity(self) -> bool:
        """Whether all units stay: then more writers change nothing."""
        found = next(iter(self.classes.values()))
        return len(found) == self.constant.size

    def same_as(self, other: Shared) -> bool:
        """Whether both are the same classes, scales and constants."""
        same = (self.constant == other.constant) & (self.gone == other.gone)
        same &= self.dark == other.dark
        return self.classes == other.classes and bool(same.all())

    def of(self, part: int, b: Exact, moving: Mask) -> Relabelling:
        """The relabelling of a writer of a part, whose constants are those of `b`."""
        ghosts = np.flatnonzero(self.gone & moving)
        known = self.classes.get(part)
        if known is None:  # no writer of it was met yet
            known = [[(v, ONE) for v, _ in c] for c in next(iter(self.classes.values()))]
        alone = [[(int(v), ONE)] for v in ghosts]
        constant = self.constant | (self.gone & ~moving)
        found = relabelling_of([*known, *alone], constant, b, member=self.member)
        if not ghosts.size:
            return found
        width = found.width - ghosts.size
        off = width + np.flatnonzero(self.dark[ghosts])
        return replace(found, width=width, ghosts=ghosts.size, off=off)
