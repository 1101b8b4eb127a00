"""Model files: which format a name means, reading with digests, what is written.

A file is read once; the same bytes are hashed and parsed.

format: onnx, onnx.gz, nnet or json, by the file's suffix
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.certificate import Digest
from lumpver.claim.filekind import EXACT, NNET, ONNX, ZIPPED, kind_of
from lumpver.errors import Malformed, Unreadable, Unrepresentable
from lumpver.exact.unit import require_exact_unit
from lumpver.io.pieces import Pieces, piece
from lumpver.io.reading import read_bytes
from lumpver.io.writing import write_file
from lumpver.model.network import is_unchanged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Network

__all__ = [
    "FORMATS",
    "Layout",
    "Model",
    "data_of",
    "files_of",
    "format_of",
    "laid_out",
    "load",
    "parsed",
    "read_bytes",
    "stored",
    "write_file",
]

FORMATS: Final = (".onnx.gz", ".onnx", ".nnet", ".json")
_KINDS: Final = {".onnx.gz": ZIPPED, ".onnx": ONNX, ".nnet": NNET, ".json": EXACT}
_MODELS: Final = (ONNX, NNET, EXACT, ZIPPED)
_MOST_UNPACKED: Final = 2**31


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model file as read: its network, its bytes as stored, and their digests."""

    path: Path
    network: Network
    digest: Digest
    data: bytes = field(repr=False)

    @property
    def files(self) -> tuple[tuple[Path, str], ...]:
        """The files that it was read from, and what each is."""
        beside = [
            (self.path.parent / location, f"the external data of {self.path}")
            for location in self.digest.external
        ]
        return ((self.path, "the model"), *beside)

    @property
    def notes(self) -> tuple[str, ...]:
        """What claims about this model do not cover, beyond float rounding."""
        overridable = getattr(self.network.source, "overridable", ())
        words = {self.network.random(node) for node in self.network.opaque} - {None}
        found = []
        if overridable:
            found.append(
                f"{len(overridable)} initializers are graph inputs too; the claim is for runs"
                " that do not override them"
            )
        if words:
            found.append(
                f"the model draws random numbers ({', '.join(sorted(map(str, words)))}); the claim"
                " is for runs of both models with equal draws, node by node"
            )
        return tuple(found)


def format_of(path: Path) -> str:
    """The format that a file's name means, as its suffix.

    Raises
    ------
    Malformed
        If the suffix is none of `FORMATS`.
    """
    for suffix in FORMATS:
        if path.name.endswith(suffix):
            return suffix
    raise Malformed(
        str(path), expected="a name ending in " + ", ".join(FORMATS), got=path.name or "a folder"
    )


def load(path: Path | str) -> Model:
    """The model in a file, with its digest.

    Raises
    ------
    Unreadable, Malformed
        If there is none that lumpver can read; the message says what and where.
    """
    where = Path(path)
    format_of(where)
    return parsed(where, read_bytes(where))


def files_of(path: Path) -> tuple[tuple[Path, str], ...]:
    """The files that a model would be read from, and what each is; unreadable ones name none.

    As `Model.files`, but without the numbers.
    """
    beside: tuple[str, ...] = ()
    with suppress(Unreadable, Malformed):
        if ".onnx" in format_of(path):
            from lumpver.io.onnx.read.external import locations  # noqa: PLC0415 heavy: onnx

            beside = locations(_plain(read_bytes(path), path))
    named = [(path.parent / name, f"the external data of {path}") for name in beside]
    return ((path, f"the model {path}"), *named)


def parsed(
    where: Path, data: bytes, *, like: Model | None = None, moved: Mapping[str, Path] | None = None
) -> Model:
    """The model that the bytes of the file `where` hold.

    External data may be `moved` for now; what is as `like` has it is not held twice.

    Raises
    ------
    Unreadable, Malformed
        As for `load`.
    InexactUnit
        If floats are not exact in this process.
    """
    suffix = format_of(where)
    require_exact_unit()  # readers fold constants
    with ThreadPoolExecutor(max_workers=1) as pool:  # hashing leaves the interpreter free
        hashed = pool.submit(lambda: hashlib.sha256(data).hexdigest())
        held = {} if like is None else getattr(like.network.source, "detached", {})
        network = _recognised(data, suffix, where, held, moved or {})
        external = getattr(network.source, "external", {})
        return Model(where, network, Digest(hashed.result(), external), data)


def _recognised(
    data: bytes, suffix: str, path: Path, like: Mapping[str, Any], moved: Mapping[str, Path]
) -> Network:
    """The network in the bytes; what is no such model is called what it seems to be."""
    try:
        return _parse(data, suffix, path, like, moved)
    except (Unreadable, Malformed) as error:
        found = kind_of(data)
        if found in {"", _KINDS[suffix]}:
            raise
        rest = f", though its name ends in {suffix}" if found in _MODELS else ", not a model"
        said = f"{path} is {found}{rest}"
        raise Unreadable(str(path), expected=_KINDS[suffix], got=found, said=said) from error


def _parse(
    data: bytes, suffix: str, path: Path, like: Mapping[str, Any], moved: Mapping[str, Path]
) -> Network:
    if not data:
        raise Unreadable(str(path), expected=f"a {suffix} model", got="an empty file")
    if suffix == ".json":
        from lumpver.io import json  # noqa: PLC0415 only the format that is needed

        return json.read(data, where=str(path))
    if suffix == ".nnet":
        from lumpver.io import nnet  # noqa: PLC0415 only the format that is needed

        return nnet.read(data, where=str(path))
    from lumpver.io.onnx.read import read  # noqa: PLC0415 heavy: onnx
    from lumpver.io.onnx.read.external import Beside  # noqa: PLC0415 heavy: onnx

    return read(_plain(data, path), where=str(path), beside=Beside(path.parent, moved, like))


def _plain(data: bytes, path: Path) -> bytes:
    """An ONNX model's bytes, unpacked if the file is packed."""
    return _unpacked(data, path) if format_of(path) == ".onnx.gz" else data


def _unpacked(data: bytes, path: Path) -> bytes:
    """Gunzipped bytes, no more than `_MOST_UNPACKED` of them."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(data, _MOST_UNPACKED)
    except zlib.error as error:
        raise Unreadable(str(path), expected="gzip data", got=str(error)) from error
    if not unpacker.eof or unpacker.unused_data:
        got = "more after it" if unpacker.eof else "truncated or too much"
        raise Unreadable(str(path), expected="whole gzip data", got=got)
    return plain


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


def laid_out(reduced: Network, original: Model, target: Path) -> Layout:
    """As `stored`, in pieces, with large tensors in a file beside the model.

    That is so where the original has external data, or one file is too small.

    Raises
    ------
    Unrepresentable, Unreadable
        As for `stored`.
    """
    before = _as_before(reduced, original, target)
    if before is not None:
        return Layout(Pieces((piece(before),)))
    if format_of(target) != ".onnx" or ".onnx" not in format_of(original.path):
        return Layout(Pieces((piece(_anew(reduced, original, target)),)))
    from lumpver.io.onnx.write import encoded  # noqa: PLC0415 heavy: onnx
    from lumpver.io.onnx.write.encoding import MOST  # noqa: PLC0415 heavy: onnx

    found = encoded(reduced, original.network)
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


def _anew(reduced: Network, original: Model, target: Path) -> bytes:
    """The network written, whatever the original's bytes are."""
    suffix = format_of(target)
    if suffix == ".json":
        from lumpver.io import json  # noqa: PLC0415 only the format that is needed

        return json.write(reduced)
    if suffix == ".nnet":
        from lumpver.io import nnet  # noqa: PLC0415 only the format that is needed

        return nnet.write(reduced)
    plain = _onnx(reduced, original)
    return gzip.compress(plain, mtime=0) if suffix == ".onnx.gz" else plain


def _as_before(reduced: Network, original: Model, target: Path) -> bytes | None:
    """The original's own bytes where they are what `target` is to hold, packed or not."""
    suffix, before = format_of(target), format_of(original.path)
    if not is_unchanged(reduced, original.network):
        return None
    if suffix == before and _has_its_data(original, target):
        return original.data
    if {suffix, before} != {".onnx", ".onnx.gz"} or original.digest.external:
        return None
    plain = _plain(original.data, original.path)
    return gzip.compress(plain, mtime=0) if suffix == ".onnx.gz" else plain


def _has_its_data(original: Model, target: Path) -> bool:
    """Whether the original's bytes mean the same at `target`: external data lies there too."""
    folders = (os.path.realpath(path.parent) for path in (original.path, target))
    return not original.digest.external or len(set(folders)) == 1


def _onnx(reduced: Network, original: Model) -> bytes:
    from lumpver.io.onnx.write import write  # noqa: PLC0415 heavy: onnx
    from lumpver.io.onnx.write.fresh import fresh  # noqa: PLC0415 heavy: onnx

    if ".onnx" in format_of(original.path):
        return write(reduced, original.network)
    try:
        return fresh(reduced)
    except Unrepresentable as error:
        raise Unrepresentable(
            error.where, expected=f"{error.expected} (write .json or .nnet)", got=error.got
        ) from error
