"""A map of a box along one or two entries of the inputs: where bounds are how large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.tell.report.pictures.drawing import INK, Box, Drawing, Label, Style, text_width
from lumpver.tell.report.pictures.fates import PALETTE
from lumpver.tell.report.pictures.labels import short
from lumpver.tell.report.pictures.picture import Picture
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.exact.floats import Floats
    from lumpver.tell.report.pictures.drawing import Mark

CELLS: Final = 24
LEVELS: Final = 6
_SIDE: Final = 14.0
_TOP: Final = 12.0


def heat(
    names: Sequence[str], ends: Sequence[tuple[str, str]], cells: Floats, words: Sequence[str]
) -> Picture:
    """Cells in colours that are the stronger the larger what they hold is.

    `cells` has a column for each step along the first entry, the lowest first, and a row for each
    along the second, if there is one; `ends` has the least and the largest of both entries, and
    `words` has what the strongest of each colour stands for, the weakest first.

    Examples
    --------
    >>> cells = np.array([[1.0, 2.0], [4.0, 2.0]])
    >>> heat(["x[0]", "x[1]"], [("0", "1"), ("0", "1")], cells, ["1"] * LEVELS).description
    'Largest where x[0] is in step 1 of 2 and x[1] in step 2 of 2.'
    """
    rows, columns = cells.shape
    levels = shades(cells)
    start = max(text_width(word, 9.5) for word in (*ends[-1], short(names[-1], 20))) + 14.0
    marks: list[Mark] = []
    for row in range(rows):
        y = _TOP + (rows - 1 - row) * _SIDE
        marks += _row(levels[row], start, y)
    bottom = _TOP + rows * _SIDE
    frame = Style(None, INK, 1.0, 0.7)
    marks.append(Box(start, _TOP, columns * _SIDE, rows * _SIDE, frame))
    right = start + columns * _SIDE
    marks += [
        Label(start, bottom + 14, ends[0][0], 9.5, "start"),
        Label((start + right) / 2, bottom + 14, short(names[0], 28), 10),
        Label(right, bottom + 14, ends[0][1], 9.5, "end"),
    ]
    if len(names) > 1:
        middle = (_TOP + bottom) / 2
        marks += [
            Label(start - 6, bottom - 1, ends[1][0], 9.5, "end"),
            Label(start - 6, middle + 4, short(names[1], 20), 10, "end"),
            Label(start - 6, _TOP + 9, ends[1][1], 9.5, "end"),
        ]
    wide = max(text_width(f"at most {word}", 9.5) for word in words)
    for level, word in enumerate(reversed(words)):
        y = _TOP + level * 18.0
        marks.append(Box(right + 14, y, 11, 11, _style(LEVELS - level)))
        marks.append(Label(right + 30, y + 9, f"at most {word}", 9.5, "start"))
    height = max(bottom + 22, _TOP + 18.0 * LEVELS + 4)
    drawing = Drawing(right + 34 + wide, height, tuple(marks))
    along = " and ".join(visible(name) for name in names)
    return Picture(drawing, f"Bounds of the difference along {along}", _described(names, cells))


def shades(cells: Floats) -> Floats:
    """The colour of each cell, from 1 to `LEVELS`; those that the box has not are 0."""
    most = max(float(cells.max(initial=0.0)), 2.0**-1000)
    parts = np.ceil(np.maximum(cells, 0.0) / most * LEVELS)
    return np.where(cells < 0, 0.0, np.clip(parts, 1, LEVELS))


def _row(levels: Floats, x: float, y: float) -> list[Mark]:
    """Cells of one colour beside each other as one."""
    marks: list[Mark] = []
    first = 0
    for i in range(1, levels.size + 1):
        if i == levels.size or levels[i] != levels[first]:
            level = int(levels[first])
            if level:
                wide = (i - first) * _SIDE
                marks.append(Box(x + first * _SIDE, y, wide, _SIDE, _style(level)))
            first = i
    return marks


def _style(level: int) -> Style:
    return Style(PALETTE[1], opacity=round(0.08 + 0.92 * (level - 1) / (LEVELS - 1), 3))


def _described(names: Sequence[str], cells: Floats) -> str:
    row, column = np.unravel_index(int(cells.argmax()), cells.shape)
    parts = [f"{visible(names[0])} is in step {column + 1} of {cells.shape[1]}"]
    if len(names) > 1:
        parts.append(f"{visible(names[1])} in step {row + 1} of {cells.shape[0]}")
    return f"Largest where {' and '.join(parts)}."
