"""From a solver's model back to exact rationals.

What a solver calls a counterexample is a candidate: it becomes one when the networks
have been evaluated on it, exactly. Algebraic numbers are replaced by rationals nearby.

point: for every entry of every input one rational
isolating: two rationals with the number between them, or on both
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flint import fmpq

from lumpver.errors import NotRational
from lumpver.proving.smt.terms import entrywise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lumpver.exact.array import Exact

_DIGITS = (2, 8, 32, 128)


def rational(value: Any) -> fmpq:
    """The rational number that a model's value is.

    Raises
    ------
    NotRational
        For an algebraic number that is not rational, and for what is no number at all.

    Examples
    --------
    >>> import z3
    >>> rational(z3.RealVal("-1/3"))
    -1/3
    """
    import z3  # noqa: PLC0415 heavy: only where a model is read

    if z3.is_rational_value(value):
        return fmpq(value.numerator_as_long(), value.denominator_as_long())
    raise NotRational("model", expected="a rational value", got=str(value)[:60])


def isolating(value: Any, *, digits: int = 32) -> tuple[fmpq, fmpq]:
    """Rationals below and above the value, at most 10^-digits apart; equal if rational.

    Raises
    ------
    NotRational
        For what is no number.

    Examples
    --------
    >>> import z3
    >>> x, solver = z3.Real("x"), z3.Solver()
    >>> solver.add(x * x == 2, x > 0)
    >>> solver.check()
    sat
    >>> low, high = isolating(solver.model()[x], digits=3)
    >>> low**2 < 2 < high**2, high - low <= fmpq(1, 1000)
    (True, True)
    """
    import z3  # noqa: PLC0415 heavy: only where a model is read

    if not z3.is_algebraic_value(value):
        exact = rational(value)
        return exact, exact
    # `approx` is within 10^-precision, on either side.
    middle, width = rational(value.approx(digits + 1)), fmpq(1, 10) ** (digits + 1)
    return middle - width, middle + width


def point(model: Any, inputs: Mapping[str, Exact]) -> dict[str, Exact]:
    """The model's value of every entry of `inputs`; entries that it leaves open are 0.

    Raises
    ------
    NotRational
        If an entry is an irrational algebraic number; `points` gives rationals nearby.
    """
    return _point(model, inputs, rational)


def points(model: Any, inputs: Mapping[str, Exact]) -> Iterator[dict[str, Exact]]:
    """Candidates for a rational point: the model's own, or ever nearer ones from both sides.

    Every one is to be replayed: the nearby ones need not satisfy what the model does.
    """
    try:
        yield point(model, inputs)
    except NotRational:
        for digits in _DIGITS:
            for side in (0, 1):
                yield _point(model, inputs, partial(_bound, digits=digits, side=side))


def _bound(value: Any, *, digits: int, side: int) -> fmpq:
    return isolating(value, digits=digits)[side]


def _point(
    model: Any, inputs: Mapping[str, Exact], read: Callable[[Any], fmpq]
) -> dict[str, Exact]:
    return {
        name: entrywise(lambda entry: read(model.eval(entry, model_completion=True)), entries)
        for name, entries in inputs.items()
    }
