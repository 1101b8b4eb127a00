"""Tests for `lumpver.exact.scalar`: what is one rational, and how it is written."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from flint import fmpq, fmpz
from hypothesis import given
from hypothesis import strategies as st
from nasty import DTYPES, pool

from lumpver.errors import Malformed, NotANumber, Unrepresentable
from lumpver.exact.scalar import (
    decimal,
    decimal_text,
    lowest_common,
    number,
    odd_part,
    parse,
    power_below,
    text,
    to_float,
    to_sympy,
)

LONG = "9" * 5000  # longer than the integers that Python converts
RATIONALS = st.fractions().map(lambda f: fmpq(f.numerator, f.denominator))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (-0.0, "0"),
        (-3, "-3"),
        (fmpz(7), "7"),
        (Fraction(6, -4), "-3/2"),
        (Decimal("0.1"), "1/10"),
        (sympy.Rational(1, 3), "1/3"),
        (sympy.Integer(5), "5"),
        (np.int8(-4), "-4"),
        (np.uint64(2**64 - 1), str(2**64 - 1)),
        (np.array(0.5), "1/2"),
        (np.float16(0.1), "819/8192"),
        (np.float32(0.1), "13421773/134217728"),
        (0.1, "3602879701896397/36028797018963968"),
        ("1/3", "1/3"),
        ("+1/3", "1/3"),
        (" 2 / 4 ", "1/2"),
        ("-0", "0"),
        (".5", "1/2"),
        ("5.", "5"),
        ("-1.5e-3", "-3/2000"),
        ("1e3", "1000"),
        (2.0**-1074, f"1/{2**1074}"),
    ],
)
def test_number_is_exact(value: Any, expected: str) -> None:
    """Everything that is one rational is read as exactly that."""
    assert text(number(value)) == expected


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.bool_(False),
        np.array(True),
        None,
        1j,
        math.nan,
        math.inf,
        -math.inf,
        np.float32("nan"),
        np.float16("inf"),
        Decimal("NaN"),
        Decimal("Infinity"),
        sympy.oo,
        pytest.param(sympy.nan, id="sympy.nan"),
        sympy.sqrt(2),
        sympy.Symbol("x"),
        [1],
        np.array([1]),
        ...,
        b"1",
        "",
        ".",
        "1/0",
        "1/-2",
        "1/2/3",
        "nan",
        "inf",
        "1_000",
        "1_0/3",
        "\u0661/\u0662",
        "\u0661",
        "0x10",
        "1e1000000",
        "e5",
        "--1",
        "1 2",
        "½",
    ],
    ids=repr,
)
def test_number_refuses(value: Any) -> None:
    """NaN, infinities, booleans, symbols and other spellings are no numbers."""
    with pytest.raises(NotANumber):
        number(value)


@pytest.mark.parametrize("dtype", DTYPES)
def test_floats_are_dyadic(dtype: str) -> None:
    """A float is the rational that it is, subnormals and extremes included."""
    for x in pool(dtype):
        assert number(np.dtype(dtype).type(x)) == number(x) == number(Fraction(x))


@pytest.mark.parametrize("word", [LONG, f"-{LONG}", f"{LONG}/7", f"7/{LONG}", f"0.{LONG}"])
def test_numbers_of_any_length(word: str) -> None:
    """Python's limit on converting long integers is not ours."""
    assert number(word) != 0
    assert len(text(number(word))) >= len(word) - 3


def test_a_long_word_is_not_repeated() -> None:
    """An error quotes the beginning of a word only."""
    with pytest.raises(NotANumber) as caught:
        number("x" * 10**6)
    assert len(str(caught.value)) < 200


@given(RATIONALS)
def test_text_and_parse_are_inverse(value: fmpq) -> None:
    """What `text` writes is the one spelling that `parse` reads."""
    assert parse(text(value), where="w") == value
    assert number(text(value)) == value


@pytest.mark.parametrize(
    "token",
    ["", "+1", "-0", "01", "2/4", "1/1", "1/0", "0/5", "1/-2", " 1", "1 ", "1\n", "1.0", "1e2",
     "½", "\u0661", "1/2/3", "/2", "1/", "-", "0x1", "nan", "--1", "00", "-01", "1/02"],
)  # fmt: skip
def test_parse_takes_one_spelling(token: str) -> None:
    """Signs, spaces, leading zeros and fractions not in lowest terms are refused."""
    with pytest.raises(Malformed) as caught:
        parse(token, where="scale[3]")
    assert caught.value.where == "scale[3]"


@pytest.mark.parametrize("token", [None, 1, 1.0, True, ["1"], {"p": 1}, b"one", fmpq(2)], ids=repr)
def test_parse_takes_strings_only(token: Any) -> None:
    """A number that is no string is refused, not converted."""
    with pytest.raises(Malformed):
        parse(token, where="scale")


@given(RATIONALS)
def test_decimal_text_is_exact_or_refused(value: fmpq) -> None:
    """A terminating decimal reads back as the same number; others are refused."""
    bottom = int(value.q)
    terminates = 10 ** bottom.bit_length() % bottom == 0
    if terminates:
        assert decimal(decimal_text(value)) == value
    else:
        with pytest.raises(Unrepresentable):
            decimal_text(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(fmpq(0), "0"), (fmpq(-3, 8), "-0.375"), (fmpq(1, 10**6), "0.000001"), (fmpq(120), "120")],
)
def test_decimal_text(value: fmpq, expected: str) -> None:
    """No exponent, no trailing zeros, one digit before the point."""
    assert decimal_text(value) == expected


@pytest.mark.parametrize("value", [fmpq(1, 2) ** 5000, fmpq(10) ** 5000, -(fmpq(1, 5) ** 3000)])
def test_decimal_text_of_any_length(value: fmpq) -> None:
    """Very small and very large numbers are written in full."""
    assert decimal(decimal_text(value)) == value


@pytest.mark.parametrize("word", ["", ".", "-", "e1", "1/2", "inf", "1e", "1e+", "1.2.3", "1,5"])
def test_decimal_refuses(word: str) -> None:
    """Only decimals are decimals."""
    with pytest.raises(NotANumber):
        decimal(word)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_to_float_finds_every_float(x: float) -> None:
    """A rational that is a float is found to be that float."""
    assert to_float(number(x)) == x


@given(RATIONALS)
def test_to_float_is_never_rounded(value: fmpq) -> None:
    """What `to_float` gives equals its argument, or it gives nothing."""
    found = to_float(value)
    assert found is None or number(found) == value


@pytest.mark.parametrize(
    "value",
    [fmpq(1, 3), fmpq(2) ** 1024, -(fmpq(10) ** 400), fmpq(1, 2) ** 1075, fmpq(2**53 + 1),
     fmpq(3) * fmpq(1, 2) ** 1075],
)  # fmt: skip
def test_to_float_gives_up(value: fmpq) -> None:
    """Thirds, overflow, underflow and one bit too many are no floats."""
    assert to_float(value) is None


@given(st.integers().filter(bool))
def test_odd_part(n: int) -> None:
    """The odd part is odd, positive, and the rest is a power of two."""
    odd = int(odd_part(fmpz(n)))
    assert odd % 2 == 1
    assert abs(n) % odd == 0
    assert (abs(n) // odd).bit_count() == 1


@given(RATIONALS.filter(lambda q: q > 0))
def test_power_below(value: fmpq) -> None:
    """The power of two is at most the value, and its double is not."""
    power = power_below(value)
    assert power <= value < 2 * power
    assert int(power.p).bit_count() == int(power.q).bit_count() == 1


@pytest.mark.parametrize(("values", "expected"), [([], 1), ([1], 1), ([4, 6], 12), ([7, 7], 7)])
def test_lowest_common(values: list[int], expected: int) -> None:
    """The least common multiple, 1 for none."""
    assert lowest_common([fmpz(v) for v in values]) == expected


@given(RATIONALS)
def test_sympy_and_back(value: fmpq) -> None:
    """A person gets a sympy Rational, and may hand it in again."""
    given_out = to_sympy(value)
    assert isinstance(given_out, sympy.Rational)
    assert number(given_out) == value
