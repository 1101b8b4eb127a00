"""Hints: what makes the bounds of tensors on a box tighter than the rule that needs none.

Statement. Hints choose among bounds that hold whatever is chosen; wrong ones make them weaker.
lean: where between its two pieces the slope of a line through a bend is, in 255ths
cut: an entry of an input, whose range is halved; 0 is no cut, k the k-th entry, inputs in order
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.claim.trees import is_tree
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lumpver.model.relabelling import Indices

    Bytes = NDArray[np.uint8]

STEEPEST: Final = 255
MOST_CUTS: Final = 2**16


@dataclass(frozen=True, slots=True, eq=False)
class Leaning:
    """The lines of an activation that bounds of some entries of a tensor behind it are by.

    `leans` has a row for each of those entries, a column for each of the activation's in `at`.
    """

    at: Indices
    leans: Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """Which entries of a tensor are bounded anew, on one side, and the lines for each.

    `by` names activations by their outputs, at least one. One that it does not name, and an entry
    that is not in its columns, has the line that it has without hints.
    """

    entries: Indices
    above: bool
    by: Mapping[str, Leaning]

    def __post_init__(self) -> None:
        _rising(self.entries, "entries of a target")
        if not self.by:
            raise Malformed("leans of a target", expected="those of an activation", got="none")
        for name, leaning in self.by.items():
            _rising(leaning.at, f"leans of {name}")
            expected = (self.entries.size, leaning.at.size)
            if leaning.leans.dtype != np.uint8 or leaning.leans.shape != expected:
                got = f"{leaning.leans.dtype} {leaning.leans.shape}"
                raise Malformed(f"leans of {name}", expected=f"bytes {expected}", got=got)

    @property
    def size(self) -> int:
        """How many leans there are."""
        return sum(leaning.leans.size for leaning in self.by.values())


@dataclass(frozen=True, slots=True, eq=False)
class Hints:
    """Hints for one box: targets by the name of their tensor, and a tree of cuts in preorder.

    Examples
    --------
    >>> Hints(cuts=(2, 0, 1, 0, 0)).leaves, Hints().leaves
    (3, 1)
    """

    targets: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)
    cuts: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        for name, targets in self.targets.items():
            sides = [target.above for target in targets]
            if not sides or sides != sorted(set(sides)):
                raise Malformed(
                    f"hints for {name}", expected="each side once, below first", got="others"
                )
        if len(self.cuts) > MOST_CUTS or not is_tree(np.array(self.cuts)):
            expected = f"a tree of at most {MOST_CUTS} nodes in preorder"
            raise Malformed("cuts", expected=expected, got=f"{len(self.cuts)} numbers")

    @property
    def size(self) -> int:
        """How many leans there are."""
        return sum(target.size for targets in self.targets.values() for target in targets)

    @property
    def nothing(self) -> bool:
        """Whether bounds are what they are without."""
        return not self.targets and self.leaves == 1

    @property
    def leaves(self) -> int:
        """How many parts the box is cut into."""
        return self.cuts.count(0)


NO_HINTS: Final = Hints()


def _rising(found: Indices, where: str) -> None:
    if found.ndim != 1 or not found.size or found[0] < 0 or (np.diff(found) <= 0).any():
        raise Malformed(where, expected="indices that rise", got="others")
