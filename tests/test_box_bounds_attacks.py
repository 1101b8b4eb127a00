"""Each premise of bounds on a box, attacked: numbers and networks for which a wrong rule fails."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from ball_arithmetic import ball, fine
from box_points import box_of, exact, require_within
from flint import arb, fmpq
from kernel_networks import conv, network, window
from small_networks import chain, graph

from lumpver.bounds import pointwise
from lumpver.bounds.bounding import bounded, cost
from lumpver.bounds.knowing import known
from lumpver.bounds.leaf import Interval
from lumpver.bounds.maps import Moving, Placing
from lumpver.bounds.plan import planned
from lumpver.claim.domain import Box, Boxes
from lumpver.errors import ShapeMismatch
from lumpver.exact.array import array, rationals
from lumpver.exact.outward import LARGEST, above, below, nearest
from lumpver.model.activations import RELU, Activation, clip, leaky, samples
from lumpver.model.network import Join, Linear, Network, Pick, Pointwise, Pool, Rearrange
from lumpver.model.weights import Diagonal, Normalization
from lumpver.model.window import Window

HUGE = [2.0**60, 2.0**-60, 2.0**300, 2.0**900, 1.7e308, 5e-324, 2.0**-1022, 0.0, -0.0]


@pytest.mark.parametrize("sizes", list(product(HUGE, repeat=2)))
def test_sizes_of_numbers(sizes: tuple[float, float]) -> None:
    """Weights and biases of any size, of floats and of rationals that are none."""
    first, second = sizes
    for factor in (fmpq(1), fmpq(4, 3)):
        a, b = exact(first) * factor, exact(second) * factor
        found = chain(([[a, -a], [b, a]], [b, 0]), ([[b, a], [-a, 1]], None), ([[a, -1]], [a]))
        for end in (1.0, first, second):
            low, high = np.array([-end, 0.0]), np.array([end, end])
            require_within(found, {"x": (np.minimum(low, high), np.maximum(low, high))})


def test_weights_between_subnormals_beside_large_inputs() -> None:
    """A third of the least float is rounded by as much as it is, and counts beside 2^900."""
    found = chain(([[fmpq(3, 2) / fmpq(2) ** 1074]], None), ([[1]], None))
    end = np.array([2.0**900])
    require_within(found, {"x": (end, end)})
    leaf = require_within(found, {"x": (np.array([0.0]), np.array([LARGEST / 2]))})
    assert np.isfinite(leaf.intervals["y"].size).all()


@pytest.mark.parametrize("slope", [fmpq(3, 2) / fmpq(2) ** 1074, fmpq(2) ** 400, fmpq(1, 3)])
def test_slopes_of_odd_sizes(slope: fmpq) -> None:
    """Slopes that are no floats, or so small or large that floats lose them."""
    found = chain(([[1]], None, leaky(slope)), ([[1]], None, leaky(-slope)), ([[1]], None))
    for end in (2.0**-900, 1.0, 2.0**200, 2.0**800):
        require_within(found, {"x": (np.array([-end]), np.array([end / 3]))})


def test_cancellation() -> None:
    """What cancels leaves its rounding, forwards and backwards."""
    first, second = ([[1], [1]], [0.1, -0.1]), ([[2.0**50, -(2.0**50)], [1, 1]], None)
    found = chain(first, second, [[1, 1]])
    leaf = require_within(found, {"x": (np.array([0.2]), np.array([0.3]))}, points=20)
    assert leaf.intervals["y"].upper[0] < 1e16


@pytest.mark.parametrize("function", list(samples()), ids=str)
def test_activations_between_lines(function: Activation) -> None:
    """At both ends, bends and between, also on one point, beside a bend, or without an end."""
    bends = [float(x) for x in getattr(function.mapping, "bends", ())]
    near = [np.nextafter(x, way) for x in bends for way in (-np.inf, np.inf)]
    marks = sorted({-50.0, -3.3, -1.0, -1e-300, 0.0, 5e-324, 0.7, 3.0, 40.0, *bends, *near})
    pairs = [(a, b) for a in marks for b in marks if a <= b]
    low, up = (np.array(ends) for ends in zip(*pairs, strict=True))
    lines = pointwise.lines(function, low, up)
    least, most = pointwise.image(function, low, up)
    with fine():
        for i, (a, b) in enumerate(pairs):
            tried = {exact(x) for x in marks if a <= x <= b}
            exactly = getattr(function.mapping, "bends", ())
            tried |= {x for x in exactly if exact(a) <= x <= exact(b)}
            for y in tried:
                value = ball(function, y)
                slopes = [(lines.low_slope[i], lines.low[i]), (lines.high_slope[i], lines.high[i])]
                ends = [
                    fmpq(0) if not np.isfinite(c) else exact(s) * y + exact(c) for s, c in slopes
                ]
                assert not np.isfinite(lines.low[i]) or not arb(ends[0]) > value, (a, b, y)
                assert not np.isfinite(lines.high[i]) or not value > arb(ends[1]), (a, b, y)
                assert least[i] == -np.inf or not arb(exact(least[i])) > value
                assert most[i] == np.inf or not value > arb(exact(most[i]))


@pytest.mark.parametrize("function", list(samples()), ids=str)
def test_activations_without_an_end(function: Activation) -> None:
    """Entries bounded on one side, or not at all."""
    low, up = np.array([-np.inf, -1.5, -np.inf]), np.array([0.5, np.inf, np.inf])
    with np.errstate(all="ignore"):
        least, most = pointwise.image(function, low, up)
    assert not np.isnan(least).any()
    assert not np.isnan(most).any()
    with fine():
        for i, y in ((0, fmpq(-30)), (1, fmpq(30)), (2, fmpq(-7)), (2, fmpq(9)), (0, fmpq(1, 2))):
            value = ball(function, y)
            assert least[i] == -np.inf or not arb(exact(least[i])) > value
            assert most[i] == np.inf or not value > arb(exact(most[i]))


def test_bends_that_floats_cannot_tell_from_zero() -> None:
    """A bend at 2^-1100 is not one at 0, though nothing else about it is rounded."""
    function = Activation("AtMost", (fmpq(1, 2**1100),))
    lines = pointwise.lines(function, np.array([-1.0]), np.array([1.0]))
    for y in (fmpq(0), fmpq(1, 2**1100), fmpq(1)):
        assert exact(lines.low_slope[0]) * y + exact(lines.low[0]) <= function(y)
        assert function(y) <= exact(lines.high_slope[0]) * y + exact(lines.high[0])


def test_two_bends_between_two_lines() -> None:
    """A Clip that bends twice between the bounds follows its argument."""
    lines = pointwise.lines(clip(0, 6), np.array([-0.1]), np.array([6.1]))
    assert lines.low_slope[0] > 0.9
    assert lines.high_slope[0] > 0.9


POOLED = [
    (operator, size, stride, pads, counts)
    for operator in ("mean", "sum", "max")
    for size, stride, pads in ((3, 1, (1, 1)), (3, 2, (2, 1)), (2, 1, (0, 0)), (3, 3, (0, 2)))
    for counts in (False, True)
]


@pytest.mark.parametrize("row", POOLED, ids=str)
def test_pools_with_padding(row: Any) -> None:
    """Rows of pools go back to every entry that a window meets, however it is clipped."""
    operator, size, stride, pads, counts = row
    over = window(size, stride, 1, pads)
    p = Pool("p", "x", "h", operator, -2, over, counts)
    rest = Pointwise("r", "h", "a", RELU), conv("a", "y", [[[1], [-1]]])
    found = network(p, *rest, shape=(1, 2, 7))
    for seed in range(3):
        require_within(found, box_of(found, seed), seed=seed, points=6)


def test_windows_that_repeat_or_pad() -> None:
    """A sum of one entry each repeats entries: each place counts, and padding is 0."""
    twice = Window((2,), (1,), (1,), (1,), (1,), (2,))
    for over in (twice, Window((1,), (1,), (1,), (2,), (1,))):
        p = Pool("p", "x", "h", "sum", -2, over)
        found = network(p, conv("h", "g", [[[1, -2], [3, 1]]]), Pointwise("r", "g", "y", RELU))
        leaf = require_within(found, box_of(found, 1), points=8)
        least = leaf.intervals["x"].lower.min()
        assert leaf.intervals["h"].lower.min() == min(0.0, least)


def test_taps_meet_no_position_twice() -> None:
    """A map that adds up two rows in one place would lose one of them."""
    with pytest.raises(ShapeMismatch):
        Moving(np.ones((1, 1, 1)), 1, 2, np.array([[0, 0]]))


@pytest.mark.parametrize("spacing", [(), (2,), (3,)])
@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_kernels_move_back_as_they_came(spacing: Any, step: int, stride: int) -> None:
    """r (M x) = (r M) x, for gaps, strides, entries that lie apart, and groups."""
    over = Window((3,), (stride,), (step,), (2,), (1,), spacing)
    met, draw = over.met((6,)), np.random.default_rng(3)
    W = draw.integers(-5, 6, (2, 3, 2 * 3)).astype(float)
    made = Moving(W, 2, 6, met)
    x = draw.integers(-5, 6, (4, 2 * 4 * 6)).astype(float)
    r = draw.integers(-5, 6, (5, 2 * 6 * met.shape[1])).astype(float)
    assert (r @ made.ahead(x).T == made.back(r) @ x.T).all()


def test_places_twice_never_and_of_nothing() -> None:
    """What is picked twice is added up on the way back; nothing has no entries."""
    made = Placing(np.array([1, 1, -1, 0, 1]), 3)
    assert made.back(np.array([[1.0, 2.0, 4.0, 8.0, 16.0]])).tolist() == [[8.0, 19.0, 0.0]]
    nothing = Placing(np.array([-1, -1]), 0)
    assert nothing.ahead(np.zeros((2, 0))).tolist() == [[0.0, 0.0]] * 2
    assert nothing.back(np.zeros((3, 2))).shape == (3, 0)


JOINED = [
    (Join("j", ("x", "x"), "t", "Add"), (1, 4)),
    (Join("j", ("x", "x"), "t", "Sub"), (1, 4)),
    (Join("j", ("x", "x", "x"), "t", "Mean"), (1, 4)),
    (Join("j", ("x", "x"), "t", "Concat", -1), (1, 4)),
    (Join("j", ("x", "x"), "t", "Mul"), (1, 4)),
    (Join("j", ("x", "x"), "t", "Max"), (1, 4)),
    (Join("j", ("x", "x"), "t", "Min"), (1, 4)),
    (Join("j", ("x", "x"), "t", "Div"), (1, 4)),
    (Join("j", ("x", "x"), "t", "MatMul"), (2, 2)),
    (Pick("j", "x", "t", ((-1, (3, 0, 0, 3)),)), (1, 4)),
    (Rearrange("j", "x", "t", "Transpose", (1, 0)), (2, 2)),
]


@pytest.mark.parametrize("row", JOINED, ids=str)
def test_joins_of_a_tensor_with_itself(row: Any) -> None:
    """Each operand counts, also where it is the same tensor."""
    node, shape = row
    found = graph(node, Pointwise("r", "t", "a", RELU), Join("k", ("a", "a"), "y", "Sub"), x=shape)
    for low, high in ((-1.0, 2.0), (0.3, 0.7), (-2.0, -0.1), (0.5, 0.5), (-0.0, 0.0)):
        ends = np.full(4, low), np.full(4, high)
        require_within(found, {"x": ends}, points=8)


def test_joins_that_spread_and_have_no_bound() -> None:
    """Broadcast operands, of which one has no bound, or none on one side."""
    for operator in ("Add", "Sub", "Mul", "Div", "Max", "Min"):
        found = graph(
            Join("j", ("x", "z"), "t", operator), Pointwise("r", "t", "y", RELU),
            inputs="x z", x=(2, 3), z=(2, 1),
        )  # fmt: skip
        x = np.full(6, -1.0), np.full(6, 2.0)
        for z in ([-np.inf, 1.0], [0.5, 2.0]), ([1.0, 1.0], [np.inf, 3.0]):
            box = {"x": x, "z": (np.array(z[0]), np.array(z[1]))}
            leaf = require_within(found, box, points=6)
            assert np.isfinite(leaf.intervals["t"].size[3:]).all()
            assert not np.isnan(leaf.intervals["y"].size).any()


def test_weights_of_zero_beside_no_bound() -> None:
    """An input without a bound matters unless its weight is 0, nearly 0 is not enough."""
    inf = np.array([1.0, np.inf])
    for weight, there in ((fmpq(0), True), (fmpq(1, 2**1200), False)):
        found = chain(([[1, weight]], None), ([[1]], None))
        leaf = bounded(planned(found, {"x": 2}), {"x": Interval(-inf, inf)})
        assert bool(np.isfinite(leaf.intervals["y"].size).all()) is there


ODD = [
    ([1, 2], [0, 1], [2, 3], fmpq(1, 1000)),
    ([fmpq(1, 3), -1], [fmpq(1, 7), 2.0**60], [fmpq(1, 5), 2.0**-60], fmpq(0)),
    ([1, 1], [0, 0], [fmpq(7, 5) / fmpq(2) ** 1074, 2.0**-1000], fmpq(0)),
    ([2.0**900, 5e-324], [2.0**900, 2.0**-900], [2.0**1000, 2.0**300], fmpq(2) ** 2000),
]


@pytest.mark.parametrize("row", ODD, ids=str)
def test_normalizations(row: Any) -> None:
    """Factors are irrational, or of sizes that floats do not hold."""
    gamma, mean, variance, epsilon = row
    weights = Normalization(array(gamma), array(mean), array(variance), epsilon)
    found = graph(
        Linear("n", "x", "t", weights, array([fmpq(1, 3), -1])), Pointwise("r", "t", "y", RELU),
        x=(1, 2),
    )  # fmt: skip
    leaf = bounded(planned(found, {"x": 2}), {"x": Interval(np.full(2, -1.0), np.full(2, 2.0))})
    known, squares = leaf.intervals["t"], weights.squares
    with fine():
        for unit, x in product(range(2), (fmpq(-1), fmpq(2), fmpq(1, 2))):
            parts = array(gamma), array(mean), squares
            g, m, s = (rationals(part)[unit] for part in parts)
            b = (fmpq(1, 3), fmpq(-1))[unit]
            value = arb(g * (x - m)) / arb(s).sqrt() + arb(b)
            assert known.lower[unit] == -np.inf or arb(exact(known.lower[unit])) <= value
            assert known.upper[unit] == np.inf or value <= arb(exact(known.upper[unit]))


def test_what_is_there_but_rounded() -> None:
    """Nearest floats are 0 for 0 alone; ends of boxes are rounded outward."""
    tiny = fmpq(1, 2**1200)
    assert nearest(np.array([tiny, -tiny, fmpq(0)], dtype=object)).tolist() == [5e-324, -5e-324, 0]
    assert (below(tiny), above(tiny), above(-tiny), below(-tiny)) == (0.0, 5e-324, 0.0, -5e-324)
    largest = float(np.finfo(np.float64).max)
    assert (below(fmpq(10) ** 400), above(-(fmpq(10) ** 400))) == (largest, -largest)
    box = Box.of({"x": [("1/10", "1/10"), (None, 3), (0, fmpq(10) ** 400)]})
    found = known(chain([[1, 1, 1]]), Boxes((box,))).intervals["x"]
    assert exact(found.lower[0]) < fmpq(1, 10) < exact(found.upper[0])
    assert found.lower.tolist()[1:] == [-np.inf, 0.0]
    assert found.upper.tolist()[1:] == [3.0, np.inf]


def test_inputs_of_unknown_shape_are_left_out() -> None:
    """Of an input whose axes are not known nothing is said; a box of another size is refused."""
    found = graph(Pointwise("r", "x", "y", RELU))
    assert not planned(found, {"x": 3}).shapes
    plan = planned(chain([[1, 2]]), {"x": 2})
    for wrong in (np.zeros(3), np.array([np.nan, 1.0])):
        with pytest.raises(ShapeMismatch):
            bounded(plan, {"x": Interval(wrong, wrong)})
    with pytest.raises(ShapeMismatch):
        planned(graph(Linear("n", "x", "y", Diagonal(array([2]))), x=(1, 3)), {"x": 3})


def test_large_tensors_have_intervals_alone() -> None:
    """What would take too long is not substituted: by sizes, not by time."""
    W = np.full((64, 64, 3), 0.5)
    names, pads = ["x", "h1", "h2", "h3"], window(pads=(1, 1))
    nodes = [conv(a, b, W, w=pads) for a, b in pairwise(names)]
    found = network(*nodes, shape=(1, 64, 50), outputs="h3")
    work, wide = cost(planned(found, {"x": 3200}), "h3")
    assert work > 3 * 64 * 64 * 3 * 50
    assert wide >= 2 * 3200


def test_exact_intervals_are_within() -> None:
    """Bounds without rows contain those of rational interval arithmetic, and hardly more."""
    for seed in range(10):
        draw = np.random.default_rng(seed)
        scales = 2.0 ** draw.integers(-40, 40, 4)
        layers = [(draw.normal(size=(5, 5)) * scale, draw.normal(size=5)) for scale in scales]
        low = draw.normal(size=5)
        high = low + abs(draw.normal(size=5))
        found = Network.from_layers(layers)
        leaf = bounded(planned(found, {"x": 5}), {"x": Interval(low, high)}, deep=False)
        a, b = ([exact(v) for v in ends] for ends in (low, high))
        for i, (W, bias) in enumerate(layers, start=1):
            pairs = []
            for row, c in zip(W, bias, strict=True):
                ends = [
                    sorted((exact(w) * p, exact(w) * q)) for w, p, q in zip(row, a, b, strict=True)
                ]
                pairs.append([sum((end[k] for end in ends), exact(c)) for k in (0, 1)])
            known = leaf.intervals[f"h{i}.pre" if i < len(layers) else "y"]
            for (least, most), x, y in zip(pairs, known.lower, known.upper, strict=True):
                size = max(abs(least), abs(most), most - least)
                assert exact(x) <= least <= most <= exact(y)
                assert least - exact(x) + exact(y) - most <= size / 2**20 + fmpq(1, 2**300)
            a, b = ([max(fmpq(0), pair[k]) for pair in pairs] for k in (0, 1))


@pytest.mark.parametrize("positions", [(), (0,), (3,), (1, 2), (0, 1, 2, 3, 4, 5)], ids=str)
def test_rows_of_few_positions_go_back_as_all_do(positions: tuple[int, ...]) -> None:
    """Exactly, where all numbers are small integers: what is left out is 0."""
    draw = np.random.default_rng(len(positions))
    W = draw.integers(-3, 4, (2, 3, 4)).astype(np.float64)
    met = np.array([[0, 1, 2, 3, 4, -1], [1, -1, 3, 5, -1, 0]])
    made = Moving(W, 2, 6, met)
    whole = made.ahead(np.eye(2 * made.units * 6))
    rows = np.zeros((3, 2 * 6, 6))
    rows[:, :, list(positions)] = draw.integers(-3, 4, (3, 12, len(positions)))
    flat = rows.reshape(3, -1)
    assert (made.back(flat) == flat @ whole.T).all()
