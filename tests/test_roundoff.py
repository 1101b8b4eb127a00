"""Executions in float32 stay within what is said of them, in every order of sums."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from executions import ORDERS, exactly, executed, rounded
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

import lumpver
from lumpver.claim.domain import Box, Boxes
from lumpver.model.activations import Activation, at_least, clip, hard_sigmoid, leaky
from lumpver.model.network import Linear, Network, Tensor
from lumpver.model.weights import Normalization
from lumpver.roundoff.errors import Unbounded
from lumpver.roundoff.parts import most
from lumpver.roundoff.single import held, off

ACTIVATIONS = (
    "relu",
    leaky("1/100"),
    leaky(1.5),
    leaky(-3),
    Activation("Abs"),
    clip(0, 6),
    clip(-1, "1/3"),
    hard_sigmoid("1/5", "1/2"),
    at_least("1/7"),
)


def drawn(seed: int) -> tuple[Network, list[tuple[float, float]]]:
    """A network of odd numbers, and a box: cancellations, large and tiny weights, thirds."""
    rng = np.random.default_rng(seed)
    widths = rng.integers(1, 7, size=rng.integers(2, 5)).tolist()
    style = seed % 5
    layers: list[Any] = []
    for rows, columns in zip(widths[1:], widths, strict=False):
        W = rng.standard_normal((rows, columns))
        if style == 1:  # cancels
            W = np.concatenate([W, -W * (1 + 1e-6 * rng.standard_normal(W.shape))], axis=0)[:rows]
            W[:, : columns // 2] *= 2.0**20
        if style == 2:
            W = W * 2.0 ** rng.integers(-30, 30, size=W.shape)
        if style == 3:
            W = W * 2.0 ** rng.integers(-75, -60)
        W32 = W.astype(np.float32)
        numbers = [[str(Fraction(float(v)) / 3) for v in row] for row in W] if style == 4 else W32
        layers.append((numbers, rng.standard_normal(rows).astype(np.float32)))
    ends = np.sort(rng.standard_normal((widths[0], 2)) * 2.0 ** rng.integers(-4, 3), axis=1)
    box = [(float(a), float(b)) for a, b in ends.astype(np.float32).tolist()]
    activation = ACTIVATIONS[seed % len(ACTIVATIONS)]
    return Network.from_layers(layers, activation=activation), box


def points(box: list[tuple[float, float]], rng: Any, count: int) -> list[list[np.float32]]:
    """Points of binary32 in a box, corners too."""
    low, high = (np.array(ends, dtype=np.float32) for ends in zip(*box, strict=True))
    found = []
    for i in range(count):
        share = rng.random(low.size) if i % 2 else rng.integers(0, 2, low.size)
        x = (low + share * (high.astype(np.float64) - low)).astype(np.float32)
        found.append(list(np.clip(x, low, high)))
    return found


def require_within(network: Network, box: list[tuple[float, float]], seed: int, count: int) -> None:
    """All executions at points of the box are as near as is said, with and without cuts."""
    rng = np.random.default_rng(seed)
    (tensor,) = network.inputs
    domain = Boxes((Box.of({tensor.name: box}),))
    bounds = []
    for cuts in (0, 8):
        found, _ = most(network, domain, cuts=cuts)
        (one,) = found.values()
        bounds.append([Fraction(float(v)) for v in one])
    for x in points(box, rng, count):
        real = exactly(network, x)
        for order in ORDERS:
            got = executed(network, x, order, rng)
            for y, exact, *allowed in zip(got, real, *bounds, strict=True):
                assert np.isfinite(y)
                assert abs(Fraction(float(y)) - exact) <= min(allowed), (seed, order)


@pytest.mark.parametrize("seed", range(45))
def test_every_order_is_within(seed: int) -> None:
    """Networks with cancellations, huge, tiny and unrepresentable weights, all activations."""
    network, box = drawn(seed)
    require_within(network, box, seed, 6)


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_random_networks_are_within(seed: int, scale: int) -> None:
    """The same, drawn anew."""
    network, box = drawn(seed)
    require_within(network, [(a * scale, b * scale) for a, b in box], seed, 1)


@pytest.mark.parametrize("count", [1, 7, 60])
def test_the_bound_is_reached(count: int) -> None:
    """Ties to even lose each of many small parts: no smaller count of roundings would do."""
    W = np.array([[1.0] + [2.0**-24] * count], dtype=np.float32)
    network = Network.from_layers([(W, None)])
    box = [(1.0, 1.0)] * (count + 1)
    (found,) = most(network, Boxes((Box.of({"x": box}),)))[0].values()
    x = [np.float32(1)] * (count + 1)
    (got,), (real,) = executed(network, x, "given", None), exactly(network, x)
    lost = abs(Fraction(float(got)) - real)
    assert lost == Fraction(count, 2**24)
    assert lost <= Fraction(float(found[0])) <= lost * Fraction(count + 2, count)


def test_what_underflows_counts() -> None:
    """A product below all floats is lost, and what follows makes it large."""
    layers = [([[2.0**-100], [-(2.0**-100)]], None), ([[2.0**100, 0]], None)]
    network = Network.from_layers(layers)
    x = [np.float32(2.0**-50)]
    (found,) = most(network, Boxes((Box.of({"x": [(0, 2.0**-50)]}),)))[0].values()
    (got,), (real,) = executed(network, x, "given", None), exactly(network, x)
    assert (float(got), real) == (0, Fraction(1, 2**50))
    assert real <= Fraction(float(found[0]))


OVERFLOWING: list[Any] = [
    ([([[2.0**100]], None), ([[2.0**27]], None)], "overflow"),
    ([([[2.0**127, -(2.0**127)]], None)], "overflow"),
    ([([[1.0]], [2.0**127]), ([[1.0]], [-(2.0**127)])], "overflow"),
    ([([[1e60]], None), ([[1e-60]], None)], "overflow"),
]


@pytest.mark.parametrize(("layers", "said"), OVERFLOWING)
def test_what_may_overflow_is_unbounded(layers: Any, said: str) -> None:
    """Even where the sum in reals is small."""
    network = Network.from_layers(layers)
    (tensor,) = network.inputs
    count = len(layers[0][0][0])
    with pytest.raises(Unbounded, match=said):
        most(network, Boxes((Box.of({tensor.name: [(0, 1)] * count}),)))


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "Sign"])
def test_what_is_not_known_is_unbounded(name: str) -> None:
    """Curves, whose rounding nobody says, and what jumps."""
    network = Network.from_layers([([[1]], None), ([[1]], None)], activation=name)
    with pytest.raises(Unbounded, match="rounds is not known"):
        lumpver.float_error(network, box="[0, 1]")


def test_cuts_help() -> None:
    """On parts activations switch less."""
    network, _ = drawn(0)
    whole = lumpver.float_error(network, box="[-1, 1]")
    parted = lumpver.float_error(network, box="[-1, 1]", until=0.0, cuts=64)
    assert (whole.parts, parted.parts) == (1, 65)
    assert parted.largest < whole.largest
    assert "Winograd" in whole.uncovered


def test_rounding_is_to_nearest() -> None:
    """The oracle's own rounding: ties to even, subnormals, and numpy's for doubles."""
    rng = np.random.default_rng(0)
    for value in (rng.standard_normal(200) * 2.0 ** rng.integers(-160, 100, size=200)).tolist():
        assert rounded(Fraction(value)) == np.float32(value)
    assert rounded(1 + Fraction(1, 2**24)) == 1
    assert rounded(1 + Fraction(3, 2**24)) == np.float32(1 + 2.0**-22)
    assert rounded(1 + Fraction(1, 2**24) + Fraction(1, 2**90)) == np.float32(1 + 2.0**-23)
    assert rounded(Fraction(3, 2**150)) == np.float32(2.0**-148)


def test_what_binary32_has() -> None:
    """Of floats and of rationals."""
    from flint import fmpq

    for value, expected in [
        (fmpq(1, 3), False), (fmpq(1, 2**149), True), (fmpq(1, 2**150), False),
        (fmpq(2**24 + 1), False), (fmpq(2**24 + 2), True), (fmpq(2) ** 127, True),
        (fmpq(2) ** 128, False), (fmpq(0), True), (fmpq(-3, 2**149), True),
        (fmpq(2**24 - 1) * fmpq(2) ** 104, True), (fmpq(2**23 + 1, 2**150), False),
        (fmpq(2**24 - 2, 2**150), True),
    ]:  # fmt: skip
        assert held(np.array([value], dtype=object)) is expected, value
        as_float = float(int(value.p)) / float(int(value.q))
        if Fraction(as_float) == Fraction(int(value.p), int(value.q)):
            assert held(np.array([as_float])) is expected, value
    assert np.isinf(off(2**21, np.ones(1))).all()


def test_a_variance_that_cancels_with_epsilon_is_not_bounded() -> None:
    """Stored in binary32 their sum may be 0, or twice as large."""
    for variance, bounded in ((fmpq(1, 2**30) - 1, False), (fmpq(1, 4), True)):
        x, y = Tensor("x", shape=(1, 1)), Tensor("y", shape=(1, 1))
        weights = Normalization(
            *(np.array([v], dtype=object) for v in (fmpq(1), fmpq(0), variance)), fmpq(1)
        )
        made = Network((x,), (y,), (Linear("n", "x", "y", weights),), {"x": x, "y": y})
        if bounded:
            assert lumpver.float_error(made, box="[0, 1]").largest > 0
        else:
            with pytest.raises(Unbounded, match="cancels"):
                lumpver.float_error(made, box="[0, 1]")
