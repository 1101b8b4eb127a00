"""Forms: both networks' units as affine combinations of the same columns.

region: the nodes from one tensor to another, activations of two slopes, weights of units, sums
start: the tensor that both regions begin with, unit by unit the same
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.checker.wiring import units
from lumpver.claim.facts import Fact
from lumpver.errors import reject
from lumpver.model.forms import Columns, Form, starting
from lumpver.model.regions import Formed, between, region_axis, region_window, through

if TYPE_CHECKING:
    from lumpver.checker.walk import Walk
    from lumpver.model.network import Network

Region = tuple[Formed, ...]


def inside(original: Network, end: str, stated: tuple[Fact, ...]) -> frozenset[int]:
    """The nodes of the original that only serve to make a tensor whose forms are compared.

    Raises
    ------
    Rejected
        If they make no forms, or something beside them reads what they make.
    """
    start = next((fact.since for fact in stated if fact.since is not None), None)
    if start is None:
        return frozenset()
    nodes = region(original, start, end)
    found = frozenset(map(id, nodes[:-1]))
    outputs = {tensor.name for tensor in original.outputs}
    for node in nodes[:-1]:
        others = [r.name for r in original.readers.get(node.output, []) if r not in nodes]
        if others or node.output in outputs:
            got = "an output" if node.output in outputs else f"{others[0]} reads it"
            reject("forms", end, f"{node.output} read by nothing else", got)
    return found


def region(network: Network, start: str, end: str) -> Region:
    """The nodes from `start` to `end`.

    Raises
    ------
    Rejected
        If forms cannot be had of all of them, or there are none.
    """
    found = between(network, start, end)
    if not found:
        expected = "weights of units along one axis, sums, and activations of two slopes"
        reject("forms", end, f"{expected}, from {start}", "others")
    return found


def established(walk: Walk, end: str, stated: Fact) -> Fact:
    """The fact that a tensor is its counterpart, unit by unit: their forms are equal.

    Raises
    ------
    Rejected
        Naming the first unit whose forms differ.
    """
    start, target = stated.since or "", stated.counterpart
    if stated.relabelling is not None or target is None:
        reject("forms", end, "a counterpart that is the same", "another fact")
    if start not in walk.facts:
        reject("forms", end, "a tensor to begin with that is known", start or "none")
    ours = region(walk.original, start, end)
    theirs = _counterpart(walk, end, start, target)
    walk.paired.update(map(id, theirs))
    axes = [region_axis(nodes) for nodes in (ours, theirs)]
    if axes[0] != axes[1]:
        reject("unit axis", end, str(axes[0]), str(axes[1]))
    counts = (
        units(walk.original, walk.shapes, start, axes[0]),
        units(walk.reduced, walk.theirs, theirs[0].inputs[0], axes[1]),
    )
    if not isinstance(counts[0], int) or counts[0] != counts[1]:
        reject("forms", end, f"as many units of {start}, known", f"{counts[0]} and {counts[1]}")
    windows = [region_window(nodes) for nodes in (ours, theirs)]
    if windows[0] != windows[1]:
        expected, got = map(str, windows)
        reject("window", end, expected, got)
    count = counts[0] * (1 if windows[0] is None else windows[0].taps)
    columns = Columns(count)
    columns.requires(count)
    signs = walk.shown_along(axes[0])
    _same(
        end,
        through(ours, starting(count), columns, signs),
        through(theirs, starting(count), columns),
    )
    walk.typed(end, target)
    return Fact(target)


def _counterpart(walk: Walk, end: str, start: str, target: str) -> Region:
    """The reduced network's region from a counterpart of the start, which is unchanged."""
    same = walk.unchanged(start, "forms")
    for name in sorted(filter(None, same)):
        found = between(walk.reduced, name, target)
        if found:
            return found
    return reject(
        "forms", end, f"a region from {' or '.join(sorted(map(str, same)))}", f"to {target}"
    )


def _same(end: str, ours: list[Form], theirs: list[Form]) -> None:
    if len(ours) != len(theirs):
        reject("forms", end, f"{len(ours)} units", str(len(theirs)))
    for unit, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one != other:
            column = min(c for c in {*one, *other} if one.get(c) != other.get(c))
            place = "constant" if column < 0 else f"factor of column {column}"
            reject("forms", end, f"{place} {one.get(column, 0)}", str(other.get(column, 0)), unit)
