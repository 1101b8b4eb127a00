"""Points of boxes, and the demand that the exact values there are within the bounds."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import fmpq

from lumpver.bounds.bounding import bounded
from lumpver.bounds.leaf import Interval
from lumpver.bounds.plan import planned
from lumpver.errors import NotRational
from lumpver.exact.array import rationals
from lumpver.model.evaluation import apply
from lumpver.model.network import Opaque

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.leaf import Leaf
    from lumpver.model.network import Network

Ends = tuple[Any, Any]


def exact(x: float) -> fmpq:
    """The rational that a float is."""
    return fmpq(*float(x).as_integer_ratio())


def box_of(network: Network, seed: int, *, wide: float = 1.0) -> dict[str, Ends]:
    """A box for all inputs, lengths that are not given being 1; some ends meet."""
    draw, found = np.random.default_rng(seed), {}
    for tensor in network.inputs:
        size = int(np.prod([n if isinstance(n, int) else 1 for n in tensor.shape or ()]))
        centre = draw.normal(size=size)
        reach = wide * abs(draw.normal(size=size)) * (draw.random(size) < 0.8)
        found[tensor.name] = centre - reach, centre + reach
    return found


def values(network: Network, given: Mapping[str, Any]) -> dict[str, Any]:
    """Every tensor's exact value, but those that depend on what is opaque or irrational."""
    known = dict(given)
    for node in network.nodes:
        if isinstance(node, Opaque):
            if node.value is not None:
                known[node.outputs[0]] = node.value
        elif all(name in known for name in node.inputs):
            try:
                known[node.outputs[0]] = apply(node, *(known[name] for name in node.inputs))
            except NotRational:
                continue
    return known


def require_within(
    network: Network, box: Mapping[str, Ends], *, seed: int = 0, points: int = 4, **more: Any
) -> Leaf:
    """The bounds, which hold of the exact values at random points and corners of the box."""
    plan = planned(network, {name: low.size for name, (low, _) in box.items()})
    leaf = bounded(plan, {name: Interval(*ends) for name, ends in box.items()}, **more)
    random = Random(seed)
    for _ in range(points):
        given = {}
        for name, (low, high) in box.items():
            drawn = [
                random.choice((a, b, a + (b - a) * random.random()))
                for a, b in zip(low.tolist(), high.tolist(), strict=True)
            ]
            x = np.clip(np.nan_to_num(np.array(drawn, dtype=np.float64)), low, high)
            given[name] = np.nan_to_num(x, posinf=1e6, neginf=-1e6).reshape(plan.shapes[name])
        require_there(leaf, values(network, given))
    return leaf


def require_there(leaf: Leaf, known: Mapping[str, Any]) -> None:
    """No exact value is outside its bounds."""
    for name, value in known.items():
        if name not in leaf.intervals:
            continue
        bounds = leaf.intervals[name]
        assert value.shape == leaf.plan.shapes[name], name
        for v, a, b in zip(rationals(value).reshape(-1), bounds.lower, bounds.upper, strict=True):
            assert a == -np.inf or exact(a) <= v, (name, float(a), str(v)[:60])
            assert b == np.inf or v <= exact(b), (name, float(b), str(v)[:60])
