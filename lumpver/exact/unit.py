"""Whether this thread's floating-point unit rounds to nearest and underflows gradually.

Any library may set another mode, for its own speed, and leave it set. Then a subnormal weight
equals 0, and no proof in `floats` holds. What BLAS computes, in threads of its own, needs no
test: `blas_is_exact` lets nothing there round or underflow.

upward: a rounding mode; so are downward and toward zero, none of them the default
flush-to-zero: a subnormal result becomes 0
denormals-are-zero: a subnormal operand is taken for 0
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import InexactUnit

if TYPE_CHECKING:
    from collections.abc import Iterator

_MANY: Final = 67  # numpy takes the rest of a vector entry by entry: both ways are seen
_KINDS: Final = (("float32", np.uint32, 24), ("float64", np.uint64, 53))


def require_exact_unit() -> None:
    """Float shortcuts are exact in this thread, now.

    Raises
    ------
    InexactUnit
        If numbers are rounded otherwise than to nearest, or subnormal ones flushed; it names
        the mode.

    Examples
    --------
    >>> require_exact_unit()
    """
    found = sorted(set(_modes()))
    if found:
        raise InexactUnit(
            "floating-point unit",
            expected="rounding to nearest and gradual underflow",
            got=f"{' and '.join(found)}, which something else in this process has set",
        )


def _modes() -> Iterator[str]:
    """The modes that show in numpy's arrays, in its scalars and in Python's floats.

    Operands are made from their bits, so that nothing is computed before it is asked for.
    """
    with np.errstate(all="ignore"):
        for kind, bits, digits in _KINDS:
            one, large = np.array([1, 3 << (digits - 2)], kind)
            least, tiny = np.array([1, 1 << (digits - 1)], bits).view(kind)
            for shown in (_array, _scalar) if kind == "float32" else (_array, _scalar, float):
                half = shown(tiny) / shown(one + one)
                if _any(np.asarray(half).view(bits) == 0):
                    yield "flush-to-zero"
                subnormal = shown(least)
                if _any(subnormal == shown(one - one)) or _any(subnormal / subnormal != one):
                    yield "denormals-are-zero"
                yield from _rounding(shown(large), shown(one / (8 * one)))


def _array(value: Any) -> Any:
    return np.full(_MANY, value)


def _scalar(value: Any) -> Any:
    return value


def _rounding(large: Any, eighth: Any) -> Iterator[str]:
    """The neighbours of `large` are 1 apart: adding 1/8 changes nothing to nearest."""
    up, down = large + eighth, -large - eighth
    if _any(up > large):
        yield "rounding upward"
    if _any(down < -large):
        yield "rounding downward"
    if _any(large - eighth < large) and _any(-large + eighth > -large):
        yield "rounding toward zero"


def _any(found: Any) -> bool:
    return bool(np.any(found))
