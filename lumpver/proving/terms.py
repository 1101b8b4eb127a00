"""What the terms of a VNN-LIB file say of the inputs, as formulas.

Every word is understood, or refused with its line. Only `<=`, `>=` and `=` between one X_i
and numbers are read, and `and`, `or` around them; what is said of outputs is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed
from lumpver.exact.scalar import decimal
from lumpver.proving.formulas import (
    FALSE,
    LEFT_OUT,
    TRUE,
    Bound,
    Formula,
    LeftOut,
    every,
    some,
)
from lumpver.proving.words import Expression, List, Word, names, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flint import fmpq

INPUT: Final = re.compile(r"X_(0|[1-9][0-9]{0,8})", re.ASCII)
OUTPUT: Final = re.compile(r"Y_(0|[1-9][0-9]{0,8})", re.ASCII)
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?0*[0-9]{1,3})?", re.ASCII
)
_LIKE_NUMBER: Final = re.compile(r"[+-]?\.?[0-9]", re.ASCII)
_DIGITS: Final = 4000
_CONSTANTS: Final[Mapping[str, Formula]] = {"true": TRUE, "false": FALSE}
_ARITHMETIC: Final = frozenset("+-*/")
_MIRRORED: Final = {"<=": ">=", ">=": "<=", "=": "="}
_RELATIONS: Final[Mapping[str, Callable[[fmpq, fmpq], bool]]] = {
    "<=": le,
    ">=": ge,
    "=": eq,
    "<": lt,
    ">": gt,
}


def refused(where: str, at: Expression, expected: str, got: str | None = None) -> Malformed:
    """The error about an expression, with its line."""
    place = f"{where} line {at.line}"
    return Malformed(place, expected=expected, got=shown(at) if got is None else got)


@dataclass(frozen=True, slots=True)
class Reader:
    """Terms to formulas; `used` is where each X_i is first asserted.

    `declared` are the X_i that may be used; None is every one. A Y_i may be used undeclared,
    as known files do: it is left out anyway.
    """

    where: str
    declared: set[str] | None
    used: dict[int, int] = field(default_factory=dict)

    def formula(self, term: Expression) -> Formula:
        """What an asserted term says.

        Raises
        ------
        Malformed
            If it is anything but bounds on the X_i, `and`, `or`, and what is left out.
        """
        if isinstance(term, Word):
            if term.symbol and term.text in _CONSTANTS:
                return _CONSTANTS[term.text]
            raise refused(self.where, term, "something to assert")
        head = term.parts[0] if term.parts else term
        if isinstance(head, List):
            raise refused(self.where, head, "the name of a relation, not a list")
        rest = term.parts[1:]
        if not head.symbol or head.text not in {"and", "or", "not", *_RELATIONS}:
            raise refused(self.where, head, "and, or, not, <=, >= or =")
        if head.text in _RELATIONS:
            return self._relation(term, head.text, rest)
        parts = [self.formula(part) for part in rest]
        if head.text == "not":
            return self._negation(term, parts)
        return every(parts) if head.text == "and" else some(parts)

    def _negation(self, term: List, parts: list[Formula]) -> Formula:
        if len(parts) == 1 and isinstance(parts[0], LeftOut):
            return LEFT_OUT
        if parts in ([TRUE], [FALSE]):
            return FALSE if parts == [TRUE] else TRUE
        raise refused(self.where, term, "no negation of a bound: a box contains its edges")

    def _relation(self, term: List, name: str, rest: tuple[Expression, ...]) -> Formula:
        if len(rest) < 2:
            raise refused(self.where, term, f"two terms behind {name}")
        found = [text for part in rest for text in names(part)]
        if any(map(OUTPUT.fullmatch, found)):
            if any(map(INPUT.fullmatch, found)):
                raise refused(self.where, term, "a bound on an X_i")
            for part in rest:
                self._output_term(part)
            return LEFT_OUT
        sides = [self._side(part, term) for part in rest]
        return every([self._pair(term, name, *pair) for pair in pairwise(sides)])

    def _pair(self, term: List, name: str, left: int | fmpq, right: int | fmpq) -> Formula:
        if not isinstance(left, int):
            if not isinstance(right, int):
                return TRUE if _RELATIONS[name](left, right) else FALSE
            left, right, name = right, left, _MIRRORED.get(name, name)
        if isinstance(right, int):
            raise refused(self.where, term, "a bound on an X_i")
        if name not in _MIRRORED:
            raise refused(self.where, term, "<=, >= or =: a box contains its edges")
        return Bound(left, None if name == "<=" else right, None if name == ">=" else right)

    def _side(self, term: Expression, whole: List) -> int | fmpq:
        """The index of an X_i, or a number."""
        if isinstance(term, List):
            return self._number(term, whole)
        if not term.fits(INPUT):
            return self._literal(term)
        self._known(term)
        index = int(term.text[2:])
        self.used.setdefault(index, term.line)
        return index

    def _number(self, term: List, whole: List) -> fmpq:
        """The value of `(- 1.5)` or `(/ 1 3)`, where both may be negative."""
        match term.parts:
            case (Word("-", kind="symbol" | "quoted"), Word() as word):
                return -self._literal(word)
            case (Word("-", kind="symbol" | "quoted"), List() as inner):
                return -self._number(inner, whole)
            case (Word("/", kind="symbol" | "quoted"), top, bottom):
                divisor = self._signed(bottom, whole)
                if divisor == 0:
                    raise refused(self.where, term, "a divisor other than 0")
                return self._signed(top, whole) / divisor
            case _:
                raise refused(self.where, whole, "a bound on an X_i")

    def _signed(self, term: Expression, whole: List) -> fmpq:
        if isinstance(term, Word):
            return self._literal(term)
        match term.parts:
            case (Word("-", kind="symbol" | "quoted"), Word() as word):
                return -self._literal(word)
            case _:
                raise refused(self.where, whole, "a quotient of two numbers")

    def _literal(self, word: Word) -> fmpq:
        if word.kind == "symbol" and _NUMBER.fullmatch(word.text) and len(word.text) <= _DIGITS:
            return decimal(word.text)
        if word.kind == "symbol" and _LIKE_NUMBER.match(word.text):
            expected = f"a number of at most {_DIGITS} digits, its power of ten below 1000"
            raise refused(self.where, word, expected)
        self._known(word)
        raise refused(self.where, word, "a number")

    def _known(self, word: Word) -> None:
        """Refuses what is no Y_i and no X_i that may be used."""
        known = word.fits(INPUT) and (self.declared is None or word.text in self.declared)
        if known or word.fits(OUTPUT):
            return
        raise Malformed(
            f"{self.where} line {word.line}",
            expected="a number or a declared name",
            got=shown(word),
            said=f"{self.where} line {word.line}: {shown(word)} is not declared",
        )

    def _output_term(self, term: Expression) -> None:
        """Refuses what is no arithmetic on outputs and numbers."""
        if isinstance(term, Word):
            if term.fits(OUTPUT):
                self._known(term)
            else:
                self._literal(term)
            return
        head = term.parts[0] if term.parts else term
        if not (isinstance(head, Word) and head.symbol and head.text in _ARITHMETIC):
            raise refused(self.where, head, "+, -, * or /")
        if len(term.parts) < 2:
            raise refused(self.where, term, f"terms behind {head.text}")
        for part in term.parts[1:]:
            self._output_term(part)
