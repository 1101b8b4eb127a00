"""Tensors that are padded with another number than 0: what they are less that number, with zeros.

Such a run shifts all units alike. What is no unit of the padded tensor would have to be made one
again in front of the zeros, at the price of a matrix, so that nothing is gained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.exact.array import entry
from lumpver.exact.scalar import ZERO
from lumpver.model.linear import shifts_only
from lumpver.model.network import Pool
from lumpver.model.pool import meets_padding
from lumpver.search.families import readers

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.model.network import Linear, Network


def filler(network: Network, node: Linear) -> fmpq | None:
    """The number that stands around what a run reads that begins with this node; None for 0."""
    segment = network.starts.get(node.output)
    if segment is None or not all(map(shifts_only, segment.nodes)):
        return None
    shifts = [part.b for part in segment.nodes if part.b is not None]
    if len(shifts) != 1 or not any(
        isinstance(reader, Pool) and meets_padding(reader)
        for reader in readers(network, segment.output)
    ):
        return None
    found = entry(shifts[0], 0)
    return None if found == ZERO else -found
