"""How long reducing and checking take, against reading the model and hashing it.

Run by hand: `make bench`. Every figure is the median of several runs in one process, imports
excluded; the ratio's denominator, `onnx.load` and SHA-256 of the file, is timed in between.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from lumpver.pipeline import check_files, reduce_file

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 5
NETS = Path(os.environ.get("LUMPVER_NETS", "../shared/nets"))
TLL = "vnncomp2022/tllverifybench/onnx/tllBench_n=2_N=M=32_m=1_instance_3_0.onnx.gz"
LIMITS = {"plain": (5, 3), "planted": (12, 8), "TLL N=32": (20, 20)}


def dense(widths: list[int], *, planted: bool, seed: int = 0) -> bytes:
    """A float32 ReLU chain; with `planted`, a quarter of each hidden layer are multiples.

    Weights are multiples of 2^-20 below 1, so that seven times one is a float32.
    """
    rng = np.random.default_rng(seed)
    nodes, constants, here = [], [], "x"
    for index, (columns, rows) in enumerate(pairwise(widths)):
        last = index == len(widths) - 2
        W = rng.integers(-(2**20), 2**20, (rows, columns)).astype(np.float64) / 2**20
        b = rng.integers(-(2**20), 2**20, rows).astype(np.float64) / 2**20
        if planted and not last:
            _plant(rng, W, b)
        target = "y" if last else f"p{index}"
        constants += [
            numpy_helper.from_array(W.astype(np.float32), f"W{index}"),
            numpy_helper.from_array(b.astype(np.float32), f"b{index}"),
        ]
        nodes.append(helper.make_node("Gemm", [here, f"W{index}", f"b{index}"], [target], transB=1))
        here = target
        if not last:
            nodes.append(helper.make_node("Relu", [target], [f"h{index}"]))
            here = f"h{index}"
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "dense",
        [value("x", TensorProto.FLOAT, ["N", widths[0]])],
        [value("y", TensorProto.FLOAT, ["N", widths[-1]])],
        constants,
    )
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()


def _plant(rng: np.random.Generator, W: np.ndarray, b: np.ndarray) -> None:
    """Make a quarter of the rows integer multiples of others, or others of them."""
    rows = rng.permutation(W.shape[0])[: W.shape[0] // 2]
    for a, c in zip(rows[::2], rows[1::2], strict=True):
        scale = int(rng.integers(1, 8))
        W[c], b[c] = scale * W[a], scale * b[a]


def seconds(action: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def read_and_hash(path: Path) -> None:
    """The yardstick."""
    if path.suffix == ".gz":
        onnx.load_from_string(gzip.decompress(path.read_bytes()))
    else:
        onnx.load(path)
    hashlib.sha256(path.read_bytes()).hexdigest()


def measure(name: str, model: Path, folder: Path) -> str:
    """One row: units, seconds and ratios."""
    small = folder / "small.onnx"
    proof = folder / "small.onnx.cert.json"
    base, reduced, checked = [], [], []
    for _ in range(RUNS):
        base.append(seconds(lambda: read_and_hash(model)))
        reduced.append(seconds(lambda: reduce_file(model, small)))
        checked.append(seconds(lambda: check_files(model, small, proof)))
    outcome = reduce_file(model, small)
    before, after = outcome.original.network.units, outcome.reduction.network.units
    yard, first, second = (statistics.median(times) for times in (base, reduced, checked))
    limits = LIMITS.get(name)
    beside = "" if limits is None else f" (limits {limits[0]}, {limits[1]})"
    return (
        f"{name:12} {model.stat().st_size / 1e6:7.1f} MB  {before:6} -> {after:6} units"
        f"  read+hash {yard:6.3f} s  reduce {first:6.3f} s = {first / yard:5.1f}x"
        f"  check {second:6.3f} s = {second / yard:5.1f}x{beside}\n"
    )


def unpacked(path: Path, folder: Path) -> Path:
    """A gzipped model as a plain file."""
    plain = folder / "tll.onnx"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    return plain


def main() -> None:
    """Print the table, then how cost and memory grow with the number of weights."""
    out = sys.stdout.write
    out(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        widths = [2048] * 5 + [10]
        for label, planted in (("plain", False), ("planted", True)):
            model = folder / f"{label}.onnx"
            model.write_bytes(dense(widths, planted=planted))
            out(measure(label, model, folder))
        if (NETS / TLL).is_file():
            out(measure("TLL N=32", unpacked(NETS / TLL, folder), folder))
        if "--growth" in sys.argv:
            for width in (180, 572, 1808, 5720):
                model = folder / "growth.onnx"
                model.write_bytes(dense([width] * 4 + [10], planted=True))
                out(growth(model, 3 * width * width))


def growth(model: Path, weights: int) -> str:
    """One row of how time and memory grow, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--one", str(model)], capture_output=True, text=True, check=True
    )
    reduced, checked, memory = (float(word) for word in done.stdout.split())
    size = model.stat().st_size / 1e6
    return (
        f"{weights:9.1e} weights {size:6.1f} MB  reduce {reduced:6.3f} s = "
        f"{1e3 * reduced / size:5.1f} ms/MB  check {checked:6.3f} s = "
        f"{1e3 * checked / size:5.1f} ms/MB  memory {memory / size:5.1f} x the file\n"
    )


def one(model: Path) -> None:
    """Reduce and check once; print seconds and megabytes beyond the imports."""
    tiny = model.with_name("tiny.onnx")
    tiny.write_bytes(dense([4, 4, 4], planted=True))
    reduce_file(tiny, model.with_name("small.onnx"))  # what is loaded at first use
    before = _peak()
    small = model.with_name("small.onnx")
    reduced = seconds(lambda: reduce_file(model, small))
    checked = seconds(lambda: check_files(model, small, Path(f"{small}.cert.json")))
    sys.stdout.write(f"{reduced} {checked} {_peak() - before}\n")


def _peak() -> float:
    """The most memory this process has had, in megabytes; 0 where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) * 1.024e-3 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    if "--one" in sys.argv:
        one(Path(sys.argv[-1]))
    else:
        main()
