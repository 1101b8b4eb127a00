"""Models with external data, as large as asked, and the memory that lumpver needs for them.

Run by hand: `python tests/benchmarks/large_models.py --megabytes 1024`. A transformer's blocks, or
convolutions with BatchNormalization and residual sums, their weights in one file beside the model;
with `--planted 0` nothing can go. Each command is a process of its own; its memory is what it
had at most, less that of a process with the same imports; of `prove`, which knows of no common
bytes, the promise is for both files. The models are removed afterwards.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA: Final = "weights.bin"
IMPORTS: Final = (
    "import hashlib, onnx, lumpver.cli.models, lumpver.tell.display, lumpver.reducing.pipeline"
)
SECONDS: Final = 60  # for `prove`
# A process begins with the peak memory of the one that started it: this one is small.
SMALL: Final = """
import os, subprocess, sys, time
started = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
print(time.perf_counter() - started, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""


@dataclass(slots=True)
class Drawn:
    """A model while it is drawn, its weights being written beside it at once."""

    folder: Path
    seed: int = 0
    planted: float = 0.1
    values: bool = False
    width: int = 1024
    nodes: list[Any] = field(default_factory=list)
    stored: list[Any] = field(default_factory=list)
    largest: int = 0
    end: int = 0
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        (self.folder / DATA).write_bytes(b"")

    def numbers(self, *shape: int) -> Any:
        """Multiples of 2^-12, so that sums of a few are float32 again."""
        return self.rng.integers(-4096, 4096, shape).astype(np.float32) / 4096

    def store(self, array: Any) -> str:
        """The name of an initializer with these numbers."""
        name, data = f"w{len(self.stored)}", np.ascontiguousarray(array, np.float32).tobytes()
        with (self.folder / DATA).open("ab") as file:
            file.write(data)
        made = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=np.shape(array))
        made.data_location = TensorProto.EXTERNAL
        for key, value in (("location", DATA), ("offset", self.end), ("length", len(data))):
            made.external_data.add(key=key, value=str(value))
        self.stored.append(made)
        self.end += len(data)
        self.largest = max(self.largest, len(data))
        return name

    def lengths(self, text: str) -> str:
        """The name of an initializer with these integers, in the model itself."""
        sizes = [int(word) for word in text.split()]
        name = f"l{len(self.stored)}"
        self.stored.append(helper.make_tensor(name, TensorProto.INT64, [len(sizes)], sizes))
        return name

    def add(self, operator: str, inputs: str, *numbers: Any, **attributes: Any) -> str:
        """Append an operator on tensors and stored numbers; its output's name."""
        output = f"t{len(self.nodes)}"
        names = [*inputs.split(), *map(self.store, numbers)]
        self.nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output

    def hidden(self, columns: int, units: int) -> tuple[Any, Any]:
        """Rows and biases, of which a share are twice others."""
        W, b = self.numbers(units, columns), self.numbers(units)
        count = int(units * self.planted)
        W[:count], b[:count] = 2 * W[count : 2 * count], 2 * b[count : 2 * count]
        return W, b

    def save(self, last: str, shape: list[int | str]) -> Path:
        """The model from x to `last`, both of this shape."""
        values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n in ("x", last)]
        graph = helper.make_graph(self.nodes, "large", values[:1], values[1:], self.stored)
        path = self.folder / "model.onnx"
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        path.write_bytes(made.SerializeToString())
        return path


def transformer(drawn: Drawn, size: int) -> Path:
    """Attention and dense layers, four times as wide, until `size` bytes are stored."""
    x, width = "x", drawn.width
    heads = max(2, width // 64)
    while drawn.end < size:
        x = drawn.add("Add", f"{x} {_attention(drawn, _normal(drawn, x, width), width, heads)}")
        W, b = drawn.hidden(width, 4 * width)
        h = drawn.add("Add", drawn.add("MatMul", _normal(drawn, x, width), W.T), b)
        h = drawn.add("MatMul", drawn.add("Relu", h), drawn.numbers(4 * width, width))
        x = drawn.add("Add", f"{x} {drawn.add('Add', h, drawn.numbers(width))}")
    return drawn.save(_normal(drawn, x, width), ["N", "T", width])


def _normal(drawn: Drawn, x: str, width: int) -> str:
    numbers = drawn.numbers(width), drawn.numbers(width)
    return drawn.add("LayerNormalization", x, *numbers, axis=-1)


def _attention(drawn: Drawn, x: str, width: int, heads: int) -> str:
    """With `values` the same channels of each head are zero, as many as are planted."""
    size = width // heads
    sizes = drawn.lengths(f"0 0 {heads} {size}")
    parts = []
    for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]):
        W = drawn.numbers(width, width)
        if len(parts) == 2 and drawn.values:
            W.reshape(width, heads, size)[:, :, : int(size * drawn.planted)] = 0
        y = drawn.add("Reshape", f"{drawn.add('MatMul', x, W)} {sizes}")
        parts.append(drawn.add("Transpose", y, perm=order))
    weights = drawn.add("Softmax", drawn.add("MatMul", f"{parts[0]} {parts[1]}"), axis=-1)
    mixed = drawn.add("Transpose", drawn.add("MatMul", f"{weights} {parts[2]}"), perm=[0, 2, 1, 3])
    y = drawn.add("Reshape", f"{mixed} {drawn.lengths(f'0 0 {width}')}")
    return drawn.add("MatMul", y, drawn.numbers(width, width))


def attention(drawn: Drawn, size: int) -> Path:
    """The same, values being planted, too: what then goes is more than `prove` can follow."""
    drawn.values = True
    return transformer(drawn, size)


def convolutions(drawn: Drawn, size: int) -> Path:
    """Two convolutions with BatchNormalization, added to what they read, and again."""
    x, width = "x", drawn.width // 2
    while drawn.end < size:
        x = drawn.add("Relu", drawn.add("Add", f"{x} {_branch(drawn, x, width)}"))
    return drawn.save(x, ["N", width, 8, 8])


def _branch(drawn: Drawn, x: str, width: int) -> str:
    W, _ = drawn.hidden(9 * width, width)
    x = drawn.add("Conv", x, W.reshape(width, width, 3, 3), pads=[1, 1, 1, 1])
    count = int(width * drawn.planted)
    gamma, beta, mean = (np.ones(width, np.float32) * v for v in (1, 0.5, 0))
    beta[:count] *= 2
    x = drawn.add("BatchNormalization", x, gamma, beta, mean, np.ones(width))
    x = drawn.add("Conv", drawn.add("Relu", x), drawn.numbers(width, width, 3, 3),
                  pads=[1, 1, 1, 1])  # fmt: skip
    return drawn.add("BatchNormalization", x, *(drawn.numbers(width) for _ in range(3)),
                     np.ones(width))  # fmt: skip


FAMILIES: Final[dict[str, Callable[[Drawn, int], Path]]] = {
    "transformer": transformer,
    "attention": attention,
    "convolutions": convolutions,
}


def measured(*words: object) -> tuple[float, float, int]:
    """Seconds, megabytes at most, and the exit code of a process of Python."""
    command = [sys.executable, "-c", SMALL, sys.executable, *map(str, words)]
    seconds, kilobytes, code = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()
    return float(seconds), float(kilobytes) * 1024 / 1e6, int(code)


def beside(path: Path) -> int:
    """Bytes of the external data that a model names."""
    model = onnx.load(path, load_external_data=False)
    named = {e.value for t in model.graph.initializer for e in t.external_data
             if e.key == "location"}  # fmt: skip
    return sum((path.parent / name).stat().st_size for name in named)


def rows(drawn: Drawn, model: Path, idle: float) -> Iterator[str]:
    """A line for each command: what it took, what was promised, and what was written."""
    target = drawn.folder / "out" / "reduced.onnx"
    target.parent.mkdir()
    certificate = target.with_name("reduced.onnx.cert.json")
    for words in (
        ("reduce", model, "-o", target, "--no-trial"),
        ("check", model, target, certificate),
        ("inspect", model),
        ("prove", model, target, "--timeout", SECONDS),
    ):
        seconds, peak, code = measured("-m", "lumpver", *words)
        read = drawn.end + (beside(target) if words[0] == "prove" else 0)
        most = max(1.5 * read, 3 * drawn.largest) / 1e6 + 400
        used = peak - idle
        said = "of" if used <= most else "OVER"
        yield f"  {words[0]:8} {seconds:7.1f} s {used:7.0f} MB ({said} {most:.0f}), exit {code}"
    yield f"  {beside(target) / 1e6:.0f} MB of external data written"


def main() -> None:
    """Print a line for each family, with and without anything that can go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, help="how much is stored, at least")
    parser.add_argument("--planted", type=float, nargs="*", default=[0.1, 0.0])
    parser.add_argument("--family", choices=FAMILIES, nargs="*", default=[*FAMILIES])
    parser.add_argument("--folder", type=Path, help="where the models are for as long")
    given = parser.parse_args()
    idle = measured("-c", IMPORTS)[1]
    for family in given.family:
        for planted in given.planted:
            with tempfile.TemporaryDirectory(dir=given.folder) as name:
                drawn = Drawn(Path(name), planted=planted)
                model = FAMILIES[family](drawn, given.megabytes * 10**6)
                print(f"{family}, {drawn.end / 1e6:.0f} MB, planted {planted}")
                for line in rows(drawn, model, idle):
                    print(line, flush=True)


if __name__ == "__main__":
    main()
