"""Tests for `lumpver.quotient.cancelling`: combinations that only exact numbers can run."""

from __future__ import annotations

from typing import Any

import pytest

from lumpver.checker import check
from lumpver.model.network import Network
from lumpver.quotient.cancelling import MOST, cancelling
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import LUMPING, coarsest
from lumpver.tell.summary import layers


def behind_relu(W: Any, b: Any = None) -> Network:
    """The layer behind as many rectified inputs, and a sum of its units."""
    width = len(W[0])
    eye = [[int(i == j) for j in range(width)] for i in range(width)]
    return Network.from_layers([(eye, None), (W, b), ([[1] * len(W)], None)])


@pytest.mark.parametrize(
    ("W", "b", "expected"),
    [
        ([[1, 0], [0, 1], [1, 1]], None, set()),
        ([[1, 0], [1, 2], [0, 1]], None, {2}),  # half a difference: a column cancels to 0
        ([[1], [1]], [0, 2], set()),  # x + 2 from x
        ([[1], [1]], [2, 0], {1}),  # x from x + 2
        ([[1, 0], [0, 1], [1, 1]], [1, 1, 2], set()),
        ([[2.0**-24], [1]], [2, 0], {1}),
        ([[1, 1], [1, 2], [4, 5]], None, set()),  # 3 u + v
        ([[1, 1], [2, 1], [MOST, 1]], None, {2}),
    ],
)
def test_which_units(W: Any, b: Any, expected: set[int]) -> None:
    """What adds up cancels nothing; what is left of a difference does."""
    network = behind_relu(W, b)
    found = cancelling(network, coarsest(network))
    assert found == {("h2.pre", v) for v in expected}
    kept = reduce(network, rules=LUMPING, floats_only=True)
    check(network, kept.network, kept.certificate)
    assert layers(kept)[1].kept_unrepresentable >= len(expected)
    point = [3] * len(W[0])
    assert kept.network(point) == network(point)


def test_nothing_to_combine() -> None:
    """Plain lumpings cannot cancel here: multiples and constants have no parts."""
    for W in ([[1], [2]], [[0], [0]], [[1]]):
        network = behind_relu(W)
        assert cancelling(network, coarsest(network)) == frozenset()
