"""onnxruntime beside the exact oracle: shapes behind opaque nodes, and a float comparison.

A difference beyond rounding is a mistake; agreement is no evidence.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np

ROUNDING: Final = 2.0**-10
_TYPES: Final = {"tensor(float)": "<f4", "tensor(double)": "<f8", "tensor(float16)": "<f2"}


def session(data: bytes) -> Any:
    """A session for a model's bytes, or None where onnxruntime refuses them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception:  # noqa: BLE001 its errors have no common type, and none is ours
        return None


def _feed(running: Any, point: dict[str, Any]) -> dict[str, Any] | None:
    found = {}
    for given in running.get_inputs():
        if given.name not in point or given.type not in _TYPES:
            return None
        numbers = point[given.name]
        flat = [float(int(v.p) / int(v.q)) for v in numbers.ravel().tolist()]
        found[given.name] = np.array(flat).reshape(numbers.shape).astype(_TYPES[given.type])
    return found


def run(running: Any, point: dict[str, Any]) -> list[Any] | None:
    """The outputs, or None where onnxruntime fails."""
    feed = None if running is None else _feed(running, point)
    if feed is None:
        return None
    try:
        return list(running.run(None, feed))
    except Exception:  # noqa: BLE001 as above
        return None


@lru_cache(maxsize=32)
def _watched(data: bytes) -> tuple[Any, tuple[str, ...]]:
    """A session that also hands out every node's outputs."""
    from onnx import ModelProto, ValueInfoProto

    model = ModelProto.FromString(data)
    names = [name for node in model.graph.node for name in node.output if name]
    known = {value.name for value in model.graph.output}
    model.graph.output.extend(ValueInfoProto(name=name) for name in names if name not in known)
    return session(model.SerializeToString()), tuple(v.name for v in model.graph.output)


def opaque_shapes(data: bytes, point: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor at a point; none where onnxruntime does not run the model."""
    running, names = _watched(data)
    values = run(running, point)
    return {} if values is None else {
        name: value.shape for name, value in zip(names, values, strict=True)
    }  # fmt: skip


@lru_cache(maxsize=32)
def _session(data: bytes) -> Any:
    return session(data)


def differs(original: bytes, reduced: bytes, point: dict[str, Any]) -> str | None:
    """Why two models differ by more than rounding in onnxruntime; None also if either fails."""
    ours, theirs = run(_session(original), point), run(session(reduced), point)
    if ours is None or theirs is None:
        return None
    for a, b in zip(ours, theirs, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"onnxruntime: {a.dtype} {a.shape} and {b.dtype} {b.shape}"
        if a.dtype.kind != "f":
            continue
        with np.errstate(all="ignore"):
            most = float(np.abs(a).max(initial=1.0))
            if not float(np.abs(a - b).max(initial=0.0)) <= ROUNDING * most and np.isfinite(most):
                return f"onnxruntime: {a.tolist()} and {b.tolist()}"
    return None
