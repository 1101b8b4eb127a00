"""What each node does to flattened tensors: a step, of five sorts.

size: of a tensor or constant, how many entries it has, or how large they are at most
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumpver.bounds.maps import Map
    from lumpver.exact.floats import Floats
    from lumpver.model.activations import Activation
    from lumpver.model.functions import Range
    from lumpver.model.join import Operator
    from lumpver.model.relabelling import Indices


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """y = sum of M x, for operands x with a map M each, plus a constant.

    Numbers of maps are within 8 roundings of the network's, and so is the constant of one whose
    magnitudes add up to no more than `size`. One that `copies` makes each entry one of an operand's
    or 0: nothing is rounded.
    """

    operands: tuple[tuple[str, Map], ...]
    constant: Floats
    size: Floats
    copies: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Each:
    """Activations of which each entry has one: `which` names the place of each in `kinds`."""

    kinds: tuple[Activation, ...]
    which: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Bent:
    """y = A(x), entry by entry, with one A or each entry's own."""

    operand: str
    activation: Activation | Each


@dataclass(frozen=True, slots=True, eq=False)
class Largest:
    """y is the largest of some entries of x: those that a column of `met` names, but for -1."""

    operand: str
    met: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Blank:
    """Nothing is known of y, but that it is between two numbers, if there are any."""

    range: Range = (None, None)


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """y is between numbers that follow from its operands': what an operator makes of them."""

    operands: tuple[str, ...]
    operator: Operator
    shapes: tuple[tuple[int, ...], ...]
    made: tuple[int, ...]


Step = Affine | Bent | Largest | Blank | Between
