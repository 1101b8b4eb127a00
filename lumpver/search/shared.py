"""Bundles, and what their units are, in all members alike.

bundle: operands and results of joins, and what follows from them unit by unit
writer: a run of linear nodes whose output is a member
reach: the members, and what follows from them: which unit each entry is there
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What the writers of a bundle, as far as they are known, allow its units to be.

    With `member` a block is one of its members, where that can be.
    """

    classes: list[Class]
    constant: Mask
    member: bool = False

    @property
    def is_identity(self) -> bool:
        """Whether all units stay: then more writers change nothing."""
        return len(self.classes) == self.constant.size

    def same_as(self, other: Shared) -> bool:
        """Whether both are the same classes, scales and constants."""
        return self.classes == other.classes and bool((self.constant == other.constant).all())

    def of(self, b: Exact) -> Relabelling:
        """The relabelling of a member whose constants are those of `b`."""
        return relabelling_of(self.classes, self.constant, b, member=self.member)
