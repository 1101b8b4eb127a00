"""The pieces of terms: numbers, weighted sums, activations; exact, and folded while exact.

A value is a rational number for as long as it can be, and a z3 term from there on, so
that constant parts of a network never reach the solver.

value: an `fmpq` or a z3 term of sort Real
term: a z3 term of sort Real
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

import numpy as np
from flint import fmpq

from lumpver.errors import Malformed
from lumpver.exact.scalar import ONE, ZERO, text
from lumpver.exact.scalar import number as exact
from lumpver.model.functions import Curve, Line, Pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.exact.array import Exact
    from lumpver.model.activations import Activation


def number(value: Any) -> Any:
    """The z3 numeral of sort Real that equals `value`, anything that is one rational.

    Raises
    ------
    NotANumber
        For everything that is not one rational number.

    Examples
    --------
    >>> number("-1/3"), number(0.5)
    (-1/3, 1/2)
    """
    import z3  # noqa: PLC0415 heavy: only where terms are built

    return z3.RealVal(text(exact(value)))


def term(value: Any) -> Any:
    """`value` as a z3 term: numbers become numerals, terms stay.

    Raises
    ------
    Malformed
        For a term that is not of sort Real.
    """
    checked = as_value(value)
    return number(checked) if isinstance(checked, fmpq) else checked


def as_value(value: Any) -> Any:
    """`value` as an `fmpq` or a z3 term of sort Real; numerals become numbers.

    Raises
    ------
    Malformed
        For a term that is not of sort Real.
    NotANumber
        For what is neither a term nor one rational number.
    """
    if isinstance(value, fmpq):
        return value
    import z3  # noqa: PLC0415 heavy: only where terms are built

    if not isinstance(value, z3.ExprRef):
        return exact(value)
    if not z3.is_real(value):
        raise Malformed("term", expected="sort Real", got=f"{value.sort()}")
    if z3.is_rational_value(value):
        return fmpq(value.numerator_as_long(), value.denominator_as_long())
    return value


def terms(values: Exact) -> Exact:
    """An array with every entry as a z3 term."""
    return entrywise(term, values)


def entrywise(function: Any, values: Exact) -> Exact:
    """The object array of `function` of every entry."""
    result = np.empty(values.shape, dtype=object)
    flat = result.reshape(-1)
    for i, value in enumerate(values.reshape(-1).tolist()):
        flat[i] = function(value)
    return result


def combination(coefficients: Sequence[Any], values: Sequence[Any], constant: Any = ZERO) -> Any:
    """The sum of coefficient times value, plus the constant; all may be terms or numbers.

    Zero coefficients leave no trace, coefficients of 1 none but their value.

    Examples
    --------
    >>> import z3
    >>> combination([exact(2), exact(0), exact(1)], [z3.Real("x"), z3.Real("y"), z3.Real("z")])
    2*x + z
    >>> combination([exact(2)], [exact("1/3")], exact(1))
    5/3
    """
    rest = constant if isinstance(constant, fmpq) else ZERO
    parts: list[Any] = []
    for c, x in zip(coefficients, values, strict=True):
        if isinstance(c, fmpq) and isinstance(x, fmpq):
            rest += c * x
        elif isinstance(c, fmpq):
            if c != 0:
                parts.append(x if c == ONE else _product(number(c), x))
        elif isinstance(x, fmpq):
            if x != 0:
                parts.append(c if x == ONE else _product(number(x), c))
        else:
            parts.append(_product(c, x))
    if not isinstance(constant, fmpq):
        parts.append(constant)
    if not parts:
        return rest
    if rest != 0:
        parts.append(number(rest))
    return parts[0] if len(parts) == 1 else _sum(parts)


def _product(a: Any, b: Any) -> Any:
    """The term a b, without z3py's coercions: both are of sort Real."""
    import z3  # noqa: PLC0415 heavy: only where terms are built

    pair = (z3.Ast * 2)(a.as_ast(), b.as_ast())
    return z3.ArithRef(z3.Z3_mk_mul(b.ctx.ref(), 2, pair), b.ctx)


def _sum(parts: Sequence[Any]) -> Any:
    import z3  # noqa: PLC0415 heavy: only where terms are built

    row = (z3.Ast * len(parts))(*(part.as_ast() for part in parts))
    return z3.ArithRef(z3.Z3_mk_add(parts[0].ctx.ref(), len(parts), row), parts[0].ctx)


def activate(function: Activation, value: Any) -> Any:
    """A(value) for a term or a number: exact, or an uninterpreted function of its name.

    A curve is uninterpreted wherever its value is not known to be rational; all that is said of
    it is its symmetry. A slope may be a term: LeakyReLU with an unknown slope.

    Examples
    --------
    >>> import z3
    >>> from lumpver.model.activations import RELU, activation
    >>> activate(RELU, z3.Real("x"))
    If(0 <= x, x, 0)
    >>> activate(RELU, exact(-2)), activate(activation("exp"), z3.Real("x"))
    (0, Exp(x))
    >>> activate(activation("tanh"), z3.Real("x"))
    1/2*Tanh(x) + -1/2*Tanh(-1*x)
    """
    match function.mapping:
        case Curve() as curve:
            known = curve.value(value) if isinstance(value, fmpq) else None
            if known is not None:
                return known
            if curve.rational:
                return curve.formula(_Elementary, term(value))
            return _symmetric(function, value)
        case Pieces() as pieces if isinstance(value, fmpq):
            return _along(pieces.line(value), value)
        case Pieces() as pieces:
            return bent(pieces, term(value))
        case _:
            assert_never(function.mapping)


class _Elementary:
    """What the formulas of rational curves ask for, of terms."""

    @staticmethod
    def Abs(value: Any) -> Any:  # noqa: N802 as sympy has it
        import z3  # noqa: PLC0415 heavy: only where terms are built

        return z3.If(value >= 0, value, -value)


def _symmetric(function: Activation, value: Any) -> Any:
    """An uninterpreted function, made to reflect as the activation does.

    Where A(c - z) = k - A(c + z), A is half the sum of itself and k less its reflection: so all
    functions with that symmetry, and no others, can be written.
    """
    name, law = str(function), function.law
    if law.reflection is None or law.reflection[0] != -1:
        return _applied(name, value)
    reflected = combination([-ONE], [value], 2 * law.centre)
    half = ONE / 2
    both = [_applied(name, value), _applied(name, reflected)]
    return combination([half, -half], both, half * law.reflection[1])


def _applied(name: str, value: Any) -> Any:
    import z3  # noqa: PLC0415 heavy: only where terms are built

    return z3.Function(name, z3.RealSort(), z3.RealSort())(term(value))


def _along(line: Line, x: Any) -> Any:
    """The line at a term or a number; its slope may be a term."""
    if not isinstance(x, fmpq) and isinstance(line.slope, fmpq) and line == Line(-ONE):
        return -x
    return combination([line.slope], [x], line.constant)


def bent(pieces: Pieces, x: Any) -> Any:
    """A function of pieces at a term; its numbers may be terms, whose bends rise.

    Examples
    --------
    >>> import z3
    >>> pieces, x = Pieces((Line(-ONE), Line(ONE)), (ZERO,), (ONE,)), z3.Real("x")
    >>> [z3.simplify(z3.substitute(bent(pieces, x), (x, z3.RealVal(v)))) for v in (-2, 0, 3)]
    [2, 1, 3]
    """
    lines, bends, at = pieces.lines, pieces.bends, pieces.at or (None,) * len(pieces.bends)
    if not bends:
        return term(_along(lines[0], x))
    import z3  # noqa: PLC0415 heavy: only where terms are built

    bend, below, rest = term(bends[0]), term(_along(lines[0], x)), lines[1:]
    if at[0] is not None:
        above = bent(Pieces(rest, bends[1:], at[1:]), x)
        return z3.If(x < bend, below, z3.If(x == bend, term(at[0]), above))
    if len(bends) > 1:
        return z3.If(x <= bend, below, bent(Pieces(rest, bends[1:], at[1:]), x))
    above = term(_along(rest[0], x))
    if isinstance(lines[0].slope, fmpq) and lines[0] == rest[0]:
        return above
    return z3.If(bend <= x, above, below)
