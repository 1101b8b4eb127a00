"""Exact scalars: one rational type inside, many accepted at the door.

Inside lumpver a single number is a `flint.fmpq`, which is also the ground type
of sympy's `QQ`; a person hands in and gets back what they know.

fmpq: a rational number in lowest terms, of any size
dyadic: a rational whose denominator is a power of two; every finite float is one
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from flint import fmpq, fmpz

from lumpver.errors import Malformed, NotANumber, Unrepresentable

if TYPE_CHECKING:
    import sympy

ZERO: Final = fmpq(0)
ONE: Final = fmpq(1)

_CANONICAL: Final = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?", re.ASCII)
_FRACTION: Final = re.compile(r"\s*([+-]?[0-9]+)\s*/\s*([0-9]+)\s*", re.ASCII)
_DECIMAL: Final = re.compile(
    r"\s*([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]{1,4}))?\s*", re.ASCII
)


def number(value: Any) -> fmpq:
    """The rational that `value` stands for, exactly.

    Ints, Fractions, sympy Rationals, numpy and Python floats (as the dyadic
    rationals they are) and strings such as `"1/3"` or `"0.25"`.

    Raises
    ------
    NotANumber
        For NaN, infinities, booleans and everything that is not one rational.

    Examples
    --------
    >>> number("1/3") + number(0.5)
    5/6
    >>> number(0.1) == number("1/10")
    False
    """
    if isinstance(value, fmpq):
        return value
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, bool):
        raise NotANumber("number", expected="a rational number", got=repr(value))
    if isinstance(value, int | fmpz):
        return fmpq(value)
    if isinstance(value, Fraction):
        return fmpq(value.numerator, value.denominator)
    return _from_object(value)


def _from_object(value: Any) -> fmpq:
    if hasattr(value, "as_integer_ratio"):
        try:
            top, bottom = value.as_integer_ratio()
        except (OverflowError, ValueError) as error:
            raise NotANumber("number", expected="a finite number", got=repr(value)) from error
        return fmpq(int(top), int(bottom))
    if getattr(value, "is_Rational", False):
        return fmpq(int(value.p), int(value.q))
    if hasattr(value, "dtype") and getattr(value, "shape", None) == ():
        return number(value.item())
    raise NotANumber("number", expected="a rational number", got=repr(value))


def _from_text(value: str) -> fmpq:
    fraction = _FRACTION.fullmatch(value)
    try:
        if fraction is not None:
            return fmpq(_integer(fraction[1].removeprefix("+")), _integer(fraction[2]))
        return decimal(value)
    except (ValueError, ZeroDivisionError) as error:
        got = repr(value[:40])
        raise NotANumber("number", expected="'p/q' or a decimal", got=got) from error


def decimal(text: str) -> fmpq:
    """The value of a decimal literal, exactly: `"1.5e-3"` is 3/2000.

    Raises
    ------
    NotANumber
        Where `text` is no finite decimal.

    Examples
    --------
    >>> decimal("1.5e-3")
    3/2000
    """
    match = _DECIMAL.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise NotANumber("number", expected="a finite decimal", got=repr(text[:40]))
    sign, whole, rest, power = match.groups()
    value = fmpq(fmpz(whole + rest or "0"))
    shift = int(power or 0) - len(rest)
    value = value * fmpq(10) ** shift if value else value
    return -value if sign == "-" else value


def text(value: fmpq) -> str:
    """`value` as `p` or `p/q` in lowest terms, the form that files use.

    Examples
    --------
    >>> text(fmpq(6, -4)), text(fmpq(3))
    ('-3/2', '3')
    """
    return str(value.p) if value.q == 1 else f"{value.p}/{value.q}"


def parse(token: str, *, where: str) -> fmpq:
    """The rational that `text` would write as `token`, and only that spelling.

    Raises
    ------
    Malformed
        For any other spelling: signs, spaces, leading zeros, `2/4`, `-0`.

    Examples
    --------
    >>> parse("-3/2", where="scale")
    -3/2
    >>> parse("2/4", where="scale")
    Traceback (most recent call last):
        ...
    lumpver.errors.Malformed: scale: expected a rational in lowest terms, got '2/4'
    """
    if not isinstance(token, str) or _CANONICAL.fullmatch(token) is None:
        raise Malformed(where, expected="a rational such as '-3/2'", got=repr(token)[:60])
    top, _, bottom = token.partition("/")
    try:
        value = fmpq(_integer(top), _integer(bottom or "1"))
    except ValueError as error:
        raise Malformed(where, expected="a readable number", got="one too long") from error
    if text(value) != token:
        raise Malformed(where, expected="a rational in lowest terms", got=repr(token)[:60])
    return value


def _integer(digits: str) -> fmpz:
    return fmpz(digits)  # of any length, where `int` stops at 4300 digits


def decimal_text(value: fmpq) -> str:
    """`value` as a terminating decimal, as `.nnet` files write numbers.

    Raises
    ------
    Unrepresentable
        Where `value` has no terminating decimal, such as 1/3.

    Examples
    --------
    >>> decimal_text(fmpq(-3, 8)), decimal_text(fmpq(2))
    ('-0.375', '2')
    """
    bottom, twos, fives = int(value.q), 0, 0
    while bottom % 2 == 0:
        bottom, twos = bottom // 2, twos + 1
    while bottom % 5 == 0:
        bottom, fives = bottom // 5, fives + 1
    if bottom != 1:
        raise Unrepresentable("number", expected="a terminating decimal", got=text(value))
    places = max(twos, fives)
    digits = str(abs(value.p) * 2 ** (places - twos) * 5 ** (places - fives))
    sign = "-" if value < 0 else ""
    if places == 0:
        return sign + digits
    digits = digits.rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


def odd_part(value: fmpz) -> fmpz:
    """The largest odd divisor of a non-zero integer, without its sign.

    Examples
    --------
    >>> odd_part(fmpz(-24))
    3
    """
    whole = abs(int(value))
    return fmpz(whole >> ((whole & -whole).bit_length() - 1))


def power_below(value: fmpq) -> fmpq:
    """The largest power of two that is at most `value`, for `value` > 0.

    Examples
    --------
    >>> power_below(fmpq(7)), power_below(fmpq(1, 3))
    (4, 1/4)
    """
    power = int(value.p).bit_length() - int(value.q).bit_length()
    candidate = fmpq(2) ** power
    return candidate if candidate <= value else candidate / 2


def lowest_common(values: list[fmpz]) -> fmpz:
    """The least common multiple of positive integers; 1 for none."""
    return fmpz(math.lcm(*(int(value) for value in values)))


def to_float(value: fmpq) -> float | None:
    """`value` as the float that equals it, or None where there is none.

    Examples
    --------
    >>> to_float(fmpq(3, 8)), to_float(fmpq(1, 3))
    (0.375, None)
    """
    try:
        guess = int(value.p) / int(value.q)
    except OverflowError:
        return None
    return guess if fmpq(*guess.as_integer_ratio()) == value else None


def to_sympy(value: fmpq) -> sympy.Rational:
    """`value` as a `sympy.Rational`.

    Examples
    --------
    >>> to_sympy(fmpq(1, 3)) * 3
    1
    """
    import sympy  # noqa: PLC0415 heavy: only where a number is handed out

    return sympy.Rational(int(value.p), int(value.q))
