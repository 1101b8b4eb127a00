"""How VNN-LIB 2 declares networks: tensors by name, with type and shape; and their elements.

tensor: a declared name; its elements are numbered in row-major order
relation: that a network is said to be equal to another, or isomorphic to it
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed
from lumpver.io.vnnlib.dialects import Dialect, refused
from lumpver.io.vnnlib.words import Expression, List, Word, expressions, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_ELEMENT: Final = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\[([0-9,]*)\]", re.ASCII)
_PLACE: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_VERSION: Final = "<2.0>"
_MOST_ELEMENTS: Final = 10_000_000
INPUT, HIDDEN, OUTPUT = KINDS = ("declare-input", "declare-hidden", "declare-output")
EQUAL, ISOMORPHIC = RELATIONS = ("equal-to", "isomorphic-to")
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


@dataclass(frozen=True, slots=True)
class Interface:
    """A declared network: its tensors in order, and the relation to another one, if any."""

    name: str
    tensors: tuple[Declared, ...]
    line: int
    relation: tuple[str, str] | None = None

    def of(self, kind: str) -> tuple[Declared, ...]:
        """The tensors of a kind: inputs, hidden ones or outputs."""
        return tuple(one for one in self.tensors if one.kind == kind)


def commands(text: str, where: str) -> tuple[list[Interface], list[List]]:
    """The networks that a text declares behind its version, and the assertions behind those.

    Raises
    ------
    Malformed
        If that is not what stands there, naming the line.
    """
    found = [_command(each, where) for each in expressions(text, where=where, tensors=True)]
    heads = [str(command.parts[0]) for command in found]
    if heads[:1] != ["vnnlib-version"] or str(found[0].parts[1]) != _VERSION:
        got = shown(found[0]) if found else "nothing"
        raise Malformed(where, expected=f"(vnnlib-version {_VERSION}) first", got=got)
    if heads[1:2] != ["declare-network"]:
        got = shown(found[1]) if found[1:] else "the end of the file"
        raise Malformed(where, expected="(declare-network ...) behind the version", got=got)
    count = next((i for i, head in enumerate(heads[1:]) if head != "declare-network"), len(heads))
    networks = [_network(command, where) for command in found[1 : count + 1]]
    for command, head in zip(found[count + 1 :], heads[count + 1 :], strict=True):
        if head != "assert":
            expected = "assertions only, behind the declarations of networks"
            raise refused(where, command, expected, head)
    return networks, found[count + 1 :]


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


def _network(command: List, where: str) -> Interface:
    """A network with its tensors: inputs, hidden ones, outputs."""
    match command.parts[1:]:
        case [Word() as name, *parts] if _is_name(name):
            pass
        case _:
            raise refused(where, command, "a name behind declare-network")
    relation = _relation(parts[0], where) if parts else None
    found: list[Declared] = []
    names: set[str] = set()
    elements = 0
    for part in parts[relation is not None :]:
        one = _tensor(part, where)
        elements += one.size
        if found and KINDS.index(one.kind) < KINDS.index(found[-1].kind):
            raise refused(where, part, "inputs, then hidden tensors, then outputs")
        if one.name in names:
            raise refused(where, part, "each name declared once", f"{one.name} again")
        if elements > _MOST_ELEMENTS:
            raise refused(where, part, f"at most {_MOST_ELEMENTS} elements")
        names.add(one.name)
        found.append(one)
    kinds = {one.kind for one in found}
    for kind in (INPUT, OUTPUT):
        if kind not in kinds:
            raise refused(where, command, f"a {kind} at least", "none")
    named = {one.onnx is None for one in found if one.kind != HIDDEN}
    if len(named) > 1:
        raise refused(where, command, "ONNX names for inputs and outputs alike, or for none")
    return Interface(name.text, tuple(found), command.line, relation)


def _relation(found: Expression, where: str) -> tuple[str, str] | None:
    """The relation to another network that stands here, if one does."""
    if not isinstance(found, List) or not found.parts or str(found.parts[0]) not in RELATIONS:
        return None
    match found.parts[1:]:
        case [Word() as name] if _is_name(name):
            return str(found.parts[0]), name.text
        case _:
            raise refused(where, found, f"the name of a network behind {found.parts[0]}")


def _tensor(found: Expression, where: str) -> Declared:
    """A tensor's declaration, as `(declare-input X float32 [1, 5] "x")`."""
    if not isinstance(found, List) or not found.parts or str(found.parts[0]) not in KINDS:
        raise refused(where, found, "declare-input, declare-hidden or declare-output")
    kind, *parts = found.parts
    hidden = str(kind) == HIDDEN
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


def dialect(declared: Mapping[str, Declared], starts: Mapping[str, int], where: str) -> Dialect:
    """The words of version 2, and the elements of declared tensors.

    Those that start somewhere are inputs, all others are observed.
    """

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
