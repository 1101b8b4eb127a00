"""Boxes that are widened to what rounds into them: bounds to the next numbers of their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.claim.domain import Box, Boxes
from lumpver.exact.floats import FORMATS
from lumpver.exact.neighbours import above, below, largest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.claim.domain import Range

_NAMED: Final = 3


def widened(domain: Boxes, types: Mapping[str, str]) -> tuple[Boxes, tuple[str, ...]]:
    """The boxes, each bound at the next number outward of its input's type; and notes on that.

    Bounds of inputs of other types stay as they are, and so do those beyond the largest number.

    Examples
    --------
    >>> boxes = Boxes((Box.of({"x": [("0.1", 1)]}),))
    >>> wider, notes = widened(boxes, {"x": "float16"})
    >>> wider.boxes[0].ranges, notes
    ((('x', ((819/8192, 1),)),), ('bounds widened outward to float16',))
    """
    wider: set[str] = set()
    beyond: list[str] = []
    known: dict[tuple[str, Range], Range] = {}

    def outward(name: str, place: int, bounds: Range) -> Range:
        dtype = types[name]
        if dtype not in FORMATS:
            return bounds
        ends = known.get((dtype, bounds))
        if ends is None:
            ends = known[dtype, bounds] = _outward(bounds, dtype)
        if ends != bounds:
            wider.add(dtype)
        if any(end is not None and abs(end) > largest(dtype) for end in ends):
            beyond.append(f"{name}[{place}]")
        return ends

    boxes = tuple(
        Box(
            tuple(
                (name, tuple(outward(name, i, bounds) for i, bounds in enumerate(ranges)))
                for name, ranges in box.ranges
            )
        )
        for box in domain.boxes
    )
    notes = []
    if wider:
        notes.append(f"bounds widened outward to {' and '.join(sorted(wider))}")
    if beyond:
        some, rest = ", ".join(beyond[:_NAMED]), len(beyond) - _NAMED
        more = f" and {rest} more" if rest > 0 else ""
        notes.append(f"bounds beyond the largest number of their type stay exact: {some}{more}")
    return Boxes(boxes, domain.source), tuple(notes)


def _outward(bounds: Range, dtype: str) -> Range:
    """The bounds, each as the next number outward, where there is one on both sides of it."""
    low, high = bounds
    most = largest(dtype)
    return (
        low if low is None or abs(low) > most else below(low, dtype),
        high if high is None or abs(high) > most else above(high, dtype),
    )
