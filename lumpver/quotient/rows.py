"""Rows and columns of relabelled linear nodes: columns taken together, rows chosen and divided.

first matrix: the node of a segment that takes the input's columns together
last matrix: the one whose rows are chosen, and scaled, for the output's blocks
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.exact.array import (
    Exact,
    add,
    as_float64,
    compact,
    divide,
    equal,
    is_float,
    nonzero,
    rationals,
)
from lumpver.exact.columns import weighted_sum
from lumpver.exact.floats import representable
from lumpver.exact.parts import parts
from lumpver.model.linear import Linear, first_matrix, moving, normalizes, shifts_only, taps_of
from lumpver.model.relabelling import spread
from lumpver.model.segments import led, lumped
from lumpver.model.spread import Spread
from lumpver.model.weights import (
    Diagonal,
    Identity,
    Kernel,
    Matrix,
    Normalization,
    in_groups,
    whole,
    with_numbers,
)
from lumpver.search import groups
from lumpver.search.blocks import representatives

_PARTS: Final = 5  # a mean, and as many as a bias may have

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Segment
    from lumpver.model.relabelling import Relabelling


def taken_together(
    nodes: list[Linear], before: Relabelling | None, sums: Exact | None
) -> list[Linear]:
    """The segment's nodes for a relabelled input: M into the first matrix, k into a bias.

    `sums` is the first matrix times M, where that is known already.
    """
    if before is None:
        return nodes
    found = first_matrix(nodes)
    if found is None:
        return nodes
    first, W = found
    before = spread(led(nodes[:first], before), Spread(parts=taps_of(nodes)))
    together = lumped(W, before.without_ghosts()) if sums is None else sums
    weights = with_numbers(nodes[first].weights, together)
    start = replace(nodes[first], input=nodes[0].input, weights=weights)
    rest = nodes[first + 1 :]
    if not before.has_constants:
        return [start, *rest]
    return _shifted(start, rest, weighted_sum(W, before.constant))


def _shifted(start: Linear, rest: list[Linear], shift: Exact) -> list[Linear]:
    """The shift added to the first bias or mean that is there before units mix or scale again."""
    if not nonzero(shift).any():
        return [start, *rest]
    run = [start, *rest]
    for i, node in enumerate(run):
        if isinstance(node.weights, Normalization):
            mean, left = _mean(node.weights.mean, shift)
            run[i] = replace(node, weights=replace(node.weights, mean=mean))
            return run if left is None else [replace(start, b=left), *run[1:]]
        if i and not shifts_only(node):
            break
        if node.b is not None:
            run[i] = replace(node, b=compact(add(node.b, shift)))
            return run
    return [replace(start, b=compact(shift)), *rest]


def _mean(mean: Exact, shift: Exact) -> tuple[Exact, Exact | None]:
    """A mean of the type that it was, less by the shift but for a rest that goes into a bias."""
    less = add(mean, -shift)
    found = parts(less, mean.dtype.name, most=_PARTS) if is_float(mean) else None
    if found is None:
        return less, None
    return found[0], None if len(found) == 1 else add(found[0], -less)


def chosen(nodes: list[Linear], after: Relabelling | None) -> list[Linear]:
    """The nodes for a relabelled output: one row per block, divided by its unit's scale."""
    if after is None:
        return nodes
    kept = _kept(nodes, after)
    unit = after.scale[kept]
    result = list(nodes)
    for i in reversed(range(len(result))):
        node = result[i]
        b = None if node.b is None else _divided(node.b, kept, unit)
        match node.weights:
            case Identity():
                result[i] = replace(node, b=b)
            case Diagonal(factors):
                result[i] = replace(node, weights=Diagonal(factors[kept]), b=b)
            case Matrix() | Kernel():
                [(_, numbers)] = filter(None, [first_matrix([node])])
                weights = with_numbers(node.weights, _divided(numbers, kept, unit))
                result[i] = replace(node, weights=weights, b=b)
                break
            case Normalization(gamma, mean, variance):
                weights = replace(
                    node.weights,
                    gamma=_divided(gamma, kept, unit),
                    mean=mean[kept],
                    variance=variance[kept],
                )
                result[i] = replace(node, weights=weights, b=b)
                unit = np.ones(kept.size)  # what is normalized stays as it is
            case _:
                assert_never(node.weights)
    return result


def _kept(nodes: Sequence[Linear], after: Relabelling) -> Rows:
    """The unit of each block whose row is left of those that nodes make."""
    return _members(after) if normalizes(nodes[-1]) else representatives(after, after.units)


def _members(after: Relabelling) -> Rows:
    """A member of every block, the first whose scale is 1, or else the first."""
    found = representatives(after, after.units)
    ones = np.flatnonzero(equal(after.scale, np.ones(after.units)) & (after.block >= 0))[::-1]
    ones = ones[after.block[ones] < after.width]
    found[after.block[ones]] = ones
    return found


def _divided(numbers: Exact, rows: Rows, unit: Exact) -> Exact:
    """The chosen rows, each divided by its entry of `unit`; most of those are 1."""
    scaled = np.flatnonzero(~equal(unit, np.ones(unit.size)))
    if scaled.size == 0:
        return numbers[rows]
    below = unit[scaled] if numbers.ndim == 1 else unit[scaled][:, None]
    part = divide(numbers[rows[scaled]], below)
    if is_float(numbers) and is_float(part):
        result: Exact = np.take(numbers, rows, axis=0)
        if not (numbers.dtype == "f4" and representable(as_float64(part), "float32").all()):
            result = as_float64(result)
        result[scaled] = part
        return result
    exact = rationals(numbers[rows])
    exact[scaled] = rationals(part)
    return compact(exact)


def parted(nodes: list[Linear], before: Linear, after: Relabelling | None) -> list[Linear]:
    """The nodes, the first of which is a kernel in groups again, where it was one and can be."""
    kernel, made = moving([before]), moving(nodes)
    if kernel is None or kernel.groups == 1 or made is None:
        return nodes
    units = int(kernel.numbers.shape[0])
    kept = representatives(after, units) // (units // kernel.groups)
    found = in_groups(whole(made), made.window, np.unique(kept).size)
    return nodes if found is None else [replace(nodes[0], weights=found), *nodes[1:]]


def depthwise(
    segment: Segment, before: Relabelling | None, after: Relabelling | None
) -> list[Linear] | None:
    """The nodes of a depthwise run, each unit by its own group; None if it is or can be none."""
    kernel = moving(segment.nodes)
    if kernel is None or not groups.is_depthwise(segment):
        return None
    read, made = kernel.groups if before is None else before.width, int(kernel.numbers.shape[0])
    kept = np.arange(made) if after is None else _kept(segment.nodes, after)
    each = kept.size // max(1, read)
    own = groups.read_by(segment, before)[kept]
    if not each or not np.array_equal(own, np.repeat(np.arange(read), each)):
        return None
    first, *rest = groups.scaled(segment, before).nodes
    nodes = chosen(_shifted(first, rest, groups.shift(segment, before)), after)
    found = moving(nodes)
    if found is None:
        return None
    return [replace(nodes[0], weights=replace(found, groups=read)), *nodes[1:]]
