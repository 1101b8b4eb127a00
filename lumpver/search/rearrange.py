"""Rearrangements, forwards and backwards: the same units along another axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.rearrange import spread_axis
from lumpver.model.relabelling import spread
from lumpver.model.spread import ALONE, Spread
from lumpver.search.sweeps import proposal

if TYPE_CHECKING:
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network, Rearrange


def proposed(network: Network, node: Rearrange, before: Fact) -> Fact:
    """The fact about the output that follows from one about the input."""
    found, over = before.relabelling, spreads(network, node)
    if found is not None:
        found = spread(found, over)
    return proposal(node.output, found, bounds=before.bounds.spread(over))


def spreads(network: Network, node: Rearrange) -> Spread:
    """As which entries the units of the input lie in the output."""
    found = place(network, node)
    return ALONE if found is None else found[1]


def place(network: Network, node: Rearrange) -> tuple[int, Spread] | None:
    """The axis of the output that the units of the input lie along, and as which entries.

    None where they get mixed, or where no axis of the input is that of units.
    """
    axis = network.axes.get(node.input)
    return None if axis is None else spread_axis(node, network.tensors[node.input].shape, axis)


def pins(network: Network, node: Rearrange, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay: it mixes them, or those it makes must."""
    return node.output in fixed or place(network, node) is None
