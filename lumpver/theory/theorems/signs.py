"""When A of a positive combination is the combination of the A's: only if signs agree.

The paper's condition for two terms is right. For three it has to be "all >= 0 or all
<= 0"; neither the product of all three nor that of neighbours says so.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumpver.model.activations import RELU
from lumpver.theory.theorems.claims import Claim, either, every, iff, leaky, run, same, total, unit
from lumpver.theory.theorems.proving import Part, Theorem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.activations import Activation
    from lumpver.theory.theorems.claims import Truth, Value

_PAPER = "Section 4, the equivalence after Theorem 2"
_TWO, _THREE = ("r1", "r2", "y1", "y2"), ("r1", "r2", "r3", "y1", "y2", "y3")


def _additive(function: Activation, r: Sequence[Value], y: Sequence[Value]) -> tuple[Truth, Any]:
    """Whether A(sum r y) = sum r A(y), and both sides."""
    A = unit(function)
    (left,) = run(A, total([a * b for a, b in zip(r, y, strict=True)]))
    right = total([a * run(A, b)[0] for a, b in zip(r, y, strict=True)])
    return same([left], [right]), {"A(sum r y)": left, "sum r A(y)": right}


def _one_sign(y: Sequence[Value]) -> Truth:
    return either(every(*(value >= 0 for value in y)), every(*(value <= 0 for value in y)))


def _pairs(y: Sequence[Value]) -> Truth:
    return every(*(a * b >= 0 for i, a in enumerate(y) for b in y[i + 1 :]))


def _positive(r: Sequence[Value]) -> tuple[Truth, ...]:
    return tuple(value > 0 for value in r)


def _exactly(function: Activation, r: Sequence[Value], y: Sequence[Value]) -> Claim:
    """For r > 0 the sums are equal iff the signs agree, in the paper's words for two."""
    equal, shown = _additive(function, r, y)
    condition = y[0] * y[1] >= 0 if len(y) == 2 else _one_sign(y)
    return Claim(_positive(r), iff(equal, condition), shown)


def _relu_exactly(*values: Value) -> Claim:
    half = len(values) // 2
    return _exactly(RELU, values[:half], values[half:])


def _leaky_exactly(a: Value, *values: Value) -> Claim:
    half = len(values) // 2
    claim = _exactly(leaky(a), values[:half], values[half:])
    return Claim((a > 0, a < 1, *claim.given), claim.holds, claim.shown)


def _two_slope(a: Value, r1: Value, r2: Value, y1: Value, y2: Value) -> Claim:
    claim = _exactly(leaky(a), (r1, r2), (y1, y2))
    return Claim((a != 1, *claim.given), claim.holds, claim.shown)


def _pairwise(*y: Value) -> Claim:
    return Claim((), iff(_one_sign(y), _pairs(y)))


def _product(r1: Value, r2: Value, r3: Value, y1: Value, y2: Value, y3: Value) -> Claim:
    equal, shown = _additive(RELU, (r1, r2, r3), (y1, y2, y3))
    return Claim((*_positive((r1, r2, r3)), y1 * y2 * y3 >= 0), equal, shown)


def _consecutive(r1: Value, r2: Value, r3: Value, y1: Value, y2: Value, y3: Value) -> Claim:
    equal, shown = _additive(RELU, (r1, r2, r3), (y1, y2, y3))
    return Claim((*_positive((r1, r2, r3)), y1 * y2 >= 0, y2 * y3 >= 0), equal, shown)


def _negative(r1: Value, r2: Value, y1: Value, y2: Value) -> Claim:
    equal, shown = _additive(RELU, (r1, r2), (y1, y2))
    return Claim((r1 > 0, r2 < 0, y1 * y2 >= 0), equal, shown)


def _any_coefficients(*values: Value) -> Claim:
    half = len(values) // 2
    c, y = values[:half], values[half:]
    S = total([a * b for a, b in zip(c, y, strict=True)])
    equal, shown = _additive(RELU, c, y)
    given = either(every(*(v >= 0 for v in y), S >= 0), every(*(v <= 0 for v in y), S <= 0))
    return Claim((given,), equal, shown)


THEOREMS = (
    Theorem(
        "sum_of_two_relu",
        "For r1, r2 > 0: ReLU(r1 y1 + r2 y2) = r1 ReLU(y1) + r2 ReLU(y2) iff y1 y2 >= 0.",
        _PAPER,
        "proved",
        (Part("", _TWO, _relu_exactly),),
    ),
    Theorem(
        "sum_of_two_leaky",
        "For 0 < a < 1 and r1, r2 > 0: A(r1 y1 + r2 y2) = r1 A(y1) + r2 A(y2) iff y1 y2 >= 0, "
        "with A the LeakyReLU of slope a.",
        _PAPER,
        "proved",
        (Part("", ("a", *_TWO), _leaky_exactly),),
    ),
    Theorem(
        "sum_of_two_any_slope",
        "For r1, r2 > 0: A(r1 y1 + r2 y2) = r1 A(y1) + r2 A(y2) iff y1 y2 >= 0, with A of any "
        "slope a besides 1 on y < 0: the absolute value, a = -1, included.",
        _PAPER,
        "proved",
        (Part("", ("a", *_TWO), _two_slope),),
    ),
    Theorem(
        "sum_of_three_relu",
        "For r1, r2, r3 > 0: ReLU of the sum of the r y is the sum of the r ReLU(y) iff all "
        "y >= 0 or all y <= 0.",
        _PAPER,
        "proved",
        (Part("", _THREE, _relu_exactly),),
    ),
    Theorem(
        "sum_of_three_leaky",
        "For 0 < a < 1 and r1, r2, r3 > 0: A of the sum of the r y is the sum of the r A(y) "
        "iff all y >= 0 or all y <= 0, with A the LeakyReLU of slope a.",
        _PAPER,
        "proved",
        (Part("", ("a", *_THREE), _leaky_exactly),),
    ),
    Theorem(
        "one_sign_is_pairwise",
        "All of y1, y2, y3 are >= 0 or all are <= 0 iff yi yj >= 0 for all three pairs.",
        _PAPER,
        "proved",
        (Part("", ("y1", "y2", "y3"), _pairwise),),
    ),
    Theorem(
        "sum_of_three_by_product",
        "For r1, r2, r3 > 0: y1 y2 y3 >= 0 suffices for ReLU of the sum of the r y to be the "
        "sum of the r ReLU(y).",
        f"a wrong generalisation of {_PAPER}",
        "refuted",
        (Part("", _THREE, _product, "sat"),),
    ),
    Theorem(
        "sum_of_three_by_neighbours",
        "For r1, r2, r3 > 0: y1 y2 >= 0 and y2 y3 >= 0 suffice for ReLU of the sum of the "
        "r y to be the sum of the r ReLU(y).",
        f"a wrong generalisation of {_PAPER}",
        "refuted",
        (Part("", _THREE, _consecutive, "sat"),),
    ),
    Theorem(
        "sum_of_two_negative",
        "For r1 > 0 > r2: y1 y2 >= 0 suffices for ReLU(r1 y1 + r2 y2) = r1 ReLU(y1) + r2 ReLU(y2).",
        f"a wrong generalisation of {_PAPER}",
        "refuted",
        (Part("", _TWO, _negative, "sat"),),
    ),
    Theorem(
        "sum_of_three_any_coefficients",
        "For c1, c2, c3 of any sign: ReLU of S, the sum of the c y, is the sum of the "
        "c ReLU(y) if all y >= 0 and S >= 0, or all y <= 0 and S <= 0.",
        _PAPER,
        "proved",
        (Part("", ("c1", "c2", "c3", "y1", "y2", "y3"), _any_coefficients),),
    ),
)
