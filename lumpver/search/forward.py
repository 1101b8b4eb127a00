"""The forward sweep: what each node makes of the relabellings of what it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.model.network import Linear, Opaque, Pointwise, Rearrange
from lumpver.search import linear, opaque, pointwise, rearrange
from lumpver.search.observation import pinned
from lumpver.search.sweeps import Forward, proposal, relabelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network, Node
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.withheld import Withheld


def swept(network: Network, rules: tuple[str, ...], withheld: Withheld) -> Forward:
    """The sweep over all nodes, by these rules."""
    sweep = Forward(network, rules, withheld, pinned(network))
    for node in network.nodes:
        sweep.facts |= proposed(sweep, node)
    return sweep


def proposed(sweep: Forward, node: Node) -> dict[str, Fact]:
    """The facts about a node's outputs; a run of linear nodes speaks at its end."""
    match node:
        case Linear():
            end = sweep.network.ends.get(node.output)
            return {} if end is None else {node.output: linear.proposed(sweep, end)}
        case Pointwise() | Rearrange():
            return {node.output: _followed(node, sweep.facts[node.input])}
        case Opaque():
            return opaque.proposed(node)
        case _:
            assert_never(node)


def _followed(node: Pointwise | Rearrange, before: Fact) -> Fact:
    match node:
        case Pointwise():
            return pointwise.proposed(node, before)
        case Rearrange():
            return rearrange.proposed(node, before)
        case _:
            assert_never(node)


def carried(network: Network, relabellings: Mapping[str, Relabelling]) -> dict[str, Relabelling]:
    """Relabellings of segment outputs, and what follows from them."""
    facts = {name: proposal(name, found) for name, found in relabellings.items()}
    for node in network.nodes:
        match node:
            case Pointwise() | Rearrange():
                if node.input in facts:
                    facts[node.output] = _followed(node, facts[node.input])
            case Linear() | Opaque():
                pass
            case _:
                assert_never(node)
    return relabelled(facts)
