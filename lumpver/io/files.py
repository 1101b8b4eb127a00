"""Model files: which format a name means, and reading with digests.

A file is read once; the same bytes are hashed and parsed.

format: onnx, onnx.gz, nnet or json, by the file's suffix
"""

from __future__ import annotations

import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lumpver.claim.certificate import Digest
from lumpver.claim.filekind import EXACT, NNET, ONNX, ZIPPED, kind_of
from lumpver.errors import Malformed, Unreadable
from lumpver.exact.unit import require_exact_unit
from lumpver.io.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Network

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
        words = {node.draws for node in self.network.opaque} - {""}
        found = []
        if overridable:
            found.append(
                f"{len(overridable)} initializers are graph inputs too; the claim is for runs"
                " that do not override them"
            )
        if words:
            found.append(
                f"the model draws random numbers ({', '.join(sorted(words))}); the claim"
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
            from lumpver.io.onnx.read.external import locations  # noqa: PLC0415 only what is needed

            beside = locations(plain(read_bytes(path), path))
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
        from lumpver.io.json.reading import read as read_json  # noqa: PLC0415 only what is needed

        return read_json(data, where=str(path))
    if suffix == ".nnet":
        from lumpver.io.nnet.reading import read as read_nnet  # noqa: PLC0415 only what is needed

        return read_nnet(data, where=str(path))
    from lumpver.io.onnx.read import read  # noqa: PLC0415 only what is needed
    from lumpver.io.onnx.read.external import Beside  # noqa: PLC0415 only what is needed

    return read(plain(data, path), where=str(path), beside=Beside(path.parent, moved, like))


def plain(data: bytes, path: Path) -> bytes:
    """An ONNX model's bytes, unpacked if the file is packed.

    Raises
    ------
    Unreadable
        If they are packed and cannot be unpacked.
    """
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
