"""Tests for `search.kinks` and `search.slopes`: chains of LeakyReLU, |y| and others made anew."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from onnx import load
from test_forms import chain, rejected

from lumpver.checker import check
from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.face.opening import save
from lumpver.model.activations import ABS, RELU, Activation, leaky
from lumpver.model.forms import CONSTANT, Columns
from lumpver.model.linear import Linear
from lumpver.model.network import Network, Pointwise
from lumpver.model.weights import Matrix
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.search.kinks import chained
from lumpver.search.slopes import each_base

if TYPE_CHECKING:
    from pathlib import Path

HALF = leaky("1/2")


def maxima(depth: int, function: Activation) -> Network:
    """The largest of 2 ** depth inputs, pair by pair, each by four units as TLL writes it."""
    a = function.slope
    assert a is not None
    layers: list[Any] = []
    before: list[list[Any]] = [[1 if i == j else 0 for j in range(2**depth)]
                               for i in range(2**depth)]  # fmt: skip
    while len(before) > 1:
        rows, read = [], []
        for i in range(0, len(before), 2):
            one, other = before[i], before[i + 1]
            total = [p + q for p, q in zip(one, other, strict=True)]
            apart = [p - q for p, q in zip(one, other, strict=True)]
            rows += [total, [-v for v in total], apart, [-v for v in apart]]
            place = [ZERO] * 2 * len(before)
            place[2 * i : 2 * i + 4] = [
                1 / (2 * (1 + a)), -1 / (2 * (1 + a)), 1 / (2 * (1 - a)), 1 / (2 * (1 - a)),
            ]  # fmt: skip
            read.append(place)
        layers.append((rows, None))
        before = read
    return chain(*layers, (before, None), activation=function)


def made(original: Network, **options: Any) -> Reduction:
    """What becomes of it, checked, the same at some points."""
    found = reduce(original, **options)
    check(original, found.network, found.certificate)
    rng = random.Random(1)
    for _ in range(6):
        x = [Fraction(rng.randint(-9, 9), rng.randint(1, 4)) for _ in range(original.widths[0])]
        assert original(x) == found.network(x)
    return found


@pytest.mark.parametrize(
    "function",
    [RELU, HALF, leaky("-1/2"), leaky(3), leaky("1/4")],
)
def test_trees_of_maxima(function: Activation) -> None:
    """Four units for each pair become one kink, and two that carry the larger of each pair."""
    for depth, levels in ((1, (3,)), (2, (6, 3)), (3, (12, 6, 3))):
        found = made(maxima(depth, function))
        assert [one.units for one in found.replaced] == [levels]
        assert set(kinds(found.network)) == {str(function)}


def kinds(network: Network) -> list[str]:
    """The activations, in order."""
    return [str(node.activation) for node in network.nodes if isinstance(node, Pointwise)]


CARRIED = chain(  # A(x) is read by the second level, and by the output behind it
    ([[1], [-1], [2], [-2]], [0, 0, -1, 1], HALF),
    ([[1, 0, 1, 0], [-1, 0, -1, 0], [1, 0, 0, 0], [-1, 0, 0, 0]], [1, -1, 0, 0], HALF),
    ([[1, 1, 1, -1]], None),
)


def test_a_column_that_may_be_negative_is_carried() -> None:
    """By two units, one for either way, whose difference is 1 + a times it."""
    found = made(CARRIED)
    assert (CARRIED.units, found.network.units) == (8, 5)
    assert [one.rule for one in found.replaced] == ["kinks"]
    assert kinds(found.network) == ["LeakyRelu(1/2)"] * 2


@pytest.mark.parametrize("slope", ["1/3", 0, "-1/2", 2, -1])
def test_another_slope_of_what_carries(slope: Any) -> None:
    """On either level: the checker sees that carried units are not what they were."""
    found = reduce(CARRIED)
    places = [i for i, node in enumerate(found.network.nodes) if isinstance(node, Pointwise)]
    for place in places:
        nodes = [*found.network.nodes]
        node = nodes[place]
        assert isinstance(node, Pointwise)
        nodes[place] = replace(node, activation=leaky(slope))
        wrong = replace(found.network, nodes=tuple(nodes))
        rejected(CARRIED, wrong, found.certificate.tensors)


def test_every_number_of_what_carries() -> None:
    """Another factor of a carried unit, or its other sign, is rejected."""
    found = reduce(CARRIED)
    for place, node in enumerate(found.network.nodes):
        if not isinstance(node, Linear) or node.W is None:
            continue
        for row, column in np.ndindex(node.W.shape):
            W = node.W.copy()
            W[row, column] = -W[row, column] if W[row, column] != 0 else number(1)
            nodes = [*found.network.nodes]
            nodes[place] = replace(node, weights=Matrix(W))
            wrong = replace(found.network, nodes=tuple(nodes))
            rejected(CARRIED, wrong, found.certificate.tensors)


def test_levels_of_several_activations() -> None:
    """Each level has one kind, that of the columns that are made there."""
    mixed = chain(
        ([[1, 1], [-1, -1], [1, -1], [-1, 1]], None, HALF),
        ([[1, -1, 0, 0], [0, 0, 1, 1], [0, 0, -1, -1]], [1, 0, 0], ABS),
        ([[1, 1, 1]], None),
    )
    found = made(mixed)
    assert found.network.units == 2
    assert kinds(found.network) == ["Abs"]


def test_columns_of_several_slopes_on_a_level() -> None:
    """They are made columns of one slope; chains over each are tried, the smallest counts."""
    columns = Columns(2)
    one = columns.activated({0: ONE}, ONE / 2)
    other = columns.activated({1: ONE}, -ONE)
    assert chained([one | other], columns) == []
    bases = [over.slopes for _, over, alike in each_base([one | other], columns) if alike]
    assert bases == [[-1, -1], [0, 0], [ONE / 2, ONE / 2]]
    counts = [
        [chain.units for chain in chained(some, over)]
        for some, over, _ in each_base([one | other], columns)
    ]
    assert counts == [[], [], [4], [3, 4]]


def test_a_level_of_sizes_carries_no_sign() -> None:
    """|y| has lost the sign of y: where one is to be carried, ReLU takes its place."""
    columns = Columns(1)
    size = columns.activated({0: ONE}, -ONE)
    second = columns.activated({1: ONE, CONSTANT: -ONE}, -ONE)
    total = {**second, 0: ONE}
    assert len(chained([second], columns)) == 1
    assert chained([total], columns) == []
    counts = [
        [chain.units for chain in chained(some, over)]
        for some, over, _ in each_base([total], columns)
    ]
    assert counts == [[], [5, 7]]
    assert size == {1: 1}


def test_nothing_is_widened() -> None:
    """Where as many units would be needed the network stays as it is, activations and all."""
    plain = chain(([[1, 2], [3, 1]], [1, 0]), ([[1, -1], [2, 1]], None), ([[1, 1]], None),
                  activation=HALF)  # fmt: skip
    found = made(plain)
    assert found.network.units == plain.units
    assert found.replaced == ()


def test_files(tmp_path: Path) -> None:
    """The operators stay those of the model, and onnxruntime gives the same."""
    row, other = ([(i * k) % 7 - 3 for i in range(96)] for k in (3, 5))
    rows = [[sign * v for v in one] for one in (row, other) for sign in (1, -1)]
    behind = [([*layer.W.tolist()], layer.b) for layer in CARRIED.nodes[2::2]]  # type: ignore[union-attr]
    original = tmp_path / "leaky.onnx"
    save(chain((rows, [0, 0, -1, 1]), *behind, activation=HALF), original)
    done = reduce_file(original, tmp_path / "less.onnx")
    assert (done.original.network.units, sum(done.reduction.replaced[0].units)) == (8, 5)
    ours, theirs = ({n.op_type for n in load(p).graph.node} for p in (original, done.reduced))
    assert ours == theirs
    sessions = [onnxruntime.InferenceSession(str(p)) for p in (original, done.reduced)]
    [name] = [put.name for put in sessions[0].get_inputs()]
    shape = [size if isinstance(size, int) else 1 for size in sessions[0].get_inputs()[0].shape]
    for x in np.arange(-8, 9, dtype=np.float32):
        given = {name: np.full(shape, x)}
        one, other = (session.run(None, given)[0] for session in sessions)
        assert (one == other).all()
