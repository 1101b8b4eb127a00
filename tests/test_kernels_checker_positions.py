"""Attacks on positions that are taken into the units, and on channels that stand last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from kernel_networks import (
    BIAS,
    FIRST,
    KEPT,
    RELUS,
    TWICE,
    Claims,
    accepted,
    conv,
    network,
    rejected,
    window,
)

from lumpver.checker import check
from lumpver.checker.rearrange import moved
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array, zeros
from lumpver.model.activations import RELU
from lumpver.model.network import Linear, Network, Pointwise, Rearrange
from lumpver.model.relabelling import Mixed, Relabelling, identity
from lumpver.model.spread import ALONE, Spread
from lumpver.model.weights import Kernel, Matrix
from lumpver.model.window import Window


def flat(first: Any, b: Any, W: Any, *parameters: int, w: Window | None = None) -> Network:
    """A kernel, ReLU, all its entries in a row, and a matrix."""
    spread = Rearrange("f", "h", "g", "Reshape", parameters)
    return network(conv("x", "t", first, b, w), RELUS, spread,
                   Linear("m", "g", "y", Matrix(array(W))))  # fmt: skip


WIDE = [[1, 2, 3, 4, 5, 6, 7, 8, 9]]  # for three positions each
LUMPED = [[9, 12, 15, 7, 8, 9]]


def test_positions_that_are_taken_into_the_units() -> None:
    """Each channel has become its positions, in order, scaled alike."""
    original = flat(FIRST, BIAS, WIDE, 1, 9)
    reduced = flat(KEPT, [1, -1], LUMPED, 1, 6)
    accepted(original, reduced, TWICE)
    accepted(flat(FIRST, BIAS, WIDE, 1, -1), flat(KEPT, [1, -1], LUMPED, 1, -1), TWICE)
    for W in ([[7, 8, 9, 9, 12, 15]], [[9, 7, 12, 8, 15, 9]], [[12, 9, 15, 7, 8, 9]]):
        rejected("affine: y", original, flat(KEPT, [1, -1], W, 1, 6), TWICE)
    short = flat(FIRST, BIAS, [range(6)], 1, 6, w=window(3, 2))
    rejected("", short, flat(KEPT, [1, -1], [range(6)], 1, 6), TWICE)
    turned = network(*reduced.nodes[:2], Rearrange("p", "h", "q", "Transpose", (0, 2, 1)),
                     Rearrange("f", "q", "g", "Reshape", (1, 6)), *reduced.nodes[3:])  # fmt: skip
    rejected("rearrangement", original, turned, TWICE)
    tall = flat(KEPT, [1, -1], [[9, 12, 15]], 2, 3)
    rejected("graph outputs", original, tall, TWICE)


def test_what_is_spread_has_as_many_entries() -> None:
    """The positions are known and the same on both sides."""
    node, two = Rearrange("f", "h", "g", "Flatten", (1,)), Relabelling(
        np.array([0, 0]), np.ones(2), zeros(2), 1)  # fmt: skip
    assert moved(node, node, ((1, 2, 4), (1, 1, 4)), -2, two) == (-1, Spread(1, 4))
    assert moved(node, node, (("N", 2, 4, 3), ("N", 1, 4, 3)), -3, two) == (-1, Spread(1, 12))
    for ours, theirs in (
        ((1, 2, 4), (1, 1, 5)),
        ((1, 2, 4), (1, 2, 2)),
        ((1, 2, 4), None),
        ((1, 2, 4, 3), (1, 1, 3, 4)),
        ((1, 2, "L"), (1, 1, "L")),
        ((1, 2, None), (1, 1, None)),
        ((2, 2, 4), (1, 2, 4)),
    ):
        with pytest.raises(Rejected, match=r"^rearrangement"):
            moved(node, node, (ours, theirs), -len(ours) + 1, two)
    assert moved(node, node, ((3, 2), (3, 2)), -1, identity(2)) == (-1, ALONE)


def test_what_is_copied_has_as_many_copies() -> None:
    """Positions in front of the units, or around them, are known and the same on both sides."""
    node, two = Rearrange("f", "h", "g", "Flatten", (1,)), Relabelling(
        np.array([0, 0]), np.ones(2), zeros(2), 1)  # fmt: skip
    assert moved(node, node, ((1, 4, 2), (1, 4, 1)), -1, two) == (-1, Spread(4, 1))
    assert moved(node, node, (("N", 4, 2, 3), ("N", 4, 1, 3)), -2, two) == (-1, Spread(4, 3))
    for ours, theirs in (
        ((1, 4, 2), (1, 5, 1)),
        ((1, 4, 2), (1, 2, 2)),
        ((1, 4, 2), None),
        ((1, 4, 3, 2), (1, 3, 4, 1)),
        ((1, "L", 2), (1, "L", 1)),
        ((1, None, 2), (1, None, 1)),
        ((2, 4, 2), (1, 4, 1)),
        ((2, 4, 2), (4, 2, 1)),
    ):
        with pytest.raises(Rejected, match=r"^rearrangement"):
            moved(node, node, (ours, theirs), -1, two)
    split = Rearrange("f", "h", "g", "Reshape", (1, 2, 4))
    with pytest.raises(Rejected, match="units mixed"):
        moved(split, split, ((1, 8), (1, 8)), -1, identity(8))


def test_signs_where_positions_are_taken_into_the_units() -> None:
    """What never switches does not behind a Flatten; what does, does."""
    above = Rearrange("f", "u", "g", "Flatten", (1,))

    def original(sign: int) -> Network:
        second = conv("h", "u", [[[1, 2], [0, 0]], [[0, 0], [1, sign]], [[1, 2], [1, sign]]],
                      [0, 0, 1])  # fmt: skip
        return network(conv("x", "t", KEPT, [1, -1]), RELUS, second, above,
                       Pointwise("r", "g", "v", RELU),
                       Linear("m", "v", "y", Matrix(array([range(1, 7)]))))  # fmt: skip

    def reduced(sign: int) -> Network:
        second = conv("h", "u", [[[1, 2], [0, 0]], [[0, 0], [1, sign]]], [0, 0])
        last = Linear("m", "v", "y", Matrix(array([[6, 8, 8, 10]])), array([11]))
        return network(*original(sign).nodes[:2], second, above,
                       Pointwise("r", "g", "v", RELU), last)  # fmt: skip

    mixed = Mixed(np.array([2, 2]), np.array([0, 1]), np.ones(2))
    whole = Relabelling(np.array([0, 1, -1]), np.ones(3), array([0, 0, 1]), 2, mixed=mixed)
    claims: Claims = {"u": (Fact("u", whole),)}
    accepted(original(3), reduced(3), claims)
    with pytest.raises(Rejected):
        check(original(-3), reduced(-3), Certificate(claims))


def test_channels_that_stand_last() -> None:
    """Transposed in front and behind; another permutation of as long axes is another network."""
    shape = (1, 4, 4, 2)

    def turned(first: Any, b: Any, last: Any, *perm: int) -> Network:
        numbers = array(first)
        w = Window((3, 1), (1, 1), (1, 1), (1, 0), (1, 0))
        kernel = Kernel(numbers.reshape(numbers.shape[0], -1), w)
        return network(
            Rearrange("p", "x", "c", "Transpose", (0, 3, 1, 2)),
            Linear("k", "c", "t", kernel, array(b), -3),
            RELUS,
            Rearrange("q", "h", "g", "Transpose", perm),
            Linear("m", "g", "y", Matrix(array(last))),
            shape=shape,
        )

    original = turned(FIRST, BIAS, [[1, 2, 3]], 0, 2, 3, 1)
    accepted(original, turned(KEPT, [1, -1], [[5, 3]], 0, 2, 3, 1), TWICE)
    rejected("rearrangement", original, turned(KEPT, [1, -1], [[5, 3]], 0, 3, 2, 1), TWICE)
    with pytest.raises(Rejected):
        check(original, turned(KEPT, [1, -1], [[5, 3, 0, 0]], 0, 2, 1, 3), Certificate(TWICE))
