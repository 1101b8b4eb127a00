"""Numbers stored in ONNX models: strict decoding of tensors, and their types.

One payload, of the right length, of a known type; anything else is refused by name.

element type: ONNX's number for a dtype (1 is float32)
payload: the one field of a TensorProto that holds the entries
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Malformed
from lumpver.model.network import Constant

if TYPE_CHECKING:
    from onnx import TensorProto

    from lumpver.exact.array import Exact

FLOATS: Final = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16"}
CODES: Final = {name: code for code, name in FLOATS.items()}
NUMPY: Final = {
    1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?",
    10: "<f2", 11: "<f8", 12: "<u4", 13: "<u8",
}  # fmt: skip
INT32: Final = 6
INT64: Final = 7
BOOL: Final = 9
_BFLOAT16: Final = 16
_TYPED: Final = {
    1: "float_data", 11: "double_data", 7: "int64_data", 12: "uint64_data", 13: "uint64_data",
}  # fmt: skip
_PAYLOADS: Final = (
    "raw_data", "float_data", "int32_data", "string_data", "int64_data", "double_data",
    "uint64_data",
)  # fmt: skip
_MOST_DIMENSIONS: Final = 64
MOST_ENTRIES: Final = 2**56  # of which numpy can say how many bytes they are


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A constant of the graph: its type and shape, its entries when asked for.

    `entries` is set where the constant was computed; otherwise `proto` holds it, or `raw`. `recipe`
    tells how, where a runtime has to round and so may get other numbers. `measured` ones
    follow from the shape of a tensor.
    """

    name: str
    element_type: int
    shape: tuple[int, ...]
    proto: Any = None
    raw: Any = None
    entries: Exact | None = None
    recipe: bytes = b""
    measured: bool = False

    @property
    def size(self) -> int:
        """How many entries there are."""
        return prod(self.shape)

    @property
    def dtype(self) -> str:
        """The name of a floating type, or the number of any other."""
        return FLOATS.get(self.element_type, str(self.element_type))

    @property
    def is_numeric(self) -> bool:
        """Whether the type is one whose entries can be decoded."""
        return self.element_type in NUMPY or self.element_type == _BFLOAT16

    @property
    def is_float(self) -> bool:
        """Whether the type is one whose numbers lumpver models."""
        return self.element_type in FLOATS

    def array(self) -> Any:
        """The entries: floats as they are (bfloat16 as float32), others as stored."""
        if self.entries is not None:
            return self.entries
        return decode(self.proto, where=self.name, raw=self.raw)

    def as_constant(self) -> Constant:
        """The constant as an opaque node's operand, byte for byte."""
        if (stored := self.payload()) is not None:
            return Constant(self.dtype, self.shape, stored)
        if self.entries is not None:
            listed = _listed(self.entries) + self.recipe
            return Constant(f"folded {self.dtype}", self.shape, listed)
        if self.raw is not None:
            return Constant(self.dtype, self.shape, self.raw.tobytes())
        proto = self.proto
        if len(payloads(proto)) > 1:
            raise _several(self.name, payloads(proto))
        if proto.raw_data or not self.size:
            return Constant(self.dtype, self.shape, proto.raw_data)
        bare = type(proto)()
        bare.CopyFrom(proto)
        for label in ("name", "doc_string"):
            bare.ClearField(label)
        return Constant(f"typed {self.dtype}", self.shape, bare.SerializeToString(True))

    def payload(self) -> bytes | None:
        """The bytes that a file would hold for what was computed, where that is certain.

        Not where a runtime rounds, nor where a 0 may have a sign that exact numbers lack.
        """
        entries = self.entries
        if entries is None or entries.dtype == object or self.recipe:
            return None
        if self.element_type not in NUMPY:
            return None
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            if self.is_float and not entries.all():
                return None
            stored = np.ascontiguousarray(entries, dtype=NUMPY[self.element_type])
            same = bool((stored == entries).all())
        return stored.tobytes() if same else None


def payloads(proto: TensorProto, *, besides: str = "") -> list[str]:
    """The fields of a TensorProto that hold entries; more than one is a contradiction."""
    return [name for name in _PAYLOADS if name != besides and len(getattr(proto, name))]


def _several(where: str, present: list[str]) -> Malformed:
    got = " and ".join(present) or "none"
    return Malformed(f"tensor {where}", expected="one payload", got=got)


def _listed(entries: Exact) -> bytes:
    """Computed entries as bytes that tell any two apart."""
    if entries.dtype == object:
        return repr(entries.tolist()).encode()
    return entries.dtype.str.encode() + np.ascontiguousarray(entries).tobytes()


def known(proto: TensorProto, *, name: str | None = None, raw: Any = None) -> Known:
    """The constant that a TensorProto holds, or the bytes `raw`, not yet decoded.

    Raises
    ------
    Malformed
        If its shape is absurd.
    """
    label = proto.name if name is None else name
    shape = tuple(int(size) for size in proto.dims)
    absurd = len(shape) > _MOST_DIMENSIONS or any(size < 0 for size in shape)
    if absurd or prod(size for size in shape if size) > MOST_ENTRIES:
        raise Malformed(f"tensor {label}", expected="a shape", got=str(shape)[:60])
    return Known(label, int(proto.data_type), shape, proto, raw)


def decode(proto: TensorProto, *, where: str, raw: Any = None) -> Any:
    """The entries of a TensorProto, or of the bytes `raw`; bfloat16 widened to float32.

    Raises
    ------
    Malformed
        If there is not exactly one payload of the right length, or the type is no number.
    """
    kind, shape = int(proto.data_type), tuple(int(size) for size in proto.dims)
    if kind not in NUMPY and kind != _BFLOAT16:
        raise Malformed(f"tensor {where}", expected="numbers", got=f"element type {kind}")
    count = prod(shape)
    if raw is not None:
        return _from_raw(raw, kind, count, where).reshape(shape)
    present = payloads(proto)
    if len(present) > 1 or (not present and count):
        raise _several(where, present)
    if not present:
        return np.zeros(shape, dtype="<f4" if kind == 16 else NUMPY[kind])
    if present[0] == "raw_data":
        flat = _from_raw(proto.raw_data, kind, count, where)
    else:
        flat = _from_typed(proto, present[0], kind, count, where)
    return flat.reshape(shape)


def _from_raw(raw: Any, kind: int, count: int, where: str) -> Any:
    dtype = np.dtype("<u2" if kind == 16 else NUMPY[kind])
    if len(raw) != count * dtype.itemsize:
        raise Malformed(
            f"tensor {where}", expected=f"{count * dtype.itemsize} bytes", got=str(len(raw))
        )
    flat = np.frombuffer(raw, dtype=dtype)
    return _widened(flat) if kind == 16 else flat


def _from_typed(proto: TensorProto, name: str, kind: int, count: int, where: str) -> Any:
    expected = _TYPED.get(kind, "int32_data")
    payload = getattr(proto, name)
    if name != expected or len(payload) != count:
        raise Malformed(
            f"tensor {where}", expected=f"{count} of {expected}", got=f"{len(payload)} of {name}"
        )
    stored = np.dtype("<u2" if kind in (10, 16) else NUMPY[kind])
    wide = np.array(payload, dtype=np.int32 if name == "int32_data" else stored)
    flat = wide.astype(stored)
    if stored.kind in "iub" and (flat != wide).any():
        got = str(wide[flat != wide][0])
        raise Malformed(f"tensor {where}", expected=f"entries of {stored}", got=got)
    if kind in (10, 16):
        return _widened(flat) if kind == 16 else flat.view("<f2")
    return flat


def _widened(bits: Any) -> Any:
    """bfloat16 bit patterns as the float32 with the same leading bits: the same number."""
    return (bits.astype("<u4") << 16).view("<f4")


def cast(value: Known, element_type: int, *, name: str) -> Known | None:
    """A constant cast as every runtime does it, with its rounding.

    None where runtimes may differ: out of range, NaN to an integer, a rounding that depends
    on the steps taken, here or before.
    """
    if element_type not in NUMPY or not value.is_numeric:
        return None
    entries, target = value.array(), np.dtype(NUMPY[element_type])
    if value.recipe:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        found = entries.astype(target)
        by_single = entries.astype("<f4").astype(target)
    if target.kind in "iu" and not _in_range(entries, target):
        return None
    if target == np.float16 and found.tobytes() != by_single.tobytes():
        return None
    return Known(name, element_type, value.shape, entries=found)


def _in_range(entries: Exact, target: np.dtype[Any]) -> bool:
    bounds = np.iinfo(target)
    if entries.dtype.kind != "f":
        ends = (int(entries.min()), int(entries.max())) if entries.size else (0, 0)
        return bool(bounds.min <= ends[0] and ends[1] <= bounds.max)
    whole = np.trunc(entries.astype(np.float64))
    least, end = float(bounds.min), 2.0 * float(bounds.max // 2 + 1)
    return bool(np.isfinite(whole).all() and ((whole >= least) & (whole < end)).all())
