"""Where the linear update changes a node: found wherever the lemma gives no reason not to."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq

from experiments.paper.points import gap, point, preimage, reason, together, value
from lumpver.exact.array import array

ONE, ZERO, HALF = fmpq(1), fmpq(0), fmpq(1, 2)


def row(*entries: int) -> list[fmpq]:
    """A row of integers."""
    return [fmpq(entry) for entry in entries]


def random_rows(seed: int, *, count: int, size: int = 5) -> list[list[fmpq]]:
    """Random small integer rows, many of them of one sign."""
    random = np.random.default_rng(seed)
    lows = random.choice([-2, 0], size=count)
    return [row(*random.integers(low, 3, size).tolist()) for low in lows]


@pytest.mark.parametrize("seed", range(60))
def test_a_positive_combination_has_a_reason_or_a_point(seed: int) -> None:
    """The lemma and the search leave nothing open, and the point is a point."""
    rows = random_rows(seed, count=2 + seed % 3)
    factors = [fmpq(1 + (seed * i) % 7, 8) for i in range(len(rows))]
    found = point(rows, factors)
    assert (found is None) == (reason(rows, factors) is not None)
    if found is not None:
        assert all(x >= 0 for x in found)
        assert gap(rows, factors, found) > 0


@pytest.mark.parametrize("seed", range(40))
def test_a_reason_holds_everywhere(seed: int) -> None:
    """Where there is a reason the gap is 0 at random features, whatever the coefficients."""
    random = np.random.default_rng(seed)
    rows = random_rows(seed, count=3)
    factors = [fmpq(int(k), 4) for k in random.integers(-4, 5, 3)]
    if reason(rows, factors) is not None:
        for features in random.integers(0, 9, (30, 4)).tolist():
            assert gap(rows, factors, row(*features)) == 0


@pytest.mark.parametrize(
    ("rows", "factors", "expected"),
    [
        ([row(1, 0), row(2, 3)], [ONE, HALF], "stable"),
        ([row(0, 0), row(0, 0)], [ONE, ONE], "stable"),
        ([row(3, 3), row(1, 1)], [ONE, -ONE], "stable"),
        ([row(-1, 0), row(-2, -3)], [ONE, HALF], "off"),
        ([row(-1, 1), row(-2, 2)], [ONE, ONE], "proportional"),
        ([row(-1, 1), row(0, 0)], [ONE, ONE], "proportional"),
        ([row(-1, 1), row(-2, 2)], [-ONE, ONE], "proportional"),
        ([row(-1, 1), row(-2, 2)], [fmpq(2), -ONE], "proportional"),
        ([row(-1, 1), row(-2, 2)], [ONE, -ONE], None),
        ([row(-1, 1), row(1, -1)], [ONE, ONE], None),
        ([row(1, 0), row(0, 1)], [ONE, -ONE], None),
        ([row(1, 0), row(-1, 0)], [ONE, ONE], None),
        ([row(1, 1), row(-1, -1)], [ONE, HALF], None),
        ([row(-1, 0), row(-3, 0)], [ONE, -ONE], None),
    ],
)
def test_reasons(rows: list[list[fmpq]], factors: list[fmpq], expected: str | None) -> None:
    """Stable, off, proportional, or none."""
    assert reason(rows, factors) == expected


def test_a_combination_that_turns_negative_far_out_has_a_point() -> None:
    """The terms never switch; their combination does, where a feature outgrows the bias."""
    rows, factors = [row(1, 9), row(2, 0)], [ONE, -ONE]
    found = point(rows, factors)
    assert found is not None
    assert gap(rows, factors, found) != 0


def test_opposite_signs_only_between_two_axes() -> None:
    """On each axis both rows are of one sign; inside the quadrant they are not."""
    rows = [row(1, -2, 0), row(2, -1, 0)]
    found = point(rows, [ONE, ONE])
    assert found is not None
    first, second = (value(r, [*found, ONE]) for r in rows)
    assert first * second < 0


def test_opposite_signs_only_at_the_bias() -> None:
    """Constants of opposite signs differ everywhere."""
    rows = [row(0, 1), row(0, -1)]
    found = point(rows, [ONE, ONE])
    assert found is not None
    assert gap(rows, [ONE, ONE], found) == gap(rows, [ONE, ONE], [ZERO]) == 1


def test_together_is_the_sum() -> None:
    """Column by column, biases too."""
    assert together([row(1, 2), row(3, 4)], [HALF, -ONE]) == [fmpq(-5, 2), fmpq(-3)]


def test_a_preimage_is_one() -> None:
    """The layer makes exactly these features of the input."""
    random = np.random.default_rng(0)
    W, b = random.normal(size=(3, 7)).astype(np.float32), random.normal(size=3)
    features = [fmpq(1, 3), ZERO, fmpq(5)]
    x = preimage(W, b, features)
    assert x is not None
    table = [[fmpq(*float(w).as_integer_ratio()) for w in r] for r in W]
    values = [
        sum((w * y for w, y in zip(r, x, strict=True)), fmpq(*float(c).as_integer_ratio()))
        for r, c in zip(table, b, strict=True)
    ]
    assert values == features


@pytest.mark.parametrize("W", [array([[1, 2], [2, 4]]), array([[0, 0], [1, 0]]), array([[1], [1]])])
def test_a_layer_without_full_rank_has_no_preimage(W: np.ndarray) -> None:
    """Dependent rows, a zero row, more rows than columns."""
    assert preimage(W, array([0, 0]), [ONE, ONE]) is None
