"""Linear nodes along an axis of channels: Conv."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumpver.exact.array import nonzero

if TYPE_CHECKING:
    from lumpver.io.onnx.write.emitted import Emitted, Wishes
    from lumpver.model.network import Linear
    from lumpver.model.weights import Kernel


def conv(out: Emitted, node: Linear, kernel: Kernel, dtype: str, wishes: Wishes) -> None:
    """Append a Conv with this kernel; attributes that are the defaults are left out."""
    W, window = kernel.numbers, kernel.window
    weights = W.reshape(W.shape[0], W.shape[1] // window.taps, *window.size)
    inputs = [node.input, out.weights(wishes, weights, dtype)]
    if node.b is not None and nonzero(node.b).any():
        inputs.append(out.bias(wishes, node.b, dtype))
    ones, extra = (1,) * window.axes, dict[str, Any]()
    if window.strides != ones:
        extra["strides"] = list(window.strides)
    if window.dilations != ones:
        extra["dilations"] = list(window.dilations)
    if any((*window.before, *window.after)):
        extra["pads"] = [*window.before, *window.after]
    if kernel.groups > 1:
        extra["group"] = kernel.groups
    out.node("Conv", inputs, node.output, kernel_shape=list(window.size), **extra)
