"""Joint lumping behind picks, Concat, transposed convolutions and pools that round up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from kernel_networks import A, B, C, agree, conv, network
from window_networks import (
    LAST,
    LINE,
    NOTHING,
    PADDED,
    PAIR,
    act,
    ahead,
    joint,
    pool,
    scaled,
    three,
)

from lumpver.model.activations import ABS, RELU, SIGMOID, TANH, Activation, clip, leaky
from lumpver.model.linear import Linear
from lumpver.model.network import Join, Network, Node, Pick
from lumpver.model.weights import Diagonal
from lumpver.model.window import Window


def test_picks_of_positions_and_channels() -> None:
    """The same channels at the same positions, before or behind an activation, and no others."""

    def some(*places: Any, late: bool = False, factor: int = 1) -> Network:
        first = conv("x", "t", np.array(PAIR) * factor, np.array([1, -2]) * factor, PADDED)
        taps = np.array(LAST, dtype=float) / factor
        pick, relu = (
            Pick("p", "h" if late else "t", "s", places),
            ("t", "h") if late else ("s", "r"),
        )
        nodes: list[Node] = [pick, act(*relu)]
        last = conv("s" if late else "r", "y", taps[:, : len(dict(places).get(-2, (0, 1)))])
        return network(first, *(reversed(nodes) if late else nodes), last, shape=LINE)

    one = some((-1, (0, 2, 4, 6)))
    assert joint(one, some((-1, (0, 2, 4, 6)), late=True, factor=4))
    assert not joint(one, some((-1, (0, 2, 4, 7))))
    assert not joint(one, some((-1, (2, 0, 4, 6))))
    both = some((-2, (1, 0)), (-1, (1, 2, 3)))
    assert joint(both, some((-2, (1, 0)), (-1, (1, 2, 3)), late=True))
    assert not joint(both, some((-2, (0, 1)), (-1, (1, 2, 3))))
    assert not joint(some((-2, (0,)), (-1, (1, 2, 3))), some((-2, (1,)), (-1, (1, 2, 3))))


def test_channels_side_by_side() -> None:
    """A Concat of two convolutions, in one order or another, and of parts of one."""

    def wide(*names: str, taps: Any) -> Network:
        branches = [conv("h", "a", [[A, C]], [1], PADDED), conv("h", "b", [[B, B]], [2], PADDED)]
        return ahead(*branches, Join("j", names, "c", "Concat", -2), act("c", "r"),
                     conv("r", "y", [taps], [0], PADDED))  # fmt: skip

    one = wide("a", "b", taps=[A, B])
    assert joint(one, wide("b", "a", taps=[B, A]))
    assert joint(one, wide("a", "b", "a", taps=[[0, 2, 0], B, [1, 0, 0]]))
    assert not joint(one, wide("b", "a", taps=[A, B]))
    whole = ahead(conv("h", "c", [[A, C], [B, B]], [1, 2], PADDED), act("c", "r"),
                  conv("r", "y", [[A, B]], [0], PADDED))  # fmt: skip
    assert joint(one, whole)


def test_entries_that_lie_apart() -> None:
    """Transposed convolutions: with their padding on the other side they are others."""

    def apart(before: int, after: int, spacing: int = 2) -> Window:
        return Window((3,), (1,), (1,), (before,), (after,), (spacing,))

    one = ahead(conv("h", "y", LAST, [3], apart(1, 2)))
    assert joint(
        one, scaled(conv("h", "y", np.array(LAST) / 2.0, [3], apart(1, 2)), factors=(2, 2))
    )
    assert not joint(one, ahead(conv("h", "y", LAST, [3], apart(2, 1))))
    assert not joint(one, ahead(conv("h", "y", LAST, [3], apart(1, 1))))
    assert not joint(
        ahead(conv("h", "y", LAST, [3], apart(1, 2)), pool("y", "z", "max")),
        ahead(conv("h", "y", LAST, [3], apart(1, 2, 3)), pool("y", "z", "max")),
    )
    constant = three(NOTHING, 2, (0, 1, 0), 3, (0, 0))
    nodes = [*constant.nodes[:2], conv("h", "y", [[*LAST[0], [0, 1, 0]]], [3], apart(1, 2))]
    folded = ahead(conv("h", "y", LAST, [5], apart(1, 2)))
    assert not joint(network(*nodes, shape=LINE), folded)


@pytest.mark.parametrize("operator", ["max", "mean"])
def test_padding_that_no_window_reaches(operator: str) -> None:
    """It is no other pool; padding that one reaches is, but for the largest."""
    one, other = (ahead(pool("h", "y", operator, 3, 2, 1, (0, after))) for after in (1, 2))
    assert joint(one, other)
    assert agree(one, other)
    assert not joint(one, ahead(pool("h", "y", operator, 3, 2, 1, (1, 0))))
    gaps = ahead(pool("h", "y", operator, 2, 2, 2, (0, 1)))
    assert not joint(one, gaps)


@pytest.mark.parametrize(
    "function", [RELU, leaky("1/10"), clip(-1, 2), TANH, SIGMOID, ABS, leaky(-1)]
)
def test_a_function_before_or_behind_the_largest(function: Activation) -> None:
    """The same where it never falls; of a mean it never is."""
    first, size = conv("x", "t", PAIR, [1, -2], PADDED), (3, 2, 1, (1, 0))
    last = conv("p", "y", LAST, [3], PADDED)
    late = conv("h", "y", LAST, [3], PADDED)
    for operator in ("max", "mean"):
        one = network(first, act("t", "h", function), pool("h", "p", operator, *size), last,
                      shape=LINE)  # fmt: skip
        other = network(first, pool("t", "p", operator, *size), act("p", "h", function), late,
                        shape=LINE)  # fmt: skip
        falls = function in (ABS, leaky(-1))
        assert joint(one, other) is (operator == "max" and not falls)
    turn = Linear("n", "t", "u", Diagonal(np.array([-1.0, 1.0])), None, -2)
    one = network(
        first, turn, act("u", "h", function), pool("h", "p", "max", *size), last, shape=LINE
    )
    behind = pool("t", "v", "max", *size), replace(turn, input="v"), act("u", "p", function)
    assert not joint(one, network(first, *behind, last, shape=LINE))
