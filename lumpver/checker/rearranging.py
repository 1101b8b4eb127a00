"""Rearrangements of relabelled tensors: the unit axis goes along, all others stay alike.

What is asked is sound because a reshape only depends on the shape it makes, and a
transposition on its permutation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.checker.rules import reject
from lumpver.model.rearrange import moved_axis, rearranged

if TYPE_CHECKING:
    from lumpver.model.network import Rearrange, Shape
    from lumpver.model.relabelling import Relabelling


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
) -> int:
    """The unit axis behind both nodes; `shapes` are those of their operands.

    Raises
    ------
    Rejected
        If units may get mixed, or any other axis may differ.
    """
    name = ours.output
    place = moved_axis(ours, shapes[0], axis)
    if place is None:
        reject("rearrangement", name, "the unit axis kept", "units mixed")
    if ours.operator == "Transpose" and theirs.parameters != ours.parameters:
        reject("rearrangement", name, str(ours.parameters), str(theirs.parameters))
    expected = list(rearranged(ours, shapes[0]) or ())
    got = rearranged(theirs, shapes[1])
    expected[place] = before.width
    if got is None or tuple(expected) != got:
        reject("rearrangement", name, str(tuple(expected)), str(got))
    if None in got and not _alike(ours, theirs, place + len(got)):
        reject("rearrangement", name, str(ours.parameters), str(theirs.parameters))
    return place


def _alike(ours: Rearrange, theirs: Rearrange, place: int) -> bool:
    """Whether both ask for the same lengths but for the unit axis at `place`.

    Then lengths that nobody knows are the same in both: copied from axes that are, or what
    is left of as many entries per unit.
    """
    a, b = ours.parameters, theirs.parameters
    if ours.operator != "Reshape" or a is None or b is None:
        return a == b
    return len(a) == len(b) and all(a[i] == b[i] for i in range(len(a)) if i != place)
