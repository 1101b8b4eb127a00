"""Large payloads of initializers taken out of an encoded model.

Protobuf would copy each when it reads a model. What is left without them is an ordinary
encoded model, which protobuf reads as ever. Whatever is not encoded in the plainest way is
left as it is.

field: one member of a message: its number, how it is stored, and where
place: where a payload is, from its first byte to before the byte that follows
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    Place: TypeAlias = tuple[int, int]

LARGE: Final = 2**16
GRAPH: Final = 7
INITIALIZER: Final = 5
PAYLOAD: Final = 9
_BESIDE_A_PAYLOAD: Final = {1, 2, 8, 12, 16}  # dims, type, name, two for people
_VARINT, _LONG, _COUNTED, _SHORT = 0, 1, 2, 5
_MOST_DIGITS: Final = 5
_MOST: Final = 2**31


class _OddError(ValueError):
    """Not encoded in the plainest way: for protobuf to judge."""


@dataclass(frozen=True, slots=True)
class _Field:
    number: int
    kind: int
    start: int
    inside: int
    end: int


def varint(number: int) -> bytes:
    """A number as protobuf spells it.

    Examples
    --------
    >>> varint(300).hex()
    'ac02'
    """
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def head(number: int, length: int) -> bytes:
    """What comes before so many bytes that are the member `number` of a message."""
    return varint(number << 3 | _COUNTED) + varint(length)


def lifted(data: bytes) -> tuple[bytes, dict[int, Place]]:
    """A model's bytes without the large raw payloads of initializers, and where these are.

    The payloads go by the initializers' positions. Where nothing is taken out, the bytes
    are those given.

    Examples
    --------
    >>> lifted(b"no model")
    (b'no model', {})
    """
    if len(data) < LARGE:
        return data, {}
    try:
        graphs = [field for field in fields(data, 0, len(data)) if field.number == GRAPH]
        if len(graphs) != 1 or graphs[0].kind != _COUNTED:
            return data, {}
        return _without(data, graphs[0])
    except (_OddError, IndexError):
        return data, {}


def _without(data: bytes, graph: _Field) -> tuple[bytes, dict[int, Place]]:
    """The bytes with a graph that lacks its large payloads, and where these are."""
    tensors = [f for f in fields(data, graph.inside, graph.end) if f.number == INITIALIZER]
    places: dict[int, Place] = {}
    kept, at = list[bytes](), graph.inside
    for index, tensor in enumerate(tensors):
        payload = _payload(data, tensor)
        if payload is not None:
            places[index] = payload.inside, payload.end
            shorter = data[tensor.inside : payload.start] + data[payload.end : tensor.end]
            kept += [data[at : tensor.start], head(INITIALIZER, len(shorter)), shorter]
            at = tensor.end
    if not places:
        return data, {}
    light = b"".join([*kept, data[at : graph.end]])
    return data[: graph.start] + head(GRAPH, len(light)) + light + data[graph.end :], places


def _payload(data: bytes, tensor: _Field) -> _Field | None:
    """The large raw payload of a tensor that has just that and says nothing twice of it."""
    if tensor.kind != _COUNTED:
        raise _OddError
    if tensor.end - tensor.inside < LARGE:
        return None
    parts = list(fields(data, tensor.inside, tensor.end))
    found = [field for field in parts if field.number == PAYLOAD]
    if len(found) != 1 or not {f.number for f in parts} <= {*_BESIDE_A_PAYLOAD, PAYLOAD}:
        return None
    (payload,) = found
    large = payload.kind == _COUNTED and payload.end - payload.inside >= LARGE
    return payload if large else None


def fields(data: bytes, start: int, stop: int) -> Iterator[_Field]:
    """The fields of the message in these bytes, which end with the last of them."""
    while start < stop:
        tag, at = _number(data, start)
        kind = tag & 7
        if kind == _COUNTED:
            length, at = _number(data, at)
            end = at + length
        elif kind == _VARINT:
            end = _behind(data, at)
        elif kind in (_LONG, _SHORT):
            end = at + (8 if kind == _LONG else 4)
        else:
            raise _OddError
        if end > stop or not tag >> 3:
            raise _OddError
        yield _Field(tag >> 3, kind, start, at, end)
        start = end


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A tag or length below 2 GiB in as few bytes as it needs, and where it ends."""
    number = shift = 0
    for _ in range(_MOST_DIGITS):
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            if number >= _MOST or (byte == 0 and shift > 7):
                raise _OddError
            return number, at
    raise _OddError


def _behind(data: bytes, at: int) -> int:
    """Where a number of at most 64 bits ends."""
    for end in range(at, at + 10):
        if data[end] < 128:
            return end + 1
    raise _OddError
