"""Rearrangements in the quotient: a Reshape that names the number of units names the new one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumpver.model.network import Network, Rearrange
    from lumpver.model.relabelling import Relabelling
    from lumpver.quotient.unfinished import Unfinished


def built(build: Unfinished, node: Rearrange) -> list[Rearrange]:
    """The node for as many units as are left, none where none are."""
    if build.vanishes(node):
        return []
    found = build.lumping.of(node.output)
    return [node if found is None else _resized(node, build.network, found)]


def _resized(node: Rearrange, network: Network, found: Relabelling) -> Rearrange:
    if node.operator != "Reshape" or node.parameters is None:
        return node
    target = list(node.parameters)
    axis = network.axes[node.output]
    if target[axis] == found.units:
        target[axis] = found.width
    return replace(node, parameters=tuple(target))


def width(build: Unfinished, node: Rearrange) -> int | None:
    """Units of the node's output, None where they cannot have changed."""
    after = build.lumping.of(node.output)
    return None if after is None else after.width
