"""Pointwise nodes: one function of each entry.

Shapes and units stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import Exact, rationals

if TYPE_CHECKING:
    from lumpver.model.activations import Activation


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


def value(node: Pointwise, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    NotRational
        If the activation has no rational value somewhere.
    """
    flat = [node.activation(entry) for entry in rationals(x).ravel().tolist()]
    result = np.empty(len(flat), dtype=object)
    result[:] = flat
    return result.reshape(x.shape)
