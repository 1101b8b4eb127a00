"""How many units `reduce --box` leaves on real networks, beside float CROWN by itself.

    python tests/benchmarks/boxes.py NETS [WORD ...]

`NETS` is a folder with the networks and properties of VNN-COMP; words choose rows that have one of
them in their name. Each line: network and box, units, how many plain bounds leave undecided (the
same lines for all units, no hints), how many are left, less those kept for their number type, how
many of those there are, seconds of processor time of `reduce` and `check`, and the most memory.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lumpver.bounds.bounding import open_entries
from lumpver.bounds.knowing import known
from lumpver.bounds.pointwise import by_entry
from lumpver.io.domains import read
from lumpver.io.files import load
from lumpver.model.network import Pointwise

MNIST, ACAS = "vnncomp2021/mnistfc", "vnncomp2021/acasxu"
CONTROL, NN4SYS = "vnncomp2022/rl_benchmarks", "vnncomp2022/nn4sys"
RUL, CORA = "vnncomp2022/collins_rul_cnn", "vnncomp2024/cora"


@dataclass(frozen=True, slots=True)
class Row:
    """A model and a property, by their paths below the folder of networks."""

    name: str
    model: str
    box: str


def rows(nets: Path) -> list[Row]:
    """The rows of the table for which there are files."""
    found = []
    for depth in (2, 4):
        for radius in ("0.03", "0.05"):
            found += [
                Row(f"mnist-net 256x{depth}, {radius}, image {image}",
                    f"{MNIST}/mnist-net_256x{depth}.onnx", f"{MNIST}/prop_{image}_{radius}.vnnlib")
                for image in range(3)
            ]  # fmt: skip
    for place in (1, 2, 3, 4):
        found += [
            Row(f"ACAS Xu {name}, property {place}",
                f"{ACAS}/ACASXU_run2a_{name}_batch_2000.onnx", f"{ACAS}/prop_{place}.vnnlib")
            for name in ("1_1", "3_3")
        ]  # fmt: skip
    found += [
        Row(f"{game}, {path.stem}", f"{CONTROL}/onnx/{game}.onnx", str(path.relative_to(nets)))
        for game in ("cartpole", "lunarlander")
        for path in sorted((nets / CONTROL / "vnnlib").glob(f"{game}*"))[:6]
    ]
    found.append(Row("lindex", f"{NN4SYS}/onnx/lindex.onnx", f"{NN4SYS}/vnnlib/lindex_1.vnnlib"))
    found += [
        Row(f"cora {model.stem}, {path.stem}", *(str(x.relative_to(nets)) for x in (model, path)))
        for model in sorted((nets / CORA).rglob("*mnist*set*.onnx"))
        for path in sorted((nets / CORA / "vnnlib").glob("*mnist*"))[:2]
    ]
    found += [
        Row(f"collins {path.stem}", f"{RUL}/onnx/NN_rul_small_window_20.onnx",
            str(path.relative_to(nets)))
        for path in sorted((nets / RUL / "vnnlib").glob("*w20*"))[:3]
    ]  # fmt: skip
    return [row for row in found if (nets / row.model).exists() and (nets / row.box).exists()]


def undecided(model: Path, box: Path) -> int:
    """How many entries that activations read may switch, by bounds without hints."""
    network = load(model).network
    on = known(network, read(box, network).domain)
    return sum(
        int(open_entries(by_entry(node, on.shapes[node.input]), on.intervals[node.input]).sum())
        for node in network.nodes
        if isinstance(node, Pointwise) and node.input in on.intervals
    )


def run(*words: str | Path) -> tuple[int, str, float, float]:
    """The exit code and output of lumpver, its seconds of processor time, and its megabytes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "lumpver", *map(str, words)]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.returncode, done.stdout, spent, after.ru_maxrss / 1024


def measured(nets: Path, row: Row, folder: Path) -> str:
    """One line of the table."""
    model, box, small = nets / row.model, nets / row.box, folder / "small.onnx"
    words = ("reduce", model, "-o", small, "--box", box, "--no-trial", "--json")
    code, text, spent, most = run(*words)
    if code != 0:
        return f"{row.name:40} failed: {text.strip()[-100:]}"
    found = json.loads(text)
    kept = sum(layer["kept_unrepresentable"] for layer in found["layers"])
    before, after = found["units"]["before"], found["units"]["after"]
    code, _, checked, _ = run("check", model, small, f"{small}.cert.json", "--box", box)
    alone = undecided(model, box)
    times = f"{spent:7.1f} {checked:7.1f} {most:6.0f} {found['bytes']['after']:9}"
    answer = "" if code == 0 else f" check: {code}"
    return f"{row.name:40} {before:6} {alone:6} {after - kept:6} {kept:5} {times}{answer}"


def main(nets: Path, words: list[str]) -> None:
    """Print the table, a line at a time."""
    print(
        f"{'network, box':40} {'units':>6} {'alone':>6} {'left':>6} {'kept':>5}"
        f" {'reduce':>7} {'check':>7} {'MB':>6} {'bytes':>9}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(nets):
            if not words or any(word in row.name for word in words):
                print(measured(nets, row, Path(folder)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
