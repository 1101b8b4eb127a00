"""How many units `reduce --eps` leaves, beside others at equal certified error.

Run by hand: `python tests/benchmarks/near_reductions.py NETS [--only NAME…] [--share 0.05]`,
where NETS is the folder of real networks. Eps is a share of how far outputs are apart at points of
the box. A row for each network: units before; left by the exact reduction on the box; by
`reduce --eps`, with the bound that is certified and the largest difference that was found; by
delta-lumping alone (Prabhakar's setting: scale 1); by magnitude pruning and by the data-free
variant of `prune`, each at the largest ratio that shows to be within eps, and reduced exactly
behind that. Numbers have the types of the layers, but for those of the exact reductions.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

import lumpver
from lumpver.bounds.knowing import posed
from lumpver.compressing.compressing import Compressed, compress
from lumpver.compressing.confirming import Asked, parts_for
from lumpver.compressing.seeing import drawn, seen
from lumpver.exact.scalar import number
from lumpver.io.domains import read
from lumpver.model.slicing import one_position
from lumpver.proving.effort import budget
from lumpver.reducing.boxing import bounded
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.claim.domain import Boxes
    from lumpver.model.network import Network

_POINTS: Final = 500
_HALVINGS: Final = 6


class Pair(NamedTuple):
    """A model and the box that it is looked at on."""

    model: str
    box: str


PAIRS: Final = {
    "ACAS Xu 1_1, property 3": Pair(
        "vnncomp2021/acasxu/ACASXU_run2a_1_1_batch_2000.onnx", "vnncomp2021/acasxu/prop_3.vnnlib"
    ),
    "ACAS Xu 3_3, property 4": Pair(
        "vnncomp2021/acasxu/ACASXU_run2a_3_3_batch_2000.onnx", "vnncomp2021/acasxu/prop_4.vnnlib"
    ),
    "ACAS Xu 1_1, pruned, property 3": Pair(
        "verydiff/test/examples/nets/ACASXU_run2a_1_1_batch_2000_pruned5.onnx",
        "vnncomp2021/acasxu/prop_3.vnnlib",
    ),
    "MNIST 3x100, local": Pair(
        "verydiff/test/examples/nets/mnist_relu_3_100.onnx",
        "verydiff/test/examples/specs/mnist_0_local_15.vnnlib",
    ),
    "MNIST 256x2, local": Pair(
        "vnncomp2021/mnistfc/mnist-net_256x2.onnx", "vnncomp2021/mnistfc/prop_0_0.03.vnnlib"
    ),
    "cartpole": Pair(
        "vnncomp2022/rl_benchmarks/onnx/cartpole.onnx",
        "vnncomp2022/rl_benchmarks/vnnlib/cartpole_case_safe_50.vnnlib",
    ),
    "lunarlander": Pair(
        "vnncomp2022/rl_benchmarks/onnx/lunarlander.onnx",
        "vnncomp2022/rl_benchmarks/vnnlib/lunarlander_case_safe_0.vnnlib",
    ),
    "hls4ml two layers": Pair("hls4ml-example-models/onnx/two_layer_pytorch.onnx", "[0, 0.25]"),
    "MNIST 8x8": Pair("nnequivalence/ExampleNNs/mnist8x8_lin.onnx", "[0, 0.5]"),
    "Collins RUL, convolutions": Pair(
        "vnncomp2022/collins_rul_cnn/onnx/NN_rul_small_window_20.onnx",
        "vnncomp2022/collins_rul_cnn/vnnlib/robustness_2perturbations_delta5_epsilon10_w20.vnnlib",
    ),
}


def spread(network: Network, domain: Boxes) -> float:
    """How far any output is apart at points of the box."""
    one = one_position(network)
    _, boxes = posed(one, domain)
    outputs = seen(one, drawn(boxes, _POINTS)).outputs
    return float((outputs.max(axis=0) - outputs.min(axis=0)).max())


def pruned(network: Network, domain: Boxes, method: str, eps: fmpq) -> tuple[int, float]:
    """Units left by a method of `prune`, at the largest ratio that shows, and that ratio."""
    plan, _ = posed(one_position(network), domain)
    asked = Asked(network, domain, budget(), parts_for(plan, domain))
    low, high, best = 0.0, 1.0, network
    for _ in range(_HALVINGS):
        ratio = (low + high) / 2
        box = {"box": domain.boxes[0]} if method == "box" else {}
        found = lumpver.prune(network, ratio, method=method, **_as_given(box)).network
        if asked.near(found, {}, eps) is None:
            high = ratio
        else:
            low, best = ratio, found
    return reduce(best, known=bounded(best, domain)).network.units, low


def _as_given(box: dict[str, Any]) -> dict[str, Any]:
    return {name: {k: list(r) for k, r in found.ranges} for name, found in box.items()}


def row(name: str, nets: Path, share: float) -> dict[str, Any]:
    """What there is to say of a network."""
    pair = PAIRS[name]
    network = lumpver.load(nets / pair.model).network
    box: Any = pair.box if pair.box.startswith("[") else nets / pair.box
    domain = read(box, network).domain
    eps = number(float(np.float32(share * spread(network, domain))))
    begun = process_time()
    exact = reduce(network, known=bounded(network, domain)).network.units
    ours = compress(network, domain, eps, budget(), floats_only=True)
    seconds = process_time() - begun
    lumpver.check(network, ours.network, ours.certificate, claim=ours.certificate.claim)
    delta = compress(network, domain, eps, budget(), courses=(("twin",),), floats_only=True)
    found: dict[str, Any] = {
        "name": name, "eps": float(eps), "units": network.units, "exact": exact,
        "ours": ours.network.units, "bound": float(ours.bound), "sampled": float(ours.sampled),
        "steps": dict(ours.steps), "seconds": round(seconds, 1), "delta": _left(delta),
    }  # fmt: skip
    for method in ("magnitude", "box"):
        found[method], found[f"{method} ratio"] = pruned(network, domain, method, eps)
    return found


def _left(found: Compressed) -> int:
    return found.network.units


def main() -> None:
    """Print the table, a row as soon as it is there, and beside it JSON lines to stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nets", type=Path)
    parser.add_argument("--only", nargs="*", default=list(PAIRS))
    parser.add_argument("--share", type=float, default=0.05)
    given = parser.parse_args()
    columns = ["units", "exact", "ours", "delta", "magnitude", "box"]
    columns += ["eps", "bound", "sampled", "seconds"]
    print(f"| network | {' | '.join(columns)} |")
    print(f"|---|{'--:|' * len(columns)}", flush=True)
    for name in given.only:
        try:
            found = row(name, given.nets, given.share)
        except lumpver.LumpverError as error:
            print(f"| {name} | {error} |", flush=True)
            continue
        cells = (found[c] if isinstance(found[c], int) else f"{found[c]:.3g}" for c in columns)
        print(f"| {name} | {' | '.join(map(str, cells))} |", flush=True)
        print(json.dumps(found), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
