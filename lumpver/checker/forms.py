"""Forms: both networks' units as affine combinations of the same columns.

region: the nodes from one tensor to another, activations of two slopes, weights of units, sums
start: the tensor that both regions begin with; its units are columns of what is left of it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.checker.rules import padding
from lumpver.checker.rules.residual import require_zero
from lumpver.checker.wiring import units
from lumpver.claim.facts import Fact
from lumpver.errors import reject
from lumpver.model.combining import relabelled
from lumpver.model.forms import Columns, Form, starting
from lumpver.model.linear import Linear, moving
from lumpver.model.regions import Formed, between, region_axis, region_window, through
from lumpver.model.relabelling import identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.checker.walk import Walk
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling

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
    axis, window = region_axis(ours), region_window(ours)
    known, theirs = _counterpart(walk, end, target, walk.facts[start], axis)
    walk.paired.update(map(id, theirs))
    if region_axis(theirs) != axis:
        reject("unit axis", end, str(axis), str(region_axis(theirs)))
    if region_window(theirs) != window:
        reject("window", end, str(window), str(region_window(theirs)))
    before = _before(walk, end, start, known, axis)
    count = units(walk.reduced, walk.theirs, theirs[0].inputs[0], axis)
    if count != before.width:
        reject("forms", end, f"{before.width} units of {known.counterpart}", str(count))
    taps = 1 if window is None else window.taps
    columns = Columns(before.columns * taps)
    columns.requires(max(before.units, before.columns) * taps)
    forms = through(ours, relabelled(before, taps), columns, walk.shown_along(axis))
    _require_constants_met(end, ours, before)
    _same(end, forms, through(theirs, starting(before.width * taps), columns))
    walk.typed(end, target)
    return Fact(target)


def _counterpart(
    walk: Walk, end: str, target: str, facts: Sequence[Fact], axis: int
) -> tuple[Fact, Region]:
    """A fact about the start, of its units or along another axis, and what leads on from there."""
    able = [one for one in facts if one.counterpart is not None and one.axis in (None, axis)]
    for known in able:
        found = between(walk.reduced, known.counterpart or "", target)
        if found:
            return known, found
    names = " or ".join(sorted({str(known.counterpart) for known in able}))
    return reject("forms", end, f"a region from {names or 'a tensor'}", f"to {target}")


def _before(walk: Walk, end: str, start: str, known: Fact, axis: int) -> Relabelling:
    """What the units of the start are in terms of its counterpart's."""
    count = units(walk.original, walk.shapes, start, axis)
    if known.relabelling is not None:
        return known.relabelling
    if not isinstance(count, int):
        reject("forms", end, f"a known number of units of {start}", str(count))
    return identity(count)


def _require_constants_met(end: str, nodes: Region, before: Relabelling) -> None:
    """Where padding stands for a unit, nothing is lost of its constant."""
    for node in nodes:
        kernel = moving([node]) if isinstance(node, Linear) else None
        if kernel is not None:
            require_zero("padding", end, padding.missed(kernel, before))


def _same(end: str, ours: list[Form], theirs: list[Form]) -> None:
    if len(ours) != len(theirs):
        reject("forms", end, f"{len(ours)} units", str(len(theirs)))
    for unit, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if one != other:
            column = min(c for c in {*one, *other} if one.get(c) != other.get(c))
            place = "constant" if column < 0 else f"factor of column {column}"
            reject("forms", end, f"{place} {one.get(column, 0)}", str(other.get(column, 0)), unit)
