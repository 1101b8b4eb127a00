"""Affine runs, forwards and backwards: units with proportional rows share a block.

Forwards: fold constants into the bias, group the rows of class sums, combine units that
never switch. Backwards: a run uses the blocks in which its observed rows are not zero.

R, b: W M and W k + b of a run, for its input's relabelling
moving: units whose rows are not zero
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from lumpver.claim.facts import UNBOUNDED, Bounds
from lumpver.exact.array import entry, nonzero
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.linear import is_idle, mixes, taps_of, window_of
from lumpver.model.normalization import rational, scaling
from lumpver.model.relabelling import identity
from lumpver.model.segments import aggregate, led
from lumpver.model.weights import rows
from lumpver.search import groups, heads, join, stable
from lumpver.search.blocks import (
    alike_constants,
    equal_constants,
    relabelling_of,
    representatives,
    same,
)
from lumpver.search.dark import gone, with_one_left
from lumpver.search.families import reach
from lumpver.search.freedom import alike, freedom
from lumpver.search.readers import (
    held,
    let_constant,
    let_multiples,
    of_unit,
    padded,
    steady,
)
from lumpver.search.stable import MOVING
from lumpver.search.sweeps import proposal
from lumpver.search.withheld import units_of
from lumpver.search.writing import Written, written

if TYPE_CHECKING:
    from lumpver.claim.facts import Fact
    from lumpver.exact.array import Exact
    from lumpver.model.functions import Range
    from lumpver.model.network import Linear, Network, Pointwise, Segment
    from lumpver.model.relabelling import Indices, Mask, Relabelling
    from lumpver.search.stable import Class, Span, Still
    from lumpver.search.sweeps import Backward, Forward


def proposed(sweep: Forward, segment: Segment) -> Fact:
    """The fact about the output of a run: the coarsest relabelling that the rules give.

    What has no numbers hands on the bounds of all units, where these stay as they are.
    """
    found, given = _proposed(sweep, segment), sweep.facts[segment.input]
    after = found.relabelling
    plain = all(map(is_idle, segment.nodes)) and (after is None or after.is_plain)
    if not plain or not same(given.relabelling, after):
        return found
    return replace(found, bounds=Bounds.everywhere(*given.bounds.common))


def _proposed(sweep: Forward, segment: Segment) -> Fact:
    name, before = segment.output, sweep.facts[segment.input].relabelling
    if name in sweep.tied:
        return join.written(sweep, sweep.tied[name], segment)
    if before is None and not any(map(mixes, segment.nodes)):
        return _unmixed(sweep, segment)
    found = _written(sweep, segment, before)
    sweep.keep(segment, found.R)
    if name in sweep.pinned:
        return proposal(name)
    if parts := heads.heads(sweep.network, name):
        after = heads.grouped(sweep, segment, found, parts)
        return proposal(name) if after.is_identity else proposal(name, after)
    return _grouped(sweep, segment, found)


def _written(sweep: Forward, segment: Segment, before: Relabelling | None) -> Written:
    """The rows of a run: of a depthwise one those over the one unit that each reads."""
    if groups.is_depthwise(segment) and not heads.heads(sweep.network, segment.output):
        return written(groups.relabelled(segment, before), None, 1)
    return written(segment, before, 0 if before is None else before.units)


def _unmixed(sweep: Forward, segment: Segment) -> Fact:
    """A run that scales and shifts unit by unit: what is constant in it, or behind it, goes."""
    name, sizes = segment.output, (rows(node.weights) for node in segment.nodes)
    scaled = next((units for units in sizes if units is not None), None)
    if scaled is None or name in sweep.pinned:
        return proposal(name)
    given, normalized = led(rational(segment).nodes, identity(scaled)), scaling(segment)
    moving, values = nonzero(given.scale), given.constant
    still = _still(sweep, segment, Written(given.scale[:, None], given.constant, normalized))
    if normalized is not None:
        moving, values = moving & nonzero(normalized.gamma), normalized.beta
    constant = _constants(sweep, name, values, moving)
    off = with_one_left(sweep, name, constant, still.flat | (gone(sweep, name) & ~constant))
    if not (constant | off).any():
        return proposal(name)
    left, ghosts = ([[(int(v), ONE)] for v in np.flatnonzero(x)] for x in (~(constant | off), off))
    after = relabelling_of(left, constant, values, off=ghosts)
    return proposal(name, after, bounds=still.bounds)


def _grouped(sweep: Forward, segment: Segment, found: Written) -> Fact:
    name, R, moving = segment.output, found.R, found.moving
    free = np.full(R.shape[0], "merges" in sweep.rules)
    free[units_of(sweep.withheld.merges, name)] = False
    still = _still(sweep, segment, found)
    b, irrational = found.values(~moving)
    constant = _constants(sweep, name, b, moving | irrational)
    off = with_one_left(sweep, name, constant, still.flat | (gone(sweep, name) & ~constant))
    symmetries = "symmetries" in sweep.rules and name not in sweep.colours
    allowed = freedom(sweep.network, name, symmetries=symmetries)
    varying = moving | irrational
    classes = alike(found, np.flatnonzero(varying & free), allowed)
    if groups.is_depthwise(segment):
        own = groups.read_by(segment, sweep.facts[segment.input].relabelling)
        classes = groups.coloured(classes, own)
    standing = np.flatnonzero(~varying & ~constant & free)
    stretched = allowed.multiples and not allowed.centre and padded(sweep.network, name)
    together = _standing(found, b, standing, stretched=stretched)
    classes += groups.coloured(together, groups.own(segment))
    classes = groups.coloured(classes, sweep.colours.get(name))
    classes += [[(int(v), ONE)] for v in np.flatnonzero(~constant & ~free)]
    classes = sorted(classes, key=lambda members: members[0][0])
    real, ghosts = _parted(classes, off)
    plain = let_multiples(sweep.network, name) and allowed.multiples and not allowed.centre
    spans = _spans(real, (R, b), still.alone, plain=plain)
    member, centre = found.scaling is not None, allowed.centre
    after = relabelling_of(real, constant, b, spans=spans, off=ghosts, member=member, centre=centre)
    return proposal(name) if after.is_identity else proposal(name, after, bounds=still.bounds)


def _standing(found: Written, b: Exact, units: Indices, *, stretched: bool) -> list[Class]:
    """Constants that stay units, by equals, or by positive multiples if they may be `stretched`.

    Behind a normalization what it scales and what it adds have to be so, each by itself.
    """
    if found.scaling is None:
        return (alike_constants if stretched else equal_constants)(b, units)
    nothing = found.zero[units]
    classes = found.classes(units[~nothing], multiples=stretched)
    return classes + equal_constants(b, units[nothing])


def _spans(
    classes: list[Class], rows: tuple[Exact, Exact], alone: Mask, *, plain: bool
) -> dict[int, Span]:
    """Classes as combinations of others; no multiples, unless these are `plain`."""
    able = alone & np.ones(rows[1].size, dtype=bool)
    for members in classes if not plain and able.any() else ():
        if any(ratio != 1 for _, ratio in members):
            able[[v for v, _ in members]] = False
    found = stable.spanned(classes, *rows, able)
    return {
        place: span
        for place, span in found.items()
        if plain or len(span.coefficients) > 1 or span.constant != 0
    }


def _still(sweep: Forward, segment: Segment, made: Written) -> Still:
    """The units that never switch, as far as the sign-stable rule may use them.

    None behind a normalization.
    """
    given, name = sweep.facts[segment.input], segment.output
    known, boxed = given.bounds.common, sweep.boxed(segment).narrowed(sweep.signed(segment))
    nothing = known == (None, None) and boxed is UNBOUNDED
    if "stable" not in sweep.rules or nothing or made.scaling:
        return MOVING
    nodes = steady(sweep.network, name)
    functions = [
        tuple(f for node in nodes for f in of_unit(sweep.network, node, (name, v)))
        for v in range(made.d.size)
    ]
    if not any(function.has_lines for function in {*chain.from_iterable(functions)}):
        return MOVING
    pairs, before = [(made.R, made.d)], given.relabelling
    if before is not None and sum(map(mixes, segment.nodes)) == 1:
        lone = groups.alone(segment)
        pairs.append(aggregate(lone, None, before.units if lone is segment else 1))
    own = stable.bounds(_met(segment, known), *pairs) if known != (None, None) else UNBOUNDED
    found = stable.still(own.narrowed(boxed), functions)
    shifts = not padded(sweep.network, name)  # what is steady may have a constant beside it
    alone, flat, withheld = found.alone & made.moving, found.flat & made.moving, sweep.withheld
    alone &= shifts and name not in sweep.colours  # no group reads a combination of others
    alone &= not groups.is_depthwise(segment)  # nor makes one
    for v in np.flatnonzero(flat).tolist():
        flat[v] = all(_let_flat(sweep.network, node, name, v, found.bounds.of(v)) for node in nodes)
    alone[units_of(withheld.merges, name)] = False
    flat[units_of(withheld.unused | withheld.constants, name)] = False
    return replace(found, alone=alone, flat=flat)


def _met(segment: Segment, known: Range) -> Range:
    """The bounds of all that taps meet: padding is 0."""
    window = window_of(segment.nodes)
    if window is None or not window.missed.any():
        return known
    low, high = known
    return (None if low is None else min(low, ZERO)), (None if high is None else max(high, ZERO))


def _let_flat(network: Network, node: Pointwise, name: str, unit: int, known: Range) -> bool:
    """Whether the number that an activation makes of such a unit is read as one."""
    line, *others = {f.on(*known) for f in of_unit(network, node, (name, unit))}
    if line is None or others:
        return False
    return let_constant(network, (node.output, unit), line.constant)


def _constants(sweep: Forward, name: str, b: Exact, moving: Mask) -> Mask:
    """Units to fold: nothing that varies enters them, and their value is rational."""
    constant = np.zeros(moving.shape, dtype=bool)
    if "constants" not in sweep.rules:
        return constant
    members = reach(sweep.network, {name: np.arange(moving.size)}) if not moving.all() else {}
    for v in np.flatnonzero(~moving).tolist():
        kept = (name, v) in sweep.withheld.constants
        constant[v] = not kept and let_constant(sweep.network, (name, v), entry(b, v), members)
    if constant.any():
        for units in held(sweep.network, name, members):
            if constant[units].all():
                constant[units[:1]] = False
    return constant


def _parted(classes: list[Class], off: Mask) -> tuple[list[Class], list[Class]]:
    """The classes with a unit that may be positive, and those without."""
    if not off.any():
        return classes, []
    dark = [all(off[v] for v, _ in members) for members in classes]
    return (
        [members for members, gone in zip(classes, dark, strict=True) if not gone],
        [members for members, gone in zip(classes, dark, strict=True) if gone],
    )


def pins(network: Network, node: Linear) -> bool:
    """Whether the units that a node reads must stay: it reads another axis, or parts of them."""
    return network.axes.get(node.input) != node.axis or groups.pins(network, node)


def tells_units(network: Network, segment: Segment) -> bool:
    """Whether a run's own numbers, or the shape that it reads, say how many units it has."""
    if not all(map(is_idle, segment.nodes)):
        return True
    shape = network.tensors[segment.input].shape
    return shape is not None and len(shape) >= -segment.axis and shape[segment.axis] is not None


def observed(sweep: Backward, segment: Segment, width: int) -> Mask:
    """The blocks of a run's input, so many, that its observed output units depend on."""
    R = sweep.sums.get(segment.output)
    found = sweep.found.get(segment.output)
    rows = representatives(found, width if R is None else R.shape[0])
    if segment.output in sweep.observed:
        rows = rows[sweep.observed[segment.output]]
    if R is None:  # each unit reads its own and no other
        return np.isin(np.arange(width), rows)
    part = R if rows.size == R.shape[0] else R[rows]
    if groups.is_depthwise(segment) and R.shape[1] == taps_of(segment.nodes):
        own = groups.read_by(segment, sweep.found.get(segment.input))[rows]
        moves = (part if part.dtype == bool else nonzero(part)).any(axis=1)
        return np.isin(np.arange(width), own[moves])
    used = np.asarray((part if part.dtype == bool else nonzero(part)).any(axis=0))
    found_in = used.reshape(-1, taps_of(segment.nodes)).any(axis=1)
    return np.asarray(found_in)[:width]
