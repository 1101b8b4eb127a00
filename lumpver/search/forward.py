"""The forward sweep: what each node makes of the relabellings of what it reads."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, assert_never

from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.search import join, linear, opaque, pick, pointwise, pool, rearrange
from lumpver.search.groups import colours
from lumpver.search.observation import pinned, together
from lumpver.search.sweeps import Forward, proposal, relabelled
from lumpver.search.withheld import Withheld

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.knowing import Known
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Network, Node
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.shared import Bundle, Shared

_ROUNDS: Final = 32  # of the sweep, until bundles that do not settle are left alone


def swept(
    network: Network,
    rules: tuple[str, ...],
    withheld: Withheld,
    known: Known | None = None,
    signs: Mapping[str, Mapping[int, bool]] = MappingProxyType({}),
) -> Forward:
    """The sweep over all nodes, by these rules, once what it makes of every bundle is settled.

    Each bundle starts with what its first writer allows, and is refined by all of them until
    nothing changes; where a writer reads the bundle itself, that takes several sweeps.
    """
    fixed = pinned(network)
    stay = pick.picked(network, fixed)
    withheld = withheld.union(Withheld(stay, stay, stay))
    bundles = together(network, fixed)
    painted = colours(network)
    shared: dict[Bundle, Shared] = {}
    for _ in range(_ROUNDS):
        begun = Forward(network, rules, withheld, fixed, bundles, painted, shared, known, signs)
        sweep = _once(begun)
        found = {
            bundle: before if join.is_final(sweep, bundle) else join.grouped(sweep, bundle, rows)
            for bundle, rows in sweep.rows.items()
            for before in [sweep.shared[bundle]]
        }
        if all(found[bundle].same_as(before) for bundle, before in sweep.shared.items()):
            return sweep
        shared = found
    fixed = fixed.union(bundles)
    return _once(Forward(network, rules, withheld, fixed, {}, painted, {}, known, signs))


def _once(sweep: Forward) -> Forward:
    for node in sweep.network.nodes:
        sweep.facts |= proposed(sweep, node)
    return sweep


def proposed(sweep: Forward, node: Node) -> dict[str, Fact]:
    """The facts about a node's outputs; a run of linear nodes speaks at its end."""
    match node:
        case Linear():
            end = sweep.network.ends.get(node.output)
            return {} if end is None else {node.output: linear.proposed(sweep, end)}
        case Pointwise() | Pool() | Rearrange() | Pick():
            before = sweep.facts[node.input]
            return {node.output: _followed(sweep.network, node, before, sweep)}
        case Join():
            operands = [sweep.facts[name] for name in node.inputs]
            return {node.output: join.proposed(sweep.network, node, operands)}
        case Opaque():
            return opaque.proposed(node)
        case _:
            assert_never(node)


def _followed(
    network: Network,
    node: Pointwise | Pool | Rearrange | Pick,
    before: Fact,
    sweep: Forward | None = None,
) -> Fact:
    match node:
        case Pointwise():
            axis, known = network.axes.get(node.input), None if sweep is None else sweep.known
            if known is None or axis is None:
                return pointwise.proposed(node, before)
            return pointwise.proposed(node, before, known.of(node.input, axis))
        case Pool():
            return pool.proposed(network, node, before)
        case Rearrange():
            return rearrange.proposed(network, node, before)
        case Pick():
            pinned = sweep is not None and node.output in sweep.pinned
            return pick.proposed(network, node, before, pinned=pinned)
        case _:
            assert_never(node)


def carried(network: Network, relabellings: Mapping[str, Relabelling]) -> dict[str, Relabelling]:
    """Relabellings of segment outputs, and what follows from them."""
    facts = {name: proposal(name, found) for name, found in relabellings.items()}
    for node in network.nodes:
        match node:
            case Pointwise() | Pool() | Rearrange() | Pick():
                if node.input in facts:
                    facts[node.output] = _followed(network, node, facts[node.input])
            case Join():
                if any(name in facts for name in node.inputs):
                    operands = [facts.get(name) or proposal(name) for name in node.inputs]
                    facts[node.output] = join.proposed(network, node, operands)
            case Linear() | Opaque():
                pass
            case _:
                assert_never(node)
    return relabelled(facts)
