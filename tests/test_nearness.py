"""How far two networks are apart: bounds of differences hold, and wrong coverings are rejected."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from lumpver.bounds.knowing import intervals_of
from lumpver.bounds.leaf import Interval
from lumpver.claim.closeness import SameClass, Within
from lumpver.claim.covering import Covering
from lumpver.claim.domain import AllInputs, Box, Boxes
from lumpver.claim.semantics import Float32
from lumpver.claim.statement import Claim
from lumpver.errors import Malformed, Rejected
from lumpver.exact.outward import nearest
from lumpver.model.activations import ABS, RELU, SIGN, TANH, leaky
from lumpver.model.network import Linear, Network
from lumpver.nearness.covering import covered
from lumpver.nearness.judging import alike, judge
from lumpver.nearness.questions import question, values
from lumpver.nearness.trees import ends, inputs, parts
from lumpver.search.contrast import climbed
from lumpver.search.splitting import Growth, grow, weighed

if TYPE_CHECKING:
    from lumpver.model.activations import Activation
    from lumpver.nearness.twin import Twin

LEAKY = leaky(fmpq(1, 10))
PAIRS = (("h1", "h1"), ("h2", "h2"))
WHOLE = Boxes((Box.of({"x": [(-1, 1), (0, 1)]}),))


def layers(random: np.random.Generator, widths: tuple[int, ...]) -> list[tuple[Any, Any]]:
    """Weights and biases that are eighths."""
    return [
        (
            [[fmpq(int(w), 8) for w in row] for row in random.integers(-8, 9, (m, n))],
            [fmpq(int(b), 8) for b in random.integers(-8, 9, m)],
        )
        for n, m in pairwise(widths)
    ]


def moved(found: list[tuple[Any, Any]], random: np.random.Generator) -> list[tuple[Any, Any]]:
    """Each number off by a little."""
    return [
        (
            [[w + fmpq(int(random.integers(-4, 5)), 512) for w in row] for row in W],
            [v + fmpq(int(random.integers(-4, 5)), 512) for v in b],
        )
        for W, b in found
    ]


def twins(seed: int, function: Activation = RELU) -> tuple[Network, Network]:
    """Two networks of which one is near the other."""
    random = np.random.default_rng(seed)
    found = layers(random, (2, 4, 4, 2))
    one, other = (
        Network.from_layers(some, activation=function) for some in (found, moved(found, random))
    )
    return one, other


def points(twin: Twin, random: np.random.Generator, count: int) -> Interval:
    """Small boxes, one a row."""
    low, high = ends(twin, intervals_of(WHOLE.boxes[0], WHOLE.sizes))
    start = low + random.random((count, low.size)) * (high - low) * 0.75
    return Interval(start, start + random.random((count, low.size)) * (high - low) * 0.25)


def exactly(network: Network, x: np.ndarray) -> list[fmpq]:
    """The outputs at a point, exactly."""
    found = network(tuple(fmpq(*float(v).as_integer_ratio()) for v in x))
    return [fmpq(int(v.p), int(v.q)) for v in found]


@pytest.mark.parametrize("function", [RELU, LEAKY, ABS, TANH], ids=str)
@given(seed=st.integers(0, 2**16))
def test_no_point_leaves_the_bounds_of_a_difference(function: Activation, seed: int) -> None:
    """Corners and others, exactly where values are rational."""
    one, other = twins(seed, function)
    pairs = PAIRS if seed % 3 else PAIRS[seed % 2 :][:1]
    twin = alike(one, other, WHOLE, pairs)
    random = np.random.default_rng(seed)
    box = points(twin, random, 5)
    leaves = covered(twin, {"x": box})
    found = values(leaves, question(twin, Within(0))).least
    ((a, b),) = twin.outputs
    for leaf in range(5):
        for _ in range(4):
            part = random.random(2) if random.random() < 0.5 else random.integers(0, 2, 2)
            x = box.lower[leaf] + part * (box.upper[leaf] - box.lower[leaf])
            x = np.clip(x, box.lower[leaf], box.upper[leaf])
            if function is TANH:
                p, q = (_floats(n, x) for n in (one, other))
                d = p - q
            else:
                p, q = (np.array(exactly(n, x), dtype=object) for n in (one, other))
                d = p - q
            for i in range(2):
                assert _at_most(found[leaf, 2 * i], d[i])
                assert _at_most(found[leaf, 2 * i + 1], -d[i])
                for name, y in ((a, p), (b, q)):
                    known = leaves.intervals[name]
                    assert _at_most(known.lower[leaf, i], y[i])
                    assert _at_most(-known.upper[leaf, i], -y[i])


def _at_most(bound: float, value: Any) -> bool:
    """Whether a bound is below a value: exactly, but for floats."""
    if isinstance(value, float):
        return bool(bound <= value + 1e-9)
    return bool(fmpq(*float(bound).as_integer_ratio()) <= value)


def _floats(network: Network, x: np.ndarray) -> np.ndarray:
    value = np.asarray(x, dtype=np.float64)
    for node in network.nodes:
        if isinstance(node, Linear):
            value = nearest(node.W) @ value + nearest(node.b)
        else:
            value = np.tanh(value)
    return value


def proved(one: Network, other: Network, closeness: Any, *, pairs: Any = PAIRS) -> Covering | None:
    """A covering, if one is found."""
    twin = alike(one, other, WHOLE, pairs)
    asked = question(twin, closeness)
    trees = []
    for box in WHOLE.boxes:
        growth = Growth(*ends(twin, intervals_of(box, WHOLE.sizes)))
        if not grow(
            growth,
            lambda found: (weighed(twin, asked, part) for part in found),
            scale=0.1,
            most=4000,
            met=lambda *_: False,
        ):
            return None
        cuts, left = growth.preorder()
        assert not left
        trees.append(cuts)
    return Covering(tuple(trees), pairs)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_found_is_accepted_and_less_is_not(seed: int) -> None:
    """A bound above what a point shows is proved, one below is not, nor by fewer parts."""
    one, other = twins(seed)
    twin = alike(one, other, WHOLE, PAIRS)
    low, high = ends(twin, intervals_of(WHOLE.boxes[0], WHOLE.sizes))
    asked = question(twin, Within(0))
    random = np.random.default_rng(seed)
    start = low + random.random((8, 2)) * (high - low)
    near, short = climbed(twin, asked, start, low, high)
    both = zip(exactly(one, near[0]), exactly(other, near[0]), strict=True)
    most = max(abs(p - q) for p, q in both)
    assert abs(float(most.p) / float(most.q) - short[0]) < 1e-9
    claim = Claim(WHOLE, Within(most * fmpq(11, 10)))
    covering = proved(one, other, claim.closeness)
    assert covering is not None
    judge(one, other, claim, covering)
    with pytest.raises(Rejected, match="closeness"):
        judge(one, other, Claim(WHOLE, Within(most * fmpq(9, 10))), covering)
    assert covering.leaves > 1
    with pytest.raises(Rejected, match="closeness"):
        judge(one, other, claim, replace(covering, trees=(np.zeros(1, dtype=np.int64),)))


def test_a_class_is_the_first_of_the_greatest() -> None:
    """Equal entries: the same class only where no order of entries can change."""
    plain = [([[1, 0], [0, 1]], None), ([[1, 0], [0, 1]], None)]
    ahead = [([[1, 0], [0, 1]], None), ([[1, 0], [0, 1]], [2, 0])]
    behind = [([[1, 0], [0, 1]], None), ([[1, 0], [0, 1]], [fmpq(17, 8), 0])]
    one, far, further = (Network.from_layers(x) for x in (plain, ahead, behind))
    pairs = (("h1", "h1"),)
    assert proved(far, further, SameClass(), pairs=pairs) is not None
    assert proved(one, far, SameClass(), pairs=pairs) is None
    covering = Covering((np.zeros(1, dtype=np.int64),), pairs)
    judge(one, far, Claim(WHOLE, SameClass("max", 3)), covering)
    with pytest.raises(Rejected):
        judge(one, far, Claim(WHOLE, SameClass("max", fmpq(1, 2))), covering)
    with pytest.raises(Rejected):
        judge(far, one, Claim(WHOLE, SameClass("min")), covering)


def test_coverings_that_are_none() -> None:
    """Trees that end early or late."""
    for tree in ([], [1, 0], [0, 0], [1, 0, 0, 0], [-1, 0, 0], [1, 1, 0, 0]):
        with pytest.raises(Malformed, match="trees"):
            Covering((np.array(tree, dtype=np.int64),), PAIRS)
    with pytest.raises(Malformed, match="trees"):
        Covering((np.zeros((1, 1), dtype=np.int64),), PAIRS)
    with pytest.raises(Malformed, match="trees"):
        Covering((), PAIRS)


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        ((("h1", "h2"), ("h1", "h1")), [0]),  # one twice
        ((("h1.pre", "h1.pre"),), [0]),  # made by no activation
        ((("nowhere", "h1"),), [0]),
        ((("h1", "nowhere"),), [0]),
        ((("x", "x"),), [0]),
        ((("h1", "h1"),), [19, 0, 0]),  # no such entry, nor unit
    ],
)
def test_a_covering_of_other_networks_is_refused(pairs: Any, tree: list[int]) -> None:
    """Pairs and entries that are not there."""
    one, other = twins(1)
    covering = Covering((np.array(tree, dtype=np.int64),), pairs)
    with pytest.raises(Malformed):
        judge(one, other, Claim(WHOLE, Within(100)), covering)


def test_pairs_are_of_one_activation_that_is_continuous() -> None:
    """Without pairs anything is bounded."""
    one, other = twins(1)[0], twins(1, LEAKY)[1]
    covering = Covering((np.zeros(1, dtype=np.int64),), PAIRS)
    with pytest.raises(Malformed, match="pair"):
        judge(one, other, Claim(WHOLE, Within(100)), covering)
    judge(one, other, Claim(WHOLE, Within(1000)), replace(covering, pairs=()))
    jumping = twins(1, SIGN)
    with pytest.raises(Malformed, match="pair"):
        judge(*jumping, Claim(WHOLE, Within(1000)), covering)
    judge(*jumping, Claim(WHOLE, Within(1000)), replace(covering, pairs=()))


def test_claims_that_no_covering_shows() -> None:
    """No boxes, floats, limits, ranges without ends, too few trees."""
    one, other = twins(1)
    covering = Covering((np.zeros(1, dtype=np.int64),), PAIRS)
    for claim in (
        Claim(AllInputs(), Within(100)),
        Claim(WHOLE, Within(100), Float32()),
        Claim(WHOLE, Within(100), limits="the first model"),
        Claim(Boxes((Box.of({"x": [(-1, 1), (0, None)]}),)), Within(100)),
        Claim(Boxes((*WHOLE.boxes, Box.of({"x": [(2, 3), (0, 1)]}))), Within(100)),
    ):
        with pytest.raises(Malformed):
            judge(one, other, claim, covering)
    with pytest.raises(Rejected):
        judge(one, other, Claim(WHOLE), covering)


def test_parts_cover_their_box() -> None:
    """Each point is in one, ends included."""
    low, high = np.array([-1.0, 0.1, 3.0]), np.array([0.3, 0.7, 3.0])
    tree = np.array([1, 2, 0, 3, 0, 0, 2, 1, 0, 0, 0])
    found = [
        (lower, upper)
        for some in parts(low, high, tree, 2)
        for lower, upper, _ in zip(*some, strict=True)
    ]
    assert len(found) == 6
    random = np.random.default_rng(0)
    for x in low + random.random((500, 3)) * (high - low):
        assert any((lower <= x).all() and (x <= upper).all() for lower, upper in found)


def test_what_is_found_depends_on_the_leaf_alone() -> None:
    """But for how sums are rounded."""
    twin = alike(*twins(3), WHOLE, PAIRS)
    box = points(twin, np.random.default_rng(1), 40)
    asked = question(twin, Within(0))
    together = values(covered(twin, inputs(twin, box.lower, box.upper)), asked).least
    for i in range(40):
        alone = values(covered(twin, inputs(twin, box.lower[i][None], box.upper[i][None])), asked)
        assert np.abs(alone.least[0] - together[i]).max() < 1e-12
