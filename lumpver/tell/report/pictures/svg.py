"""Drawings as SVG text that can stand alone or inside a page, light or dark.

Text and lines are in `currentColor`: inside a page they take the page's colour. As a file
the picture sets its own, dark ink on white, by a rule that holds for a root element only.
There are no scripts, links, style attributes or data: a strict page may show it.
"""

from __future__ import annotations

import hashlib
from html import escape
from typing import TYPE_CHECKING, Final

from lumpver.tell.report.pictures.drawing import INK, Box, Disc, Label, Lines
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from lumpver.tell.report.pictures.drawing import Drawing, Mark, Point, Style

FONTS: Final = "DejaVu Sans, Verdana, Helvetica Neue, Arial, sans-serif"
ALONE: Final = "svg:root{color:#1f2328;background:#fff}"


def svg(drawing: Drawing, *, title: str, description: str) -> str:
    """The drawing as one SVG element, with a title and a description for those who listen.

    The identifiers are a digest of the content: equal for equal pictures only.
    """
    body = "\n".join(_mark(mark) for mark in drawing.marks)
    title, description = escape(visible(title)), escape(visible(description))
    whole = f"{title}\0{description}\0{body}".encode()
    name = "lumpver-" + hashlib.sha256(whole).hexdigest()[:12]
    w, h = _number(drawing.width), _number(drawing.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lumpver-picture" role="img"'
        f' aria-labelledby="{name}-title {name}-desc" width="{w}" height="{h}"'
        f' viewBox="0 0 {w} {h}" font-family="{FONTS}" stroke-linejoin="round">\n'
        f'<title id="{name}-title">{title}</title>\n'
        f'<desc id="{name}-desc">{description}</desc>\n'
        f"<style>{ALONE}</style>\n{body}\n</svg>\n"
    )


def _mark(mark: Mark) -> str:
    if isinstance(mark, Label):
        return _label(mark)
    if isinstance(mark, Disc):
        shape = f"circle {_pairs(cx=mark.x, cy=mark.y, r=mark.radius)}"
    elif isinstance(mark, Box):
        shape = f"rect {_pairs(x=mark.x, y=mark.y, width=mark.width, height=mark.height)}"
        shape += f" {_pairs(rx=mark.round)}" if mark.round else ""
    else:
        shape = f'path d="{"".join(_path(path, closed=mark.closed) for path in mark.paths)}"'
    look = _look(mark.style, line=isinstance(mark, Lines) and not mark.closed)
    if not mark.tip:
        return f"<{shape}{look}/>"
    return f"<{shape}{look}><title>{escape(visible(mark.tip))}</title></{shape.split(' ')[0]}>"


def _label(mark: Label) -> str:
    weight = ' font-weight="bold"' if mark.bold else ""
    faint = f' opacity="{_number(mark.opacity)}"' if mark.opacity != 1 else ""
    anchor = "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
    return (
        f"<text {_pairs(x=mark.x, y=mark.y)}{_attribute('font-size', _number(mark.size))}"
        f'{anchor}{weight} fill="{_colour(mark.fill)}"{faint}>{escape(visible(mark.text))}</text>'
    )


def _look(style: Style, *, line: bool) -> str:
    fill = "none" if style.fill is None or line else _colour(style.fill)
    found = _attribute("fill", fill)
    if style.stroke is not None:
        found += _attribute("stroke", _colour(style.stroke))
        found += _attribute("stroke-width", _number(style.width))
    if style.stroke is not None and style.dash is not None:
        found += _attribute("stroke-dasharray", " ".join(map(_number, style.dash)))
    return found + (_attribute("opacity", _number(style.opacity)) if style.opacity != 1 else "")


def _path(points: tuple[Point, ...], *, closed: bool) -> str:
    (x, y), *rest = points
    line = "".join(f"L{_number(u)} {_number(v)}" for u, v in rest)
    return f"M{_number(x)} {_number(y)}{line}{'Z' * closed}"


def _pairs(**numbers: float) -> str:
    return " ".join(f'{name}="{_number(value)}"' for name, value in numbers.items())


def _attribute(name: str, value: str) -> str:
    return f' {name}="{value}"'


def _colour(name: str) -> str:
    return "currentColor" if name == INK else name


def _number(value: float) -> str:
    """To a hundredth of a point, in as few characters as that takes.

    Examples
    --------
    >>> _number(3.0), _number(0.5), _number(-0.001), _number(2 / 3)
    ('3', '0.5', '0', '0.67')
    """
    shown = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown
