"""Linear nodes that mix units: Gemm and MatMul.

left: the side on which the tensor stands, not the weights
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.exact.array import nonzero
from lumpver.io.onnx.read.walk import SPREADS
from lumpver.io.onnx.write.elementwise import plus

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.exact.array import Exact
    from lumpver.io.onnx.write.emitted import Emitted, Wishes
    from lumpver.model.network import Linear

_LONE: Final = 11  # the first opset in which a Gemm needs no bias


def flags(proto: NodeProto, node: Linear, *, turned: bool) -> dict[str, int]:
    """A Gemm's attributes: the weights are stored as they were, the tensor read as is said."""
    flags = {a.name: 1 for a in proto.attribute if a.name.startswith("trans") and a.i}
    flags.pop("transA" if node.axis == -1 else "transB", None)
    if turned:
        flags["transA" if node.axis == -1 else "transB"] = 1
    return flags | {a.name: a.i for a in proto.attribute if a.name == "broadcast"}


def gemm(
    out: Emitted, node: Linear, W: Exact, flags: dict[str, int], dtype: str, wishes: Wishes
) -> None:
    """Append a Gemm with these attributes."""
    b = node.b
    left = node.axis == -1
    stored_by_row = "transB" in flags if left else "transA" not in flags
    weights = out.weights(wishes, W if stored_by_row else W.T, dtype)
    inputs = [node.input, weights] if left else [weights, node.input]
    if b is not None and (out.opset < _LONE or bool(nonzero(b).any())):
        inputs.append(out.bias(wishes, b if left else b[:, None], dtype))
    out.node("Gemm", inputs, node.output, **flags)


def shifts(node: Linear) -> bool:
    """Whether the bias is not all zero."""
    return node.b is not None and bool(nonzero(node.b).any())


def by_gemm(out: Emitted, node: Linear, dtype: str) -> bool:
    """Whether every runtime has a Gemm for it that spreads its bias unasked."""
    return node.axis == -1 and out.opset >= SPREADS and dtype in ("float32", "float64")


def matmul(
    out: Emitted, node: Linear, W: Exact, proto: NodeProto | None, dtype: str, wishes: Wishes
) -> None:
    """Append a MatMul, on the side of the one that was, and an Add where there is a bias."""
    shifted = shifts(node)
    total = out.name(f"{node.output}/product") if shifted else node.output
    before = node.axis == -2 or (
        proto is not None and proto.op_type == "MatMul" and node.input == proto.input[1]
    )
    weights = out.weights(wishes, W if before else W.T, dtype)
    out.node("MatMul", [weights, node.input] if before else [node.input, weights], total)
    if shifted:
        plus(out, total, node, "Add", dtype, wishes)
