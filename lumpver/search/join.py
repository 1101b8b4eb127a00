"""Joins, forwards: all that they tie together gets the relabelling that every writer allows.

shared: the classes of a bundle's units, and those that are constants in all members
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.claim.facts import NEVER_NEGATIVE, UNBOUNDED
from lumpver.exact.array import compact, entry, nonzero, rationals, zeros
from lumpver.exact.scalar import ONE
from lumpver.model import together
from lumpver.model.join import value
from lumpver.model.relabelling import Relabelling, identity
from lumpver.search import writing
from lumpver.search.bundles import dark, is_rational, let_constant, let_go
from lumpver.search.families import beside, columns
from lumpver.search.parts import has_products, is_product, multiples
from lumpver.search.readers import held
from lumpver.search.shared import Shared
from lumpver.search.sweeps import proposal
from lumpver.search.withheld import units_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flint import fmpq

    from lumpver.claim.facts import Fact
    from lumpver.exact.array import Exact
    from lumpver.model.network import Join, Network, Segment
    from lumpver.model.relabelling import Indices, Mask
    from lumpver.search.shared import Bundle
    from lumpver.search.stable import Class
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
    if is_product(node):
        return proposal(node.output, _product(node, *given), bounds=bounds)
    return proposal(node.output, _joined(node, given), bounds=bounds)


def pins(network: Network, node: Join, fixed: set[str]) -> bool:
    """Whether the units that a node reads must stay: those it makes must, or it mixes them."""
    mixes = node.operator == "MatMul" and not columns(network, node)
    return node.output in fixed or mixes


def _joined(node: Join, given: Sequence[Relabelling]) -> Relabelling:
    """The one relabelling of all; a unit that some do not hold is none that is held."""
    first = given[0]
    if node.axis is None:
        first = replace(first, constant=value(node, *(found.constant for found in given)))
    apart = np.logical_or.reduce([found.block != first.block for found in given])
    return together.lone(first, np.flatnonzero(apart), given)


def _product(node: Join, a: Relabelling, b: Relabelling) -> Relabelling:
    """Scales that multiply, where both have one; 0 where one is, and of constants what it is."""
    both, fixed = (a.block >= 0) & (a.block == b.block), (a.block < 0) & (b.block < 0)
    fixed &= nonzero(b.constant) | (node.operator != "Div")
    scale, constant = rationals(np.ones(a.units)), rationals(zeros(a.units))
    for some, made, parts in (
        (np.flatnonzero(both), scale, (a.scale, b.scale)),
        (np.flatnonzero(fixed), constant, (a.constant, b.constant)),
    ):
        made[some] = rationals(value(node, *(part[some] for part in parts)))
    block = np.where(both, a.block, -1)
    ghosts = max(a.ghosts, b.ghosts)
    found = Relabelling(block, compact(scale), compact(constant), a.width, ghosts)
    apart = (a.block >= a.width) | (b.block >= b.width)
    for one in (a, b):
        apart &= (one.block >= 0) | nonzero(one.constant)  # whatever it is by which it is 0
    return together.lone(found, np.flatnonzero(apart & ~both), (a, b))


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
    values, irrational = found.values(shared.constant | (shared.gone & ~found.moving))
    moving = found.moving | (shared.gone & irrational)
    return proposal(name, shared.of(bundle.parts[name], values, moving))


def is_final(sweep: Forward, bundle: Bundle) -> bool:
    """Whether all units of a bundle stay, whatever other writers are."""
    network = sweep.network
    whole = has_products(network, bundle) or not is_rational(network, bundle)
    whole = whole or sweep.flat() is not None
    return sweep.shared[bundle].is_identity and not whole


def grouped(sweep: Forward, bundle: Bundle, rows: Rows) -> Shared:
    """The units whose rows are multiples of each other by one scale in all writers of a part."""
    withheld = sweep.withheld
    free = np.full(bundle.width, "merges" in sweep.rules)
    constant, gone = _constants(sweep, bundle, rows)
    lost = _dark(sweep, bundle, rows) & ~constant & ~gone
    gone |= lost
    for name in bundle.members:
        free[units_of(withheld.merges, name)] = False
        constant[units_of(withheld.constants, name)] = False
        gone[units_of(withheld.constants | withheld.unused, name)] = False
    for units in (np.arange(bundle.width), *held(sweep.network, bundle.writers[0], bundle.reach)):
        if (constant | gone)[units].all():
            constant[units[:1]] = gone[units[:1]] = False  # no join of nothing
    some = np.logical_or.reduce([~found.zero for found in rows.values()])
    left = ~constant & ~gone
    found = _alike(sweep, bundle, rows, np.flatnonzero(free & left & some))
    alone = [[(int(v), ONE)] for v in np.flatnonzero(left & ~(free & some))]
    classes = {
        part: sorted([*known, *alone], key=lambda members: members[0][0])
        for part, known in found.items()
    }
    member = any(found.scaling is not None for found in rows.values())
    return Shared(classes, constant, gone, lost & gone, member)


def _alike(sweep: Forward, bundle: Bundle, rows: Rows, units: Indices) -> dict[int, list[Class]]:
    """The units that are multiples of each other in each part, and of one colour."""
    lets = multiples(sweep.network, bundle)
    writers: dict[int, list[Written]] = {}
    for name, found in rows.items():
        writers.setdefault(bundle.parts[name], []).append(found)
    marks: dict[int, list[Any]] = {int(v): [] for v in units}
    ratios: dict[int, dict[int, fmpq]] = {}
    for part, some in writers.items():
        varied = units[np.logical_or.reduce([~found.zero[units] for found in some])]
        ratios[part] = dict.fromkeys(marks, ONE)  # of units that are 0 there
        for members in writing.together(some, varied, multiples=lets[part]):
            for v, ratio in members:
                marks[v].append((part, members[0][0]))
                ratios[part][v] = ratio
    for colour in (sweep.colours[name] for name in bundle.members if name in sweep.colours):
        for v, mark in marks.items():
            mark.append(int(colour[v]))
    classes: dict[tuple[Any, ...], list[int]] = {}
    for v, mark in marks.items():
        classes.setdefault(tuple(mark), []).append(v)
    return {
        part: [[(v, known[v] / known[members[0]]) for v in members] for members in classes.values()]
        for part, known in ratios.items()
    }


def _constants(sweep: Forward, bundle: Bundle, rows: Rows) -> tuple[Mask, Mask]:
    """The units that are constants in all members, and those that may go where they are not."""
    constant, gone = (np.zeros(bundle.width, dtype=bool) for _ in range(2))
    whole = len(rows) == len(bundle.writers)
    if "constants" not in sweep.rules or not (whole or is_rational(sweep.network, bundle)):
        return constant, gone
    still = ~np.logical_or.reduce([found.moving for found in rows.values()])
    values = [(name, still, *written.values(still)) for name, written in rows.items()]
    values += _ahead(sweep, bundle, rows, still)
    for v in np.flatnonzero(still).tolist():
        told = [(name, numbers, roots) for name, sure, numbers, roots in values if sure[v]]
        if not any(roots[v] for _, _, roots in told):
            known = {name: entry(numbers, v) for name, numbers, _ in told}
            constant[v] = let_constant(sweep.network, bundle, known, v)
    if whole and has_products(sweep.network, bundle):
        gone = _gone(sweep, bundle, rows, still)
    return constant, gone


def _gone(sweep: Forward, bundle: Bundle, rows: Rows, still: Mask) -> Mask:
    """The units that are constants in some writers, and need not be anywhere."""
    found = np.zeros(bundle.width, dtype=bool)
    values = {name: made.values(~made.moving) for name, made in rows.items()}
    for v in np.flatnonzero(~still).tolist():
        known = _known(rows, values, v)
        found[v] = bool(known) and let_go(sweep.network, bundle, known, v)
    return found


def _dark(sweep: Forward, bundle: Bundle, rows: Rows) -> Mask:
    """The units of which activations make constants on the domain, wherever they are not such."""
    found, flat = np.zeros(bundle.width, dtype=bool), sweep.flat()
    if not flat or len(rows) < len(bundle.writers):
        return found
    values = {name: made.values(~made.moving) for name, made in rows.items()}
    for v in dark(sweep.network, bundle, flat).tolist():
        known = _known(rows, values, v)
        found[v] = let_go(sweep.network, bundle, known, v, flat)
    return found


def _known(rows: Rows, values: Mapping[str, tuple[Exact, Mask]], unit: int) -> dict[str, fmpq]:
    """What a unit is in the writers in which it is a rational constant."""
    return {
        name: entry(numbers, unit)
        for name, (numbers, irrational) in values.items()
        if not (rows[name].moving[unit] or irrational[unit])
    }


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
