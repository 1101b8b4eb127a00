"""What a VNN-LIB file asserts, as a formula over bounds on the inputs; version 2.

A query declares the interface of one network, tensors by name with type and shape, then asserts
things of their elements. The X_i of the formula are the elements of the network's inputs in
row-major order, one input after the other.

tensor: a declared name; its elements are X_`start`, X_`start + 1`, ... if it is an input
matched: each declared input is one of the network's, by its ONNX name or else by its place
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed
from lumpver.io.vnnlib.assertions import Assertions
from lumpver.io.vnnlib.formulas import every
from lumpver.io.vnnlib.terms import Dialect, Reader, refused
from lumpver.io.vnnlib.words import Expression, List, Word, expressions, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SECOND: Final = re.compile(r"(?:[ \t\r\n]|;[^\r\n]*)*\(\s*(?:vnnlib-version|declare-network)\b")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_ELEMENT: Final = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\[([0-9,]*)\]", re.ASCII)
_PLACE: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_VERSION: Final = "<2.0>"
_MOST_ELEMENTS: Final = 10_000_000
_PARTS: Final = ("declare-input", "declare-hidden", "declare-output")
REAL: Final = frozenset({"real", "Real"})
_TYPES: Final = frozenset(
    [
        "float16",
        "float32",
        "float64",
        "bfloat16",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
    ]
)


@dataclass(frozen=True, slots=True)
class Declared:
    """A tensor of a network's interface; `onnx` is its name in the model, if that is given."""

    kind: str
    name: str
    dtype: str
    shape: tuple[int, ...]
    onnx: str | None
    line: int

    @property
    def size(self) -> int:
        """How many elements it has."""
        return prod(self.shape)

    def element(self, place: int) -> str:
        """The name of an element, by its place in row-major order."""
        indices: list[int] = []
        for length in reversed(self.shape):
            place, index = divmod(place, length)
            indices.append(index)
        return f"{self.name}[{','.join(map(str, reversed(indices)))}]" if self.shape else self.name


def is_query(text: str) -> bool:
    """Whether a text begins as files of version 2 do."""
    return _SECOND.match(text) is not None


def as_declared(inputs: Sequence[Declared], outputs: Sequence[Declared]) -> Sequence[Declared]:
    """The inputs in their own order, of whatever network."""
    del outputs
    return inputs


def read_query(
    text: str,
    *,
    where: str,
    matched: Callable[[Sequence[Declared], Sequence[Declared]], Sequence[Declared]] = as_declared,
) -> Assertions:
    """What the text asserts of a network, whose inputs `matched` gives in the network's order.

    Raises
    ------
    Malformed
        If a word is not understood or not declared, an element is none of its tensor's, or an
        input is related to an output, naming the line; if there is not one network; or as
        `matched` raises it.

    Examples
    --------
    >>> said = read_query('''
    ... (vnnlib-version <2.0>)
    ... (declare-network f (declare-input X float32 [1, 2]) (declare-output Y float32 [1]))
    ... (assert (and (<= X[0, 1] 0.1) (>= Y[0] 3.0)))
    ... ''', where="f")
    >>> said.formula, said.spelled(1), said.left_out
    (Bound(index=1, low=None, high=1/10), 'X[0,1]', ((4, '(and (<= X[0,1] 0.1) (>= Y[0] 3.0))'),))
    """
    commands = [_command(found, where) for found in expressions(text, where=where, tensors=True)]
    declared, asserted = _parts(commands, where)
    by_kind = [[one for one in declared if one.kind == kind] for kind in _PARTS]
    order = matched(by_kind[0], by_kind[2])
    ends = [0, *accumulate(one.size for one in order)]
    starts = dict(zip((one.name for one in order), ends, strict=False))
    reader = Reader(where, _dialect({one.name: one for one in declared}, starts, where))
    formula = every([reader.asserted(command) for command in asserted])

    def spelled(index: int) -> str:
        place = bisect(ends, index) - 1
        return order[place].element(index - ends[place])

    sums, inside = tuple(reader.sums), bool(by_kind[1])
    return Assertions(formula, tuple(reader.left_out), reader.used, sums, spelled, inside)


def _command(found: Expression, where: str) -> List:
    """A command that is known and has as many parts as it must have."""
    if not isinstance(found, List) or not found.parts:
        raise refused(where, found, "a command in brackets")
    name = found.parts[0]
    if not (isinstance(name, Word) and name.kind == "symbol"):
        raise refused(where, name, "the name of a command")
    if name.text not in {"vnnlib-version", "declare-network", "assert"}:
        raise refused(where, name, "vnnlib-version, declare-network or assert")
    given = len(found.parts) - 1
    if given != 1 and name.text != "declare-network":
        raise refused(where, found, f"1 part behind {name.text}", str(given))
    return found


def _parts(commands: Sequence[List], where: str) -> tuple[list[Declared], Sequence[List]]:
    """The tensors of the one network, and the assertions, behind the version."""
    heads = [str(command.parts[0]) for command in commands]
    if heads[:1] != ["vnnlib-version"] or str(commands[0].parts[1]) != _VERSION:
        got = shown(commands[0]) if commands else "nothing"
        raise Malformed(where, expected=f"(vnnlib-version {_VERSION}) first", got=got)
    if heads[1:2] != ["declare-network"]:
        got = shown(commands[1]) if commands[1:] else "the end of the file"
        raise Malformed(where, expected="(declare-network ...) behind the version", got=got)
    for command, head in zip(commands[2:], heads[2:], strict=True):
        if head != "assert":
            expected = "assertions only, behind the declaration of one network"
            raise refused(where, command, expected, head)
    return _network(commands[1], where), commands[2:]


def _network(command: List, where: str) -> list[Declared]:
    """The tensors that a network is declared with: inputs, hidden ones, outputs."""
    if len(command.parts) < 2 or not _is_name(command.parts[1]):
        raise refused(where, command, "a name behind declare-network")
    found: list[Declared] = []
    names: set[str] = set()
    elements = 0
    for part in command.parts[2:]:
        one = _tensor(part, where)
        elements += one.size
        if found and _PARTS.index(one.kind) < _PARTS.index(found[-1].kind):
            raise refused(where, part, "inputs, then hidden tensors, then outputs")
        if one.name in names:
            raise refused(where, part, "each name declared once", f"{one.name} again")
        if elements > _MOST_ELEMENTS:
            raise refused(where, part, f"at most {_MOST_ELEMENTS} elements")
        names.add(one.name)
        found.append(one)
    kinds = {one.kind for one in found}
    for kind in (_PARTS[0], _PARTS[2]):
        if kind not in kinds:
            raise refused(where, command, f"a {kind} at least", "none")
    named = {one.onnx is None for one in found if one.kind != _PARTS[1]}
    if len(named) > 1:
        raise refused(where, command, "ONNX names for inputs and outputs alike, or for none")
    return found


def _tensor(found: Expression, where: str) -> Declared:
    """A tensor's declaration, as `(declare-input X float32 [1, 5] "x")`."""
    if not isinstance(found, List) or not found.parts or str(found.parts[0]) not in _PARTS:
        raise refused(where, found, "declare-input, declare-hidden or declare-output")
    kind, *parts = found.parts
    hidden = str(kind) == _PARTS[1]
    match parts:
        case [Word() as name, Word(kind="element") as typed, *rest] if len(rest) <= 1:
            onnx = rest[0] if rest else None
        case _:
            raise refused(where, found, f"a name, a type and a shape in brackets behind {kind}")
    if not _is_name(name):
        raise refused(where, name, "a name of letters, digits and _")
    if (onnx is None and hidden) or not (
        onnx is None or (isinstance(onnx, Word) and onnx.kind == "string")
    ):
        raise refused(where, found, "the name in the ONNX model in double quotes")
    dtype, shape = _typed(typed, where)
    text = None if onnx is None else str(onnx)[1:-1]
    return Declared(str(kind), name.text, dtype, shape, text, found.line)


def _typed(word: Word, where: str) -> tuple[str, tuple[int, ...]]:
    """The type and shape that a word such as `float32[1,5]` is."""
    dtype, places = _split(word, where)
    if dtype not in _TYPES | REAL:
        raise refused(where, word, f"one of the types {', '.join(sorted(_TYPES))}, real", dtype)
    if 0 in places:
        raise refused(where, word, "lengths above 0")
    return dtype, places


def _split(word: Word, where: str) -> tuple[str, tuple[int, ...]]:
    """The name and the numbers of an element."""
    found = _ELEMENT.fullmatch(word.text)
    cells = found[2].split(",") if found is not None and found[2] else []
    if found is None or not all(map(_PLACE.fullmatch, cells)):
        raise refused(where, word, "whole numbers below 10^9 in square brackets")
    return found[1], tuple(map(int, cells))


def _is_name(found: Expression) -> bool:
    return isinstance(found, Word) and found.fits(_NAME)


def _dialect(declared: dict[str, Declared], starts: dict[str, int], where: str) -> Dialect:
    """The words of version 2, and the elements of declared tensors."""

    def index(word: Word) -> int | None:
        name, places = _split(word, where) if word.kind == "element" else (word.text, ())
        tensor = declared.get(name)
        if tensor is None or word.kind == "string":
            return None
        if len(places) != len(tensor.shape):
            expected = f"{len(tensor.shape)} indices, as {name} was declared"
            raise refused(where, word, expected)
        place = 0
        for at, length in zip(places, tensor.shape, strict=True):
            if at >= length:
                raise refused(where, word, f"indices below {list(tensor.shape)}")
            place = place * length + at
        return starts[name] + place if name in starts else None

    def observed(word: Word) -> bool:
        index(word)
        name = word.text.partition("[")[0]
        return word.kind != "string" and name in declared and name not in starts

    return Dialect(
        frozenset({"and", "or"}),
        frozenset(),
        frozenset({"<=", ">=", "==", "=", "!=", "<", ">"}),
        frozenset("+-*"),
        binary=True,
        index=index,
        observed=observed,
    )
