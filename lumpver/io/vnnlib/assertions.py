"""What a VNN-LIB file asserts, as a formula over bounds on the inputs X_i; version 1.

Every word is understood, or refused with its line. What is said of the outputs Y_i is
checked for its form and then left out, as if it held: so the formula allows too much,
never too little.

bound: least and largest value of one X_i, None where there is no bound
left out: an assertion, or a part of one, that speaks of outputs
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lumpver.io.vnnlib.dialects import Dialect, refused
from lumpver.io.vnnlib.formulas import Formula, every
from lumpver.io.vnnlib.terms import Reader
from lumpver.io.vnnlib.words import Expression, List, Word, expressions, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumpver.io.vnnlib.formulas import Sum

INPUT: Final = re.compile(r"X_(0|[1-9][0-9]{0,8})", re.ASCII)
OUTPUT: Final = re.compile(r"Y_(0|[1-9][0-9]{0,8})", re.ASCII)
_HARMLESS: Final = {"set-logic": 1, "set-info": 2, "check-sat": 0, "get-model": 0, "exit": 0}


def numbered(index: int) -> str:
    """The name of an input in version 1."""
    return f"X_{index}"


@dataclass(frozen=True, slots=True)
class Assertions:
    """A file's formula, and the assertions that speak of outputs, by line.

    `inputs` gives the line where each X_i is first asserted, or else declared; `sums` are the
    half-spaces that the formula has, `spelled` is how the file calls an X_i, and `inside`
    whether it speaks of tensors between inputs and outputs.
    """

    formula: Formula
    left_out: tuple[tuple[int, str], ...]
    inputs: Mapping[int, int]
    sums: tuple[Sum, ...] = ()
    spelled: Callable[[int], str] = field(default=numbered, compare=False, repr=False)
    inside: bool = False


def read_assertions(text: str, *, where: str) -> Assertions:
    """What the text asserts.

    A file that declares nothing may use every X_i; one that declares something may use the
    X_i among it and no more. A Y_i may be used undeclared, as known files do: it is left out
    anyway.

    Raises
    ------
    Malformed
        If a word is not understood or not declared, or an X_i is related to anything but
        numbers and other X_i, naming word and line.

    Examples
    --------
    >>> read_assertions("(assert (or false (<= |X_0| 0.1)))", where="f").formula
    Bound(index=0, low=None, high=1/10)
    >>> read_assertions("(assert (<= x_0 1))", where="f")
    Traceback (most recent call last):
        ...
    lumpver.errors.Malformed: f line 1: x_0 is not declared
    """
    commands = [_command(found, where) for found in expressions(text, where=where)]
    declared = _declared(commands, where)
    reader = Reader(where, _dialect(set(declared)))
    parts: list[Formula] = []
    over = ""
    for command in commands:
        name = str(command.parts[0])
        if over == "exit" or (over and name not in _HARMLESS):
            raise refused(where, command, f"no assertion behind {over}", shown(command))
        if name == "assert":
            parts.append(reader.asserted(command))
        elif name in {"check-sat", "exit"}:
            over = name
    inputs = {int(name[2:]): line for name, line in declared.items() if name.startswith("X")}
    return Assertions(
        every(parts), tuple(reader.left_out), inputs | reader.used, tuple(reader.sums)
    )


def _dialect(declared: set[str]) -> Dialect:
    """The words of SMT-LIB, and the names that are declared, if any is."""

    def index(word: Word) -> int | None:
        known = word.fits(INPUT) and (not declared or word.text in declared)
        return int(word.text[2:]) if known else None

    return Dialect(
        frozenset({"and", "or", "not"}),
        frozenset({"true", "false"}),
        frozenset({"<=", ">=", "=", "<", ">"}),
        frozenset("+-*/"),
        binary=False,
        index=index,
        observed=lambda word: word.fits(OUTPUT),
    )


def _command(found: Expression, where: str) -> List:
    """A command that is known and has as many parts as it must have."""
    if not isinstance(found, List) or not found.parts:
        raise refused(where, found, "a command in brackets")
    name = found.parts[0]
    if isinstance(name, List):
        raise refused(where, name, "the name of a command, not a list")
    sizes = {"assert": 1, "declare-const": 2, "declare-fun": 3} | _HARMLESS
    if name.kind != "symbol" or name.text not in sizes:
        raise refused(where, name, "one of the commands " + ", ".join(sizes))
    given, most = len(found.parts) - 1, sizes[name.text]
    if given != most and not (name.text == "set-info" and given == 1):
        raise refused(where, found, f"{most} parts behind {name.text}", str(given))
    if name.text == "declare-fun" and getattr(found.parts[2], "parts", None) != ():
        raise refused(where, found.parts[2], "a name without arguments, ()")
    return found


def _declared(commands: list[List], where: str) -> dict[str, int]:
    """The names that are declared, with their lines."""
    found: dict[str, int] = {}
    for command in commands:
        if str(command.parts[0]) not in {"declare-const", "declare-fun"}:
            continue
        name, sort = command.parts[1], command.parts[-1]
        if not (isinstance(name, Word) and (name.fits(INPUT) or name.fits(OUTPUT))):
            raise refused(where, name, "a name X_0, X_1, ... or Y_0, Y_1, ...")
        if not (isinstance(sort, Word) and sort.symbol and sort.text == "Real"):
            raise refused(where, sort, f"{name.text} to be Real, which is all that is read")
        if name.text in found:
            raise refused(where, name, "each name declared once", f"{name.text} again")
        found[name.text] = name.line
    return found
