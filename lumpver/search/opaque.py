"""Opaque nodes, forwards and backwards: whatever they read or make keeps its units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.search.sweeps import proposal

if TYPE_CHECKING:
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Opaque


def proposed(node: Opaque) -> dict[str, Fact]:
    """The facts about all outputs: they are themselves."""
    return {name: proposal(name) for name in node.outputs if name}
