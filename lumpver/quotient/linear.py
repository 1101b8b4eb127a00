"""Affine runs in the quotient: columns taken together, rows chosen, zeros left out.

before, after: the relabellings of what a run reads and makes
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.errors import NotLumpable
from lumpver.exact.array import (
    add,
    compact,
    divide,
    equal,
    is_float,
    multiply,
    nonzero,
    rationals,
    zeros,
)
from lumpver.model.linear import Linear, first_matrix, mixes, units_read
from lumpver.model.relabelling import identity
from lumpver.model.segments import led, lumped
from lumpver.model.weights import Diagonal, Identity, Matrix, Normalization, Weights, rows
from lumpver.quotient.composition import compose, without_zeros
from lumpver.quotient.rows import chosen, depthwise, parted, taken_together
from lumpver.quotient.slimming import slimmed
from lumpver.search.blocks import representatives

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.exact.array import Exact
    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Segment, Tensor
    from lumpver.model.relabelling import Relabelling
    from lumpver.quotient.unfinished import Unfinished


def built(build: Unfinished, segment: Segment) -> list[Linear]:
    """The run in the quotient; none where nothing is left of its output."""
    before, after = build.lumping.of(segment.input), build.lumping.of(segment.output)
    if after is not None and after.width == 0:
        build.base[segment.output] = _place(build, segment, before)
        return []
    if segment.input in build.base:
        nodes = _constant(build, segment, before, after)
    elif before is None and after is None:
        nodes = list(segment.nodes)
    elif not any(map(mixes, segment.nodes)):
        nodes = [_whole(build, segment, before, after)]
    elif (apart := depthwise(segment, before, after)) is not None:
        nodes = apart
    else:
        sums = build.sums.get(segment.output)
        nodes = chosen(taken_together(list(segment.nodes), before, sums), after)
        nodes = parted(nodes, segment.nodes[0], after)
    nodes = _composed(build, nodes)
    slim = slimmed(nodes, build.lumping.rules, storage=build.storage)
    nodes = nodes if slim is nodes else _composed(build, slim)
    if nodes != list(segment.nodes):
        nodes = without_zeros(nodes, build.network.tensors)
    return nodes


def _composed(build: Unfinished, nodes: list[Linear]) -> list[Linear]:
    """The nodes multiplied out, if that is allowed, and where it pays."""
    return compose(nodes, storage=build.storage) if "compose" in build.lumping.rules else nodes


def _place(build: Unfinished, segment: Segment, before: Relabelling | None) -> tuple[str, int]:
    """What to read, and how wide it is, where a run's output is constants and ghosts alone."""
    if segment.input in build.base:
        return build.base[segment.input]
    return segment.input, _columns(build, segment) if before is None else before.width


def _columns(build: Unfinished, segment: Segment) -> int:
    """Units that a run reads, also where the shape of its input is unknown."""
    told = (units_read(node) for node in segment.nodes)
    first = next((units for units in told if units is not None), None)
    if first is not None:
        return first
    after = build.lumping.of(segment.output)  # without numbers, as many units as before
    return build.network.width[segment.output] if after is None else after.units


def _constant(
    build: Unfinished, segment: Segment, before: Relabelling | None, after: Relabelling | None
) -> list[Linear]:
    """The run of a vanished input: its bias alone, spread over a tensor above."""
    base, columns = build.base[segment.input]
    sums = build.sums.get(segment.output)
    nodes = chosen(taken_together(list(segment.nodes), before, sums), after)
    found = first_matrix(nodes)
    if found is None:
        whole = _whole(build, segment, before, after)
        blank = Matrix(zeros(rows(whole.weights) or 0, columns))
        return [replace(whole, input=base, weights=blank)]
    first, numbers = found
    blank = Matrix(zeros(int(numbers.shape[0]), columns))
    return [replace(nodes[first], input=base, weights=blank), *nodes[first + 1 :]]


def _whole(
    build: Unfinished, segment: Segment, before: Relabelling | None, after: Relabelling | None
) -> Linear:
    """The run as one node, where it has no matrix: a diagonal, if that will do."""
    last = segment.nodes[-1]
    if isinstance(last.weights, Normalization):
        return _normalization(segment, last.weights, before, after)
    given = led(segment.nodes, before or identity(_columns(build, segment)))
    kept = np.arange(given.units) if after is None else representatives(after, given.units)
    unit = np.ones(kept.size) if after is None else after.scale[kept]
    b = divide(given.constant[kept], unit)
    shifts = any(node.b is not None for node in segment.nodes)
    bias = b if shifts or nonzero(b).any() else None
    weights = _weights(given, kept, divide(given.scale[kept], unit), unit)
    return Linear(last.name, segment.input, last.output, weights, bias, last.axis)


def _normalization(
    segment: Segment,
    weights: Normalization,
    before: Relabelling | None,
    after: Relabelling | None,
) -> Linear:
    """The same of a run that ends in a normalization: whatever is ahead of it goes into it.

    Raises
    ------
    NotLumpable
        If its units are not, one by one, those that it reads.
    """
    last, units = segment.nodes[-1], weights.gamma.size
    given = led(segment.nodes[:-1], before or identity(units))
    kept = np.arange(units) if after is None else representatives(after, units)
    block, scale = given.block[kept], given.scale[kept]
    if given.mixed or not np.array_equal(block, np.arange(given.width)):
        raise NotLumpable(last.name, expected="a unit for each that is read", got="others")
    unit = np.ones(kept.size) if after is None else after.scale[kept]
    whole = nonzero(scale)
    below = np.where(whole, rationals(scale), rationals(np.ones(kept.size)))
    mean = add(weights.mean[kept], -given.constant[kept])
    changed = replace(
        weights,
        gamma=compact(divide(multiply(weights.gamma[kept], scale), unit)),
        mean=compact(divide(mean, below)),
        variance=weights.variance[kept],
    )
    b = None if last.b is None else divide(last.b[kept], unit)
    return Linear(last.name, segment.input, last.output, changed, b, last.axis)


def _weights(given: Relabelling, kept: Rows, scale: Exact, unit: Exact) -> Weights:
    """The kept rows of M, divided by their units: the identity, a diagonal or a matrix."""
    block = given.block[kept]
    if given.mixed:
        W = lumped(np.eye(given.units)[kept], given.without_ghosts())
        return Matrix(divide(W, unit[:, None]))
    if block.size != given.width or (block != np.arange(given.width)).any():
        used = np.flatnonzero((block >= 0) & (block < given.width))
        entries = compact(scale[used])  # what is constant has none
        W = zeros(kept.size, given.width)
        W = W if is_float(entries) else rationals(W)
        W[used, block[used]] = entries
        return Matrix(W)
    return Identity() if equal(scale, np.ones(scale.size)).all() else Diagonal(scale)


def width(build: Unfinished, node: Linear, known: Mapping[str, Tensor]) -> int | None:
    """Units of the node's output, None where they cannot have changed."""
    made = rows(node.weights)
    return build.as_wide(node, known) if made is None else made
