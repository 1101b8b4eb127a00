"""What a second reduction finds that the first did not, and which files grew.

Run by hand: `python tests/benchmarks/settling.py [SOURCE ...] [--count N] [--first SEED]`. A
source is one of random networks, reduced in exact numbers and again as floats hold them, or one
of random or planted ONNX models, reduced from file to file. Each seed that changes a second time
is printed, with what it has left; at the end of a source, the smallest.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from joined_graphs import joined_graph  # the folder above
from planted_models import FAMILIES
from planting import mixed
from random_convolutions import varied
from random_graphs import random_graph
from random_models import random_model
from residual_graphs import residual

from lumpver.io.files import load
from lumpver.model.network import is_unchanged
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumpver.model.network import Network

NETWORKS: Final[dict[str, Callable[[int], Network]]] = {
    "graphs": random_graph,
    "joined": joined_graph,
    "residual": residual,
    "chains": mixed,
}
MODELS: Final[dict[str, Callable[[int], Any]]] = {
    "models": random_model,
    "convolutions": varied,
}
_PLANTED: Final = 3  # seeds of each family


def told(network: Network) -> str:
    """How large a network is: nodes, units, and widths of runs."""
    widths = {name: network.width.get(name) for name in network.ends}
    return f"{len(network.nodes)} nodes, {network.units} units, {widths}"


def unsettled(network: Network, *, floats_only: bool) -> str | None:
    """What a second reduction of a network changes; None if nothing."""
    first = reduce(network, floats_only=floats_only).network
    second = reduce(first, floats_only=floats_only).network
    return None if is_unchanged(second, first) else f"{told(first)} -> {told(second)}"


def unsettled_file(model: bytes, folder: Path) -> tuple[str | None, int]:
    """What a second reduction of a file changes, or by what one grew; and nodes of the first."""
    paths = [folder / f"{i}.onnx" for i in range(3)]
    paths[0].write_bytes(model)
    size = len(load(paths[0]).network.nodes)
    for here, there in ((paths[0], paths[1]), (paths[1], paths[2])):
        found = reduce_file(here, there)
        if found.bytes_after > found.bytes_before:
            return f"grew from {found.bytes_before} to {found.bytes_after} bytes", size
        bugs = [note for note in found.checked.notes if "not accepted" in note]
        if bugs:
            return "; ".join(bugs), size
    if found.is_copy:
        return None, size
    return f"{told(found.reduction.original)} -> {told(found.reduction.network)}", size


def outcomes(source: str, seeds: range, folder: Path) -> Iterator[tuple[int, str, int, str | None]]:
    """For each seed: the kind of numbers, how many nodes there are, and what changed."""
    for seed in seeds:
        if source in NETWORKS:
            network = NETWORKS[source](seed)
            for kind, floats in (("exact", False), ("floats", True)):
                yield seed, kind, len(network.nodes), unsettled(network, floats_only=floats)
            continue
        made = MODELS[source](seed) if source in MODELS else FAMILIES[source](seed=seed).model
        found, size = unsettled_file(made.SerializeToString(), folder)
        yield seed, "file", size, found


def campaign(source: str, seeds: range) -> int:
    """Print the seeds of a source that do not settle at once; how many there are."""
    worst: list[tuple[int, int, str]] = []
    count = 0
    with tempfile.TemporaryDirectory() as name:
        for seed, kind, size, found in outcomes(source, seeds, Path(name)):
            count += 1
            if found is not None:
                worst.append((size, seed, kind))
                print(f"{source} {seed} {kind}, {size} nodes: {found}", flush=True)
    smallest = f", the smallest {min(worst)}" if worst else ""
    print(f"{source}: {len(worst)} of {count} change again or grow{smallest}", flush=True)
    return len(worst)


def main() -> int:
    """Ask all sources, or those that were named."""
    known = [*NETWORKS, *MODELS, *FAMILIES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", choices=[*known, []], metavar="SOURCE")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    total = 0
    for source in given.sources or known:
        count = given.count if source not in FAMILIES else min(given.count, _PLANTED)
        total += campaign(source, range(given.first, given.first + count))
    return min(total, 1)


if __name__ == "__main__":
    sys.exit(main())
