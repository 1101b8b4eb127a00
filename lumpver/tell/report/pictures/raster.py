"""Drawings as PNG, painted by matplotlib on white whatever the user's settings are."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any, Final

from lumpver.errors import Malformed
from lumpver.tell.report.pictures.drawing import INK, Box, Disc, Label
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from lumpver.tell.report.pictures.drawing import Drawing, Lines, Mark, Point, Style

DARK: Final = "#1f2328"
POINTS: Final = 72
MOST_PIXELS: Final = 2**28


def png(drawing: Drawing, *, dpi: int = 144) -> bytes:
    """The drawing in pixels, `dpi` of them to the inch; one point of it is 1/72 inch.

    Raises
    ------
    Malformed
        If that is no positive number or asks for more than `MOST_PIXELS`.
    """
    pixels = drawing.width * drawing.height * (dpi / POINTS) ** 2
    if dpi <= 0 or pixels > MOST_PIXELS:
        raise Malformed("dpi", expected=f"1 or more, at most {MOST_PIXELS} pixels", got=str(dpi))
    import matplotlib as mpl  # noqa: PLC0415 heavy: only where pixels are asked for
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    settings = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
    stream = io.BytesIO()
    with warnings.catch_warnings(), mpl.rc_context(settings):
        warnings.simplefilter("ignore")  # a name may hold letters that the font does not
        size = (drawing.width / POINTS, drawing.height / POINTS)
        figure = Figure(size, dpi=dpi, facecolor="white")
        canvas: Any = FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1), frameon=False, xticks=(), yticks=())
        axes.set_xlim(0, drawing.width)
        axes.set_ylim(drawing.height, 0)
        for order, mark in enumerate(drawing.marks):
            axes.add_artist(_artist(mark)).set_zorder(order)
        canvas.print_png(stream, metadata={"Software": None})
    return stream.getvalue()


def _artist(mark: Mark) -> Any:
    from matplotlib.patches import Circle, FancyBboxPatch  # noqa: PLC0415 as above
    from matplotlib.text import Text  # noqa: PLC0415 as above

    if isinstance(mark, Label):
        return Text(
            mark.x,
            mark.y,
            visible(mark.text),
            size=mark.size,
            weight="bold" if mark.bold else "normal",
            color=_colour(mark.fill),
            alpha=mark.opacity,
            ha={"start": "left", "middle": "center", "end": "right"}[mark.anchor],
            va="baseline",
            parse_math=False,
        )
    if isinstance(mark, Disc):
        return Circle((mark.x, mark.y), mark.radius, **_look(mark.style))
    if isinstance(mark, Box):
        corners = f"round,pad=0,rounding_size={mark.round}" if mark.round else "square,pad=0"
        return FancyBboxPatch(
            (mark.x, mark.y), mark.width, mark.height, boxstyle=corners, **_look(mark.style)
        )
    return _path(mark)


def _path(mark: Lines) -> Any:
    from matplotlib.patches import PathPatch  # noqa: PLC0415 as above
    from matplotlib.path import Path  # noqa: PLC0415 as above

    points: list[Point] = []
    codes: list[Any] = []
    for path in mark.paths:
        points += [*path, path[0]] if mark.closed else path
        codes += [Path.MOVETO] + [Path.LINETO] * (len(path) - 1)
        codes += [Path.CLOSEPOLY] if mark.closed else []
    look = _look(mark.style) if mark.closed else _look(mark.style) | {"facecolor": "none"}
    return PathPatch(Path(points, codes), capstyle="butt", joinstyle="round", **look)


def _look(style: Style) -> dict[str, Any]:
    return {
        "facecolor": "none" if style.fill is None else _colour(style.fill),
        "edgecolor": "none" if style.stroke is None else _colour(style.stroke),
        "linewidth": style.width,
        "linestyle": (0, [part / style.width for part in style.dash]) if style.dash else "solid",
        "alpha": style.opacity,
    }


def _colour(name: str) -> str:
    return DARK if name == INK else name
