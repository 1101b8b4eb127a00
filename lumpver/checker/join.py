"""Joins of tensors that are relabelled alike: y = a + b or a - b.

If a = M a' + k and b = M b' + l, then a + b = M (a' + b') + (k + l), and so with minus. Ghost
columns of both stand for the same rows of M: the extended network joins them, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.checker.rules.residual import require
from lumpver.claim.facts import NEVER_NEGATIVE, UNBOUNDED, Fact
from lumpver.errors import reject
from lumpver.exact.array import add, equal
from lumpver.model.join import same_shape

if TYPE_CHECKING:
    from lumpver.checker.walk import Walk
    from lumpver.model.network import Join
    from lumpver.model.relabelling import Relabelling


def established(walk: Walk, node: Join) -> dict[str, tuple[Fact, ...]]:
    """The one fact about the output; both operands stay, or both are relabelled alike.

    Raises
    ------
    Rejected
        If they are relabelled in two ways, or the counterpart is another join or one of other
        tensors.
    """
    name, stated = node.output, walk.alone(node.output)
    found = walk.producer("join", name, stated, node)
    if found.operator != node.operator:
        reject("join", name, node.operator, found.operator)
    first, second = (
        _operand(walk, name, *pair) for pair in zip(node.inputs, found.inputs, strict=True)
    )
    walk.typed(name, found.output)
    positive = first.bounds.never_negative and second.bounds.never_negative
    bounds = NEVER_NEGATIVE if positive and node.operator == "Add" else UNBOUNDED
    if first.relabelling is None and second.relabelling is None:
        return {name: (Fact(found.output, bounds=bounds),)}
    for ours, shapes in ((node, walk.shapes), (found, walk.theirs)):
        a, b = (shapes[operand] for operand in ours.inputs)
        if not same_shape(a, b):
            reject("join", name, f"two tensors of one known shape, as {a}", str(b))
    after = joined(node, first, second)
    return {name: (Fact(found.output, after, axis=first.axis, bounds=bounds),)}


def _operand(walk: Walk, name: str, ours: str, theirs: str) -> Fact:
    """The fact about an operand whose counterpart the other join reads."""
    known = walk.facts[ours]
    for fact in known:
        if fact.counterpart == theirs:
            return fact
    expected = " or ".join(sorted(str(fact.counterpart) for fact in known))
    return reject("join", name, f"to read {expected}", f"reads {theirs}")


def joined(node: Join, first: Fact, second: Fact) -> Relabelling:
    """What a join makes of two relabellings that have one M along one axis.

    Raises
    ------
    Rejected
        If they have not.
    """
    a, b = first.relabelling, second.relabelling
    if a is None or b is None:
        reject("join", node.output, "both operands relabelled, or none", "one of them")
    if first.axis != second.axis:
        reject("join", node.output, f"units along axis {first.axis}", str(second.axis))
    if a.mixed or b.mixed or a.off.size or b.off.size:
        reject("join", node.output, "at most one entry a row", "several, or units that are off")
    if (a.units, a.width, a.ghosts) != (b.units, b.width, b.ghosts):
        expected, got = (f"{x.units} units, {x.width} held, {x.ghosts} not" for x in (a, b))
        reject("join", node.output, expected, got)
    require(a.block == b.block, "join", node.output, "the same block in both operands", "another")
    same = equal(a.scale, b.scale) | (a.block < 0)
    require(same, "join", node.output, "the same scale in both operands", "another")
    return replace(
        a, constant=add(a.constant, b.constant if node.operator == "Add" else -b.constant)
    )
