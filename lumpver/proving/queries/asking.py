"""A file that asks about two networks, as a claim of closeness on boxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lumpver.claim.filekind import BOX, kind_of, mistaken
from lumpver.errors import Malformed, ShapeMismatch, Unreadable
from lumpver.io.vnnlib.declarations import EQUAL, INPUT, OUTPUT
from lumpver.io.vnnlib.properties import matched, property_bytes, property_of
from lumpver.io.vnnlib.queries import is_query
from lumpver.model.slicing import one_position, same_entries
from lumpver.proving.interface import inferred
from lumpver.proving.pairing import matched as beside
from lumpver.proving.queries.literals import holds
from lumpver.proving.queries.outputs import Compared, asked
from lumpver.proving.queries.reading import Text, read_text
from lumpver.proving.queries.tying import bounds, counterparts, untied

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from flint import fmpq

    from lumpver.claim.closeness import Closeness
    from lumpver.io.vnnlib.declarations import Declared
    from lumpver.io.vnnlib.properties import Property
    from lumpver.model.network import Network
    from lumpver.model.tensor import Shape


@dataclass(frozen=True, slots=True)
class Query:
    """A query about two networks: unsatisfiable if they are so close on these boxes.

    `stated` are the boxes on the first network's inputs. `notes` say where closeness is more
    than the query needs: then a point at which it fails may not satisfy the query. `names` are
    the tensors of the models, by side, that declared ones are.
    """

    text: Text = field(repr=False)
    stated: Property
    closeness: Closeness
    notes: tuple[str, ...]
    names: Mapping[str, tuple[int, str]]

    def satisfied(self, values: Mapping[str, Sequence[fmpq]]) -> bool:
        """Whether all assertions hold, where declared tensors have these elements."""

        def value(index: int) -> fmpq:
            found = self.text.element(index)
            return values[found.tensor.name][found.place]

        return all(holds(part, value) for part in self.text.asserted)


def read_query(path: Path, a: Network, b: Network) -> Query:
    """The query of a file, in which the first network that is declared is `a`, the second `b`.

    Raises
    ------
    Malformed
        If a word is not understood, or it asks for anything but that outputs are apart, or of
        another class, where inputs are the same and in boxes.
    ShapeMismatch
        If the networks are not as they are declared.
    Unreadable
        If the file cannot be read, or is of another kind.
    """
    where, data = str(path), property_bytes(path)
    text = _text(data, where)
    first, second = text.networks
    networks = one_position(a), one_position(b)
    ours, theirs = (
        _placed(network, where, interface.of(INPUT), interface.of(OUTPUT))
        for network, interface in zip(networks, text.networks, strict=True)
    )
    if second.relation is not None and second.relation[0] == EQUAL and a is not b:
        expected = f"one model for {first.name} and {second.name}, as {EQUAL} has it"
        raise Malformed(f"{where} line {second.line}", expected=expected, got="two")
    inputs = beside(networks[0].inputs, networks[1].inputs)
    outputs = beside(networks[0].outputs, networks[1].outputs)
    tied = counterparts(text, [(ours[x.name], theirs[y.name]) for x, y in inputs])
    counterparts(text, [(ours[x.name], theirs[y.name]) for x, y in outputs])
    about_inputs, about_outputs = untied(text, tied)
    shapes = inferred(networks[0])
    compared = [
        Compared(
            x.name,
            text.start(ours[x.name]),
            text.start(theirs[y.name]),
            ours[x.name].size,
            _row(shapes.get(x.name), ours[x.name]),
        )
        for x, y in outputs
    ]
    found = asked(text, about_outputs, compared)
    order = [ours[tensor.name] for tensor in networks[0].inputs]
    said = bounds(text, about_inputs, order)
    names = {one.name: (0, name) for name, one in ours.items()}
    names |= {one.name: (1, name) for name, one in theirs.items()}
    stated = property_of(said, data, networks[0], where)
    return Query(text, stated, found.closeness, found.notes, names)


def _text(data: bytes, where: str) -> Text:
    try:
        text = data.decode("utf-8-sig")
        if not is_query(text):
            expected = "a query of VNN-LIB 2 about two networks"
            raise Malformed(where, expected=expected, got="another file")
        return read_text(text, where)
    except UnicodeDecodeError as error:
        got = kind_of(data) or "bytes that are no text"
        said = mistaken(where, data, BOX)
        raise Unreadable(where, expected=BOX, got=got, said=said) from error
    except Malformed as error:
        if message := mistaken(where, data, BOX):
            raise Unreadable(where, expected=BOX, got=kind_of(data), said=message) from error
        raise


def _placed(
    network: Network, where: str, inputs: Sequence[Declared], outputs: Sequence[Declared]
) -> dict[str, Declared]:
    """The declared tensors by the names that the network has for them."""
    order = matched(network, where, inputs, outputs)
    found = {tensor.name: one for tensor, one in zip(network.inputs, order, strict=True)}
    shapes = inferred(network)
    named = {one.onnx: one for one in outputs}
    for tensor, placed in zip(network.outputs, outputs, strict=True):
        one = placed if placed.onnx is None else named[tensor.name]
        shape = shapes.get(tensor.name) or tensor.shape
        if _known(shape) and not same_entries(shape, one.shape):
            place = f"{where} line {one.line}"
            expected = f"{one.name} in the shape of {tensor.name}, {list(shape or ())}"
            raise ShapeMismatch(place, expected=expected, got=str(list(one.shape)))
        if tensor.name in found:
            got = f"{tensor.name} as both"
            raise Malformed(where, expected="inputs and outputs with other names", got=got)
        found[tensor.name] = one
    return found


def _known(shape: Shape) -> bool:
    return shape is not None and all(isinstance(length, int) for length in shape)


def _row(shape: Shape, declared: Declared) -> int:
    """How long the last axis is, along which classes are."""
    last = (shape if shape is not None and _known(shape) else declared.shape)[-1:]
    return int(last[0]) if last and isinstance(last[0], int) else 1
