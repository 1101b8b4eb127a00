"""Rearrangements of relabelled tensors: the unit axis goes along, all others stay alike.

What is asked is sound because a reshape only depends on the shape it makes, and a
transposition on its permutation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.checker.rules import reject
from lumpver.shapes import moved_axis, rearranged

if TYPE_CHECKING:
    from lumpver.network import Rearrange, Shape
    from lumpver.relabelling import Relabelling


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
    if got is None or None in got or tuple(expected) != got:
        reject("rearrangement", name, str(tuple(expected)), str(got))
    return place
