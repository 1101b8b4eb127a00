"""Activation functions: what is exact about each.

An activation decides which scales a lumping may use: where A(r y) = r A(y) for
every r > 0 (positively homogeneous), multiples may merge; elsewhere only equals.

homogeneous: A(r y) = r A(y) for all y and all r > 0 (theory: two-slope functions)
slope: the factor on negative arguments; 0 for ReLU, 1 for identity, -1 for abs

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flint import fmpq

from lumpver.errors import Malformed, NotRational
from lumpver.exact.scalar import ONE, ZERO, number

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Activation:
    """A function applied to every unit of a tensor.

    `operator` is its ONNX name; `parameters` are exact. Two activations are the
    same function only if both agree.
    """

    operator: str
    parameters: tuple[fmpq, ...] = ()

    def __post_init__(self) -> None:
        expected = _PARAMETERS.get(self.operator)
        if expected is None:
            raise Malformed(
                "activation", expected="one of " + ", ".join(_PARAMETERS), got=self.operator
            )
        if len(self.parameters) != expected:
            raise Malformed(
                f"activation {self.operator}",
                expected=f"{expected} parameters",
                got=str(len(self.parameters)),
            )
        if self.operator == "Clip" and self.parameters[0] > self.parameters[1]:
            raise Malformed("activation Clip", expected="min <= max", got=str(self))

    @property
    def homogeneous(self) -> bool:
        """Whether A(r y) = r A(y) for all y and all r > 0.

        Examples
        --------
        >>> RELU.homogeneous, activation("Sigmoid").homogeneous
        (True, False)
        """
        return self.slope is not None

    @property
    def slope(self) -> fmpq | None:
        """The factor on negative arguments, where A(y) = y for y >= 0; else None."""
        if self.operator == "LeakyRelu":
            return self.parameters[0]
        return _SLOPES.get(self.operator)

    @property
    def nonnegative(self) -> bool:
        """Whether A(y) >= 0 for all y.

        Examples
        --------
        >>> RELU.nonnegative, activation("Tanh").nonnegative
        (True, False)
        """
        if self.operator == "Clip":
            return bool(self.parameters[0] >= 0)
        return self.operator in {"Relu", "Abs", "Sigmoid"}

    def __call__(self, value: fmpq) -> fmpq:
        """A(value), exactly.

        Raises
        ------
        NotRational
            Where A(value) is not rational or lumpver does not know that it is.

        Examples
        --------
        >>> leaky("1/10")(fmpq(-5))
        -1/2
        """
        slope = self.slope
        if slope is not None:
            return value if value >= 0 else slope * value
        exact = _VALUES.get(self.operator)
        result = None if exact is None else exact(value, self.parameters)
        if result is None:
            raise NotRational(self.operator, expected="a rational value", got=f"A({value})")
        return result

    def __str__(self) -> str:
        if not self.parameters:
            return self.operator
        return f"{self.operator}({', '.join(str(p) for p in self.parameters)})"


def _clip(value: fmpq, bounds: tuple[fmpq, ...]) -> fmpq:
    return max(bounds[0], min(bounds[1], value))


def _tanh(value: fmpq, _: tuple[fmpq, ...]) -> fmpq | None:
    return ZERO if value == 0 else None


def _sigmoid(value: fmpq, _: tuple[fmpq, ...]) -> fmpq | None:
    return fmpq(1, 2) if value == 0 else None


_PARAMETERS: Final = {
    "Relu": 0,
    "LeakyRelu": 1,
    "Abs": 0,
    "Identity": 0,
    "Clip": 2,
    "Tanh": 0,
    "Sigmoid": 0,
}
_SLOPES: Final = {"Relu": ZERO, "Abs": -ONE, "Identity": ONE}
_VALUES: Final[dict[str, Callable[[fmpq, tuple[fmpq, ...]], fmpq | None]]] = {
    "Clip": _clip,
    "Tanh": _tanh,
    "Sigmoid": _sigmoid,
}

RELU: Final = Activation("Relu")
IDENTITY: Final = Activation("Identity")
_NAMES: Final = {name.lower(): name for name in _PARAMETERS} | {"logistic": "Sigmoid"}


def leaky(slope: Any) -> Activation:
    """LeakyReLU with this slope on negative arguments, taken exactly.

    Examples
    --------
    >>> leaky("1/10")(fmpq(-1)), leaky("1/10")(fmpq(2))
    (-1/10, 2)
    """
    return Activation("LeakyRelu", (number(slope),))


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
    return Activation(_NAMES.get(name.lower(), name))
