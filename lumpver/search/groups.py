"""Kernels in groups: which units may merge so that the quotient has groups, too.

A group may go as a whole, or be as another whole group; all that are left must read as many
units each, and make as many. Where that is not so, some units have to stay.

colour: a number for each unit of a tensor; those of one block have the same
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import add, equal, is_float, multiply, negative, nonzero, zeros
from lumpver.exact.columns import weighted_sum
from lumpver.exact.proportional import proportional_rows
from lumpver.exact.scalar import ZERO
from lumpver.model.linear import groups_of, moving
from lumpver.model.network import Pointwise, Rearrange, Segment
from lumpver.model.several import common, each
from lumpver.model.weights import Kernel, columns, rows, with_numbers
from lumpver.search import rearrange
from lumpver.search.blocks import representatives
from lumpver.search.families import follows, keeps, origins, root, sources
from lumpver.search.withheld import Withheld
from lumpver.search.writing import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lumpver.exact.array import Exact
    from lumpver.exact.proportional import Rows
    from lumpver.model.activations import Activation
    from lumpver.model.network import Linear, Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.stable import Class
    from lumpver.search.withheld import Units


def colours(network: Network) -> dict[str, Rows]:
    """The colours of what tells units apart, by the tensors that this follows from.

    That is kernels in groups: units of two groups have one colour only where each of the groups
    is one unit, whose filters are multiples: else what is made of them would not merge. And
    activations of each unit's own.
    """
    found: dict[str, Rows] = {}
    for node in network.nodes:
        if isinstance(node, Pointwise) and common(node.activation) is None:
            for name, colour in _activated(network, node).items():
                found[name] = _both(found[name], colour) if name in found else colour
    for segment, kernel in _grouped(network):
        name, each = root(network, segment.input), _each(kernel)[0]
        count = kernel.groups * each
        if network.width.get(name) != count or not is_plain(network, segment.input):
            continue
        colour = _filters(segment, kernel) if each == 1 else np.arange(count) // each
        found[name] = _both(found[name], colour) if name in found else colour
    return found


def _activated(network: Network, node: Pointwise) -> dict[str, Rows]:
    """The same number for units whose activations are the same, wherever the node reads them."""
    if network.axes.get(node.input) != node.axis:
        return {}  # pinned
    above = origins(network, node.input)
    met: dict[str, dict[int, list[Activation]]] = {}
    for (name, unit), function in zip(above, each(node.activation, len(above)), strict=True):
        met.setdefault(name, {}).setdefault(unit, []).append(function)
    found = {}
    for name, units in met.items():
        keys = [tuple(units.get(v, ())) for v in range(network.width.get(name, 0))]
        numbers = {key: i for i, key in enumerate(dict.fromkeys(keys))}
        found[name] = np.array([numbers[key] for key in keys], dtype=np.int64)
    return found


def _grouped(network: Network) -> Iterator[tuple[Segment, Kernel]]:
    for segment in network.segments:
        kernel = moving(segment.nodes)
        if kernel is not None and kernel.groups > 1:
            yield segment, kernel


def _each(kernel: Kernel) -> tuple[int, int]:
    """How many units each group reads, and makes."""
    return (columns(kernel) or 0) // kernel.groups, (rows(kernel) or 0) // kernel.groups


def _filters(segment: Segment, kernel: Kernel) -> Rows:
    """A number for each group of one unit: the same where all filters are multiples."""
    made = written(alone(segment), None, 1)
    R, number = made.R, np.zeros(made.d.size, dtype=np.int64)
    if made.scaling is not None:
        gamma = made.scaling.gamma
        R = multiply(R, np.where(negative(gamma), -1.0, nonzero(gamma).astype(float))[:, None])
    filters = np.flatnonzero(nonzero(R).any(axis=1))
    for i, members in enumerate(proportional_rows(R, zeros(number.size), filters)):
        number[[v for v, _ in members]] = i + 1
    return _numbered(number.reshape(kernel.groups, -1))


def is_depthwise(segment: Segment) -> bool:
    """Whether a run begins with a kernel in several groups of one unit each."""
    kernel = moving(segment.nodes)
    return kernel is not None and kernel.groups > 1 and _each(kernel)[0] == 1


def alone(segment: Segment) -> Segment:
    """A depthwise run as if it read one unit, whichever is the own one of each that it makes."""
    kernel = moving(segment.nodes)
    if kernel is None or not is_depthwise(segment):
        return segment
    lone = replace(segment.nodes[0], weights=Kernel(kernel.numbers, kernel.window))
    return Segment((lone, *segment.nodes[1:]))


def read_by(segment: Segment, before: Relabelling | None) -> Rows:
    """The block of what a depthwise run reads that each unit that it makes reads; -1 for none."""
    kernel = moving(segment.nodes)
    groups, made = (0, 0) if kernel is None else (kernel.groups, _each(kernel)[1])
    return np.repeat(np.arange(groups) if before is None else before.block, made)


def scaled(segment: Segment, before: Relabelling | None) -> Segment:
    """The same `alone`, with the scale of the unit that each reads: 0 where that is a constant."""
    lone = alone(segment)
    first, made = lone.nodes[0], read_by(segment, None)
    if before is None or first.W is None:
        return lone
    factors, W = before.scale[made], first.W
    still = np.flatnonzero(before.block[made] < 0)
    if still.size or not equal(factors, np.ones(factors.size)).all():
        W = multiply(W, factors[:, None])
        W[still] = 0 if is_float(W) else ZERO
    return Segment((replace(first, weights=with_numbers(first.weights, W)), *lone.nodes[1:]))


def shift(segment: Segment, before: Relabelling | None) -> Exact:
    """What the constants of what a depthwise run reads add to each unit that its kernel makes."""
    made, W = read_by(segment, None), segment.nodes[0].W
    if before is None or W is None or not nonzero(before.constant).any():
        return zeros(made.size)
    return multiply(weighted_sum(W, np.ones(W.shape[1])), before.constant[made])


def relabelled(segment: Segment, before: Relabelling | None) -> Segment:
    """A depthwise run, `alone`, for what it reads with this relabelling."""
    found, more = scaled(segment, before), shift(segment, before)
    if not nonzero(more).any():
        return found
    first = found.nodes[0]
    b = more if first.b is None else add(first.b, more)
    return Segment((replace(first, b=b), *found.nodes[1:]))


def _both(a: Rows, b: Rows) -> Rows:
    return _numbered(np.stack([a, b], axis=1))


def _numbered(numbers: Rows) -> Rows:
    found = np.unique(numbers, axis=0, return_inverse=True)[1]
    return np.asarray(found.reshape(-1), dtype=np.int64)


def own(segment: Segment) -> Rows | None:
    """The group of each unit that a run makes, if it is one of a kernel in groups."""
    kernel = moving(segment.nodes)
    if kernel is None or kernel.groups == 1:
        return None
    return np.repeat(np.arange(kernel.groups), _each(kernel)[1])


def coloured(classes: Iterable[Class], colour: Rows | None) -> list[Class]:
    """The classes, parted where units have two colours.

    Examples
    --------
    >>> from lumpver.exact.scalar import ONE
    >>> coloured([[(0, ONE), (1, 2 * ONE), (2, 4 * ONE)]], np.array([7, 5, 5]))
    [[(0, 1)], [(1, 1), (2, 2)]]
    """
    if colour is None:
        return [*classes]
    found: list[Class] = []
    for members in classes:
        parts: dict[int, Class] = {}
        for unit, ratio in members:
            parts.setdefault(int(colour[unit]), []).append((unit, ratio))
        found += [[(v, ratio / part[0][1]) for v, ratio in part] for part in parts.values()]
    return found


def pins(network: Network, node: Linear) -> bool:
    """Whether units that a node reads must stay since it reads them in groups, in parts."""
    return groups_of([node]) > 1 and not is_plain(network, node.input)


def is_plain(network: Network, name: str) -> bool:
    """Whether each unit of a tensor is one of the tensor that it follows from."""
    node = network.producers.get(name)
    while node is not None and keeps(network, node):
        if isinstance(node, Rearrange) and not rearrange.keeps(network, node):
            return False
        [name] = sources(node)
        node = network.producers.get(name)
    return node is None or not follows(network, node)


def uneven(network: Network, found: Mapping[str, Relabelling]) -> Withheld:
    """The units to withhold so that groups are left whole, or even; none where they are.

    Whatever is found is not held yet, so that holding it makes progress.
    """
    units: set[tuple[str, int]] = set()
    for segment, kernel in _grouped(network):
        ends = (segment.input, segment.output)
        if not any(name in found for name in ends):
            continue
        sizes = _each(kernel)
        held = [
            representatives(found.get(name), kernel.groups * each)
            for name, each in zip(ends, sizes, strict=True)
        ]
        pairs = zip(held, sizes, strict=True)
        counts = [np.bincount(kept // each, minlength=kernel.groups) for kept, each in pairs]
        left = np.flatnonzero((counts[0] > 0) | (counts[1] > 0))
        for i, name in enumerate(ends):
            lead = root(network, name)
            lacking = counts[i].max() - counts[i]
            units |= {(lead, v) for v in _missing(held[i], left, lacking, sizes[i])}
    chosen: Units = frozenset(units)
    return Withheld(chosen, chosen, chosen)


def _missing(held: Rows, groups: Rows, lacking: Rows, each: int) -> Sequence[int]:
    """The first units of these groups that are not held, as many as are lacking."""
    found: list[int] = []
    kept = frozenset(held.tolist())
    for group in groups[lacking[groups] > 0].tolist():
        free = (v for v in range(group * each, (group + 1) * each) if v not in kept)
        found += [v for v, _ in zip(free, range(int(lacking[group])), strict=False)]
    return found
