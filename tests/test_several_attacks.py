"""Tests for the rule `own`: each of its premises attacked, and what is right beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from relabellings import rows
from small_networks import graph

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import LumpverError, Rejected
from lumpver.exact.scalar import number
from lumpver.model.activations import ABS, RELU, Activation, clip, leaky
from lumpver.model.network import Network, Pointwise, linear
from lumpver.model.several import Several, from_numbers
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from lumpver.model.several import Activations

POINTS: Final = [(0, 0), (1, 2), (-3, 5), ("1/3", -7), (9, "-5/2"), (-4, -4), (2, -1)]


def own(*slopes: Any, axis: int = -1) -> Several:
    """LeakyReLU with these slopes."""
    return Several(tuple(map(leaky, slopes)), axis)


def net(function: Activations, W: Any, last: Any, b: Any = None, c: Any = None) -> Network:
    """A layer with these activations from (2,), and one behind it, which has no other bend."""
    nodes = [
        linear("first", "x", "p", W, b),
        Pointwise("own", "p", "h", function),
        linear("last", "h", "y", last, c),
    ]
    return graph(*nodes, x=("N", 2), p=("N", len(W)), h=("N", len(W)), y=("N", len(last)))


def claimed(found: Any, held: str | None = "p") -> Certificate:
    """What is said of the tensor before the activations."""
    return Certificate({"p": (Fact(held, found),)})


def at(network: Network) -> list[Any]:
    """Values at some points."""
    return [_value(network, point) for point in POINTS]


def _value(network: Network, point: Any) -> list[Any]:
    exact = np.array([[number(x) for x in point]], dtype=object)
    (found,) = network.evaluate({"x": exact}).values()
    return [str(x) for x in found.ravel().tolist()]


def refused(original: Network, reduced: Network, certificate: Certificate) -> Rejected:
    """The rejection, which must come, of what the rule is about."""
    with pytest.raises(Rejected) as caught:
        check(original, reduced, certificate)
    return caught.value


# Two multiples with the slope 2, two with -1, and one unit of another slope.
W: Final = [[1, 2], [2, 4], [1, -1], [-2, 2], [1, 1]]
FIVE: Final = net(own(2, 2, -1, -1, "1/2"), W, [[1, 1, 1, 1, 1]])
MERGED: Final = claimed(rows([0, 0, 1, 1, 2], 3, scale=[1, 2, 1, -2, 1]))
KEPT: Final = [[1, 2], [1, -1], [1, 1]]
LAST: Final = [[3, 1 + 2, 1]]  # of -2 x the slope -1 makes 2
THREE: Final = net(own(2, -1, "1/2"), KEPT, LAST)

RIGHT: Final = {
    "multiples, and a reflection where the slope is -1": (FIVE, THREE, MERGED),
    "in another order": (
        FIVE,
        net(own("1/2", 2, -1), [KEPT[2], KEPT[0], KEPT[1]], [[1, 3, 3]]),
        claimed(rows([1, 1, 2, 2, 0], 3, scale=[1, 2, 1, -2, 1])),
    ),
    "units of their own, all alike": (
        net(own(3, 3), [[1, 0], [2, 0]], [[1, 1]]),
        net(leaky(3), [[1, 0]], [[3]]),
        claimed(rows([0, 0], 1, scale=[1, 2])),
    ),
    "one for all, spelled for each": (
        net(leaky(3), [[1, 0], [2, 0]], [[1, 1]]),
        net(own(3), [[1, 0]], [[3]]),
        claimed(rows([0, 0], 1, scale=[1, 2])),
    ),
    "a constant by its own slope": (
        net(own(2, 5), [[1, 1], [0, 0]], [[1, 1]], [0, -3]),
        net(own(2), [[1, 1]], [[1]], [0], [-15]),
        claimed(rows([0, -1], 1, constant=[0, -3])),
    ),
    "a ghost": (
        net(own(2, 5, 5), [[1, 1], [1, 0], [3, 0]], [[1, 0, 0]]),
        net(own(2), [[1, 1]], [[1]]),
        claimed(rows([0, 1, 1], 1, ghosts=1, scale=[1, 1, 3])),
    ),
    "a ghost for each slope": (
        net(own(2, 5, 4), [[1, 1], [1, 0], [3, 0]], [[1, 0, 0]]),
        net(own(2), [[1, 1]], [[1]]),
        claimed(rows([0, 1, 2], 1, ghosts=2)),
    ),
    "nothing left": (
        net(own(2, 5), [[0, 0], [0, 0]], [[1, 1]], [-1, -3]),
        net(own(2), [[0, 0]], [[0]], [0], [-17]),
        claimed(rows([-1, -1], 1, constant=[-1, -3])),
    ),
}
WRONG: Final = {
    "slopes in another order": (FIVE, net(own(-1, 2, "1/2"), KEPT, LAST), MERGED),
    "a changed slope": (FIVE, net(own(2, -1, "1/3"), KEPT, LAST), MERGED),
    "one for all": (FIVE, net(leaky(2), KEPT, LAST), MERGED),
    "other slopes than one for all": (
        net(leaky(3), [[1, 0], [2, 0]], [[1, 1]]),
        net(own(2), [[1, 0]], [[3]]),
        claimed(rows([0, 0], 1, scale=[1, 2])),
    ),
    "another row of the table": (FIVE, net(RELU, KEPT, LAST), MERGED),
    "another function altogether": (FIVE, net(clip(0, 1), KEPT, LAST), MERGED),
    "a block of two slopes, by the first": (
        net(own(2, 3), [[1, 0], [2, 0]], [[1, 1]]),
        net(own(2), [[1, 0]], [[3]]),
        claimed(rows([0, 0], 1, scale=[1, 2])),
    ),
    "a block of two slopes, by the second": (
        net(own(2, 3), [[1, 0], [2, 0]], [[1, 1]]),
        net(own(3), [[1, 0]], [[3]]),
        claimed(rows([0, 0], 1, scale=[1, 2])),
    ),
    "a block of two slopes, by one between": (
        net(own(2, 5), [[1, 0], [1, 0]], [[1, 1]]),
        net(own(3), [[1, 0]], [[2]]),
        claimed(rows([0, 0], 1)),
    ),
    "a reflection where another unit's slope is -1": (
        net(own(-1, 2, 2), [[1, 1], [1, 0], [-1, 0]], [[1, 1, 1]]),
        net(own(-1, 2), [[1, 1], [1, 0]], [[1, 2]]),
        claimed(rows([0, 1, 1], 2, scale=[1, 1, -1])),
    ),
    "a constant by another unit's slope": (
        net(own(2, 5), [[1, 1], [0, 0]], [[1, 1]], [0, -3]),
        net(own(2), [[1, 1]], [[1]], [0], [-6]),
        claimed(rows([0, -1], 1, constant=[0, -3])),
    ),
    "a ghost of two slopes": (
        net(own(2, 5, 4), [[1, 1], [1, 0], [3, 0]], [[1, 0, 0]]),
        net(own(2), [[1, 1]], [[1]]),
        claimed(rows([0, 1, 1], 1, ghosts=1, scale=[1, 1, 3])),
    ),
    "units that stay, with slopes in another order": (
        net(own(2, 5), [[1, 0], [0, 1]], [[1, 1]]),
        net(own(5, 2), [[1, 0], [0, 1]], [[1, 1]]),
        Certificate({}),
    ),
    "units that stay, with one for all": (
        net(own(2, 5), [[1, 0], [0, 1]], [[1, 1]]),
        net(leaky(2), [[1, 0], [0, 1]], [[1, 1]]),
        Certificate({}),
    ),
}
UNREAD: Final = ("a ghost of two slopes",)


@pytest.mark.parametrize("name", RIGHT)
def test_right_ones_pass(name: str) -> None:
    """They are accepted, and are the same at points."""
    original, reduced, certificate = RIGHT[name]
    assert at(original) == at(reduced)
    check(original, reduced, certificate)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_ones_do_not(name: str) -> None:
    """They are rejected, and differ somewhere, but for what nobody reads."""
    original, reduced, certificate = WRONG[name]
    if name not in UNREAD:
        assert at(original) != at(reduced)
    refused(original, reduced, certificate)


@pytest.mark.parametrize("made", [own(2, -1), own(2, -1, "1/2", 2), own(2, -1, "1/2", axis=-2)])
def test_as_many_as_units(made: Several) -> None:
    """One slope too few, one too many, or along another axis."""
    (node,) = [node for node in THREE.nodes if isinstance(node, Pointwise)]
    nodes = tuple(replace(n, activation=made) if n is node else n for n in THREE.nodes)  # type: ignore[type-var]
    with pytest.raises(LumpverError):
        check(FIVE, replace(THREE, nodes=nodes), MERGED)


def square(function: Activations, W: Any, last: Any, axis: int = -1) -> Network:
    """Units along the last axis of as many rows as there are units."""
    n = len(W)
    nodes = [
        linear("first", "x", "p", W, axis=axis),
        Pointwise("own", "p", "h", function),
        linear("last", "h", "y", last, axis=axis),
    ]
    return graph(*nodes, x=(2, 2), p=(2, n), h=(2, n), y=(2, len(last)))


def test_another_axis_that_is_as_long() -> None:
    """Slopes of rows are not those of columns, though there are as many."""
    order, eye = own(2, 5), [[1, 0], [0, 1]]
    before, turned = square(order, eye, eye), square(own(2, 5, axis=-2), eye, eye)
    point = {"x": np.array([[number(-1), number(-2)], [number(-3), number(-4)]], dtype=object)}
    values = [found.evaluate(point)["y"].tolist() for found in (before, turned)]
    assert values[0] != values[1]
    check(before, before, Certificate({}))
    check(turned, turned, Certificate({}))
    said = claimed(rows([1, 0], 2))
    swapped = [[0, 1], [1, 0]]
    check(before, square(own(5, 2), swapped, swapped), said)
    for one, other in ((before, turned), (turned, before)):
        refused(one, other, Certificate({}))
    refused(before, square(own(2, 5, axis=-2), swapped, swapped), said)
    refused(turned, square(own(2, 5, axis=-2), swapped, swapped), said)
    refused(turned, square(own(5, 2, axis=-2), swapped, swapped), said)


def clipped(functions: list[tuple[Any, Any]], last: Any, **options: Any) -> Network:
    """Two units from 0 to 1, and behind them these, each with its own Clip."""
    behind = options.get("behind", [[1, 0], [0, 1], [1, 1]])
    ends = [number(end) for pair in functions for end in pair]
    n = len(functions)
    nodes = [
        linear("first", "x", "a", [[1, 0], [0, 1]]),
        Pointwise("clip", "a", "c", clip(0, 1)),
        linear("second", "c", "p", behind),
        Pointwise("own", "p", "h", from_numbers("Clip", ends, -1)),
        linear("last", "h", "y", last),
    ]
    pair: Any = ("N", 2)
    return graph(*nodes, x=pair, a=pair, c=pair, p=("N", n), h=("N", n), y=("N", 1))


SUM: Final = claimed(rows([0, 1, -1], 2, mixed={2: {0: 1, 1: 1}}))
TWO: Final = [[1, 0], [0, 1]]


def test_a_sum_passes_where_each_passes_its_own() -> None:
    """Units from 0 to 1 pass Clips from 0 to 1, their sum one from 0 to 2."""
    original = clipped([(0, 1), (0, 1), (0, 2)], [[1, 1, 1]])
    reduced = clipped([(0, 1), (0, 1)], [[2, 2]], behind=TWO)
    assert at(original) == at(reduced)
    check(original, reduced, SUM)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([(0, 1), (0, 1), (0, 1)], [(0, 1), (0, 1)]),
        ([(0, 1), (0, "1/2"), (0, 2)], [(0, 1), (0, "1/2")]),
        ([(0, 1), (0, 1), (0, 2)], [(0, 1), (0, "1/2")]),
        ([(0, 1), (0, 1), (0, 2)], [(0, "1/2"), (0, 1)]),
        ([("1/2", 1), (0, 1), (0, 2)], [("1/2", 1), (0, 1)]),
    ],
)
def test_a_sum_does_not_pass_by_another_units(before: Any, after: Any) -> None:
    """The unit's own Clip, and that of each block in it, are asked."""
    original = clipped(before, [[1, 1, 1]])
    reduced = clipped(after, [[2, 2]], behind=TWO)
    refused(original, reduced, SUM)


def test_off_by_its_own() -> None:
    """A unit that is never positive is 0 behind its own slope 0, not behind another's."""

    def made(*slopes: Any) -> Network:
        nodes = [
            linear("first", "x", "a", TWO),
            Pointwise("relu", "a", "c", RELU),
            linear("second", "c", "p", [[-1, -2], [1, -1]]),
            Pointwise("own", "p", "h", own(*slopes)),
            linear("last", "h", "y", [[1, 1]]),
        ]
        pair: Any = ("N", 2)
        return graph(*nodes, x=pair, a=pair, c=pair, p=pair, h=pair, y=("N", 1))

    def small(slope: Any) -> Network:
        nodes = [
            linear("first", "x", "a", TWO),
            Pointwise("relu", "a", "c", RELU),
            linear("second", "c", "p", [[1, -1]]),
            Pointwise("own", "p", "h", own(slope)),
            linear("last", "h", "y", [[1]]),
        ]
        pair: Any = ("N", 2)
        return graph(*nodes, x=pair, a=pair, c=pair, p=("N", 1), h=("N", 1), y=("N", 1))

    said = claimed(rows([1, 0], 1, ghosts=1, off=(1,)))
    check(made(0, 2), small(2), said)
    refused(made(2, 0), small(0), said)
    refused(made("1/2", 2), small(2), said)
    assert at(made(0, 2)) == at(small(2))


SLOPES: Final = st.sampled_from([number(s) for s in (0, "1/2", 2, -1)])
FUNCTIONS: Final = st.lists(SLOPES, min_size=4, max_size=4).map(lambda some: own(*some))


@given(
    FUNCTIONS,
    st.lists(
        st.lists(st.integers(-1, 1), min_size=2, max_size=2).map(tuple), min_size=4, max_size=4
    ),
    st.lists(st.sampled_from([1, 2, 3]), min_size=4, max_size=4),
    st.data(),
)
def test_what_is_accepted_is_the_same(
    function: Several, directions: Any, scales: Any, data: st.DataObject
) -> None:
    """Reductions with slopes changed, shuffled or left: none that differs anywhere is accepted."""
    W = [[s * x for x in row] for s, row in zip(scales, directions, strict=True)]
    original = net(function, W, [[1, 2, 3, 5]], [1, 0, -1, 2])
    found = reduce(original)
    check(original, found.network, found.certificate)
    assert at(original) == at(found.network)
    places = [i for i, n in enumerate(found.network.nodes) if isinstance(n, Pointwise)]
    if not places:
        return
    node = found.network.nodes[places[0]]
    assert isinstance(node, Pointwise)
    assert isinstance(node.activation, Several)
    units = node.activation.functions
    other: Activations
    way = data.draw(st.sampled_from(["shuffled", "changed", "all"]))
    if way == "shuffled":
        other = Several(tuple(data.draw(st.permutations(units))), -1)
    elif way == "changed":
        place = data.draw(st.integers(0, len(units) - 1))
        slope = leaky(data.draw(SLOPES))
        other = Several((*units[:place], slope, *units[place + 1 :]), -1)
    else:
        some: list[Activation] = [*units, ABS, RELU]
        other = data.draw(st.sampled_from(some))
    nodes = list(found.network.nodes)
    nodes[places[0]] = replace(node, activation=other)
    changed = replace(found.network, nodes=tuple(nodes))
    try:
        check(original, changed, found.certificate)
    except Rejected:
        return
    assert at(original) == at(changed)
