"""Tables of columns: forms of the original's units, for what is shown of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumpver.model.forms import Columns, Form
    from lumpver.model.regions import Formed


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Columns from a tensor on, and the forms over them of what some nodes make."""

    columns: Columns
    known: dict[str, list[Form]]
    nodes: list[Formed]

    def begins(self, nodes: tuple[Formed, ...]) -> bool:
        """Whether these are its nodes, and maybe more."""
        return len(self.nodes) <= len(nodes) and all(
            ours is theirs for ours, theirs in zip(self.nodes, nodes, strict=False)
        )
