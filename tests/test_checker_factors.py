"""Runs that mix no units are checked unit by unit."""

from __future__ import annotations

import numpy as np
import pytest

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Rejected
from lumpver.model.network import Join, Linear, Network, Rearrange, Tensor
from lumpver.model.rearrange import spread_axis
from lumpver.model.spread import Spread
from lumpver.model.weights import Diagonal

SIZE = 2**17  # of which a matrix would take 128 GiB


def scales(*nodes: Linear) -> Network:
    """These nodes, one after the other, on so many units."""
    names = ["x", *(node.output for node in nodes)]
    tensors = {name: Tensor(name, shape=(1, SIZE)) for name in names}
    return Network((tensors["x"],), (tensors[names[-1]],), nodes, tensors)


def scale(source: str, target: str, factor: float, shift: float | None = None) -> Linear:
    """All units by one factor, and shifted by one number."""
    factors, b = np.full(SIZE, factor), None if shift is None else np.full(SIZE, shift)
    return Linear(target, source, target, Diagonal(factors), b)


def test_units_one_by_one_are_compared_one_by_one() -> None:
    """Runs that mix nothing, however many units there are: as vectors."""
    original = scales(scale("x", "h", 2, 1), scale("h", "y", 3, 4))
    right, wrong = np.full(SIZE, 6.0), np.full(SIZE, 7.0)
    other, shifted = right.copy(), wrong.copy()
    other[-1], shifted[-1] = 5, 8
    check(original, scales(Linear("y", "x", "y", Diagonal(right), wrong)), Certificate({}))
    for factors, b, match in ((other, wrong, r"y\[131071\].*weight 5"),
                              (right, shifted, r"y\[131071\].*bias 8"),
                              (right, None, r"y\[0\].*bias 0")):  # fmt: skip
        made = scales(Linear("y", "x", "y", Diagonal(factors), b))
        with pytest.raises(Rejected, match=match):
            check(original, made, Certificate({}))
    short = scales(Linear("y", "x", "y", Diagonal(right[1:]), wrong[1:]))
    with pytest.raises(Rejected, match=f"{SIZE} units"):
        check(original, short, Certificate({}))


def test_a_difference_that_nothing_makes() -> None:
    """It is 0 by weights, as many as it has units; none is laid out where there are not."""
    size = 10**12
    tensors = {name: Tensor(name, shape=(1, size)) for name in "xy"}
    difference = Join("y", ("x", "x"), "y", "Sub")
    ours, theirs = (
        Network((tensors["x"],), (tensors["y"],), (node,), tensors)
        for node in (difference, Linear("y", "x", "y"))
    )
    with pytest.raises(Rejected, match=f"{size} weights"):
        check(ours, theirs, Certificate({}))


def test_an_axis_that_takes_in_more_than_can_be_told_apart() -> None:
    """Its units are mixed, for all that anybody says of them."""
    flat = Rearrange("f", "x", "y", "Flatten", (1,))
    assert spread_axis(flat, (1, 3, 2**10, 2**10), -3) == (-1, Spread(parts=2**20))
    assert spread_axis(flat, (1, 3, 10**5, 10**5), -3) is None
