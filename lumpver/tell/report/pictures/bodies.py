"""The body of a station: its units as circles, as a strip of cells, or one box.

Up to 9 units are large enough for their index and a caption, up to 64 are dots, more are
cells that fill a strip column by column.

port: where the edges of a unit begin or end
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, pi, sin, sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.tell.report.pictures.drawing import INK, Box, Disc, Label, Lines, Style, text_width
from lumpver.tell.report.pictures.fates import (
    CONSTANT,
    GREY,
    KEPT,
    PALE,
    PALETTE,
    UNUSED,
    block_colours,
    fates,
)
from lumpver.tell.report.pictures.labels import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.relabelling import Relabelling
    from lumpver.tell.report.pictures.drawing import Mark, Point
    from lumpver.tell.report.pictures.fates import Look

LARGE: Final = 9
MOST_UNITS: Final = 64
RADIUS: Final = 11.0
STRIP: Final = (92.0, 300.0)
DARK_TEXT: Final = "#111111"


@dataclass(frozen=True, slots=True)
class Body:
    """Marks within a width and height from (0, 0), and the ports of units that are shown.

    `captions` are the texts beside units, where no edge should go through.
    """

    width: float
    height: float
    marks: tuple[Mark, ...]
    left: tuple[Point, ...] = ()
    right: tuple[Point, ...] = ()
    captions: tuple[Label, ...] = ()


def large_units(looks: Sequence[Look], biases: Sequence[str]) -> Body:
    """Circles with their index inside, the bias above and the caption below."""
    captions = [short(look.caption, 30) for look in looks]
    wide = max((text_width(text, 9) for text in [*captions, *biases]), default=0.0)
    width, pitch = max(2 * RADIUS, wide), 2 * RADIUS + 16.0 + 11.0 * any(biases)
    top = RADIUS + (12.0 if any(biases) else 2.0)
    marks: list[Mark] = []
    texts: list[Label] = []
    for v, look in enumerate(looks):
        x, y = width / 2, top + v * pitch
        marks += _unit(look, x, y, RADIUS)
        inside = DARK_TEXT if look.colours else INK
        marks.append(Label(x, y + 3.4, str(v), 9.5, fill=inside))
        if biases[v]:
            texts.append(Label(x, y - RADIUS - 3.0, biases[v], 9.0, opacity=0.75))
        if captions[v]:
            texts.append(Label(x, y + RADIUS + 9.5, captions[v], 9.0, bold=True))
    height = top + (len(looks) - 1) * pitch + RADIUS + 12.0
    ys = [top + v * pitch for v in range(len(looks))]
    left = tuple((width / 2 - RADIUS, y) for y in ys)
    right = tuple((width / 2 + RADIUS, y) for y in ys)
    return Body(width, height, tuple(marks), left, right, tuple(texts))


def small_units(looks: Sequence[Look]) -> Body:
    """Dots, with captions to the right where there is room for them."""
    pitch = max(6.4, min(22.0, 400.0 / len(looks)))
    radius = min(8.0, 0.42 * pitch)
    captions = [short(look.caption, 30) if pitch >= 11 else "" for look in looks]
    wide = max((text_width(text, 8, bold=True) for text in captions), default=0.0)
    room = wide + 5.0 if wide else 0.0
    marks: list[Mark] = []
    texts: list[Label] = []
    end = 2 * radius + room
    for v, look in enumerate(looks):
        y = radius + v * pitch
        marks += _unit(look, radius, y, radius)
        if not captions[v] and room:
            marks.append(Lines((((2 * radius, y), (end, y)),), Style(None, INK, 0.6, 0.3)))
        elif captions[v]:
            texts.append(Label(2 * radius + 3, y + 3, captions[v], 8.0, "start", bold=True))
    ys = [radius + v * pitch for v in range(len(looks))]
    left, right = (tuple((x, y) for y in ys) for x in (0.0, end))
    return Body(end, ys[-1] + radius, tuple(marks), left, right, tuple(texts))


def _unit(look: Look, x: float, y: float, radius: float) -> list[Mark]:
    thin = 0.8 if radius < 6 else 1.2
    if look.fate == "constant":
        side = 1.7 * radius
        corner = (x - side / 2, y - side / 2)
        box = Box(*corner, side, side, Style(None, GREY, thin), tip=look.tip)
        return [_hatching(*corner, side), box]
    if look.fate == "unused":
        return [Disc(x, y, radius, Style("none", INK, thin, 0.65, (3.0, 2.0)), look.tip)]
    fill = look.colours[0] if look.colours else PALE
    disc = Disc(x, y, radius, Style(fill, INK, thin * 0.7), look.tip)
    if len(look.colours) < 2:
        return [disc] if look.colours else [_pale(disc)]
    return [disc, *_wedges(look.colours, x, y, radius)]


def _pale(disc: Disc) -> Disc:
    return Disc(disc.x, disc.y, disc.radius, Style(None, INK, disc.style.width, 0.8), disc.tip)


def _wedges(colours: tuple[str, ...], x: float, y: float, radius: float) -> list[Mark]:
    """A sector for each block of a combination, the first one on top."""
    inner = radius - 0.6
    found: list[Mark] = []
    for i, colour in enumerate(colours):
        angles = [2 * pi * (i + step / 12) / len(colours) for step in range(13)]
        arc = tuple((x + inner * sin(a), y - inner * cos(a)) for a in angles)
        found.append(Lines((((x, y), *arc),), Style(colour), closed=True))
    return found


def _hatching(x: float, y: float, side: float) -> Lines:
    """Four diagonals through a square."""
    lines = []
    for part in (0.5, 1.0, 1.5):
        low, high = max(0.0, part - 1) * side, min(1.0, part) * side
        lines.append(((x + low, y + high), (x + high, y + low)))
    return Lines(tuple(lines), Style(None, GREY, 0.6, 0.8))


def strip(relabelling: Relabelling | None, units: int, colours: Sequence[int] = ()) -> Body:
    """Cells in a frame, in the order of the units, down and then to the right.

    `colours` are places in the palette for units of a reduced tensor, -1 for none.
    """
    most_wide, most_high = STRIP
    cell = min(7.0, sqrt(most_wide * most_high / units))
    rows = max(1, int(most_high / cell))
    columns = ceil(units / rows)
    kinds = _kinds(relabelling, units, colours)
    marks: list[Mark] = [
        Lines(paths, Style(None, colour, 0.86 * cell, opacity, (0.86 * cell, 0.14 * cell)))
        for colour, opacity, chosen in _paints(kinds)
        if (paths := tuple(_runs(chosen, rows, cell)))
    ]
    width, height = columns * cell, min(units, rows) * cell
    frame = Box(-2, -2, width + 4, height + 4, Style(None, INK, 0.8, 0.6), 2.0)
    moved = tuple(mark.moved(2, 2) for mark in (*marks, frame))
    return Body(width + 4, height + 4, moved)


def _kinds(relabelling: Relabelling | None, units: int, colours: Sequence[int]) -> Any:
    """For each unit a place in the palette, or -1 - fate."""
    if relabelling is None:
        given = np.array(colours, dtype=np.int64)
        return given if given.size == units else np.full(units, -1 - KEPT)
    found = -1 - fates(relabelling)
    colour = block_colours(relabelling)[relabelling.block] if relabelling.columns else found
    colour = np.where(relabelling.block >= 0, colour, -1)
    mixed = relabelling.mixed
    colour[mixed.unit[::-1]] = block_colours(relabelling)[mixed.block[::-1]]
    shown = (colour >= 0) & (found != -1 - CONSTANT) & (found != -1 - UNUSED)
    return np.where(shown, colour, found)


def _paints(kinds: Any) -> list[tuple[str, float, Any]]:
    """Colours with their opacity and the units in them."""
    found = [(colour, 1.0, kinds == place) for place, colour in enumerate(PALETTE)]
    plain = (kinds < 0) & (kinds != -1 - CONSTANT) & (kinds != -1 - UNUSED)
    rest = [(PALE, 0.75, plain), (GREY, 0.9, kinds == -1 - CONSTANT)]
    return [*found, *rest, (INK, 0.12, kinds == -1 - UNUSED)]


def _runs(chosen: Any, rows: int, cell: float) -> list[tuple[Point, ...]]:
    """Vertical lines, one for neighbours in a column of cells that are all chosen."""
    found: list[tuple[Point, ...]] = []
    for column, start in enumerate(range(0, chosen.size, rows)):
        inside = np.concatenate([[False], chosen[start : start + rows], [False]]).astype(np.int8)
        begins, ends = np.flatnonzero(np.diff(inside) > 0), np.flatnonzero(np.diff(inside) < 0)
        x = (column + 0.5) * cell
        found += [
            ((x, a * cell), (x, b * cell - cell * 0.14))
            for a, b in zip(begins.tolist(), ends.tolist(), strict=True)
        ]
    return found


def box(lines: Sequence[str]) -> Body:
    """A rounded box with a few lines of text."""
    shown = [short(line, 24) for line in lines[:5]]
    if len(lines) > 5:
        shown[4] = f"and {len(lines) - 4} more"
    width = max((text_width(line, 10) for line in shown), default=0.0) + 16
    height = 14.0 * len(shown) + 12
    frame = Box(0, 0, width, height, Style(GREY, INK, 0.8, 0.28), 5.0)
    texts = [Label(width / 2, 16.0 + 14 * i, line, 10) for i, line in enumerate(shown)]
    return Body(width, height, (frame, *texts))
