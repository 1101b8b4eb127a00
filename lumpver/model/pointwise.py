"""Pointwise nodes: one function of each entry, or each unit's own.

Shapes and units stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, rationals
from lumpver.model.several import Several, laid_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.model.activations import Activation
    from lumpver.model.several import Activations
    from lumpver.model.tensor import Shape


@dataclass(frozen=True, slots=True, eq=False)
class Pointwise:
    """y = A(x), unit by unit."""

    name: str
    input: str
    output: str
    activation: Activations

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.input,)

    @property
    def outputs(self) -> tuple[str, ...]:
        return (self.output,)

    @property
    def axis(self) -> int | None:
        """The axis along which units have activations of their own, if they do."""
        return self.activation.axis if isinstance(self.activation, Several) else None


def along(node: Pointwise, axis: int) -> Pointwise:
    """The node with units along another axis."""
    given = node.activation
    if not isinstance(given, Several):
        return node
    return replace(node, activation=replace(given, axis=axis))


def behind(node: Pointwise, shape: Shape) -> Shape:
    """The shape of the node's output for an input of this shape.

    Raises
    ------
    ShapeMismatch
        If each unit has its own activation, and there are not as many.
    """
    given = node.activation
    if not isinstance(given, Several) or shape is None:
        return shape
    size = shape[given.axis] if len(shape) >= -given.axis else None
    if len(shape) < -given.axis or (isinstance(size, int) and size != len(given.functions)):
        expected = f"{len(given.functions)} units along {given.axis}"
        raise ShapeMismatch(f"node {node.name}", expected=expected, got=str(shape))
    return shape


def over(node: Pointwise, x: Exact, make: Callable[[Activation, Any], Any]) -> Exact:
    """What `make` makes of each entry's activation and the entry, entry by entry.

    Raises
    ------
    ShapeMismatch
        If each unit has its own activation, and there are not as many.
    """
    functions = laid_out(node.activation, x.shape)
    flat = [make(*pair) for pair in zip(functions, x.ravel().tolist(), strict=True)]
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(x.shape)


def value(node: Pointwise, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    NotRational
        If an activation has no rational value somewhere.
    ShapeMismatch
        If each unit has its own, and there are not as many.
    """
    return over(node, rationals(x), lambda function, entry: function(entry))
