"""Bars: how many units each layer had, and where they went.

left: units of the reduced layer, or of the level that is told beside one that was made anew
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lumpver.tell.report.pictures.drawing import INK, Box, Drawing, Label, Lines, Style, text_width
from lumpver.tell.report.pictures.fates import GREY, PALETTE
from lumpver.tell.report.pictures.labels import short
from lumpver.tell.report.pictures.picture import Picture
from lumpver.tell.report.words import counted
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.tell.report.pictures.drawing import Mark
    from lumpver.tell.summary import LayerChange

LENGTH: Final = 420.0
ROW: Final = 24.0
MOST_ROWS: Final = 60
MOST_TOLD: Final = 16
DARK_TEXT: Final = "#111111"
_COLOURS: Final = {
    "left": Style(PALETTE[1]),
    "merged": Style(PALETTE[0]),
    "combined": Style(PALETTE[3]),
    "constant": Style(GREY),
    "cancelled": Style(PALETTE[2]),
    "unused": Style(None, INK, 1.0, 0.65, (3.0, 2.0)),
}


def unit_bars(layers: Sequence[LayerChange]) -> Picture:
    """A bar for each layer, as long as it had units, split by what became of them.

    Examples
    --------
    >>> from lumpver.tell.summary import LayerChange
    >>> unit_bars([LayerChange("h1", "Relu", 5, 2, 2, 1, 0, 0)]).description
    'h1: 5 units, of these 2 left, 2 merged, 1 constant.'
    """
    shown = layers[:MOST_ROWS]
    parts = [_parts(layer) for layer in shown]
    names = [short(layer.name, 28) for layer in shown]
    start = max((text_width(name, 10) for name in names), default=0.0) + 20.0
    most = max((_longer(layer) for layer in shown), default=0) or 1
    marks: list[Mark] = []
    for row, (layer, name, split) in enumerate(zip(shown, names, parts, strict=True)):
        y = 8.0 + row * ROW
        marks.append(Label(start - 8, y + 12.5, name, 10, "end"))
        marks += _bar(split, start, y, LENGTH / most)
        end = start + LENGTH * _longer(layer) / most
        numbers = f"{layer.units_before:,} → {layer.units_after:,}"
        marks.append(Label(end + 8, y + 12.5, numbers, 10, "start"))
    y = 8.0 + len(shown) * ROW
    if len(layers) > len(shown):
        more = f"{len(layers) - len(shown):,} more layers"
        marks.append(Label(start, y + 12.5, more, 10, "start"))
        y += ROW
    told = [name for name in _COLOURS if any(name in split for split in parts)]
    width = start + LENGTH + 8 + text_width(f"{most:,} → {most:,}", 10) + 8
    drawing = Drawing(width, y + (26.0 if told else 0.0), (*marks, *_legend(told, start, y + 8)))
    return Picture(drawing, f"Units of {counted(len(layers), 'layer')}", _described(layers))


def _longer(layer: LayerChange) -> int:
    return max(layer.units_before, layer.units_after)


def _parts(layer: LayerChange) -> dict[str, int]:
    """How many units went where; what no other number counts is combined."""
    found = {
        "left": layer.units_after,
        "merged": layer.merged,
        "combined": 0,
        "constant": layer.constant,
        "cancelled": layer.cancelled,
        "unused": layer.unused,
    }
    found["combined"] = layer.units_before - sum(found.values())
    return {name: n for name, n in found.items() if n > 0}


def _bar(split: dict[str, int], start: float, y: float, scale: float) -> list[Mark]:
    marks: list[Mark] = []
    x = start
    for name, n in split.items():
        long, inside = n * scale, f"{n:,}"
        marks.append(Box(x, y, long, 17.0, _COLOURS[name], tip=f"{name}: {n:,}"))
        if text_width(inside, 9) + 4 < long:
            fill = INK if name == "unused" else DARK_TEXT
            marks.append(Label(x + long / 2, y + 12.0, inside, 9, fill=fill))
        x += long
    return [*marks, Lines((((start, y - 2), (start, y + 19)),), Style(None, INK, 1.0, 0.7))]


def _legend(told: Sequence[str], x: float, y: float) -> list[Mark]:
    marks: list[Mark] = []
    for name in told:
        marks += [Box(x, y, 11, 11, _COLOURS[name]), Label(x + 16, y + 9, name, 9.5, "start")]
        x += text_width(name, 9.5) + 34
    return marks


def _described(layers: Sequence[LayerChange]) -> str:
    told = []
    for layer in layers[:MOST_TOLD]:
        parts = ", ".join(f"{n:,} {name}" for name, n in _parts(layer).items())
        units = counted(layer.units_before, "unit") + (f", of these {parts}" if parts else "")
        told.append(f"{visible(layer.name)}: {units}.")
    if len(layers) > MOST_TOLD:
        told.append(f"And {len(layers) - MOST_TOLD} more layers.")
    return " ".join(told) or "No layers."
