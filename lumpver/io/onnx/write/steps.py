"""Nodes without numbers, written anew: steps of an operator that was read as several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from lumpver.io.onnx.read.placing import still_filled
from lumpver.io.onnx.read.spacing import SPACING, alike
from lumpver.io.onnx.write.activations import activation
from lumpver.io.onnx.write.picking import pick
from lumpver.io.onnx.write.pooling import pool
from lumpver.io.onnx.write.rearranging import rearrangement
from lumpver.model.network import Pick, Pointwise, Pool, Rearrange

BY_STEPS: Final = (
    *("DepthToSpace", "Einsum", "Gather", "MatMul", "Pad", "ReduceMax", "ReduceMean", "ReduceSum"),
    *("SpaceToDepth", "Where"),
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnx import NodeProto

    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.network import Network, Node, Shape


def step(out: Emitted, node: Pointwise | Pool | Pick | Rearrange, shape: Shape, dtype: str) -> None:
    """Append the operators that the node is, of an input of this shape and type.

    Raises
    ------
    Unrepresentable
        If no operators of this operator set are.
    """
    match node:
        case Pointwise():
            activation(out, node, dtype)
        case Pool():
            pool(out, node, shape)
        case Pick():
            pick(out, node, shape, slices=False)
        case Rearrange():
            rearrangement(out, node)
        case _:
            assert_never(node)


def stands(
    proto: NodeProto, nodes: Sequence[Node], before: Sequence[Node], reduced: Network
) -> bool:
    """Whether an operator that says nothing of units is these nodes, as it was those before."""
    shape = reduced.tensors[nodes[0].inputs[0]].shape if nodes else None
    if proto.op_type in SPACING:
        return shape is not None and alike(proto, shape, nodes)
    return proto.op_type == "Pad" and still_filled(nodes, before)


def renamed(proto: NodeProto, before: str, after: str) -> NodeProto:
    """The operator, reading one tensor by another name."""
    if before == after:
        return proto
    found: NodeProto = type(proto).FromString(proto.SerializeToString())
    found.input[:] = [after if name == before else name for name in found.input]
    return found
