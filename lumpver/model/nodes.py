"""The nodes of a network: affine, activation, rearrangement, opaque.

Each reads tensors by name and makes new ones; numbers are exact arrays.

unit: one entry of a tensor's unit axis
axis: the unit axis counted from the end, -1 for the last
opaque: a node that lumpver does not model; it is kept, compared, never evaluated

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definition 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import Exact, is_float
from lumpver.model.linear import Linear

if TYPE_CHECKING:
    from lumpver.model.activations import Activation

Dimension = int | str | None
Shape = tuple[Dimension, ...] | None


_BLOCK: Final = 2**20  # bytes that are compared at a time


@dataclass(frozen=True, slots=True)
class Tensor:
    """A name with what is known of its type: ONNX element type and shape.

    `shape` is None where not even the rank is known; an axis of unknown length is None,
    a symbolic one its name.
    """

    name: str
    dtype: str = "real"
    shape: Shape = None


@dataclass(frozen=True, slots=True, eq=False)
class Pointwise:
    """y = A(x), unit by unit."""

    name: str
    input: str
    output: str
    activation: Activation

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.input,)

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.output,)


@dataclass(frozen=True, slots=True, eq=False)
class Rearrange:
    """The entries of x in another shape: Reshape, Flatten, Transpose, (Un)Squeeze.

    `parameters` are the integers of the operator as ONNX defines it: the target shape,
    the axis, the permutation, the axes. `zero_copies` is Reshape's reading of 0.
    """

    name: str
    input: str
    output: str
    operator: str
    parameters: tuple[int, ...] | None
    zero_copies: bool = True

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.input,)

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.output,)


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """A constant input of an opaque node, byte for byte.

    `numbers` are its entries where they are numbers that somebody needs.
    """

    dtype: str
    shape: tuple[int, ...]
    data: bytes
    numbers: Exact | None = None

    def same_as(self, other: Constant) -> bool:
        """Whether both are the same bytes of the same type and shape."""
        return (self.dtype, self.shape, self.data) == (other.dtype, other.shape, other.data)


@dataclass(frozen=True, slots=True, eq=False)
class Opaque:
    """A node that is not modelled.

    `operands` are names of tensors, Constants, or None for an omitted optional input;
    `captured` pairs each outer name used by a subgraph with its constant, or None for a
    tensor; `content` is the rest of the node, canonically: attributes, subgraphs.
    `why` says what is odd about a node whose operator is modelled otherwise.
    `draws` says what in the node, or in a function that it may call, draws random numbers;
    it follows from the rest and is no part of what is compared.
    """

    name: str
    operator: str
    operands: tuple[str | Constant | None, ...]
    outputs: tuple[str, ...]
    content: bytes = b""
    captured: tuple[tuple[str, Constant | None], ...] = ()
    why: str = ""
    draws: str = ""

    @property
    def inputs(self) -> tuple[str, ...]:
        read = [operand for operand in self.operands if isinstance(operand, str)]
        return (*read, *(name for name, constant in self.captured if constant is None))

    @property
    def is_constant(self) -> bool:
        """Whether the node is no operator but a constant that is an output."""
        return self.operator == "constant"

    @property
    def value(self) -> Exact | None:
        """The output where it is a constant of known numbers."""
        first = self.operands[0] if self.is_constant else None
        return first.numbers if isinstance(first, Constant) else None


Node = Linear | Pointwise | Rearrange | Opaque


@dataclass(frozen=True, slots=True)
class Segment:
    """A maximal run of affine nodes: nothing but its last node's output is read elsewhere."""

    nodes: tuple[Linear, ...]

    @property
    def input(self) -> str:
        return self.nodes[0].input

    @property
    def output(self) -> str:
        return self.nodes[-1].output

    @property
    def axis(self) -> int:
        return self.nodes[-1].axis


def same_numbers(a: Exact | None, b: Exact | None) -> bool:
    """Whether two optional parameters are stored as the same bytes or both absent."""
    if a is None or b is None:
        return a is b
    if a is b:
        return True
    if not is_float(a) or a.dtype != b.dtype or a.shape != b.shape:
        return False
    a, b = np.atleast_1d(a), np.atleast_1d(b)
    if a.size == 0 or (a.strides == b.strides and a.ctypes.data == b.ctypes.data):
        return True
    if a.ndim == 2 and a.strides == b.strides and a.strides[0] < a.strides[1]:
        a, b = a.T, b.T  # as they lie in memory
    step = max(1, _BLOCK * len(a) // a.nbytes)
    return all(
        a[start : start + step].tobytes() == b[start : start + step].tobytes()
        for start in range(0, len(a), step)
    )
