"""A network as stations and links: what a picture shows as columns, and what joins them.

A station is an input, a layer (affine segment, its activations and rearrangements), or a
run of operators that lumpver does not model. Where there are too many, those in the
middle become one.

depth: the longest way from an input, in stations
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, assert_never

from lumpver.model.linear import units_made, window_of
from lumpver.model.network import Join, Linear, Opaque, Pick, Pointwise, Pool, Rearrange
from lumpver.tell.report.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumpver.model.network import Network, Segment, Tensor
    from lumpver.model.relabelling import Relabelling

MOST_COLUMNS: Final = 32
MOST_ROWS: Final = 8


@dataclass(slots=True, eq=False)
class Station:
    """One place of a picture: `root` is its first tensor, `name` the one to call it by.

    `width` is None for what has no units that can be told apart, `operators` what it does
    then. `members` are all its tensors, with the activations on the way. `unit` is what it calls
    its units, `window` what a convolution sees of its input at once.
    """

    root: str
    name: str
    width: int | None = None
    operators: list[str] = field(default_factory=list)
    activations: list[Pointwise] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    depth: int = 0
    opaque: bool = False
    unit: str = "unit"
    window: str = ""

    @property
    def layer(self) -> str:
        """What tables, certificates and `explain` call it: a layer by what its activation reads."""
        return self.root if self.activations and not self.opaque else self.name


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One station reads another: its units through an affine segment, or in another way."""

    source: Station
    target: Station
    segment: Segment | None = None


@dataclass(slots=True, eq=False)
class Plan:
    """The stations in topological order and their links."""

    stations: list[Station] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    @property
    def columns(self) -> list[list[Station]]:
        """The stations by depth."""
        found: dict[int, list[Station]] = {}
        for station in self.stations:
            found.setdefault(station.depth, []).append(station)
        return [found[depth] for depth in sorted(found)]


def plan(network: Network) -> Plan:
    """The stations and links of a network, not too many of them."""
    whole = _whole(network)
    _set_depths(whole)
    whole = _folded(whole, _middle_columns(whole))
    return _folded(whole, _later_rows(whole))


def tensors(relabellings: Mapping[str, Relabelling]) -> Plan:
    """A station for each tensor, in a row, nothing in between."""
    stations = [
        Station(name, name, found.units, members=[name], depth=depth)
        for depth, (name, found) in enumerate(relabellings.items())
    ]
    whole = Plan(stations)
    return _folded(whole, _middle_columns(whole))


def _whole(network: Network) -> Plan:
    found, home = Plan(), dict[str, Station]()
    ends = {segment.output: segment for segment in network.segments}
    outputs = {tensor.name for tensor in network.outputs}

    def begin(station: Station, *names: str) -> None:
        found.stations.append(station)
        home.update(dict.fromkeys(names, station))
        station.members += names

    for tensor in network.inputs:
        width, unit = network.width.get(tensor.name), _unit(network, tensor.name)
        begin(Station(tensor.name, tensor.name, width, [_shape(tensor)], unit=unit), tensor.name)
    for node in network.nodes:
        match node:
            case Linear():
                if node.output in ends:
                    segment = ends[node.output]
                    begin(_layer(network, segment), node.output)
                    name = node.output
                    along = network.axes.get(segment.input) == segment.axis
                    link = Link(home[segment.input], home[name], segment if along else None)
                    found.links.append(link)
            case Pointwise() | Pool() | Rearrange():
                _follow(network, node, home, outputs)
            case Pick() | Join() | Opaque():
                _operator(node, found, home, begin)
            case _:
                assert_never(node)
    return found


def _layer(network: Network, segment: Segment) -> Station:
    name, window = segment.output, window_of(segment.nodes)
    seen = "" if window is None else " × ".join(map(str, window.size))
    unit = _unit(network, name)
    return Station(name, name, _rows(segment), ["affine"], unit=unit, window=seen)


def _unit(network: Network, name: str) -> str:
    """What to call the units of a tensor: channels where positions lie behind them."""
    return "unit" if network.axes.get(name, -1) == -1 else "channel"


def _rows(segment: Segment) -> int | None:
    """How many units a segment makes, as far as its numbers say."""
    told = (units_made(node) for node in reversed(segment.nodes))
    return next((units for units in told if units is not None), None)


def _shape(tensor: Tensor) -> str:
    if tensor.shape is None:
        return "any shape"
    return " × ".join("?" if size is None else str(size) for size in tensor.shape) or "a number"


def _follow(
    network: Network,
    node: Pointwise | Pool | Rearrange,
    home: dict[str, Station],
    outputs: set[str],
) -> None:
    """An activation or rearrangement is part of the station that it reads."""
    station = home[node.input]
    home[node.output] = station
    station.members.append(node.output)
    match node:
        case Pointwise():
            named = True
            station.activations.append(node)
            if station.opaque:
                station.operators.append(str(node.activation))
        case Pool() | Rearrange():
            named = node.output in outputs
        case _:
            assert_never(node)
    if station.width is None and not station.opaque:
        station.width = network.width.get(node.output)
    if named and not station.opaque and station.name not in outputs:
        station.name = node.output


def _operator(
    node: Pick | Join | Opaque,
    found: Plan,
    home: dict[str, Station],
    begin: Callable[..., None],
) -> None:
    """An operator joins the only station it reads if that is one of operators too."""
    sources = list(dict.fromkeys(id(home[name]) for name in node.inputs))
    known = {id(station): station for station in found.stations}
    names = [name for name in node.outputs if name]
    named = "Pick" if isinstance(node, Pick) else node.operator
    operator = named.removeprefix("ai.onnx:")
    if len(sources) == 1 and known[sources[0]].opaque:
        station = known[sources[0]]
        station.operators.append(operator)
        station.members += names
        home.update(dict.fromkeys(names, station))
        return
    station = Station(names[0] if names else node.name, "", None, [operator], opaque=True)
    begin(station, *names)
    found.links += [Link(known[source], station) for source in sources]


def _set_depths(whole: Plan) -> None:
    for link in whole.links:  # in topological order of their targets
        link.target.depth = max(link.target.depth, link.source.depth + 1)


def _middle_columns(whole: Plan) -> dict[int, Station]:
    """What to fold where there are more columns than can be seen: those in the middle."""
    columns = whole.columns
    if len(columns) <= MOST_COLUMNS:
        return {}
    half = MOST_COLUMNS // 2
    gone = [station for column in columns[half:-half] for station in column]
    units = sum(station.width or 0 for station in gone)
    what = [f"{len(columns) - 2 * half:,} columns", counted(units, "unit")]
    return dict.fromkeys(map(id, gone), _fold(what, half))


def _later_rows(whole: Plan) -> dict[int, Station]:
    """What to fold where a column has more stations than can be seen: the later ones."""
    found: dict[int, Station] = {}
    for column in whole.columns:
        if len(column) > MOST_ROWS:
            gone = column[MOST_ROWS - 1 :]
            units = sum(station.width or 0 for station in gone)
            fold = _fold([f"{len(gone):,} more", counted(units, "unit")], gone[0].depth)
            found.update(dict.fromkeys(map(id, gone), fold))
    return found


def _fold(what: list[str], depth: int) -> Station:
    return Station("", "", None, what, depth=depth, opaque=True)


def _folded(whole: Plan, folds: dict[int, Station]) -> Plan:
    """The plan with folded stations replaced, and each link at most once."""
    if not folds:
        return whole
    stations = {id(s): s for s in (folds.get(id(old), old) for old in whole.stations)}
    links: dict[tuple[int, int], Link] = {}
    for link in whole.links:
        source = folds.get(id(link.source), link.source)
        target = folds.get(id(link.target), link.target)
        kept = source is link.source and target is link.target
        if source is not target:
            new = link if kept else replace(link, source=source, target=target, segment=None)
            links.setdefault((id(source), id(target)), new)
    result = Plan(list(stations.values()), list(links.values()))
    depths = sorted({station.depth for station in result.stations})
    for station in result.stations:
        station.depth = depths.index(station.depth)
    return result
