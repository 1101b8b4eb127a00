"""Tensors: a name with what is known of its type."""

from __future__ import annotations

from dataclasses import dataclass

Dimension = int | str | None
Shape = tuple[Dimension, ...] | None


@dataclass(frozen=True, slots=True)
class Tensor:
    """A name with what is known of its type: ONNX element type and shape.

    `shape` is None where not even the rank is known; an axis of unknown length is None,
    a symbolic one its name.
    """

    name: str
    dtype: str = "real"
    shape: Shape = None
