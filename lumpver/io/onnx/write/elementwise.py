"""Linear nodes that multiply or shift each unit on its own: Mul, Div, Add and Sub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.io.storage import divisors

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.io.onnx.write.emitted import Emitted, Wishes
    from lumpver.model.network import Linear


def plus(out: Emitted, x: str, node: Linear, operator: str, dtype: str, wishes: Wishes) -> None:
    """Append what adds the node's bias to `x`; by a Sub where `operator` is one."""
    b = node.b
    if b is None:
        return
    shape = (b.size,) + (1,) * (-node.axis - 1)
    numbers = (-b if operator == "Sub" else b).reshape(shape)
    bias = out.bias(wishes, numbers, dtype)
    out.spread("Sub" if operator == "Sub" else "Add", [x, bias], node.output)


def diagonal(out: Emitted, node: Linear, factors: Exact, dtype: str, wishes: Wishes) -> None:
    """Append what multiplies each unit by its factor, and adds the bias."""
    shape = (factors.size,) + (1,) * (-node.axis - 1)
    if node.b is not None and bool((factors == -1).all()):
        bias = out.bias(wishes, node.b.reshape(shape), dtype)
        out.spread("Sub", [bias, node.input], node.output)
        return
    total = node.output if node.b is None else out.name(f"{node.output}/product")
    below = divisors(factors)
    weights = out.weights(wishes, (factors if below is None else below).reshape(shape), dtype)
    out.spread("Mul" if below is None else "Div", [node.input, weights], total)
    plus(out, total, node, "Add", dtype, wishes)
