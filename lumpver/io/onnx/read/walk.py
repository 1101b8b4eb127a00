"""What the reader knows while it walks a graph.

constants: names whose value does not depend on an input, as stored or folded
typed: element types that a node's own operands or attributes decide
last: for a tensor that a matrix made, the length of its last axis and its least rank
used: the element type of the numbers that a tensor meets, which must be its own
lengths: tensors that hold nothing but lengths of axes, as far as they are known
resolved: what a Reshape makes whose target such a tensor tells
room: how many numbers may still be made that the file does not hold
zeros: how many may stand between units of groups apart, where kernels in groups are laid out whole
wide: for a tensor inside a widened affine run, the type that the run came from
unfit: why a node is not modelled, where that is more than that it is not, by its first output
floating: tensors of an unknown type that is some float: integers wrap around
makers: the activation that makes a tensor
parts: what operators make that together are one activation; spare if nothing else reads it
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lumpver.errors import Malformed
from lumpver.io.onnx.read.tensors import FLOATS
from lumpver.model.network import Dimension, Node, Shape, Tensor
from lumpver.model.weights import MOST_ZEROS

if TYPE_CHECKING:
    from lumpver.io.onnx.read.tensors import Known
    from lumpver.model.network import Pointwise

Plan = list[Node] | None


ROOM: Final = 2**20
_ZEROS: Final = 2**28
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
    zeros: int = _ZEROS
    lengths: dict[str, Lengths] = field(default_factory=dict)
    resolved: set[str] = field(default_factory=set)
    floating: set[str] = field(default_factory=set)
    unfit: dict[str, str] = field(default_factory=dict)
    makers: dict[str, Pointwise] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)

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

    def spreads(self, numbers: int, groups: int) -> bool:
        """Whether a kernel of so many numbers may be laid out whole; the room is taken if so."""
        zeros = numbers * (groups - 1)
        if zeros > min(self.zeros, MOST_ZEROS):
            return False
        self.zeros -= zeros
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
