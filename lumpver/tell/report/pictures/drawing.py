"""What a picture is made of: discs, boxes, lines and labels on a plane, in points.

A drawing is plain data; `svg` writes it as text and `raster` paints it with matplotlib.
Its widths are estimates from above, so that nothing depends on the fonts of a machine.

ink: the colour of the text around the picture, dark on light and light on dark
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

INK: Final = "ink"
Point = tuple[float, float]

_WIDTHS: Final = {
    **dict.fromkeys("fijlrtI./|,:;'()[]-! ", 0.42),
    **dict.fromkeys("mwMW@%…→∞", 1.0),
    **dict.fromkeys("×−+=≈·", 0.84),
}


@dataclass(frozen=True, slots=True)
class Style:
    """How a shape is filled and outlined; None is not at all, a dash is a length and a gap."""

    fill: str | None = None
    stroke: str | None = None
    width: float = 1.0
    opacity: float = 1.0
    dash: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Disc:
    """A circle around (x, y); `tip` is what it is, in words."""

    x: float
    y: float
    radius: float
    style: Style
    tip: str = ""

    def moved(self, dx: float, dy: float) -> Disc:
        """The same elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with its upper left corner at (x, y)."""

    x: float
    y: float
    width: float
    height: float
    style: Style
    round: float = 0.0
    tip: str = ""

    def moved(self, dx: float, dy: float) -> Box:
        """The same elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True, slots=True)
class Lines:
    """Polylines in one style, painted at once: where they cross it gets no darker."""

    paths: tuple[tuple[Point, ...], ...]
    style: Style
    closed: bool = False
    tip: str = ""

    def moved(self, dx: float, dy: float) -> Lines:
        """The same elsewhere."""
        paths = tuple(tuple((x + dx, y + dy) for x, y in path) for path in self.paths)
        return replace(self, paths=paths)


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text on the baseline y; `anchor` says whether x is its start, middle or end."""

    x: float
    y: float
    text: str
    size: float = 10.0
    anchor: str = "middle"
    bold: bool = False
    opacity: float = 1.0
    fill: str = INK

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the text, estimated from above."""
        width = text_width(self.text, self.size, bold=self.bold)
        left = self.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return left, self.y - 0.78 * self.size, left + width, self.y + 0.24 * self.size

    def moved(self, dx: float, dy: float) -> Label:
        """The same elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


Mark = Disc | Box | Lines | Label


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks in painting order on a plane whose origin is the upper left corner."""

    width: float
    height: float
    marks: tuple[Mark, ...]

    def moved(self, dx: float, dy: float) -> tuple[Mark, ...]:
        """The marks elsewhere."""
        return tuple(mark.moved(dx, dy) for mark in self.marks)


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """At least the width of the text in the usual sans-serif fonts.

    Examples
    --------
    >>> text_width("1/3", 10) < text_width("10/3", 10) <= text_width("10/3", 10, bold=True)
    True
    """
    wide = sum(_WIDTHS.get(letter, 1.0 if ord(letter) > 0x2FF else 0.7) for letter in text)
    return wide * size * (1.12 if bold else 1.0)
