"""The cases that onnxsim's `certify` answers, and lumpver's answers to them: a table, row by row.

Run by hand: `python tests/benchmarks/onnxsim_cases.py PYTHON`, where PYTHON has onnxsim, z3-solver
and onnxruntime installed. Both get the same two files, the inputs between -1 and 1, and the same
absolute tolerance; whole processes are timed, of lumpver with the certificate and its check.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SIDE: Final = 8
LIMIT: Final = 60
COLUMNS: Final = "case|eps|onnxsim|seconds|lumpver|seconds|parts|bytes|check, seconds"
CERTIFY: Final = """
import json, sys, onnx
from onnxsim.certify import certify
a, b, eps = sys.argv[1:]
found = certify(onnx.load(a), onnx.load(b), input_ranges={"x": (-1.0, 1.0)}, atol=float(eps),
                rtol=0.0, total_timeout_ms=60_000)
print(json.dumps(found.outputs))
"""

Weights = dict[str, np.ndarray]


def drawn(*, width: int = 4, seed: int = 0) -> Weights:
    """Two convolutions, a normalization behind the first, and a dense layer."""
    draw = np.random.default_rng(seed)

    def some(*shape: int, by: float = 1.0) -> np.ndarray:
        return (by * draw.standard_normal(shape)).astype(np.float32)

    return {
        "w1": some(width, 3, 3, 3, by=0.3),
        "b1": some(width, by=0.1),
        "scale": 1 + some(width, by=0.1),
        "shift": some(width, by=0.1),
        "mean": some(width, by=0.1),
        "var": 1 + np.abs(some(width, by=0.3)),
        "w2": some(width, width, 3, 3, by=0.2),
        "b2": some(width, by=0.1),
    }


def model(weights: Weights, *, normalized: bool, defaults: bool, bends: bool) -> onnx.ModelProto:
    """Conv, BatchNormalization if it is there, Relu, Conv."""
    plain = {"pads": [0, 0, 0, 0], "strides": [1, 1], "dilations": [1, 1], "group": 1}
    given: dict[str, Any] = {} if defaults else plain
    nodes = [helper.make_node("Conv", ["x", "w1", "b1"], ["c1"], **given)]
    last = "c1"
    if normalized:
        parts = [last, "scale", "shift", "mean", "var"]
        nodes.append(helper.make_node("BatchNormalization", parts, ["n1"]))
        last = "n1"
    if bends:
        nodes.append(helper.make_node("Relu", [last], ["r1"]))
        last = "r1"
    nodes.append(helper.make_node("Conv", [last, "w2", "b2"], ["y"], **given))
    held = {name for node in nodes for name in node.input} & set(weights)
    end = [1, weights["w2"].shape[0], SIDE - 4, SIDE - 4]
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, end)],
        [numpy_helper.from_array(weights[name], name) for name in sorted(held)],
    )
    found = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    found.ir_version = 8
    onnx.checker.check_model(found)
    return found


def dense(weights: Sequence[np.ndarray]) -> onnx.ModelProto:
    """Layers of Gemm with Relu in between."""
    nodes, last = [], "x"
    for i in range(len(weights)):
        end = "y" if i == len(weights) - 1 else f"h{i}"
        nodes.append(helper.make_node("Gemm", [last, f"w{i}"], [end], transB=1))
        last = end
        if end != "y":
            nodes.append(helper.make_node("Relu", [last], [f"r{i}"]))
            last = f"r{i}"
    size = weights[0].shape[1], weights[-1].shape[0]
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, size[0]])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, size[1]])],
        [numpy_helper.from_array(w, f"w{i}") for i, w in enumerate(weights)],
    )
    found = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    found.ir_version = 8
    return found


def folded(weights: Weights) -> Weights:
    """The normalization multiplied into the first convolution, in float32 as fusers do."""
    by = weights["scale"] / np.sqrt(weights["var"] + np.float32(1e-5))
    return weights | {
        "w1": weights["w1"] * by[:, None, None, None],
        "b1": (weights["b1"] - weights["mean"]) * by + weights["shift"],
    }


def half(weights: Weights) -> Weights:
    """Each weight as the float16 next to it."""
    return {name: w.astype(np.float16).astype(np.float32) for name, w in weights.items()}


def without(weights: Weights, filter_: int) -> Weights:
    """A filter of the first convolution gone, and what reads it."""
    one = {name: np.delete(w, filter_, axis=0) for name, w in weights.items() if name[-1] != "2"}
    return weights | one | {"w2": np.delete(weights["w2"], filter_, axis=1)}


def cases() -> Iterator[tuple[str, str, onnx.ModelProto, onnx.ModelProto]]:
    """Names, tolerances, and two models each."""
    one = drawn()

    def of(
        weights: Weights, *, normalized: bool = False, defaults: bool = False, bends: bool = True
    ) -> onnx.ModelProto:
        return model(weights, normalized=normalized, defaults=defaults, bends=bends)

    whole = of(one)
    for bends in (False, True):
        said = "" if bends else ", no activation"
        two = of(one, normalized=True, bends=bends), of(folded(one), bends=bends)
        yield (f"BN folded{said}", "1e-5", *two)
    yield ("Conv's defaults left out", "1e-5", whole, of(one, defaults=True))
    for moved, name in ((0.5, "wrong bias"), (5e-6, "bias within tolerance")):
        yield (name, "1e-5", whole, of(one | {"b1": one["b1"] + np.float32(moved)}))
    for moved, name in ((1e-4, "last bias off"), (5e-6, "last bias within tolerance")):
        yield (name, "1e-5", whole, of(one | {"b2": one["b2"] + np.float32(moved)}))
    yield ("a filter removed", "1e-5", whole, of(without(one, 1)))
    zero = one | {"w1": one["w1"].copy(), "b1": one["b1"].copy()}
    zero["w1"][2], zero["b1"][2] = 0, 0
    yield ("a zero filter removed", "1e-5", of(zero), of(without(zero, 2)))
    for eps in ("0.0005", "0.001", "0.002", "0.005"):
        yield ("float16 weights, Conv", eps, whole, of(half(one)))
    draw = np.random.default_rng(1)
    sizes = (8, 32, 32, 4)
    layers = [draw.standard_normal((n, m)).astype(np.float32) / 4 for m, n in pairwise(sizes)]
    near = [w.astype(np.float16).astype(np.float32) for w in layers]
    for eps in ("0.0005", "0.001", "0.002", "0.005"):
        yield ("float16 weights, dense", eps, dense(layers), dense(near))


def ran(arguments: Sequence[Any]) -> tuple[int, str, float]:
    """The exit code, what was said, and the seconds."""
    begun = time.monotonic()
    done = subprocess.run(
        [*map(str, arguments)], capture_output=True, text=True, check=False, timeout=3 * LIMIT
    )
    return done.returncode, done.stdout or done.stderr, time.monotonic() - begun


def row(python: str, name: str, eps: str, paths: tuple[Path, Path], cert: Path) -> str:
    """A case as a line of the table."""
    code, said, theirs = ran([python, "-W", "ignore", "-c", CERTIFY, *paths, eps])
    told = said.strip().splitlines()[-1][:60] if code else ", ".join(json.loads(said).values())
    ours = [sys.executable, "-m", "lumpver"]
    near = ["--box", "[-1, 1]", "--eps", eps]
    asked = ["prove", *paths, *near, "--timeout", LIMIT, "--certificate", cert, "--json"]
    code, said, seconds = ran([*ours, *asked])
    document = json.loads(said)
    answer = document.get("answer", "failed")
    if "difference" in document:
        answer += f", by {float(document['difference']['decimal']):.2g}"
    cells = [name, eps, told, f"{theirs:.1f}", answer, f"{seconds:.1f}"]
    cells += [str(document.get("parts", "")), "", ""]
    if cert.exists() and answer == "proved":  # else it is what can be gone on from
        size = str(cert.stat().st_size)
        code, _, checking = ran([*ours, "check", *paths, cert, *near, "--exact-box"])
        cells[-2:] = size, f"{checking:.1f}" if code == 0 else f"rejected ({code})"
    cert.unlink(missing_ok=True)
    return "|".join(cells)


def main(python: str, *words: str) -> None:
    """Print the table, a row as soon as it is known."""
    sys.stdout.write(f"|{COLUMNS}|\n|{'|'.join('-' for _ in COLUMNS.split('|'))}|\n")
    with tempfile.TemporaryDirectory() as folder:
        for name, eps, one, other in cases():
            if words and not any(word in name for word in words):
                continue
            paths = Path(folder) / "a.onnx", Path(folder) / "b.onnx"
            for path, found in zip(paths, (one, other), strict=True):
                onnx.save(found, path)
            line = row(python, name, eps, paths, Path(folder) / "c.json")
            sys.stdout.write(f"|{line}|\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
