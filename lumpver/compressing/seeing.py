"""A network at points of its boxes: what units are there, and what outputs make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.plan import Plan, planned
from lumpver.pruning.passes import backward, ends, forward

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.bounds.leaf import Interval
    from lumpver.compressing.sites import Site
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network

_MOST: Final = 2**24  # numbers of all tensors at all points
_TIMES: Final = 2  # that slopes show the way
_ROWS: Final = 64  # entries of outputs whose slopes are looked at


def drawn(
    boxes: Sequence[Mapping[str, Interval]], count: int, *, seed: int = 0
) -> dict[str, Floats]:
    """Points of the boxes by the inputs' names: half of them corners, the rest anywhere."""
    draw = np.random.default_rng(seed)
    found: dict[str, list[Floats]] = {}
    each = max(1, count // len(boxes))
    for box in boxes:
        for name, known in box.items():
            share = draw.random((each, known.lower.size))
            share[::2] = np.round(share[::2])
            share[0] = 0.5
            points = known.lower + share * (known.upper - known.lower)
            found.setdefault(name, []).append(np.clip(points, known.lower, known.upper))
    return {name: np.concatenate(some) for name, some in found.items()}


def far(
    network: Network,
    sites: Sequence[Site],
    box: Mapping[str, Interval],
    points: Mapping[str, Floats],
) -> dict[str, Floats]:
    """Corners of a box in which single units, and outputs, are about as large or small as may be.

    `points` has one point, from which slopes show the way, and from where that leads again.
    """
    plan = planned(network, {name: x.shape[1] for name, x in points.items()})
    found: dict[str, list[Floats]] = {name: [] for name in points}
    start = forward(plan, points)
    for name in (*(site.name for site in sites), *ends(network, start)):
        size = plan.size(name)
        here = {n: np.repeat(x, 2 * size, axis=0) for n, x in points.items()}
        rows = np.concatenate([np.eye(size), -np.eye(size)])
        for _ in range(_TIMES):
            slopes = backward(plan, forward(plan, here), {name: rows})
            for n, known in box.items():
                way = slopes.get(n, np.zeros(here[n].shape))
                ends_ = np.where(way > 0, known.upper, known.lower)
                here[n] = np.where(way == 0, here[n], ends_)
        for n, x in here.items():
            found[n].append(x)
    return {name: np.concatenate(some) for name, some in found.items()}


def count_for(network: Network, sizes: Mapping[str, int], most: int) -> int:
    """How many points there is room for."""
    plan = planned(network, sizes)
    return max(64, min(most, _MOST // max(1, sum(map(plan.size, plan.shapes)))))


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What tensors are at points, and what the outputs are, side by side."""

    values: Mapping[str, Floats]
    outputs: Floats
    rows: tuple[Mapping[str, Floats], ...] = ()

    def units(self, site: Site) -> Floats:
        """What a layer is: points, positions, units."""
        return by_unit(self.values[site.made], site)

    def slopes(self, site: Site) -> Floats:
        """What outputs change by with a layer: outputs, points, positions, units."""
        found = [by_unit(row[site.made], site) for row in self.rows if site.made in row]
        return np.stack(found)


def by_unit(values: Floats, site: Site) -> Floats:
    """Values of a layer: points, positions, units."""
    whole = np.moveaxis(values.reshape(values.shape[0], *site.shape), site.axis, -1)
    return whole.reshape(values.shape[0], -1, site.units)


def seen(network: Network, points: Mapping[str, Floats], first: str | None = None) -> Sight:
    """The network at these points, with the slopes of its outputs, up to 64 of them.

    These are wanted of all tensors from the `first` on, if there is one.
    """
    plan = planned(network, {name: x.shape[1] for name, x in points.items()})
    values = forward(plan, points)
    names = ends(network, values)
    outputs = np.concatenate([values[name] for name in names], axis=1)
    rows = []
    places = [(name, i) for name in names for i in range(values[name].shape[1])]
    if first is not None:
        order = list(plan.steps)
        behind = Plan(plan.shapes, {n: plan.steps[n] for n in order[order.index(first) + 1 :]})
        for name, i in places[:_ROWS]:
            one = np.zeros(values[name].shape)
            one[:, i] = 1.0
            rows.append(backward(behind, values, {name: one}))
    return Sight(values, outputs, tuple(rows))
