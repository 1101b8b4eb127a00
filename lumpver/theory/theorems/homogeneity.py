"""Which scales ReLU and LeakyReLU have: the property that Theorem 1 rests on.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.activations import RELU
from lumpver.theory.theorems.claims import Claim, every, leaky, run, same, unit
from lumpver.theory.theorems.proving import Part, Theorem

if TYPE_CHECKING:
    from lumpver.model.activations import Activation
    from lumpver.theory.theorems.claims import Value

_SOURCE = "Section 4, the property after Theorem 2"


def _homogeneous(function: Activation, r: Value, y: Value) -> Claim:
    (left,), (right,) = run(unit(function), r * y), run(unit(function), y)
    shown = {"A(r y)": left, "r A(y)": r * right}
    return Claim((r > 0,), same([left], [r * right]), shown)


def _only(function: Activation, r: Value, s: Value) -> tuple[list[bool], bool]:
    """What A(r y) = s A(y) says at y = 1 and y = -1, and what follows."""
    A = unit(function)
    (up,), (down,) = run(A, 1), run(A, -1)
    (left,), (right,) = run(A, r), run(A, -r)
    return [same([left], [s * up]), same([right], [s * down])], every(r >= 0, same([r], [s]))


def _only_relu(r: Value, s: Value) -> Claim:
    given, holds = _only(RELU, r, s)
    return Claim(tuple(given), holds)


def _only_leaky(a: Value, r: Value, s: Value) -> Claim:
    given, holds = _only(leaky(a), r, s)
    return Claim((a != 1, a != -1, *given), holds)


THEOREMS = (
    Theorem(
        "relu_homogeneous",
        "For all y and all r > 0: ReLU(r y) = r ReLU(y).",
        _SOURCE,
        "proved",
        (Part("", ("r", "y"), lambda r, y: _homogeneous(RELU, r, y)),),
    ),
    Theorem(
        "leaky_homogeneous",
        "For all slopes a, all y and all r > 0: LeakyReLU(r y) = r LeakyReLU(y).",
        _SOURCE,
        "proved",
        (Part("", ("a", "r", "y"), lambda a, r, y: _homogeneous(leaky(a), r, y)),),
    ),
    Theorem(
        "relu_no_other_scale",
        "If ReLU(r y) = s ReLU(y) for all y (already if for y = 1 and y = -1), then r >= 0 "
        "and s = r: ReLU has no other scale.",
        _SOURCE,
        "proved",
        (Part("", ("r", "s"), _only_relu),),
    ),
    Theorem(
        "leaky_no_other_scale",
        "If LeakyReLU(r y) = s LeakyReLU(y) for all y (already if for y = 1 and y = -1) and "
        "the slope is neither 1 nor -1, then r >= 0 and s = r.",
        _SOURCE,
        "proved",
        (Part("", ("a", "r", "s"), _only_leaky),),
    ),
)
