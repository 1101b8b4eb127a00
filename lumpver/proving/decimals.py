"""Exact numbers as a person reads them: in decimals, of which nothing depends."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Any, Final

_DIGITS: Final = 6
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
    found = Context(prec=_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN).divide(
        Decimal(int(value.p)), Decimal(int(value.q))
    )
    found = found.normalize()
    return f"{found:f}" if -_PLAIN <= found.adjusted() <= 2 * _DIGITS else f"{found:e}"
