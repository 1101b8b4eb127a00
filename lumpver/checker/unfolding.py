"""The network in between: the original, with numbers that make the reduced model its quotient.

Statement. None. Whatever network this is, both of its sides are checked: that the original is near
it, by a covering, and that the reduced model computes what it does, by the walk (`checking`).
Why it is one. W M = M' W' and W k + b = M' b' + k' are solved by the columns of leading units;
what others have in the original stays, so that it differs in little.

leading: of a block the first unit whose scale is 1, or else its first
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.linear import counterpart, rows
from lumpver.checker.wiring import multiplied, same_runs, units
from lumpver.claim.facts import Fact
from lumpver.errors import reject
from lumpver.exact.array import compact, rationals, zeros
from lumpver.exact.scalar import ONE
from lumpver.model.linear import groups_of, taps_of, window_of
from lumpver.model.network import Linear, Segment
from lumpver.model.normalization import scaling
from lumpver.model.relabelling import identity, spread
from lumpver.model.spread import Spread
from lumpver.model.weights import Kernel, Matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumpver.checker.walk import Walk
    from lumpver.exact.array import Exact
    from lumpver.model.network import Network, Node
    from lumpver.model.relabelling import Indices, Relabelling


def unfolded(walk: Walk, passed: Callable[[Walk, Node], Mapping[str, tuple[Fact, ...]]]) -> Network:
    """The original with other numbers in those runs that facts, or the reduced model, change.

    `passed` says what follows of tensors that no run makes.

    Raises
    ------
    Rejected
        If a fact has several entries in a row, or units that nothing observes; if a run is
        normalized, or its units are in groups; or if the reduced model is wired in another way.
    """
    nodes: list[Node] = []
    for node in walk.original.nodes:
        if not isinstance(node, Linear):
            walk.facts |= passed(walk, node)
            nodes.append(node)
        elif node.output in walk.ends:
            fact, run = _run(walk, walk.ends[node.output])
            walk.facts[node.output] = (fact,)
            nodes += run
    made = {name for node in nodes for name in node.outputs}
    kept = made | {tensor.name for tensor in walk.original.inputs}
    tensors = {name: x for name, x in walk.original.tensors.items() if name in kept}
    return replace(walk.original, nodes=tuple(nodes), tensors=tensors)


def _run(walk: Walk, segment: Segment) -> tuple[Fact, tuple[Linear, ...]]:
    """What is claimed of a run's output, and the nodes in its place."""
    name, stated = segment.output, walk.alone(segment.output)
    before = walk.used(name, segment.input, stated)
    claim = stated.relabelling
    after = None if claim is None or claim.is_identity else claim
    if stated.since is not None or not all(map(_simple, (before.relabelling, after))):
        reject("nearly", name, "at most one entry in a row, and no ghosts", "others")
    if before.relabelling is not None and before.axis != segment.axis:
        reject("unit axis", name, str(before.axis), str(segment.axis))
    target, theirs = None, None
    if after is None or after.width:
        target = stated.counterpart
        if target is None:
            reject("counterpart", name, "a tensor", "none")
        theirs = counterpart(walk, segment, before, target)
    axis = None if after is None else segment.axis
    fact = Fact(target, after, axis=axis)
    if theirs and before.relabelling is after is None and same_runs(segment, theirs):
        return fact, segment.nodes
    if scaling(segment) is not None or groups_of(segment.nodes) > 1:
        reject("nearly", name, "a run that is not normalized or in groups", "another")
    return fact, (_node(walk, segment, theirs, before, after),)


def _simple(found: Relabelling | None) -> bool:
    return found is None or not (found.mixed or found.ghosts)


def _node(
    walk: Walk,
    segment: Segment,
    theirs: Segment | None,
    before: Fact,
    after: Relabelling | None,
) -> Linear:
    """One node in the place of a run."""
    known = units(walk.original, walk.shapes, segment.input, segment.axis)
    W, _ = multiplied(segment, known, None)
    taps = taps_of(segment.nodes)
    given = identity(W.shape[1])
    if before.relabelling is not None:
        given = spread(before.relabelling, Spread(parts=taps))
    made = identity(W.shape[0]) if after is None else after
    if (given.units, made.units) != (W.shape[1], W.shape[0]):
        reject("affine", segment.output, str(W.shape), f"{(made.units, given.units)}")
    expected = (made.width, given.width)
    if theirs is None:
        found = zeros(0, given.width), zeros(0)
    else:
        found = rows(walk, theirs, before, expected, segment)
    numbers, biases = solved(W, given, made, *found)
    window = window_of(segment.nodes)
    weights = Matrix(numbers) if window is None else Kernel(numbers, window)
    last = segment.nodes[-1]
    return Linear(last.name, segment.input, segment.output, weights, biases, segment.axis)


def solved(
    W: Exact, given: Relabelling, made: Relabelling, theirs: Exact, biases: Exact
) -> tuple[Exact, Exact]:
    """(V, b) with V M = M' W' and V k + b = M' b' + k', and W where that leaves a choice.

    Rows of units that do not lead are multiples of those that do; constants have none.

    Examples
    --------
    >>> pair = replace(identity(2), block=np.array([0, 0]), width=1)
    >>> V, b = solved(np.array([[1.0, 2.0]]), pair, identity(1), np.array([[7.0]]), np.array([3.0]))
    >>> V.tolist(), b.tolist()
    ([[5.0, 2.0]], [3.0])
    """
    V, b = rationals(zeros(*W.shape)).copy(), rationals(made.constant).copy()
    known, wanted, shift = rationals(W), rationals(theirs), rationals(biases)
    scales, factors = rationals(given.scale), rationals(made.scale)
    columns, lines = leading(given), leading(made)
    free = np.ones(given.units, dtype=bool)
    free[columns] = False
    V[np.ix_(lines, free)] = known[np.ix_(lines, free)]
    for j, lead in enumerate(columns.tolist()):
        others = given.members(j)
        others = others[others != lead]
        left = factors[lines] * wanted[:, j]
        if others.size:
            left = left - known[np.ix_(lines, others)] @ scales[others]
        V[lines, lead] = left / scales[lead]
    for unit in np.flatnonzero(made.block >= 0).tolist():
        lead = int(lines[made.block[unit]])
        if unit != lead:
            V[unit] = V[lead] * (factors[unit] / factors[lead])
        b[unit] += factors[unit] * shift[made.block[unit]]
    if given.has_constants:
        b = b - V @ rationals(given.constant)
    return compact(V), compact(b)


def leading(found: Relabelling) -> Indices:
    """The leading unit of each block.

    Raises
    ------
    Rejected
        If a block has no unit.
    """
    ones = rationals(found.scale) == ONE
    leads = []
    for j in range(found.width):
        members = found.members(j)
        if not members.size:
            reject("nearly", f"block {j}", "a unit", "none")
        whole = members[ones[members]]
        leads.append(int((whole if whole.size else members)[0]))
    return np.array(leads, dtype=np.int64)
