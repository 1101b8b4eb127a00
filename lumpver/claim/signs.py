"""Signs: units that never switch, whatever the input is, and the multipliers that show it.

A unit's form is never negative if it is a sum of what is, each times a number above 0, and a
number that is not negative (Farkas); by a case split, if it is so in every case.

column: an entry of the tensor that forms begin with, or r = A(h) for a form h of columns before
generator: what is never negative: 2 c and 2 c + 1 are, of column c, the sides of its activation,
    r - h and r - a h, or for a slope a above 1 their negatives; of an entry that is itself never
    negative 2 c is that
split: columns; every case says of each on which side of 0 its h is, and r is h there, or a h
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flint import fmpq

Leaf = tuple[tuple[int, "fmpq"], ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """A unit that is never negative (`up`), or never positive, and why.

    A leaf for each case, generators and multipliers; the columns of `split` are at or above 0 in
    the first, the last of them below in the second.
    """

    unit: int
    up: bool
    split: tuple[int, ...]
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of the units of a tensor, whose forms begin with the tensor `since`."""

    since: str
    units: tuple[Sign, ...]
