"""Units in heads, as attention has its values: one relabelling, so many times over.

A Reshape parts units c = h n + v into heads h and channels v; all that follows has the channels
along its axis, and the same ones in every head. So the units of a run that is read in heads are
relabelled by I (x) M: channels merge, are constant, or go, in all heads alike.

heads: the copies of M; 1 where units are not read in heads
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.exact.array import entry
from lumpver.exact.scalar import ONE
from lumpver.model.linear import groups_of, mixes
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.normalization import scaling
from lumpver.model.relabelling import spread
from lumpver.model.spread import Spread
from lumpver.search import rearrange
from lumpver.search.blocks import relabelling_of
from lumpver.search.families import keeps, readers, root
from lumpver.search.groups import is_plain
from lumpver.search.readers import let_constant, let_multiples
from lumpver.search.withheld import units_of
from lumpver.search.writing import Written, together

if TYPE_CHECKING:
    from lumpver.model.network import Network, Node, Segment
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.search.sweeps import Forward


def heads(network: Network, name: str) -> int:
    """In how many heads the units of a run's output are read; 0 where that is not one number.

    Nor is it where sums tie the units to others, or groups or roots to each other.
    """
    parts, plain = set(), True
    for node in readers(network, name):
        if isinstance(node, Rearrange) and (found := rearrange.heads(network, node)) > 1:
            parts.add(found)
            plain = plain and is_plain(network, node.input)
    if not parts:
        return 1
    segment = network.ends.get(name)
    if segment is None or len(parts) > 1 or network.width.get(name, 1) % max(parts):
        return 0
    able = any(map(mixes, segment.nodes)) and groups_of(segment.nodes) == 1 and plain
    apart = all(_reads_apart(network, node) for node in readers(network, name))
    return parts.pop() if able and apart and scaling(segment) is None else 0


def _reads_apart(network: Network, node: Node) -> bool:
    """Whether a reader ties units to no other tensor's, nor to each other."""
    match node:
        case Join():
            return node.mixed is not None
        case Linear():
            return groups_of([node]) == 1
        case Pick():
            return keeps(network, node)
        case Pointwise() | Pool() | Rearrange() | Opaque():
            return True
        case _:
            assert_never(node)


def splits(network: Network, node: Rearrange) -> bool:
    """Whether a node parts units into heads that their run can do as well with fewer channels."""
    parts = rearrange.heads(network, node)
    return parts > 1 and heads(network, root(network, node.input)) == parts


def grouped(sweep: Forward, segment: Segment, written: Written, parts: int) -> Relabelling:
    """Channels whose rows are multiples by one scale in all heads, as so many copies."""
    name, n = segment.output, written.d.size // parts
    each = [Written(written.R[i : i + n], written.d[i : i + n])
            for i in range(0, n * parts, n)]  # fmt: skip
    free = np.full(n, "merges" in sweep.rules)
    free[[v % n for v in units_of(sweep.withheld.merges, name)]] = False
    constant = _constants(sweep, name, each)
    some = np.logical_or.reduce([~head.zero for head in each])
    alike = np.flatnonzero(free & some & ~constant)
    classes = together(each, alike, multiples=let_multiples(sweep.network, name))
    classes += [[(int(v), ONE)] for v in np.flatnonzero(~constant & ~(free & some))]
    classes = sorted(classes, key=lambda members: members[0][0])
    return spread(relabelling_of(classes, constant, each[0].d), Spread(copies=parts))


def _constants(sweep: Forward, name: str, each: list[Written]) -> Mask:
    """The channels to fold: nothing that varies enters them; they are one number in all heads."""
    n = each[0].d.size
    found = np.zeros(n, dtype=bool)
    if "constants" not in sweep.rules:
        return found
    moving = np.logical_or.reduce([head.moving for head in each])
    kept = {v % n for v in units_of(sweep.withheld.constants, name)}
    for v in np.flatnonzero(~moving).tolist():
        value, *others = (entry(head.d, v) for head in each)
        same = v not in kept and all(other == value for other in others)
        units = ((name, i * n + v) for i in range(len(each)))
        found[v] = same and all(let_constant(sweep.network, unit, value) for unit in units)
    if found.all():
        found[:1] = False  # no product of nothing
    return found
