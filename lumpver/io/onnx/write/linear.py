"""Linear nodes as ONNX nodes: the operators they came from, with other numbers.

Numbers are stored in the tensor's own type where it holds every one of them, a bias also as
several that are added one after the other; else in float64 between two Casts. Nothing is ever
rounded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, assert_never

from lumpver.errors import Unrepresentable
from lumpver.io.onnx.read.opsets import COPY
from lumpver.io.onnx.write.convolutions import conv
from lumpver.io.onnx.write.elementwise import diagonal, plus
from lumpver.io.onnx.write.emitted import Wishes
from lumpver.io.onnx.write.normalizing import batch_normalization
from lumpver.io.onnx.write.products import by_gemm, flags, gemm, matmul, shifts
from lumpver.io.storage import bias_parts
from lumpver.model.weights import IDENTITY, Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.model.window import points

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.exact.array import Exact
    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.network import Linear

_GEMM: Final = 2  # the axes that it knows
_LEFT: Final = -2  # the axis along which a MatMul's first operand multiplies


def emit(
    out: Emitted,
    node: Linear,
    proto: NodeProto | None,
    *,
    dtype: str,
    wishes: Wishes,
    turned: bool = False,
    rank: int | None = None,
) -> None:
    """Append what computes `node`, in the manner of the NodeProto it came from.

    Where `turned`, a Gemm has to transpose what it reads. A product of a tensor of `rank` 2
    that is shifted is a Gemm, too.

    Raises
    ------
    Unrepresentable
        If a number is not of that type, or no operator multiplies along the node's axis.
    """
    node, more = _in_parts(out, node, dtype)
    operator = "" if proto is None else proto.op_type
    match node.weights:
        case Kernel():
            conv(out, node, node.weights, dtype, wishes)
        case Matrix(W):
            if _along_channels(node, operator, rank, dtype):
                conv(out, node, Kernel(W, points(-1 - node.axis)), dtype, wishes)
            else:
                _matrix(out, node, W, proto, dtype=dtype, wishes=wishes, turned=turned, rank=rank)
        case Diagonal(factors):
            diagonal(out, node, factors, dtype, wishes)
        case Normalization():
            batch_normalization(out, node, node.weights, dtype, wishes)
        case Identity():
            if node.b is not None:
                plus(out, node.input, node, operator, dtype, wishes)
            else:
                out.node(COPY, [node.input], node.output)
        case _:
            assert_never(node.weights)
    if proto is not None and node.name == proto.name:
        out.nodes[-1].name = proto.name
    for part in more:
        plus(out, part.input, part, "Add", dtype, Wishes(wishes.weights, wishes.bias))


def _in_parts(out: Emitted, node: Linear, dtype: str) -> tuple[Linear, list[Linear]]:
    """The node with as much of its bias as the type holds, and nodes that add the rest."""
    found = bias_parts(node.b, dtype)
    if found is None or len(found) < 2:
        return node, []
    places = [out.name(f"{node.output}/part") for _ in found[1:]]
    ends = zip(places, [*places[1:], node.output], found[1:], strict=True)
    more = [replace(node, input=x, output=y, weights=IDENTITY, b=b) for x, y, b in ends]
    return replace(node, output=places[0], b=found[0]), more


def _along_channels(node: Linear, operator: str, rank: int | None, dtype: str) -> bool:
    """Whether a Conv of one tap computes the node, and no MatMul that was there or is wider."""
    if node.axis == _LEFT:
        return operator == "Conv" and dtype != "float64"  # of which onnxruntime has none
    return operator == "Conv" or (node.axis < _LEFT and rank == 1 - node.axis)


def _matrix(
    out: Emitted,
    node: Linear,
    W: Exact,
    proto: NodeProto | None,
    *,
    dtype: str,
    wishes: Wishes,
    turned: bool,
    rank: int | None,
) -> None:
    """Append a Gemm where there was one, or where it saves an Add; else a MatMul."""
    if node.axis < _LEFT:
        where = f"node {node.name}"
        raise Unrepresentable(where, expected="a matrix along one of the last two axes", got="none")
    if proto is not None and proto.op_type == "Gemm":
        gemm(out, node, W, flags(proto, node, turned=turned), dtype, wishes)
    elif rank == _GEMM and shifts(node) and by_gemm(out, node, dtype):
        gemm(out, node, W, {}, dtype, wishes)
    else:
        matmul(out, node, W, proto, dtype, wishes)
