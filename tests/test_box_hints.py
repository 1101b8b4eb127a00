"""Hints for bounds: no exact value leaves what they give, whatever they say; wrong forms go."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq

from lumpver.bounds.bounding import bounded
from lumpver.bounds.hinted import hinted, leaves
from lumpver.bounds.leaf import Interval
from lumpver.bounds.plan import planned
from lumpver.claim.hints import Hints, Leaning, Target
from lumpver.errors import Malformed
from lumpver.exact.array import rationals
from lumpver.model.activations import RELU, clip, leaky
from lumpver.model.evaluation import trace
from lumpver.model.network import Linear, Network, Pointwise
from lumpver.model.several import Several
from lumpver.search.tightening import tightened

if TYPE_CHECKING:
    from lumpver.model.activations import Activation

Made = tuple[Network, Any, dict[str, Interval]]


def exact(x: float) -> fmpq:
    """The rational that a float is."""
    return fmpq(*float(x).as_integer_ratio())


def made(seed: int, activation: Activation = RELU, *, reach: float = 0.7) -> Made:
    """Three hidden layers with weights at random, their plan, and a box."""
    draw = np.random.default_rng(seed)
    widths = [2, 6, 6, 5, 2]
    layers: list[Any] = [
        (draw.normal(size=(m, n)), draw.normal(size=m), activation)
        for n, m in pairwise(widths[:-1])
    ]
    network = Network.from_layers([*layers, (draw.normal(size=(2, 5)), None)])
    name, centre = network.inputs[0].name, draw.normal(size=2)
    box = {name: Interval(centre - reach, centre + reach)}
    return network, planned(network, {name: 2}), box


def random_hints(seed: int, tensors: dict[str, int], *, inputs: int = 2) -> Hints:
    """Leans at random for all entries, both sides, and a tree of cuts."""
    draw = np.random.default_rng(seed)
    names, targets = list(tensors), {}
    for i, name in enumerate(names[1:], start=1):
        at = np.arange(tensors[name])
        by = {}
        for before in names[:i]:
            size = tensors[before]
            leans = draw.integers(0, 256, size=(at.size, size)).astype(np.uint8)
            by[before.replace(".pre", "")] = Leaning(np.arange(size), leans)
        targets[name] = tuple(Target(at, above, by) for above in (False, True))
    return Hints(targets, (1, inputs, 0, 0, 1, 0, inputs, 0, 0))


def require_within(network: Network, found: dict[str, Interval], box: dict[str, Interval]) -> None:
    """The exact values at corners, middles and points at random are within the bounds."""
    (name,) = box
    known, draw = box[name], np.random.default_rng(1)
    shape = planned(network, {name: 2}).shapes[name]
    shares = [*product((0.0, 0.5, 1.0), repeat=2), *draw.random((10, 2))]
    for share in shares:
        x = np.clip(
            known.lower + np.array(share) * (known.upper - known.lower), known.lower, known.upper
        )
        for tensor, value in trace(network, {name: x.reshape(shape)}).items():
            ends = found[tensor]
            flat = rationals(value).reshape(-1)
            for v, a, b in zip(flat, ends.lower, ends.upper, strict=True):
                assert exact(a) <= v <= exact(b), tensor


PRE = {"h1.pre": 6, "h2.pre": 6, "h3.pre": 5}


@pytest.mark.parametrize("activation", [RELU, leaky("1/8"), leaky(3), clip(-1, 1)], ids=str)
@pytest.mark.parametrize("seed", range(6))
def test_any_hints_are_sound(seed: int, activation: Activation) -> None:
    """Leans and cuts at random."""
    network, plan, box = made(seed, activation)
    require_within(network, hinted(plan, box, random_hints(seed, PRE)), box)


@pytest.mark.parametrize("seed", range(4))
def test_hints_for_slopes_of_units_own_are_sound(seed: int) -> None:
    """At random, and searched, where each unit has a slope of its own."""
    network, _, box = made(seed)
    draw, nodes = np.random.default_rng(seed), list(network.nodes)
    for i, node in enumerate(nodes):
        if isinstance(node, Pointwise):
            slopes = draw.choice(["0", "1/8", "3", "-1"], network.width[node.input]).tolist()
            nodes[i] = replace(node, activation=Several(tuple(map(leaky, slopes)), -1))
    network = replace(network, nodes=tuple(nodes))
    plan = planned(network, dict.fromkeys(box, 2))
    for hints in (random_hints(seed, PRE), *tightened(plan, [box]).hints):
        require_within(network, hinted(plan, box, hints), box)


@pytest.mark.parametrize("seed", range(6))
def test_hints_that_are_searched_are_sound_and_never_looser(seed: int) -> None:
    """What the search proposes holds, and loses nothing that holds without it."""
    network, plan, box = made(seed)
    (hints,) = tightened(plan, [box]).hints
    found, plain = hinted(plan, box, hints), bounded(plan, box).intervals
    require_within(network, found, box)
    decided = [
        sum(int(((x[name].lower < 0) & (x[name].upper > 0)).sum()) for name in PRE)
        for x in (found, plain)
    ]
    assert decided[0] <= decided[1]


def test_search_is_deterministic() -> None:
    """The same work, the same hints."""
    _, plan, box = made(3)
    one, other = (tightened(plan, [box]).hints[0] for _ in range(2))
    assert one.cuts == other.cuts
    assert list(one.targets) == list(other.targets)


def test_leaves_cover_the_box() -> None:
    """Halves meet, and nothing between them is left out."""
    _, plan, box = made(0)
    (name,) = box
    areas = [
        np.prod([exact(b) - exact(a) for a, b in zip(x[name].lower, x[name].upper, strict=True)])
        for x in leaves(plan, box, (1, 2, 0, 0, 1, 0, 2, 0, 0))
    ]
    whole = np.prod(
        [exact(b) - exact(a) for a, b in zip(box[name].lower, box[name].upper, strict=True)]
    )
    assert len(areas) == 5
    assert sum(areas) == whole


def test_tiny_and_point_boxes_are_cut_soundly() -> None:
    """A range without a number between its ends is cut into itself and a point."""
    network, plan, box = made(0)
    (name,) = box
    low = box[name].lower
    for high in (low, np.nextafter(low, np.inf)):
        thin = {name: Interval(low, high)}
        require_within(network, hinted(plan, thin, Hints(cuts=(1, 0, 1, 0, 0))), thin)


@pytest.mark.parametrize(
    "cuts",
    [(), (1,), (1, 0), (0, 0), (1, 0, 0, 0), (-1, 0, 0), (0, 1, 0), (1, 0, 0, 1, 0), (1,) * 99],
)
def test_no_tree_is_refused(cuts: tuple[int, ...]) -> None:
    """Trees that do not end, that end early, and that go on."""
    with pytest.raises(Malformed):
        Hints(cuts=cuts)


def leaning(columns: list[int], rows: int = 1, kind: Any = np.uint8) -> Leaning:
    """Leans of some entries."""
    return Leaning(np.array(columns, dtype=np.int64), np.zeros((rows, len(columns)), dtype=kind))


@pytest.mark.parametrize(
    ("entries", "by"),
    [
        ([1, 1], {"h1": leaning([0], rows=2)}),
        ([2, 1], {"h1": leaning([0], rows=2)}),
        ([-1], {"h1": leaning([0])}),
        ([], {"h1": leaning([0], rows=0)}),
        ([0], {}),
        ([0], {"h1": leaning([0, 0])}),
        ([0], {"h1": leaning([1, 0])}),
        ([0], {"h1": leaning([0], rows=2)}),
        ([0], {"h1": leaning([0], kind=np.float64)}),
        ([0], {"h1": leaning([0], kind=np.int64)}),
    ],
)
def test_malformed_targets_are_refused(entries: list[int], by: dict[str, Leaning]) -> None:
    """Entries twice or out of order, rows that are missing, leans that are no bytes."""
    with pytest.raises(Malformed):
        Target(np.array(entries, dtype=np.int64), False, by)


def test_a_side_twice_is_refused() -> None:
    """A tensor has one target for each side."""
    target = Target(np.array([0]), False, {"h1": leaning([0])})
    with pytest.raises(Malformed):
        Hints({"h2.pre": (target, target)})


@pytest.mark.parametrize(
    ("name", "entries", "by"),
    [
        ("nothing", [0], {"h1": leaning([0])}),
        ("h2", [0], {"h1": leaning([0])}),
        ("x", [0], {"h1": leaning([0])}),
        ("h2.pre", [6], {"h1": leaning([0])}),
        ("h2.pre", [0], {"h1": leaning([6])}),
        ("h2.pre", [0], {"h2": leaning([0])}),
        ("h2.pre", [0], {"h3": leaning([0])}),
        ("h2.pre", [0], {"h1.pre": leaning([0])}),
        ("h2.pre", [0], {"nothing": leaning([0])}),
    ],
)
def test_hints_for_what_is_not_there_are_refused(
    name: str, entries: list[int], by: dict[str, Leaning]
) -> None:
    """Tensors, entries and activations that do not exist, or come later."""
    _, plan, box = made(0)
    with pytest.raises(Malformed):
        hinted(plan, box, Hints({name: (Target(np.array(entries), False, by),)}))


def test_cuts_of_what_is_not_there_are_refused() -> None:
    """An entry beyond the inputs; a range without ends."""
    _, plan, box = made(0)
    (name,) = box
    with pytest.raises(Malformed):
        hinted(plan, box, Hints(cuts=(3, 0, 0)))
    free = {name: Interval(np.full(2, -np.inf), np.full(2, np.inf))}
    with pytest.raises(Malformed):
        hinted(plan, free, Hints(cuts=(1, 0, 0)))


def scaled(seed: int) -> Made:
    """Weights from 2^-60 to 2^60, in rows that cancel."""
    draw = np.random.default_rng(seed)
    widths, layers = [2, 6, 6, 5, 2], []
    for n, m in pairwise(widths):
        W = draw.normal(size=(m, n)) * 2.0 ** draw.integers(-60, 61, size=(m, 1))
        W[1::2] = -W[: m // 2 * 2 : 2] * (1 + draw.normal(size=(m // 2, n)) * 2.0**-40)
        layers.append((W, draw.normal(size=m) * np.abs(W).max(axis=1)))
    network = Network.from_layers(layers)
    name = network.inputs[0].name
    box = {name: Interval(np.array([-1.0, 2.0**-60]), np.array([2.0**-30, 1.0]))}
    return network, planned(network, {name: 2}), box


@pytest.mark.parametrize("seed", range(4))
def test_huge_and_tiny_weights_are_bounded_soundly(seed: int) -> None:
    """By hints at random, and by those that the search proposes."""
    network, plan, box = scaled(seed)
    for hints in (random_hints(seed, PRE), *tightened(plan, [box]).hints):
        require_within(network, hinted(plan, box, hints), box)


def exact_ranges(network: Network, low: fmpq, high: fmpq) -> dict[str, tuple[list[fmpq], ...]]:
    """The least and the largest value of each entry, for one input between two numbers.

    Everything is a straight line between the inputs where a ReLU bends: these are found layer by
    layer, exactly.
    """
    points, name = [low, high], network.inputs[0].name
    depth = sum(tensor.endswith(".pre") for tensor in network.tensors)
    for layer in range(1, depth + 1):
        values = [trace(network, {name: np.array([x], dtype=object)}) for x in points]
        rows = [rationals(value[f"h{layer}.pre"]).ravel().tolist() for value in values]
        more = {
            a + (b - a) * y / (y - z)
            for (a, ys), (b, zs) in pairwise(zip(points, rows, strict=True))
            for y, z in zip(ys, zs, strict=True)
            if y * z < 0
        }
        points = sorted({*points, *more})
    found: dict[str, list[list[fmpq]]] = {}
    for x in points:
        for tensor, value in trace(network, {name: np.array([x], dtype=object)}).items():
            found.setdefault(tensor, []).append(rationals(value).ravel().tolist())
    return {
        tensor: (
            [min(v) for v in zip(*rows, strict=True)],
            [max(v) for v in zip(*rows, strict=True)],
        )
        for tensor, rows in found.items()
    }


@pytest.mark.parametrize("seed", range(6))
def test_exact_ranges_are_never_left(seed: int) -> None:
    """All that one input reaches, found exactly; many halves come near it."""
    draw = np.random.default_rng(seed)
    widths = [1, 5, 5, 4, 1]
    network = Network.from_layers(
        [
            (draw.integers(-8, 9, (m, n)) / 8, draw.integers(-8, 9, m) / 8)
            for n, m in pairwise(widths)
        ]
    )
    name = network.inputs[0].name
    box = {name: Interval(np.array([-1.0]), np.array([1.0]))}
    plan, truth = planned(network, {name: 1}), exact_ranges(network, fmpq(-1), fmpq(1))

    def halved(depth: int) -> tuple[int, ...]:
        return (1, *halved(depth - 1), *halved(depth - 1)) if depth else (0,)

    sizes = {f"h{i}.pre": n for i, n in enumerate(widths[1:-1], start=1)}
    widest = []
    for hints in (random_hints(seed, sizes, inputs=1), *tightened(plan, [box]).hints,
                  Hints(cuts=halved(2)), Hints(cuts=halved(8))):  # fmt: skip
        found, over = hinted(plan, box, hints), 0.0
        for tensor, (least, most) in truth.items():
            ends = found[tensor]
            for a, b, low, high in zip(ends.lower, ends.upper, least, most, strict=True):
                assert exact(a) <= low <= high <= exact(b)
                over = max(
                    over, float(b) - float(a) - float((high - low).p) / float((high - low).q)
                )
        widest.append(over)
    assert widest[3] < widest[2] / 8 or widest[3] < 2.0**-40


def turned(network: Network, order: list[np.ndarray]) -> Network:
    """The same function with the hidden units in another order: sums add up in another one."""
    layers, before = [], np.arange(2)
    for node, now in zip([n for n in network.nodes if isinstance(n, Linear)], order, strict=True):
        b = None if node.b is None else np.asarray(node.b)[now]
        layers.append((np.asarray(node.W)[now][:, before], b))
        before = now
    return Network.from_layers(layers)


def turned_hints(hints: Hints, order: dict[str, np.ndarray]) -> Hints:
    """The same hints for the units in another order."""
    targets = {}
    for name, sides in hints.targets.items():
        back = np.argsort(order[name])
        made = []
        for one in sides:
            at = back[one.entries]
            rows = np.argsort(at)
            by = {}
            for before, lean in one.by.items():
                there = np.argsort(order[f"{before}.pre"])[lean.at]
                columns = np.argsort(there)
                by[before] = Leaning(there[columns], lean.leans[rows][:, columns])
            made.append(Target(at[rows], one.above, by))
        targets[name] = tuple(made)
    return Hints(targets, hints.cuts)


@pytest.mark.parametrize("seed", range(8))
def test_what_hints_decide_is_decided_in_any_order_of_sums(seed: int) -> None:
    """The search allows for twice what rounding costs: others, who sum otherwise, agree."""
    network, plan, box = made(seed) if seed % 2 else scaled(seed)
    draw = np.random.default_rng(seed)
    proposed = tightened(plan, [box])
    (hints,), (ours,) = proposed.hints, proposed.intervals
    order = [draw.permutation(n) for n in (6, 6, 5)]
    other = turned(network, [*order, np.arange(2)])
    theirs = hinted(
        planned(other, {"x": 2}), box, turned_hints(hints, dict(zip(PRE, order, strict=True)))
    )
    for name, now in zip(PRE, order, strict=True):
        a, b = ours[name], theirs[name]
        assert ((a.lower[now] <= 0) | (b.lower > 0)).all()
        assert ((a.upper[now] >= 0) | (b.upper < 0)).all()
