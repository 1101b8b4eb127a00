"""Payloads of large initializers, held once: as views of the bytes that were read.

Protobuf would copy them, and again each time they are asked for.

detached: the payloads, by initializer, that the ModelProto itself does not hold any more
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from onnx import ModelProto

    from lumpver.io.onnx.read.wire import Place

Payload: TypeAlias = "npt.NDArray[np.uint8]"


def view(data: bytes | memoryview, start: int, length: int) -> Payload:
    """Some of the bytes, not copied."""
    return np.frombuffer(data, np.uint8, length, start)


def detach(model: ModelProto, data: bytes, places: Mapping[int, Place]) -> dict[str, Payload]:
    """The payloads that `data` has at these places, by the names of their initializers.

    Of two initializers of one name the model keeps the second's itself.
    """
    found: dict[str, Payload] = {}
    for index, (start, end) in places.items():
        tensor = model.graph.initializer[index]
        payload = view(data, start, end - start)
        if found.setdefault(tensor.name, payload) is not payload:
            tensor.raw_data = payload.tobytes()
    return found
