"""Parts of a bundle: tensors whose units are scaled alike; a product has scales of its own.

part: members that are tied by anything but products and quotients, by a number
made: of a part that only one product makes, and no run of linear nodes
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.model.join import Join
from lumpver.search.families import reach
from lumpver.search.readers import lets_multiples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.model.network import Network, Node
    from lumpver.search.shared import Bundle


def is_product(node: Node | None) -> bool:
    """Whether a node multiplies or divides two tensors."""
    return isinstance(node, Join) and node.operator in ("Mul", "Div")


def has_products(network: Network, bundle: Bundle) -> bool:
    """Whether a unit may be 0 in a bundle because it is in one writer."""
    return any(is_product(network.producers[name]) for name in bundle.members)


def parts_of(network: Network, members: Sequence[str]) -> dict[str, int]:
    """The part of each member."""
    found = {name: place for place, name in enumerate(members)}
    for name in members:
        node = network.producers.get(name)
        if node is None or is_product(node) or name in network.ends:
            continue
        for other in node.inputs:
            if other in found and found[other] != found[name]:
                old, new = found[other], found[name]
                found |= {one: new for one, part in found.items() if part == old}
    return found


def multiples(network: Network, bundle: Bundle) -> Mapping[int, bool]:
    """Whether units of a part may be multiples of each other, and not only equal.

    Those of the operands of a product may where nothing but this makes what it makes.
    """
    members: dict[int, list[str]] = {}
    for name, part in bundle.parts.items():
        members.setdefault(part, []).append(name)
    found = {part: _lets(network, names, bundle.width) for part, names in members.items()}
    products = [node for name in bundle.members if is_product(node := network.producers[name])]
    while True:
        before = dict(found)
        for node in products:
            own = bundle.parts[node.outputs[0]]
            operands = {bundle.parts[name] for name in node.inputs}
            if own in operands or not _is_made(network, members[own]):
                found |= dict.fromkeys((own, *operands), False)
            elif not found[own]:
                found |= dict.fromkeys(operands, False)
        if found == before:
            return found


def _lets(network: Network, names: Sequence[str], width: int) -> bool:
    """Whether all that read what follows from these tensors leave multiples such."""
    reached = reach(network, dict.fromkeys(names, np.arange(width)))
    return all(lets_multiples(node) for name in reached for node in network.readers.get(name, []))


def _is_made(network: Network, names: Sequence[str]) -> bool:
    """Whether one product alone makes the units of these tensors, and no run does."""
    joins = [name for name in names if isinstance(network.producers[name], Join)]
    return len(joins) == 1 and not any(name in network.ends for name in names)
