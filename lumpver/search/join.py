"""Joins, forwards: all that they tie together gets the relabelling that every writer allows.

shared: the classes of a bundle's units, and those that are constants in all members
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import NEVER_NEGATIVE, UNBOUNDED
from lumpver.exact.array import entry, nonzero
from lumpver.exact.scalar import ONE
from lumpver.model import together
from lumpver.model.join import value
from lumpver.model.relabelling import identity
from lumpver.search import groups, writing
from lumpver.search.bundles import is_rational, let_constant, readers
from lumpver.search.families import beside
from lumpver.search.readers import held, lets_multiples
from lumpver.search.shared import Shared
from lumpver.search.sweeps import proposal
from lumpver.search.withheld import units_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lumpver.claim.facts import Fact
    from lumpver.exact.array import Exact
    from lumpver.model.network import Join, Network, Segment
    from lumpver.model.relabelling import Mask
    from lumpver.search.shared import Bundle
    from lumpver.search.sweeps import Forward
    from lumpver.search.writing import Written

    Rows = Mapping[str, Written]


def proposed(network: Network, node: Join, operands: Sequence[Fact]) -> Fact:
    """The fact about the output: the operands' relabelling, their constants joined.

    A matrix product has that of the second.
    """
    if node.operator == "MatMul":
        return proposal(node.output, operands[1].relabelling if node.mixed else None)
    positive = [fact.bounds.never_negative for fact in operands]
    sure = any(positive) if node.operator == "Max" else all(positive)
    bounds = NEVER_NEGATIVE if sure and node.operator != "Sub" else UNBOUNDED
    given = [fact.relabelling for fact in operands if fact.relabelling is not None]
    if given and beside(network, node):
        pairs = zip(node.inputs, operands, strict=True)
        parts = [fact.relabelling or identity(network.width[name]) for name, fact in pairs]
        return proposal(node.output, together.beside(parts), bounds=bounds)
    if len(given) < len(operands):
        return proposal(node.output, bounds=bounds)
    if node.axis is not None:
        return proposal(node.output, given[0], bounds=bounds)
    constant = value(node, *(found.constant for found in given))
    return proposal(node.output, replace(given[0], constant=constant), bounds=bounds)


def pins(network: Network, node: Join, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay: those it makes must, or it mixes them."""
    if node.operator != "MatMul":
        return node.output in fixed
    columns = all(network.axes.get(name) == -1 for name in (node.mixed, node.output) if name)
    return node.output in fixed or node.mixed is None or not columns


def written(sweep: Forward, bundle: Bundle, segment: Segment) -> Fact:
    """The fact about a writer's output; the first writer decides until all are known."""
    name, before = segment.output, sweep.facts[segment.input].relabelling
    units = sweep.network.width[segment.input] if before is None else before.units
    found = writing.written(segment, before, units)
    sweep.keep(segment, found.R)
    sweep.rows.setdefault(bundle, {})[name] = found
    if bundle not in sweep.shared:
        sweep.shared[bundle] = grouped(sweep, bundle, sweep.rows[bundle])
    shared = sweep.shared[bundle]
    if shared.is_identity:
        return proposal(name)
    values, _ = found.values(shared.constant)
    return proposal(name, shared.of(values))


def grouped(sweep: Forward, bundle: Bundle, rows: Rows) -> Shared:
    """The units whose rows are multiples of each other by one scale in all these writers."""
    rules, withheld = sweep.rules, sweep.withheld
    moving = np.logical_or.reduce([found.moving for found in rows.values()])
    free = np.full(bundle.width, "merges" in rules)
    constant = np.zeros(bundle.width, dtype=bool)
    if "constants" in rules and is_rational(sweep.network, bundle):
        constant = _constants(sweep, bundle, rows, moving)
    for name in bundle.members:
        free[units_of(withheld.merges, name)] = False
        constant[units_of(withheld.constants, name)] = False
    for units in (np.arange(bundle.width), *held(sweep.network, bundle.writers[0], bundle.reach)):
        if constant[units].all():
            constant[units[:1]] = False  # no join of nothing
    some = np.logical_or.reduce([~found.zero for found in rows.values()])
    alike = free & ~constant & some
    multiples = all(map(lets_multiples, readers(sweep.network, bundle)))
    classes = writing.together([*rows.values()], np.flatnonzero(alike), multiples=multiples)
    for name in bundle.members:
        classes = groups.coloured(classes, sweep.colours.get(name))
    classes += [[(int(v), ONE)] for v in np.flatnonzero(~alike & ~constant)]
    member = any(found.scaling is not None for found in rows.values())
    return Shared(sorted(classes, key=lambda members: members[0][0]), constant, member)


def _constants(sweep: Forward, bundle: Bundle, rows: Rows, moving: Mask) -> Mask:
    """The units that are constants in all members, and are folded wherever they are read."""
    found = np.zeros(bundle.width, dtype=bool)
    still = ~moving
    values = [(name, still, *written.values(still)) for name, written in rows.items()]
    values += _ahead(sweep, bundle, rows, still)
    for v in np.flatnonzero(still).tolist():
        told = [(name, numbers, roots) for name, sure, numbers, roots in values if sure[v]]
        if not any(roots[v] for _, _, roots in told):
            known = {name: entry(numbers, v) for name, numbers, _ in told}
            found[v] = let_constant(sweep.network, bundle, known, v)
    return found


def _ahead(
    sweep: Forward, bundle: Bundle, rows: Rows, still: Mask
) -> Iterator[tuple[str, Mask, Exact, Mask]]:
    """Writers that were not met yet, and their constants: what has no weights stays one.

    For each its name, the units that are, their values, and which of them are irrational.
    """
    for name in bundle.writers:
        if name not in rows and still.any():
            segment = sweep.network.ends[name]
            given = writing.written(segment, None, sweep.network.width[segment.input])
            sure = still.copy()
            sure[still] = ~nonzero(given.R[still]).any(axis=1)
            yield name, sure, *given.values(sure)
