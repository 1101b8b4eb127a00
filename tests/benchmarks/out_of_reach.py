"""Which ReLU units of the models in some folders are out of reach, and what stops them.

Run by hand: `python tests/benchmarks/out_of_reach.py FOLDER… [--json]`. Units are counted by
`relu_units`, which does not know lumpver; those that are out of reach are told by what lumpver
reads and pins.

out of reach: what the ReLU reads is pinned, or has no unit axis, and an unmodelled node is
    among what is tied to it unit by unit
unfit: the nearest such node does not fit what it reads, so that no runtime runs the model
an output: pinned rightly, since an output of the model is among what is tied to it
a layout: what the ReLU reads mixes or spreads units in a way that has no relabelling
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from onnx import NodeProto, helper
from relu_units import ReluNode, parsed, relu_nodes

from lumpver.errors import LumpverError
from lumpver.io.files import load, plain
from lumpver.io.onnx.read.opsets import SINCE
from lumpver.search import rearrange
from lumpver.search.observation import pinned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.network import Network, Node, Opaque

SUFFIXES: Final = (".onnx", ".onnx.gz")


@dataclass(slots=True)
class Row:
    """What there is to tell of one model."""

    model: str
    units: int = 0
    out_of_reach: int = 0
    unfit: int = 0
    outputs: int = 0
    layouts: int = 0
    stopped_by: dict[str, int] = field(default_factory=dict)
    layout: dict[str, int] = field(default_factory=dict)
    error: str = ""


def row(path: Path, name: str) -> Row:
    """The count of one model."""
    found = Row(name)
    try:
        model = load(path)
    except LumpverError as error:
        found.error = str(error)
        return found
    network = model.network
    fixed = pinned(network)
    stopped: Counter[str] = Counter()
    layout: Counter[str] = Counter()
    for relu in relu_nodes(parsed(bytes(plain(model.data, path)))):
        found.units += relu.units
        kind, words = _fate(network, fixed, relu)
        if kind == "opaque":
            found.out_of_reach += relu.units
            stopped[words] += relu.units
        elif kind == "unfit":
            found.unfit += relu.units
        elif kind == "output":
            found.outputs += relu.units
        elif kind == "layout":
            found.layouts += relu.units
            layout[words] += relu.units
    found.stopped_by = dict(stopped.most_common())
    found.layout = dict(layout.most_common())
    return found


def _fate(network: Network, fixed: frozenset[str], relu: ReluNode) -> tuple[str, str]:
    """Whether units can be reached, else what stops them: a kind, and words for it."""
    name = relu.tensor
    tied = list(_tied(network, name))
    made = any(type(network.producers.get(n)).__name__ == "Linear" for n in tied)
    if name not in fixed and name in network.axes and name in network.width and made:
        return "", ""
    outputs = {tensor.name for tensor in network.outputs}
    opaque = _nearest_opaque(network, name, tied)
    if outputs & set(tied) and made and not _made_by_opaque(network, name):
        return "output", ""
    if opaque is not None:
        opaque = _root(network, opaque)
        if opaque.why.startswith("does not fit"):
            return "unfit", ""
        return "opaque", f"{opaque.operator.removeprefix('ai.onnx:')} ({reason(network, opaque)})"
    return ("output", "") if outputs & set(tied) else ("layout", _layout(network, tied))


def _tied(network: Network, name: str) -> Iterator[str]:
    """The tensors whose units follow from those of one, or from which they follow; nearest first.

    Affine and unmodelled nodes are not passed.
    """
    seen, queue = {name}, deque([name])
    while queue:
        name = queue.popleft()
        yield name
        made = network.producers.get(name)
        near = [] if made is None or _stops(made) else [*made.inputs]
        for node in network.readers.get(name, []):
            if not _stops(node):
                near += [*node.outputs, *node.inputs]
        for other in near:
            if other and other not in seen:
                seen.add(other)
                queue.append(other)


def _stops(node: Node) -> bool:
    return type(node).__name__ in ("Linear", "Opaque")


def _made_by_opaque(network: Network, name: str) -> bool:
    return type(network.producers.get(name)).__name__ == "Opaque"


def _nearest_opaque(network: Network, name: str, tied: list[str]) -> Opaque | None:
    for other in tied:
        for node in (network.producers.get(other), *network.readers.get(other, [])):
            if type(node).__name__ == "Opaque" and not node.is_constant:  # type: ignore[union-attr]
                return node  # type: ignore[return-value]
    return None


def _root(network: Network, node: Opaque) -> Opaque:
    """The unmodelled node whose result has the unknown type or shape that a node stops at."""
    while "unknown" in reason(network, node):
        above = [network.producers.get(name) for name in node.inputs]
        made = [other for other in above if type(other).__name__ == "Opaque"]
        if not made:
            break
        node = made[0]  # type: ignore[assignment]
    return node


def _layout(network: Network, tied: list[str]) -> str:
    """The nodes among what is tied, or that read it, along whose axes no units lie."""
    for name in tied:
        axis = network.axes.get(name)
        for node in network.readers.get(name, []):
            if type(node).__name__ == "Linear" and node.axis != axis:  # type: ignore[union-attr]
                return "read along another axis"
            if type(node).__name__ == "Rearrange" and rearrange.place(network, node) is None:  # type: ignore[arg-type]
                return f"{node.operator} mixes axes"  # type: ignore[union-attr]
    return "tied to what no linear operator makes"


def reason(network: Network, node: Opaque) -> str:
    """Why a node is not modelled, as far as its types and shapes tell."""
    domain, _, operator = node.operator.rpartition(":")
    if node.why:
        return node.why
    if domain not in ("ai.onnx", ""):
        return f"of domain {domain}"
    if operator not in SINCE:
        return "not modelled"
    tensors = [network.tensors[name] for name in node.inputs]
    if len(tensors) > 1:
        return _of_several(tensors)
    if any(tensor.dtype == "" for tensor in tensors):
        return "unknown type"
    if any(not tensor.dtype.startswith(("float", "bfloat")) for tensor in tensors):
        return "not of floats"
    if any(tensor.shape is None or None in tensor.shape for tensor in tensors):
        return "unknown shape"
    given = _attributes(node)
    return f"attribute or constant{': ' + given if given else ''}"


def _of_several(tensors: list[Any]) -> str:
    shapes = [tensor.shape for tensor in tensors]
    if any(shape is None or None in shape for shape in shapes):
        return "several tensors, unknown shape"
    if any(not tensor.dtype.startswith("float") for tensor in tensors):
        return "several tensors, unknown type"
    return "several tensors" if len(set(shapes)) == 1 else "several tensors, broadcast"


def _attributes(node: Opaque) -> str:
    """The attributes of a node, as they are written."""
    proto = NodeProto()
    proto.ParseFromString(node.content)
    return ", ".join(helper.printable_attribute(a) for a in proto.attribute)[:60]


def table(rows: list[Row]) -> str:
    """The models with units out of reach, and the operators that stop them, most units first."""
    lines = ["| model | ReLU units | out of reach | stopped by |", "|---|--:|--:|---|"]
    for found in sorted(rows, key=lambda r: -r.out_of_reach):
        if found.out_of_reach or found.error:
            words = "; ".join(f"{n} {by}" for by, n in found.stopped_by.items())
            lines.append(
                f"| {found.model} | {found.units} | {found.out_of_reach} | {found.error or words} |"
            )
    by: Counter[str] = Counter()
    for found in rows:
        by.update(found.stopped_by)
    lines += ["", "| operator | units stopped |", "|---|--:|"]
    lines += [f"| {words} | {count} |" for words, count in by.most_common()]
    layouts: Counter[str] = Counter()
    for found in rows:
        layouts.update({f"{found.model}: {by}": n for by, n in found.layout.items()})
    if layouts:
        lines += ["", "| pinned by a layout | units |", "|---|--:|"]
        lines += [f"| {words} | {count} |" for words, count in layouts.most_common()]
    total = {name: sum(getattr(r, name) for r in rows) for name in _TOTALS}
    said = (
        f"{len(rows)} models, {total['units']} ReLU units: {total['out_of_reach']} out of reach"
        f" beside unmodelled nodes, {total['unfit']} beside nodes that no runtime runs,"
        f" {total['outputs']} pinned by outputs, {total['layouts']} by layouts;"
        f" {sum(bool(r.error) for r in rows)} models refused."
    )
    return "\n".join([*lines, "", said])


_TOTALS: Final = ("units", "out_of_reach", "unfit", "outputs", "layouts")


def main() -> None:
    """Print the table, or all rows as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = [
        row(path, path.relative_to(folder).as_posix())
        for folder in given.folders
        for path in sorted(folder.rglob("*"))
        if path.name.endswith(SUFFIXES) and path.is_file()
    ]
    if given.json:
        json.dump([asdict(found) for found in rows], sys.stdout, indent=1, sort_keys=True)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(table(rows) + "\n")


if __name__ == "__main__":
    main()
