"""Points, values at points, seeking, bounds, candidates and claims."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from lumpver.claim.domain import FREE, Range
from lumpver.exact.array import array, rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.activations import RELU, Activation, activation, leaky
from lumpver.model.network import Network
from lumpver.proving.asking import ask
from lumpver.proving.candidates import Sample, combination, dependent, mirrored, obvious
from lumpver.proving.claims import Claims
from lumpver.proving.comparison import Comparison, compare
from lumpver.proving.effort import Budget, budget
from lumpver.proving.evaluating import evaluated, switches
from lumpver.proving.intervals import Intervals, forms, image
from lumpver.proving.pairing import pair
from lumpver.proving.points import clamped, rounded, sample
from lumpver.proving.seeking import cone, crossing, difference, seek
from lumpver.proving.table import Applied, Table
from lumpver.proving.valuation import Valuation
from lumpver.proving.values import Units
from lumpver.trial.strategies import networks, points

chain = Network.from_layers
CLIP = Activation("Clip", (fmpq(-1), fmpq(1)))
FUNCTIONS = (RELU, leaky("1/10"), Activation("Abs"), CLIP)


def alone(network: Network) -> tuple[Comparison, Units]:
    """A network compared with itself, and its output's forms."""
    found = compare(pair(network, network), {})
    units = found.a.values[network.outputs[0].name]
    assert isinstance(units, Units)
    return found, units


def applied(table: Table, units: Units) -> dict[int, Applied]:
    """The activations that the forms read, by their numbers."""
    known = ((index, table.atoms[index]) for index in units.atoms.tolist())
    return {index: atom for index, atom in known if isinstance(atom, Applied)}


def claims(table: Table, ranges: Range = FREE) -> Claims:
    """Claims about a table whose roots are all in one range."""
    intervals = Intervals(table, lambda spine: [ranges] * len(table.roots[spine]))
    return Claims(table, intervals, "z3", Budget())


def test_no_points() -> None:
    """No coordinates, no points: nothing breaks."""
    assert sample([], 3, seed=0).shape == (0, 3)
    assert sample([FREE], 0, seed=0).shape == (1, 0)
    assert rounded(array([]).astype(object)).size == 0


def test_points_are_the_same_everywhere() -> None:
    """One seed, one sample; the first point of seed 0 is the origin."""
    one, other = (sample([FREE] * 3, 5, seed=0) for _ in range(2))
    assert (one == other).all()
    assert one[:, 0].tolist() == [0, 0, 0]
    assert (sample([FREE] * 3, 5, seed=1) != one).any()


@given(st.integers(0, 50))
def test_points_stay_inside(seed: int) -> None:
    """Bounds on either side hold, and so they do after moving."""
    ranges: list[Range] = [(ONE, None), (None, -ONE), (fmpq(1, 3), fmpq(1, 2)), (ONE, ONE)]
    found = sample(ranges, 8, seed=seed)
    assert all(x >= 1 for x in found[0])
    assert all(x <= -1 for x in found[1])
    assert all(fmpq(1, 3) <= x <= fmpq(1, 2) for x in found[2])
    assert set(found[3].tolist()) == {ONE}
    assert clamped(rationals(array([0, 0, 0, 0])), ranges).tolist() == [1, -1, fmpq(1, 3), 1]


def test_rounding_keeps_magnitudes() -> None:
    """A rounded point is near, with short numbers."""
    third = rationals(array(["1/3", "-1000000/3"]))
    found = rounded(third)
    assert abs(found[1] - third[1]) <= 32
    assert all((int(x.q) & (int(x.q) - 1)) == 0 for x in found)


@given(st.data())
def test_values_are_those_of_the_network(data: st.DataObject) -> None:
    """Forms over atoms evaluate to what the network computes."""
    network = data.draw(networks(activations=FUNCTIONS, outputs=(1, 1)))
    point = data.draw(points(network))["x"]
    found, units = alone(network)
    column = rationals(array([[value] for value in point]))
    values = Valuation(found.table, units.spine, column).forms(units.atoms.tolist(), *units.dense)
    assert values is not None
    assert values[:, 0].tolist() == network.evaluate({"x": point})["y"].tolist()


@given(st.data())
def test_gradients_are_differences(data: st.DataObject) -> None:
    """Away from where units switch a small step changes a direction by its gradient."""
    network = data.draw(networks(activations=FUNCTIONS, inputs=(1, 1), outputs=(1, 1)))
    found, units = alone(network)
    step = fmpq(1, 10**9)
    base = fmpq(data.draw(st.integers(-20, 20)), 7) + fmpq(1, 1009)
    values = Valuation(found.table, units.spine, array([[base, base + step]]))
    for direction in range(len(found.table.places)):
        row = values.direction(direction)
        assert row is not None
        slopes = {values.gradient(direction, s)[0] for s in (0, 1)}
        if len(slopes) == 1:
            assert row[1] - row[0] == slopes.pop() * step


def test_no_values_behind_a_curve() -> None:
    """What reads an irrational value has none, what does not read it has one."""
    network = chain([([[1], [0]], [0, 1], "sigmoid"), ([[1, 0], [0, 0]], [0, 3]), ([[1, 1]], None)])
    found, units = alone(network)
    values = Valuation(found.table, units.spine, array([[5]]))
    assert values.forms(units.atoms.tolist(), *units.dense) is None


def test_points_where_units_switch() -> None:
    """Between points on either side of a kink there is the kink."""
    found, units = alone(chain([([[1]], [-3]), ([[1]], None)]))
    values = Valuation(found.table, units.spine, array([[0, 8, 8]]))
    assert switches(values).tolist() == [[3, 8]]


def test_seeking_finds_a_hidden_difference() -> None:
    """A unit that wakes up far away, read by one that wakes up later still."""
    layers = [([[1, 1]], [-(10**7)]), ([[1]], [-(10**7)])]
    a, b = chain([*layers, ([[1]], None)]), chain([*layers, ([[2]], None)])
    found = compare(pair(a, b), {})
    gap = found.gap(found.open[0])
    assert gap is not None
    apart = difference(found.table, gap.ours, gap.theirs, gap.atoms)
    starts = sample([FREE] * 2, 4, seed=0)
    seeker = seek(found.table, gap.spine, apart, starts, [FREE] * 2, Random(0))
    assert any((v.forms(list(gap.atoms), gap.M, gap.k) != 0).any() for v in seeker)
    assert evaluated(found, budget()) is not None


def test_nothing_to_seek() -> None:
    """Without a difference there is no path to open."""
    table = Table()
    spine = table.spine("root", 1)
    apart = difference(table, [], [], [])
    assert cone(table, []) == set()
    assert list(seek(table, spine, apart, sample([FREE], 2, seed=0), [FREE], Random(0))) == []


def test_crossing() -> None:
    """From points on one side of a kink to the other, unless the box is in the way."""
    found, units = alone(chain([([[2, 1]], [-(10**9)]), ([[1]], None)]))
    values = Valuation(found.table, units.spine, sample([FREE] * 2, 4, seed=0))
    (atom,) = applied(found.table, units).values()
    point = crossing(values, atom, [FREE] * 2, Random(0))
    assert point is not None
    assert 2 * point[0] + point[1] > 10**9
    assert crossing(values, atom, [(-ONE, ONE)] * 2, Random(0)) is None


@given(st.data())
def test_bounds_hold(data: st.DataObject) -> None:
    """Every value at a point of the box lies within the bounds."""
    functions = (*FUNCTIONS, leaky("-1/2"), leaky(3))
    network = data.draw(networks(activations=functions, outputs=(1, 1)))
    found, units = alone(network)
    width = len(found.table.roots[units.spine])
    ends = [
        sorted(data.draw(st.tuples(st.integers(-9, 9), st.integers(-9, 9)))) for _ in range(width)
    ]
    sides = data.draw(st.tuples(st.booleans(), st.booleans()))
    ranges: list[Range] = [
        (fmpq(low) if sides[0] else None, fmpq(high) if sides[1] else None) for low, high in ends
    ]
    intervals = Intervals(found.table, lambda _: ranges)
    values = Valuation(found.table, units.spine, sample(ranges, 6, seed=1))
    for index in range(len(found.table.atoms)):
        low, high = intervals.atom(index)
        row = values.atom(index)
        assert row is not None
        assert all((low is None or low <= x) and (high is None or x <= high) for x in row)


def test_bounds_of_curves() -> None:
    """Sigmoid and tanh are bounded, whatever goes in."""
    assert image(activation("sigmoid"), FREE) == (0, 1)
    assert image(activation("tanh"), (ZERO, None)) == (-1, 1)
    assert forms(np.zeros((1, 0)), np.array([3.0]), []) == [(3, 3)]


def test_candidates_by_elimination() -> None:
    """ReLU(y) and ReLU(-y) and y depend; the coefficients are found exactly."""
    found, units = alone(chain([([[3], [-3], [1]], [1, -1, 5]), ([[1, 1, 1]], None)]))
    values = Sample([Valuation(found.table, units.spine, sample([FREE], 40, seed=0))])
    atoms = applied(found.table, units)
    up, down, other = atoms
    pool = [("one", 0), ("direction", atoms[up].direction), ("atom", up)]
    terms = dependent(values, pool, [down, other])
    assert set(terms) == {down}
    claim = claims(found.table)
    row, constant = combination(claim, terms[down])
    assert row == {up: ONE, int(found.table.roots[0][0]): fmpq(-3)}
    assert constant == -1
    assert mirrored(atoms[down], {up: atoms[up]}) == {pool[2]: ONE, pool[1]: -ONE}
    assert mirrored(atoms[down], {}) is None


def test_obvious_candidates() -> None:
    """What looks constant or linear at all points, and is refuted by one more."""
    found, units = alone(chain([([[1], [-1]], [-5, -5]), ([[1, 1]], None)]))
    first, atom = next(iter(applied(found.table, units).items()))
    values = Sample([Valuation(found.table, units.spine, array([[0, 1]]))])
    assert obvious(values, first, atom) == {("one", 0): ZERO}
    values.add([fmpq(9)])
    assert obvious(values, first, atom) is None
    values = Sample([Valuation(found.table, units.spine, array([[6, 7]]))])
    assert obvious(values, first, atom) == {("direction", atom.direction): ONE}


def test_claims() -> None:
    """A claim holds, or fails at root values that are given."""
    found, units = alone(chain([([[1], [-1]], None), ([[1, 1]], None)]))
    up, down = units.atoms.tolist()
    root = int(found.table.roots[0][0])
    claim = claims(found.table)
    assert claim.zero(({up: ONE, down: -ONE, root: -ONE}, ZERO)).status == "holds"
    wrong = claim.zero(({up: ONE, down: -ONE, root: ONE}, ZERO))
    assert wrong.status == "fails"
    assert wrong.roots[root] != 0
    assert claim.zero(({}, ZERO)).status == "holds"
    assert claim.zero(({}, ONE)).status == "unknown"
    assert claim.zero(({up: ONE}, ZERO), most=0).status == "unknown"
    assert claims(found.table, (None, ZERO)).zero(({up: ONE}, ZERO)).status == "holds"


def test_claims_without_effort() -> None:
    """A solver that gives up leaves a claim open."""
    network = chain([([[1, 2], [-3, 4]], [1, 1]), ([[1, -2], [3, 4]], [-1, 2]), ([[1, 1]], None)])
    found, units = alone(network)
    claim = (dict.fromkeys(units.atoms.tolist(), ONE), ZERO)
    assert claims(found.table).zero(claim, effort=1).status == "unknown"


def test_asking_with_a_deadline() -> None:
    """There is an answer in time, or none."""
    assert ask("(check-sat)", "z3", budget(timeout=600), effort=1000).status == "sat"
    found = ask("(check-sat)", "z3", budget(timeout=0), effort=1000)
    assert (found.status, found.reason) == ("unknown", "the deadline has passed")


@pytest.mark.parametrize("solver", ["cvc5", "both"])
def test_asking_others_with_a_deadline(solver: str) -> None:
    """cvc5 gets its effort in shares."""
    pytest.importorskip("cvc5")
    found = ask("(check-sat)", solver, budget(timeout=600), effort=10**7)  # type: ignore[arg-type]
    assert found.status == "sat"
