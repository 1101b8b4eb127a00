"""Certificates for pruned nodes: the checker's word that the linear update changed nothing.

The nodes that never switch are pruned together, and the claim is written down as for any
reduction: each pruned unit is its combination of units that are left. `reduce`, which does
not know the plan, is asked as well how far it gets by itself.

certified: nodes whose linear update the checker accepts, for all inputs
left: units of the synthetic layer after `reduce`, whose certificate is checked too
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from experiments.paper.pruning import without
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.exact.array import zeros
from lumpver.model.relabelling import Mixed, Relabelling
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Mapping

    from experiments.paper.heads import Head
    from experiments.paper.synthetic import Combined

SYNTHETIC: Final = "h2.pre"
COVERED: Final = ("stable", "unread")


def relabelling(width: int, removed: Mapping[Combined, str]) -> Relabelling:
    """What the `width` units of the layer are in terms of those left without these nodes.

    Each node comes with its reason: a `stable` one is its combination of those that are
    left, an `unread` one is a ghost.

    Examples
    --------
    >>> from flint import fmpq
    >>> from experiments.paper.synthetic import Combined
    >>> relabelling(3, {Combined(1, ((0, fmpq(1)), (2, fmpq(2)))): "stable"}).recover([5, 6])
    [5, 17, 6]
    """
    left = np.setdiff1d(np.arange(width), [one.node for one in removed])
    block = np.full(width, -1)
    block[left] = np.arange(left.size)
    entries, ghosts = [], 0
    for one in sorted(removed, key=lambda one: one.node):
        if removed[one] == "stable":
            entries += [(one.node, int(block[j]), c) for j, c in sorted(one.terms)]
        else:
            block[one.node] = left.size + ghosts
            ghosts += 1
    several = Mixed.of(entries)
    ones, none = np.ones(width), zeros(width)
    return Relabelling(block, ones, none, left.size, ghosts, mixed=several)


def certificate(width: int, removed: Mapping[Combined, str]) -> Certificate:
    """The claim that the linear update of these nodes, of `width` in the layer, is exact.

    Examples
    --------
    >>> from flint import fmpq
    >>> from experiments.paper.synthetic import Combined
    >>> found = certificate(3, {Combined(1, ((0, fmpq(1)), (2, fmpq(2)))): "stable"})
    >>> list(found.tensors)
    ['h2.pre']
    """
    return Certificate({SYNTHETIC: (Fact(SYNTHETIC, relabelling(width, removed)),)})


def certified(head: Head, removed: Mapping[Combined, str]) -> int:
    """How many nodes were removed, now that the checker has accepted the pruned head.

    Raises
    ------
    Rejected
        If the checker does not accept that pruning them changes nothing.

    Examples
    --------
    >>> from flint import fmpq
    >>> from experiments.paper.heads import Head
    >>> from experiments.paper.synthetic import Combined
    >>> from lumpver.exact.array import array
    >>> rows = array([[1, 0], [0, 2], [1, 4]])
    >>> no = np.zeros(3)
    >>> head = Head((np.eye(2), no[:2]), (rows, no), (np.ones((1, 3)), no[:1]))
    >>> certified(head, {Combined(2, ((0, fmpq(1)), (1, fmpq(2)))): "stable"})
    1
    """
    if removed:
        claim = certificate(head.synthetic[0].shape[0], removed)
        check(head.network, without(head, list(removed)).network, claim)
    return len(removed)


def left(head: Head) -> int:
    """How many units of the synthetic layer `reduce` leaves, checked.

    Raises
    ------
    Rejected
        If the checker does not accept the reduced head.
    """
    network = head.network
    found = reduce(network)
    check(network, found.network, found.certificate)
    return found.network.width.get(SYNTHETIC, 0)
