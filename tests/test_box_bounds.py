"""Bounds on a box: no exact value leaves them, whatever the numbers are."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from flint import fmpq

from lumpver.bounds.bounding import bounded
from lumpver.bounds.leaf import Interval
from lumpver.bounds.plan import planned
from lumpver.exact.array import rationals
from lumpver.model.evaluation import trace
from lumpver.model.network import Network

if TYPE_CHECKING:
    from lumpver.exact.floats import Floats


def exact(x: float) -> fmpq:
    """The rational that a float is."""
    return fmpq(*float(x).as_integer_ratio())


def require_within(network: Network, low: Floats, high: Floats, *, seed: int, points: int) -> None:
    """The exact values at random points of the box, corners too, are within the bounds."""
    (tensor,) = network.inputs
    plan = planned(network, {tensor.name: low.size})
    leaf = bounded(plan, {tensor.name: Interval(low, high)})
    random = Random(seed)
    for _ in range(points):
        ends = [
            random.choice((a, b, a + (b - a) * random.random()))
            for a, b in zip(low, high, strict=True)
        ]
        x = np.clip(np.array(ends), low, high).reshape(plan.shapes[tensor.name])
        for name, value in trace(network, {tensor.name: x}).items():
            if name not in leaf.intervals:
                continue
            known = leaf.intervals[name]
            for v, a, b in zip(rationals(value).reshape(-1), known.lower, known.upper, strict=True):
                assert not np.isfinite(a) or exact(a) <= v, name
                assert not np.isfinite(b) or v <= exact(b), name


@pytest.mark.parametrize("seed", range(20))
def test_dense_values_stay_within(seed: int) -> None:
    """Three hidden layers, weights that cancel, sizes from 2^-60 to 2^60."""
    draw = np.random.default_rng(seed)
    widths = [3, 5, 6, 4, 2]
    scale = 2.0 ** draw.integers(-60, 60) if seed % 2 else 1.0
    layers = [
        (draw.normal(size=(m, n)) * (scale if i == 0 else 1), draw.normal(size=m))
        for i, (n, m) in enumerate(pairwise(widths))
    ]
    centre, reach = draw.normal(size=3), abs(draw.normal(size=3)) * 0.5
    require_within(Network.from_layers(layers), centre - reach, centre + reach, seed=seed, points=5)
