"""Numbers to draw: small ones first, and those that attack exact arithmetic.

Everything shrinks towards small integers. A value is a rational, or the float -0.0.

hard: subnormals, 2^127 and 2^-127, mantissas of 24 and 53 bits, thirds, zeros of both signs
factor: a positive number, as lumpings use them
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flint import fmpq
from hypothesis import strategies as st

from lumpver.exact.scalar import number
from lumpver.trial.strategies.drafts import Number, plain

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    Numbers = SearchStrategy[Number]
    Multiple = tuple[tuple[fmpq, ...], fmpq, tuple[fmpq, ...]]

EDGES: Final = (-149, -127, -126, -24, -1, 1, 24, 53, 104, 127)


def small(bound: int = 3) -> Numbers:
    """Integers from -`bound` to `bound`.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(small(), lambda x: x != 0)
    1
    """
    return st.integers(-bound, bound).map(fmpq)


def rationals() -> Numbers:
    """Small integers, then halves, thirds and the like."""
    return st.one_of(small(), st.sampled_from(_RATIOS))


def dyadics(bits: int = 24) -> Numbers:
    """Numbers m 2^e of float32 with |m| < 2^`bits`: subnormals and the largest included."""
    mantissas = st.one_of(
        st.integers(-3, 3), st.integers(-(2**bits) + 1, 2**bits - 1).map(lambda m: m | 1)
    )
    exponents = st.one_of(
        st.just(0), st.sampled_from([e for e in EDGES if -149 <= e <= 128 - bits] + [-149])
    )
    return st.builds(lambda m, e: fmpq(m) * fmpq(2) ** e, mantissas, exponents)


def hard() -> Numbers:
    """Small integers, then every kind of number that a shortcut through floats gets wrong.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(hard(), lambda x: number(x).q % 3 == 0)
    1/3
    """
    doubles = st.floats(allow_nan=False, allow_infinity=False).map(_spelled)
    edges = st.sampled_from([fmpq(2) ** e for e in (*EDGES, -1074, -1022, 1023)])
    return st.one_of(small(), rationals(), edges, dyadics(), doubles, st.just(-0.0))


def _spelled(value: float) -> Number:
    return value if value == 0 else number(value)


def factors(numbers: Numbers | None = None) -> Numbers:
    """Positive numbers: 1, 2, 3, 1/2, 1/3 and so on, or the magnitudes of `numbers`."""
    if numbers is None:
        return st.sampled_from(_FACTORS)
    return numbers.map(lambda x: abs(number(x)) or fmpq(1))


_RATIOS: Final = sorted(
    {fmpq(p, q) for q in (1, 2, 3, 4, 5, 7, 9) for p in range(-9, 10)},
    key=lambda x: (x.q, abs(x), x < 0),
)
_FACTORS: Final = [
    fmpq(p, q)
    for p, q in ((1, 1), (2, 1), (3, 1), (1, 2), (1, 3), (5, 1), (7, 4), (6, 1), (1, 1024))
]


@st.composite
def multiples(draw: st.DrawFn, *, width: int = 3, numbers: Numbers | None = None) -> Multiple:
    """A row, a positive factor, and the row times the factor, exactly.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(multiples(width=1), lambda found: found[1] == fmpq(1, 3))
    ((0,), 1/3, (0,))
    """
    drawn = hard() if numbers is None else numbers
    row = tuple(plain(draw(st.lists(drawn, min_size=width, max_size=width))))
    factor = number(draw(st.one_of(factors(), factors(drawn))))
    return row, factor, tuple(factor * entry for entry in row)
