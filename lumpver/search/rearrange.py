"""Rearrangements, forwards and backwards: the same units along another axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.rearrange import moved_axis
from lumpver.search.sweeps import proposal

if TYPE_CHECKING:
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network, Rearrange


def proposed(node: Rearrange, before: Fact) -> Fact:
    """The fact about the output that follows from one about the input."""
    return proposal(node.output, before.relabelling, bounds=before.bounds)


def pins(network: Network, node: Rearrange, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay: it mixes them, or those it makes must."""
    axis = network.axes.get(node.input)
    if node.output in fixed or axis is None:
        return True
    return moved_axis(node, network.tensors[node.input].shape, axis) is None
