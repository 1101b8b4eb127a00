"""Rearrangements of relabelled tensors: the unit axis goes along, all others stay alike.

Where units are parted into heads, every head has the same relabelling.

What is asked is sound because a reshape only depends on the shape it makes, and a
transposition on its permutation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.claim.facts import UNBOUNDED, Fact
from lumpver.errors import reject
from lumpver.model.heads import folded, split_axis
from lumpver.model.rearrange import rearranged, spread_axis
from lumpver.model.relabelling import spread
from lumpver.model.spread import ALONE

if TYPE_CHECKING:
    from lumpver.checker.walk import Walk
    from lumpver.model.network import Dimension, Rearrange, Shape
    from lumpver.model.relabelling import Relabelling
    from lumpver.model.spread import Spread


def established(walk: Walk, node: Rearrange, stated: Fact) -> Fact:
    """The fact about the output, along its new axis, that follows from one about the input.

    Raises
    ------
    Rejected
        If units may get mixed, or the counterpart is made in another way.
    """
    name, before, axis = node.output, walk.used(node.output, node.input, stated), None
    given, bounds = before.relabelling, before.bounds
    if given is not None and given.width == 0:
        reject("rearrangement", name, "units left to rearrange", "none")
    found = walk.producer("rearrangement", name, stated, node)
    walk.reads("rearrangement", name, found, before.counterpart)
    same_operator(node, found)
    if given is not None and before.axis is not None:
        shapes = walk.shapes[node.input], walk.theirs[found.input]
        if spread_axis(node, shapes[0], before.axis) is None:
            axis, given = parted(node, found, shapes, before.axis, given)
            bounds = bounds if bounds.below.ndim == 0 else UNBOUNDED
        else:
            axis, over = moved(node, found, shapes, before.axis, given)
            given, bounds = spread(given, over), bounds.spread(over)
    elif found.parameters != node.parameters:
        reject("rearrangement", name, str(node.parameters), str(found.parameters))
    walk.typed(name, found.output)
    return Fact(found.output, given, axis=axis, bounds=bounds)


def same_operator(ours: Rearrange, theirs: Rearrange) -> None:
    """Both are one operator with one reading of zeros.

    Raises
    ------
    Rejected
        If they are not.
    """
    if (theirs.operator, theirs.zero_copies) != (ours.operator, ours.zero_copies):
        reject("rearrangement", ours.output, ours.operator, theirs.operator)


def moved(
    ours: Rearrange, theirs: Rearrange, shapes: tuple[Shape, Shape], axis: int, before: Relabelling
) -> tuple[int, Spread]:
    """The unit axis behind both nodes, and which entries units have become there.

    `shapes` are those of their operands.

    Raises
    ------
    Rejected
        If units may get mixed, or any other axis may differ.
    """
    name = ours.output
    found = spread_axis(ours, shapes[0], axis)
    if found is None:
        reject("rearrangement", name, "the unit axis kept", "units mixed")
    place, over = found
    if over != ALONE:
        _same_others(name, shapes, axis)
    if ours.operator == "Transpose" and theirs.parameters != ours.parameters:
        reject("rearrangement", name, str(ours.parameters), str(theirs.parameters))
    _comes_out(ours, theirs, shapes, place, before.width * over.count)
    return place, over


def parted(
    ours: Rearrange, theirs: Rearrange, shapes: tuple[Shape, Shape], axis: int, before: Relabelling
) -> tuple[int, Relabelling]:
    """The unit axis behind both nodes that part units into heads, and what each head has.

    All heads have one relabelling, so that entry v of each is what M makes of the same head's.

    Raises
    ------
    Rejected
        If they have not, units may get mixed, or any other axis may differ.
    """
    name = ours.output
    found = split_axis(ours, shapes[0], axis)
    if found is None:
        reject("rearrangement", name, "the unit axis kept", "units mixed")
    place, heads = found
    after = folded(before, heads)
    if after is None:
        reject("rearrangement", name, f"one relabelling in each of {heads} heads", "several")
    _same_others(name, shapes, axis)
    _comes_out(ours, theirs, shapes, place, after.width)
    return place, after


def _same_others(name: str, shapes: tuple[Shape, Shape], axis: int) -> None:
    if _others(shapes[0], axis) != _others(shapes[1], axis):
        reject("rearrangement", name, f"as many entries as {shapes[0]}", str(shapes[1]))


def _comes_out(
    ours: Rearrange, theirs: Rearrange, shapes: tuple[Shape, Shape], place: int, width: int
) -> None:
    """Both make one shape, but for the width along the axis of the units."""
    expected = list(rearranged(ours, shapes[0]) or ())
    got = rearranged(theirs, shapes[1])
    expected[place] = width
    if got is None or tuple(expected) != got:
        reject("rearrangement", ours.output, str(tuple(expected)), str(got))
    if None in got and not _alike(ours, theirs, place + len(got)):
        reject("rearrangement", ours.output, str(ours.parameters), str(theirs.parameters))


def _others(shape: Shape, axis: int) -> list[Dimension]:
    """The lengths of all axes but one."""
    sizes = shape or ()
    return [size for i, size in enumerate(sizes, -len(sizes)) if i != axis]


def _alike(ours: Rearrange, theirs: Rearrange, place: int) -> bool:
    """Whether both ask for the same lengths but for the unit axis at `place`.

    Then lengths that nobody knows are the same in both: copied from axes that are, or what
    is left of as many entries per unit.
    """
    a, b = ours.parameters, theirs.parameters
    if ours.operator != "Reshape" or a is None or b is None:
        return a == b
    return len(a) == len(b) and all(a[i] == b[i] for i in range(len(a)) if i != place)
