"""Coverings: how boxes are cut into parts on which it shows that two models are close.

Statement. A covering says where to look; wherever that is, what is found there is what counts.
cut: an entry of the inputs, whose range is halved; 0 is no cut, k the k-th entry, inputs in order
pair: a tensor of each model that the same activation makes, entry by entry
point: for each input by name its entries, in order
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from lumpver.claim.trees import is_tree
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.relabelling import Indices

    Point: TypeAlias = tuple[tuple[str, tuple[fmpq, ...]], ...]

MOST_CUTS: Final = 2**25
MOST_PAIRS: Final = 2**12
MOST_POINTS: Final = 2**8
MOST_OPEN: Final = 2**12  # parts that wait at once: no range is halved so often to any use


@dataclass(frozen=True, slots=True, eq=False)
class Covering:
    """A tree of cuts in preorder for each box of a domain, and the tensors that are pairs.

    `points` are where to look for how long ranges of outputs are, where a claim is about these.

    Examples
    --------
    >>> import numpy as np
    >>> found = Covering((np.array([2, 0, 1, 0, 0]),), (("h", "h"),))
    >>> found.leaves
    3
    """

    trees: tuple[Indices, ...]
    pairs: tuple[tuple[str, str], ...] = ()
    points: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        if not self.trees or sum(tree.size for tree in self.trees) > MOST_CUTS:
            expected = f"a tree for each box, of at most {MOST_CUTS} nodes in all"
            raise Malformed("trees", expected=expected, got=f"{len(self.trees)}")
        if len(self.pairs) > MOST_PAIRS:
            expected = f"at most {MOST_PAIRS}"
            raise Malformed("pairs", expected=expected, got=str(len(self.pairs)))
        if len(self.points) > MOST_POINTS:
            got = str(len(self.points))
            raise Malformed("points", expected=f"at most {MOST_POINTS}", got=got)
        for i, tree in enumerate(self.trees):
            if not is_tree(tree, most_open=MOST_OPEN):
                got = f"{tree.size} numbers"
                expected = f"a tree in preorder, at most {MOST_OPEN} deep"
                raise Malformed(f"trees[{i}]", expected=expected, got=got)

    def __str__(self) -> str:
        parts = "1 part" if self.leaves == 1 else f"{self.leaves} parts"
        boxes = "1 box" if len(self.trees) == 1 else f"{len(self.trees)} boxes"
        return f"a covering of {boxes} by {parts}"

    @property
    def leaves(self) -> int:
        """How many parts there are of all boxes."""
        return sum(int((tree == 0).sum()) for tree in self.trees)
