"""Models in their bytes: as one file, or with large payloads in a file beside it.

payload: the bytes of an initializer that the ModelProto itself does not hold
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Unreadable
from lumpver.io.onnx.read import wire
from lumpver.io.onnx.read.external import EXTERNAL
from lumpver.io.pieces import Piece, Pieces, piece, spaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onnx import ModelProto

    from lumpver.io.onnx.write.emitted import Initializer

_STEP: Final = 64  # bytes that offsets of external data are multiples of
MOST: Final = 2**31 - 2**20  # protobuf reads less than 2 GiB


@dataclass(frozen=True, slots=True)
class Encoded:
    """A model to write; `payloads` go by the positions of initializers."""

    model: ModelProto
    payloads: dict[int, Piece] = field(default_factory=dict)

    def put(self, payload: Piece) -> None:
        """The payload of the last initializer, in the model itself if it is small."""
        index = len(self.model.graph.initializer) - 1
        if payload.size >= wire.LARGE:
            self.payloads[index] = payload
        else:
            self.model.graph.initializer[index].raw_data = bytes(payload.make())

    def add(self, new: Initializer) -> None:
        """One initializer more."""
        self.put(new.put_into(self.model.graph))

    @property
    def size(self) -> int:
        """Bytes of one file, but for what says how long parts are."""
        return sum(part.size for part in self.payloads.values()) + int(self.model.ByteSize())

    def as_one(self) -> Pieces:
        """What a file holds that has all of it.

        Raises
        ------
        Unreadable
            If that is too much for one file.
        """
        light = _serialized(self.model)
        if not self.payloads:
            return Pieces((piece(light),))
        sizes = {index: payload.size for index, payload in self.payloads.items()}
        if self.size > MOST:
            got = f"{self.size} bytes"
            raise Unreadable("model", expected="at most 2 GiB in one file", got=got)
        parts = filled(light, sizes)
        made = (self.payloads[p] if isinstance(p, int) else piece(p) for p in parts)
        return Pieces(tuple(made))

    def as_two(self, location: str) -> tuple[Pieces, Pieces]:
        """What the model's file holds, and what the file `location` beside it."""
        data, places = spaced(self.payloads.values(), _STEP)
        model = type(self.model)()
        model.CopyFrom(self.model)
        for (index, payload), place in zip(self.payloads.items(), places, strict=True):
            tensor = model.graph.initializer[index]
            tensor.data_location = EXTERNAL
            said = {"location": location, "offset": place, "length": payload.size}
            for key, value in said.items():
                tensor.external_data.add(key=key, value=str(value))
        return Pieces((piece(_serialized(model)),)), data


def filled(light: bytes, sizes: Mapping[int, int]) -> list[bytes | int]:
    """A model's bytes with payloads of these sizes in initializers that have none.

    The payloads go by the initializers' positions, which stand for them in the result.
    """
    (graph,) = [field for field in wire.fields(light, 0, len(light)) if field.number == wire.GRAPH]
    tensors = [
        f for f in wire.fields(light, graph.inside, graph.end) if f.number == wire.INITIALIZER
    ]
    parts, at = list[bytes | int](), graph.inside
    for index, size in sorted(sizes.items()):
        tensor = tensors[index]
        behind = (
            f.start
            for f in wire.fields(light, tensor.inside, tensor.end)
            if f.number > wire.PAYLOAD
        )
        place, before = next(behind, tensor.end), wire.head(wire.PAYLOAD, size)
        length = tensor.end - tensor.inside + len(before) + size
        first = (
            light[at : tensor.start]
            + wire.head(wire.INITIALIZER, length)
            + light[tensor.inside : place]
        )
        parts += [first + before, index, light[place : tensor.end]]
        at = tensor.end
    parts.append(light[at : graph.end])
    total = sum(sizes[part] if isinstance(part, int) else len(part) for part in parts)
    return [light[: graph.start] + wire.head(wire.GRAPH, total), *parts, light[graph.end :]]


def viewed(payload: Any) -> Piece:
    """The bytes of a numpy view."""
    return Piece(payload.nbytes, lambda: payload.data)


def _serialized(model: ModelProto) -> bytes:
    try:
        return bytes(model.SerializeToString())
    except Exception as error:
        raise Unreadable(
            "model", expected="at most 2 GiB in one file", got=str(error)[:60]
        ) from error
