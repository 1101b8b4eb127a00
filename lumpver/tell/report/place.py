"""The inputs that an answer is about, as a page shows them, bound by bound.

run: entries next to each other that have the same range
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from lumpver.claim.domain import FREE
from lumpver.exact.scalar import text, to_sympy
from lumpver.proving.decimals import near
from lumpver.tell.report.words import brief, count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flint import fmpq

    from lumpver.claim.domain import Box
    from lumpver.tell.report.examination import Examined

MOST: Final = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Boxes: rows of (entries, least, about, largest, about), and what is left out of them."""

    rows: tuple[tuple[str, str, str, str, str], ...]
    more: str


def place(examined: Examined) -> Place | None:
    """The inputs that were asked about; None where those are all."""
    domain = examined.domain
    if domain is None:
        return None
    several = len(domain.boxes) > 1
    leads = [f"box {i}: " if several else "" for i in range(1, len(domain.boxes) + 1)]
    rows = [row for lead, box in zip(leads, domain.boxes, strict=True) for row in _rows(box, lead)]
    left = [f"{count(len(rows) - MOST)} rows more"] if len(rows) > MOST else []
    many = f"An input is in one of {count(len(leads))} boxes." if several else ""
    more = " ".join([many, *(f"{word}: the certificate has all of them." for word in left)]).strip()
    return Place(tuple(rows[:MOST]), more)


def _rows(box: Box, lead: str) -> Iterator[tuple[str, str, str, str, str]]:
    """A row for each run of entries that are bounded."""
    for name, ranges in box.ranges:
        start = 0
        for ends, group in groupby(ranges):
            size = len(list(group))
            if ends != FREE:
                last = f" to {name}[{start + size - 1}]" if size > 1 else ""
                low, high = ends
                yield f"{lead}{name}[{start}]{last}", *_number(low), *_number(high)
            start += size


def _number(value: fmpq | None) -> tuple[str, str]:
    """The number exactly, and about, where that says more."""
    if value is None:
        return "none", ""
    shown = text(value)
    return brief(shown), "" if value.q == 1 else near(to_sympy(value))
