"""What the reader knows while it walks a graph, and how it reads attributes.

constants: names whose value does not depend on an input, as stored or folded
typed: element types that a node's own operands or attributes decide
last: for a tensor that a matrix made, the length of its last axis and its least rank
used: the element type of the numbers that a tensor meets, which must be its own
lengths: tensors that hold nothing but lengths of axes, as far as they are known
resolved: what a Reshape makes whose target such a tensor tells
room: how many numbers may still be made that the file does not hold
wide: for a tensor inside a widened affine run, the type that the run came from
floating: tensors of an unknown type that is some float: integers wrap around
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.array import Exact, finite
from lumpver.io.onnx.read.load import label
from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.model.network import Dimension, Linear, Node, Opaque, Shape, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from onnx import NodeProto

    from lumpver.io.onnx.read.tensors import Known

Plan = list[Node] | None


ROOM: Final = 2**20
MOST_AXES: Final = 32  # that every numpy function can broadcast
SPREADS: Final = 7  # the first opset in which operands are broadcast unasked
FROM_THE_END: Final = 11  # the first in which axes and indices may be counted from the end


@dataclass(frozen=True, slots=True)
class Lengths:
    """A tensor of integers that are lengths: numbers, symbols of axes, or unknown."""

    entries: tuple[Dimension, ...]
    scalar: bool


@dataclass(slots=True)
class Walk:
    """The state of reading one graph: everything known before the next node."""

    opset: int
    constants: dict[str, Known]
    tensors: dict[str, Tensor]
    nodes: list[Node] = field(default_factory=list)
    axes: dict[str, int] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    wide: dict[str, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)
    last: dict[str, tuple[int, int]] = field(default_factory=dict)
    room: int = ROOM
    lengths: dict[str, Lengths] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    floating: set[str] = field(default_factory=set)

    def define(self, made: Known | Tensor) -> None:
        """Make a name known as a constant or as a tensor, never as both.

        Raises
        ------
        Malformed
            If it is one already.
        """
        if self.value(made.name) is not None:
            raise Malformed(f"tensor {made.name}", expected="one producer", got="two")
        if isinstance(made, Tensor):
            self.tensors[made.name] = made
        else:
            self.constants[made.name] = made

    def value(self, name: str) -> Known | Tensor | None:
        """What a name stands for: a constant, a tensor, or nothing."""
        constant = self.constants.get(name)
        return self.tensors.get(name) if constant is None else constant

    def taken(self, name: str) -> Known:
        """The constant of that name, which is from now on a tensor's to have."""
        return self.constants.pop(name)

    def tensor(self, name: str) -> Tensor | None:
        """The tensor of that name, if it is one."""
        found = self.value(name)
        return found if isinstance(found, Tensor) else None

    def is_float(self, name: str) -> bool:
        """Whether what a name stands for is known to hold floats."""
        found = self.value(name)
        return name in self.floating or (found is not None and found.dtype in FLOATS.values())

    def makes(self, count: int) -> bool:
        """Whether there is room for that many numbers more; it is taken if so.

        A small file must not ask for more than it holds, but for a little; what would is left
        unmodelled, before anything is allocated for it.
        """
        if count > self.room:
            return False
        self.room -= count
        return True

    def shape(self, name: str) -> Shape:
        """The shape of a tensor as far as it is known."""
        return self.tensors[name].shape

    def rank(self, name: str) -> int | None:
        """The rank of a tensor, if known."""
        shape = self.shape(name)
        return None if shape is None else len(shape)

    def length(self, name: str, axis: int) -> Dimension:
        """The length of one axis, counted from the end; None if unknown."""
        shape = self.shape(name)
        return shape[axis] if shape is not None and len(shape) >= -axis else None

    def constant(self, name: str) -> Known | None:
        """The constant of that name, if it is one."""
        found = self.value(name)
        return None if isinstance(found, Tensor) else found


def attributes(node: NodeProto) -> dict[str, Any]:
    """The attributes of a node as plain values: ints, floats, bytes, lists, protos."""
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        kind = attribute.type
        if kind == 1:
            found[attribute.name] = attribute.f
        elif kind == 2:
            found[attribute.name] = int(attribute.i)
        elif kind == 3:
            found[attribute.name] = attribute.s
        elif kind == 4:
            found[attribute.name] = attribute.t
        elif kind == 6:
            found[attribute.name] = list(attribute.floats)
        elif kind == 7:
            found[attribute.name] = [int(i) for i in attribute.ints]
        else:
            found[attribute.name] = attribute
    return found


def only(values: dict[str, Any], *names: str) -> bool:
    """Whether no attribute besides `names` is there."""
    return set(values) <= set(names)


def fit(node: NodeProto, expected: int, got: Dimension) -> None:
    """Nothing, if a known length is the expected one.

    Raises
    ------
    ShapeMismatch
        Naming the node, if it is another.
    """
    if isinstance(got, int) and got != expected:
        raise ShapeMismatch(f"node {label(node)}", expected=f"{expected} units", got=str(got))


def numberless(node: Node | None) -> bool:
    """Whether a node is affine and does nothing."""
    return isinstance(node, Linear) and node.W is None and node.b is None


def with_length(shape: Shape, axis: int, length: int) -> Shape:
    """A shape with another length along one axis."""
    if shape is None or len(shape) < -axis:
        return None
    sizes = list(shape)
    sizes[axis] = length
    return tuple(sizes)


def dynamic(walk: Walk, node: NodeProto, place: int) -> str | None:
    """The tensor at one input, if it is no constant and its type may be a float."""
    name = node.input[place] if place < len(node.input) else ""
    found = walk.tensor(name)
    if found is None:
        return None
    return name if found.dtype in FLOATS.values() or found.dtype == "" else None


def stored(walk: Walk, node: NodeProto, place: int, other: str) -> Exact | None:
    """The float entries of a constant input whose type fits the tensor `other`."""
    known = walk.constant(node.input[place]) if place < len(node.input) else None
    if known is None or not known.is_float:
        return None
    if walk.tensors[other].dtype not in ("", known.dtype):
        return None
    walk.typed[node.output[0]] = known.dtype
    walk.used.setdefault(other, known.dtype)
    entries: Exact = known.array()
    return entries


def numbers(walk: Walk, node: NodeProto, place: int, other: str) -> Exact | None:
    """The same, refusing what is no number.

    Raises
    ------
    NotANumber
        Naming the tensor and the index of an entry that is NaN or infinite.
    """
    found = stored(walk, node, place, other)
    return None if found is None else finite(found, where=f"tensor {node.input[place]}")


def floats_on(walk: Walk, nodes: Sequence[Node]) -> set[str]:
    """What the nodes that stand for one of the file's make, where they read floats."""
    if not any(walk.is_float(name) for node in nodes for name in node.inputs):
        return set()
    return {name for node in nodes for name in node.outputs}


def open_types(walk: Walk) -> dict[str, str]:
    """The type of each tensor whose maker leaves it open, as far as its readers tell."""
    found = dict(walk.used)
    for node in reversed(walk.nodes):
        if not isinstance(node, Opaque) and node.output in found and not _converts(walk, node):
            found.setdefault(node.input, found[node.output])
    return {name: kind for name, kind in found.items() if not walk.tensors[name].dtype}


def _converts(walk: Walk, node: Node) -> bool:
    return numberless(node) and walk.typed.get(node.outputs[0]) is not None


def needed(walk: Walk, nodes: Sequence[Node], outputs: Iterable[str]) -> tuple[Node, ...]:
    """The nodes without those that only make lengths which nothing else reads."""
    live = set(outputs)
    kept: list[Node] = []
    for node in reversed(nodes):
        spare = all(name in walk.lengths for name in node.outputs)
        if not spare or not live.isdisjoint(node.outputs):
            live.update(node.inputs)
            kept.append(node)
    return tuple(reversed(kept))


def settled(walk: Walk, outputs: Iterable[str]) -> tuple[Node, ...]:
    """The nodes; one without numbers goes along the axis of the affine node that reads it.

    What leads to no output has no say, since a reduced model does not have it.
    """
    wanted: dict[str, int] = {}
    live = set(outputs)
    nodes = list(walk.nodes)
    for i, node in reversed(list(enumerate(nodes))):
        if not isinstance(node, Opaque) and node.output not in live:
            continue
        live.update(node.inputs)
        if isinstance(node, Linear):
            if numberless(node):
                node = nodes[i] = replace(node, axis=wanted.get(node.output, node.axis))  # noqa: PLW2901
            wanted[node.input] = node.axis
    return tuple(nodes)
