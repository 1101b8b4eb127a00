"""Functions that are not piecewise linear: what is exact about them.

Most values are irrational: they are given where they are known to be rational, and nowhere
else. No name of the table's stands here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flint import fmpq

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.functions import UNCHANGED, Curve, Line

if TYPE_CHECKING:
    from collections.abc import Callable

_POSITIVE: Final = (ZERO, None)
_STEEP: Final = fmpq(5, 4)  # more than GELU, SiLU, Mish and Erf rise anywhere, and HardSwish twice


def _at_zero(value: fmpq) -> Callable[[fmpq], fmpq | None]:
    return lambda y: value if y == 0 else None


def _from_zero(y: fmpq) -> fmpq | None:
    return y if y >= 0 else None


def _ratio(f: Any, value: fmpq) -> Any:
    return f.Rational(int(value.p), int(value.q))


def tanh() -> Curve:
    """The hyperbolic tangent."""
    return Curve(
        value=_at_zero(ZERO), formula=lambda f, y: f.tanh(y), lipschitz=ONE, increasing=True
    )


def sigmoid() -> Curve:
    """1 / (1 + e^-y)."""
    return Curve(
        value=_at_zero(fmpq(1, 2)),
        formula=lambda f, y: 1 / (1 + f.exp(-y)),
        lipschitz=fmpq(1, 4),
        increasing=True,
    )


def erf() -> Curve:
    """The error function."""
    return Curve(
        value=_at_zero(ZERO), formula=lambda f, y: f.erf(y), lipschitz=_STEEP, increasing=True
    )


def softsign() -> Curve:
    """y / (1 + |y|)."""
    return Curve(
        value=lambda y: y / (1 + abs(y)),
        formula=lambda f, y: y / (1 + f.Abs(y)),
        lipschitz=ONE,
        increasing=True,
        rational=True,
    )


def square() -> Curve:
    """y y."""
    return Curve(value=lambda y: y * y, formula=lambda _, y: y * y, lipschitz=None, rational=True)


def exp() -> Curve:
    """e^y."""
    return Curve(
        value=_at_zero(ONE), formula=lambda f, y: f.exp(y), lipschitz=None, increasing=True
    )


def softplus() -> Curve:
    """log (1 + e^y)."""
    return Curve(
        value=lambda _: None,
        formula=lambda f, y: f.log(1 + f.exp(y)),
        lipschitz=ONE,
        increasing=True,
    )


def elu(alpha: fmpq) -> Curve:
    """y above 0, alpha (e^y - 1) below."""
    return Curve(
        value=_from_zero,
        formula=lambda f, y: f.Max(0, y) + _ratio(f, alpha) * (f.exp(f.Min(0, y)) - 1),
        lipschitz=max(ONE, alpha),
        increasing=True,
        stretches=((_POSITIVE, UNCHANGED),),
    )


def selu(alpha: fmpq, gamma: fmpq) -> Curve:
    """gamma y above 0, gamma alpha (e^y - 1) below."""
    return Curve(
        value=lambda y: gamma * y if y >= 0 else None,
        formula=lambda f, y: (
            _ratio(f, gamma) * (f.Max(0, y) + _ratio(f, alpha) * (f.exp(f.Min(0, y)) - 1))
        ),
        lipschitz=gamma * max(ONE, alpha),
        increasing=True,
        stretches=((_POSITIVE, Line(gamma)),),
    )


def celu(alpha: fmpq) -> Curve:
    """y above 0, alpha (e^(y / alpha) - 1) below."""
    return Curve(
        value=_from_zero,
        formula=lambda f, y: (
            f.Max(0, y) + f.Min(0, _ratio(f, alpha) * (f.exp(y / _ratio(f, alpha)) - 1))
        ),
        lipschitz=ONE,
        increasing=True,
        stretches=((_POSITIVE, UNCHANGED),),
    )


def gelu() -> Curve:
    """y times the normal distribution function of y."""
    return Curve(
        value=_at_zero(ZERO),
        formula=lambda f, y: y * (1 + f.erf(y / f.sqrt(2))) / 2,
        lipschitz=_STEEP,
    )


def gelu_by_tanh() -> Curve:
    """GELU's usual approximation, a function of its own."""
    return Curve(
        value=_at_zero(ZERO),
        formula=lambda f, y: (
            y * (1 + f.tanh(f.sqrt(2 / f.pi) * (y + f.Rational(44715, 1000000) * y**3))) / 2
        ),
        lipschitz=_STEEP,
    )


def swish(alpha: fmpq) -> Curve:
    """y sigmoid(alpha y); SiLU where alpha is 1."""
    return Curve(
        value=_at_zero(ZERO),
        formula=lambda f, y: y / (1 + f.exp(-_ratio(f, alpha) * y)),
        lipschitz=_STEEP,
    )


def mish() -> Curve:
    """y tanh(log (1 + e^y))."""
    return Curve(
        value=_at_zero(ZERO),
        formula=lambda f, y: y * f.tanh(f.log(1 + f.exp(y))),
        lipschitz=_STEEP,
    )


def hard_swish() -> Curve:
    """y max(0, min(1, y / 6 + 1 / 2))."""
    # Between -3 and 3 texts and runtimes differ in what a sixth is: its values there are not known.
    return Curve(
        value=lambda y: max(y, ZERO) if abs(y) >= 3 or y == 0 else None,
        formula=lambda f, y: y * f.Max(0, f.Min(1, y / 6 + f.Rational(1, 2))),
        lipschitz=2 * _STEEP,
        stretches=(((None, fmpq(-3)), Line(ZERO)), ((fmpq(3), None), UNCHANGED)),
    )
