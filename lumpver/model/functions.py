"""What one row of the table of activations holds: a function, its facts, its spellings.

A function is given by its pieces, where it is linear between finitely many bends, and by
what is known of it otherwise. No function is named here.

line: slope y + constant
bend: where one line gives way to the next
curve: a function that is not piecewise linear; some of its values may be rational
stretch: an interval with its ends on which a curve is a line
spelling: an operator of a file format that computes the function, and where it has the
    parameters
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.laws import NO_LAW, Law

if TYPE_CHECKING:
    from collections.abc import Callable

    from flint import fmpq

    Range = tuple[fmpq | None, fmpq | None]


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


@dataclass(frozen=True, slots=True)
class Pieces:
    """A function that is linear between its bends, which rise.

    `lines` are in the order in which they hold, one more than there are bends. `at` are its
    values at the bends, None where the lines meet; empty where they meet everywhere.
    """

    lines: tuple[Line, ...]
    bends: tuple[fmpq, ...] = ()
    at: tuple[fmpq | None, ...] = ()

    def line(self, value: fmpq) -> Line:
        """The line that holds at `value`, the right one where two meet.

        Examples
        --------
        >>> Pieces((Line(-ONE), Line(ONE)), (ZERO,)).line(ZERO).slope
        1
        """
        place = bisect_right(self.bends, value)
        jump = self.at[place - 1] if self.at and place else None
        if jump is not None and self.bends[place - 1] == value:
            return Line(ZERO, jump)
        return self.lines[place]

    def between(self, low: fmpq | None, high: fmpq | None) -> tuple[Line, ...]:
        """The lines that hold from one number to another; None is beyond all.

        Examples
        --------
        >>> bent = Pieces((Line(ZERO), UNCHANGED), (ZERO,))
        >>> bent.between(ZERO, None) == (UNCHANGED,), len(bent.between(None, ONE))
        (True, 2)
        """
        first = 0 if low is None else bisect_right(self.bends, low)
        last = len(self.bends) if high is None else bisect_left(self.bends, high)
        found = self.lines[first : last + 1]
        if self.at:
            start = 0 if low is None else bisect_left(self.bends, low)
            end = len(self.bends) if high is None else bisect_right(self.bends, high)
            found += tuple(Line(ZERO, v) for v in self.at[start:end] if v is not None)
        return tuple(dict.fromkeys(found))

    def on(self, low: fmpq | None, high: fmpq | None) -> Line | None:
        """The one line that holds from one number to another, ends included, if one does."""
        found = self.between(low, high)
        return found[0] if len(found) == 1 else None

    def image(self, low: fmpq | None, high: fmpq | None) -> Range:
        """Numbers beyond which no value between `low` and `high` is, None where there are none.

        The nearest such numbers, where lines meet.
        """
        values: list[fmpq] = [self.line(end)(end) for end in (low, high) if end is not None]
        for i, bend in enumerate(self.bends):
            if (low is None or low <= bend) and (high is None or bend <= high):
                before = [self.lines[i](bend)] if low is None or low < bend else []
                after = [self.lines[i + 1](bend)] if high is None or bend < high else []
                values += [*before, *after, self.line(bend)(bend)]
        tails = [-self.lines[0].slope] if low is None else []
        tails += [self.lines[-1].slope] if high is None else []
        flat = self.lines[0].constant  # where there is no bend and no end
        least = None if any(tail < 0 for tail in tails) else min(values, default=flat)
        most = None if any(tail > 0 for tail in tails) else max(values, default=flat)
        return least, most

    @property
    def meets(self) -> bool:
        """Whether the function is continuous: its lines meet where it bends."""
        return not self.at

    @property
    def slope(self) -> fmpq | None:
        """The factor on negative arguments, where A(y) = y for y >= 0; else None."""
        first = self.lines[0]
        last = self.lines[-1]
        if (last is not UNCHANGED and last != UNCHANGED) or (self.bends and self.bends != (ZERO,)):
            return None
        return first.slope if first.constant == 0 and self.meets else None

    @property
    def lipschitz(self) -> fmpq | None:
        """The largest |slope|; None where the function jumps."""
        return max(abs(line.slope) for line in self.lines) if self.meets else None

    @property
    def increasing(self) -> bool:
        """Whether y < z always gives A(y) < A(z)."""
        return self.meets and all(line.slope > 0 for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A function that is not piecewise linear.

    `value` is A(y) where that is known to be rational, else None; `rational` says that it
    is everywhere. `formula` is A(y) over the elementary functions of a module, such as
    sympy; of rational ones with `Abs` alone. |A(y) - A(z)| <= `lipschitz` |y - z|, or None
    where no number will do. `stretches` are intervals, with the lines that hold there.
    """

    value: Callable[[fmpq], fmpq | None]
    formula: Callable[[Any, Any], Any]
    lipschitz: fmpq | None
    increasing: bool = False
    rational: bool = False
    stretches: tuple[tuple[Range, Line], ...] = ()

    def on(self, low: fmpq | None, high: fmpq | None) -> Line | None:
        """The line that holds from one number to another, ends included, if one is known.

        Examples
        --------
        >>> positive = ((ZERO, None), UNCHANGED)
        >>> soft = Curve(value=lambda _: None, formula=max, lipschitz=ONE, stretches=(positive,))
        >>> soft.on(ONE, None), soft.on(-ONE, None)
        (Line(slope=1, constant=0), None)
        """
        for (first, last), line in self.stretches:
            after = first is None or (low is not None and first <= low)
            if after and (last is None or (high is not None and high <= last)):
                return line
        return None


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

    `spread` ones may have axes, no more than the tensor has. A `limit` may be left out, which
    is that number: the infinite one, which stands for none.
    """

    name: str
    place: int
    limit: float | None = None
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """An attribute that has to be that text; a `default` may be left out."""

    name: str
    text: str
    default: bool = False


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
    word: Word | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One of several operators, and what it reads.

    0 is the argument, i what step i makes, and -i parameter i.
    """

    operator: str
    reads: tuple[int, ...]


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


def lawless(*_: fmpq) -> Law:
    """No law, whatever the parameters."""
    return NO_LAW


def apart(*_: fmpq) -> tuple[Step, ...]:
    """No operators that compute the function together."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A row of the table: a function for each choice of its parameters.

    name: by which it is known everywhere: certificates, JSON, reports
    mapping: what it computes, of the parameters
    parameters: what they are called, in order
    admits, needs: whether there is a function of these parameters, and that in words
    bounds: numbers beyond which no value is, of the parameters
    law: what it makes of multiples and reflections, of the parameters
    onnx: the operators that compute it, those of one name from the oldest on
    composed: operators that compute it together, of the parameters
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
    law: Callable[..., Law] = lawless
    onnx: tuple[Spelling, ...] = ()
    composed: Callable[..., tuple[Step, ...]] = apart
    torch: Module | None = None
    aliases: tuple[str, ...] = ()
    samples: tuple[tuple[fmpq, ...], ...] = ((),)
