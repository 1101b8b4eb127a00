"""What activations make of multiples and reflections, and of what is bounded: each law by itself.

Each is stated for all parameters that the activation may have. Of activations with irrational
values theory D5 has the proofs: tanh and erf are odd, 1/(1 + e^y) = 1 - 1/(1 + e^-y).

References
----------
ONNX operator specification: the activations' formulas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import fmpq

from lumpver.exact.scalar import ONE
from lumpver.model.activations import (
    ABS,
    RELU,
    SIGN,
    SOFTSIGN,
    SQUARE,
    at_least,
    at_most,
    clip,
    hard_sigmoid,
    shrink,
)
from lumpver.theory.theorems.claims import Claim, at, same
from lumpver.theory.theorems.proving import Part, Theorem

if TYPE_CHECKING:
    from lumpver.model.activations import Activation
    from lumpver.theory.theorems.claims import Value

_OURS = "the rule of symmetries"
_CLIP, _HARD, _SHRINK = clip(0, 1), hard_sigmoid(1, 0), shrink(1, 1)


def _says(given: tuple[Value, ...], left: Value, right: Value) -> Claim:
    return Claim(given, same([left], [right]), {"left": left, "right": right})


def _of_degree(function: Activation, degree: int, r: Value, y: Value) -> Claim:
    factor = (ONE, r, r * r)[degree]
    return _says((r > 0,), at(function, (), r * y), factor * at(function, (), y))


def _even(function: Activation, y: Value) -> Claim:
    return _says((), at(function, (), -y), at(function, (), y))


def _odd(function: Activation, y: Value) -> Claim:
    return _says((), at(function, (), -y), -at(function, (), y))


def _about(function: Activation, c: Value, r: Value, z: Value) -> Claim:
    moved = at(function, (c,), c + z)
    return _says((r > 0,), at(function, (c,), c + r * z), c + r * (moved - c))


def _clip(low: Value, high: Value, y: Value) -> Claim:
    ends = low, high
    reflected = low + high - at(_CLIP, ends, y)
    return _says((low <= high,), at(_CLIP, ends, low + high - y), reflected)


def _clip_about_0(low: Value, high: Value, y: Value) -> Claim:
    ends = low, high
    return _says((low <= high,), at(_CLIP, ends, -y), -at(_CLIP, ends, y))


def _hard_sigmoid(alpha: Value, beta: Value, y: Value) -> Claim:
    both = alpha, beta
    if isinstance(alpha, fmpq) and alpha <= 0:
        return Claim((False,), True)  # there is no such function
    reflected = at(_HARD, both, (1 - 2 * beta) / alpha - y)
    return _says((alpha > 0,), reflected, 1 - at(_HARD, both, y))


def _shrink(limit: Value, bias: Value, y: Value) -> Claim:
    both = limit, bias
    return _says((limit >= 0,), at(_SHRINK, both, -y), -at(_SHRINK, both, y))


def _bounds(*values: Value) -> tuple[tuple[Value, ...], Value, Value]:
    """What is given of a unit w x + b with a weight >= 0 and one <= 0, the unit, and its most."""
    low, high, x1, x2, w1, w2, b = values
    given = (low <= x1, x1 <= high, low <= x2, x2 <= high, w1 >= 0, w2 <= 0)
    return given, w1 * x1 + w2 * x2 + b, w1 * high + w2 * low + b


def _dead(*values: Value) -> Claim:
    given, unit, most = _bounds(*values)
    value = at(RELU, (), unit)
    return _says((*given, most <= 0), value, unit - unit)


def _alone(*values: Value) -> Claim:
    given, unit, most = _bounds(*values)
    low, high, _, _, w1, w2, b = values
    least = w1 * low + w2 * high + b
    return _says((*given, low <= least, most <= high), at(_CLIP, (low, high), unit), unit)


def _unbounded(x1: Value, w1: Value, b: Value) -> Claim:
    unit = w1 * x1 + b
    return _says((w1 >= 0, w1 + b <= 0, x1 >= 0), at(RELU, (), unit), unit - unit)


_UNIT = ("l", "u", "x1", "x2", "w1", "w2", "b")

THEOREMS = (
    Theorem(
        "multiples",
        "For all y and r > 0: |r y| = r |y|, (r y)^2 = r^2 y^2, sign(r y) = sign(y).",
        _OURS,
        "proved",
        (
            Part("abs", ("r", "y"), lambda r, y: _of_degree(ABS, 1, r, y), note="abs"),
            Part("square", ("r", "y"), lambda r, y: _of_degree(SQUARE, 2, r, y), note="square"),
            Part("sign", ("r", "y"), lambda r, y: _of_degree(SIGN, 0, r, y), note="sign"),
        ),
    ),
    Theorem(
        "even",
        "For all y: |-y| = |y|, (-y)^2 = y^2.",
        _OURS,
        "proved",
        (
            Part("abs", ("y",), lambda y: _even(ABS, y), note="abs"),
            Part("square", ("y",), lambda y: _even(SQUARE, y), note="square"),
        ),
    ),
    Theorem(
        "odd",
        "For all y: sign(-y) = -sign(y), softsign(-y) = -softsign(y), and Shrink(-y) = -Shrink(y) "
        "for all limits >= 0 and all biases.",
        _OURS,
        "proved",
        (
            Part("sign", ("y",), lambda y: _odd(SIGN, y), note="sign"),
            Part("softsign", ("y",), lambda y: _odd(SOFTSIGN, y), note="softsign"),
            Part("shrink", ("limit", "bias", "y"), _shrink, note="Shrink"),
        ),
    ),
    Theorem(
        "bounded_multiples",
        "For all c, z and r > 0: max(c, c + r z) = c + r (max(c, c + z) - c), and so with min.",
        _OURS,
        "proved",
        (
            Part("max", ("c", "r", "z"), lambda *v: _about(at_least(1), *v), note="max"),
            Part("min", ("c", "r", "z"), lambda *v: _about(at_most(1), *v), note="min"),
        ),
    ),
    Theorem(
        "clip_reflects",
        "For all l <= u and y: Clip(l + u - y) = l + u - Clip(y), about its own centre.",
        _OURS,
        "proved",
        (Part("", ("l", "u", "y"), _clip),),
    ),
    Theorem(
        "clip_about_0",
        "For all l <= u and y: Clip(-y) = -Clip(y), about 0.",
        "nowhere: the centre counts",
        "refuted",
        (Part("", ("l", "u", "y"), _clip_about_0, "sat"),),
    ),
    Theorem(
        "hard_sigmoid_reflects",
        "For all alpha > 0, beta and y, with c = (1/2 - beta) / alpha: "
        "HardSigmoid(2 c - y) = 1 - HardSigmoid(y).",
        _OURS,
        "proved",
        (Part("", ("alpha", "beta", "y"), _hard_sigmoid),),
    ),
    Theorem(
        "dead_below_a_bound",
        "If l <= x <= u and a unit is <= 0 where its weights >= 0 meet u and the others l, "
        "ReLU(w x + b) = 0.",
        _OURS,
        "proved",
        (Part("", _UNIT, _dead),),
    ),
    Theorem(
        "alone_between_bounds",
        "If l <= x <= u, and so is a unit at its least and at its most, Clip(w x + b) = w x + b.",
        _OURS,
        "proved",
        (Part("", _UNIT, _alone),),
    ),
    Theorem(
        "dead_below_no_bound",
        "If 0 <= x, w >= 0 and w + b <= 0, ReLU(w x + b) = 0: though nothing says that x <= 1.",
        "nowhere: the bound counts",
        "refuted",
        (Part("", ("x1", "w1", "b"), _unbounded, "sat"),),
    ),
)
