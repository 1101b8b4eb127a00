"""Picks in the quotient: from what is left of the units, what is left of those picked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.model.linear import Linear
from lumpver.model.network import Pointwise
from lumpver.model.relabelling import identity
from lumpver.search.blocks import representatives

if TYPE_CHECKING:
    from lumpver.model.network import Network, Node, Pick
    from lumpver.quotient.unfinished import Unfinished


def built(build: Unfinished, node: Pick) -> list[Node]:
    """The node for the units that are left, none where none are.

    Where it would do nothing, what does nothing; but a pick of all units where that would make one
    run of what was two, in which more could go.
    """
    network, axis = build.network, build.network.axes.get(node.input)
    before, after = build.lumping.of(node.input), build.lumping.of(node.output)
    if after is not None and after.width == 0:
        left = network.width[node.input] if before is None else before.width
        build.base[node.output] = build.base.get(node.input, (node.input, left))
        return []
    places = node.along(axis)
    if places is None or axis is None or (before is None and after is None):
        return [node]
    given = before or identity(network.width[node.input])
    units = np.array(places, dtype=np.int64)[representatives(after, len(places))]
    columns = tuple(given.block[units].tolist())
    if columns == tuple(range(given.width)) and not node.besides(axis) and _apart(network, node):
        return [Linear(node.name, node.input, node.output, axis=axis)]
    found = sorted([*node.besides(axis), (axis, columns)])
    return [replace(node, places=tuple(found))]


def _apart(network: Network, node: Pick) -> bool:
    """Whether an activation is ahead of a node, and runs begin with what it makes."""
    readers = network.readers.get(node.output, [])
    ahead = isinstance(network.producers.get(node.input), Pointwise)
    inner = all(tensor.name != node.output for tensor in network.outputs)
    return ahead and inner and all(isinstance(reader, Linear) for reader in readers)


def width(build: Unfinished, node: Pick) -> int | None:
    """Units of the node's output, None where they cannot have changed."""
    after = build.lumping.of(node.output)
    return None if after is None else after.width
