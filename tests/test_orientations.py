"""Tests for `search.orientations`: how few units one hidden layer needs, against all choices."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from flint import fmpq
from shallow_oracle import Shallow, drawn, in_reach, normal_form, width

from lumpver.search.orientations import Choice, Fewest, Layer, fewest, rank
from lumpver.search.subsets import Room


def layer(net: Shallow, slope: Fraction = Fraction(0)) -> Layer:
    """The normal form of a network, by the oracle."""
    kinks, affine = normal_form(net, slope)
    return Layer(
        tuple(tuple(map(exact, kink)) for kink in kinks.values()),
        tuple(tuple(map(exact, plane[:-1])) for plane in kinks),
        tuple(tuple(map(exact, row)) for row in affine),
        1 + exact(slope),
    )


def exact(value: Fraction) -> fmpq:
    """The same number."""
    return fmpq(value.numerator, value.denominator)


def line(kinks: list[int], affine: int | Fraction) -> Layer:
    """Kinks of one input at different places, for one output."""
    one = (fmpq(1),)
    return Layer(tuple((fmpq(k),) for k in kinks), (one,) * len(kinks),
                 ((exact(Fraction(affine)),),), fmpq(1))  # fmt: skip


def agrees(net: Shallow, slope: Fraction = Fraction(0)) -> int:
    """The extra units, which are the theorem's, and are made by the choice."""
    given = layer(net, slope)
    found = fewest(given)
    count, units = width(net, slope)
    assert found is not None
    assert (found.least, found.choice.extra) == (units - count, units - count)
    basis = [given.normals[i] for i in found.choice.twice]
    left = rank([*basis, *given.left(found.choice.turned)]) - rank(basis)
    assert found.choice.extra == len(basis) + 2 * left
    return found.choice.extra


@pytest.mark.parametrize("slope", ["0", "1/3", "-2"])
def test_against_all_choices(slope: str) -> None:
    """Exactly the theorem's, for one output and for several, whatever the slope."""
    seen = {agrees(net, Fraction(slope)) for net in drawn(3, 40)}
    assert {0, 1} <= seen


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_against_all_choices_often(seed: int) -> None:
    """The same, thousands of times."""
    for net in drawn(100 + seed, 600):
        agrees(net)


def searched(seed: int, count: int) -> None:
    """No network of fewer units is in a pool of tiny ones, and one of as many is."""
    rng = random.Random(seed)
    for net in drawn(seed, count, outputs=2, units=4):
        tiny = Shallow(
            [[Fraction(max(-1, min(1, int(v)))) for v in row[:2]] for row in net.W],
            [Fraction(rng.randint(-1, 1)) for _ in net.b],
            net.V,
        )
        tiny = tiny if all(any(row) for row in tiny.W) else net
        kinks, units = width(tiny)
        found = fewest(layer(tiny))
        if len(tiny.W[0]) > 2 or not kinks or not 0 < units <= 4:
            continue
        assert found is not None
        assert found.least + kinks == units
        assert not in_reach(tiny, units - 1)
        assert in_reach(tiny, units)


def test_none_is_smaller() -> None:
    """As far as a search over tiny networks can see."""
    searched(5, 5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_none_is_smaller_often(seed: int) -> None:
    """The same, for many networks."""
    searched(20 + seed, 60)


def test_examples() -> None:
    """The theory's: turned, with two units, with two others, and what turns cannot change."""
    assert fewest(line([1, 1], -1)) == Fewest(0, Choice((0,), (), 0))
    assert fewest(line([1, 1], Fraction(1, 3))) == Fewest(1, Choice((), (0,), 1))
    assert fewest(line([], 1)) == Fewest(2, Choice((), (), 2))
    assert fewest(line([], 0)) == Fewest(0, Choice((), (), 0))
    one, two = (fmpq(1), fmpq(0)), (fmpq(0), fmpq(1))
    beside = Layer(((fmpq(1),),), (one,), (two,), fmpq(1))
    assert fewest(beside) == Fewest(2, Choice((), (), 2))
    both = Layer((one,), (one,), (two, one), fmpq(1))
    assert fewest(both) == Fewest(3, Choice((), (0,), 3))


def test_abs_turns_nothing() -> None:
    """|-h| is |h|: there is no affine part, or no such layer."""
    one = ((fmpq(1),),)
    assert fewest(Layer(one, one, ((fmpq(0),),), fmpq(0))) == Fewest(0, Choice((), (), 0))
    assert fewest(Layer(one, one, one, fmpq(0))) is None


@pytest.mark.parametrize("count", [5, 39, 40])
@pytest.mark.parametrize("planted", [True, False])
def test_hardness(count: int, *, planted: bool) -> None:
    """A sum of a ReLU(x - i), less B x, has as many units as kinks where some a add up to B."""
    rng = random.Random(count)
    numbers = [2 * rng.randint(1, 2**40) for _ in range(count)]
    goal = sum(number for number in numbers if rng.random() < 0.5) + (0 if planted else 1)
    found = fewest(line(numbers, -goal))
    assert found is not None
    assert (found.least, found.choice.extra) == ((0, 0) if planted else (1, 1))
    assert not planted or sum(numbers[i] for i in found.choice.turned) == goal


def test_beyond_what_is_decided() -> None:
    """With more large kinks it is only known that one more suffices; small ones are decided."""
    rng = random.Random(2)
    numbers = [2 * rng.randint(2**50, 2**60) for _ in range(60)]
    goal = sum(numbers[:33])
    assert fewest(line(numbers, -goal)) == Fewest(0, Choice((), (0,), 1))
    small = [2 * rng.randint(1, 50) for _ in range(300)]
    found = fewest(line(small, -sum(small[:133])))
    assert found is not None
    assert (found.least, found.choice.extra) == (0, 0)
    assert fewest(line(small, -1 - sum(small[:133]))) == Fewest(1, Choice((), (0,), 1))


def test_without_room() -> None:
    """What is said without room to look is true."""
    for net in drawn(9, 40):
        found = fewest(layer(net), room=Room(0))
        count, units = width(net)
        assert found is not None
        assert count + found.least <= units <= count + found.choice.extra


def test_many_outputs() -> None:
    """Kinks of many outputs over many inputs: bounds in bounded time, and nothing left is seen."""
    rng = random.Random(4)

    def rows(count: int, size: int) -> tuple[tuple[fmpq, ...], ...]:
        return tuple(tuple(fmpq(rng.randint(-9, 9)) for _ in range(size)) for _ in range(count))

    kinks, normals = rows(60, 10), rows(60, 60)
    none = Layer(kinks, normals, ((fmpq(0),) * 60,) * 10, fmpq(1))
    assert fewest(none) == Fewest(0, Choice((), (), 0))
    turned = tuple(range(0, 60, 2))
    affine = tuple(tuple(-v for v in row) for row in none.left(turned))
    planted = Layer(kinks, normals, affine, fmpq(1))
    assert fewest(planted) == Fewest(0, Choice(turned, (), 0))
    found = fewest(Layer(kinks, normals, rows(10, 60), fmpq(1)))
    assert found is not None
    assert 2 <= found.least <= found.choice.extra <= 20
