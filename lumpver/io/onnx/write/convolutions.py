"""Linear nodes along an axis of channels: Conv and ConvTranspose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.exact.array import nonzero

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.io.onnx.write.emitted import Emitted, Wishes
    from lumpver.model.network import Linear
    from lumpver.model.weights import Kernel


def conv(out: Emitted, node: Linear, kernel: Kernel, dtype: str, wishes: Wishes) -> None:
    """Append a Conv, or ConvTranspose, with this kernel; defaults of attributes are left out.

    Raises
    ------
    Unrepresentable
        If neither moves as the kernel does.
    """
    window, ones = kernel.window, (1,) * kernel.window.axes
    operator, (numbers, extra) = "Conv", _plainly(kernel)
    if window.spacing:
        if window.strides != ones:
            got = f"strides {window.strides}"
            raise Unrepresentable(f"node {node.name}", expected="steps of one entry", got=got)
        operator, (numbers, extra) = "ConvTranspose", _transposed(kernel, f"node {node.name}")
    inputs = [node.input, out.weights(wishes, numbers, dtype)]
    if node.b is not None and nonzero(node.b).any():
        inputs.append(out.bias(wishes, node.b, dtype))
    if window.dilations != ones:
        extra["dilations"] = list(window.dilations)
    if kernel.groups > 1:
        extra["group"] = kernel.groups
    out.node(operator, inputs, node.output, kernel_shape=list(window.size), **extra)


def _plainly(kernel: Kernel) -> tuple[Exact, dict[str, Any]]:
    """The weights of a Conv, and its strides and pads."""
    W, window, extra = kernel.numbers, kernel.window, dict[str, Any]()
    if window.strides != (1,) * window.axes:
        extra["strides"] = list(window.strides)
    if any((*window.before, *window.after)):
        extra["pads"] = [*window.before, *window.after]
    return W.reshape(W.shape[0], W.shape[1] // window.taps, *window.size), extra


def _transposed(kernel: Kernel, where: str) -> tuple[Exact, dict[str, Any]]:
    """The weights of a ConvTranspose, and its strides, pads and output padding."""
    W, window, groups = kernel.numbers, kernel.window, kernel.groups
    read, made = W.shape[1] // window.taps, W.shape[0] // groups
    apart = np.flip(
        W.reshape(groups, made, read, *window.size), tuple(range(3, 3 + window.axes))
    ).swapaxes(1, 2)
    reach = [step * (taps - 1) for taps, step in zip(window.size, window.dilations, strict=True)]
    low = [far - pad for far, pad in zip(reach, window.before, strict=True)]
    high = [far - pad for far, pad in zip(reach, window.after, strict=True)]
    if min(low) < 0:
        raise Unrepresentable(where, expected=f"pads up to {reach}", got=str(window.before))
    extra: dict[str, Any] = {"strides": list(window.spacing)}
    if any((*low, *(max(n, 0) for n in high))):
        extra["pads"] = [*low, *(max(n, 0) for n in high)]
    if min(high) < 0:
        extra["output_padding"] = [max(-n, 0) for n in high]
    return apart.reshape(groups * read, made, *window.size), extra
