"""Runs of linear nodes that end in a normalization: y = c (R x + d) + beta, unit by unit.

c is gamma / sqrt(square), mostly irrational, and is never multiplied out: two units are
multiples of each other where (R | d) are, the ratio of their c is rational, and beta fits.

square: variance + epsilon
centered: R x + b - mean of what a run makes of x, before it is scaled
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from lumpver.exact.array import Exact, add, entry, nonzero, zeros
from lumpver.exact.roots import root
from lumpver.model.linear import Linear
from lumpver.model.nodes import Segment
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization

if TYPE_CHECKING:
    from flint import fmpq


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """What a normalization does to each unit: less the mean, times c, and beta more."""

    gamma: Exact
    mean: Exact
    squares: Exact
    beta: Exact

    def centered(self, R: Exact, b: Exact) -> tuple[Exact, Exact]:
        """(R, b - mean), and zeros for units whose gamma is 0, which do not depend on them."""
        d, none = add(b, -self.mean), ~nonzero(self.gamma)
        if none.any():
            R, d = R.copy(), d.copy()
            R[none], d[none] = 0, 0
        return R, d

    def constant(self, unit: int, d: fmpq) -> fmpq | None:
        """What a unit is whose centered value is always d; None if that is irrational.

        Examples
        --------
        >>> import numpy as np
        >>> from flint import fmpq
        >>> scaling = Scaling(*(np.array([number]) for number in (3.0, 0.0, 2.0, 5.0)))
        >>> scaling.constant(0, fmpq(0)), scaling.constant(0, fmpq(1))
        (5, None)
        """
        shift = entry(self.gamma, unit) * d
        if shift != 0:
            below = root(entry(self.squares, unit))
            if below is None:
                return None
            shift = shift / below
        return entry(self.beta, unit) + shift


def scaling(segment: Segment) -> Scaling | None:
    """What the normalization at the end of a run does; None if there is none."""
    last = segment.nodes[-1]
    match last.weights:
        case Normalization(gamma, mean):
            beta = zeros(gamma.size) if last.b is None else last.b
            return Scaling(gamma, mean, last.weights.squares, beta)
        case Matrix() | Kernel() | Diagonal() | Identity():
            return None
        case _:
            assert_never(last.weights)


def rational(segment: Segment) -> Segment:
    """The run without a normalization at its end: what may be multiplied out."""
    if scaling(segment) is None:
        return segment
    last = segment.nodes[-1]
    return Segment(segment.nodes[:-1] or (Linear("", last.input, last.input, axis=last.axis),))
