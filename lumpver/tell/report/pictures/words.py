"""Pictures of networks in words and in a legend: what is to be seen, with the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import entry
from lumpver.tell.report.pictures.drawing import (
    INK,
    Box,
    Disc,
    Drawing,
    Label,
    Lines,
    Style,
    text_width,
)
from lumpver.tell.report.pictures.fates import FATES, GREY, PALETTE, fates
from lumpver.tell.report.pictures.labels import listed, number
from lumpver.tell.report.pictures.panels import relabelling_of
from lumpver.tell.report.words import counted
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.relabelling import Relabelling
    from lumpver.tell.report.pictures.drawing import Mark
    from lumpver.tell.report.pictures.stations import Plan, Station

MOST_SENTENCES: Final = 16
FEW: Final = 16
_LEGEND: Final = {
    "merged": "same colour in a layer: one block; ×s: s times its unit",
    "combined": "several colours: a combination; [j]: unit j of the reduced layer",
    "constant": "constant",
    "unused": "no output depends on it",
}


def described(whole: Plan, relabellings: Mapping[str, Relabelling]) -> str:
    """A sentence for each station of the picture, the first few where there are many."""
    stations = whole.stations
    told = [_sentence(station, relabellings) for station in stations[:MOST_SENTENCES]]
    if len(stations) > MOST_SENTENCES:
        told.append(f"And {len(stations) - MOST_SENTENCES} more.")
    return " ".join(told) or "No tensors."


def _sentence(station: Station, relabellings: Mapping[str, Relabelling]) -> str:
    if station.width is None:
        what = ", ".join(map(visible, station.operators[:FEW]))
        return f"Operators: {what}." if station.opaque else f"{visible(station.name)}: {what}."
    activations = ", ".join(dict.fromkeys(str(node.activation) for node in station.activations))
    name = visible(station.layer) + (f" ({activations})" if activations else "")
    found = relabelling_of(station, relabellings)
    if found is None or found.is_identity:
        return f"{name}: {counted(station.width, station.unit)}."
    parts = [f"{counted(station.width, station.unit)}, {found.width:,} left", *_details(found)]
    return f"{name}: {'; '.join(parts)}."


def _details(found: Relabelling) -> list[str]:
    """What became of the others: by name where they are few, else their numbers."""
    kinds = fates(found)
    where = {fate: np.flatnonzero(kinds == i).tolist() for i, fate in enumerate(FATES)}
    if found.units > FEW:
        gone = {fate: len(where[fate]) for fate in ("combined", "constant", "unused")}
        merged = found.units - found.width - sum(gone.values())
        return [f"{n:,} {fate}" for fate, n in {"merged": merged, **gone}.items() if n > 0]
    blocks = [found.members(j).tolist() for j in range(found.width)]
    told = [f"{listed(units)} in one block" for units in blocks if len(units) > 1]
    values = [
        f"{v} is {'<= 0' if found.block[v] >= 0 else number(entry(found.constant, v))}"
        for v in where["constant"]
    ]
    told += [f"constant: {', '.join(values)}"] if values else []
    for fate in ("combined", "unused"):
        told += [f"{fate}: {listed(where[fate])}"] if where[fate] else []
    return told


def annotated(
    drawing: Drawing, whole: Plan, relabellings: Mapping[str, Relabelling], left_out: int = 0
) -> Drawing:
    """The drawing with a legend of the fates that occur, and of weights that are not drawn."""
    seen: set[str] = set()
    for station in whole.stations:
        found = relabelling_of(station, relabellings)
        if found is not None:
            seen |= {FATES[kind] for kind in np.unique(fates(found))}
    texts = [(fate, text) for fate, text in _LEGEND.items() if fate in seen]
    if left_out:
        texts.append(("", f"{left_out:,} smaller weights are not drawn"))
    if any(isinstance(mark, Label) and "≈" in mark.text for mark in drawing.marks):
        texts.append(("", "≈: rounded for the picture only"))
    marks, x, y, wide = list(drawing.marks), 12.0, drawing.height + 10.0, drawing.width
    for fate, text in texts:
        length = text_width(text, 9.5) + 30.0
        if x > 12.0 and x + length > max(drawing.width, 420.0):
            x, y = 12.0, y + 16.0
        marks += [*_sample(fate, x + 5.0, y), Label(x + 16.0, y + 3.4, text, 9.5, "start")]
        x += length
        wide = max(wide, x)
    return Drawing(wide, y + 12.0 if texts else drawing.height, tuple(marks))


def _sample(fate: str, x: float, y: float) -> list[Mark]:
    """A small unit of that fate."""
    if fate == "constant":
        lines = (
            ((x - 5, y), (x, y - 5)),
            ((x - 5, y + 5), (x + 5, y - 5)),
            ((x, y + 5), (x + 5, y)),
        )
        return [Lines(lines, Style(None, GREY, 0.6)), Box(x - 5, y - 5, 10, 10, Style(None, GREY))]
    if fate == "unused":
        return [Disc(x, y, 5, Style(None, INK, 1.0, 0.65, (3.0, 2.0)))]
    if fate == "combined":
        half = ((x, y - 5), (x - 3.5, y - 3.5), (x - 5, y), (x - 3.5, y + 3.5), (x, y + 5))
        other = Lines((half,), Style(PALETTE[1]), closed=True)
        return [Disc(x, y, 5, Style(PALETTE[0], INK, 0.7)), other]
    return [Disc(x, y, 5, Style(PALETTE[0], INK, 0.7))] if fate else []
