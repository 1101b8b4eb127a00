"""Several activations in one node: one for each unit, as PReLU with a slope per channel.

They are one row of the table of activations; only their parameters differ. What is asked of an
activation is asked here of either sort: of one that all units have, or of each unit's own.

kinds: the different activations, in the order in which they are met
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from math import prod
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.model.activations import Activation
from lumpver.model.table import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flint import fmpq

    from lumpver.model.functions import Range

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Several:
    """An activation for each unit along an axis, which is counted from the end.

    Raises
    ------
    Malformed
        If there is none, they are not all of one row of the table, or the axis is no such.
    """

    functions: tuple[Activation, ...]
    axis: int

    def __post_init__(self) -> None:
        operators = {function.operator for function in self.functions}
        if len(operators) != 1:
            got = ", ".join(sorted(operators)) or "none"
            raise Malformed("activations", expected="one operator", got=got)
        if self.axis >= 0:
            raise Malformed("activations", expected="an axis from the end", got=str(self.axis))

    @property
    def operator(self) -> str:
        """The name of their row in the table."""
        return self.functions[0].operator

    def chosen(self, units: Sequence[int]) -> Several:
        """The activations of some units, in this order."""
        return Several(tuple(self.functions[unit] for unit in units), self.axis)

    def __str__(self) -> str:
        found = kinds(self)
        shown = ", ".join(", ".join(map(str, one.parameters)) for one in found[:_SHOWN])
        more = f", {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        return f"{self.operator}({shown}{more}; by unit)"


Activations = Activation | Several


def from_numbers(operator: str, numbers: Sequence[fmpq], axis: int | None) -> Activations:
    """The activation with these parameters; along an axis those of each unit, one after another.

    Raises
    ------
    Malformed
        If there is no such activation, or units have not as many parameters.

    Examples
    --------
    >>> from lumpver.exact.scalar import ONE, ZERO
    >>> str(from_numbers("LeakyRelu", [ZERO, ONE], -1))
    'LeakyRelu(0, 1; by unit)'
    """
    if axis is None:
        return Activation(operator, tuple(numbers))
    row = FUNCTIONS.get(operator)
    count = 0 if row is None else len(row.parameters)
    if not count or not numbers or len(numbers) % count:
        expected = "as many parameters for each unit"
        raise Malformed(f"activation {operator}", expected=expected, got=str(len(numbers)))
    parts = [tuple(numbers[i : i + count]) for i in range(0, len(numbers), count)]
    met = {part: Activation(operator, part) for part in dict.fromkeys(parts)}
    return Several(tuple(met[part] for part in parts), axis)


def parameters_of(given: Activations) -> list[fmpq]:
    """The parameters, those of each unit one after another."""
    functions = given.functions if isinstance(given, Several) else (given,)
    return [value for function in functions for value in function.parameters]


def kinds(given: Activations) -> tuple[Activation, ...]:
    """The different activations among those given.

    Examples
    --------
    >>> from lumpver.model.activations import leaky
    >>> [str(one) for one in kinds(Several((leaky(2), leaky(3), leaky(2)), -1))]
    ['LeakyRelu(2)', 'LeakyRelu(3)']
    """
    return tuple(dict.fromkeys(given.functions)) if isinstance(given, Several) else (given,)


def common(given: Activations) -> Activation | None:
    """The activation that all units have, None where they have different ones."""
    found = kinds(given)
    return found[0] if len(found) == 1 else None


def same(a: Activations, b: Activations) -> bool:
    """Whether both do the same to every unit, of which there are as many.

    Examples
    --------
    >>> from lumpver.model.activations import leaky
    >>> same(Several((leaky(2), leaky(2)), -3), leaky(2))
    True
    """
    return a == b or (common(a) is not None and common(a) == common(b))


def image(given: Activations, low: fmpq | None, high: fmpq | None) -> Range:
    """Numbers beyond which no unit's activation is, of what is between two numbers.

    Examples
    --------
    >>> from lumpver.exact.scalar import ONE
    >>> from lumpver.model.activations import RELU, leaky
    >>> image(RELU, None, ONE), image(Several((leaky(0), leaky(-2)), -1), -ONE, ONE)
    ((0, 1), (0, 2))
    """
    lows, highs = zip(*(function.image(low, high) for function in kinds(given)), strict=True)
    return (
        None if None in lows else min(end for end in lows if end is not None),
        None if None in highs else max(end for end in highs if end is not None),
    )


def each(given: Activations, units: int, axis: int | None = None) -> Sequence[Activation]:
    """The activation of each of so many units, along this axis if it is given.

    Raises
    ------
    ShapeMismatch
        If there are not as many, or they are different along another axis.
    """
    if not isinstance(given, Several):
        return (given,) * units
    alone = common(given)
    if alone is not None and axis not in {None, given.axis}:
        return (alone,) * units
    if axis not in {None, given.axis}:
        raise ShapeMismatch("activations", expected=f"one along {axis}", got=str(given))
    if len(given.functions) != units:
        got = f"{len(given.functions)} activations"
        raise ShapeMismatch("activations", expected=f"{units} units", got=got)
    return given.functions


def laid_out(given: Activations, shape: tuple[int, ...]) -> Iterable[Activation]:
    """The activation of each entry of a tensor, in row-major order.

    Raises
    ------
    ShapeMismatch
        If the tensor has not that axis, or not as many units.
    """
    if not isinstance(given, Several):
        return repeat(given, prod(shape))
    if len(shape) < -given.axis:
        expected = f"axis {given.axis}"
        raise ShapeMismatch("activations", expected=expected, got=str(shape))
    one = np.empty(len(given.functions), dtype=object)
    one[:] = each(given, shape[given.axis], given.axis)
    spread = np.broadcast_to(one.reshape(-1, *[1] * (-given.axis - 1)), shape)
    found: list[Activation] = spread.ravel().tolist()
    return found
