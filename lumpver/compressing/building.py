"""The smaller network that steps lead to, and the facts about the one in between.

Units that are multiples of others stand beside those, all others that went are constants.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import Fact
from lumpver.compressing.numbers import Numbers, home_of, stored, with_numbers
from lumpver.exact.array import array, compact, entry, multiply, rationals, zeros
from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.model.linear import mixes
from lumpver.model.network import Linear
from lumpver.model.relabelling import Relabelling, identity
from lumpver.reducing.reduction import reduce_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flint import fmpq

    from lumpver.compressing.numbers import Step
    from lumpver.compressing.sites import Site
    from lumpver.model.network import Network, Node


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """A smaller network, and the facts about the one in between, by tensor."""

    network: Network
    facts: Mapping[str, tuple[Fact, ...]]
    steps: tuple[Step, ...]


def built(start: Numbers, sites: Sequence[Site], steps: Sequence[Step]) -> Built:
    """The network with these numbers after these steps."""
    numbers = start.copy()
    for step in steps:
        numbers.take(sites[step.site], step)
    found, relabellings = numbers.built(), {}
    for i, site in enumerate(sites):
        mine = {step.unit: step for step in steps if step.site == i}
        if mine:
            relabellings[site.name] = _relabelling(site, mine)
            found = _like(found, site, relabellings[site.name])
    reduced, facts = found, dict[str, tuple[Fact, ...]]()
    if relabellings:
        made = reduce_by(found, relabellings)
        reduced, facts = _plain(made.network), dict(made.certificate.tensors)
    for i, site in enumerate(sites):
        if any(layer == i for layer, _ in numbers.scales):
            facts[site.name] = (_scaled(facts.get(site.name), i, site, numbers.scales),)
    return Built(reduced, facts, tuple(steps))


def _scaled(
    facts: tuple[Fact, ...] | None, i: int, site: Site, scales: Mapping[tuple[int, int], int]
) -> Fact:
    """The fact about a layer whose units stand at other scales."""
    fact = Fact(site.name, identity(site.units)) if facts is None else facts[0]
    found = identity(site.units) if fact.relabelling is None else fact.relabelling
    times = array([scales.get((i, unit), 1) for unit in range(site.units)])
    scale, constant = (multiply(x, times) for x in (found.scale, found.constant))
    return replace(fact, relabelling=replace(found, scale=scale, constant=constant))


def _plain(network: Network) -> Network:
    """The network, whose numbers are floats where floats hold them."""
    nodes: list[Node] = []
    for node in network.nodes:
        if isinstance(node, Linear) and node.W is not None and mixes(node):
            b = None if node.b is None else compact(node.b)
            weights = with_numbers(node, compact(node.W))
            nodes.append(replace(node, weights=weights, b=b))
        elif isinstance(node, Linear) and node.b is not None:
            nodes.append(replace(node, b=compact(node.b)))
        else:
            nodes.append(node)
    return replace(network, nodes=tuple(nodes))


def _relabelling(site: Site, gone: Mapping[int, Step]) -> Relabelling:
    """Each unit that stays is itself; multiples stand beside what they are multiples of."""
    place = {unit: i for i, unit in enumerate(u for u in range(site.units) if u not in gone)}
    block = np.full(site.units, -1, dtype=np.int64)
    scale, constant = (rationals(zeros(site.units)).copy() for _ in range(2))
    scale += ONE
    for unit in range(site.units):
        lead, times = _led(unit, gone)
        if lead in place:
            block[unit], scale[unit] = place[lead], times
        elif site.activation.homogeneous:
            constant[unit] = number(max(0.0, float(np.float32(gone[unit].constant))))
    return Relabelling(block, compact(scale), compact(constant), len(place))


def _led(unit: int, gone: Mapping[int, Step]) -> tuple[int, fmpq]:
    """The unit that one is a multiple of, of which one that went may be one itself."""
    times = ONE
    while unit in gone and (other := gone[unit].twin) is not None:
        unit, times = other, times * number(gone[unit].scale)
    return unit, times


def _like(network: Network, site: Site, found: Relabelling) -> Network:
    """The network with rows that are the multiples and constants that are said of them."""
    run = network.ends[site.name]
    lead, home = run.nodes[0], home_of(run)
    W = rationals(stored(lead)).copy()
    b = rationals(zeros(site.units) if home.b is None else home.b).copy()
    for members in map(found.members, range(found.width)):
        first = next(u for u in members.tolist() if entry(found.scale, u) == ONE)
        for unit in members[members != first].tolist():
            times = entry(found.scale, unit)
            W[unit], b[unit] = W[first] * times, b[first] * times
    for unit in np.flatnonzero(found.block < 0).tolist():
        W[unit], b[unit] = ZERO, entry(found.constant, unit)
    new = {lead.output: replace(lead, weights=with_numbers(lead, compact(W)))}
    new[home.output] = replace(new.get(home.output, home), b=compact(b))
    nodes = tuple(
        new.get(node.output, node) if isinstance(node, Linear) else node for node in network.nodes
    )
    return replace(network, nodes=nodes)
