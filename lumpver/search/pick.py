"""Picks, forwards and backwards: some of the units, and as many of their blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import NEVER_NEGATIVE, UNBOUNDED
from lumpver.model import together
from lumpver.model.network import Pick
from lumpver.search.families import keeps, origins
from lumpver.search.sweeps import proposal

if TYPE_CHECKING:
    from lumpver.claim.facts import Fact
    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.withheld import Units


def proposed(network: Network, node: Pick, before: Fact, *, pinned: bool) -> Fact:
    """The fact about the output that follows from one about the input; none if it is `pinned`."""
    bounds = NEVER_NEGATIVE if before.bounds.never_negative else UNBOUNDED
    given = before.relabelling
    places = node.along(network.axes.get(node.input))
    if given is not None and places is not None and pinned:
        return proposal(node.output, bounds=bounds)
    if given is None or places is None:
        return proposal(node.output, given, bounds=bounds)
    units = np.array(places, dtype=np.int64)
    after = together.picked(given, units, held(given, units))
    return proposal(node.output, None if after.is_identity else after, bounds=bounds)


def held(given: Relabelling, units: Rows) -> Rows:
    """The columns that the rows of some units read, in the order in which they are met first."""
    found = [column for unit in units.tolist() for column, _ in given.row(unit)]
    return np.array([c for c in dict.fromkeys(found) if c < given.width], dtype=np.int64)


def picked(network: Network, fixed: frozenset[str]) -> Units:
    """The units that must stay because a pick makes a tensor of them that keeps its units."""
    found: set[tuple[str, int]] = set()
    for node in network.nodes:
        if isinstance(node, Pick) and node.output in fixed and not keeps(network, node):
            found.update(origins(network, node.output))
    return frozenset(found)


def pins(network: Network, node: Pick, fixed: set[str]) -> bool:
    """Whether all units that a node reads must stay: no axis is theirs, or it makes all of them.

    Where it makes some, those stay, and they alone.
    """
    if network.axes.get(node.input) is None:
        return True
    return node.output in fixed and keeps(network, node)
