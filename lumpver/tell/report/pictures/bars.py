"""Bars: how many units each layer had, and where they went.

left: units of the reduced layer, or of the level that is told beside one that was made anew
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lumpver.tell.report.pictures.drawing import INK, Box, Drawing, Label, Lines, Style, text_width
from lumpver.tell.report.pictures.fates import GREY, PALETTE
from lumpver.tell.report.pictures.labels import short
from lumpver.tell.report.pictures.picture import Picture
from lumpver.tell.report.words import counted
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.tell.report.pictures.drawing import Mark
    from lumpver.tell.summary import LayerChange
    from lumpver.tell.switching import Switching, Units

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
_SWITCHING: Final = {
    "off": Style(GREY),
    "on": Style(PALETTE[0]),
    "may switch": Style(PALETTE[1]),
}


_GONE: Final = 0.35
_UNITS: Final = {
    "may switch": Style(PALETTE[1]),
    "always on": Style(PALETTE[0]),
    "never on": Style(GREY),
    "may switch, gone": Style(PALETTE[1], opacity=_GONE),
    "always on, gone": Style(PALETTE[0], opacity=_GONE),
    "never on, gone": Style(GREY, opacity=_GONE),
    "made anew": Style(PALETTE[2]),
}


def unit_bars(layers: Sequence[LayerChange]) -> Picture:
    """A bar for each layer, as long as it had units, split by what became of them.

    Examples
    --------
    >>> from lumpver.tell.summary import LayerChange
    >>> unit_bars([LayerChange("h1", "Relu", 5, 2, 2, 1, 0, 0)]).description
    'h1: 5 units, of these 2 left, 2 merged, 1 constant.'
    """
    rows = [
        Row(
            layer.name,
            _parts(layer),
            _longer(layer),
            f"{layer.units_before:,} → {layer.units_after:,}",
        )
        for layer in layers
    ]
    return stacked(rows, _COLOURS, f"Units of {counted(len(layers), 'layer')}", _described(layers))


def switching_bars(layers: Sequence[Switching]) -> Picture:
    """A bar for each activation, split by what bounds say of its entries on a box.

    Examples
    --------
    >>> from lumpver.tell.switching import Switching
    >>> switching_bars([Switching("h1", "Relu", 9, 5, 1, 3, 2)]).description
    'h1: 9 entries, of these 5 off, 1 on, 3 may switch.'
    """
    rows = []
    for layer in layers:
        parts = {"off": layer.off, "on": layer.on, "may switch": layer.open}
        split = {name: n for name, n in parts.items() if n}
        rows.append(Row(layer.name, split, layer.entries, f"{layer.open:,} of {layer.entries:,}"))
    title = f"What never switches in {counted(len(rows), 'layer')}"
    return stacked(rows, _SWITCHING, title, _told(rows, "entry", "entries"))


def box_bars(layers: Sequence[Units]) -> Picture:
    """A bar for each layer, split by what bounds say of its units on a box, pale where gone.

    Examples
    --------
    >>> from lumpver.tell.switching import Units
    >>> box_bars([Units("h1", 9, 5, 1, 3, 5, 0, 1)]).description
    'h1: 9 units, of these 2 may switch, 1 always on, 1 may switch, gone, 5 never on, gone.'
    """
    rows = []
    for layer in layers:
        parts = {
            "may switch": layer.open - layer.open_gone,
            "always on": layer.on - layer.on_gone,
            "never on": layer.off - layer.off_gone,
            "may switch, gone": layer.open_gone,
            "always on, gone": layer.on_gone,
            "never on, gone": layer.off_gone,
        }
        split = {"made anew": layer.units} if layer.anew else parts
        numbers = f"{layer.units:,} → {layer.left:,}"
        said = f"{layer.units:,} made anew" if layer.anew else numbers
        rows.append(Row(layer.name, {k: n for k, n in split.items() if n}, layer.units, said))
    title = f"Units of {counted(len(rows), 'layer')} on the box"
    return stacked(rows, _UNITS, title, _told(rows, "unit", "units"))


def _told(rows: Sequence[Row], one: str, many: str) -> str:
    """What bars show, in words."""
    told = [
        f"{visible(row.name)}: {row.length:,} {one if row.length == 1 else many}, of these "
        + ", ".join(f"{n:,} {name}" for name, n in row.split.items())
        + "."
        for row in rows[:MOST_TOLD]
    ]
    if len(rows) > MOST_TOLD:
        told.append(f"And {len(rows) - MOST_TOLD} more layers.")
    return " ".join(told) or "No layers."


@dataclass(frozen=True, slots=True)
class Row:
    """A bar: what is in it, how long it is, and the numbers behind it."""

    name: str
    split: dict[str, int]
    length: int
    numbers: str


def stacked(
    rows: Sequence[Row], colours: Mapping[str, Style], title: str, description: str
) -> Picture:
    """Bars below each other, and what their colours mean."""
    shown = rows[:MOST_ROWS]
    names = [short(row.name, 28) for row in shown]
    start = max((text_width(name, 10) for name in names), default=0.0) + 20.0
    most = max((row.length for row in shown), default=0) or 1
    marks: list[Mark] = []
    for place, (row, name) in enumerate(zip(shown, names, strict=True)):
        y = 8.0 + place * ROW
        marks.append(Label(start - 8, y + 12.5, name, 10, "end"))
        marks += _bar(row.split, colours, start, y, LENGTH / most)
        end = start + LENGTH * row.length / most
        marks.append(Label(end + 8, y + 12.5, row.numbers, 10, "start"))
    y = 8.0 + len(shown) * ROW
    if len(rows) > len(shown):
        more = f"{len(rows) - len(shown):,} more layers"
        marks.append(Label(start, y + 12.5, more, 10, "start"))
        y += ROW
    told = [name for name in colours if any(name in row.split for row in shown)]
    width = start + LENGTH + 8 + text_width(f"{most:,} → {most:,}", 10) + 8
    legend = _legend(told, colours, start, y + 8)
    drawing = Drawing(width, y + (26.0 if told else 0.0), (*marks, *legend))
    return Picture(drawing, title, description)


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


def _bar(
    split: dict[str, int], colours: Mapping[str, Style], start: float, y: float, scale: float
) -> list[Mark]:
    marks: list[Mark] = []
    x = start
    for name, n in split.items():
        long, inside = n * scale, f"{n:,}"
        marks.append(Box(x, y, long, 17.0, colours[name], tip=f"{name}: {n:,}"))
        if text_width(inside, 9) + 4 < long:
            fill = INK if colours[name].opacity < 1 else DARK_TEXT
            marks.append(Label(x + long / 2, y + 12.0, inside, 9, fill=fill))
        x += long
    return [*marks, Lines((((start, y - 2), (start, y + 19)),), Style(None, INK, 1.0, 0.7))]


def _legend(told: Sequence[str], colours: Mapping[str, Style], x: float, y: float) -> list[Mark]:
    marks: list[Mark] = []
    for name in told:
        marks += [Box(x, y, 11, 11, colours[name]), Label(x + 16, y + 9, name, 9.5, "start")]
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
