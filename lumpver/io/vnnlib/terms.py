"""What the terms of a VNN-LIB file say of the inputs, as formulas.

Every word is understood, or refused with its line. Linear relations between inputs and numbers
are read, and `and`, `or` around them; what is said of outputs is left out.

form: a linear combination of inputs, by their index, and a constant
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from operator import eq, ge, gt, le, lt, ne
from typing import TYPE_CHECKING, Final, NamedTuple

from lumpver.errors import Malformed
from lumpver.exact.scalar import ONE, ZERO, decimal
from lumpver.io.vnnlib.dialects import Dialect, refused
from lumpver.io.vnnlib.formulas import (
    FALSE,
    LEFT_OUT,
    TRUE,
    Bound,
    Formula,
    LeftOut,
    Sum,
    every,
    some,
)
from lumpver.io.vnnlib.words import Expression, List, Word, shown, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flint import fmpq

_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?0*[0-9]{1,3})?", re.ASCII
)
_LIKE_NUMBER: Final = re.compile(r"[+-]?\.?[0-9]", re.ASCII)
_DIGITS: Final = 4000
_BITS: Final = 2**17
_CONSTANTS: Final[Mapping[str, Formula]] = {"true": TRUE, "false": FALSE}
_MIRRORED: Final = {"<=": ">=", ">=": "<=", "=": "=", "==": "=="}
_RELATIONS: Final[Mapping[str, Callable[[fmpq, fmpq], bool]]] = {
    "<=": le,
    ">=": ge,
    "=": eq,
    "==": eq,
    "!=": ne,
    "<": lt,
    ">": gt,
}


class Form(NamedTuple):
    """A sum of multiples of inputs, none of them 0 times, and a constant."""

    terms: dict[int, fmpq]
    constant: fmpq


@dataclass(frozen=True, slots=True)
class Reader:
    """Terms to formulas, and what was met on the way.

    `used` is where each input is first asserted, `sums` are the half-spaces, `left_out` the
    assertions that speak of outputs, by line.
    """

    where: str
    dialect: Dialect
    used: dict[int, int] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)
    left_out: list[tuple[int, str]] = field(default_factory=list)

    def asserted(self, command: List) -> Formula:
        """What a command `(assert TERM)` says.

        Raises
        ------
        Malformed
            As for `formula`.
        """
        term = command.parts[1]
        found = self.formula(term)
        if found != FALSE and self._observes(term):
            self.left_out.append((command.line, shown(term)))
        return found

    def formula(self, term: Expression) -> Formula:
        """What an asserted term says.

        Raises
        ------
        Malformed
            If it is anything but linear relations between inputs, `and`, `or`, and what is
            left out.
        """
        known = self.dialect
        if isinstance(term, Word):
            if term.symbol and term.text in known.constants:
                return _CONSTANTS[term.text]
            raise refused(self.where, term, "something to assert")
        name, rest = self.head(term), term.parts[1:]
        if name in known.relations:
            return self._relation(term, name, rest)
        parts = [self.formula(part) for part in rest]
        if name == "not":
            return self._negation(term, parts)
        return every(parts) if name == "and" else some(parts)

    def head(self, term: List) -> str:
        """The relation or connective of a term.

        Raises
        ------
        Malformed
            If it is none, or has fewer parts than it must.
        """
        known = self.dialect
        head = term.parts[0] if term.parts else term
        if isinstance(head, List):
            raise refused(self.where, head, "the name of a relation, not a list")
        if not head.symbol or head.text not in known.connectives | known.relations:
            raise refused(self.where, head, known.heads)
        rest = len(term.parts) - 1
        if head.text in known.relations:
            if rest < 2 or (rest > 2 and known.binary):
                raise refused(self.where, term, f"two terms behind {head.text}")
        elif known.binary and not rest:
            raise refused(self.where, term, f"terms behind {head.text}")
        return head.text

    def difference(self, term: List) -> Form:
        """What the first of a relation's two terms is more than the second.

        Raises
        ------
        Malformed
            If they are no linear combinations.
        """
        left, right = (self.form(part) for part in term.parts[1:])
        return self._added(term, [left, _times(right, -ONE)])

    def _observes(self, term: Expression) -> bool:
        """Whether a term speaks of outputs."""
        return any(map(self.dialect.observed, words(term)))

    def _negation(self, term: List, parts: list[Formula]) -> Formula:
        if len(parts) == 1 and isinstance(parts[0], LeftOut):
            return LEFT_OUT
        if parts in ([TRUE], [FALSE]):
            return FALSE if parts == [TRUE] else TRUE
        raise refused(self.where, term, "no negation of a bound: a box contains its edges")

    def _relation(self, term: List, name: str, rest: tuple[Expression, ...]) -> Formula:
        if any(map(self._observes, rest)):
            if any(self.dialect.index(word) is not None for part in rest for word in words(part)):
                raise refused(self.where, term, "a bound on an X_i")
            for part in rest:
                self._output_term(part)
            return LEFT_OUT
        sides = [self.form(part) for part in rest]
        return every([self._pair(term, name, *pair) for pair in pairwise(sides)])

    def _pair(self, term: List, name: str, left: Form, right: Form) -> Formula:
        form = self._added(term, [left, _times(right, -ONE)])
        if not form.terms:
            return TRUE if _RELATIONS[name](form.constant, ZERO) else FALSE
        if name not in _MIRRORED:
            raise refused(self.where, term, "<=, >= or =: a box contains its edges")
        if len(form.terms) == 1:
            ((index, factor),) = form.terms.items()
            name = name if factor > 0 else _MIRRORED[name]
            return Bound(index, *self._ends(name, -form.constant / factor))
        ends = self._ends(name, -form.constant)
        found = Sum(tuple(sorted(form.terms.items())), *ends, term.line, shown(term))
        self.sums.append(found)
        return found

    @staticmethod
    def _ends(name: str, value: fmpq) -> tuple[fmpq | None, fmpq | None]:
        """The bounds of what is in that relation to the value."""
        return None if name == "<=" else value, None if name == ">=" else value

    def form(self, term: Expression) -> Form:
        """A linear combination of inputs.

        Raises
        ------
        Malformed
            If it is none.
        """
        if isinstance(term, List):
            return self._combination(term)
        index = self.dialect.index(term)
        if index is None:
            return Form({}, self._literal(term))
        self.used.setdefault(index, term.line)
        return Form({index: ONE}, ZERO)

    def _combination(self, term: List) -> Form:
        head = self._operator(term)
        parts = [self.form(part) for part in term.parts[1:]]
        match head, parts:
            case "-", [one]:
                return _times(one, -ONE)
            case "-", [first, *rest]:
                return self._added(term, [first, *(_times(part, -ONE) for part in rest)])
            case "+", _:
                return self._added(term, parts)
            case "*", _:
                return self._product(term, parts)
            case _, [top, bottom] if not bottom.terms:
                if bottom.constant == 0:
                    raise refused(self.where, term, "a divisor other than 0")
                return self._scaled(term, top, 1 / bottom.constant)
            case _:
                raise refused(self.where, term, "a quotient of two terms, the second a number")

    def _operator(self, term: List) -> str:
        head = term.parts[0] if term.parts else term
        if not (isinstance(head, Word) and head.symbol and head.text in self.dialect.arithmetic):
            raise refused(self.where, head, ", ".join(sorted(self.dialect.arithmetic)))
        if len(term.parts) < 2:
            raise refused(self.where, term, f"terms behind {head.text}")
        return head.text

    def _added(self, term: List, parts: list[Form]) -> Form:
        terms: dict[int, fmpq] = {}
        constant = ZERO
        for part in parts:
            constant = self._short(term, constant + part.constant)
            for index, factor in part.terms.items():
                terms[index] = self._short(term, terms.get(index, ZERO) + factor)
        return Form({index: factor for index, factor in terms.items() if factor != 0}, constant)

    def _product(self, term: List, parts: list[Form]) -> Form:
        found = Form({}, ONE)
        for part in parts:
            one, other = (found, part) if part.terms else (part, found)
            if one.terms:
                raise refused(self.where, term, "at most one factor with inputs in it")
            found = self._scaled(term, other, one.constant)
        return found

    def _scaled(self, term: List, form: Form, factor: fmpq) -> Form:
        found = _times(form, factor)
        for value in (found.constant, *found.terms.values()):
            self._short(term, value)
        return found

    def _short(self, term: List, value: fmpq) -> fmpq:
        """The number, which is no longer than a box can need."""
        if value.p.bit_length() + value.q.bit_length() > _BITS:
            raise refused(self.where, term, f"numbers of at most {_BITS} bits")
        return value

    def _literal(self, word: Word) -> fmpq:
        if word.kind == "symbol" and _NUMBER.fullmatch(word.text) and len(word.text) <= _DIGITS:
            return decimal(word.text)
        if word.kind == "symbol" and _LIKE_NUMBER.match(word.text):
            expected = f"a number of at most {_DIGITS} digits, its power of ten below 1000"
            raise refused(self.where, word, expected)
        if self.dialect.index(word) is not None or self.dialect.observed(word):
            raise refused(self.where, word, "a number")
        raise Malformed(
            f"{self.where} line {word.line}",
            expected="a number or a declared name",
            got=shown(word),
            said=f"{self.where} line {word.line}: {shown(word)} is not declared",
        )

    def _output_term(self, term: Expression) -> None:
        """Refuses what is no arithmetic on outputs and numbers."""
        if isinstance(term, Word):
            if not self.dialect.observed(term):
                self._literal(term)
            return
        self._operator(term)
        for part in term.parts[1:]:
            self._output_term(part)


def _times(form: Form, factor: fmpq) -> Form:
    if factor == 0:
        return Form({}, ZERO)
    return Form({i: c * factor for i, c in form.terms.items()}, form.constant * factor)
