"""Joins, forwards: all that they tie together gets the relabelling that every writer allows.

shared: the classes of a bundle's units, and those that are constants in all members
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import NEVER_NEGATIVE, UNBOUNDED
from lumpver.exact.array import entry, is_float, nonzero, rationals, zeros
from lumpver.exact.proportional import proportional_rows
from lumpver.exact.scalar import ONE
from lumpver.model.join import value
from lumpver.model.segments import aggregate
from lumpver.search import groups
from lumpver.search.bundles import is_rational, let_constant, readers
from lumpver.search.readers import lets_multiples
from lumpver.search.shared import Shared
from lumpver.search.sweeps import proposal
from lumpver.search.withheld import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.claim.facts import Fact
    from lumpver.exact.array import Exact
    from lumpver.model.network import Join, Segment
    from lumpver.search.shared import Bundle
    from lumpver.search.sweeps import Forward

    Rows = Mapping[str, tuple[Exact, Exact]]


def proposed(node: Join, operands: Sequence[Fact]) -> Fact:
    """The fact about the output: the operands' relabelling, their constants joined."""
    positive = [fact.bounds.never_negative for fact in operands]
    sure = any(positive) if node.operator == "Max" else all(positive)
    bounds = NEVER_NEGATIVE if sure and node.operator != "Sub" else UNBOUNDED
    given = [fact.relabelling for fact in operands if fact.relabelling is not None]
    if len(given) < len(operands):
        return proposal(node.output, bounds=bounds)
    constant = value(node, *(found.constant for found in given))
    return proposal(node.output, replace(given[0], constant=constant), bounds=bounds)


def written(sweep: Forward, bundle: Bundle, segment: Segment) -> Fact:
    """The fact about a writer's output; the first writer decides until all are known."""
    name, before = segment.output, sweep.facts[segment.input].relabelling
    units = sweep.network.width[segment.input] if before is None else before.units
    R, b = aggregate(segment, before, units)
    sweep.keep(segment, R)
    sweep.rows.setdefault(bundle, {})[name] = R, b
    if bundle not in sweep.shared:
        sweep.shared[bundle] = grouped(sweep, bundle, sweep.rows[bundle])
    shared = sweep.shared[bundle]
    return proposal(name) if shared.is_identity else proposal(name, shared.of(b))


def grouped(sweep: Forward, bundle: Bundle, rows: Rows) -> Shared:
    """The units whose rows are multiples of each other by one scale in all these writers."""
    whole, rules, withheld = _beside(rows), sweep.rules, sweep.withheld
    moving = np.logical_or.reduce([nonzero(R).any(axis=1) for R, _ in rows.values()])
    free = np.full(bundle.width, "merges" in rules)
    constant = np.zeros(bundle.width, dtype=bool)
    if "constants" in rules and is_rational(sweep.network, bundle):
        for v in np.flatnonzero(~moving).tolist():
            values = {name: entry(b, v) for name, (_, b) in rows.items()}
            constant[v] = let_constant(sweep.network, bundle, values)
    for name in bundle.members:
        free[units_of(withheld.merges, name)] = False
        constant[units_of(withheld.constants, name)] = False
    if constant.all():
        constant[:1] = False  # no join of nothing
    alike = free & ~constant & nonzero(whole).any(axis=1)
    multiples = all(map(lets_multiples, readers(sweep.network, bundle)))
    none = zeros(bundle.width)
    classes = proportional_rows(whole, none, np.flatnonzero(alike), multiples=multiples)
    for name in bundle.members:
        classes = groups.coloured(classes, sweep.colours.get(name))
    classes += [[(int(v), ONE)] for v in np.flatnonzero(~alike & ~constant)]
    return Shared(sorted(classes, key=lambda members: members[0][0]), constant)


def _beside(rows: Rows) -> Exact:
    """The rows (R | b) of all writers side by side."""
    parts = [part for R, b in rows.values() for part in (R, b[:, None])]
    if not all(map(is_float, parts)):
        parts = [rationals(part) for part in parts]
    return np.concatenate(parts, axis=1)
