"""Tests for `lumpver.model.window`: which places taps meet, against a plain second writing."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from lumpver.errors import ShapeMismatch
from lumpver.model.window import Window, points

RNG = np.random.default_rng(12)


def drawn(axes: int) -> Window:
    """A small window."""
    parts = [RNG.integers(low, 4, axes).tolist() for low in (1, 1, 1, 0, 0)]
    spacing = RNG.integers(1, 4, axes).tolist()
    if max(spacing) > 1 and RNG.random() < 0.5:
        parts.append(spacing)
    return Window(*map(tuple, parts))


def along(window: Window, axis: int, length: int) -> list[list[int]]:
    """One axis, read off a padded list: what each tap meets at each position; -1 beside it."""
    apart = window.spacing[axis] if window.spacing else 1
    entries = [i // apart if i % apart == 0 else -1 for i in range(apart * (length - 1) + 1)]
    places = [-1] * window.before[axis] + entries + [-1] * window.after[axis]
    starts = range(len(places) - window.dilations[axis] * (window.size[axis] - 1))
    return [
        [places[start + tap * window.dilations[axis]] for start in starts[:: window.strides[axis]]]
        for tap in range(window.size[axis])
    ]


def plainly(window: Window, shape: tuple[int, ...]) -> list[list[int]]:
    """Taps x positions, the place that each meets, counted through the shape; -1 for padding."""
    lists = [along(window, axis, length) for axis, length in enumerate(shape)]
    return [
        [
            -1 if -1 in places else int(np.ravel_multi_index(places, shape))
            for places in product(*taps)
        ]
        for taps in product(*lists)
    ]


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_what_taps_meet(axes: int) -> None:
    """As in a list of places with padding around it; shorter tensors are refused."""
    fitting = 0
    for _ in range(150):
        window, shape = drawn(axes), tuple(RNG.integers(1, 6, axes).tolist())
        expected = plainly(window, shape)
        if not expected[0]:
            with pytest.raises(ShapeMismatch, match="a length of at least"):
                window.met(shape)
            with pytest.raises(ShapeMismatch, match="a length of at least"):
                window.lengths(shape)
            continue
        assert window.met(shape).tolist() == expected
        lengths = [len(along(window, axis, length)[0]) for axis, length in enumerate(shape)]
        assert window.lengths(shape) == tuple(lengths)
        missed = [-1 in places for places in expected]
        assert not (np.array(missed) & ~window.missed).any()
        fitting += 1
    assert fitting > 40


@pytest.mark.parametrize("axes", [1, 2])
def test_only_taps_that_padding_may_stand_for_are_missed(axes: int) -> None:
    """For each there is a length where one position misses it."""
    for _ in range(60):
        window, found = drawn(axes), None
        for shape in product(range(1, 9), repeat=axes):
            places = plainly(window, shape)
            if places[0]:
                seen = np.array([-1 in row for row in places])
                found = seen if found is None else found | seen
        assert found is not None
        if window.strides == (1,) * axes and not window.spacing:
            assert found.tolist() == window.missed.tolist()
        assert not (found & ~window.missed).any()


def test_unknown_lengths() -> None:
    """They stay where a position is made for each; else they are unknown, never guessed."""
    same = Window((3,), (1,), (2,), (1,), (3,))
    assert (same.lengths(("N",)), same.lengths((None,))) == (("N",), (None,))
    assert Window((3,), (1,), (2,), (1,), (2,)).lengths(("N",)) == (None,)
    assert Window((1,), (2,), (1,), (0,), (0,)).lengths(("N",)) == (None,)
    assert Window((1, 3), (1, 2), (1, 1), (0, 1), (0, 1)).lengths(("N", 5)) == ("N", 3)
    assert Window((2,), (1,), (1,), (1,), (1,), (2,)).lengths((3,)) == (6,)
    assert Window((3,), (1,), (1,), (1,), (1,), (2,)).lengths(("N",)) == (None,)


def test_points() -> None:
    """One tap that meets every place, whatever the dilation; strides and pads make another."""
    assert points(2).met((2, 3)).tolist() == [[0, 1, 2, 3, 4, 5]]
    assert Window((1,), (1,), (7,), (0,), (0,)).is_point
    for parts in (((2,), (1,), (1,), (0,), (0,)), ((1,), (2,), (1,), (0,), (0,)),
                  ((1,), (1,), (1,), (1,), (0,)), ((1,), (1,), (1,), (0,), (1,)),
                  ((1,), (1,), (1,), (0,), (0,), (2,))):  # fmt: skip
        assert not Window(*parts).is_point


@pytest.mark.parametrize(
    "parts",
    [
        ((3,), (1, 1), (1,), (0,), (0,)),
        ((0,), (1,), (1,), (0,), (0,)),
        ((3,), (0,), (1,), (0,), (0,)),
        ((3,), (1,), (0,), (0,), (0,)),
        ((3,), (1,), (1,), (-1,), (0,)),
        ((3,), (1,), (1,), (0,), (-1,)),
        ((3,), (1,), (1,), (0,), (0,), (1,)),
        ((3,), (1,), (1,), (0,), (0,), (0,)),
        ((3,), (1,), (1,), (0,), (0,), (2, 2)),
        ((3, 3), (1, 1), (1, 1), (0, 0), (0, 0), (2, 0)),
    ],
)
def test_windows_that_are_none(parts: Any) -> None:
    """As many numbers for each, sizes from 1 and pads from 0."""
    with pytest.raises(ShapeMismatch, match="window"):
        Window(*parts)


def test_absurd_sizes_are_counted() -> None:
    """They do not overflow."""
    n = 2**33
    assert Window((n, n), (1, 1), (1, 1), (0, 0), (0, 0)).taps == n * n
