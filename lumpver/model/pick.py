"""Picks: some entries of a tensor along some of its axes, by their places, in that order.

What Slice, Split and Gather with constant indices do. A place may be picked twice, or never.

places: for each axis that is picked from, counted from the end, which of its entries, in order
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.errors import Malformed, ShapeMismatch

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.tensor import Dimension, Shape

Places = tuple[int, ...]
AllPlaces = tuple[tuple[int, Places], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """The entries of x at these places of these axes, which rise, and all along others.

    Raises
    ------
    Malformed
        If no axis is picked from, an axis is not counted from the end or there twice, or no
        place is picked, or one below 0.
    """

    name: str
    input: str
    output: str
    places: AllPlaces

    def __post_init__(self) -> None:
        axes = [axis for axis, _ in self.places]
        if not axes or max(axes) >= 0 or axes != sorted(set(axes)):
            got = ", ".join(map(str, axes)) or "none"
            raise Malformed(f"node {self.name}", expected="rising axes from the end", got=got)
        for axis, places in self.places:
            if min(places, default=-1) < 0:
                got = str(min(places, default="none"))
                raise Malformed(f"node {self.name}", expected=f"places along {axis}", got=got)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.input,)

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.output,)

    def along(self, axis: int | None) -> Places | None:
        """The places along one axis, None where all are picked."""
        return next((places for own, places in self.places if own == axis), None)

    def besides(self, axis: int) -> AllPlaces:
        """The places along all other axes."""
        return tuple((own, places) for own, places in self.places if own != axis)


def behind(node: Pick, shape: Shape) -> Shape:
    """The shape of the node's output for an input of this shape.

    Raises
    ------
    ShapeMismatch
        If it has no such axis, or not so many entries there.

    Examples
    --------
    >>> behind(Pick("p", "x", "y", ((-2, (3, 0)),)), ("N", 4, None))
    ('N', 2, None)
    """
    if shape is None:
        return None
    found: list[Dimension] = list(shape)
    for axis, places in node.places:
        if len(shape) < -axis:
            expected = f"axis {axis}"
            raise ShapeMismatch(f"node {node.name}", expected=expected, got=str(shape))
        size = shape[axis]
        if isinstance(size, int) and size <= max(places):
            expected = f"more than {max(places)} entries along {axis}"
            raise ShapeMismatch(f"node {node.name}", expected=expected, got=str(size))
        found[axis] = len(places)
    return tuple(found)


def value(node: Pick, x: Any) -> Exact:
    """The node's output at x, whose entries are numbers or terms.

    Raises
    ------
    ShapeMismatch
        If x has not these axes and places.

    Examples
    --------
    >>> value(Pick("p", "x", "y", ((-1, (2, 0, 0)),)), np.array([5.0, 6.0, 7.0])).tolist()
    [7.0, 5.0, 5.0]
    """
    behind(node, x.shape)
    for axis, places in node.places:
        x = np.take(x, np.array(places, dtype=np.int64), axis=axis)
    found: Exact = x
    return found
