"""Units in heads, as attention has its values: one relabelling, so many times over.

A Reshape parts units c = h n + v into heads h and channels v; all that follows has the channels
along its axis, and the same ones in every head. So the units of a run that are read in heads are
relabelled by I (x) M: channels merge, are constant, or go, in all heads alike. They may be some of
the run's units, where one run makes queries, keys and values.

heads: for each channel of each head the unit that it is, a row for each head
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.exact.array import entry
from lumpver.exact.scalar import ONE
from lumpver.model.linear import groups_of, mixes
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.model.normalization import scaling
from lumpver.search import rearrange
from lumpver.search.blocks import relabelling_of
from lumpver.search.families import origins, readers
from lumpver.search.readers import let_constant, let_multiples
from lumpver.search.withheld import units_of
from lumpver.search.writing import Written, together

if TYPE_CHECKING:
    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Network, Node, Segment
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.search.stable import Class
    from lumpver.search.sweeps import Forward


def heads(network: Network, name: str) -> list[Rows]:
    """The heads in which units of a run's output are read; none where they cannot be.

    That is where sums tie them to others, or groups or roots to each other, or a unit is in two.
    """
    found: list[Rows] = []
    segment, nodes = network.ends.get(name), list(readers(network, name))
    for node in nodes:
        if isinstance(node, Rearrange) and (parts := rearrange.heads(network, node)) > 1:
            made = origins(network, node.input)
            if any(root != name for root, _ in made):
                return []
            found.append(np.array([unit for _, unit in made]).reshape(parts, -1))
    distinct = [rows for i, rows in enumerate(found)
                if not any(np.array_equal(rows, other) for other in found[:i])]  # fmt: skip
    units = [unit for rows in distinct for unit in rows.ravel().tolist()]
    if segment is None or len(set(units)) < len(units) or scaling(segment) is not None:
        return []
    able = any(map(mixes, segment.nodes)) and groups_of(segment.nodes) == 1
    return distinct if able and all(map(_reads_apart, nodes)) else []


def _reads_apart(node: Node) -> bool:
    """Whether a reader ties units to no other tensor's, nor to each other."""
    match node:
        case Join():
            return node.mixed is not None
        case Linear():
            return groups_of([node]) == 1
        case Pointwise() | Pool() | Rearrange() | Pick() | Opaque():
            return True
        case _:
            assert_never(node)


def splits(network: Network, node: Rearrange) -> bool:
    """Whether a node parts units into heads that their run can do as well with fewer channels."""
    if rearrange.heads(network, node) == 1:
        return False
    made = origins(network, node.input)
    return bool(made) and bool(heads(network, made[0][0]))


def alike(network: Network, name: str, before: Relabelling, seen: Mask) -> Mask:
    """The blocks that are seen, and those that are the same channels of other heads."""
    result = seen.copy()
    for rows in heads(network, name):
        blocks = before.block[rows]
        held = (blocks >= 0) & (blocks < before.width)
        wanted = (np.append(result, False)[np.where(held, blocks, -1)]).any(axis=0)
        some = blocks[:, wanted]
        result[some[(some >= 0) & (some < before.width)]] = True
    return result


def grouped(sweep: Forward, segment: Segment, written: Written, parts: list[Rows]) -> Relabelling:
    """Channels whose rows are multiples by one scale in all heads; other units are themselves."""
    name, count = segment.output, written.d.size
    constant = np.zeros(count, dtype=bool)
    classes: list[Class] = []
    for rows in parts:
        found, fixed = _channels(sweep, name, written, rows)
        constant[rows[:, fixed]] = True
        classes += [[(int(row[v]), ratio) for v, ratio in members]
                    for row in rows for members in found]  # fmt: skip
    told = {unit for members in classes for unit, _ in members}
    classes += [[(v, ONE)] for v in range(count) if v not in told and not constant[v]]
    return relabelling_of(sorted(classes, key=lambda found: found[0][0]), constant, written.d)


def _channels(sweep: Forward, name: str, written: Written, rows: Rows) -> tuple[list[Class], Mask]:
    """The classes of channels in these heads, and those that are constants."""
    n = rows.shape[1]
    each = [Written(written.R[row], written.d[row]) for row in rows]
    free = np.full(n, "merges" in sweep.rules)
    free[np.isin(rows, units_of(sweep.withheld.merges, name)).any(axis=0)] = False
    constant = _constants(sweep, name, each, rows)
    some = np.logical_or.reduce([~head.zero for head in each])
    able = np.flatnonzero(free & some & ~constant)
    classes = together(each, able, multiples=let_multiples(sweep.network, name))
    classes += [[(int(v), ONE)] for v in np.flatnonzero(~constant & ~(free & some))]
    return classes, constant


def _constants(sweep: Forward, name: str, each: list[Written], rows: Rows) -> Mask:
    """The channels to fold: nothing that varies enters them; they are one number in all heads."""
    found = np.zeros(rows.shape[1], dtype=bool)
    if "constants" not in sweep.rules:
        return found
    moving = np.logical_or.reduce([head.moving for head in each])
    kept = np.isin(rows, units_of(sweep.withheld.constants, name)).any(axis=0)
    for v in np.flatnonzero(~moving & ~kept).tolist():
        value, *others = (entry(head.d, v) for head in each)
        units = [(name, int(unit)) for unit in rows[:, v]]
        found[v] = all(other == value for other in others) and all(
            let_constant(sweep.network, unit, value) for unit in units
        )
    if found.all():
        found[:1] = False  # no product of nothing
    return found
