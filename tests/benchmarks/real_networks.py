"""What lumpver removes from real networks: a Markdown table, largest reductions first.

Run by hand: `python tests/benchmarks/real_networks.py [FOLDER]`. Families of files with the
same sizes share a row.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from lumpver.reducing.pipeline import check_files, reduce_file
from lumpver.tell.summary import layers

SUFFIXES = (".onnx", ".onnx.gz", ".nnet")


def row(model: Path, folder: Path) -> tuple[int, ...]:
    """Units before and after, merged, constant, unused, cancelled; parameters likewise."""
    suffix = next(s for s in SUFFIXES if model.name.endswith(s))
    small = folder / f"small{suffix}"
    outcome = reduce_file(model, small)
    check_files(model, small, outcome.certificate)
    found = layers(outcome.reduction)
    before, after = outcome.original.network, outcome.reduction.network
    fates = [
        sum(getattr(layer, fate) for layer in found) for fate in ("merged", "constant", "unused")
    ]
    return (
        before.units,
        after.units,
        *fates,
        before.units - after.units - sum(fates),
        before.parameters,
        after.parameters,
    )


def main() -> None:
    """Print the table."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/nets")
    models = sorted(p for p in root.rglob("*") if p.name.endswith(SUFFIXES))
    families: dict[tuple[object, ...], list[str]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        for model in models:
            families[row(model, Path(name))].append(str(model.relative_to(root)))
    out = sys.stdout.write
    out("| network | units | left | merged | constant | unused | cancelled | parameters |")
    out(" left |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
    ordered = sorted(families.items(), key=lambda item: -(item[0][0] - item[0][1]))
    for numbers, names in ordered:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        out(f"| {names[0]}{more} | {' | '.join(str(n) for n in numbers)} |\n")
    unchanged = sum(len(names) for numbers, names in ordered if numbers[0] == numbers[1])
    out(f"\n{len(models)} models, {unchanged} with nothing to remove.\n")


if __name__ == "__main__":
    main()
