"""Tests for `search.subsets`: which vectors add up to another, found or decided."""

from __future__ import annotations

import random
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from flint import fmpq

from lumpver.search.subsets import Room, Sought, subset

if TYPE_CHECKING:
    from collections.abc import Sequence

Vector = list[fmpq]


def total(parts: Sequence[Vector], places: Sequence[int], size: int) -> Vector:
    """The sum of some vectors."""
    return [sum((parts[i][j] for i in places), fmpq(0)) for j in range(size)]


def drawn(rng: random.Random, count: int, size: int, most: int) -> list[Vector]:
    """Vectors of positive integers."""
    return [[fmpq(rng.randint(1, most)) for _ in range(size)] for _ in range(count)]


def some(rng: random.Random, count: int) -> list[int]:
    """About half of the places."""
    return [i for i in range(count) if rng.random() < 0.5]


def test_nothing() -> None:
    """No vectors, no entries, vectors of zeros."""
    assert subset([], []) == Sought(())
    assert subset([], [fmpq(1)]) == Sought(None)
    assert subset([[], []], []) == Sought(())
    assert subset([[fmpq(0)]], [fmpq(0)]) == Sought(())
    assert subset([[fmpq(0)]], [fmpq(1)]) == Sought(None)


@pytest.mark.parametrize("seed", range(5))
def test_all_choices(seed: int) -> None:
    """Few vectors of fractions: found if and only if some choice adds up."""
    rng = random.Random(seed)
    for _ in range(100):
        size, count = rng.randint(0, 3), rng.randint(0, 9)
        parts = [[fmpq(rng.randint(-4, 4), rng.choice((1, 2, 3))) for _ in range(size)]
                 for _ in range(count)]  # fmt: skip
        goal = [fmpq(rng.randint(-6, 6), rng.choice((1, 2))) for _ in range(size)]
        goal = total(parts, some(rng, count), size) if rng.random() < 0.5 else goal
        choices = (c for n in range(count + 1) for c in combinations(range(count), n))
        possible = any(total(parts, choice, size) == goal for choice in choices)
        found = subset(parts, goal)
        assert found.decided
        assert (found.found is not None) == possible
        assert found.found is None or total(parts, found.found, size) == goal


@pytest.mark.parametrize("count", [39, 40])
@pytest.mark.parametrize(("size", "most"), [(1, 10**12), (2, 10**12), (1, 3), (1, 10**40), (30, 9)])
def test_forty_are_decided(count: int, size: int, most: int) -> None:
    """By meeting in the middle, or by equations; one more or less is not found."""
    rng = random.Random(count)
    parts = drawn(rng, count, size, most)
    goal = total(parts, some(rng, count), size)
    found = subset(parts, goal)
    assert found.found is not None
    assert total(parts, found.found, size) == goal
    assert subset(parts, [goal[0] + fmpq(1, 2), *goal[1:]]) == Sought(None)


@pytest.mark.parametrize("count", [41, 300])
def test_many_small_integers_are_decided(count: int) -> None:
    """Few sums are different, however many choices there are."""
    rng = random.Random(count)
    parts = [[fmpq(2 * rng.randint(-20, 20), 3), fmpq(0)] for _ in range(count)]
    goal = total(parts, some(rng, count), 2)
    found = subset(parts, goal)
    assert found.found is not None
    assert total(parts, found.found, 2) == goal
    assert subset(parts, [goal[0] + fmpq(1, 3), fmpq(0)]) == Sought(None)


def test_many_equations_decide_as_many() -> None:
    """Where vectors are independent there is one choice at most."""
    rng = random.Random(0)
    parts = drawn(rng, 70, 64, 10**9)
    goal = total(parts, some(rng, 70), 64)
    found = subset(parts, goal)
    assert found.found is not None
    assert total(parts, found.found, 64) == goal
    assert subset(parts, [goal[0] + 1, *goal[1:]]) == Sought(None)


def test_what_is_not_found_is_not_decided() -> None:
    """More than 40 large numbers: what a budget does not find is left open."""
    rng = random.Random(1)
    parts = drawn(rng, 60, 1, 10**40)
    goal = total(parts, some(rng, 60), 1)
    assert subset(parts, goal) == Sought(None, decided=False)
    assert subset(parts, parts[7]).found is not None or not subset(parts, parts[7]).decided


def test_room() -> None:
    """Without room for sums nothing is decided; equations need none."""
    parts = [[fmpq(n)] for n in range(1, 31)]
    assert subset(parts, [fmpq(17)], room=Room(10)) == Sought(None, decided=False)
    many = [[fmpq(3**n)] for n in range(60)]
    assert subset(many, [fmpq(17)], room=Room(10)) == Sought(None, decided=False)
    assert subset([[fmpq(1)]], [fmpq(2)], room=Room(0)) == Sought(None, decided=False)
    room = Room(10)
    assert [room.takes(8), room.takes(8), room.takes(2), room.takes(1)] == [
        True,
        False,
        True,
        False,
    ]


def test_others_say_more() -> None:
    """A choice that somebody refuses is not found, and it is known that there is no other."""
    parts = [[fmpq(1)], [fmpq(2)], [fmpq(4)]]
    assert subset(parts, [fmpq(5)], right=lambda places: places == (0, 2)) == Sought((0, 2))
    assert subset(parts, [fmpq(5)], right=lambda _: False).found is None


def test_places_are_those_given() -> None:
    """Vectors of zeros are not counted, nor do they move the others."""
    parts = [[fmpq(0)], [fmpq(5)], [fmpq(0)], [fmpq(7)]]
    assert subset(parts, [fmpq(7)]) == Sought((3,))
    assert subset(parts, [fmpq(12)]) == Sought((1, 3))
