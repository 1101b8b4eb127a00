"""Names and numbers as short labels: untrusted names made harmless, long fractions shortened.

A number's label is exact unless it begins with `≈`.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final

from lumpver.exact.scalar import text
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from flint import fmpq

_ROUNDED: Final = Context(prec=3, Emax=999_999_999_999, Emin=-999_999_999_999)


def short(name: str, most: int = 20) -> str:
    """The name with what does not print written out, or the end of that if it is long.

    Examples
    --------
    >>> short("model/dense_1/Relu:0", 12), short("h1")
    ('…se_1/Relu:0', 'h1')
    """
    shown = visible(name[-most - 1 :])
    return shown if len(shown) <= most else "…" + shown[1 - most :]


def number(value: fmpq, most: int = 9) -> str:
    """`p/q` where that is short, else `2^k` where it is that, else rounded after `≈`.

    Examples
    --------
    >>> from flint import fmpq
    >>> number(fmpq(-1, 3)), number(fmpq(2) ** -149), number(fmpq(10) ** 40 / 3)
    ('-1/3', '2^-149', '≈3.33e+39')
    """
    top, bottom = int(value.p), int(value.q)
    if top.bit_length() + bottom.bit_length() < 4 * most:
        exact = text(value)
        if len(exact) <= most:
            return exact
    size = abs(top)
    if size & (size - 1) == 0 and bottom & (bottom - 1) == 0 and size:
        return f"{'-' * (top < 0)}2^{size.bit_length() - bottom.bit_length()}"
    rounded = _ROUNDED.divide(Decimal(top), Decimal(bottom))
    plain = format(rounded, "f") if -4 < rounded.adjusted() < 6 else format(rounded, ".2e")
    return f"≈{plain}"


def listed(items: tuple[int, ...] | list[int], most: int = 6) -> str:
    """The first few numbers, and how many more there are.

    Examples
    --------
    >>> listed((1, 2)), listed(tuple(range(9)), most=2)
    ('1, 2', '0, 1 and 7 more')
    """
    shown = ", ".join(str(item) for item in items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most} more"
