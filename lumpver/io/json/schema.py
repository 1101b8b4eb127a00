"""What the JSON text of a network consists of, and the strict way from text to that.

Whatever is decoded here is well-formed JSON of these types only, with no key twice.
Names of tensors and axes are as `names.spelled` has them: a leading ~ is doubled.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Final, Literal

import msgspec

from lumpver.errors import LumpverError, Malformed, Unreadable
from lumpver.model.join import Operator as JoinOperator  # noqa: TC001 msgspec reads it

LIMIT: Final = 2**24
_DEPTH: Final = 64
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET: Final = re.compile(rb"[][{}]")

Name = Annotated[str, msgspec.Meta(min_length=1)]
Size = Annotated[int, msgspec.Meta(ge=0, lt=LIMIT)]
Positive = Annotated[int, msgspec.Meta(ge=1, lt=LIMIT)]
Axis = Annotated[int, msgspec.Meta(ge=-_DEPTH, le=-1)]
Parameter = Annotated[int, msgspec.Meta(gt=-LIMIT, lt=LIMIT)]
Operator = Annotated[str, msgspec.Meta(pattern="^(Reshape|Flatten|Transpose|Squeeze|Unsqueeze)$")]
Dimension = Size | Name | None


class TensorType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Element type and shape, as in `Tensor`."""

    dtype: Name
    shape: list[Dimension] | None


class NamedTensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A graph input or output."""

    name: Name
    dtype: Name
    shape: list[Dimension] | None


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """One of several forms, told apart by the field `kind`."""


class Matrix(Kind, frozen=True, forbid_unknown_fields=True, tag="matrix"):
    """A matrix of `columns` columns, row by row."""

    columns: Size
    rows: list[list[str]]


class Diagonal(Kind, frozen=True, forbid_unknown_fields=True, tag="diagonal"):
    """A diagonal matrix."""

    entries: list[str]


class Kernel(Kind, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="kernel"):
    """As `linear.Kernel`: `columns` for each row, those of one unit side by side."""

    size: list[Positive]
    strides: list[Positive]
    dilations: list[Positive]
    before: list[Size]
    after: list[Size]
    columns: Size
    rows: list[list[str]]
    groups: Positive = 1
    spacing: list[Positive] = []


class Normalization(Kind, frozen=True, forbid_unknown_fields=True, tag="normalization"):
    """As `weights.Normalization`."""

    gamma: list[str]
    mean: list[str]
    variance: list[str]
    epsilon: str


Weights = Matrix | Kernel | Diagonal | Normalization


class AffineNode(Kind, frozen=True, forbid_unknown_fields=True, tag="affine"):
    """As `network.Linear`."""

    name: str
    input: Name
    output: Name
    axis: Axis
    weights: Weights | None
    bias: list[str] | None


class ActivationNode(
    Kind, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="activation"
):
    """As `network.Pointwise`: along an axis the parameters of each unit, one after another."""

    name: str
    input: Name
    output: Name
    operator: str
    parameters: list[str]
    axis: Axis | None = None


class RearrangeNode(Kind, frozen=True, forbid_unknown_fields=True, tag="rearrange"):
    """As `network.Rearrange`."""

    name: str
    input: Name
    output: Name
    operator: Operator
    parameters: list[Parameter] | None
    zero_copies: bool


class PickNode(Kind, frozen=True, forbid_unknown_fields=True, tag="pick"):
    """As `network.Pick`: for each of the axes its places."""

    name: str
    input: Name
    output: Name
    axes: list[Axis]
    places: list[list[Size]]


class JoinNode(Kind, frozen=True, forbid_unknown_fields=True, tag="join"):
    """As `network.Join`."""

    name: str
    operands: list[Name]
    output: Name
    operator: JoinOperator
    axis: Axis | None


class PoolWindow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """As `window.Window`; without dilations there are no gaps."""

    size: list[Positive]
    strides: list[Positive]
    before: list[Size]
    after: list[Size]
    dilations: list[Positive] = []
    spacing: list[Positive] = []


class PoolNode(Kind, frozen=True, forbid_unknown_fields=True, tag="pool"):
    """As `network.Pool`."""

    name: str
    input: Name
    output: Name
    operator: Literal["max", "mean", "sum"]
    axis: Axis
    window: PoolWindow | None
    counts_padding: bool


AnyNode = AffineNode | ActivationNode | PoolNode | RearrangeNode | PickNode | JoinNode


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The whole file."""

    format: Literal["lumpver-network"]
    version: Literal[1]
    inputs: list[NamedTensor]
    outputs: list[NamedTensor]
    nodes: list[AnyNode]
    tensors: dict[Name, TensorType]
    environment: str = ""


def decode(data: bytes, *, where: str) -> Document:
    """The document that `data` spells.

    Raises
    ------
    Unreadable
        If it is no JSON, or not in UTF-8.
    Malformed
        If it is nested more than 64 deep, or has a field of another type, one too many,
        one missing, or one twice.

    Examples
    --------
    >>> decode(b'{"format": "lumpver-network", "format": 1}', where="model.json")
    Traceback (most recent call last):
        ...
    lumpver.errors.Malformed: model.json $.format: expected `str`, got `int`
    """
    shallow(data, where=where)
    try:
        document = msgspec.json.decode(data, type=Document)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), where) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(where, expected="JSON", got=str(error)) from error
    unique(data, where=where)
    return document


def _invalid(message: str, where: str) -> Malformed:
    """A type error of msgspec's, in fields: `Expected A, got B - at $.place`."""
    words, _, path = message.partition(" - at ")
    place = f"{where} {path.strip('`')}".rstrip()
    expected, comma, got = words.removeprefix("Expected ").partition(", got ")
    if comma:
        return Malformed(place, expected=expected, got=got)
    return Malformed(place, expected="the fields and values of version 1", got=words[:80])


def shallow(data: bytes, *, where: str) -> None:
    """Does nothing if brackets outside strings are at most 64 deep.

    Raises
    ------
    Malformed
        Otherwise, before any parser has seen `data`.

    Examples
    --------
    >>> shallow(b'["[[[", {}]', where="text")
    """
    depth = 0
    for match in _BRACKET.finditer(_STRING.sub(b"", data)):
        depth += 1 if match[0] in b"[{" else -1
        if depth > _DEPTH:
            raise Malformed(where, expected=f"at most {_DEPTH} levels", got="deeper nesting")


def unique(data: bytes, *, where: str) -> None:
    """Does nothing if no object in the JSON text `data` has a key twice.

    Raises
    ------
    Malformed
        Otherwise, naming the key.
    Unreadable
        If `data` is no JSON.

    Examples
    --------
    >>> unique(b'{"a": 1, "b": 0, "a": 2}', where="text")
    Traceback (most recent call last):
        ...
    lumpver.errors.Malformed: text: expected each key once, got 'a' twice
    """

    def once(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Malformed(where, expected="each key once", got=f"{key!r:.60} twice")
            seen.add(key)

    try:
        json.loads(data.decode(), object_pairs_hook=once, parse_int=str, parse_float=str)
    except LumpverError:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable(where, expected="JSON", got=str(error)) from error
