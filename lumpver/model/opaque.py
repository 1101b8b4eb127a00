"""Opaque nodes: what is not modelled is kept and compared, never evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.exact.array import Exact
    from lumpver.model.tensor import Dimension, Shape

Shaped = Literal["", "first", "broadcast", "product"]  # as its operands are, or unknown
_MATRIX: Final = 2  # axes


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
    `shaped` says what is known of the shape of its first output. Both follow from the rest and
    are no part of what is compared.
    """

    name: str
    operator: str
    operands: tuple[str | Constant | None, ...]
    outputs: tuple[str, ...]
    content: bytes = b""
    captured: tuple[tuple[str, Constant | None], ...] = ()
    why: str = ""
    draws: str = ""
    shaped: Shaped = ""

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


def behind(node: Opaque, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of the node's first output, as far as it is known.

    Examples
    --------
    >>> behind(Opaque("n", "own:Curve", ("x",), ("y",), shaped="first"), {"x": ("N", 3)})
    ('N', 3)
    >>> behind(Opaque("n", "own:Curve", ("x",), ("y",)), {"x": ("N", 3)}) is None
    True
    """
    if node.is_constant and isinstance(node.operands[0], Constant):
        return node.operands[0].shape
    found = [
        operand.shape if isinstance(operand, Constant) else shapes[operand]
        for operand in node.operands
        if operand is not None
    ]
    if not node.shaped or not found:
        return None
    if node.shaped == "first":
        return found[0]
    known = [shape for shape in found if shape is not None]
    if len(known) < len(found):
        return None
    return _met(known) if node.shaped == "broadcast" else _product(known)


def _met(shapes: Sequence[tuple[Dimension, ...]]) -> tuple[Dimension, ...]:
    """What shapes are broadcast to, if they can be."""
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(_longest(sizes) for sizes in zip(*padded, strict=True))


def _longest(sizes: tuple[Dimension, ...]) -> Dimension:
    """The length that lengths are broadcast to: the one that is not 1."""
    others = {size for size in sizes if size != 1}
    numbers = [size for size in others if isinstance(size, int)]
    if not others or numbers:
        return numbers[0] if len(numbers) == 1 else (None if others else 1)
    return others.pop() if len(others) == 1 else None


def _product(shapes: Sequence[tuple[Dimension, ...]]) -> Shape:
    """The shape of a product of two stacks of matrices."""
    if len(shapes) != _MATRIX or min(map(len, shapes)) < _MATRIX:
        return None
    first, second = shapes
    return (*_met([first[:-2], second[:-2]]), first[-2], second[-1])
