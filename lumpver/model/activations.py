"""Activation functions: what is exact about each, as its row in the table says.

An activation decides which scales a lumping may use: where A(r y) = r A(y) for
every r > 0 (positively homogeneous), multiples may merge; elsewhere only equals.

homogeneous: A(r y) = r A(y) for all y and all r > 0 (theory: two-slope functions)
slope: the factor on negative arguments; 0 for ReLU, 1 for identity, -1 for abs

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed, NotRational
from lumpver.exact.scalar import number
from lumpver.model.functions import UNCHANGED, Pieces
from lumpver.model.table import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flint import fmpq

    from lumpver.model.functions import Curve, Function, Line, Range
    from lumpver.model.laws import Law


@dataclass(frozen=True, slots=True)
class Activation:
    """A function applied to every unit of a tensor.

    `operator` is its name in the table; `parameters` are exact. Two activations are the
    same function only if both agree. `mapping` is what it computes.
    """

    operator: str
    parameters: tuple[fmpq, ...] = ()
    mapping: Pieces | Curve = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        row = FUNCTIONS.get(self.operator)
        if row is None:
            expected = "one of " + ", ".join(FUNCTIONS)
            raise Malformed("activation", expected=expected, got=self.operator)
        if len(self.parameters) != len(row.parameters):
            raise Malformed(
                f"activation {self.operator}",
                expected=f"{len(row.parameters)} parameters",
                got=str(len(self.parameters)),
            )
        if not row.admits(*self.parameters):
            raise Malformed(f"activation {self.operator}", expected=row.needs, got=str(self))
        object.__setattr__(self, "mapping", row.mapping(*self.parameters))

    def __reduce__(self) -> tuple[type[Activation], tuple[Any, ...]]:
        return Activation, (self.operator, self.parameters)

    @property
    def row(self) -> Function:
        """The row of the table that it is from."""
        return FUNCTIONS[self.operator]

    @property
    def homogeneous(self) -> bool:
        """Whether A(r y) = r A(y) for all y and all r > 0, and A(y) = y for y >= 0.

        Examples
        --------
        >>> RELU.homogeneous, SIGMOID.homogeneous
        (True, False)
        """
        return self.slope is not None

    @property
    def slope(self) -> fmpq | None:
        """The factor on negative arguments, where A(y) = y for y >= 0; else None."""
        return self.mapping.slope if isinstance(self.mapping, Pieces) else None

    @property
    def bounds(self) -> Range:
        """Numbers below and above which no value is; None where the table has none.

        Examples
        --------
        >>> RELU.bounds, clip(-1, 6).bounds
        ((0, None), (-1, 6))
        """
        return self.row.bounds(*self.parameters)

    @property
    def nonnegative(self) -> bool:
        """Whether A(y) >= 0 for all y, by its bounds.

        Examples
        --------
        >>> RELU.nonnegative, TANH.nonnegative
        (True, False)
        """
        low, _ = self.bounds
        return low is not None and bool(low >= 0)

    @property
    def law(self) -> Law:
        """What the function makes of multiples of its argument, and of reflections.

        Examples
        --------
        >>> RELU.law.row(number(2), number(0)), clip(0, 6).law.row(number(-1), number(6))
        ((2, 0), (-1, 6))
        """
        return self.row.law(*self.parameters)

    def on(self, low: fmpq | None, high: fmpq | None) -> Line | None:
        """The one line that A is from one number to another, ends included, if it is known.

        Examples
        --------
        >>> RELU.on(number(0), None), clip(0, 6).on(number(7), None)
        (Line(slope=1, constant=0), Line(slope=0, constant=6))
        """
        return self.mapping.on(low, high)

    @property
    def has_lines(self) -> bool:
        """Whether A is known to be a line anywhere.

        Examples
        --------
        >>> RELU.has_lines, TANH.has_lines
        (True, False)
        """
        return isinstance(self.mapping, Pieces) or bool(self.mapping.stretches)

    def image(self, low: fmpq | None, high: fmpq | None) -> Range:
        """Numbers beyond which A(y) is not, for y from one number to another.

        Examples
        --------
        >>> RELU.image(None, number(1)), ABS.image(number(-2), number(1))
        ((0, 1), (0, 2))
        """
        if isinstance(self.mapping, Pieces):
            return self.mapping.image(low, high)
        return self.bounds

    @property
    def lipschitz(self) -> fmpq | None:
        """A number L with |A(y) - A(z)| <= L |y - z| for all y and z, where there is one.

        Examples
        --------
        >>> leaky(-3).lipschitz, SIGMOID.lipschitz
        (3, 1/4)
        """
        return self.mapping.lipschitz

    @property
    def rational(self) -> bool:
        """Whether A(y) is rational, and known, for every rational y."""
        return isinstance(self.mapping, Pieces) or self.mapping.rational

    def __call__(self, value: fmpq) -> fmpq:
        """A(value), exactly.

        Raises
        ------
        NotRational
            Where A(value) is not rational or lumpver does not know that it is.

        Examples
        --------
        >>> leaky("1/10")(number(-5))
        -1/2
        """
        mapping = self.mapping
        if isinstance(mapping, Pieces):
            line = mapping.line(value)
            return value if line is UNCHANGED else line(value)
        result = mapping.value(value)
        if result is None:
            raise NotRational(self.operator, expected="a rational value", got=f"A({value})")
        return result

    def __str__(self) -> str:
        if not self.parameters:
            return self.operator
        return f"{self.operator}({', '.join(str(p) for p in self.parameters)})"


RELU: Final = Activation("Relu")
IDENTITY: Final = Activation("Identity")
ABS: Final = Activation("Abs")
TANH: Final = Activation("Tanh")
SIGMOID: Final = Activation("Sigmoid")
SQUARE: Final = Activation("Square")
SIGN: Final = Activation("Sign")
SOFTSIGN: Final = Activation("Softsign")


def leaky(slope: Any) -> Activation:
    """LeakyReLU with this slope on negative arguments, taken exactly.

    Examples
    --------
    >>> leaky("1/10")(number(-1)), leaky("1/10")(number(2))
    (-1/10, 2)
    """
    return Activation("LeakyRelu", (number(slope),))


def clip(low: Any, high: Any) -> Activation:
    """What is between two numbers as it is, the nearer of them otherwise.

    Raises
    ------
    Malformed
        If the first is larger.

    Examples
    --------
    >>> clip(0, 6)(number(7))
    6
    """
    return Activation("Clip", (number(low), number(high)))


def at_least(least: Any) -> Activation:
    """The larger of the argument and a number; ReLU where that is 0.

    Examples
    --------
    >>> at_least(2)(number(1)), at_least(0) == RELU
    (2, True)
    """
    bound = number(least)
    return Activation("AtLeast", (bound,)) if bound else RELU


def at_most(most: Any) -> Activation:
    """The smaller of the argument and a number.

    Examples
    --------
    >>> at_most(2)(number(3))
    2
    """
    return Activation("AtMost", (number(most),))


def hard_sigmoid(alpha: Any, beta: Any) -> Activation:
    """alpha times the argument, plus beta, between 0 and 1; alpha > 0."""
    return Activation("HardSigmoid", (number(alpha), number(beta)))


def shrink(limit: Any, bias: Any) -> Activation:
    """0 between -limit and limit, the argument nearer to 0 by the bias beyond; limit >= 0."""
    return Activation("Shrink", (number(limit), number(bias)))


def activation(name: str | Activation) -> Activation:
    """The parameterless activation of that name, in any case.

    Raises
    ------
    Malformed
        For a name that lumpver does not model, or one that needs parameters.
    TypeError
        For anything but a name or an Activation.

    Examples
    --------
    >>> activation("relu") == RELU
    True
    """
    if isinstance(name, Activation):
        return name
    if not isinstance(name, str):
        got = type(name).__name__
        raise TypeError(f"activation: expected a name or an Activation, got {got}")
    called = name.lower()
    rows = FUNCTIONS.values()
    found = (row.name for row in rows if called in {row.name.lower(), *row.aliases})
    return Activation(next(found, name))


def samples() -> Iterator[Activation]:
    """Every row of the table with its samples of parameters, in order."""
    for row in FUNCTIONS.values():
        for parameters in row.samples:
            yield Activation(row.name, parameters)
