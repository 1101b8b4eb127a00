"""Exact numbers as a person reads them: in decimals, of which nothing depends."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from flint import fmpq

_DIGITS: Final = 6
ENDS: Final = 17  # digits of the ends of intervals, which may be close together
_PLAIN: Final = 5  # zeros behind the point, at most, where there is no exponent


def near(value: Any) -> str:
    """A decimal near an exact sympy number, of six digits: to read, never to rely on.

    Examples
    --------
    >>> import sympy
    >>> near(sympy.Rational(1, 3)), near(sympy.Integer(2)), near(sympy.exp(1))
    ('0.333333', '2', '2.71828')
    >>> near(sympy.Integer(320)), near(sympy.Integer(10) ** 30), near(sympy.Rational(1, 10**9))
    ('320', '1e+30', '1e-9')
    """
    if not value.is_Rational:
        return str(value.evalf(_DIGITS))
    context = Context(prec=_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return _written(context.divide(Decimal(int(value.p)), Decimal(int(value.q))))


def under(value: fmpq, digits: int = _DIGITS) -> str:
    """A decimal of so many digits that is no larger than the number.

    Examples
    --------
    >>> from flint import fmpq
    >>> under(fmpq(2, 3)), over(fmpq(2, 3)), under(fmpq(-2, 3))
    ('0.666666', '0.666667', '-0.666667')
    """
    return _rounded(value, digits, ROUND_FLOOR)


def over(value: fmpq, digits: int = _DIGITS) -> str:
    """A decimal of so many digits that is no smaller than the number."""
    return _rounded(value, digits, ROUND_CEILING)


def _rounded(value: fmpq, digits: int, rounding: str) -> str:
    context = Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=rounding)
    return _written(context.divide(Decimal(int(value.p)), Decimal(int(value.q))))


def _written(number: Decimal) -> str:
    found = number.normalize(Context(prec=2 * ENDS, Emax=MAX_EMAX, Emin=MIN_EMIN))
    return f"{found:f}" if -_PLAIN <= found.adjusted() <= 2 * _DIGITS else f"{found:e}"
