"""Coverings that are cut at units: no bound is below what a point shows, wrong ones are refused."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from near_models import PAIRS, WHOLE, tree
from test_nearness import layers, moved

from lumpver.bounds.knowing import intervals_of
from lumpver.claim.closeness import Within
from lumpver.claim.covering import Covering
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.statement import Claim
from lumpver.claim.trees import leaves as leaves_of
from lumpver.errors import Malformed, Rejected
from lumpver.model.activations import ABS, RELU, clip, leaky
from lumpver.model.network import Network
from lumpver.nearness import sides
from lumpver.nearness.covering import covered
from lumpver.nearness.judging import alike, judge
from lumpver.nearness.leaves import Sides
from lumpver.nearness.questions import question, values
from lumpver.nearness.trees import MOST_SIDES, ends, halves, inputs, stacked, whole
from lumpver.search.splitting import weighed

if TYPE_CHECKING:
    from lumpver.model.activations import Activation
    from lumpver.nearness.trees import Part
    from lumpver.nearness.twin import Twin

FUNCTIONS = {"relu": RELU, "leaky": leaky(fmpq(1, 10)), "abs": ABS, "clip": clip(-1, 1)}
NUMBERS = 2 + 16  # entries of the inputs, and units of both networks


@dataclass(frozen=True)
class Both:
    """Two networks, their layers, and both as one plan."""

    layers: tuple[Any, Any]
    function: Activation
    networks: tuple[Network, Network]
    twin: Twin

    def at(self, x: list[fmpq]) -> tuple[list[fmpq], list[fmpq]]:
        """All units at a point, exactly, and both differences of each output."""
        units, outputs = list[fmpq](), []
        for some in self.layers:
            value = x
            for i, (W, b) in enumerate(some):
                rows = zip(W, b, strict=True)
                value = [sum((w * v for w, v in zip(r, value, strict=True)), c) for r, c in rows]
                if i < len(some) - 1:
                    units += value
                    value = [self.function(v) for v in value]
            outputs.append(value)
        return units, [s * (a - c) for a, c in zip(*outputs, strict=True) for s in (1, -1)]


def both(seed: int, function: Activation = RELU, *, paired: bool = True) -> Both:
    """Two networks of which one is near the other."""
    random = np.random.default_rng(seed)
    found = layers(random, (2, 4, 4, 2))
    two = found, moved(found, random)
    one, other = (Network.from_layers(some, activation=function) for some in two)
    return Both(two, function, (one, other), alike(one, other, WHOLE, PAIRS if paired else ()))


def cut_tree(random: np.random.Generator, depth: int) -> list[int]:
    """Cuts in preorder, anywhere."""
    if not depth or random.random() < 0.15:
        return [0]
    cut = int(random.integers(1, NUMBERS + 1))
    return [cut, *cut_tree(random, depth - 1), *cut_tree(random, depth - 1)]


def parts_of(found: Both, cuts: list[int]) -> list[Part]:
    """All parts of the box."""
    low, high = ends(found.twin, intervals_of(WHOLE.boxes[0], WHOLE.sizes))
    cutting = partial(halves, units=found.twin.unit_count)
    return list(leaves_of(whole(low, high), cuts, cutting))


def bounds(found: Both, parts: list[Part]) -> tuple[Any, Any]:
    """Which parts are shown to have no inputs, and what differences are never below."""
    low, high, on = stacked(parts)
    leaves = covered(found.twin, inputs(found.twin, low, high), on=on)
    return leaves.void, values(leaves, question(found.twin, Within(0))).least


def has(part: Part, x: list[fmpq], units: list[fmpq]) -> bool:
    """Whether a point is of a part."""
    low, high, on = part
    inside = all(fmpq(*a.as_integer_ratio()) <= v <= fmpq(*b.as_integer_ratio())
                 for a, v, b in zip(low.tolist(), x, high.tolist(), strict=True))  # fmt: skip
    return inside and all(units[abs(k) - 1] * (1 if k > 0 else -1) >= 0 for k in on.tolist())


def tried(random: np.random.Generator, count: int) -> list[list[fmpq]]:
    """Corners and other points of the box."""
    some = [[fmpq(a), fmpq(b)] for a, b in product((-1, 1), (0, 1))]
    for a, b in random.integers(0, 65, (count, 2)).tolist():
        some.append([fmpq(a, 32) - 1, fmpq(b, 64)])
    return some


def require_sound(found: Both, cuts: list[int], random: np.random.Generator, count: int) -> None:
    """Each point is of a part; of none that has no inputs; and no part's bound is above it."""
    parts = parts_of(found, cuts)
    void, least = bounds(found, parts)
    for x in tried(random, count):
        units, differences = found.at(x)
        at = [i for i, part in enumerate(parts) if has(part, x, units)]
        assert at
        assert not void[at].any()
        for i in at:
            for bound, difference in zip(least[i].tolist(), differences, strict=True):
                assert fmpq(*bound.as_integer_ratio()) <= difference


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("seed", range(4))
def test_no_point_of_a_part_shows_more(seed: int, name: str) -> None:
    """Whatever is cut, at inputs and units of either network, alike or not."""
    found = both(seed, FUNCTIONS[name], paired=seed != 1)
    assert (len(found.twin.units), found.twin.unit_count) == (4, 16)
    random = np.random.default_rng(seed)
    for _ in range(2):
        require_sound(found, cut_tree(random, 5), random, 12)


@pytest.mark.long
def test_no_point_of_thousands_of_coverings_shows_more() -> None:
    """As above."""
    for seed in range(1500):
        random = np.random.default_rng(seed)
        name = sorted(FUNCTIONS)[seed % 4]
        found = both(seed, FUNCTIONS[name], paired=seed % 7 != 0)
        require_sound(found, cut_tree(random, 6), random, 40)


def test_cuts_at_units_show_more() -> None:
    """All units of a network cut, and the bounds are nearer; a part without inputs shows it."""
    gained, empty = 0, 0
    for seed in range(6):
        found = both(seed)
        cuts = [0]
        for k in (3, 4, 11, 12):  # the same two units of either
            cuts = [k, *cuts, *cuts]
        void, least = bounds(found, parts_of(found, cuts))
        _, before = bounds(found, parts_of(found, [0]))
        gained += bool(least.min() > before.min())
        empty += int(void.sum())
    assert gained >= 3
    assert empty


def test_what_is_cut_at_units_depends_on_the_part_alone() -> None:
    """Parts together, cut at none and at many, and each alone: but for how sums are rounded."""
    found = both(2)
    parts = parts_of(found, cut_tree(np.random.default_rng(4), 6))
    assert len({part[2].size for part in parts}) > 2
    together = bounds(found, parts)
    for i, part in enumerate(parts):
        void, least = bounds(found, [part])
        assert void[0] == together[0][i]
        if not void[0]:
            assert np.abs(least[0] - together[1][i]).max() < 1e-12


def judged(found: Both, eps: float, cuts: list[int]) -> None:
    """What the judge says of a bound."""
    judge(*found.networks, Claim(WHOLE, Within(fmpq(*eps.as_integer_ratio()))),
          Covering((tree(*cuts),), PAIRS))  # fmt: skip


def test_each_side_counts() -> None:
    """What both sides of a unit show is accepted, what only one shows is not."""
    found, uneven = both(3), 0
    for unit in range(3, NUMBERS + 1):
        void, least = bounds(found, parts_of(found, [unit, 0, 0]))
        eps = (-least.min(axis=1)).tolist()
        judged(found, max(eps), [unit, 0, 0])
        with pytest.raises(Rejected, match="closeness"):
            judged(found, float(np.nextafter(max(eps), 0)), [unit, 0, 0])
        uneven += eps[0] != eps[1] and not void.any()
    assert uneven


def test_units_that_are_not_there() -> None:
    """The last unit may be cut, the next number is none; nor are 65 units on a path."""
    found = both(1)
    judged(found, 100.0, [NUMBERS, 0, 0])
    with pytest.raises(Malformed, match="cuts"):
        judged(found, 100.0, [NUMBERS + 1, 0, 0])
    path = [3] * MOST_SIDES + [0] * (MOST_SIDES + 1)
    judged(found, 100.0, path)
    with pytest.raises(Malformed, match="cuts"):
        judged(found, 100.0, [3, *path, 0])


def test_nothing_but_what_activations_read_is_a_unit() -> None:
    """Neither inputs nor outputs are, nor what activations make."""
    names = set(both(0).twin.units)
    assert "x" not in names
    assert all(name.startswith(("h1.pre", "h2.pre")) for name in names)


@pytest.mark.parametrize("factor", [-1.0, -1e-9, np.nan, np.inf, 2.0**101])
def test_factors_that_are_none_are_not_used(factor: float, monkeypatch: Any) -> None:
    """A row plus something that is at most 0, a negative number of times, may be larger."""
    given = Sides(np.array([[[1.0, -1.0]]]), np.array([[0.5]]))
    known = [inputs(both(0).twin, np.zeros((1, 2)), np.ones((1, 2)))["x"]]
    monkeypatch.setattr(sides, "_factor", lambda rows, *_: np.full(rows.shape[0], factor))
    found = sides.factors(given, np.ones((3, 2)), np.zeros(3, dtype=np.int64), known)
    assert not found.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 2.0**301])
def test_sides_that_no_number_says_are_not_kept(bad: float) -> None:
    """Neither slopes nor constants; the others are."""
    found = both(0)
    low, high, on = stacked(parts_of(found, [3, 0, 0]))
    leaves = covered(found.twin, inputs(found.twin, low, high), on=on)
    kept = leaves.sides
    assert kept is not None
    assert kept.slopes.any(axis=(1, 2)).all()
    for slopes, constant in (([[bad, 1.0]], [1.0]), ([[1.0, 1.0]], [bad])):
        leaves.sides = None
        sides.keep(leaves, *(np.array([0]),) * 2, np.array(slopes), np.array(constant))
        after: Any = leaves.sides
        assert not after.slopes.any()
        assert not after.constant.any()


def test_factors_make_rows_as_large_as_can_be() -> None:
    """Of one unit, no factor of a grid is better."""
    random = np.random.default_rng(0)
    twin = both(0).twin
    for _ in range(40):
        given = Sides(random.standard_normal((1, 1, 2)), random.standard_normal((1, 1)))
        low = random.standard_normal((1, 2))
        known = [inputs(twin, low, low + random.random((1, 2)))["x"]]
        row = random.standard_normal((1, 2))
        (m,) = sides.factors(given, row, np.zeros(1, dtype=np.int64), known)[0].tolist()

        def least(m: float, row: Any = row, given: Any = given, known: Any = known) -> float:
            slopes = row + m * given.slopes[0]
            ends = np.where(slopes > 0, known[0].lower, known[0].upper)
            return float((slopes * ends).sum() + m * given.constant[0, 0])

        grid = np.linspace(0, 20, 200)
        void = least(2.0**40) > 2.0**20  # it has no inputs
        assert void or least(m) >= max(map(least, grid)) - 1e-9


def test_many_inputs_are_cut_at_units() -> None:
    """With 40 inputs the search names a unit that is open, with two an input."""
    random = np.random.default_rng(0)
    found = layers(random, (40, 6, 6, 2))
    one, other = (Network.from_layers(x, activation=RELU) for x in (found, moved(found, random)))
    domain = Boxes((Box.of({"x": [(0, 1)] * 40}),))
    twin = alike(one, other, domain, PAIRS)
    part = stacked([whole(np.zeros(40), np.ones(40))])
    assert 0 <= weighed(twin, question(twin, Within(0)), part).unit[0] < 24
    few = both(0)
    low, high = ends(few.twin, intervals_of(WHOLE.boxes[0], WHOLE.sizes))
    some = weighed(few.twin, question(few.twin, Within(0)), stacked([whole(low, high)]))
    assert some.unit.tolist() == [-1]
