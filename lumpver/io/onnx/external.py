"""External data: tensor payloads in files beside the model.

What is hashed is what is parsed: every file is read once, into one buffer. Strict reading:
one location, plain decimal numbers, no payload in the model as well.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed, Unreadable
from lumpver.io.onnx import wire
from lumpver.io.onnx.detached import view
from lumpver.io.onnx.load import parse, tensors
from lumpver.io.onnx.tensors import payloads
from lumpver.io.reading import read_view

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

    from lumpver.io.onnx.detached import Payload

_EXTERNAL: Final = 1
_DECIMAL: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


def take_external(
    model: ModelProto, folder: Path | None, *, where: str
) -> tuple[dict[str, str], dict[str, Payload]]:
    """The digest of each file used, by location, and the large payloads of initializers.

    Of the model's tensors none is external afterwards; the others are put into it.

    Raises
    ------
    Unreadable
        If a file is missing, outside the model's folder, or too short.
    Malformed
        If a tensor says twice or wrongly where its payload is.
    """
    buffers: dict[str, memoryview] = {}
    detached: dict[str, Payload] = {}
    own = len(model.graph.initializer)
    for index, tensor in enumerate(tensors(model)):
        if tensor.data_location != _EXTERNAL:
            continue
        entries = _entries(tensor)
        location = entries["location"]
        if location not in buffers:
            buffers[location] = _read_beside(folder, location, where=where)
        buffer = buffers[location]
        start = int(entries.get("offset", "0"))
        length = int(entries.get("length", max(0, len(buffer) - start)))
        if start + length > len(buffer):
            raise Unreadable(
                f"{where}: external data {location!r}",
                expected=f"at least {start + length} bytes",
                got=str(len(buffer)),
            )
        if index < own and length >= wire.LARGE and tensor.name not in detached:
            detached[tensor.name] = view(buffer, start, length)
        else:
            tensor.raw_data = bytes(buffer[start : start + length])
        tensor.ClearField("data_location")
        del tensor.external_data[:]
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(buffers.items())}
    return digests, detached


def locations(data: bytes) -> tuple[str, ...]:
    """The external files that a model names, in its own words; none if it cannot be read."""
    try:
        found = [tensor.external_data for tensor in tensors(parse(data, where="model"))]
    except Unreadable:
        return ()
    named = (item.value for entries in found for item in entries if item.key == "location")
    return tuple(sorted({name for name in named if isinstance(name, str)}))


def _entries(tensor: TensorProto) -> dict[str, str]:
    """Where the payload is, each thing said once; numbers in plain decimal."""
    place = f"tensor {tensor.name}"
    entries = {item.key: item.value for item in tensor.external_data}
    if len(entries) != len(tensor.external_data) or not entries.get("location"):
        raise Malformed(place, expected="one location of external data", got=str(entries)[:80])
    for key in {"offset", "length"} & entries.keys():
        if _DECIMAL.fullmatch(entries[key]) is None:
            raise Malformed(place, expected=f"a decimal {key}", got=entries[key][:80])
    if inside := payloads(tensor):
        raise Malformed(place, expected="one payload", got=f"external data and {inside[0]}")
    return entries


def _read_beside(folder: Path | None, location: str, *, where: str) -> memoryview:
    place = f"{where}: external data {location!r}"
    if folder is None:
        raise Unreadable(place, expected="a model without external data", got="no folder")
    try:
        root = Path(os.path.realpath(folder))
        path = Path(os.path.realpath(root / location))
        if root not in path.parents:
            raise Unreadable(place, expected="a file inside the model's folder", got="one outside")
        return read_view(path, where=place)
    except OSError as error:
        got = error.strerror or type(error).__name__
        raise Unreadable(place, expected="a readable file", got=got) from error
    except ValueError as error:  # a zero byte in the name
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(place, expected="the name of a file", got=str(error)) from error
