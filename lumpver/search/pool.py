"""Pools, forwards and backwards: blocks stay, constants go through them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.exact.array import array, multiply
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.pool import meets_padding, summed
from lumpver.search.sweeps import proposal

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network, Pool


def proposed(network: Network, node: Pool, before: Fact) -> Fact:
    """The fact about the output that follows from one about the input."""
    after = before.relabelling
    count = summed(node, network.tensors[node.input].shape)
    if after is not None and after.has_constants and count not in (None, 1):
        after = replace(after, constant=multiply(after.constant, array([count])))
    bounds = before.bounds.pooled(node.operator, padded=meets_padding(node))
    return proposal(node.output, after, bounds=bounds)


def constant(network: Network, node: Pool, value: fmpq) -> fmpq | None:
    """What the node makes of a channel of this value, None where that is no constant."""
    count = summed(node, network.tensors[node.input].shape)
    if value == 0:
        return ZERO
    return None if count is None or meets_padding(node) else value * count * ONE


def pins(network: Network, node: Pool, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay: they are no channels, or those it makes."""
    return node.output in fixed or network.axes.get(node.input) != node.axis
