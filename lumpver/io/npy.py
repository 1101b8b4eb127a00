"""Arrays of numbers from `.npy` and `.npz` files, as numpy writes them: exact, or refused.

An array has the shape of an input, with or without a first axis of length 1. Nothing is
unpickled, and nothing is allocated that the input does not ask for.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile, ZipFile

import numpy as np

from lumpver.errors import Malformed, NotANumber, ShapeMismatch, Unreadable
from lumpver.exact.scalar import number
from lumpver.io.reading import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from flint import fmpq

    from lumpver.model.tensor import Tensor

_TYPES: Final = frozenset(
    [
        "float16",
        "float32",
        "float64",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
    ]
)
_HEADER: Final = 2**16
_ITEM: Final = 8
_SUFFIX: Final = ".npy"
_BROKEN: Final = (
    BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError, OverflowError,
    RuntimeError, ValueError,
)  # fmt: skip


def read_arrays(path: Path, inputs: Sequence[Tensor]) -> dict[str, list[fmpq]]:
    """A number for every entry of every input, in row-major order.

    A `.npy` file is for a network of one input; a `.npz` file has an array by the name of each.

    Raises
    ------
    Unreadable
        If the file is neither.
    Malformed, ShapeMismatch, NotANumber
        If an array is missing, has no input, another shape or other things than finite numbers.
    """
    where = str(path)
    sizes = {tensor.name: _size(tensor) for tensor in inputs}
    room = sum(_ITEM * size + _HEADER for size in sizes.values())
    data = read_bytes(path, most=room)
    if len(data) > room:
        expected = f"arrays for {sum(sizes.values())} entries, at most {room} bytes"
        raise Unreadable(where, expected=expected, got="more")
    if not data.startswith(b"PK"):
        if len(inputs) != 1:
            expected = f"a .npz file with {', '.join(sizes)}"[:200]
            raise Malformed(where, expected=expected, got="one array")
        return {inputs[0].name: _array(data, inputs[0], where)}
    members = _members(data, sizes, where)
    return {
        tensor.name: _array(members[tensor.name], tensor, f"{where} {tensor.name}")
        for tensor in inputs
    }


def _size(tensor: Tensor) -> int:
    return int(
        np.prod([size for size in tensor.shape or () if isinstance(size, int)], dtype=object)
    )


def _members(data: bytes, sizes: dict[str, int], where: str) -> dict[str, bytes]:
    """The bytes of each array of a `.npz` file, which has one for every input."""
    found: dict[str, bytes] = {}
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = [info.filename.removesuffix(_SUFFIX) for info in archive.infolist()]
            _refuse_others(names, sizes, where)
            for info, name in zip(archive.infolist(), names, strict=True):
                with archive.open(info) as member:
                    found[name] = member.read(_ITEM * sizes[name] + _HEADER)
                    if member.read(1):
                        expected = f"an array of {sizes[name]} entries"
                        raise Malformed(f"{where} {name}", expected=expected, got="more bytes")
    except Malformed:
        raise
    except _BROKEN as error:
        got = str(error)[:80] or type(error).__name__
        raise Unreadable(where, expected="a .npz file", got=got) from error
    return found


def _refuse_others(names: Iterable[str], sizes: dict[str, int], where: str) -> None:
    """There is one array for every input."""
    left = dict(sizes)
    for name in names:
        if left.pop(name, None) is None:
            got = f"{name[:80]!r}{' twice' if name in sizes else ''}"
            raise Malformed(
                where, expected=f"an array by the name of {', '.join(sizes)}"[:200], got=got
            )
    if left:
        raise Malformed(where, expected=f"an array {next(iter(left))}", got="none")


def _array(data: bytes, tensor: Tensor, where: str) -> list[fmpq]:
    """The numbers in the bytes of a `.npy` file."""
    file = BytesIO(data)
    shape, in_columns, dtype = _header(file, where)
    if dtype.hasobject or dtype.fields is not None or dtype.newbyteorder("=").name not in _TYPES:
        expected = "floats of 16, 32 or 64 bits, or integers"
        raise Malformed(where, expected=expected, got=str(dtype)[:80])
    own = tensor.shape or ()
    if shape not in {own, (1, *own), own[1:] if own[:1] == (1,) else own}:
        expected = f"an array of shape {tensor.shape}, as {tensor.name}"
        raise ShapeMismatch(where, expected=expected, got=str(shape)[:80])
    body = data[file.tell() :]
    count = _size(tensor)
    if len(body) != count * dtype.itemsize:
        expected = f"{count * dtype.itemsize} bytes behind the header"
        raise Unreadable(where, expected=expected, got=str(len(body)))
    values = np.frombuffer(body, dtype).reshape(shape, order="F" if in_columns else "C").ravel()
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        place = int(np.flatnonzero(~np.isfinite(values))[0])
        got = str(values[place])
        raise NotANumber(f"{where} [{place}]", expected="a finite number", got=got)
    return [number(value) for value in values.tolist()]


def _header(file: BytesIO, where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, and type."""
    try:
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            return np.lib.format.read_array_header_1_0(file)
        if version == (2, 0):
            return np.lib.format.read_array_header_2_0(file)
    except Exception as error:  # of a parser of Python literals, on anybody's bytes
        got = str(error).partition("\n")[0][:80] or type(error).__name__
        raise Unreadable(where, expected="a .npy file", got=got) from error
    raise Unreadable(where, expected="a .npy file of version 1 or 2", got=str(version))
