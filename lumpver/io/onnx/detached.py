"""Payloads of large initializers, held once: as views of the bytes that were read.

Protobuf would copy them, and again each time they are asked for.

detached: the payloads, by initializer, that the ModelProto itself does not hold any more
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from lumpver.io.onnx.tensors import payloads

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from onnx import ModelProto, TensorProto

Payload: TypeAlias = "npt.NDArray[np.uint8]"

LARGE: Final = 2**16
_HEAD: Final = 64
_TRIES: Final = 16


def view(data: bytes | memoryview, start: int, length: int) -> Payload:
    """Some of the bytes, not copied."""
    return np.frombuffer(data, np.uint8, length, start)


def detach(model: ModelProto, data: bytes) -> tuple[ModelProto, dict[str, Payload]]:
    """A model without the large payloads that stand in `data` as they are, and these.

    They are looked for by what they hold, so that nothing depends on where they are found.
    """
    found: dict[str, Payload] = {}
    end = 0
    for tensor in model.graph.initializer:
        if tensor.name in found or payloads(tensor, besides="raw_data"):
            continue
        start, stop = _place(data, tensor, end)  # its copy of the payload is gone again
        if stop - start >= LARGE:
            end = stop
            found[tensor.name] = view(data, start, stop - start)
            tensor.ClearField("raw_data")
    if not found:
        return model, found
    light = type(model)()  # the other one keeps its memory as long as it lives
    light.CopyFrom(model)
    return light, found


def _place(data: bytes, tensor: TensorProto, start: int) -> tuple[int, int]:
    """Where the payload is in `data` from `start` on; nowhere, if small or not easily seen."""
    raw = tensor.raw_data
    head = raw[:_HEAD]
    for _ in range(_TRIES if len(raw) >= LARGE else 0):
        start = data.find(head, start)
        if start < 0:
            break
        if data.startswith(raw, start):
            return start, start + len(raw)
        start += 1
    return 0, 0


def attached(tensor: TensorProto, detached: Mapping[str, Payload]) -> TensorProto:
    """The tensor itself, its payload in it again."""
    payload = detached.get(tensor.name)
    if payload is not None and not tensor.raw_data:
        tensor.raw_data = payload.tobytes()
    return tensor


def whole(source: Any) -> ModelProto:
    """The model of a `Source`, all payloads in it."""
    model: ModelProto = source.model
    if not source.detached:
        return model
    made = type(model)()
    made.CopyFrom(model)
    for tensor in made.graph.initializer:
        attached(tensor, source.detached)
    return made
