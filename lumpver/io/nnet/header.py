"""What an NNet file says beside its layers, and its decimal numbers.

Kept as text, so that what is written is what was read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import Malformed, NotANumber
from lumpver.exact.scalar import ONE, ZERO, decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.exact.array import Exact

_HUGE_POWER: Final = re.compile(r"[eE][+-]?0*[1-9][0-9]{3}", re.ASCII)
LIMIT: Final = "1e30"
MOST_DIGITS: Final = 4300  # as Python's integers; twenty times those of any float


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says beside its layers, word for word.

    Raises
    ------
    Malformed
        If a part would not be read back as it is.

    Examples
    --------
    >>> Header.plain(2).means
    ('0', '0', '0')
    """

    comments: tuple[str, ...]
    flag: str
    minima: tuple[str, ...]
    maxima: tuple[str, ...]
    means: tuple[str, ...]
    ranges: tuple[str, ...]

    def __post_init__(self) -> None:
        values = (*self.minima, *self.maxima, *self.means, *self.ranges)
        whole = all("\n" not in part for part in (*self.comments, self.flag, *values))
        if not (
            whole
            and all(line.startswith("//") for line in self.comments)
            and all("," not in value for value in values)
        ):
            raise Malformed("header", expected="// lines and single values", got=repr(self)[:60])

    @classmethod
    def plain(cls, inputs: int) -> Header:
        """No normalization, and limits of 1e30 either way, which is to say none."""
        means, ranges = ("0",) * (inputs + 1), ("1",) * (inputs + 1)
        return cls((), "0", (f"-{LIMIT}",) * inputs, (LIMIT,) * inputs, means, ranges)


def normalization(header: Header, inputs: int, *, where: str) -> tuple[Exact, Exact]:
    """Means and ranges: one of each per input, then the outputs'.

    Where a line has one for each input and no more, the outputs' are mean 0 and range 1.

    Raises
    ------
    NotANumber
        If one is no finite decimal.
    Malformed
        If a range that is used is 0, naming its place in the line.

    Examples
    --------
    >>> means, ranges = normalization(Header.plain(1), 1, where="plain")
    >>> means.tolist(), ranges.tolist()
    ([0, 0], [1, 1])
    """
    found = []
    for name, cells, missing in (("means", header.means, ZERO), ("ranges", header.ranges, ONE)):
        values = decimals(cells, where=f"{where} {name}")
        last = values[-1] if len(values) > inputs else missing
        found.append(np.array([*values[:inputs], last], dtype=object))
    means, ranges = found
    if zeros := np.flatnonzero(ranges == ZERO).tolist():
        place = zeros[0] if zeros[0] < inputs else len(header.ranges) - 1
        raise Malformed(
            f"{where} ranges, value {place + 1}", expected="a number other than 0", got="0"
        )
    return means, ranges


def decimals(cells: Sequence[str], *, where: str) -> list[fmpq]:
    """The values of decimal literals, exactly.

    Raises
    ------
    NotANumber
        Naming the first that is no finite decimal, has a power of ten of 1000 or more,
        or is longer than `MOST_DIGITS`.

    Examples
    --------
    >>> decimals(["-2.5e-1", " 3 "], where="line 9")
    [-1/4, 3]
    """
    values: list[fmpq] = []
    try:
        for cell in cells:
            values.append(_decimal(cell))  # noqa: PERF401 the length tells which one failed
    except ValueError as error:
        raise NotANumber(
            f"{where}, value {len(values) + 1}",
            expected="a finite decimal",
            got=repr(cells[len(values)])[:60],
        ) from error
    return values


def _decimal(cell: str) -> fmpq:
    if _HUGE_POWER.search(cell):
        raise NotANumber("number", expected="a power of ten below 1000", got=repr(cell[:40]))
    if len(cell) > MOST_DIGITS and len(cell.strip()) > MOST_DIGITS:
        expected, got = f"at most {MOST_DIGITS} digits", f"{len(cell)}"
        raise NotANumber("number", expected=expected, got=got)
    return decimal(cell)
