"""Domains: the inputs that a claim is about, as exact numbers.

range: least and largest value of an entry, None where there is no bound
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from lumpver.errors import Malformed
from lumpver.exact.scalar import number, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flint import fmpq

Range: TypeAlias = "tuple[fmpq | None, fmpq | None]"

FREE: Final[Range] = (None, None)
_SHOWN: Final = 3
_ALIKE: Final = 8  # entries of one range that are told together


@dataclass(frozen=True, slots=True)
class AllInputs:
    """Every input that there is."""


@dataclass(frozen=True, slots=True)
class Box:
    """For each input named, a range for every entry in row-major order; others are free.

    Inputs are named once, in order, and no range is empty.

    Examples
    --------
    >>> Box.of({"y": [(0, "1/2")], "x": [None, (1, None)]}).ranges
    (('x', ((None, None), (1, None))), ('y', ((0, 1/2),)))
    """

    ranges: tuple[tuple[str, tuple[Range, ...]], ...]

    def __post_init__(self) -> None:
        names = [name for name, _ in self.ranges]
        if names != sorted(set(names)):
            raise Malformed("box", expected="distinct inputs in order", got=", ".join(names)[:60])
        for name, ranges in self.ranges:
            for i, bounds in enumerate(ranges):
                if empty(bounds):
                    raise _empty(f"box for {name}[{i}]", bounds)

    @classmethod
    def of(cls, ranges: Mapping[str, Iterable[Any]]) -> Box:
        """The box with these ranges, given as `a_range` takes them.

        Raises
        ------
        Malformed
            If something is no range, or an empty one.
        """
        found = {
            name: tuple(a_range(given, where=f"box for {name}[{i}]") for i, given in enumerate(of))
            for name, of in ranges.items()
        }
        return cls(tuple(sorted(found.items())))

    @property
    def sizes(self) -> dict[str, int]:
        """How many entries each input has that is named."""
        return {name: len(ranges) for name, ranges in self.ranges}

    @property
    def bounded(self) -> dict[tuple[str, int], Range]:
        """The ranges that have a bound, by input and entry."""
        return {
            (name, i): bounds
            for name, ranges in self.ranges
            for i, bounds in enumerate(ranges)
            if bounds != FREE
        }


@dataclass(frozen=True, slots=True)
class Boxes:
    """The inputs in one box or another, with the name of the file that they are from, if any.

    There is a box, and an input has as many entries in each. `source` is informational.
    """

    boxes: tuple[Box, ...]
    source: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.boxes:
            raise Malformed("domain", expected="a box, or there is no input", got="none")
        sizes: dict[str, int] = {}
        for name, size in (pair for box in self.boxes for pair in box.sizes.items()):
            if sizes.setdefault(name, size) != size:
                expected = f"{sizes[name]} ranges, as in another box"
                raise Malformed(f"box for {name}", expected=expected, got=str(size))

    @property
    def sizes(self) -> dict[str, int]:
        """How many entries each input has that some box names."""
        return {name: size for box in self.boxes for name, size in box.sizes.items()}


@dataclass(frozen=True, slots=True)
class Unread:
    """The inputs that a file allows which nobody has read, the answer being the same for all."""

    source: str


Domain: TypeAlias = AllInputs | Boxes | Unread


def a_range(given: Any, *, where: str) -> Range:
    """The range that somebody means by (low, high), None being no bound; None has neither.

    Raises
    ------
    Malformed
        If that is no pair of numbers, or no number is within.

    Examples
    --------
    >>> a_range((0, "1/2"), where="x[0]"), a_range(None, where="x[0]")
    ((0, 1/2), (None, None))
    """
    if given is None:
        return FREE
    try:
        low, high = given
    except (TypeError, ValueError) as error:
        raise Malformed(where, expected="(low, high)", got=repr(given)[:40]) from error
    found = None if low is None else number(low), None if high is None else number(high)
    if empty(found):
        raise _empty(where, (low, high))
    return found


def empty(bounds: Range) -> bool:
    """Whether no number is within the bounds."""
    low, high = bounds
    return low is not None and high is not None and low > high


def within(value: fmpq, bounds: Range) -> bool:
    """Whether the number is in the range."""
    low, high = bounds
    return (low is None or low <= value) and (high is None or value <= high)


def meet(one: Range, other: Range) -> Range:
    """The bounds of both; perhaps empty."""
    lows = [value for value in (one[0], other[0]) if value is not None]
    highs = [value for value in (one[1], other[1]) if value is not None]
    return max(lows, default=None), min(highs, default=None)


def _empty(where: str, bounds: tuple[Any, Any]) -> Malformed:
    low, high = bounds
    return Malformed(where, expected="low <= high, or the box is empty", got=f"{low} > {high}")


def described(boxes: Sequence[Box]) -> str:
    """The boxes in words, as many bounds of one as are read.

    Examples
    --------
    >>> described([Box.of({"x": [(0, "1/2"), None, (None, 3)]})])
    'the box with x[0] from 0 to 1/2, x[2] up to 3'
    >>> described([Box.of({"x": [(0, 1)] * 784})])
    'the box with all 784 entries of x from 0 to 1'
    """
    parts = [part for one in boxes[0].ranges for part in _parts(*one)]
    words = [word for word, _ in parts[:_SHOWN]]
    rest = sum(count for _, count in parts[_SHOWN:])
    first = ", ".join(words) + (f" and {rest} more" if rest > 0 else "") or "no bound"
    if len(boxes) == 1:
        return f"the box with {first}"
    return f"{len(boxes)} boxes, the first with {first}"


def _parts(name: str, ranges: tuple[Range, ...]) -> list[tuple[str, int]]:
    """The bounds of an input in words, with how many each of these is."""
    if len(ranges) >= _ALIKE and len(set(ranges)) == 1 and ranges[0] != FREE:
        return [(f"all {len(ranges)} entries of {name} {_bounds(*ranges[0])}", len(ranges))]
    return [(f"{name}[{i}] {_bounds(*ends)}", 1) for i, ends in enumerate(ranges) if ends != FREE]


def _bounds(low: fmpq | None, high: fmpq | None) -> str:
    words = [] if low is None else [f"from {shortened(low)}"]
    if high is not None:
        words.append(f"to {shortened(high)}" if words else f"up to {shortened(high)}")
    return " ".join(words)


def shortened(value: fmpq | None) -> str:
    """The number, or its ends where it is long; nothing for none."""
    shown = "" if value is None else text(value)
    return shown if len(shown) <= 20 else f"{shown[:8]}…{shown[-8:]}"
