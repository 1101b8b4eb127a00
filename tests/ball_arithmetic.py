"""Elementary functions over balls that surely hold the value: formulas of curves, to be compared.

Comparisons are true only where they surely are. 4000 bits tell all arguments up to 40 apart.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flint import arb, ctx, fmpq

from lumpver.model.functions import Curve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.activations import Activation

_BITS = 4000


@contextmanager
def fine() -> Iterator[None]:
    """Balls as small as that, inside."""
    before, ctx.prec = ctx.prec, _BITS
    try:
        yield
    finally:
        ctx.prec = before


class Balls:
    """What a formula asks of sympy, over balls."""

    exp = staticmethod(lambda x: x.exp())
    log = staticmethod(lambda x: x.log())
    tanh = staticmethod(lambda x: x.tanh())
    erf = staticmethod(lambda x: x.erf())
    sqrt = staticmethod(lambda x: arb(x).sqrt())
    Abs = staticmethod(abs)
    Rational = staticmethod(lambda p, q: arb(fmpq(p, q)))

    @property
    def pi(self) -> Any:
        """The number."""
        return arb.pi()

    @staticmethod
    def Max(a: Any, b: Any) -> Any:  # noqa: N802 as sympy has it
        """The larger."""
        return arb(a).max(arb(b))

    @staticmethod
    def Min(a: Any, b: Any) -> Any:  # noqa: N802 as sympy has it
        """The smaller."""
        return arb(a).min(arb(b))


def ball(function: Activation, y: fmpq) -> Any:
    """A ball that A(y) is in."""
    mapping = function.mapping
    return arb(function(y)) if not isinstance(mapping, Curve) else mapping.formula(Balls(), arb(y))
