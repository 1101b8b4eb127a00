"""Which units switch on a domain: by bounds that hold, and how many more a few points suggest.

entry: one number of a tensor; of a convolution's there is one for each channel and position
off: an entry for which the activation is constant; on: one that it takes along one line
method: what shows that an entry never switches: intervals alone, rows substituted backwards, or
    hints: lines chosen for single rows, boxes cut in halves
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table
from rich.text import Text

from lumpver.bounds import pointwise
from lumpver.bounds.bounding import open_entries
from lumpver.bounds.knowing import known
from lumpver.claim.statement import Claim
from lumpver.model.functions import Pieces
from lumpver.model.network import Pointwise
from lumpver.model.several import each, kinds
from lumpver.reducing.boxing import AFFINE, bounded, is_affine
from lumpver.tell.summary import writer_of
from lumpver.tell.visible import visible
from lumpver.trial.drawn import POINTS, seen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from lumpver.bounds.knowing import Known
    from lumpver.bounds.leaf import Interval
    from lumpver.claim.domain import Boxes
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling

    Sorts: TypeAlias = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Switching:
    """What an activation's entries do: `off`, `on` and `open` ones are all of them.

    Bounds leave it open whether `open` ones switch; of these `unseen` did not at the points drawn.
    The others are so by the cheapest method that shows it: `by_intervals`, by rows (`by_rows`),
    or `by_hints`.
    """

    name: str
    activation: str
    entries: int
    off: int
    on: int
    open: int
    unseen: int
    by_intervals: int = 0
    by_rows: int = 0
    by_hints: int = 0


@dataclass(frozen=True, slots=True)
class OnDomain:
    """What there is to say of a network on a domain; `notes` are about how that was read."""

    domain: Boxes
    affine: bool
    layers: tuple[Switching, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """What `lumpver inspect --json` prints of it."""
        return {
            "domain": Claim(domain=self.domain).as_dict()["domain"],
            "affine": self.affine,
            "layers": [asdict(layer) for layer in self.layers],
            "points": POINTS,
            "evidence": {"off": "bounds", "on": "bounds", "unseen": "none"},
            "notes": list(self.notes),
        }

    @property
    def table(self) -> list[Any]:
        """The same for a terminal."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("reads", "activation"):
            table.add_column(name, overflow="fold")
        for name in ("entries", "off", "on", "intervals", "rows", "hints", "open", "unseen*"):
            table.add_column(name, justify="right")
        for layer in self.layers:
            methods = (layer.by_intervals, layer.by_rows, layer.by_hints)
            numbers = (layer.entries, layer.off, layer.on, *methods, layer.open, layer.unseen)
            names = Text(visible(layer.name)), Text(visible(layer.activation))
            table.add_row(*names, *(str(n) if n else "-" for n in numbers))
        still, every = (sum(getattr(x, n) for x in self.layers) for n in ("open", "entries"))
        where = Claim(domain=self.domain).where
        parts: list[Any] = [Text(f"{where[0].upper()}{visible(where[1:])}:"), table]
        parts.append(f"{every - still} of {every} never switch there, by bounds that hold.")
        parts.append(
            "Off and on are shown by intervals, by rows of weights substituted backwards, or by"
            " hints (lines chosen for a unit, boxes cut in halves); open ones may switch."
        )
        parts.append(
            f"* not seen to at {POINTS} points of the box, corners among them: no evidence."
        )
        parts += [f"{AFFINE[0].upper()}{AFFINE[1:]}."] if self.affine else []
        return [*parts, *map(visible, self.notes)]


def switching(
    network: Network,
    domain: Boxes,
    notes: tuple[str, ...] = (),
    *,
    timeout: float | None = None,
) -> OnDomain:
    """What the activations of a network that have a bend do on a domain, in order.

    Bounds are tightened for `timeout` seconds at most.

    Raises
    ------
    Malformed, ShapeMismatch
        If the domain is one of other inputs.

    Examples
    --------
    >>> from lumpver.claim.domain import Box, Boxes
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1], [-2], [1]], [1, -1, "-1/2"]), ([[1, 1, 1]], None)])
    >>> [layer] = switching(network, Boxes((Box.of({"x": [(0, 1)]}),))).layers
    >>> layer.off, layer.on, layer.open, layer.unseen
    (1, 1, 1, 0)
    """
    found, drawn = bounded(network, domain, timeout=timeout), seen(network, domain)
    weaker = known(network, domain, deep=False), known(network, domain)
    layers = tuple(
        _switching(
            node, found, drawn.get(node.input), *(one.intervals[node.input] for one in weaker)
        )
        for node in network.nodes
        if isinstance(node, Pointwise) and node.input in found.intervals and _bends(node)
    )
    return OnDomain(domain, is_affine(network, found), layers, notes)


@dataclass(frozen=True, slots=True)
class Units:
    """What a layer's units do on a domain, along with how many of each sort are gone.

    All of them are counted once; `off_gone` are among those that are `off`, and so on. Of a layer
    that was made `anew` nothing of the kind can be said.
    """

    name: str
    units: int
    off: int
    on: int
    open: int
    off_gone: int
    on_gone: int
    open_gone: int
    anew: bool = False

    @property
    def left(self) -> int:
        """How many are left."""
        return self.units - self.off_gone - self.on_gone - self.open_gone


def units_on(
    network: Network, known: Known, rows: Mapping[str, Relabelling | None]
) -> tuple[Units, ...]:
    """What the units of the layers do where the bounds that are `known` hold.

    A unit is off or on where it is at every position. `rows` are the relabellings of layers, None
    for one that was made anew; of a layer that is not there nothing is gone.

    Examples
    --------
    >>> from lumpver.claim.domain import Box, Boxes
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1], [-2], [1]], [1, -1, "-1/2"]), ([[1, 1, 1]], None)])
    >>> [layer] = units_on(network, known(network, Boxes((Box.of({"x": [(0, 1)]}),))), {})
    >>> layer.off, layer.on, layer.open, layer.left
    (1, 1, 1, 3)
    """
    return tuple(
        _units(network, name, sorts, rows)
        for name in network.layers
        if (sorts := _sorts(network, name, known)) is not None
    )


_OFF, _ON, _OPEN = range(3)


def _sorts(network: Network, name: str, known: Known) -> Sorts | None:
    """For each unit of a layer what it does; None where no activation has a bend."""
    nodes = [node for node in network.activations(name) if _bends(node)]
    width, axis = network.width.get(name, 0), network.axes.get(name)
    if not nodes or not width:
        return None
    sorts = np.full(width, _OPEN)
    if axis is None or any(node.axis not in {None, axis} for node in nodes):
        return sorts
    functions = [each(node.activation, width) for node in nodes]
    bounds = known.of(name, axis)
    if bounds.below.shape != sorts.shape:
        return sorts
    for v in range(width):
        lines = [of[v].on(*bounds.of(v)) for of in functions]
        if all(line is not None for line in lines):
            flat = all(line is not None and line.slope == 0 for line in lines)
            sorts[v] = _OFF if flat else _ON
    return sorts


def _units(
    network: Network, name: str, sorts: Sorts, rows: Mapping[str, Relabelling | None]
) -> Units:
    place = writer_of(network, name)
    off, on, still = counts = [int((sorts == sort).sum()) for sort in range(3)]
    if place not in rows:
        return Units(name, sorts.size, off, on, still, 0, 0, 0)
    found = rows[place]
    if found is None or found.units != sorts.size:
        return Units(name, sorts.size, off, on, still, 0, 0, 0, anew=True)
    held = sorts[_held(found, sorts)]
    left = [int((held == sort).sum()) for sort in range(3)]
    carried = found.width - sum(left)  # columns that no single unit stands for
    for sort in (_ON, _OPEN, _OFF):
        more = min(carried, counts[sort] - left[sort])
        left[sort] += more
        carried -= more
    gone = [count - kept for count, kept in zip(counts, left, strict=True)]
    return Units(name, sorts.size, off, on, still, gone[_OFF], gone[_ON], gone[_OPEN])


def _held(found: Relabelling, sorts: Sorts) -> Sorts:
    """One unit of each block that is held: one that may switch, where there is such a one."""
    live = np.flatnonzero((found.block >= 0) & (found.block < found.width))
    live = live[np.argsort(-sorts[live], kind="stable")]
    return live[np.unique(found.block[live], return_index=True)[1]]


def _bends(node: Pointwise) -> bool:
    mappings = [function.mapping for function in kinds(node.activation)]
    return any(isinstance(mapping, Pieces) and bool(mapping.bends) for mapping in mappings)


def _switching(
    node: Pointwise, on: Known, drawn: Interval | None, coarse: Interval, plain: Interval
) -> Switching:
    known, given = on.intervals[node.input], pointwise.by_entry(node, on.shapes[node.input])
    first, second = (int((~open_entries(given, one)).sum()) for one in (coarse, plain))
    may = open_entries(given, known)
    low, up = known.lower, known.upper
    ends = (np.where(np.isfinite(a), a, b) for a, b in ((low, up), (up, low)))
    lines = pointwise.lines(given, *(np.where(np.isfinite(end), end, 0.0) for end in ends))
    off = int((~may & (lines.low_slope == 0)).sum())
    unseen = 0 if drawn is None else int((may & ~open_entries(given, drawn)).sum())
    still = int(may.sum())
    decided = may.size - still
    second = min(second, decided)  # by hints rounding is allowed for twice
    first = min(first, second)
    return Switching(
        node.input,
        str(node.activation),
        may.size,
        off,
        decided - off,
        still,
        unseen,
        by_intervals=first,
        by_rows=second - first,
        by_hints=decided - second,
    )
