"""How far a model is from itself with narrower weights, and runs in float32 from reals, on boxes.

Run by hand: `python tests/benchmarks/rounded_models.py MODEL.onnx BOX.vnnlib… [--seconds S]`. For
each box and type of weights (float16, bfloat16, int8 with one scale a tensor): the largest
difference of sampled points, the smallest multiple of it that is proved, and the seconds that this
took, of this process and its children, beside wall time; then the bound on executions of the model.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from time import monotonic
from typing import Any, Final

import numpy as np
import onnx
from flint import fmpq
from onnx import TensorProto, helper, numpy_helper

import lumpver
from lumpver.claim.domain import Boxes
from lumpver.io.onnx.read import read
from lumpver.proving import Proved
from lumpver.proving.boxes import read_domain

TYPES: Final = {"float16": TensorProto.FLOAT16, "bfloat16": TensorProto.BFLOAT16}
MULTIPLES: Final = (10, 5, 3, 2)
_SAMPLES: Final = 2_000


def narrowed(model: Any, kind: str) -> Any:
    """The model with weights of another type, and Casts or DequantizeLinear behind them."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    stored, nodes = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or not values.size:
            stored.append(tensor)
            continue
        name = f"{tensor.name} in {kind}"
        if kind == "int8":
            scale = np.float32(max(np.abs(values).max(), 1e-30) / 127)
            whole = np.clip(np.rint(values / scale), -127, 127).astype(np.int8)
            stored += [
                numpy_helper.from_array(whole, name),
                numpy_helper.from_array(np.asarray(scale), f"scale of {name}"),
            ]
            operands = [name, f"scale of {name}"]
            nodes.append(helper.make_node("DequantizeLinear", operands, [tensor.name]))
            continue
        narrow = helper.make_tensor(name, TYPES[kind], values.shape, values.ravel().tolist())
        stored.append(narrow)
        nodes.append(helper.make_node("Cast", [name], [tensor.name], to=TensorProto.FLOAT))
    old, names = list(model.graph.node), {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in names]
    for field, values in (("initializer", stored), ("node", nodes + old), ("input", inputs)):
        made.graph.ClearField(field)
        getattr(made.graph, field).extend(values)
    for opset in made.opset_import:
        opset.version = max(opset.version, 13) if not opset.domain else opset.version
    made.ir_version = max(made.ir_version, 8)
    return made


@dataclass(frozen=True, slots=True)
class Found:
    """What is proved of a pair on a box."""

    kind: str
    box: str
    sampled: float
    multiple: int | None
    seconds: float
    cpu: float

    def __str__(self) -> str:
        said = "not proved" if self.multiple is None else f"{self.multiple} times proved"
        return (
            f"{self.kind:9} {self.box:28} sampled {self.sampled:.3g}, {said}"
            f" ({self.seconds:.1f} s, CPU {self.cpu:.1f} s)"
        )


def sampled(models: tuple[Any, Any], domain: Boxes) -> float:
    """The largest difference that onnxruntime shows at random points and corners."""
    import onnxruntime

    rng, most = np.random.default_rng(0), 0.0
    runs = [onnxruntime.InferenceSession(m.SerializeToString()) for m in models]
    (value,) = runs[0].get_inputs()
    shape = [n if isinstance(n, int) and n > 0 else 1 for n in value.shape]
    for box in domain.boxes:
        ((_, ranges),) = box.ranges
        low, high = (
            np.array([float(Fraction(int(end.p), int(end.q))) for end in side])
            for side in zip(*ranges, strict=True)
        )
        for i in range(_SAMPLES):
            share = rng.random(low.size) if i % 2 else rng.integers(0, 2, low.size)
            x = (low + share * (high - low)).astype(np.float32).reshape(shape)
            y, z = (run.run(None, {value.name: x})[0] for run in runs)
            most = max(most, float(np.abs(y.astype(np.float64) - z).max()))
    return most


def closest(models: tuple[Any, Any], kind: str, box: Path, seconds: float) -> Found:
    """The smallest multiple of the sampled difference that is proved in that time, in all."""
    networks = [read(m.SerializeToString(), where=kind) for m in models]
    domain = read_domain(networks[0], str(box)).asked
    assert isinstance(domain, Boxes)
    largest, multiple = sampled(models, domain), None
    eps = fmpq(*largest.as_integer_ratio())
    start, before = monotonic(), os.times()
    for times in MULTIPLES:
        left = seconds - (monotonic() - start)
        if left <= 0:
            break
        near = lumpver.Within(eps * times)
        found = lumpver.prove(*networks, box=str(box), closeness=near, timeout=left)
        if not isinstance(found, Proved):
            break
        multiple = times
    after = os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    return Found(kind, box.name, largest, multiple, monotonic() - start, cpu)


def main() -> None:
    """All boxes and types, a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("boxes", type=Path, nargs="+")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    model = onnx.load(options.model)
    for box in options.boxes:
        for kind in (*TYPES, "int8"):
            found = closest((model, narrowed(model, kind)), kind, box, options.seconds)
            sys.stdout.write(f"{found}\n")
            sys.stdout.flush()
        start = monotonic()
        said = lumpver.float_error(options.model, box=str(box))
        sys.stdout.write(f"float32   {box.name:28} {said} ({monotonic() - start:.2f} s)\n")


if __name__ == "__main__":
    main()
