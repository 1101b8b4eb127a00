"""How near pairs of networks are shown to be, and how long it takes: a table, a row as it goes.

Run by hand: `python tests/benchmarks/closeness.py NETS [WORD ...]`, where NETS has the collections
of networks that `networks.py` names, and each WORD is in the names of pairs that are wanted. Whole
commands are timed, start and self-check included; `cpu` counts all processes. Copies have each
weight of a layer times 1 + r, r normal with the deviation that the row says, from a seed.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
from onnx import numpy_helper

import lumpver
from lumpver.model.network import Network

if TYPE_CHECKING:
    from collections.abc import Iterator

ACAS: Final = "dnnv-benchmarks/ACAS_Xu/onnx/N_{}.onnx"
VERYDIFF: Final = "verydiff/test/examples"
NNET: Final = "{}/DiffNN-Code/{}/ACASXU_run2a_1_1_batch_2000{}.nnet"
FIRST: Final = f"{VERYDIFF}/nets/ACASXU_run2a_1_1_batch_2000"
MNIST: Final = f"{VERYDIFF}/nets/mnist_relu_3_100"
SMALL: Final = f"{VERYDIFF}/nets/2_80-1"
PROPERTY: Final = "vnncomp2021/acasxu/prop_{}.vnnlib"
SIGMA: Final = f"{VERYDIFF}/specs/sigma_0.1.vnnlib"
GOALS: Final = ("0.05", "0.02", "0.01")
LIMIT: Final = 60  # seconds, for copies too, where other things run beside it
COLUMNS: Final = "pair|box|asked|answer|parts|seconds|cpu|bytes|check, seconds"


@dataclass(frozen=True, slots=True)
class Asked:
    """A pair of models, a box, what is asked of them, and the seconds that it may take."""

    pair: str
    a: Path
    b: Path
    box: Path
    question: tuple[str, ...]
    limit: int


def noisy(model: Path, deviation: float, target: Path) -> Path:
    """A copy whose weights are each off by so much, relatively."""
    random = np.random.default_rng(int(1e6 * deviation))
    found = onnx.load(model)
    for tensor in found.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.ndim > 1 and np.issubdtype(value.dtype, np.floating):
            moved = value * (1 + deviation * random.standard_normal(value.shape))
            tensor.CopyFrom(numpy_helper.from_array(moved.astype(value.dtype), tensor.name))
    onnx.save(found, target)
    return target


def layers(model: Path, target: Path) -> Path:
    """The layers of an NNet file by themselves, for inputs and outputs that are normalised."""
    lines = [x for x in model.read_text().splitlines() if x and not x.startswith("//")]
    numbers = [[float(word) for word in line.split(",") if word.strip()] for line in lines]
    sizes, at, found = [int(x) for x in numbers[1]], 7, []
    for _, height in pairwise(sizes):
        W, b = numbers[at : at + height], numbers[at + height : at + 2 * height]
        found.append((np.float32(W), np.float32([x for (x,) in b])))
        at += 2 * height
    lumpver.save(Network.from_layers(found), target)
    return target


def questions(nets: Path, folder: Path) -> Iterator[Asked]:
    """All rows, those that take least first."""
    first, small, mnist = (nets / f"{name}.onnx" for name in (FIRST, SMALL, MNIST))
    pruned = nets / f"{FIRST}_pruned5.onnx"
    whole = layers(nets / NNET.format("reludiff", "nnet", ""), folder / "whole.onnx")
    half = layers(
        nets / NNET.format("neurodiff", "compressed_nnets", "_16bit"), folder / "half.onnx"
    )
    one = nets / PROPERTY.format(1)
    for eps in ("0.05", "0.02", "0.01", "0.005"):
        yield Asked("1_1, 5 % pruned", first, pruned, one, ("--eps", eps), LIMIT)
    for eps in ("0.01", "0.001"):
        yield Asked("1_1, 16 bits", whole, half, one, ("--eps", eps), LIMIT)
    for which, asked in (
        ("0", ("--eps", "1.2")),
        ("0", ("--eps", "1.0")),
        ("0", ("--same-class",)),
        ("7", ("--eps", "0.5")),
        ("7", ("--same-class", "--delta", "0.9")),
    ):
        box = nets / f"{VERYDIFF}/specs/mnist_{which}_local_15.vnnlib"
        yield Asked(
            "MNIST 3x100, 5 % pruned", mnist, nets / f"{MNIST}_pruned5.onnx", box, asked, 60
        )
    for eps in ("0.1", "0.01"):
        other = nets / f"{SMALL}-0.1.onnx"
        yield Asked("2_80-1, 0.1", small, other, nets / SIGMA, ("--eps", eps), LIMIT)
    for which in ("3", "4", "1"):
        box = nets / PROPERTY.format(which)
        for number in ("1_1", "2_4", "3_3", "5_9"):
            model = nets / ACAS.format(number)
            for deviation in ("0.001", "0.003", "0.01"):
                copy = noisy(model, float(deviation), folder / f"{number}-{deviation}.onnx")
                for eps in GOALS:
                    name = f"{number}, noise {deviation}"
                    yield Asked(name, model, copy, box, ("--eps", eps), LIMIT)


def timed(*arguments: object) -> tuple[str, float, float]:
    """What a command prints, its seconds, and those of all its processes."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "lumpver", *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode not in {0, 1, 3}:
        return json.dumps({"answer": f"failed: {done.stdout[:80]}{done.stderr[:80]}"}), seconds, cpu
    return done.stdout, seconds, cpu


def row(asked: Asked, folder: Path) -> str:
    """One row of the table."""
    proof = folder / "near.cert.json"
    proof.unlink(missing_ok=True)
    given = "--box", asked.box, *asked.question
    text, seconds, cpu = timed(
        "prove",
        asked.a,
        asked.b,
        *given,
        "--timeout",
        asked.limit,
        "--certificate",
        proof,
        "--json",
    )
    said = json.loads(text)
    answer = said["answer"]
    if "difference" in said:
        answer += f", by {said['difference']['decimal']}"
    if answer == "unknown":
        answer += f": {said['reason'].split(', ')[-1].split(';')[0]}"
    cells = [asked.pair, asked.box.stem, " ".join(asked.question), answer, said.get("parts", "")]
    cells += [f"{seconds:.1f}", f"{cpu:.1f}"]
    if proof.exists():
        _, again, _ = timed("check", asked.a, asked.b, proof, *given, "--exact-box")
        cells += [proof.stat().st_size, f"{again:.1f}"]
    else:
        cells += ["", ""]
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Print the table."""
    nets, words = Path(sys.argv[1]), sys.argv[2:]
    heads = COLUMNS.split("|")
    print(f"| {' | '.join(heads)} |\n|{'|'.join('---' for _ in heads)}|")
    with tempfile.TemporaryDirectory() as folder:
        for asked in questions(nets, Path(folder)):
            if not words or any(word in asked.pair for word in words):
                print(row(asked, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
