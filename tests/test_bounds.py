"""Bounds of both kinds: units that never switch behind Clip, the sigmoid, sums and pools."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from onnx_models import model, node, run, tensor
from relabellings import rows

import lumpver
from lumpver.checker import check
from lumpver.checker.rules import padding, signs
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import NEVER_NEGATIVE, UNBOUNDED, Bounds, Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array, rationals
from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.model.activations import (
    RELU,
    SIGMOID,
    SIGN,
    TANH,
    Activation,
    activation,
    at_least,
    at_most,
    clip,
    hard_sigmoid,
    leaky,
    samples,
)
from lumpver.model.network import Network
from lumpver.model.window import Window
from lumpver.search import stable
from lumpver.search.lumping import LUMPING

NUMBERS: Final = st.fractions(-6, 6, max_denominator=6).map(number)
LEAD: Final = [[1, -1], [2, 1], [-1, 2]], [0, 1, 0]
SIGMOID_STEP: Final = hard_sigmoid("1/4", "1/2")


def behind(first: Activation, second: Activation, W: Any, b: Any) -> Network:
    """Three units, units with these weights behind them, and two sums of those."""
    last = [[1 + i for i in range(len(b))], [1] * len(b)]
    return Network.from_layers([(*LEAD, first), (W, b, second), (last, [0, 1])])


def units(network: Network) -> int:
    """How many units of the second layer are left; the answer is checked, and right at points."""
    found = lumpver.reduce(network, rules=LUMPING)
    check(network, found.network, found.certificate)
    assert not isinstance(lumpver.prove(network, found.network), lumpver.Refuted)
    if all(n.activation.rational for n in network.nodes if hasattr(n, "activation")):
        for point in product((-5, ZERO, fmpq(1, 3), 1, 7), repeat=2):
            assert found.network(point) == network(point)
    return found.network.width.get("h2", 0)


UNIT, STEP = clip(0, 1), clip(0, 6)
# first and second activation, weights and bias of one unit, whether it goes: beside another
DEAD: Final = {
    "below an upper bound": (UNIT, RELU, [1, 1, 0], -2, True),
    "not quite below": (UNIT, RELU, [1, 1, 0], "-199/100", False),
    "below with a negative weight": (UNIT, RELU, [1, -5, 0], -1, True),
    "below, of ReLU": (RELU, RELU, [1, 1, 0], -2, False),
    "below zero": (RELU, RELU, [-1, -1, 0], 0, True),
    "above an upper bound, of a clip": (UNIT, UNIT, [1, 1, 0], 1, True),
    "above, not quite": (UNIT, UNIT, [1, 1, 0], "9/10", False),
    "above, of ReLU": (UNIT, RELU, [1, 1, 0], 1, False),
    "below a bound of the sigmoid": (SIGMOID, RELU, [1, 1, 1], -3, True),
    "below a bound of tanh": (TANH, RELU, [1, -1, 1], -3, True),
    "not below a bound of tanh": (TANH, RELU, [1, -1, 1], -2, False),
    "below a bound of a clip, by leaky": (UNIT, leaky("1/2"), [1, 1, 0], -2, False),
    "below a bound of a clip, by tanh": (UNIT, TANH, [1, 1, 0], -2, False),
    "within a flat piece of HardSigmoid": (UNIT, SIGMOID_STEP, [1, 1, 0], 2, True),
    "within the slope of HardSigmoid": (UNIT, SIGMOID_STEP, [1, 1, 0], 1, False),
    "a sign that is sure": (UNIT, SIGN, [1, 1, 0], "1/100", True),
    "a sign that may be 0": (UNIT, SIGN, [1, 1, 0], 0, False),
    "below the largest of all": (at_most(3), at_least(7), [1, 1, 1], -2, True),
    "below what is bounded on the other side": (at_least(3), at_least(7), [1, 1, 1], -2, False),
    "above what is bounded below": (at_least(3), at_most(2), [1, 1, 0], -4, True),
    "below HardSwish": (UNIT, activation("hardswish"), [1, 1, 0], -5, True),
    "not quite below HardSwish": (UNIT, activation("hardswish"), [1, 1, 0], "-9/2", False),
}


@pytest.mark.parametrize("name", DEAD)
def test_constant_units(name: str) -> None:
    """A unit whose bounds leave one number goes; one that might be two stays."""
    first, second, row, bias, goes = DEAD[name]
    other, shift = ([3, -7, 2], 1) if second != SIGN else ([300, -7, 2], "-1/3")
    network = behind(first, second, [other, row], [shift, bias])
    assert units(network) == (1 if goes else 2)


ALONE: Final = {
    "sums within a clip": (UNIT, STEP, [[1, 2, 0], [1, 0, 1], [2, 2, 1]], [0, 0, 0], 2),
    "a sum that may leave the clip": (UNIT, clip(0, 4), [[1, 2, 0], [1, 0, 1], [2, 2, 1]],
                                      [0, 0, 0], 3),
    "a part that may leave the clip": (UNIT, clip(0, 2), [[1, 2, 0], [1, 0, 1], [0, 2, -1]],
                                       [0, 0, 0], 3),
    "a shift within a clip": (UNIT, STEP, [[1, 2, 0], [1, 2, 0], [0, 1, 1]], [0, 3, 0], 2),
    "a shift out of the clip": (UNIT, STEP, [[1, 2, 0], [1, 2, 0], [0, 1, 1]], [0, 4, 0], 3),
    "a multiple within a clip": (UNIT, STEP, [[1, 2, 0], [2, 4, 0], [0, 1, 1]], [0, 0, 0], 3),
    "sums above 0": (RELU, RELU, [[1, 2, 0], [1, 0, 1], [2, 2, 1]], [0, 0, 0], 2),
    "sums above 0 by an upper bound": (UNIT, RELU, [[-1, -1, 0], [0, 0, -1], [-1, -1, -1]],
                                       [2, 1, 3], 2),
    "sums that ELU leaves alone": (RELU, Activation("Elu", (ONE,)),
                                   [[1, 2, 0], [1, 0, 1], [2, 2, 1]], [0, 0, 0], 2),
}  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_combinations(name: str) -> None:
    """What never leaves the line y merges by any dependence; what might does not."""
    first, second, W, b, left = ALONE[name]
    assert units(behind(first, second, W, b)) == left


def claimed(first: Activation, second: Activation, W: Any, b: Any, claim: Any, reduced: Any) -> Any:
    """The networks and a certificate for the second layer, whose last sums are those given."""
    ours = behind(first, second, W, b)
    W2, b2, last, rest = reduced
    theirs = Network.from_layers([(*LEAD, first), (W2, b2, second), (last, rest)])
    return ours, theirs, Certificate({"h2.pre": (Fact("h2.pre", claim),)})


def test_every_premise_is_needed() -> None:
    """A unit that is off by an upper bound: the bound, the bias, the activation, the weights."""
    claim = rows([0, 1], 1, ghosts=1, off=(1,))
    reduced = [[3, -7, 2]], [1], [[1], [1]], [0, 1]
    right = UNIT, RELU, [[3, -7, 2], [1, 1, 0]], [1, -2], claim, reduced
    check(*claimed(*right))
    for place, wrong in (
        (0, clip(0, 2)), (0, RELU), (0, leaky(1)), (1, leaky("1/2")), (1, clip(-3, 1)),
        (2, [[3, -7, 2], [1, 1, 1]]), (2, [[3, -7, 2], [2, 1, 0]]), (3, [1, -1]),
        (4, rows([0, 1], 1, ghosts=1)),
    ):  # fmt: skip
        spoilt = (*right[:place], wrong, *right[place + 1 :])
        with pytest.raises(Rejected):
            check(*claimed(*spoilt))


def test_what_a_unit_is_made_is_asked() -> None:
    """A unit above a clip is its upper end, and no other number."""
    claim = rows([0, 1], 1, ghosts=1, off=(1,))
    W, b = [[3, -7, 2], [1, 1, 0]], [1, 1]
    check(*claimed(UNIT, UNIT, W, b, claim, ([[3, -7, 2]], [1], [[1], [1]], [2, 2])))
    for rest in ([0, 1], [2, 1], [3, 2]):
        with pytest.raises(Rejected):
            check(*claimed(UNIT, UNIT, W, b, claim, ([[3, -7, 2]], [1], [[1], [1]], rest)))


def test_every_part_of_a_combination_is_asked() -> None:
    """Behind a clip a sum passes if it and its parts stay inside; no scale of a part passes."""
    W, b = [[1, 2, 0], [1, 0, 1], [2, 2, 1]], [0, 0, 0]
    reduced = [[1, 2, 0], [1, 0, 1]], [0, 0], [[4, 5], [2, 2]], [0, 1]
    claim = rows([0, 1, -1], 2, mixed={2: {0: 1, 1: 1}})
    check(*claimed(UNIT, STEP, W, b, claim, reduced))
    for first, second in ((UNIT, clip(0, 4)), (UNIT, clip(0, 2)), (clip(-1, 1), STEP),
                          (UNIT, clip(1, 6)), (RELU, STEP), (UNIT, TANH)):  # fmt: skip
        with pytest.raises(Rejected):
            check(*claimed(first, second, W, b, claim, reduced))
    halved = rows([0, 1, -1], 2, scale=[2, 1, 1], mixed={2: {0: 2, 1: 1}})
    half = [["1/2", 1, 0], [1, 0, 1]], [0, 0], [[8, 5], [4, 2]], [0, 1]
    with pytest.raises(Rejected):
        check(*claimed(UNIT, STEP, W, b, halved, half))
    check(*claimed(RELU, RELU, W, b, halved, half))


ROWS: Final = st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=3)
ENDS: Final = st.none() | NUMBERS


@given(weights=ROWS, low=ENDS, high=ENDS)
def test_intervals_hold(weights: Any, low: Any, high: Any) -> None:
    """The checker's and the search's are the same, hold all values, and are values."""
    if low is not None and high is not None and high < low:
        low, high = high, low
    R, b = rationals(array(weights))[:, :2], rationals(array(weights))[:, 2]
    found, other = (module.bounds((low, high), (R, b)) for module in (signs, stable))
    least = low if low is not None else (ZERO if high is None else high) - 9
    most = high if high is not None else least + 9
    for v in range(R.shape[0]):
        assert found.of(v) == other.of(v)
        values = [R[v, 0] * x + R[v, 1] * z + b[v] for x, z in product((least, most), repeat=2)]
        below, above = found.of(v)
        assert below is None or below <= min(values)
        assert above is None or above >= max(values)
        if low is not None and high is not None:
            assert (below, above) == (min(values), max(values))


def test_the_nearest_of_two_ways_to_write_a_unit_counts() -> None:
    """Written over merged units a bound may be nearer, or known at all."""
    one = np.array([[1.0, -1.0], [1.0, 1.0]]), np.zeros(2)
    two = np.array([[0.0], [3.0]]), np.zeros(2)
    found = signs.bounds((ZERO, ONE), one, two)
    assert [found.of(0), found.of(1)] == [(0, 0), (0, 2)]
    assert [stable.bounds((ZERO, ONE), one, two).of(v) for v in (0, 1)] == [(0, 0), (0, 2)]


def test_padding_may_be_met() -> None:
    """Where a tap may be missed, 0 is among what is read."""
    window = Window((3,), (1,), (1,), (1,), (1,))
    assert padding.met(window, (ONE, fmpq(2))) == (0, 2)
    assert padding.met(window, (-ONE, -ONE)) == (-1, 0)
    assert padding.met(window, (None, -ONE)) == (None, 0)
    assert padding.met(None, (ONE, None)) == (1, None)


def test_pools_and_sums() -> None:
    """A mean stays between the bounds, and 0 where padding counts; sums keep a sign, or add."""
    known = Bounds.everywhere(ONE, fmpq(3))
    assert known.pooled("max", padded=False).common == (1, 3)
    assert known.pooled("mean", padded=True).common == (0, 3)
    assert known.pooled("sum", padded=False).common == (0, None)
    assert Bounds.everywhere(-ONE, None).pooled("sum", padded=False).common == (None, None)
    assert known.plus(known).common == (2, 6)
    assert known.plus(NEVER_NEGATIVE).common == (1, None)
    assert known.plus(known, sign=-1).common == (-2, 2)
    assert known.plus(UNBOUNDED).common == (None, None)


@pytest.mark.parametrize("pool", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize(("bias", "left"), [(-5.0, 1), (-3.0, 2)])
def test_through_pools(pool: str, bias: float, left: int, tmp_path: Any) -> None:
    """Behind Clip, a pool and Flatten a unit is off below minus its weights' sum."""
    rng = np.random.default_rng(0)
    stored = [
        tensor("K", rng.integers(-2, 3, (2, 1, 3, 3)).astype(np.float32)),
        *(tensor(name, np.float32(end)) for name, end in (("low", 0), ("high", 1))),
        tensor("W", np.stack([rng.integers(-2, 3, 8), np.arange(8) % 2]).astype(np.float32)),
        tensor("b", np.array([0, bias], np.float32)),
        tensor("V", np.array([[1, 3]], np.float32)),
    ]
    made = model(
        [
            node("Conv", "x K", "c"),
            node("Clip", "c low high", "a"),
            node(pool, "a", "p", kernel_shape=[2, 2], strides=[2, 2]),
            node("Flatten", "p", "f"),
            node("Gemm", "f W b", "h", transB=1),
            node("Relu", "h", "r"),
            node("Gemm", "r V", "y", transB=1),
        ],
        stored,
        inputs=[("x", (1, 1, 6, 6))],
        outputs=[("y", (1, 1))],
    )
    path, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    path.write_bytes(made.SerializeToString())
    outcome = lumpver.reduce_file(path, small)
    lumpver.check(path, small, outcome.certificate)
    assert outcome.reduction.network.width["r"] == left
    x = rng.integers(-3, 4, (1, 1, 6, 6)).astype(np.float32)
    assert (run(made, {"x": x})["y"] == run(small.read_bytes(), {"x": x})["y"]).all()


@given(st.data())
def test_random_networks_with_bounds(data: st.DataObject) -> None:
    """Whatever is found behind bounded activations, the values stay."""
    functions = [f for f in samples() if f.rational]
    shape = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    whole = st.integers(-2, 2)
    layers: list[Any] = []
    width = 2
    for count in shape:
        W = data.draw(
            st.lists(
                st.lists(whole, min_size=width, max_size=width), min_size=count, max_size=count
            )
        )
        b = data.draw(st.lists(st.integers(-6, 6), min_size=count, max_size=count))
        layers.append((W, b, data.draw(st.sampled_from(functions))))
        width = count
    network = Network.from_layers([*layers, ([[1 + i for i in range(width)]], None)])
    found = lumpver.reduce(network, rules=LUMPING)
    check(network, found.network, found.certificate)
    for point in product((-4, -1, ZERO, fmpq(1, 2), 3), repeat=2):
        assert found.network(point) == network(point)
