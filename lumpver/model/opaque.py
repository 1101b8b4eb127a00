"""Opaque nodes: what is not modelled is kept and compared, never evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumpver.exact.array import Exact


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
