"""How few units one hidden layer may have, in words: at least so many, and at most.

What is said holds for all inputs, in real arithmetic, for layers whose outputs have biases, without
a skip; where fewer units are not known to be impossible, it is not said that they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.model.several import kinds
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lumpver.model.network import Network
    from lumpver.search.widths import Width

MOST: Final = 8  # that are told one by one


def needed(network: Network, width: Width) -> str:
    """What is known of the layers that could stand in a hidden one's place.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.reducing.reduction import reduce
    >>> network = Network.from_layers([([[1], [-1], [1]], [0, 0, -1]), ([[1, 1, 1]], None)])
    >>> needed(network, *reduce(network).widths)
    'No ReLU network with one hidden layer computes y from x with fewer than 2 units.'
    """
    activation = visible(", ".join(dict.fromkeys(_names(network, width.layer))))
    kind = f"{activation} network with one hidden layer"
    ends = f"{visible(width.end)} from {visible(width.start)}"
    units = f"{width.least} unit{'s' * (width.least != 1)}"
    if width.least == width.most:
        return f"No {kind} computes {ends} with fewer than {units}."
    return (
        f"One hidden layer of a {activation} network that computes {ends} has at least {units};"
        f" {width.most} suffice, and whether fewer do was not found out."
    )


def _names(network: Network, layer: str) -> Iterator[str]:
    """What people call the activations of a layer."""
    for node in network.activations(layer):
        function = node.activation
        spoken = kinds(function)[0].row.torch
        yield str(function).replace(function.operator, spoken.name if spoken else function.operator)


def few(lines: Iterable[str]) -> list[str]:
    """The first few lines.

    Examples
    --------
    >>> len(few("abcdefghijk"))
    8
    """
    return [line for _, line in zip(range(MOST), lines, strict=False)]
