"""Pointwise nodes as operators of ONNX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.exact.array import array

if TYPE_CHECKING:
    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.network import Pointwise


def activation(out: Emitted, node: Pointwise, dtype: str) -> None:
    """The node; its parameters are operands, which hold numbers that attributes would round."""
    function = node.activation
    operator = "PRelu" if function.operator == "LeakyRelu" else function.operator
    words = {"PRelu": ("slope",), "Clip": ("min", "max")}.get(operator, ())
    numbers = [array(value) for value in function.parameters]
    operands = [
        out.constant(f"{node.output}/{word}", number, dtype)
        for word, number in zip(words, numbers, strict=True)
    ]
    out.node(operator, [node.input, *operands], node.output)
