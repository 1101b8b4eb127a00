"""A model with every number in float64, to be reduced in its place."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.errors import Malformed
from lumpver.io.files import format_of

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.io.files import Model


def in_float64_model(original: Model, target: Path) -> Model:
    """The model with every number in float64, for a file of `target`'s format.

    Raises
    ------
    Malformed
        If that is no ONNX file.
    """
    from lumpver.io.onnx.read import read  # noqa: PLC0415 only what is needed
    from lumpver.io.onnx.write.doubling import doubled, in_float64  # noqa: PLC0415 only what is needed

    suffix = format_of(target)
    if ".onnx" not in suffix:
        raise Malformed(str(target), expected="an .onnx model for --dtype float64", got=suffix)
    if ".onnx" not in format_of(original.path):
        return replace(original, network=in_float64(original.network))
    data = doubled(original.network)
    network = read(data, where=str(original.path))
    packed = format_of(original.path) == ".onnx.gz"
    data = gzip.compress(data, mtime=0) if packed else data
    return replace(original, network=network, data=data)
