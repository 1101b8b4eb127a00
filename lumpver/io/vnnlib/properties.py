"""A VNN-LIB file as what it allows a network's inputs to be.

Of a file of version 1 the X_i are the entries of all inputs, one after the other; one of version
2 declares the network that it is about, and has to declare this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from lumpver.claim.domain import FREE, Box
from lumpver.claim.filekind import BOX, kind_of, mistaken
from lumpver.errors import Malformed, ShapeMismatch, Unreadable
from lumpver.io.reading import read_bytes
from lumpver.io.vnnlib.assertions import read_assertions
from lumpver.io.vnnlib.declarations import REAL
from lumpver.io.vnnlib.disjuncts import MOST_RANGES, disjuncts
from lumpver.io.vnnlib.formulas import holds
from lumpver.io.vnnlib.queries import is_query, read_query
from lumpver.model.slicing import input_size, same_entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from flint import fmpq

    from lumpver.io.vnnlib.assertions import Assertions
    from lumpver.io.vnnlib.declarations import Declared
    from lumpver.io.vnnlib.disjuncts import Disjunct
    from lumpver.io.vnnlib.formulas import Formula
    from lumpver.model.network import Network
    from lumpver.model.tensor import Tensor

MOST_BYTES: Final = 2**25
_NAMED: Final = 5

Sizes = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Property:
    """The boxes that a file allows, what else it says, and sentences about that.

    `sums` says whether it has half-spaces, which the boxes are around, and `inside` whether it
    declares tensors between inputs and outputs; `data` are its bytes, `source` is its name.
    """

    source: str
    boxes: tuple[Box, ...]
    remarks: tuple[str, ...]
    sums: bool
    inside: bool
    data: bytes = field(repr=False)
    _formula: Formula
    _sizes: Sizes

    def holds(self, point: Mapping[str, Sequence[fmpq]]) -> bool:
        """Whether a point satisfies what the file asserts of inputs, half-spaces included."""
        values = [value for name, _ in self._sizes for value in point[name]]
        return holds(self._formula, values.__getitem__)


def read_property(path: Path, network: Network) -> Property:
    """What the file allows the network's inputs to be.

    Raises
    ------
    Malformed
        If a word is not understood, no point is left, or inputs are related to outputs.
    ShapeMismatch
        If the file is about other inputs than the network's, or one has no known size.
    Unreadable
        If the file cannot be read, or is of another kind.
    """
    where = str(path)
    data = property_bytes(path)
    return property_of(_said(data, network, where), data, network, where)


def property_bytes(path: Path) -> bytes:
    """The bytes of a property, which are not too many.

    Raises
    ------
    Unreadable
        If there are, or the file cannot be read.
    """
    data = read_bytes(path, most=MOST_BYTES)
    if len(data) > MOST_BYTES:
        raise Unreadable(str(path), expected=f"at most {MOST_BYTES} bytes", got="more")
    return data


def property_of(said: Assertions, data: bytes, network: Network, where: str) -> Property:
    """What assertions allow the network's inputs to be.

    Raises
    ------
    Malformed, ShapeMismatch
        As for `read_property`.
    """
    sizes = known_sizes(network, where)
    total = sum(size for _, size in sizes)
    _refuse_beyond(said, total, where)
    found = disjuncts(said, where)
    if total * len(found) > MOST_RANGES:
        got = f"{len(found)} boxes of {total}"
        raise Malformed(where, expected=f"at most {MOST_RANGES} ranges", got=got)
    boxes = tuple(_spread(one, sizes) for one in found)
    remarks = (
        *_left_out(said, where),
        *_half_spaces(said, where),
        *_unbounded(found, said, total, where),
    )
    return Property(where, boxes, remarks, bool(said.sums), said.inside, data, said.formula, sizes)


def known_sizes(network: Network, where: str) -> Sizes:
    """The network's inputs with how many entries each has, in order.

    Raises
    ------
    ShapeMismatch
        If that of one is open.
    """
    sizes = []
    for tensor in network.inputs:
        size = input_size(network, tensor.name)
        if size is None:
            raise ShapeMismatch(where, expected=f"a known size of {tensor.name}", got="none")
        sizes.append((tensor.name, size))
    return tuple(sizes)


def _said(data: bytes, network: Network, where: str) -> Assertions:
    """What the file asserts; one of another kind is called what it seems to be."""
    try:
        text = data.decode("utf-8-sig")
        if is_query(text):
            return read_query(text, where=where, matched=partial(matched, network, where))
        return read_assertions(text, where=where)
    except UnicodeDecodeError as error:
        message = mistaken(where, data, BOX)
        got = kind_of(data) or "bytes that are no text"
        raise Unreadable(where, expected=BOX, got=got, said=message) from error
    except Malformed as error:
        if message := mistaken(where, data, BOX):
            raise Unreadable(where, expected=BOX, got=kind_of(data), said=message) from error
        raise


def _refuse_beyond(said: Assertions, total: int, where: str) -> None:
    """All X_i that a file names exist; in version 2 they do, or it is refused before."""
    beyond = min((i for i in said.inputs if i >= total), default=None)
    if beyond is not None:
        some = ", ".join(f"X_{i}" for i in range(min(total, 2)))
        some = some if total <= 2 else f"X_0, ..., X_{total - 1}"
        place = f"{where} line {said.inputs[beyond]}"
        raise ShapeMismatch(
            place,
            expected=f"{total} inputs ({some})",
            got=f"X_{beyond}",
            said=f"{place}: the model has {total} inputs ({some}), the file bounds X_{beyond}",
        )


def matched(
    network: Network, where: str, inputs: Sequence[Declared], outputs: Sequence[Declared]
) -> list[Declared]:
    """The declared inputs in the network's order, where they are its own.

    Raises
    ------
    Malformed, ShapeMismatch
        If number, names, shapes or types are not those of the network's.
    """
    for what, ours, theirs in (
        ("inputs", network.inputs, inputs),
        ("outputs", network.outputs, outputs),
    ):
        if len(ours) != len(theirs):
            expected = f"{len(ours)} {what}, as the model has"
            raise ShapeMismatch(where, expected=expected, got=str(len(theirs)))
        names = [tensor.name for tensor in ours]
        given = [one.onnx for one in theirs if one.onnx is not None]
        if given and sorted(given) != sorted(names):
            got = ", ".join(given)[:80]
            raise ShapeMismatch(where, expected=f"{what} {', '.join(names)}"[:200], got=got)
    by_name = {one.onnx: one for one in inputs}
    order = list(inputs)
    if inputs[0].onnx is not None:
        order = [by_name[tensor.name] for tensor in network.inputs]
    for tensor, one in zip(network.inputs, order, strict=True):
        _refuse_other(tensor, one, where)
    return order


def _refuse_other(tensor: Tensor, one: Declared, where: str) -> None:
    """An input is declared with the type and shape that it has."""
    place = f"{where} line {one.line}"
    if not same_entries(tensor.shape, one.shape):
        shape = "x".join(map(str, tensor.shape or ())) or "one number"
        expected = f"{one.name} in the shape of {tensor.name}, {shape}"
        raise ShapeMismatch(place, expected=expected, got=str(list(one.shape)))
    if one.dtype not in REAL and tensor.dtype not in ("real", one.dtype):
        expected = f"{one.name} of the type of {tensor.name}, {tensor.dtype}, or real"
        raise Malformed(place, expected=expected, got=one.dtype)


def _spread(bounds: Disjunct, sizes: Sizes) -> Box:
    """The bounds by input."""
    found = []
    start = 0
    for name, size in sizes:
        found.append((name, tuple(bounds.get(start + i, FREE) for i in range(size))))
        start += size
    return Box(tuple(sorted(found)))


def _left_out(said: Assertions, where: str) -> list[str]:
    """The sentence about what was not looked at."""
    if not said.left_out:
        return []
    return [f"not looked at: what {where} asserts of outputs ({_some(said.left_out)})"]


def _half_spaces(said: Assertions, where: str) -> list[str]:
    """The sentence about half-spaces, which are no part of a box."""
    if not said.sums:
        return []
    some = _some([(part.line, part.said) for part in said.sums])
    return [
        (
            f"the half-spaces of {where} are left out ({some}): what is claimed holds on the box"
            " around them"
        )
    ]


def _some(found: Sequence[tuple[int, str]]) -> str:
    """The first of these terms, with their lines."""
    some = "; ".join(f"line {line}: {term}" for line, term in found[:_NAMED])
    rest = len(found) - _NAMED
    return some + (f"; and {rest} more" if rest > 0 else "")


def _unbounded(found: Sequence[Disjunct], said: Assertions, total: int, where: str) -> list[str]:
    """The sentence about the entries that some box leaves open, on one side at least."""
    lacking = [i for i in range(total) if any(None in one.get(i, FREE) for one in found)]
    if not lacking:
        return []
    some = ", ".join(map(said.spelled, lacking[:_NAMED]))
    rest = len(lacking) - _NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return [f"without a bound, below or above, in {where}: {some}{more}"]
