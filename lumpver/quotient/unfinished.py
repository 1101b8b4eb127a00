"""What is known of a quotient while it is built: its nodes, and what has vanished.

base: what readers of a vanished tensor read in its place, and how many units that has
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.exact.array import Exact
    from lumpver.io.storage import Storage
    from lumpver.model.network import Network, Node, Tensor, Unary
    from lumpver.search.lumping import Lumping


@dataclass(slots=True)
class Unfinished:
    """The quotient so far, of a network by a lumping that was found with these class sums."""

    network: Network
    lumping: Lumping
    sums: Mapping[str, Exact]
    storage: Storage | None = None
    nodes: list[Node] = field(default_factory=list)
    base: dict[str, tuple[str, int]] = field(default_factory=dict)

    def vanishes(self, node: Unary) -> bool:
        """Whether a node whose units follow others goes with them; its readers read above."""
        found = self.lumping.of(node.output)
        if found is None or found.width > 0:
            return False
        self.base[node.output] = self.base[node.input]
        return True

    def as_wide(self, node: Unary, known: Mapping[str, Tensor]) -> int | None:
        """Units of the output of a node that makes as many as it reads, if that is known."""
        after = self.lumping.of(node.output)
        if after is not None:
            return after.width
        shape, axis = known[node.input].shape, self.network.axes.get(node.output)
        size = None if shape is None or axis is None else shape[axis]
        return size if isinstance(size, int) else None
