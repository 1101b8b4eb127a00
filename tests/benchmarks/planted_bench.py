"""What is removed of filters planted in models as people have them, and what that is worth.

Run by hand: `python tests/benchmarks/planted_bench.py [FAMILY ...] [--large] [--seed N]
[--share F] [--align N]`. `--large` builds each family as large as its namesake, with filters
planted beside its own. Seconds are of reducing and of checking, each with its files; times in
onnxruntime are medians of runs in turn, one thread, and the ratio is the median of theirs. A
layer that keeps what was planted in it is named below its model.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from planted_models import FAMILIES  # the folder above
from planted_models.counting import filters

from lumpver.reducing.pipeline import check_files, reduce_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from planted_models.draft import Planted

    from lumpver.model.network import Network

_VGG: Final[dict[str, Any]] = {
    "widths": (64, 64, "pool", 128, 128, "pool", *([256] * 3), "pool", *([512] * 3), "pool",
               *([512] * 3), "pool"),
    "dense": (512, 512), "size": 32,
}  # fmt: skip
_RESNET: Final[dict[str, Any]] = {
    "widths": (64, 128, 256, 512), "stem": 7, "size": 224, "classes": 1000,
}  # fmt: skip
_MLP: Final[dict[str, Any]] = {"width": 384, "hidden": 1536, "blocks": 6, "tokens": 196}
LARGE: Final[dict[str, dict[str, Any]]] = {
    "vgg": _VGG,
    "vgg-normalised": _VGG,
    "resnet-folded": _RESNET,
    "resnet": _RESNET,
    "resnet-necks": _RESNET | {"neck": 4},
    "resnet-preactivated": {"widths": (64, 128, 256, 512), "size": 64},
    "mobilenet": {"widths": (24, 32, 64, 96, 160), "blocks": 3, "expansion": 6, "size": 96},
    "densenet": {"stem": 64, "growth": 32, "layers": (6, 12, 24, 16), "size": 64},
    "unet": {"widths": (32, 64, 128, 256, 512), "size": 128},
    "unet-resized": {"widths": (32, 64, 128, 256, 512), "size": 128},
    "inception": {"stem": 96, "modules": 6, "width": 96, "size": 32},
    "inception-normalised": {"stem": 96, "modules": 6, "width": 96, "size": 32},
    "transformer-relu": _MLP,
    "transformer-gelu": _MLP,
}
CHANNELS: Final = ("widths", "dense", "stem", "growth", "width", "hidden")
KERNEL: Final = 7  # a `stem` up to here is how much it sees
ROUNDS: Final = 25


def grown(sizes: dict[str, Any], share: float) -> dict[str, Any]:
    """The sizes with room for a share of channels that are planted."""

    def more(size: Any) -> Any:
        if isinstance(size, tuple):
            return tuple(map(more, size))
        return round(size / (1 - share)) if isinstance(size, int) and size > KERNEL else size

    return {name: more(size) if name in CHANNELS else size for name, size in sizes.items()}


def session(path: Path) -> Callable[[dict[str, Any]], Any]:
    """The model in onnxruntime, on one thread, as a function."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    made = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda given: made.run(None, given)[0]


def seconds(action: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def compared(model: Path, small: Path, planted: Planted) -> tuple[float, float, float, float]:
    """Milliseconds before and after, their ratio, and the largest difference over the largest y."""
    shape = [d.dim_value or 1 for d in planted.model.graph.input[0].type.tensor_type.shape.dim]
    given = {"x": np.random.default_rng(0).standard_normal(shape).astype(np.float32)}
    before, after = session(model), session(small)
    one, two = before(given), after(given)
    times = [(seconds(lambda: before(given)), seconds(lambda: after(given))) for _ in range(ROUNDS)]
    first, second = (1000 * statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(b / a for a, b in times)
    return first, second, ratio, float(np.abs(one - two).max() / np.abs(one).max())


def kept(planted: Planted, network: Network) -> list[str]:
    """The layers that keep more than they may, in words."""
    found = []
    for name, (width, gone) in planted.layers.items():
        left = network.width.get(name, width) if name in network.tensors else 0
        if left > width - gone:
            found.append(f"  {name}: {width} became {left}, {gone} were planted")
    return found


def row(name: str, planted: Planted, folder: Path, align: int) -> str:
    """What becomes of one model."""
    model, small = folder / "model.onnx", folder / "small.onnx"
    model.write_bytes(planted.model.SerializeToString())
    outcome = reduce_file(model, small, align=align)
    checking = seconds(lambda: check_files(model, small, outcome.certificate))
    gone = filters(planted.model) - filters(onnx.load(small))
    before, after, ratio, difference = compared(model, small, planted)
    cells = (
        name, filters(planted.model), planted.count, gone,
        f"{model.stat().st_size / 1e6:.2f}", f"{small.stat().st_size / 1e6:.2f}",
        f"{outcome.seconds:.2f}", f"{checking:.2f}",
        f"{before:.2f}", f"{after:.2f}", f"{ratio:.2f}", f"{difference:.0e}",
    )  # fmt: skip
    lines = [f"| {' | '.join(map(str, cells))} |", *kept(planted, outcome.reduction.network)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("families", nargs="*", choices=[*FAMILIES, []])
    words.add_argument("--large", action="store_true")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--share", type=float, default=0.3)
    words.add_argument("--align", type=int, default=1)
    asked = words.parse_args()
    out = sys.stdout.write
    out("| model | filters | planted | gone | MB | after | reduce, s | check, s | ms | after |")
    out(" ratio | difference |\n|---" + "|--:" * 11 + "|\n")
    for name in asked.families or (LARGE if asked.large else FAMILIES):
        sizes = grown(LARGE[name], asked.share) if asked.large else {}
        planted = FAMILIES[name](seed=asked.seed, share=asked.share, **sizes)
        with tempfile.TemporaryDirectory() as folder:
            out(row(name, planted, Path(folder), asked.align))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
