"""What a Network keeps of the ONNX model that it was read from, for the writer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from onnx import ModelProto

    from lumpver.io.onnx.read.tensors import Known
    from lumpver.model.network import Node, Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The model a Network was read from, for the writer.

    `origin` gives the index of the NodeProto behind each tensor that a node makes,
    `order` the indices of all NodeProtos in topological order;
    `overridable` are initializers that a caller may replace at run time (IR 4 and later);
    `types` are element types that follow from what tensors meet, not from what makes them;
    `nodes` and `tensors` are the Network's as read, which tell what has changed since;
    `resolved` and `measured` are what follows from shapes that may change: tensors that a
    Reshape makes, and constants; `spare` are lengths that nothing reads but those;
    `detached` are payloads that `model` does not hold.
    """

    model: ModelProto
    origin: dict[str, int]
    order: tuple[int, ...]
    overridable: tuple[str, ...]
    external: dict[str, str]
    opset: int
    types: dict[str, str]
    nodes: tuple[Node, ...]
    tensors: dict[str, Tensor]
    resolved: frozenset[str] = frozenset()
    measured: Mapping[str, Known] = field(default_factory=dict)
    spare: frozenset[str] = frozenset()
    detached: Mapping[str, Any] = field(default_factory=dict)
