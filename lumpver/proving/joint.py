"""Joint lumping: both networks swept over one table, so that equal units meet.

As in bisimulation checking the networks lie side by side over shared inputs. Layers
need not match: a unit joins whatever unit met before its row is a multiple of.

tag: the network's own mark, for what must not be compared across networks
stride: how many entries lie between neighbouring units in row-major order

References
----------
Prabhakar: *Bisimulations for Neural Network Reduction*, for the idea; theory D2.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

import numpy as np

from lumpver.exact.array import add
from lumpver.exact.product import matmul
from lumpver.model.activations import IDENTITY
from lumpver.model.linear import first_matrix, times, units_read
from lumpver.model.network import Linear, Opaque, Pointwise, Rearrange, Segment
from lumpver.model.rearrange import moved_axis
from lumpver.model.relabelling import Relabelling, identity
from lumpver.model.segments import aggregate
from lumpver.proving.intervals import idempotent
from lumpver.proving.layouts import Root, opaque_key, sizes, transposition
from lumpver.proving.pointwise import Relate, activated
from lumpver.proving.table import Moved, Table
from lumpver.proving.values import (
    Combination,
    Units,
    Value,
    Whole,
    fingerprint,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from lumpver.model.activations import Activation
    from lumpver.model.network import Network
    from lumpver.model.tensor import Dimension, Shape

_MOST_SPREAD: Final = 2**12  # units told apart where no weights tell how many there are


@dataclass(slots=True)
class Sweep:
    """One network read into a table, tensor by tensor.

    `merged` gives the atoms that were proved to be combinations of others; `relate` is
    called with the atoms of every activation and may add to it; `tell` with how many nodes
    are read.
    """

    table: Table
    network: Network
    tag: str
    merged: dict[int, Combination] = field(default_factory=dict)
    relate: Relate | None = None
    tell: Callable[[int], None] = lambda _: None
    values: dict[str, Value] = field(default_factory=dict)
    _made: dict[int, Activation] = field(default_factory=dict)

    def run(self, inputs: Mapping[str, int]) -> dict[str, Value]:
        """The value of every tensor, given the inputs' numbers by name."""
        for tensor in self.network.inputs:
            layout = None if tensor.shape is None else tuple(map(_length, tensor.shape))
            self.values[tensor.name] = Whole(inputs[tensor.name], layout)
        ends = {segment.output: segment for segment in self.network.segments}
        for place, node in enumerate(self.network.nodes):
            self.tell(place)
            match node:
                case Linear():
                    if node.output in ends:
                        self.values[node.output] = self._segment(ends[node.output])
                case Pointwise():
                    self.values[node.output] = self._activate(node)
                case Rearrange():
                    self.values[node.output] = self._rearrange(node)
                case Opaque():
                    self._opaque(node)
                case _:
                    assert_never(node)
        return self.values

    def whole(self, name: str) -> Whole:
        """A tensor's number and layout, whatever else is known of it."""
        value = self.values[name]
        if isinstance(value, Whole):
            return value
        shape = self.network.tensors[name].shape
        return Whole(self.number(value), _layout(shape, ("units", value.layout, value.width)))

    def number_of(self, name: str) -> int:
        """A tensor's number."""
        return self.number(self.values[name])

    def number(self, value: Value) -> int:
        """The number of a tensor; that of the root where the units are its roots."""
        if isinstance(value, Whole):
            return value.number
        roots = self.table.roots[value.spine]
        same = value.relabelling is not None and value.relabelling.is_identity
        key = self.table.spines[value.spine]
        if same and np.array_equal(value.atoms, roots) and isinstance(key, Root):
            return key.number
        return self.table.number(("units", fingerprint(value)))

    def _along(self, name: str, axis: int, width: int) -> Units:
        """The tensor's units along `axis`."""
        value = self.values[name]
        if isinstance(value, Units) and value.axis == axis:
            return value
        whole = self.whole(name)
        stride = self._stride(name, axis)
        place: Hashable = stride if stride is not None else (whole.layout, axis)
        spine = self.table.spine(Root(whole.number, width, place), width)
        roots = self.table.roots[spine]
        return Units(spine, axis, ("along", whole.layout, axis), roots, identity(width))

    def _stride(self, name: str, axis: int) -> int | None:
        if axis == -1:
            return 1
        shape = self.network.tensors[name].shape
        if shape is None or len(shape) < -axis:
            return None
        stride = 1
        for size in shape[axis + 1 :]:
            if not isinstance(size, int):
                return None
            stride *= size
        return stride

    def _segment(self, segment: Segment) -> Value:
        width = _columns(segment)
        if width is None:
            return self.values[segment.input]
        units = self._along(segment.input, segment.axis, width)
        first = first_matrix(segment.nodes)
        lead = segment.nodes if first is None else segment.nodes[: first[0]]
        rest = segment.nodes[len(lead) :]
        if units.relabelling is None:
            W, b = aggregate(segment, None, width)
            M, k = units.dense
            R, b = matmul(W, M), add(matmul(W, k), b)
        else:
            relabelling = units.relabelling
            for node in lead:
                relabelling = _scaled(relabelling, node)
            if not rest:
                return replace(units, relabelling=relabelling)
            R, b = aggregate(Segment(rest), relabelling, width)
        return replace(units, relabelling=None, M=R, k=b)

    def _activate(self, node: Pointwise) -> Value:
        value = self.values[node.input]
        if isinstance(value, Whole):
            found = self._by_axis(node.input)
            if found is None:
                if self._made.get(value.number) == node.activation and idempotent(node.activation):
                    return value
                number = self.table.number(("activate", node.activation, value.number))
                self._made[number] = node.activation
                return Whole(number, value.layout)
            value = found
        if node.activation == IDENTITY:
            return value
        return activated(self.table, value, node.activation, merged=self.merged, relate=self.relate)

    def _by_axis(self, name: str) -> Units | None:
        axis = self.network.axes.get(name, -1)
        shape = self.network.tensors[name].shape
        if shape is None or len(shape) < -axis:
            return None
        width = shape[axis]
        if not isinstance(width, int) or width > _MOST_SPREAD:
            return None
        return self._along(name, axis, width)

    def _rearrange(self, node: Rearrange) -> Value:
        value = self.values[node.input]
        shape = self.network.tensors[node.input].shape
        after = self.network.tensors[node.output].shape
        order = transposition(node, shape)
        step = (node.operator, node.parameters, node.zero_copies)
        if isinstance(value, Units):
            axis = moved_axis(node, shape, value.axis)
            if axis is not None:
                found = value if order is None else self._transposed(value, shape, order)
                return replace(found, axis=axis, layout=(value.layout, step))
        whole = self.whole(node.input)
        layout = _layout(after, (whole.layout, step))
        if order is None:
            return Whole(whole.number, layout)
        return Whole(self.table.number(("transpose", whole, order)), layout)

    def _transposed(self, units: Units, shape: Shape, order: Hashable) -> Units:
        """The same forms over another spine, whose positions are transposed."""
        rest = _layout(shape, units.layout)
        spine = self.table.spine(("transposed", units.spine, rest, units.axis, order), 0)
        atoms = [self.table.atom(Moved(spine, int(atom))) for atom in units.atoms]
        M, k = units.dense
        rising = np.argsort(atoms)
        return replace(
            units,
            spine=spine,
            atoms=np.array(atoms)[rising],
            relabelling=None,
            M=M[:, rising],
            k=k,
        )

    def _opaque(self, node: Opaque) -> None:
        operands = {name: self.whole(name) for name in node.inputs}
        key = opaque_key(self.network, node, operands, self.tag)
        for place, name in enumerate(node.outputs):
            if name:
                number = self.table.number((*key, place))
                shape = self.network.tensors[name].shape
                self.values[name] = Whole(number, _layout(shape, ("opaque", number)))


def _layout(shape: Shape, otherwise: Hashable) -> Hashable:
    found = sizes(shape)
    return otherwise if found is None else found


def _length(size: Dimension) -> int | None:
    """A length, None where it is symbolic: names mean nothing across networks."""
    return size if isinstance(size, int) else None


def _columns(segment: Segment) -> int | None:
    """How many units the segment reads, None where it does nothing to them."""
    for node in segment.nodes:
        units = units_read(node)
        if units is not None:
            return units
    return None


def _scaled(relabelling: Relabelling, node: Linear) -> Relabelling:
    """The relabelling behind an affine node that mixes no units."""
    scale, constant = relabelling.scale, relabelling.constant
    scale, constant = times(node.weights, scale), times(node.weights, constant)
    if node.b is not None:
        constant = add(node.b, constant)
    return Relabelling(relabelling.block, scale, constant, relabelling.width)
