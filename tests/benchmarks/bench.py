"""What reducing costs, against reading the model and hashing it.

Run by hand: `make bench`; `--large` adds a network of 10^8 weights. Ratios are of medians of
several runs in one process, imports excluded; the denominator, `onnx.load` and SHA-256 of the
file, is timed in between. Whole commands are processes of their own, the float trial
included, against a process that reads and hashes. Memory is that of the command without the
trial, less that of a process that has the same imports.
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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import onnx
from networks import deep, dense, lattice, wide

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from planted_models.residual import resnet  # the folder above

from lumpver.reducing.pipeline import check_files, reduce_file

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS: Final = 3
NETS: Final = Path(os.environ.get("LUMPVER_NETS", "../shared/nets"))
TLL: Final = "vnncomp2022/tllverifybench/onnx/tllBench_n=2_N=M=32_m=1_instance_3_0.onnx.gz"
IMPORTS: Final = (
    "import hashlib, onnx, lumpver.cli.models, lumpver.tell.display, lumpver.reducing.pipeline"
)
YARDSTICK: Final = (
    "import hashlib, onnx, pathlib, sys; onnx.load(sys.argv[1]);"
    "hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes())"
)
# A process begins with the peak memory of the one that started it: this one is small.
SMALL: Final = """
import os, subprocess, sys, time
started = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(time.perf_counter() - started, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
RESNET_18: Final[dict[str, Any]] = {
    "widths": (64, 128, 256, 512), "stem": 7, "size": 224, "classes": 1000, "share": 0.1,
}  # fmt: skip
WEIGHTS: Final = {"1e5": 180, "1e6": 572, "1e7": 1808}  # the width of three such layers


@dataclass(frozen=True, slots=True)
class Limits:
    """What design promises of a network: ratios of reduce, check and the whole command."""

    reduce: float | None = None
    check: float | None = None
    whole: float | None = None


LIMITS: Final = {
    "plain": Limits(2.5, 1.5, 3),
    "planted": Limits(8, 3, 10),
    "TLL N=32": Limits(20, 10),
    "ResNet-18-sized": Limits(8, 4),
    "the same without normalisations": Limits(8, 4),
}


def seconds(action: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def process(*words: str | Path) -> tuple[float, float]:
    """Seconds and megabytes of one run of Python with these arguments."""
    asked = [sys.executable, "-c", SMALL, sys.executable, *map(str, words)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}: {done.stderr}")
    took, kilobytes = done.stdout.split()
    return float(took), float(kilobytes) / 1024


def command(*words: str | Path) -> tuple[float, float]:
    """Seconds and megabytes of one run of lumpver."""
    return process(Path(sys.executable).with_name("lumpver"), *words)


def read_and_hash(path: Path) -> None:
    """The yardstick."""
    onnx.load(path)
    hashlib.sha256(path.read_bytes()).hexdigest()


def beside(ratio: float, limit: float | None) -> str:
    """A ratio with its limit, and whether it holds."""
    if limit is None:
        return f"{ratio:.1f}"
    return f"{ratio:.1f} ({'of' if ratio <= limit else 'OVER'} {limit:g})"


def row(name: str, model: Path, idle: float) -> str:
    """One row of the table."""
    small = model.with_name("small.onnx")
    proof = model.with_name("small.onnx.cert.json")
    base, reduced, checked, whole, other = [], [], [], [], []
    for _ in range(RUNS):
        base.append(seconds(lambda: read_and_hash(model)))
        reduced.append(seconds(lambda: reduce_file(model, small)))
        checked.append(seconds(lambda: check_files(model, small, proof)))
        whole.append(command("reduce", model, "-o", small)[0])
        other.append(process("-c", YARDSTICK, model)[0])
    outcome = reduce_file(model, small)
    before, after = outcome.original.network.units, outcome.reduction.network.units
    yard, first, second, own, others = map(
        statistics.median, (base, reduced, checked, whole, other)
    )
    limits = LIMITS.get(name, Limits())
    size = model.stat().st_size / 1e6
    memory = command("reduce", model, "-o", small, "--no-trial")[1] - idle
    promised = 2.5 * size + 400
    cells = (
        name,
        f"{size:.1f}",
        f"{before} to {after}",
        f"{yard:.3f}",
        beside(first / yard, limits.reduce),
        beside(second / yard, limits.check),
        f"{own:.2f}",
        beside(own / others, limits.whole),
        f"{memory:.0f} ({'of' if memory <= promised else 'OVER'} {promised:.0f})",
    )
    return line(cells)


def line(cells: tuple[str, ...]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |\n"


def head(*cells: str) -> str:
    """The head of a Markdown table."""
    return "\n" + line(cells) + "|---" + "|--:" * (len(cells) - 1) + "|\n"


def table(folder: Path, idle: float) -> None:
    """The networks that design names."""
    out = sys.stdout.write
    out(
        head(
            "network", "MB", "units", "read + hash, s", "reduce, times that", "check, times that",
            "whole command, s", "times a process that reads and hashes", "memory, MB",
        )
    )  # fmt: skip
    widths = [2048] * 5 + [10]
    model = folder / "model.onnx"
    for label, planted in (("plain", False), ("planted", True)):
        model.write_bytes(dense(widths, planted=planted))
        out(row(label, model, idle))
    if (NETS / TLL).is_file():
        model.write_bytes(gzip.decompress((NETS / TLL).read_bytes()))
        out(row("TLL N=32", model, idle))
    for label, normalised in (
        ("ResNet-18-sized", True),
        ("the same without normalisations", False),
    ):
        made = resnet(**RESNET_18, normalised=normalised)
        model.write_bytes(made.model.SerializeToString())
        out(row(label, model, idle))


def hard(folder: Path, idle: float) -> None:
    """Networks that were slow once, and what may be expected of them."""
    out = sys.stdout.write
    out(head("network", "MB", "reduce, s", "memory, MB", "check, s", "inspect, s", "expected"))
    cases: tuple[tuple[str, Callable[[], bytes], str], ...] = (
        ("lattice 48, sums that floats hold", lambda: lattice(48, spread=0), "4 s, 600 MB"),
        ("lattice 48, sums that none holds", lambda: lattice(48, spread=40), "4 s, 600 MB"),
        ("60,000 units of 20,000 kinds", lambda: wide(60000, kinds=20000), "10 s"),
        ("500 layers of 2 units", lambda: deep(500), "linear"),
        ("5,000 layers of 2 units", lambda: deep(5000), "linear"),
    )
    for name, made, expected in cases:
        model = folder / "model.onnx"
        model.write_bytes(made())
        out(costs(name, model, idle, expected))


def growth(folder: Path, idle: float, *, large: bool) -> None:
    """How cost grows with the number of weights, a quarter of the units being multiples."""
    out = sys.stdout.write
    out(head("weights", "MB", "reduce, s", "memory, MB", "check, s", "inspect, s", "expected"))
    for name, width in (WEIGHTS | ({"1e8": 5720} if large else {})).items():
        model = folder / "model.onnx"
        model.write_bytes(dense([width] * 4 + [10], planted=True))
        out(costs(name, model, idle, "linear; inspect below reduce"))


def costs(name: str, model: Path, idle: float, expected: str) -> str:
    """Whole commands, without the trial, and their peak memory."""
    small = model.with_name("small.onnx")
    reduced, memory = command("reduce", model, "-o", small, "--no-trial")
    checked, _ = command("check", model, small, f"{small}.cert.json")
    looked, _ = command("inspect", model)
    size = model.stat().st_size / 1e6
    numbers = (f"{size:.1f}", f"{reduced:.2f}", f"{memory - idle:.0f}")
    return line((name, *numbers, f"{checked:.2f}", f"{looked:.2f}", expected))


def main() -> None:
    """Print the tables."""
    out = sys.stdout.write
    out(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    started, idle = process("-c", IMPORTS)
    out(f"Python with its imports: {started:.2f} s, {idle:.0f} MB\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table(folder, idle)
        hard(folder, idle)
        growth(folder, idle, large="--large" in sys.argv)


if __name__ == "__main__":
    main()
