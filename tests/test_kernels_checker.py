"""Attacks on what the checker says of convolutions, each beside an honest twin.

The twin is accepted; the attack differs from it in one thing and is rejected by the rule that is
about it. Accepted pairs agree in exact arithmetic; most attacks do not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from kernel_networks import (
    BIAS,
    FIRST,
    KEPT,
    LAST,
    ORIGINAL,
    PADDED,
    REDUCED,
    RELUS,
    SUMMED,
    TWICE,
    A,
    B,
    C,
    accepted,
    chain,
    claim,
    conv,
    network,
    rejected,
    window,
)

from lumpver.exact.array import array, zeros
from lumpver.model.activations import RELU
from lumpver.model.network import Linear, Network, Node, Pointwise
from lumpver.model.weights import IDENTITY, Kernel, Matrix
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from lumpver.model.window import Window


def test_a_multiple_of_a_filter() -> None:
    """With padding and without, with strides and dilations: multiples need no premise."""
    accepted(ORIGINAL, REDUCED, TWICE)
    for w in (window(), window(3, 2), window(3, 1, 2, (2, 2)), window(3, 2, 1, (0, 2))):
        pads = window(pads=(2, 2))
        accepted(chain(FIRST, BIAS, LAST, w, pads), chain(KEPT, [1, -1], SUMMED, w, pads), TWICE)


@pytest.mark.parametrize(
    ("w", "v"),
    [
        (window(pads=(2, 0)), PADDED),
        (window(pads=(0, 2)), PADDED),
        (window(3, 1, 2, (2, 2)), PADDED),
        (PADDED, window(pads=(2, 0))),
        (PADDED, window(3, 1, 2, (2, 2))),
        (PADDED, window(pads=(2, 2))),
        (PADDED, window(3, 2, 1, (1, 1))),
        (window(3, 2, 1, (3, 3)), PADDED),
    ],
)
def test_another_window_with_the_same_numbers(w: Window, v: Window) -> None:
    """Other padding, strides or dilations, with as many positions or others."""
    rejected("window|graph outputs", ORIGINAL, chain(KEPT, [1, -1], SUMMED, w, v), TWICE)


def test_another_window_with_as_many_positions() -> None:
    """Where there is one position, strides make no difference, and are compared all the same."""
    one, other = (chain(FIRST, BIAS, LAST, window(), window(3, stride)) for stride in (1, 3))
    rejected("window", one, replace(other), {}, wrong=False)


@pytest.mark.parametrize(
    "last",
    [
        [[[12, 9, 15], [7, 8, 9]]],  # two taps exchanged
        [[[9, 12, 15], [8, 7, 9]]],
        [[[7, 8, 9], [9, 12, 15]]],  # two channels exchanged
        [[[9, 7, 12], [8, 15, 9]]],  # channels side by side for each tap
        [[[18, 24, 30], [7, 8, 9]]],  # scaled
        [[[1, 2, 3], [7, 8, 9]]],  # the members not summed
        [[[9, 12, 15], [7, 8, 8]]],
    ],
)
def test_taps_and_filters_of_the_reader(last: Any) -> None:
    """A tap moved, a filter scaled, channels in another order."""
    rejected("affine: y", ORIGINAL, chain(KEPT, [1, -1], last, PADDED, PADDED), TWICE)


@pytest.mark.parametrize(
    ("first", "b"),
    [
        ([[[2, 1, 0], B], [C, A]], [1, -1]),
        ([[B, A], [C, A]], [1, -1]),
        ([[A, B], [C, B]], [1, -1]),
        (KEPT, [2, -1]),
        ([FIRST[1], [C, A]], [2, -1]),
        ([[C, A], [A, B]], [-1, 1]),
    ],
)
def test_filters_that_were_kept(first: Any, b: Any) -> None:
    """Each is its block's, at every tap, with its bias."""
    rejected("affine: t", ORIGINAL, chain(first, b, SUMMED, PADDED, PADDED), TWICE)


def test_filters_that_are_no_multiples() -> None:
    """The same numbers at other taps are another filter."""
    first = [[A, B], [A[::-1], B[::-1]], [C, A]]
    reduced = chain([[A, B], [C, A]], [1, -1], [[[5, 7, 9], [7, 8, 9]]], PADDED, PADDED)
    rejected("affine: t", chain(first, [1, 1, -1], LAST, PADDED, PADDED), reduced, claim(0, 0, 1))
    first = [[A, B], [A, B], [C, A]]
    accepted(chain(first, [1, 1, -1], LAST, PADDED, PADDED), reduced, claim(0, 0, 1))


# A filter of zeros with bias 3: a channel that is 3 everywhere.
STANDING = [[A, B], [[0, 0, 0], [0, 0, 0]]]
GONE = claim(0, -1, constant=[0, 3])


def folded(reads: Any, c: Any, v: Window, b: int = 3) -> tuple[Network, Network]:
    """A channel that is constant, read through these taps; and the same without it."""
    return (
        chain(STANDING, [1, b], [[[1, 2, 3], reads]], PADDED, v),
        chain([[A, B]], [1], [[[1, 2, 3]]], PADDED, v, [c]),
    )


def test_a_constant_channel() -> None:
    """It is folded where each position meets all taps, and where those missed have no weight."""
    accepted(*folded([1, 2, 4], 21, window()), GONE)
    accepted(*folded([1, 2, 4], 21, window(3, 2, 2)), GONE)
    accepted(*folded([0, 2, 0], 6, PADDED), GONE)
    accepted(*folded([0, 2, 1], 9, window(pads=(1, 0))), GONE)
    accepted(*folded([1, 2, 0], 9, window(pads=(0, 1))), GONE)
    for c, v in ((20, window()), (9, window()), (6, window(3, 2, 2))):
        rejected("affine: y", *folded([1, 2, 4], c, v), GONE)
    rejected("constant: t", *folded([1, 2, 4], 28, window(), 4), GONE, wrong=False)


@pytest.mark.parametrize("c", [0, 6, 9, 12, 18, 21])
def test_a_constant_channel_behind_padding(c: int) -> None:
    """At the border fewer taps meet it: no bias stands for it."""
    rejected("padding: y", *folded([1, 2, 4], c, PADDED), GONE)
    rejected("padding: y", *folded([0, 2, 1], c, PADDED), GONE)
    rejected("padding: y", *folded([1, 2, 0], c, PADDED), GONE)
    rejected("padding: y", *folded([1, 2, 0], c, window(pads=(1, 0))), GONE)
    rejected("padding: y", *folded([0, 2, 1], c, window(pads=(0, 2))), GONE)


def test_constants_that_cancel() -> None:
    """They do at each tap that is missed, or the border tells."""
    first = [[A, B], [[0] * 3] * 2, [[0] * 3] * 2]
    claims = claim(0, -1, -1, constant=[0, 3, 1])
    reduced = chain([[A, B]], [1], [[[1, 2, 3]]], PADDED, PADDED, [6])

    def original(one: list[int], other: list[int]) -> Network:
        return chain(first, [1, 3, 1], [[[1, 2, 3], one, other]], PADDED, PADDED)

    accepted(original([1, 2, 3], [-3, 0, -9]), reduced, claims)
    rejected("padding: y", original([1, 2, 3], [-9, 0, -3]), reduced, claims)


def test_constants_of_one_block() -> None:
    """Constants behind padding stay a channel, the others are multiples of it."""
    first = [[A, B], [[0] * 3] * 2, [[0] * 3] * 2]
    original = chain(first, [1, 3, 6], LAST, PADDED, PADDED)
    reduced = chain([[A, B], [[0] * 3] * 2], [1, 3], [[[1, 2, 3], [18, 21, 24]]], PADDED, PADDED)
    accepted(original, reduced, claim(0, 1, 1, scale=[1, 1, 2]))
    rejected("affine", original, reduced, claim(0, 1, 1, scale=[1, 1, 3]), wrong=False)
    other = chain(first, [1, 3, 5], LAST, PADDED, PADDED)
    rejected("affine: t", other, reduced, claim(0, 1, 1, scale=[1, 1, 2]))


def test_a_kernel_is_no_matrix() -> None:
    """The same numbers along the same axis, with a window that leaves out or adds positions."""
    numbers = array([[1, 2], [3, 4]])

    def single(weights: Any) -> Network:
        return network(Linear("n", "x", "y", weights, None, -2))

    matrix = single(Matrix(numbers))
    accepted(matrix, matrix, {})
    for w in (window(1, 2), window(1, 1, 1, (1, 0)), window(1, 1, 1, (1, 1))):
        accepted(single(Kernel(numbers, w)), single(Kernel(numbers.copy(), w)), {})
        rejected("window|graph outputs", matrix, single(Kernel(numbers, w)), {})
        rejected("window|graph outputs", single(Kernel(numbers, w)), matrix, {})
    point = single(Kernel(numbers, window(1)))  # which meets each position by itself
    accepted(matrix, point, {})
    accepted(point, matrix, {})
    rejected("affine", matrix, single(Kernel(array([[1, 2], [3, 5]]), window(1))), {})


def test_nothing_stands_in_front_of_a_kernel() -> None:
    """A bias there is not met by padding; its reader's bias makes up for it elsewhere alone."""
    first, last = conv("x", "t", [FIRST[0]], [1], PADDED), [[[1, 2, 3]]]
    original = network(first, RELUS, conv("h", "y", last, [0], PADDED))
    for b, c in (([0], [0]), ([1], [-6])):
        shift = Linear("s", "h", "g", IDENTITY, array(b), -2)
        reduced = network(first, RELUS, shift, conv("g", "y", last, c, PADDED))
        rejected("affine: y", original, reduced, {}, wrong=b != [0])
    scaled = network(first, RELUS, Linear("s", "h", "g", Matrix(array([[1]])), None, -2),
                     conv("g", "y", last, [0], PADDED))  # fmt: skip
    rejected("affine: y", original, scaled, {}, wrong=False)


def test_nodes_behind_a_kernel_are_of_its_run() -> None:
    """A bias there is as good as its own; a second kernel is not."""
    first = conv("x", "k", FIRST, [1, 1, 1], PADDED)
    shift = Linear("s", "k", "t", IDENTITY, array([0, 1, -2]), -2)
    original = network(first, shift, RELUS, conv("h", "y", LAST, None, PADDED))
    accepted(original, REDUCED, TWICE)
    rejected("affine: t", replace(original, nodes=(first, replace(shift, b=array([0, 2, -2])),
             *original.nodes[2:])), REDUCED, TWICE)  # fmt: skip
    twice = network(conv("x", "k", KEPT, None, PADDED), conv("k", "t", [
        [[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]], [1, -1], PADDED),
        RELUS, conv("h", "y", SUMMED, [0], PADDED))  # fmt: skip
    rejected("affine: t", ORIGINAL, twice, TWICE, wrong=False)


def test_ghosts_among_channels() -> None:
    """A channel goes that no tap reads; one tap that does keeps it."""
    ghost = claim(0, 1, ghosts=1)
    reduced = chain([[A, B]], [1], [[[1, 2, 3]]], PADDED, PADDED)

    def original(*reads: int) -> Network:
        return chain([[A, B], [C, A]], [1, 1], [[[1, 2, 3], reads]], PADDED, PADDED)

    accepted(original(0, 0, 0), reduced, ghost)
    for reads in ((1, 0, 0), (0, 1, 0), (0, 0, -1)):
        rejected("ghost: y", original(*reads), reduced, ghost)


def test_channels_that_have_all_vanished() -> None:
    """There is nothing left to move over; behind a kernel the run's own positions count."""
    first = [[[0] * 3] * 2]
    original = network(conv("x", "t", first, [2]), RELUS, conv("h", "u", [[[1, 2]]], [1]),
                       Pointwise("r", "u", "v", RELU),
                       Linear("m", "v", "y", Matrix(array([[3]])), None, -2))  # fmt: skip
    claims = claim(-1, constant=[2]) | claim(-1, constant=[7], name="u")

    def constant(source: str, *more: Node) -> Network:
        units = 2 if source == "x" else 1
        last = Linear("m", source, "y", Matrix(zeros(1, units)), array([21]), -2)
        return network(*more, last)

    rejected("", original, constant("x"), claims)
    head = original.nodes[:2]
    rejected("", original, constant("h", *head), claims)
    kept = [*head, conv("h", "u", [[[0, 0]]], [1]), Pointwise("r", "u", "v", RELU)]
    rejected("", original, constant("v", *kept), claims, wrong=False)
    late = claim(-1, constant=[7], name="u")
    rejected("graph outputs", original, constant("h", *head), late)


def test_what_is_steady_keeps_no_constant_behind_padding() -> None:
    """A channel that is another plus 3, both never negative: merged but where padding reads."""
    second = conv("h", "u", [[[1]], [[1]]], [0, 3])
    gates = Pointwise("r", "u", "v", RELU)
    for w, units in ((window(), 1), (PADDED, 2)):
        last = conv("v", "y", [[[1, 2, 3], [1, 0, 1]]], [0], w)
        original = network(conv("x", "t", [FIRST[0]], [1]), RELUS, second, gates, last)
        found = reduce(original)
        assert found.network.width["u"] == units
        accepted(original, found.network, found.certificate.tensors)


def test_a_run_that_vanishes_behind_a_kernel_and_its_bias() -> None:
    """It is spread over the positions of the kernel, whose output has no fact of its own."""
    first, shift = conv("x", "k", KEPT, None, PADDED), Linear(
        "s", "k", "t", IDENTITY, array([1, -1]), -2)  # fmt: skip
    blank = Linear("z", "h", "u", Matrix(zeros(2, 2)), array([-1, 2]), -2)
    last = Linear("m", "v", "y", Matrix(array([[3, 4]])), None, -2)
    original = network(first, shift, RELUS, blank, Pointwise("r", "u", "v", RELU), last)
    found = reduce(original)
    assert found.lumping.relabellings["u"].width == 0
    accepted(original, found.network, found.certificate.tensors)
