"""What one row of the table of activations holds: a function, its facts, its spellings.

A function is given by its pieces, where it is linear between finitely many bends, and by
what is known of it otherwise. No function is named here.

line: slope y + constant
bend: where one line meets the next; the function is continuous there
curve: a function that is not piecewise linear; some of its values may be rational
symmetry: (s, k) with A(-y) = s A(y) + k for all y: odd (-1, 0), even (1, 0)
spelling: an operator of a file format that computes the function, and where it has the
    parameters
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumpver.exact.scalar import ONE, ZERO

if TYPE_CHECKING:
    from collections.abc import Callable

    from flint import fmpq

    Range = tuple[fmpq | None, fmpq | None]
    Symmetry = tuple[fmpq, fmpq]


@dataclass(frozen=True, slots=True)
class Line:
    """y maps to slope y + constant."""

    slope: fmpq
    constant: fmpq = ZERO

    def __call__(self, value: fmpq) -> fmpq:
        """The line at `value`."""
        risen = self.slope * value
        return risen + self.constant if self.constant else risen


UNCHANGED: Final = Line(ONE)
EVEN: Final = (ONE, ZERO)
ODD: Final = (-ONE, ZERO)


@dataclass(frozen=True, slots=True)
class Pieces:
    """A continuous function that is linear between its bends, which rise.

    `lines` are in the order in which they hold, one more than there are bends.
    """

    lines: tuple[Line, ...]
    bends: tuple[fmpq, ...] = ()

    def line(self, value: fmpq) -> Line:
        """The line that holds at `value`, the right one where it bends.

        Examples
        --------
        >>> Pieces((Line(-ONE), Line(ONE)), (ZERO,)).line(ZERO).slope
        1
        """
        return self.lines[bisect_right(self.bends, value)]

    def between(self, low: fmpq | None, high: fmpq | None) -> tuple[Line, ...]:
        """The lines that hold somewhere strictly between two numbers; None is beyond all.

        Examples
        --------
        >>> bent = Pieces((Line(ZERO), UNCHANGED), (ZERO,))
        >>> bent.between(ZERO, None) == (UNCHANGED,), len(bent.between(None, ONE))
        (True, 2)
        """
        first = 0 if low is None else bisect_right(self.bends, low)
        last = len(self.bends) if high is None else bisect_left(self.bends, high)
        return self.lines[first : last + 1]

    @property
    def slope(self) -> fmpq | None:
        """The factor on negative arguments, where A(y) = y for y >= 0; else None."""
        first = self.lines[0]
        last = self.lines[-1]
        if (last is not UNCHANGED and last != UNCHANGED) or (self.bends and self.bends != (ZERO,)):
            return None
        return first.slope if first.constant == 0 else None

    @property
    def lipschitz(self) -> fmpq:
        """The largest |slope|."""
        return max(abs(line.slope) for line in self.lines)

    @property
    def increasing(self) -> bool:
        """Whether y < z always gives A(y) < A(z)."""
        return all(line.slope > 0 for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A function that is not piecewise linear.

    `value` is A(y) where that is known to be rational, else None; `rational` says that it
    is everywhere. `formula` is A(y) over the elementary functions of a module, such as
    sympy. |A(y) - A(z)| <= `lipschitz` |y - z|, or None where no number will do.
    """

    value: Callable[[fmpq], fmpq | None]
    formula: Callable[[Any, Any], Any]
    lipschitz: fmpq | None
    increasing: bool = False
    rational: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """A parameter in an attribute, as a float32; `default` is what a file may leave out.

    A `limit` may be infinite: then there is none, which is another function.
    """

    name: str
    default: float | None = None
    limit: bool = False


@dataclass(frozen=True, slots=True)
class Operand:
    """A parameter in a constant operand of one entry.

    `spread` ones may have axes, no more than the tensor has.
    """

    name: str
    place: int
    limit: bool = False
    spread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """An ONNX operator that computes the function, with its parameters in their order.

    `versions` are the operator sets in which a version of it begins that was read and
    compared; `hints` the attributes that change nothing, `integers` says whether it
    computes the function of integers, too.
    """

    operator: str
    versions: tuple[int, ...]
    parameters: tuple[Attribute | Operand, ...] = ()
    hints: tuple[str, ...] = ()
    integers: bool = True


@dataclass(frozen=True, slots=True)
class Module:
    """A class of PyTorch's that computes the function, and where it has the parameters."""

    name: str
    parameters: tuple[str, ...] = ()


def unbounded(*_: fmpq) -> Range:
    """No bounds, whatever the parameters."""
    return None, None


def admitted(*_: fmpq) -> bool:
    """Whatever the parameters are, there is such a function."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A row of the table: a function for each choice of its parameters.

    name: by which it is known everywhere: certificates, JSON, reports
    mapping: what it computes, of the parameters
    parameters: what they are called, in order
    admits, needs: whether there is a function of these parameters, and that in words
    bounds: numbers beyond which no value is, of the parameters
    symmetry: what reflects it, whatever the parameters
    onnx: the operators that compute it, those of one name from the oldest on
    torch: the class that computes it
    aliases: what other libraries call it where it has no parameters
    samples: parameters to try it with; some of those are dyadic
    """

    name: str
    mapping: Callable[..., Pieces | Curve]
    parameters: tuple[str, ...] = ()
    admits: Callable[..., bool] = admitted
    needs: str = ""
    bounds: Callable[..., Range] = unbounded
    symmetry: Symmetry | None = None
    onnx: tuple[Spelling, ...]
    torch: Module | None = None
    aliases: tuple[str, ...] = ()
    samples: tuple[tuple[fmpq, ...], ...] = ((),)
