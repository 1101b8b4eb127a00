"""Certificates and reduced networks with kernels, changed in one place: exact evaluation judges."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import feeds, network
from random_convolutions import convolutional

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Malformed, NotRational, Rejected, ShapeMismatch
from lumpver.exact.array import equal, rationals
from lumpver.exact.scalar import number
from lumpver.model.linear import groups_of, moving, window_of
from lumpver.model.network import Linear, Network, Pool
from lumpver.model.weights import Diagonal, Kernel, whole, with_numbers
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from lumpver.model.relabelling import Relabelling
    from lumpver.model.window import Window

CHANGES = ("scale", "constant", "block", "weight", "swap", "bias", "window", "groups", "pool")
VARIANTS: tuple[dict[str, bool], ...] = (
    {},
    {"groups": True},
    {"ups": True, "groups": True},
    {"pools": True, "ups": True},
)


def nudged(rng: np.random.Generator, numbers: Any) -> Any:
    """The same numbers but for one."""
    found = rationals(numbers).copy()
    place = int(rng.integers(found.size))
    found.flat[place] = found.flat[place] * number("2") + number(str(int(rng.integers(0, 2))))
    return found


def claimed(rng: np.random.Generator, claims: Any, change: str) -> Any:
    """The claims with one scale, constant or block of one tensor changed; None where none is."""
    places = [name for name, (fact, *_) in claims.items() if fact.relabelling is not None]
    if not places:
        return None
    name = places[int(rng.integers(len(places)))]
    (fact,) = claims[name]
    given = fact.relabelling
    if change == "block":
        block = given.block.copy()
        block[rng.integers(block.size)] = rng.integers(-1, given.columns)
        parts = {"block": block}
    else:
        parts = {change: nudged(rng, getattr(given, change))}
    changed: Relabelling = replace(given, **parts)
    return {**claims, name: (replace(fact, relabelling=changed),)}


def moved_window(rng: np.random.Generator, window: Window) -> Window:
    """Another stride, dilation, padding or spacing along one axis."""
    part = ("strides", "dilations", "before", "after", "spacing")[int(rng.integers(5))]
    if part == "spacing" and not window.spacing:
        return replace(window, spacing=(2,) * window.axes)
    lengths = list(getattr(window, part))
    lengths[int(rng.integers(len(lengths)))] += 1
    changed: Window = replace(window, **{part: tuple(lengths)})
    return changed


def changed_node(rng: np.random.Generator, node: Linear, change: str) -> Linear | None:
    """The node with one weight, one bias, or its window changed, or two columns exchanged."""
    window, W = window_of([node]), node.W
    if change == "bias":
        return None if node.b is None else replace(node, b=nudged(rng, node.b))
    if W is None or not W.size:
        return None
    if change == "window":
        if window is None:
            return None
        return replace(node, weights=Kernel(W, moved_window(rng, window), groups_of([node])))
    if change == "groups":
        return regrouped(rng, node)
    if change == "swap":
        order = np.arange(W.shape[-1])
        one = int(rng.integers(order.size))
        order[[one, one - 1]] = order[[one - 1, one]]
        W = W[..., order]
    else:
        W = nudged(rng, W)
    kernel = moving([node])
    if kernel is not None:
        return replace(node, weights=replace(kernel, numbers=W))
    return replace(node, weights=Diagonal(W) if W.ndim == 1 else with_numbers(node.weights, W))


def regrouped(rng: np.random.Generator, node: Linear) -> Linear | None:
    """The kernel laid out whole, with one weight of another group, or its groups in turn."""
    kernel = moving([node])
    if kernel is None or kernel.groups == 1:
        return None
    laid = rationals(whole(kernel)).copy()
    if rng.random() < 0.5:
        laid = np.roll(laid, laid.shape[1] // kernel.groups, axis=1)
    else:
        place = tuple(int(rng.integers(n)) for n in laid.shape)
        laid[place] = laid[place] + number("1")
    return replace(node, weights=Kernel(laid, kernel.window))


def repooled(rng: np.random.Generator, node: Pool) -> Pool:
    """The pool with another operator, window or divisor."""
    if node.window is None or rng.random() < 0.2:
        other = {"max": "mean", "mean": "sum", "sum": "max"}[node.operator]
        return replace(node, operator=other)
    if rng.random() < 0.2:
        return replace(node, counts_padding=not node.counts_padding)
    return replace(node, window=moved_window(rng, node.window))


def mutant(rng: np.random.Generator, reduced: Network, claims: Any, change: str) -> Any:
    """The network and the claims, one of them changed; None where there is nothing to change."""
    if change in ("scale", "constant", "block"):
        found = claimed(rng, claims, change)
        return None if found is None else (reduced, found)
    kind = Pool if change == "pool" else Linear
    places = [i for i, node in enumerate(reduced.nodes) if isinstance(node, kind)]
    if not places:
        return None
    chosen = int(rng.choice(places))
    node, other = reduced.nodes[chosen], None
    if isinstance(node, Linear):
        other = changed_node(rng, node, change)
    if change == "pool":
        other = repooled(rng, node)
    if other is None:
        return None
    nodes = tuple(other if i == chosen else n for i, n in enumerate(reduced.nodes))
    return replace(reduced, nodes=nodes), claims


def agree(made: Any, original: Network, other: Network) -> bool:
    """Whether both give the same at a few points of integers."""
    for seed in range(4):
        given = {name: x.astype(float) for name, x in feeds(made, seed).items()}
        ours, theirs = original.evaluate(given), other.evaluate(given)
        for name, numbers in ours.items():
            if theirs[name].shape != numbers.shape or not equal(theirs[name], numbers).all():
                return False
    return True


def judged(seed: int, times: int) -> Counter[str]:
    """How many mutants of a network were rejected and accepted; a wrong one that was fails."""
    rng, found = np.random.default_rng(seed), Counter[str]()
    made = convolutional(seed, **VARIANTS[seed % len(VARIANTS)])
    original = network(made)
    reduction = reduce(original)
    for _ in range(times):
        change = CHANGES[int(rng.integers(len(CHANGES)))]
        try:
            spoilt = mutant(rng, reduction.network, reduction.certificate.tensors, change)
            if spoilt is None:
                continue
            check(original, spoilt[0], Certificate(spoilt[1]))
        except (Rejected, Malformed, NotRational, ShapeMismatch):
            found[f"{change} rejected"] += 1
            continue
        assert agree(made, original, spoilt[0]), (seed, change)
        found[f"{change} accepted"] += 1
    return found


def test_no_wrong_mutant_is_accepted() -> None:
    """Of some hundreds; each change is rejected somewhere."""
    found: Counter[str] = sum((judged(seed, 8) for seed in range(240)), Counter())
    for change in CHANGES:
        assert found[f"{change} rejected"] > 10, found
    assert found.total() > 400


@pytest.mark.long
def test_no_wrong_mutant_is_accepted_of_many() -> None:
    """Of tens of thousands."""
    assert sum((judged(seed, 20) for seed in range(1000, 2500)), Counter()).total() > 20_000
