"""One network as a drawing: stations in columns from left to right, links between them.

original: the network whose units the relabellings are about
reduced: the network whose units are their blocks
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from lumpver.errors import LumpverError
from lumpver.search.pointwise import activated
from lumpver.tell.report.pictures.bodies import (
    LARGE,
    MOST_UNITS,
    Body,
    box,
    large_units,
    small_units,
    strip,
)
from lumpver.tell.report.pictures.drawing import Drawing, Label, text_width
from lumpver.tell.report.pictures.edges import (
    Weights,
    band,
    detour,
    edges,
    lines_of,
    padded,
    placed,
    room,
    weights,
)
from lumpver.tell.report.pictures.fates import block_colours, looks, reduced_looks
from lumpver.tell.report.pictures.labels import short
from lumpver.tell.report.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.relabelling import Relabelling
    from lumpver.tell.report.pictures.drawing import Lines, Mark, Point
    from lumpver.tell.report.pictures.edges import Bounds
    from lumpver.tell.report.pictures.stations import Link, Plan, Station

MOST_EDGES: Final = 2400
MARGIN: Final = 8.0
LINE: Final = 13.0
Side = Literal["original", "reduced"]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A station with its body, moved to where it stands, and its title above."""

    station: Station
    title: list[str]
    body: Body
    x: float
    y: float

    @property
    def bounds(self) -> Bounds:
        """Left, top, right and bottom of the body."""
        return self.x, self.y, self.x + self.body.width, self.y + self.body.height

    def ports(self, side: Literal["left", "right"]) -> list[Point]:
        """Where edges end or begin, unit by unit."""
        given = self.body.left if side == "left" else self.body.right
        return [(self.x + x, self.y + y) for x, y in given]

    @property
    def captions(self) -> tuple[Label, ...]:
        """The texts beside its units."""
        return tuple(text.moved(self.x, self.y) for text in self.body.captions)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The body and its title."""
        middle = self.x + self.body.width / 2
        titles, y = [], self.y - 8.0
        for i, line in reversed(list(enumerate(self.title))):
            first = i == 0
            titles.append(Label(middle, y, line, 10.5 if first else 9.5, bold=first))
            y -= LINE
        body = tuple(mark.moved(self.x, self.y) for mark in self.body.marks)
        return (*body, *self.captions, *titles)


def panel(
    whole: Plan, relabellings: Mapping[str, Relabelling], *, side: Side = "original"
) -> tuple[Drawing, int]:
    """The plan as a drawing, and how many weights are too many to be drawn in it."""
    if not whole.stations:
        return Drawing(100.0, 40.0, (Label(50.0, 24.0, "no tensors"),)), 0
    found = _weights(whole)
    biases = {id(link.target): w.biases for link, w in found if w is not None and w.biases}
    bodies = {
        id(station): (_title(station, relabelling, side), body)
        for station in whole.stations
        for relabelling in [relabelling_of(station, relabellings, side)]
        for body in [_body(station, relabelling, side, biases.get(id(station), ()))]
    }
    places = _places(whole, bodies, _gaps(whole, found))
    marks = _joints(found, places)
    low = max(place.bounds[3] for place in places.values()) + MARGIN
    for link, _ in found:
        if link.target.depth > link.source.depth + 1:
            low += 7.0
            marks.append(_around(places[id(link.source)], places[id(link.target)], low))
    for place in places.values():
        marks += place.marks
    right = max(place.bounds[2] for place in places.values())
    right = max([right, *(mark.bounds[2] for mark in marks if isinstance(mark, Label))])
    left_out = sum(one.left_out for _, one in found if one is not None)
    return Drawing(right + MARGIN, low + MARGIN, tuple(marks)), left_out


def _joints(found: list[tuple[Link, Weights | None]], places: Mapping[int, Placed]) -> list[Mark]:
    """What joins neighbours: bands, or edges that no text in the same gap is crossed by."""
    marks: list[Mark] = []
    for depth in sorted({link.target.depth for link, _ in found}):
        here = [
            (places[id(link.source)], places[id(link.target)], one)
            for link, one in found
            if link.source.depth + 1 == link.target.depth == depth
        ]
        both = {id(place): place for pair in here for place in pair[:2]}
        holes = [padded(text.bounds) for place in both.values() for text in place.captions]
        labels: list[Label] = []
        drawn = []
        for start, end, one in here:
            if one is None:
                marks.append(band(start.bounds, end.bounds))
                continue
            lines = lines_of(one, start.ports("right"), end.ports("left"))
            taken = [*holes, *(padded(label.bounds) for label in labels)]
            labels += placed(lines, one.texts, taken) if one.texts else []
            drawn.append((one, lines))
        holes += [padded(label.bounds) for label in labels]
        marks += [mark for one, lines in drawn for mark in edges(one, lines, holes)]
        marks += labels
    return marks


def _weights(whole: Plan) -> list[tuple[Link, Weights | None]]:
    """The weights of every link between neighbours whose units are shown."""
    shown = [
        link
        for link in whole.links
        if link.segment is not None
        and link.target.depth == link.source.depth + 1
        and all(0 < (station.width or 0) <= MOST_UNITS for station in (link.source, link.target))
    ]
    most = max(MOST_EDGES // max(len(shown), 1), 60)
    return [(link, _of(link, most) if link in shown else None) for link in whole.links]


def _of(link: Link, most: int) -> Weights | None:
    if link.segment is None:
        return None
    return weights(link.segment, link.source.width or 0, link.target.width or 0, most)


def relabelling_of(
    station: Station, relabellings: Mapping[str, Relabelling], side: Side = "original"
) -> Relabelling | None:
    """The relabelling of a station's last tensor that has one, constants taken through."""
    known = [name for name in station.members if name in relabellings]
    if not known or station.width is None:
        return None
    found = relabellings[known[-1]]
    if (found.units if side == "original" else found.width) != station.width:
        return None
    if known[-1] == station.root:
        for node in station.activations:
            try:
                found = activated(found, node.activation)
            except LumpverError:
                break
    return found


def _title(station: Station, relabelling: Relabelling | None, side: Side) -> list[str]:
    if station.width is None:
        return [short(station.name, 18)] if station.name else []
    units = counted(station.width, station.unit)
    if relabelling is not None and side == "original" and relabelling.width != station.width:
        units += f", {relabelling.width:,} left"
    does = [station.window] if station.window else []
    names = ", ".join(
        dict.fromkeys([*does, *(str(node.activation) for node in station.activations)])
    )
    return [short(station.layer, 18), units, *([short(names, 18)] if names else [])]


def _body(
    station: Station, relabelling: Relabelling | None, side: Side, biases: tuple[str, ...]
) -> Body:
    if station.width is None:
        return box(station.operators)
    n, reduced = station.width, side == "reduced" and relabelling is not None
    if n == 0:
        return box(["no units"])
    if n > MOST_UNITS:
        if relabelling is None or not reduced:
            return strip(relabelling, n)
        return strip(None, n, [int(c) for c in block_colours(relabelling)[:n]])
    if relabelling is not None and reduced:
        found = reduced_looks(relabelling, station.name)
    else:
        found = looks(relabelling, n, station.name)
    return large_units(found, biases or ("",) * n) if n <= LARGE else small_units(found)


def _gaps(whole: Plan, found: list[tuple[Link, Weights | None]]) -> list[float]:
    """The room before each column."""
    gaps = [40.0] * len(whole.columns)
    for link, one in found:
        if link.target.depth == link.source.depth + 1:
            gaps[link.target.depth] = max(gaps[link.target.depth], room(one))
    return gaps


def _places(
    whole: Plan, bodies: Mapping[int, tuple[list[str], Body]], gaps: list[float]
) -> dict[int, Placed]:
    """Columns from left to right; in each the stations below each other, centred."""
    found: dict[int, Placed] = {}
    heights = [sum(_height(*bodies[id(station)]) for station in column) for column in whole.columns]
    x = MARGIN
    for i, (column, height) in enumerate(zip(whole.columns, heights, strict=True)):
        x += gaps[i] if i else 0.0
        wide = max(_width(*bodies[id(station)]) for station in column)
        y = MARGIN + (max(heights) - height) / 2
        for station in column:
            title, body = bodies[id(station)]
            top = y + LINE * len(title) + 4.0
            found[id(station)] = Placed(station, title, body, x + (wide - body.width) / 2, top)
            y += _height(title, body)
        x += wide
    return found


def _height(title: list[str], body: Body) -> float:
    return LINE * len(title) + body.height + 22.0


def _width(title: list[str], body: Body) -> float:
    widths = [text_width(line, 10.5, bold=i == 0) for i, line in enumerate(title)]
    return max([body.width, *widths])


def _around(start: Placed, end: Placed, low: float) -> Lines:
    left, right = start.bounds, end.bounds
    return detour((left[2] - 4.0, left[3] + 2.0), (right[0] + 4.0, right[3] + 2.0), low)
