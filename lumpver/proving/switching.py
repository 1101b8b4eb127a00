"""Units of a network that never switch, each shown by multipliers that are multiplied out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.checker.cones import shown
from lumpver.checker.walk import Walk
from lumpver.claim.certificate import Certificate
from lumpver.errors import Rejected, ShapeMismatch, TooLarge
from lumpver.search.cones import never_switching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Network


def never_switches(network: Network) -> Mapping[str, tuple[int, dict[int, bool]]]:
    """Of tensors, along which axis which units are never negative, or with False never positive.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> first, second = [[1, 0], [0, 1], [1, 1]], [[-1, -1, 1], [1, 1, 1]]
    >>> layers = [(first, None), (second, None), ([[1, 1]], None)]
    >>> never_switches(Network.from_layers(layers))
    {'h2.pre': (-1, {0: False})}
    """
    found = never_switching(network)
    if not found:
        return {}
    walk = Walk(network, network, Certificate({}, signs=found))
    try:
        for node in network.nodes:
            shown(walk, node.outputs)
    except (Rejected, ShapeMismatch, TooLarge):
        pass  # what was shown before is
    return walk.signs
