"""Windows in joint lumping: convolutions and pools that are the same, and many that are not."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
import pytest
from kernel_networks import A, B, C, agree, conv, network, window
from window_networks import (
    DENSE,
    LAST,
    LINE,
    NOTHING,
    PADDED,
    PAIR,
    act,
    ahead,
    flat,
    joint,
    pool,
    scaled,
    three,
)

from lumpver.exact.array import array
from lumpver.model.activations import RELU, TANH
from lumpver.model.linear import Linear, linear
from lumpver.model.network import Join, Network, Node, Pool
from lumpver.model.weights import Kernel, Matrix
from lumpver.model.window import Window
from lumpver.proving import Proved, Refuted, prove
from lumpver.proving.joint.windows import misses, plain, told
from lumpver.proving.values import Units

BASE: Final = ahead(conv("h", "y", LAST, [3], PADDED))


def test_a_network_and_itself() -> None:
    """Without a word of the solver's."""
    found = prove(BASE, ahead(conv("h", "y", LAST, [3], PADDED)))
    assert isinstance(found, Proved)
    assert found.evidence == "joint"


def test_multiples_and_another_order() -> None:
    """Filters times 2 and 4, the other way round, and what reads them to match."""
    taps = np.array(LAST, dtype=float)[:, ::-1] / np.array([4, 2])[:, None]
    assert joint(BASE, scaled(conv("h", "y", taps, [3], PADDED), factors=(2, 4), swap=True))
    taps = np.array(LAST, dtype=float)[:, ::-1] / np.array([2, 4])[:, None]
    assert not joint(BASE, scaled(conv("h", "y", taps, [3], PADDED), factors=(2, 4), swap=True))


@pytest.mark.parametrize("pads", [(0, 0), (1, 1), (0, 1), (2, 0)])
def test_a_channel_that_nobody_reads(pads: tuple[int, int]) -> None:
    """It may be anything."""
    plain_ = ahead(conv("h", "y", LAST, [3], window(pads=pads)))
    assert joint(plain_, three([C, B], 5, [0, 0, 0], 3, pads))
    assert joint(plain_, three(NOTHING, -1, [7, 8, 9], 3, pads))


@pytest.mark.parametrize("pads", [(0, 0), (1, 1), (0, 1), (2, 0)])
@pytest.mark.parametrize("taps", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, -2, 1)])
def test_a_constant_channel_at_a_border(pads: tuple[int, int], taps: tuple[int, ...]) -> None:
    """It folds into a bias where no position misses a tap that reads it, and nowhere else."""
    one = three(NOTHING, 2, taps, 3, pads)
    other = ahead(conv("h", "y", LAST, [3 + 2 * sum(taps)], window(pads=pads)))
    met_ = not (window(pads=pads).missed & np.array(taps, dtype=bool)).any()
    assert joint(one, other) is agree(one, other) is met_


def test_constant_channels_are_merged_by_scale() -> None:
    """At a border, too."""
    first = conv("x", "t", [*PAIR, NOTHING, NOTHING], [1, -2, 1, 3], PADDED)
    second = conv("h", "y", [[*LAST[0], [1, 2, 3], [4, 5, 6]]], [3], PADDED)
    both = network(first, act("t", "h"), second, shape=LINE)
    assert joint(both, three(NOTHING, 1, [13, 17, 21], 3, (1, 1)))
    assert joint(both, three(NOTHING, 2, [6.5, 8.5, 10.5], 3, (1, 1)))
    assert not joint(both, three(NOTHING, 1, [13, 17, 22], 3, (1, 1)))


WINDOWS: Final = {
    "padding moved": window(pads=(2, 0)),
    "padding moved back": window(pads=(0, 2)),
    "dilation": window(step=2, pads=(2, 2)),
    "dilation to one side": window(step=2, pads=(1, 3)),
    "stride": window(stride=2, pads=(1, 8)),
    "no padding": window(),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_another_window_is_another_network(name: str) -> None:
    """Even where the shapes are the same; it is refuted at a point."""
    other = ahead(conv("h", "y", LAST, [3], WINDOWS[name]))
    assert not joint(BASE, other)
    assert isinstance(prove(BASE, other), Refuted)


@pytest.mark.parametrize("name", WINDOWS)
def test_another_first_window(name: str) -> None:
    """Whatever stands behind it."""
    first = conv("x", "t", PAIR, [1, -2], WINDOWS[name])
    rest = (act("t", "h"), pool("h", "y", "max"))
    one, other = (
        network(node, *rest, shape=LINE) for node in (conv("x", "t", PAIR, [1, -2], PADDED), first)
    )
    assert not joint(one, other)


def test_windows_that_meet_the_same() -> None:
    """Padding behind that nothing meets, a stride with one position, a dilation of one tap."""
    one = ahead(conv("h", "y", LAST, [3], window(stride=2)))
    assert joint(one, ahead(conv("h", "y", LAST, [3], window(stride=2, pads=(0, 0)))))
    wide = window(stride=3, pads=(0, 0))
    assert joint(
        ahead(conv("h", "y", LAST, [3], wide)),
        ahead(conv("h", "y", LAST, [3], window(stride=3, pads=(0, 0)))),
    )
    points = [[[1], [2]]]
    assert joint(
        ahead(conv("h", "y", points, [3], window(1, 2, 1))),
        ahead(conv("h", "y", points, [3], window(1, 2, 4))),
    )
    assert joint(
        ahead(conv("h", "y", points, [3], window(1))),
        ahead(Linear("m", "h", "y", Matrix(array([[1, 2]])), array([3]), -2)),
    )


def test_a_window_is_told_in_one_way() -> None:
    """What it meets is the same."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        size, stride, step, low, high, length = (
            int(n) for n in rng.integers([1, 1, 1, 0, 0, 1], [5, 4, 4, 5, 5, 7])
        )
        given = Window((size,), (stride,), (step,), (low,), (high,))
        if length + low + high < step * (size - 1) + 1:
            continue
        met = given.met((length,))
        again = plain(given, (length,))
        assert (again.met((length,)) == met).all()
        some, every = misses(given, (length,))
        assert (some == (met < 0).any(axis=1)).all()
        assert (every == (met < 0).all(axis=1)).all()


POOLS: Final = {
    "max": pool("h", "y", "max", 2, 2),
    "max, padded": pool("h", "y", "max", 3, 2, 1, (1, 0)),
    "max, padded behind": pool("h", "y", "max", 3, 2, 1, (0, 2)),
    "mean": pool("h", "y", "mean", 2, 2),
    "mean, padded": pool("h", "y", "mean", 3, 2, 1, (1, 0)),
    "mean, padding counted": pool("h", "y", "mean", 3, 2, 1, (1, 0), counts=True),
    "another stride": pool("h", "y", "max", 2, 1),
    "all": pool("h", "y", "max"),
    "mean of all": pool("h", "y", "mean"),
    "sum of all": pool("h", "y", "sum"),
}


@pytest.mark.parametrize("one", POOLS)
@pytest.mark.parametrize("other", POOLS)
def test_pools_are_equal_to_themselves_only(one: str, other: str) -> None:
    """Of multiples, too, and never of the same with a channel scaled."""
    here, there = ahead(POOLS[one]), ahead(POOLS[other])
    assert joint(here, there) is (one == other)
    double = Linear("d", "y", "z", Matrix(array([[1, 2]])), None, -2)
    half = Linear("d", "y", "z", Matrix(array([["1/2", "2/3"]])), None, -2)
    here = network(*here.nodes, double, shape=LINE, outputs="z")
    there = scaled(POOLS[other], factors=(2, 3))
    there = network(*there.nodes, half, shape=LINE, outputs="z")
    assert joint(here, there) is (one == other)


def test_the_largest_of_a_negative_multiple_is_another() -> None:
    """max(-t) is no multiple of max t; constants pass."""

    def tail(row: list[int], b: int) -> list[Node]:
        return [pool("t", "h", "max"), Linear("d", "h", "y", Matrix(array([row])), array([b]), -2)]

    plain_, turned, shifted = tail([1, 2], 1), tail([-1, 2], 1), tail([1, 2], -6)
    filters = np.array(PAIR, dtype=float)
    one = network(conv("x", "t", filters, [1, 2], PADDED), *plain_, shape=LINE)
    filters[0] *= -1
    other = network(conv("x", "t", filters, [-1, 2], PADDED), *turned, shape=LINE)
    assert not joint(one, other)
    assert not agree(one, other)
    filters[0] *= -1
    assert joint(one, network(conv("x", "t", filters, [4, 4], PADDED), *shifted, shape=LINE))
    assert not joint(one, network(conv("x", "t", filters, [4, 3], PADDED), *shifted, shape=LINE))


def test_a_sum_is_a_mean_times_the_positions() -> None:
    """Where it is known how many there are, constants among it."""
    mean: list[Node] = [
        pool("h", "p", "mean"),
        Linear("d", "p", "y", Matrix(array([[1, 2]])), array([1]), -2),
    ]
    eighths = Linear("d", "p", "y", Matrix(array([["1/8", "1/4"]])), array([1]), -2)
    total: list[Node] = [pool("h", "p", "sum"), eighths]
    assert joint(ahead(*mean), ahead(*total))
    for length in (7, 9):
        one, other = (network(*ahead(*tail).nodes, shape=(1, 2, length)) for tail in (mean, total))
        assert not joint(one, other)


def test_a_window_over_the_whole_input_is_dense() -> None:
    """Behind a Flatten, of the graph's input and of channels, where channels stand before taps."""
    W = DENSE.reshape(1, 2, 6)
    dense = linear("d", "f", "y", DENSE, [1])
    one = network(conv("x", "c", W, [1]), flat("c", "y"), shape=(1, 2, 6))
    assert joint(one, network(flat("x", "f"), dense, shape=(1, 2, 6)))
    assert not joint(one, network(flat("x", "f", "Transpose", 0, 2, 1), flat("f", "g"),
                                  linear("d", "g", "y", DENSE, [1]), shape=(1, 2, 6)))  # fmt: skip
    first: list[Node] = [conv("x", "t", PAIR, [1, -2]), act("t", "h")]
    one = network(*first, conv("h", "c", W, [1]), flat("c", "y"), shape=LINE)
    assert joint(one, network(*first, flat("h", "f"), dense, shape=LINE))
    moved = np.roll(DENSE, 1, axis=1)
    assert not joint(
        one, network(*first, flat("h", "f"), linear("d", "f", "y", moved, [1]), shape=LINE)
    )


def test_a_flatten_before_or_behind_an_activation() -> None:
    """Or a transposition: an activation acts entry by entry."""
    first, dense = conv("x", "t", PAIR, [1, -2]), linear("d", "f", "y", DENSE, [1])
    for function in (RELU, TANH):
        one = network(first, act("t", "h", function), flat("h", "f"), dense, shape=LINE)
        other = network(first, flat("t", "h"), act("h", "f", function), dense, shape=LINE)
        assert joint(one, other)
        turn = flat("t", "u", "Transpose", 0, 2, 1), flat("u", "h")
        assert not joint(one, network(first, *turn, act("h", "f", function), dense, shape=LINE))
    assert not joint(one, network(first, flat("t", "h"), act("h", "f", RELU), dense, shape=LINE))


def residual(
    operator: Literal["Add", "Sub"], branch: Any, first: str = "h", second: str = "c"
) -> Network:
    """The first channels and a branch of them joined, then a kernel."""
    join = Join("j", (first, second), "s", operator)
    rest = (act("s", "r"), conv("r", "y", LAST, [3], PADDED))
    return ahead(conv("h", "c", branch, [1, 0], PADDED), join, *rest)


def test_joins_of_channels() -> None:
    """Sums in either order, differences in one; multiples of a whole stream."""
    branch = [[A, C], [B, B]]
    assert joint(residual("Add", branch), residual("Add", branch, "c", "h"))
    assert not joint(residual("Sub", branch), residual("Sub", branch, "c", "h"))
    assert not joint(residual("Add", branch), residual("Sub", branch))
    assert not joint(residual("Add", branch), residual("Add", [[A, C], [B, C]]))
    minus = residual("Sub", [[[-n for n in row] for row in part] for part in branch])
    assert not joint(residual("Add", branch), minus)  # the bias is not turned


def test_a_branch_that_is_zero() -> None:
    """The sum is the other operand, whatever is made of it."""
    zero = conv("h", "c", np.zeros((2, 2, 3)), None, PADDED)
    rest = conv("s", "y", LAST, [3], PADDED)
    one = ahead(zero, Join("j", ("h", "c"), "s", "Add"), rest)
    assert joint(one, BASE)
    assert not joint(ahead(zero, Join("j", ("c", "h"), "s", "Sub"), rest), BASE)


def test_lengths_that_nobody_knows() -> None:
    """Padding may meet any tap that it may for some length; windows are compared as they are."""

    def long(*nodes: Node) -> Network:
        return network(conv("x", "t", PAIR, [1, -2], PADDED), act("t", "h"), *nodes,
                       shape=("N", 2, "L"))  # fmt: skip

    assert joint(long(conv("h", "y", LAST, [3])), long(conv("h", "y", LAST, [3])))
    assert not joint(long(conv("h", "y", LAST, [3])), long(conv("h", "y", LAST, [3], PADDED)))
    assert joint(long(pool("h", "y", "max")), long(pool("h", "y", "max")))
    assert not joint(long(pool("h", "y", "sum")), long(pool("h", "y", "mean")))
    assert not joint(long(pool("h", "y", "max", 2)), long(pool("h", "y", "max", 2, 2)))


def test_positions_in_another_shape_are_other_positions() -> None:
    """(4, 6) and (6, 4) hold the same entries, and a window meets others."""
    over = Window((2, 1), (1, 1), (1, 1), (0, 0), (0, 0))
    turned = Window((1, 2), (1, 1), (1, 1), (0, 0), (0, 0))

    def shaped(lengths: tuple[int, int], w: Window) -> Network:
        kernel = Linear("k", "r", "c", Kernel(array([[1.0, 2.0]]), w), None, -3)
        return network(flat("x", "r", "Reshape", 1, 1, *lengths), kernel,
                       Pool("p", "c", "y", "max", -3, None), shape=(1, 1, 24))  # fmt: skip

    nets = [shaped(s, w) for s in ((4, 6), (6, 4), (3, 8), (2, 12)) for w in (over, turned)]
    for i, one in enumerate(nets):
        for j, other in enumerate(nets):
            assert joint(one, other) is (i == j)


def test_two_names_of_a_whole_window() -> None:
    """A pool of all positions, by a window of their lengths or without."""
    assert joint(ahead(pool("h", "y", "max")), ahead(pool("h", "y", "max", 8)))
    assert joint(ahead(pool("h", "y", "mean")), ahead(pool("h", "y", "mean", 8, 3)))
    assert not joint(ahead(pool("h", "y", "max")), ahead(pool("h", "y", "max", 7, 2)))


def test_told_of_what_is_not_known() -> None:
    """A shape of which nothing is known leaves the window as it is."""
    units = Units(0, -2, "layout", np.zeros(0, dtype=np.int64), None)
    assert told(None, units, PADDED) == ((-2, "layout"), PADDED)
