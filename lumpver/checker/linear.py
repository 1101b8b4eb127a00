"""Affine runs of relabelled tensors: the rows of both sides, multiplied out, agree.

run: a maximal run of linear nodes with no activation between, on either side
R, b: W M and W k + b of the original's run, for its input's relabelling
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker import cones
from lumpver.checker.rules import carried, ghosts, normalization, padding, relabelling, signs
from lumpver.checker.rules.residual import Part, constants_left, require_zero
from lumpver.checker.wiring import factors, length, moved, multiplied, run_to, same_runs, units
from lumpver.claim.facts import UNBOUNDED, Bounds, Fact
from lumpver.errors import reject
from lumpver.exact.array import add, equal, zeros
from lumpver.model.linear import is_idle, moving, taps_of, window_of
from lumpver.model.network import Linear, Segment
from lumpver.model.normalization import scaling
from lumpver.model.relabelling import identity
from lumpver.model.shapes import top
from lumpver.model.weights import columns as read_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.checker.walk import Walk
    from lumpver.exact.array import Exact
    from lumpver.model.normalization import Scaling
    from lumpver.model.relabelling import Indices, Relabelling

    Rows = tuple[Exact, Exact]


def established(walk: Walk, segment: Segment, stated: Fact) -> Fact:
    """The fact about the output of a run, which is as the certificate states it.

    Raises
    ------
    Rejected
        Naming the first row that is not what a rule makes of it.
    """
    name, claim = segment.output, stated.relabelling
    before = walk.used(name, segment.input, stated)
    after = None if claim is None or claim.is_identity else claim
    if before.relabelling is not None and before.axis != segment.axis:
        reject("unit axis", name, str(before.axis), str(segment.axis))
    theirs, target = None, None
    if after is not None and after.width == 0:
        walk.vanished(name, stated)
    elif stated.counterpart is None:
        reject("counterpart", name, "a tensor", "none")
    else:
        target = stated.counterpart
        theirs = counterpart(walk, segment, before, target)
        if (scaling(segment) is None) != (scaling(theirs) is None):
            expected, got = map(_end, (segment, theirs))
            reject("normalization", name, expected, got)
        if moved(segment.nodes) != moved(theirs.nodes):
            ours, others = (str(moved(run.nodes)) for run in (segment, theirs))
            reject("window", name, ours, others)
        walk.typed(name, target)
    axis, more = None if after is None else segment.axis, Fact(target)
    known = _passed(segment, theirs, before, after)
    if theirs and before.relabelling is None and claim is None and same_runs(segment, theirs):
        return Fact(target, bounds=known)
    bounds = _agree(walk, segment, theirs, before, claim)
    bounds = bounds if bounds.below.ndim else known
    if after is not None and not after.is_plain:
        bounds = bounds.narrowed(cones.bounds(walk, name, segment.axis, after.units))
        if theirs is not None and before.counterpart is not None:
            more = _columns(walk, segment, theirs, before, after)
    return replace(more, relabelling=after, axis=axis, bounds=bounds)


def _columns(
    walk: Walk, segment: Segment, theirs: Segment, before: Fact, after: Relabelling
) -> Fact:
    """What is known of columns of the counterpart that no unit of the original is."""
    found, rows = Fact(theirs.output), carried.alone(after)
    if not rows.any() or window_of(theirs.nodes) is not None or scaling(theirs) is not None:
        return found
    W, c = multiplied(theirs, units(walk.reduced, walk.theirs, theirs.input, segment.axis), None)
    common = Bounds.everywhere(*before.bounds.common)
    ends = common.narrowed(walk.boxed(segment.input, segment.axis))
    held = common.narrowed(before.held)
    known = carried.columns(before.relabelling, ends, held, int(W.shape[1]))
    return replace(found, held=carried.bounded(W, c, known, rows), alike=carried.alike(W, c, rows))


def _passed(
    segment: Segment, theirs: Segment | None, before: Fact, after: Relabelling | None
) -> Bounds:
    """The bounds of the operand that the output has, where neither run has numbers."""
    idle = all(map(is_idle, (*segment.nodes, *(() if theirs is None else theirs.nodes))))
    return signs.passed(before.bounds, before.relabelling, after) if idle else UNBOUNDED


def _end(run: Segment) -> str:
    return "none" if scaling(run) is None else "a normalization"


def counterpart(walk: Walk, segment: Segment, before: Fact, target: str) -> Segment:
    """The affine run of the reduced network from the input's counterpart to `target`."""
    source = before.counterpart
    if source is None and window_of(segment.nodes) is not None:
        reject("window", segment.output, "a tensor to move over", "none")
    nodes = run_to(walk.reduced, source, target, segment.axis)
    walk.paired.update(id(node) for node in nodes)
    name = nodes[0].input if nodes else target
    if source is None:
        tops = _tops(walk, segment)
        if top(walk.reduced, name, segment.axis) not in tops:
            below = " or ".join(sorted(map(str, tops)))
            reject("affine", segment.output, f"a tensor below {below}", name)
    elif name != source:
        reject("affine", segment.output, f"an affine run from {source}", f"one from {name}")
    return Segment(tuple(nodes) or (Linear("", name, name, axis=segment.axis),))


def _tops(walk: Walk, segment: Segment) -> set[str | None]:
    """The tensors of the reduced network that share every other axis with the run's input.

    A kernel that nodes of its run follow has no fact: the run's output has its positions.
    """
    name = top(walk.original, segment.input, segment.axis)
    if name in walk.facts:
        return walk.beside(name, segment.axis)
    while name not in walk.facts:
        name = walk.original.readers[name][0].outputs[0]
    found = walk.beside(name, segment.axis)
    return {other and top(walk.reduced, other, segment.axis) for other in found}


def _agree(
    walk: Walk, segment: Segment, theirs: Segment | None, before: Fact, claim: Relabelling | None
) -> Bounds:
    """The rules hold for every row; what is known of the output's bounds, where that counts."""
    name, given = segment.output, before.relabelling
    known = units(walk.original, walk.shapes, segment.input, segment.axis)
    if theirs is not None and given is None and claim is None:
        others = units(walk.reduced, walk.theirs, theirs.input, segment.axis)
        both = factors((segment, known), (theirs, others))
        if both is not None:
            _same_factors(name, *both)
            return UNBOUNDED
    R, b = multiplied(segment, known, given)
    kernel = moving(segment.nodes)
    if kernel is not None and given is not None:
        require_zero("padding", name, padding.missed(kernel, given))
    after = identity(R.shape[0]) if claim is None else claim
    if after.units != R.shape[0]:
        reject("affine", name, f"{R.shape[0]} units", str(after.units))
    columns = R.shape[1] if given is None else given.width * taps_of(segment.nodes)
    expected = (after.width, columns)
    found = None if theirs is None else partial(rows, walk, theirs, before, expected, segment)
    scaled = scaling(segment)
    if scaled is not None:
        _normalized(name, after, (scaled, (R, b)), theirs, None if found is None else found())
        return UNBOUNDED
    if before.alike is not None and kernel is None and found is not None:
        R, found = carried.folded(R, before.alike), partial(_folded, found, before.alike)
    _same(name, after, (R, b), found)
    if after.is_plain or before.bounds.common == (None, None):
        return UNBOUNDED
    plain = () if given is None else (multiplied(segment, known, identity(given.units)),)
    met = padding.met(window_of(segment.nodes), before.bounds.common)
    return signs.bounds(met, (R, b), *plain)


def _folded(found: Callable[[], Rows], equals: Indices) -> Rows:
    """The counterpart's rows, with factors of equal columns added up."""
    W, c = found()
    return carried.folded(W, equals), c


def _same_factors(name: str, ours: Relabelling, theirs: Relabelling) -> None:
    """Runs that mix no units do the same to each of them."""
    every = np.arange(ours.units)
    wrong = np.flatnonzero(~equal(ours.scale, theirs.scale))
    parts = (Part(wrong, wrong, ours.scale[wrong], theirs.scale[wrong]),) if wrong.size else ()
    require_zero("affine", name, parts)
    require_zero("affine", name, constants_left(ours.constant, theirs.constant, every))


def _same(
    name: str, after: Relabelling, ours: Rows, counterpart: Callable[[], Rows] | None
) -> None:
    """Rows and biases of both sides agree, by this relabelling of what they make."""
    R, b = ours
    rest = b if not after.has_constants else add(b, -after.constant)
    constant = np.flatnonzero(after.fixed)
    require_zero("constant", name, relabelling.constant_rows(R, rest, constant))
    left = ghosts.members(R, rest, after)
    require_zero("affine" if left and left[0].columns is not None else "ghost", name, left)
    W, c = (zeros(0, R.shape[1]), zeros(0)) if counterpart is None else counterpart()
    if counterpart is not None:
        held = np.flatnonzero((after.block >= 0) & (after.block < after.width))
        require_zero("ghost", name, relabelling.zero_rows(R, held, W.shape[1]))
        single = relabelling.single_rows(R[:, : W.shape[1]], rest, W, c, after, held)
        require_zero("affine", name, single)
    require_zero("affine", name, relabelling.several_rows(name, R, rest, W, c, after))


def _normalized(
    name: str,
    after: Relabelling,
    ours: tuple[Scaling, Rows],
    theirs: Segment | None,
    found: Rows | None,
) -> None:
    """The same of two runs that end in a normalization: what is scaled, and what is added."""
    scaled, z = ours[0], ours[0].centered(*ours[1])
    other = beside = None
    if theirs is not None and found is not None:
        beside = scaling(theirs)
    if beside is not None and found is not None:
        other = beside.centered(*found)
    pair = None if beside is None or other is None else (beside, other)
    within = normalization.inner(name, after, (scaled, z), pair)
    d, beta = normalization.constants(after, scaled, z)
    _same(name, within, (z[0], d), None if other is None else lambda: other)
    shifts = None if beside is None else (zeros(beside.beta.size, 0), beside.beta)
    _same(name, after, (z[0][:, :0], beta), None if shifts is None else lambda: shifts)


def rows(
    walk: Walk, theirs: Segment, before: Fact, expected: tuple[int, int], segment: Segment
) -> Rows:
    """The counterpart's rows and biases; no columns where its input has vanished."""
    known = units(walk.reduced, walk.theirs, theirs.input, segment.axis)
    W, c = multiplied(theirs, known, None)
    vanished = before.counterpart is None
    if W.shape[0] != expected[0] or (not vanished and W.shape[1] != expected[1]):
        reject("affine", segment.output, f"{expected} weights", str(W.shape))
    if vanished:
        _require_whole(walk, segment, theirs.input, W.shape[1])
        blank = relabelling.zero_rows(W, np.arange(W.shape[0]))
        require_zero("affine", f"{segment.output}'", blank)
        W = W[:, :0]
    return W, c


def _require_whole(walk: Walk, segment: Segment, source: str, columns: int) -> None:
    """A blank matrix is as wide as what it reads: by its shape, a relabelling, a reader."""
    width = length(walk.theirs[source], segment.axis)
    for other in walk.original.segments if not isinstance(width, int) else ():
        read = read_by(other.nodes[0].weights)
        for fact in walk.facts.get(other.input, ()):
            if fact.counterpart != source or other.axis != segment.axis:
                continue
            if fact.relabelling is not None and fact.axis == segment.axis:
                width = fact.relabelling.width
            elif fact.relabelling is None and read is not None:
                width = read
    if columns != width:
        reject("affine", segment.output, f"{width} columns", str(columns))
