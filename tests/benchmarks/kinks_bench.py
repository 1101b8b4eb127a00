"""What the kink rules cost networks that they take nothing from.

Run by hand: `python tests/benchmarks/kinks_bench.py [RUNS]`. `reduce` with all rules against
all but `reflect` and `kinks`, in turn, so that whatever else the machine does meets both; and
`check` of what each has written. Processor seconds; ratios are of medians.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lumpver.reducing.pipeline import check_files, reduce_file
from lumpver.search.lumping import KINKS, RULES

if TYPE_CHECKING:
    from collections.abc import Callable

NETS: Final = Path(os.environ.get("LUMPVER_NETS", "../shared/nets"))
LIMIT: Final = 1.05
LEAST: Final = 1.0  # seconds that a network is given for each of its four medians
NAMES: Final = (
    "dnnv-benchmarks/ACAS_Xu/onnx/N_1_1.onnx",
    "dnnv-benchmarks/ACAS_Xu/onnx/N_2_4.onnx",
    "dnnv-benchmarks/ACAS_Xu/onnx/N_5_9.onnx",
    "vnncomp2021/mnistfc/mnist-net_256x2.onnx",
    "vnncomp2021/mnistfc/mnist-net_256x4.onnx",
    "dnnv-benchmarks/ERAN-MNIST/onnx/tf/mnist_relu_6_100.onnx",
    "dnnv-benchmarks/ERAN-MNIST/onnx/pyt/convSmallRELU__Point.onnx",
    "vnncomp2021/oval21/nets/cifar_deep_kw.onnx",
    "vnncomp2021/marabou-cifar10/nets/cifar10_small.onnx",
)
WITHOUT: Final = tuple(rule for rule in RULES if rule not in KINKS)


def seconds(action: Callable[[], object]) -> float:
    """How much processor time one call takes."""
    started = time.process_time()
    action()
    return time.process_time() - started


def medians(actions: list[Callable[[], object]], runs: int) -> list[float]:
    """The median of each action's seconds, all of them being run in turn, forth and back."""
    once = [seconds(action) for action in actions]
    count = max(runs, min(20 * runs, round(LEAST / max(sum(once), 1e-3) * len(actions))))
    taken: list[list[float]] = [[] for _ in actions]
    for turn in range(count):
        order = range(len(actions)) if turn % 2 else reversed(range(len(actions)))
        for i in order:
            taken[i].append(seconds(actions[i]))
    return [statistics.median(some) for some in taken]


def row(model: Path, folder: Path, runs: int) -> tuple[str, bool]:
    """One row of the table, and whether both ratios are within the limit."""
    small = [folder / f"{i}.onnx" for i in range(2)]
    given = RULES, WITHOUT
    units = [
        reduce_file(model, path, rules=rules).reduction.network.units
        for path, rules in zip(small, given, strict=True)
    ]
    reduced = medians([lambda i=i: reduce_file(model, small[i], rules=given[i]) for i in range(2)],
                      runs)  # fmt: skip
    proofs = [Path(f"{path}.cert.json") for path in small]
    checked = medians([lambda i=i: check_files(model, small[i], proofs[i]) for i in range(2)], runs)
    ratios = [some[0] / some[1] for some in (reduced, checked)]
    cells = [f"{reduced[1]:.4f}", f"{ratios[0]:.3f}", f"{checked[1]:.4f}", f"{ratios[1]:.3f}"]
    name = model.stem if units[0] == units[1] else f"{model.stem} ({units[1]} to {units[0]})"
    return f"| {name} | {' | '.join(cells)} |\n", max(ratios) <= LIMIT


def main() -> None:
    """Print the table; exit 1 if a ratio is over the limit."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    out = sys.stdout.write
    out("| network | reduce without, s | with, times that | check, s | after kinks, times that |\n")
    out("|---|--:|--:|--:|--:|\n")
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        for path in (NETS / name for name in NAMES):
            if path.is_file():
                text, within = row(path, Path(folder), runs)
                out(text)
                kept &= within
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
