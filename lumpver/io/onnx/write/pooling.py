"""Pool nodes as operators of ONNX, anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Unrepresentable
from lumpver.io.onnx.write.emitted import Initializer
from lumpver.model.window import Window

if TYPE_CHECKING:
    from onnx import NodeProto

    from lumpver.io.onnx.write.emitted import Emitted
    from lumpver.model.network import Network, Pool, Shape

_WINDOWED: Final = {"max": "MaxPool", "mean": "AveragePool"}
_BY_MODES: Final = 11  # the first opset in which Resize says how, and Pad is told by tensors
_REDUCTIONS: Final = {"max": "ReduceMax", "mean": "ReduceMean", "sum": "ReduceSum"}
_AXES_BY_INPUT: Final = {"max": 18, "mean": 18, "sum": 13}  # the first opset in which they are
_MATRIX: Final = 2  # axes, of which no pool takes less
_WHOLE: Final = {"max": "GlobalMaxPool", "mean": "GlobalAveragePool"}


def pool(out: Emitted, node: Pool, shape: Shape) -> None:
    """Append the operator that the node is.

    Raises
    ------
    Unrepresentable
        If there is not one axis in front of the channels of a window, a mean has gaps, or a sum
        neither takes all positions, nor pads, nor repeats.
    """
    rank, window = 1 - node.axis, node.window
    if window is None and shape is not None and len(shape) >= -node.axis:
        _whole(out, node, len(shape))
    elif shape is None or len(shape) != rank:
        raise Unrepresentable(f"node {node.name}", expected=f"{rank} axes", got=str(shape))
    elif node.operator == "sum" and window is not None:
        _placed(out, node, window)
    elif window is not None:
        _windowed(out, node, window)


def _windowed(out: Emitted, node: Pool, window: Window) -> None:
    """Append a MaxPool or an AveragePool."""
    extra = dict[str, Any]()
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


def _whole(out: Emitted, node: Pool, rank: int) -> None:
    """Append what takes all positions: a pool of its own, or a reduction along some axes."""
    if node.operator in _WHOLE and rank == 1 - node.axis > _MATRIX:
        out.node(_WHOLE[node.operator], [node.input], node.output)
    else:
        _reduced(out, node, rank)


def _reduced(out: Emitted, node: Pool, rank: int) -> None:
    """Append what reduces all axes behind that of the units."""
    axes = range(rank + node.axis + 1, rank)
    if out.opset < _AXES_BY_INPUT[node.operator]:
        out.node(_REDUCTIONS[node.operator], [node.input], node.output, axes=[*axes])
        return
    name = out.name(f"{node.output}/axes")
    out.initializers.append(Initializer(name, np.array(axes, dtype=np.int64), "int64"))
    out.node(_REDUCTIONS[node.operator], [node.input, name], node.output)


def _placed(out: Emitted, node: Pool, window: Window) -> None:
    """Append a Pad of zeros, or what repeats positions."""
    ones, pads = (1,) * window.axes, (*window.before, *window.after)
    if window == Window(ones, ones, ones, window.before, window.after):
        each = window.axes
        spread = [0, 0, *pads[:each], 0, 0, *pads[each:]]
        if out.opset < _BY_MODES:
            out.node("Pad", [node.input], node.output, pads=spread)
            return
        name = out.name(f"{node.output}/pads")
        out.initializers.append(Initializer(name, np.array(spread, dtype=np.int64), "int64"))
        out.node("Pad", [node.input, name], node.output)
        return
    reach = tuple(size - 1 for size in window.size)
    if window != Window(window.size, ones, ones, reach, reach, window.size):
        raise Unrepresentable(f"node {node.name}", expected="pads or repetitions", got=str(window))
    repetition(out, node)


def repetition(out: Emitted, node: Pool) -> None:
    """Append the operator that repeats each position as often as the window is long."""
    window = node.window
    factors = () if window is None else window.size
    name = out.name(f"{node.output}/scales")
    scales = np.array([1, 1, *factors], dtype=np.float32)
    out.initializers.append(Initializer(name, scales, "float32"))
    if out.opset < _BY_MODES:
        out.node("Resize", [node.input, name], node.output, mode="nearest")
        return
    roi = out.name(f"{node.output}/roi")
    out.initializers.append(Initializer(roi, np.zeros(0, dtype=np.float32), "float32"))
    how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    out.node("Resize", [node.input, roi, name], node.output, mode="nearest", **how)


def pooled(out: Emitted, node: Pool, proto: NodeProto, original: Network, reduced: Network) -> None:
    """Append the operator that a pool came from; anew, if it says how many channels there are."""
    before, after = (network.tensors[node.output].shape for network in (original, reduced))
    told = proto.op_type == "Resize" and len(proto.input) > 3 and bool(proto.input[3])
    if told and before != after:
        repetition(out, node)
    else:
        out.nodes.append(proto)
