"""What is written for a network: its bytes in the format that a file's name means."""

from __future__ import annotations

import gzip
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lumpver.errors import Unrepresentable
from lumpver.io.files import format_of, plain
from lumpver.io.pieces import Pieces, piece
from lumpver.model.network import is_unchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.io.files import Model
    from lumpver.io.naming import Name
    from lumpver.model.network import Network


@dataclass(frozen=True, slots=True)
class Layout:
    """What goes into a model's file, and what into a file of its external data, if into any."""

    model: Pieces
    data: Pieces | None = None

    @property
    def size(self) -> int:
        """Bytes of both."""
        return self.model.size + (0 if self.data is None else self.data.size)


def data_of(target: Path) -> Path:
    """The file of a model's external data, where lumpver writes one."""
    return Path(f"{target}.data")


def laid_out(
    reduced: Network,
    original: Model,
    target: Path,
    name: Name | None = None,
    *,
    copied: bool = True,
) -> Layout:
    """As `stored`, in pieces, with large tensors in a file beside the model.

    That is so where the original has external data, or one file is too small. An ONNX file has
    this `name`, unless it is the original's bytes; which it is not if these are not to be `copied`.

    Raises
    ------
    Unrepresentable, Unreadable
        As for `stored`.
    """
    before = _as_before(reduced, original, target) if copied else None
    if before is not None:
        return Layout(Pieces((piece(before),)))
    if format_of(target) != ".onnx" or ".onnx" not in format_of(original.path):
        return Layout(Pieces((piece(_anew(reduced, original, target, name)),)))
    from lumpver.io.onnx.write import encoded  # noqa: PLC0415 only what is needed
    from lumpver.io.onnx.write.encoding import MOST  # noqa: PLC0415 only what is needed

    found = encoded(reduced, original.network, name)
    beside = found.payloads and (original.digest.external or found.size > MOST)
    return Layout(*found.as_two(data_of(target).name)) if beside else Layout(found.as_one())


def stored(reduced: Network, original: Model, target: Path) -> bytes:
    """The bytes of `target` holding `reduced`, in the format its name means.

    Where nothing changed and the format is the same, packed or not, these are the original's
    bytes; a model whose weights lie beside it is one file with them in another folder.

    Raises
    ------
    Unrepresentable
        If the format cannot hold the network exactly; the message names others.
    Unreadable
        If it is too large for one file.
    """
    before = _as_before(reduced, original, target)
    return _anew(reduced, original, target) if before is None else before


def _anew(reduced: Network, original: Model, target: Path, name: Name | None = None) -> bytes:
    """The network written, whatever the original's bytes are."""
    return spelled(reduced, format_of(target), lambda: _onnx(reduced, original, name))


def spelled(network: Network, suffix: str, onnx: Callable[[], bytes]) -> bytes:
    """The bytes of a network in a format; `onnx` makes those of an ONNX model of it.

    Raises
    ------
    Unrepresentable
        If the format cannot hold the network exactly.
    """
    if suffix == ".json":
        from lumpver.io.json.writing import write as write_json  # noqa: PLC0415 if needed

        return write_json(network)
    if suffix == ".nnet":
        from lumpver.io.nnet.writing import write as write_nnet  # noqa: PLC0415 if needed

        return write_nnet(network)
    made = onnx()
    return gzip.compress(made, mtime=0) if suffix == ".onnx.gz" else made


def _as_before(reduced: Network, original: Model, target: Path) -> bytes | None:
    """The original's own bytes where they are what `target` is to hold, packed or not."""
    suffix, before = format_of(target), format_of(original.path)
    if not is_unchanged(reduced, original.network):
        return None
    if suffix == before and _has_its_data(original, target):
        return original.data
    if {suffix, before} != {".onnx", ".onnx.gz"} or original.digest.external:
        return None
    unpacked = plain(original.data, original.path)
    return gzip.compress(unpacked, mtime=0) if suffix == ".onnx.gz" else unpacked


def _has_its_data(original: Model, target: Path) -> bool:
    """Whether the original's bytes mean the same at `target`: external data lies there too."""
    folders = (os.path.realpath(path.parent) for path in (original.path, target))
    return not original.digest.external or len(set(folders)) == 1


def _onnx(reduced: Network, original: Model, name: Name | None) -> bytes:
    from lumpver.io.onnx.write import write  # noqa: PLC0415 only what is needed
    from lumpver.io.onnx.write.fresh import fresh  # noqa: PLC0415 only what is needed

    if ".onnx" in format_of(original.path):
        return write(reduced, original.network, name)
    try:
        return fresh(reduced, name)
    except Unrepresentable as error:
        raise Unrepresentable(
            error.where, expected=f"{error.expected} (write .json or .nnet)", got=error.got
        ) from error
