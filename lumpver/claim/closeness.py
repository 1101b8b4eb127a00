"""Closeness: how near the outputs of two models are to each other.

class: of the entries of an output along its last axis, the first of the greatest (`max`) or
    of the least (`min`), as ONNX's ArgMax and ArgMin have it
leader: the entry of the class in the first model's output
range: of an entry of an output, from its least value on the domain to its largest; of an output,
    the longest of its entries' in the first model
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, assert_never

from lumpver.errors import Malformed
from lumpver.exact.scalar import ZERO, number, text

if TYPE_CHECKING:
    from flint import fmpq

_BY: Final = ("max", "min")
_RANGE: Final = "times the range of the first model's output"


@dataclass(frozen=True, slots=True)
class Equal:
    """The outputs are equal, entry by entry."""


@dataclass(frozen=True, slots=True)
class Within:
    """The outputs differ by at most `eps` in every entry; those in `outputs` by at most theirs.

    No number is negative; outputs are named once, in order.

    Examples
    --------
    >>> Within("1/2", (("y", "1/4"),)).largest
    1/2
    """

    eps: fmpq
    outputs: tuple[tuple[str, fmpq], ...] = ()

    def __post_init__(self) -> None:
        names = [name for name, _ in self.outputs]
        if names != sorted(set(names)):
            got = ", ".join(names)[:60]
            raise Malformed("eps", expected="distinct outputs in order", got=got)
        object.__setattr__(self, "eps", not_negative(self.eps, where="eps"))
        named = ((name, not_negative(eps, where=f"eps of {name}")) for name, eps in self.outputs)
        object.__setattr__(self, "outputs", tuple(named))

    def of(self, output: str) -> fmpq:
        """How much an output may differ."""
        return dict(self.outputs).get(output, self.eps)

    @property
    def largest(self) -> fmpq:
        """How much any output may differ."""
        return max([self.eps, *(eps for _, eps in self.outputs)])


@dataclass(frozen=True, slots=True)
class SameClass:
    """Each output has the class that the first model gives, where its leader leads enough.

    It does where no other entry is nearer to it than `delta`; with 0 it always does.
    """

    by: Literal["max", "min"] = "max"
    delta: fmpq = ZERO

    def __post_init__(self) -> None:
        if self.by not in _BY:
            raise Malformed("class", expected="by max or min", got=repr(self.by)[:40])
        object.__setattr__(self, "delta", not_negative(self.delta, where="delta"))


@dataclass(frozen=True, slots=True)
class Relative:
    """The outputs differ in every entry by at most `eps` times the range of the output.

    Examples
    --------
    >>> print(near(Relative("1/10")))
    within 1/10 of each other, times the range of the first model's output
    """

    eps: fmpq

    def __post_init__(self) -> None:
        object.__setattr__(self, "eps", not_negative(self.eps, where="eps"))


Closeness: TypeAlias = Equal | Within | SameClass | Relative
EQUAL: Final = Equal()


def not_negative(given: Any, *, where: str) -> fmpq:
    """The number that somebody means, which is not negative.

    Raises
    ------
    Malformed
        If it is negative, or no number.

    Examples
    --------
    >>> not_negative("0.1", where="eps")
    1/10
    """
    try:
        found = number(given)
    except Malformed as error:
        raise type(error)(where, expected=error.expected, got=error.got) from error
    if found < 0:
        raise Malformed(where, expected="a number that is not negative", got=text(found)[:60])
    return found


def near(closeness: Closeness) -> str:
    """How near the models are, as in "they are ...".

    Examples
    --------
    >>> print(near(Equal()), near(Within("1/2")), near(SameClass(delta=1)), sep="; ")
    equal; within 1/2 of each other; of the same class (arg max) where it leads by 1
    """
    match closeness:
        case Equal():
            return "equal"
        case Within():
            return f"within {_within(closeness)} of each other"
        case SameClass():
            return f"of the same class {_led(closeness)}"
        case Relative(eps):
            return f"within {text(eps)} of each other, {_RANGE}"
        case _:
            assert_never(closeness)


def given(closeness: Closeness) -> str:
    """What both models give, as in "both give ..."."""
    match closeness:
        case Equal():
            return "the same outputs"
        case Within():
            return f"outputs within {_within(closeness)} of each other"
        case SameClass():
            return f"the same class {_led(closeness)}"
        case Relative(eps):
            return f"outputs within {text(eps)} of each other, {_RANGE}"
        case _:
            assert_never(closeness)


def _within(closeness: Within) -> str:
    named = ", ".join(f"{text(eps)} for {name}" for name, eps in closeness.outputs)
    return text(closeness.eps) + (f" ({named})" if named else "")


def _led(closeness: SameClass) -> str:
    leads = f" where it leads by {text(closeness.delta)}" if closeness.delta else ""
    return f"(arg {closeness.by}){leads}"
