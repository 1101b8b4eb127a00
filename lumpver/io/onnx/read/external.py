"""External data: tensor payloads in files beside the model.

What is hashed is what is parsed: every file is read once, into one buffer. Strict reading:
one location, plain decimal numbers, no payload in the model as well.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed, Unreadable
from lumpver.io.onnx.read import wire
from lumpver.io.onnx.read.detached import view
from lumpver.io.onnx.read.load import parse, tensors
from lumpver.io.onnx.read.tensors import payloads
from lumpver.io.reading import read_parts, read_view, said_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onnx import ModelProto, TensorProto

    from lumpver.io.onnx.read.detached import Payload

EXTERNAL: Final = 1
_DECIMAL: Final = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Beside:
    """Where external data is: in files of a folder, or for now at other places.

    `like` are payloads, by initializer, that are held already; what is the same is not held
    again.
    """

    folder: Path | None = None
    moved: Mapping[str, Path] = field(default_factory=dict)
    like: Mapping[str, Payload] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class External:
    """The digest of each file used, by location, what they hold in all, and large payloads."""

    digests: dict[str, str]
    size: int
    detached: dict[str, Payload]


def take_external(model: ModelProto, beside: Beside, *, where: str) -> External:
    """The external data of a model; the large payloads of initializers apart.

    Of the model's tensors none is external afterwards; the others are put into it.

    Raises
    ------
    Unreadable
        If a file is missing, outside the model's folder, or too short.
    Malformed
        If a tensor says twice or wrongly where its payload is.
    """
    wanted: dict[str, list[_Wanted]] = {}
    own = len(model.graph.initializer)
    for index, tensor in enumerate(tensors(model)):
        if tensor.data_location == EXTERNAL:
            entries = _entries(tensor)
            start = int(entries.get("offset", "0"))
            length = int(entries["length"]) if "length" in entries else None
            place = _Wanted(tensor, index < own, start, length)
            wanted.setdefault(entries["location"], []).append(place)
    detached: dict[str, Payload] = {}
    digests: dict[str, str] = {}
    total = 0
    for location, places in sorted(wanted.items()):
        said = f"{where}: external data {location!r}"
        path = _path(beside, location, said)
        digests[location], size, found = _payloads(path, places, beside.like, said)
        total += size
        for place, payload in zip(places, found, strict=True):
            place.give(payload, detached)
    return External(digests, total, detached)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A tensor, whether it is the graph's own, and where its payload is."""

    tensor: TensorProto
    own: bool
    start: int
    length: int | None

    def give(self, payload: memoryview, detached: dict[str, Payload]) -> None:
        """Keep the payload apart, or put it into the tensor; it is not external any more."""
        tensor = self.tensor
        if self.own and len(payload) >= wire.LARGE and tensor.name not in detached:
            detached[tensor.name] = view(payload, 0, len(payload))
        else:
            tensor.raw_data = bytes(payload)
        tensor.ClearField("data_location")
        del tensor.external_data[:]


def _payloads(
    path: Path, places: list[_Wanted], like: Mapping[str, Payload], where: str
) -> tuple[str, int, list[memoryview]]:
    """The digest of a file, its length, and what is at these places."""
    spans = [(p.start, p.start + p.length) for p in places if p.length is not None]
    apart = len(spans) == len(places) and all(a[1] <= b[0] for a, b in pairwise(spans))
    if like and apart and path.exists() and spans[-1][1] <= path.stat().st_size:
        known = [like.get(place.tensor.name) for place in places]
        others = [None if one is None else one.data for one in known]
        digest, size, parts = read_parts(path, spans, others, where=where)
        return digest, size, [memoryview(part) for part in parts]
    buffer = read_view(path, where=where)
    found = []
    for place in places:
        length = max(0, len(buffer) - place.start) if place.length is None else place.length
        if place.start + length > len(buffer):
            expected = f"at least {place.start + length} bytes"
            raise Unreadable(where, expected=expected, got=str(len(buffer)))
        found.append(buffer[place.start : place.start + length])
    return hashlib.sha256(buffer).hexdigest(), len(buffer), found


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


def _path(beside: Beside, location: str, place: str) -> Path:
    """Where a file is that a model names: in its folder, or where it was moved."""
    if location in beside.moved:
        return beside.moved[location]
    if beside.folder is None:
        raise Unreadable(place, expected="a model without external data", got="no folder")
    with said_of(place):
        root = Path(os.path.realpath(beside.folder))
        path = Path(os.path.realpath(root / location))
    if root not in path.parents:
        raise Unreadable(place, expected="a file inside the model's folder", got="one outside")
    return path
