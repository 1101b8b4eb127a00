"""What a VNN-LIB 1 file asks, outputs included: exactly, as a disjunction of linear rows.

Words are read by `vnnlib_oracle`; nothing of the package is used.

row: factors of names, `X_i` or `Y_j`, whose sum is at most a limit
disjunct: rows that hold together; a property is what its disjuncts together allow
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Final

from vnnlib_oracle import number, tokens, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MOST_DISJUNCTS: Final = 10_000
FREE: Final = (None, None)

Range = tuple[Fraction | None, Fraction | None]


class NotLinear(ValueError):
    """A file that asks for something else than linear rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """The sum of factors times names is at most the limit."""

    factors: tuple[tuple[str, Fraction], ...]
    limit: Fraction

    @property
    def of_outputs(self) -> bool:
        """Whether some output is in it."""
        return any(name.startswith("Y") for name, _ in self.factors)

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """Whether it holds, exactly."""
        return sum(factor * values[name] for name, factor in self.factors) <= self.limit


Disjunct = tuple[Row, ...]


def read_property(text: str) -> tuple[Disjunct, ...]:
    """The disjuncts of a file.

    Raises
    ------
    NotLinear
        If it asserts anything but `and` and `or` of `<=`, `>=` and `=` of linear terms.

    Examples
    --------
    >>> [[row]] = read_property("(assert (>= Y_0 Y_1))")
    >>> row.factors, row.limit
    ((('Y_0', Fraction(-1, 1)), ('Y_1', Fraction(1, 1))), Fraction(0, 1))
    """
    asserted = [c[1] for c in tree(tokens(text)) if c[0] == ("word", "assert")]
    return _every([_disjuncts(term) for term in asserted])


def ranges(disjunct: Disjunct, inputs: int) -> list[Range]:
    """The box that a disjunct's rows about single inputs make."""
    found: list[Range] = [FREE] * inputs
    for row in disjunct:
        if len(row.factors) != 1 or row.of_outputs:
            continue
        [(name, factor)] = row.factors
        (low, high), bound = found[int(name[2:])], row.limit / factor
        if factor > 0:
            high = bound if high is None else min(high, bound)
        else:
            low = bound if low is None else max(low, bound)
        found[int(name[2:])] = (low, high)
    return found


def clipped(point: Sequence[Fraction], box: Sequence[Range]) -> tuple[Fraction, ...]:
    """The nearest point of the box."""
    found = []
    for value, (low, high) in zip(point, box, strict=True):
        above = value if low is None else max(value, low)
        found.append(above if high is None else min(above, high))
    return tuple(found)


def allows(disjunct: Disjunct, x: Sequence[Fraction], y: Sequence[Fraction]) -> bool:
    """Whether all rows hold of inputs and outputs, exactly."""
    values = {f"X_{i}": value for i, value in enumerate(x)}
    values |= {f"Y_{j}": value for j, value in enumerate(y)}
    return all(row.holds(values) for row in disjunct)


def _every(parts: Sequence[tuple[Disjunct, ...]]) -> tuple[Disjunct, ...]:
    """The disjuncts of a conjunction."""
    count = reduce(int.__mul__, map(len, parts), 1)
    if count > MOST_DISJUNCTS:
        raise NotLinear(f"{count} disjuncts")
    return tuple(tuple(r for rows in chosen for r in rows) for chosen in product(*parts))


def _disjuncts(term: Any) -> tuple[Disjunct, ...]:
    """The disjuncts of one assertion."""
    if not isinstance(term, list):
        if term[1] not in {"true", "false"}:
            raise NotLinear(f"word {term[1]}")
        return ((),) if term[1] == "true" else ()
    head, rest = term[0][1], term[1:]
    if head == "and":
        return _every([_disjuncts(part) for part in rest])
    if head == "or":
        return tuple(found for part in rest for found in _disjuncts(part))
    if head not in {"<=", ">=", "="} or len(rest) < 2:
        raise NotLinear(f"relation {head} of {len(rest)} terms")
    return (tuple(row for a, b in pairwise(rest) for row in _rows(head, a, b)),)


def _rows(head: str, a: Any, b: Any) -> Iterator[Row]:
    """The rows of a relation of two terms."""
    if head != ">=":
        yield _row(a, b)
    if head != "<=":
        yield _row(b, a)


def _row(low: Any, high: Any) -> Row:
    """`low <= high`."""
    factors = _sum(low)
    for name, factor in _sum(high).items():
        factors[name] = factors.get(name, Fraction(0)) - factor
    limit = -factors.pop("", Fraction(0))
    return Row(tuple((n, f) for n, f in sorted(factors.items()) if f), limit)


def _sum(term: Any) -> dict[str, Fraction]:
    """The factors of a linear term, its constant under the empty name."""
    if (constant := number(term)) is not None:
        return {"": constant}
    if not isinstance(term, list):
        if term[1][:2] not in {"X_", "Y_"} or not term[1][2:].isdigit():
            raise NotLinear(f"word {term[1]}")
        return {term[1]: Fraction(1)}
    head, parts = term[0][1], [_sum(part) for part in term[1:]]
    if head == "*" and len(parts) == 2:
        constants, others = sorted(parts, key=lambda part: set(part) != {""})
        if set(constants) == {""}:
            return {name: constants[""] * factor for name, factor in others.items()}
    if head not in {"+", "-"}:
        raise NotLinear(f"term {head}")
    found: dict[str, Fraction] = {}
    for at, part in enumerate(parts):
        sign = -1 if head == "-" and (at or len(parts) == 1) else 1
        for name, factor in part.items():
            found[name] = found.get(name, Fraction(0)) + sign * factor
    return found
