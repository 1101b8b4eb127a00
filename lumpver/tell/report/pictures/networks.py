"""Pictures of networks: one by itself, or before and after side by side.

A block has the same colour on both sides; the description says in words what is to be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.tell.report.pictures.drawing import INK, Drawing, Label, Lines, Style
from lumpver.tell.report.pictures.labels import short
from lumpver.tell.report.pictures.panels import panel
from lumpver.tell.report.pictures.picture import Picture
from lumpver.tell.report.pictures.stations import plan, tensors
from lumpver.tell.report.pictures.words import annotated, described
from lumpver.tell.report.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.tell.report.pictures.drawing import Mark

WIDE: Final = 1100.0
HEAD: Final = 26.0
GAP: Final = 50.0


def network_picture(
    network: Network, relabellings: Mapping[str, Relabelling] | None = None
) -> Picture:
    """The network with its units in the colours of their blocks, scales beside them.

    Layers of up to 64 units show each, larger ones are a strip of cells. Without
    `relabellings` no unit is in a block with another.

    Examples
    --------
    >>> from lumpver.theory.examples import EXAMPLES
    >>> from lumpver.search.lumping import coarsest
    >>> network = EXAMPLES["abs_twins"].network
    >>> network_picture(network, coarsest(network).relabellings).description
    'x: 1 unit. h1.pre (Abs): 3 units, 1 left; 0, 1, 2 in one block. y: 1 unit.'
    """
    known, stations = relabellings or {}, plan(network)
    drawing, left_out = panel(stations, known)
    inputs = ", ".join(short(tensor.name) for tensor in network.inputs[:4])
    outputs = ", ".join(short(tensor.name) for tensor in network.outputs[:4])
    title = f"Network from {inputs or 'nothing'} to {outputs or 'nothing'}:"
    title += f" {counted(network.units, 'unit')}"
    whole = annotated(drawing, stations, known, left_out)
    return Picture(whole, title, described(stations, known))


def blocks_picture(relabellings: Mapping[str, Relabelling]) -> Picture:
    """The units of each tensor in the colours of their blocks, without the network."""
    whole = tensors(relabellings)
    drawing, _ = panel(whole, relabellings)
    title = f"Blocks of {counted(len(relabellings), 'tensor')}"
    return Picture(annotated(drawing, whole, relabellings), title, described(whole, relabellings))


def before_after(
    original: Network, reduced: Network, relabellings: Mapping[str, Relabelling]
) -> Picture:
    """Both networks, side by side where there is room, else the reduced one below.

    Units of the reduced network have the colours of the blocks that they stand for.
    """
    ours, theirs = plan(original), plan(reduced)
    left, more = panel(ours, relabellings)
    right, further = panel(theirs, relabellings, side="reduced")
    before, after = (
        _headed(left, f"before: {_size(original)}"),
        _headed(right, f"after: {_size(reduced)}"),
    )
    beside = before.width + GAP + after.width <= WIDE
    both = _beside(before, after) if beside else _below(before, after)
    words = f"Before: {described(ours, relabellings)} After: {described(theirs, {})}"
    return Picture(
        annotated(both, ours, relabellings, more + further),
        f"Before: {_size(original)}. After: {_size(reduced)}",
        words,
    )


def _size(network: Network) -> str:
    return f"{counted(network.units, 'unit')}, {counted(network.parameters, 'parameter')}"


def _headed(drawing: Drawing, head: str) -> Drawing:
    """The drawing with a heading above."""
    label = Label(8, 16, head, 12, "start", bold=True)
    width = max(drawing.width, label.bounds[2] + 8)
    return Drawing(width, drawing.height + HEAD, (label, *drawing.moved(0, HEAD)))


def _beside(left: Drawing, right: Drawing) -> Drawing:
    """Side by side, heads at the same height, the lower one centred, an arrow between."""
    height = max(left.height, right.height)
    x, y = left.width, (height + HEAD) / 2
    shaft, head = ((x + 10, y), (x + 38, y)), ((x + 31, y - 6), (x + 38, y), (x + 31, y + 6))
    arrow = Lines((shaft, head), Style(None, INK, 1.6, 0.7))
    marks = (*_sunk(left, height), arrow, *(m.moved(x + GAP, 0) for m in _sunk(right, height)))
    return Drawing(x + GAP + right.width, height, marks)


def _sunk(drawing: Drawing, height: float) -> tuple[Mark, ...]:
    """All but the head moved down to the middle."""
    head, *rest = drawing.marks
    return (head, *(mark.moved(0, (height - drawing.height) / 2) for mark in rest))


def _below(upper: Drawing, lower: Drawing) -> Drawing:
    marks = (*upper.marks, *lower.moved(0, upper.height + 8))
    return Drawing(max(upper.width, lower.width), upper.height + 8 + lower.height, marks)
