"""How many filters a model file has, counted from its weights alone."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto


def filters(model: ModelProto) -> int:
    """Channels that convolutions make, and units that dense layers make."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    return sum(_made(node, shapes) for node in model.graph.node)


def weights(model: ModelProto) -> int:
    """Numbers that are stored."""
    return sum(prod(tensor.dims) for tensor in model.graph.initializer)


def _made(node: NodeProto, shapes: dict[str, tuple[int, ...]]) -> int:
    known = [shapes[name] for name in node.input if name in shapes]
    if not known:
        return 0
    settings = {attribute.name: attribute.i for attribute in node.attribute}
    match node.op_type:
        case "Conv":
            return known[0][0]
        case "ConvTranspose":
            return known[0][1] * max(1, settings.get("group", 1))
        case "Gemm":
            return known[0][0 if settings.get("transB") else 1]
        case "MatMul":
            return known[0][-1 if node.input[1] in shapes else 0]
        case _:
            return 0
