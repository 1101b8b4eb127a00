"""Weighted sums over samples of what a layer's weights are multiplied by.

a: what a weight is multiplied by, at one sample
g: how much it counts at that sample what a unit's sum changes by, squared
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.errors import Malformed
from lumpver.pruning.passes import backward, ends, forward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lumpver.bounds.plan import Plan
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network
    from lumpver.pruning.dense import Dense
    from lumpver.pruning.losses import Weigh

_ENTRIES: Final = 2**22  # of all tensors at once


@dataclass(slots=True, eq=False)
class Moments:
    """Means over samples of g, g (a - c) and g (a - c)^2, of a - c, for the first sample's a, c.

    Where a never changes, all but the first are exactly 0: the difference is taken first.
    """

    centre: Floats
    count: int = 0
    g: Floats = field(default_factory=lambda: np.zeros(0))
    ga: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    gaa: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    a: Floats = field(default_factory=lambda: np.zeros(0))

    def see(self, g: Floats, a: Floats) -> None:
        """Some samples more, a row of each array."""
        off, before = a - self.centre, self.count
        self.count += a.shape[0]
        parts = (g.sum(axis=0), g.T @ off, g.T @ (off * off), off.sum(axis=0))
        for name, part in zip(("g", "ga", "gaa", "a"), parts, strict=True):
            old = getattr(self, name) * before if before else 0.0
            setattr(self, name, (old + part) / self.count)

    @property
    def mean(self) -> Floats:
        """What a is in the mean, each sample as g weighs it: units by what they read.

        Of a unit that no sample lets through, all samples count alike: it must not wake up.
        """
        asleep = self.g <= 0
        weighed = self.ga / np.where(asleep, 1.0, self.g)[:, None]
        return np.asarray(self.centre + np.where(asleep[:, None], self.a, weighed))

    @property
    def spread(self) -> Floats:
        """How much a differs from that, squared, in the sum of all that g weighs."""
        asleep = self.g <= 0
        found = self.gaa - self.ga * self.ga / np.where(asleep, 1.0, self.g)[:, None]
        return np.where(asleep[:, None], 0.0, np.maximum(found, 0.0))

    @property
    def square(self) -> Floats:
        """The mean of g a^2."""
        twice = 2.0 * self.centre * self.ga
        return np.maximum(self.gaa + twice + self.g[:, None] * self.centre**2, 0.0)


def moments(
    network: Network,
    plan: Plan,
    dense: Sequence[Dense],
    data: Mapping[str, Floats],
    weigh: Weigh,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Moments]:
    """Those of each layer over the samples in `data`, weighed as `weigh` says.

    Raises
    ------
    Malformed
        If values overflow at a sample, or no output can be evaluated.
    """
    found: list[Moments] = []
    total = next(iter(data.values())).shape[0]
    for chosen in pieces(plan, total):
        inputs = {name: x[chosen] for name, x in data.items()}
        values = forward(plan, inputs)
        targets = ends(network, values)
        _sensible(targets, values, chosen.start)
        if not found:
            found = [Moments(values[layer.node.input][0].copy()) for layer in dense]
        weighed = weigh(partial(backward, plan, values), targets, values, chosen)
        for layer, one in zip(dense, found, strict=True):
            count = (inputs[next(iter(inputs))].shape[0], layer.W.shape[0])
            g = weighed(layer.name)
            one.see(np.zeros(count) if g is None else g, values[layer.node.input])
        progress(f"{chosen.stop} of {total} samples")
    return found


def pieces(plan: Plan, total: int, *, times: int = 1) -> Iterator[slice]:
    """Samples that fit at once, each of which is wanted so many times."""
    entries = sum(plan.size(name) for name in plan.shapes) * times
    rows = max(1, _ENTRIES // max(1, entries))
    for start in range(0, total, rows):
        yield slice(start, min(start + rows, total))


def _sensible(targets: tuple[str, ...], values: Mapping[str, Floats], start: int) -> None:
    """Refuse what cannot be evaluated."""
    if not targets:
        raise Malformed("outputs", expected="one that can be evaluated", got="none")
    for name in targets:
        wrong = np.flatnonzero(~np.isfinite(values[name]).all(axis=1))
        if wrong.size:
            place = f"{name} at sample {start + wrong[0]}"
            raise Malformed(place, expected="finite numbers in float64", got="others")
