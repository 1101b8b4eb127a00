"""Pool nodes as operators of ONNX, anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.io.onnx.write.emitted import Initializer

if TYPE_CHECKING:
    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.network import Pool, Shape

_WINDOWED: Final = {"max": "MaxPool", "mean": "AveragePool"}
_WHOLE: Final = {"max": "GlobalMaxPool", "mean": "GlobalAveragePool"}


def pool(out: Emitted, node: Pool, shape: Shape) -> None:
    """Append the operator that the node is.

    Raises
    ------
    Unrepresentable
        If there is not one axis in front of the channels, or a mean has gaps.
    """
    rank = 1 - node.axis
    if shape is None or len(shape) != rank:
        raise Unrepresentable(f"node {node.name}", expected=f"{rank} axes", got=str(shape))
    window, extra = node.window, dict[str, Any]()
    if node.operator == "sum":
        axes = out.name(f"{node.output}/axes")
        numbers = np.arange(2, rank, dtype=np.int64)
        out.initializers.append(Initializer(axes, numbers, "int64"))
        out.node("ReduceSum", [node.input, axes], node.output)
        return
    if window is None:
        out.node(_WHOLE[node.operator], [node.input], node.output)
        return
    if window.strides != (1,) * window.axes:
        extra["strides"] = list(window.strides)
    if max(window.dilations) > 1:
        if node.operator == "mean":  # of which this opset has none
            got = f"dilations {window.dilations}"
            raise Unrepresentable(f"node {node.name}", expected="a mean without gaps", got=got)
        extra["dilations"] = list(window.dilations)
    if any((*window.before, *window.after)):
        extra["pads"] = [*window.before, *window.after]
    if node.counts_padding:
        extra["count_include_pad"] = 1
    operator = _WINDOWED[node.operator]
    out.node(operator, [node.input], node.output, kernel_shape=list(window.size), **extra)
