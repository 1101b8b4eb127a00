"""Kernels in groups: which units may merge so that the quotient has groups, too.

A group may go as a whole, or be as another whole group; all that are left must read as many
units each, and make as many. Where that is not so, some units have to stay.

colour: a number for each unit of a tensor; those of one block have the same
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import zeros
from lumpver.model.linear import groups_of, moving
from lumpver.model.network import Rearrange, Segment
from lumpver.model.weights import Kernel, columns, rows
from lumpver.search import rearrange
from lumpver.search.blocks import representatives
from lumpver.search.families import follows, keeps, root, sources
from lumpver.search.withheld import Withheld
from lumpver.search.writing import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Linear, Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.search.stable import Class
    from lumpver.search.withheld import Units


def colours(network: Network) -> dict[str, Rows]:
    """The colours of what kernels in groups read, by the tensors that this follows from.

    Units of two groups have one colour only where each of the groups is one unit, whose
    filters are multiples: else what is made of them would not merge.
    """
    found: dict[str, Rows] = {}
    for segment, kernel in _grouped(network):
        name, each = root(network, segment.input), _each(kernel)[0]
        count = kernel.groups * each
        if network.width.get(name) != count or not is_plain(network, segment.input):
            continue
        colour = _filters(segment, kernel) if each == 1 else np.arange(count) // each
        found[name] = _both(found[name], colour) if name in found else colour
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
    alone = replace(segment.nodes[0], weights=Kernel(kernel.numbers, kernel.window))
    found = written(Segment((alone, *segment.nodes[1:])), None, 1)
    made = found if found.scaling else replace(found, d=zeros(found.d.size))
    number = np.zeros(made.d.size, dtype=np.int64)
    for i, members in enumerate(made.classes(np.flatnonzero(made.moving), multiples=True)):
        number[[v for v, _ in members]] = i + 1
    return _numbered(number.reshape(kernel.groups, -1))


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
