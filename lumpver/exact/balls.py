"""Elementary functions over balls that surely hold the value: formulas between two rationals.

References
----------
Johansson: *Arb: efficient arbitrary-precision midpoint-radius interval arithmetic*.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flint import arb, ctx, fmpq

if TYPE_CHECKING:
    from collections.abc import Callable

_BITS: Final = 120
_FAR: Final = 2000  # exponents: numbers beyond are as good as 0, or as none


class _Balls:
    """What a formula asks of a module of functions."""

    exp = staticmethod(lambda x: x.exp())
    log = staticmethod(lambda x: x.log())
    tanh = staticmethod(lambda x: x.tanh())
    erf = staticmethod(lambda x: x.erf())
    sqrt = staticmethod(lambda x: arb(x).sqrt())
    Abs = staticmethod(abs)
    Max = staticmethod(lambda a, b: arb(a).max(arb(b)))
    Min = staticmethod(lambda a, b: arb(a).min(arb(b)))
    Rational = staticmethod(lambda p, q: arb(fmpq(p, q)))

    @property
    def pi(self) -> Any:
        return arb.pi()


def ends(
    formula: Callable[[Any, Any], Any], start: fmpq, end: fmpq
) -> tuple[fmpq | None, fmpq | None]:
    """Numbers that a formula's values are between, for all from start to end; None for none.

    Examples
    --------
    >>> low, high = ends(lambda f, y: f.exp(y), fmpq(1), fmpq(1))
    >>> low < fmpq(2718281828459046, 10**15) and fmpq(2718281828459045, 10**15) < high
    True
    >>> ends(lambda f, y: f.exp(y), fmpq(2) ** 400, fmpq(2) ** 400)[1] is None
    True
    """
    with ctx.workprec(_BITS):
        found = formula(_Balls(), arb(start).union(arb(end)))
        if not found.is_finite():
            return None, None
        high = _above(found.upper())
        low = _above((-found).upper())
    return None if low is None else -low, high


def _above(number: Any) -> fmpq | None:
    """A rational that is no smaller than an exact ball; None if that has no use."""
    mantissa, exponent = (int(part) for part in number.man_exp())
    size = exponent + mantissa.bit_length()
    if abs(size) <= _FAR:
        return fmpq(mantissa) * fmpq(2) ** exponent
    if mantissa <= 0:
        return fmpq(0) if size < 0 or mantissa == 0 else -(fmpq(2) ** (_FAR - 1))
    return fmpq(2) ** -_FAR if size < 0 else None
