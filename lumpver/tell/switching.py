"""Which units switch on a domain: by bounds that hold, and how many more a few points suggest.

entry: one number of a tensor; of a convolution's there is one for each channel and position
off: an entry for which the activation is constant; on: one that it takes along one line
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
from lumpver.io.domains import GIVEN
from lumpver.model.functions import Pieces
from lumpver.model.network import Pointwise
from lumpver.reducing.boxing import AFFINE, is_affine
from lumpver.tell.visible import visible
from lumpver.trial.drawn import POINTS, seen

if TYPE_CHECKING:
    from lumpver.bounds.leaf import Interval
    from lumpver.claim.domain import Boxes
    from lumpver.model.network import Network


@dataclass(frozen=True, slots=True)
class Switching:
    """What an activation's entries do: `off`, `on` and `open` ones are all of them.

    Bounds leave it open whether `open` ones switch; of these `unseen` did not at the points drawn.
    """

    name: str
    activation: str
    entries: int
    off: int
    on: int
    open: int
    unseen: int


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
        for name in ("entries", "off", "on", "may switch", "not seen to*"):
            table.add_column(name, justify="right")
        for layer in self.layers:
            numbers = (layer.entries, layer.off, layer.on, layer.open, layer.unseen)
            names = Text(visible(layer.name)), Text(visible(layer.activation))
            table.add_row(*names, *(str(n) if n else "-" for n in numbers))
        still, every = (sum(getattr(x, n) for x in self.layers) for n in ("open", "entries"))
        parts: list[Any] = [f"On the box of {visible(self.domain.source or GIVEN)}:", table]
        parts.append(f"{every - still} of {every} never switch there, by bounds that hold.")
        parts.append(f"* at {POINTS} points of the box, corners among them: no evidence.")
        parts += [f"{AFFINE[0].upper()}{AFFINE[1:]}."] if self.affine else []
        return [*parts, *map(visible, self.notes)]


def switching(network: Network, domain: Boxes, notes: tuple[str, ...] = ()) -> OnDomain:
    """What the activations of a network that have a bend do on a domain, in order.

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
    found, drawn = known(network, domain), seen(network, domain)
    layers = tuple(
        _switching(node, found.intervals[node.input], drawn.get(node.input))
        for node in network.nodes
        if isinstance(node, Pointwise)
        and node.input in found.intervals
        and isinstance(node.activation.mapping, Pieces)
        and node.activation.mapping.bends
    )
    return OnDomain(domain, is_affine(network, found), layers, notes)


def _switching(node: Pointwise, known: Interval, drawn: Interval | None) -> Switching:
    function = node.activation
    may = open_entries(function, known)
    low, up = known.lower[~may], known.upper[~may]
    ends = (np.where(np.isfinite(a), a, b) for a, b in ((low, up), (up, low)))
    lines = pointwise.lines(function, *(np.where(np.isfinite(end), end, 0.0) for end in ends))
    off = int((lines.low_slope == 0).sum())
    unseen = 0 if drawn is None else int((may & ~open_entries(function, drawn)).sum())
    still = int(may.sum())
    return Switching(
        node.input, str(function), may.size, off, may.size - still - off, still, unseen
    )
