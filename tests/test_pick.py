"""Picks and Concats: what they compute, what checks, what must not, and what goes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from joined_graphs import joined_graph
from small_networks import graph

from lumpver import prove, reduce
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed, NotRational, Rejected, ShapeMismatch
from lumpver.exact.array import array
from lumpver.io.json.reading import read
from lumpver.io.json.writing import write
from lumpver.model.activations import RELU
from lumpver.model.join import Join
from lumpver.model.network import Linear, Network, Opaque, Pick, Pointwise, linear
from lumpver.model.pick import behind, value
from lumpver.model.relabelling import Relabelling
from lumpver.proving import Proved, Refuted
from lumpver.trial.auditing.parts import put_together, taken_apart


def pick(*places: int, axis: int = -1, source: str = "r", target: str = "p") -> Pick:
    """A pick along one axis."""
    return Pick(target, source, target, ((axis, places),))


def hidden(last: Pick, H: Any, C: Any = None) -> Network:
    """y = C (some of ReLU(H x)), where rows of H are weights and a bias."""
    count = len(H)
    made = len(last.places[0][1])
    C = [[*range(1, made + 1)]] if C is None else C
    nodes = (
        linear("h", "x", "h", [row[:-1] for row in H], [row[-1] for row in H]),
        Pointwise("r", "h", "r", RELU),
        last,
        linear("y", "p", "y", C),
    )
    shapes = {"x": (2,), "h": (count,), "r": (count,), "p": (made,), "y": (len(C),)}
    return graph(*nodes, **shapes)


H = [[1, 2, 3], [2, 4, 6], [0, 0, 5], [1, -1, 0], [3, 0, 1]]


@pytest.mark.parametrize(
    ("places", "left"),
    [
        ((0, 1, 2, 3, 4), 3),
        ((0, 1), 1),
        ((1, 0), 1),
        ((1,), 1),
        ((3, 4), 2),
        ((4, 3), 2),
        ((3, 3, 0), 2),
        ((2, 3), 1),
        ((4, 1, 1, 2), 2),
    ],
)
def test_what_is_not_picked_goes(places: tuple[int, ...], left: int) -> None:
    """And multiples and constants do, as everywhere; in every format, and proved."""
    network = hidden(pick(*places), H)
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert found.network.width["h"] == left
    for point in ([1, -1], [2, 5], [-3, "1/7"]):
        assert found.network(point) == network(point)
    assert isinstance(prove(network, found.network), Proved)
    for again in (read(write(network), where="y.json"), put_together(taken_apart(network))):
        assert again.digest == network.digest
        assert again([5, "1/3"]) == network([5, "1/3"])
    assert reduce(found.network).network.parameters == found.network.parameters


def test_nothing_is_picked_where_all_that_is_left_is() -> None:
    """The node goes: it would do nothing."""
    found = reduce(hidden(pick(0, 1, 2), H)).network
    assert not any(isinstance(node, Pick) for node in found.nodes)


def test_units_that_are_picked_for_an_output_stay() -> None:
    """They alone, whatever they are multiples of."""
    nodes = hidden(pick(1, 2), H).nodes[:3]
    network = graph(*nodes, outputs="p", x=(2,), h=(5,), r=(5,), p=(2,))
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert found.network.width["h"] == 2
    assert found.network([7, 1]) == network([7, 1])
    strange = graph(
        *nodes, Opaque("o", "Foo", ("p",), ("z",)), outputs="z", x=(2,), h=(5,), r=(5,), p=(2,)
    )
    assert reduce(strange).network.width["h"] == 2


def claimed(block: list[int], scale: list[Any], constant: Any, **options: Any) -> Certificate:
    """A certificate that relabels h."""
    given = {"width": max(block) + 1} | options
    found = Relabelling(np.array(block), array(scale), array(constant), **given)
    return Certificate({"h": (Fact("h", found),)})


OURS = hidden(pick(1, 3, 2), H, [[1, 3, 3]])
THEIRS = hidden(pick(0, 1), [H[0], H[3]], [[2, 3]])
THEIRS = replace(THEIRS, nodes=(*THEIRS.nodes[:3], linear("y", "p", "y", [[2, 3]], [15])))
SAID = claimed([0, 0, -1, 1, 2], [1, 2, 1, 1, 1], [0, 0, 5, 0, 0], width=2, ghosts=1)


def test_the_honest_certificate_is_accepted() -> None:
    """What the attacks below start from: unit 4 is not picked, and not there."""
    assert check(OURS, THEIRS, SAID)


def spoilt(node: Any) -> Network:
    """The counterpart with another pick."""
    return replace(THEIRS, nodes=(*THEIRS.nodes[:2], node, *THEIRS.nodes[3:]))


ATTACKS: Any = {
    "other places": (spoilt(pick(1, 0)), SAID),
    "one place twice": (spoilt(pick(0, 0)), SAID),
    "a place that is not there": (spoilt(pick(0, 5)), SAID),
    "the input of the activation": (spoilt(pick(0, 1, source="h")), SAID),
    "too few": (
        replace(THEIRS, nodes=(*THEIRS.nodes[:2], pick(0), linear("y", "p", "y", [[2]], [15]))),
        SAID,
    ),
    "no pick": (spoilt(Pointwise("p", "r", "p", RELU)), SAID),
    "nothing done, by weights that do something": (
        spoilt(Linear("p", "r", "p", linear("", "", "", [2, 1]).weights)), SAID,
    ),
    "the places of the original": (spoilt(pick(1, 3, 2)), SAID),
    "a scale that is not its": (
        THEIRS, claimed([0, 0, -1, 1, 2], [1, 1, 1, 1, 1], [0, 0, 5, 0, 0], width=2, ghosts=1),
    ),
    "another unit in the place of one that is picked": (
        THEIRS, claimed([0, 0, -1, 2, 1], [1, 2, 1, 1, 1], [0, 0, 5, 0, 0], width=2, ghosts=1),
    ),
    "a constant that is none": (
        THEIRS, claimed([0, -1, -1, 1, 2], [1, 1, 1, 1, 1], [0, 5, 5, 0, 0], width=2, ghosts=1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_what_a_pick_rests_on_is_checked(name: str) -> None:
    """Each premise, wrong by itself."""
    theirs, said = ATTACKS[name]
    with pytest.raises((Rejected, ShapeMismatch)):
        check(OURS, theirs, said)


def test_other_places_of_another_axis_are_rejected() -> None:
    """Where units are relabelled, and where they are not."""

    def network(*places: int) -> Network:
        both = Pick("p", "r", "p", ((-2, (0, 1)), (-1, places)))
        made = linear("h", "x", "h", [[1], [2]], axis=-2)
        last = linear("y", "p", "y", [[1, 1]], axis=-2)
        shapes = {
            "x": (1, 3),
            "h": (2, 3),
            "r": (2, 3),
            "p": (2, len(places)),
            "y": (1, len(places)),
        }
        return graph(made, Pointwise("r", "h", "r", RELU), both, last, **shapes)

    ours = network(0, 2)
    found = reduce(ours)
    assert found.network.width["h"] == 1
    assert check(ours, found.network, found.certificate)
    other = reduce(network(0, 1)).network
    with pytest.raises(Rejected, match="pick"):
        check(ours, other, found.certificate)
    with pytest.raises(Rejected, match="pick"):
        check(ours, network(0, 1), Certificate({}))
    assert isinstance(prove(ours, network(0, 1)), Refuted)
    assert isinstance(prove(ours, found.network), Proved)


def beside(axis: int = -1, *, order: str = "rs", twice: bool = False) -> Network:
    """Two hidden layers side by side, or one below the other, read together."""
    count = 3 if twice else 2
    nodes = (
        linear("h", "x", "h", [[1, 2], [2, 4], [0, 0]], [3, 6, 5]),
        Pointwise("r", "h", "r", RELU),
        linear("g", "x", "g", [[1, 0], [0, 0], [3, 0]], [1, 7, 3]),
        Pointwise("s", "g", "s", RELU),
        Join("c", (*order, *("r" if twice else "")), "c", "Concat", axis),
        linear(
            "y", "c", "y", [list(range(1, 7 if not twice else 10))] if axis == -1 else [[1, 2, 3]]
        ),
    )
    count = 3 if twice else 2
    shape = (1, 3 * count) if axis == -1 else (count, 3)
    hid = dict.fromkeys("hrgs", (1, 3))
    return graph(*nodes, x=(1, 2), c=shape, y=(shape[0], 1), **hid)


@pytest.mark.parametrize(
    ("network", "left"),
    [
        (beside(), (1, 1)),
        (beside(order="sr"), (1, 1)),
        (beside(twice=True), (1, 1)),
        (beside(axis=-2), (3, 3)),
    ],
)
def test_units_go_from_each_operand_of_a_concat(network: Network, left: tuple[int, int]) -> None:
    """Side by side by themselves; one below the other only where both agree."""
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert (found.network.width["h"], found.network.width["g"]) == left
    for point in ([[1, -1]], [[2, 5]], [[-3, "1/7"]]):
        assert found.network(point) == network(point)
    assert isinstance(prove(network, found.network), Proved)


def test_operands_of_a_concat_in_another_order_are_rejected() -> None:
    """Whatever the widths are."""
    ours, theirs = beside(), beside(order="sr")
    with pytest.raises(Rejected, match="to read"):
        check(ours, theirs, Certificate({}))
    first, second = reduce(ours), reduce(theirs)
    with pytest.raises(Rejected):
        check(ours, second.network, first.certificate)
    assert isinstance(prove(ours, theirs), Refuted)


def test_operands_of_a_concat_below_each_other_share_one_relabelling() -> None:
    """Multiples and constants in both, alike."""
    H = [[1, 2], [2, 4], [0, 0]], [3, 6, 5]
    nodes = list(beside(axis=-2).nodes)
    nodes[2] = linear("g", "x", "g", [[1, 1], [2, 2], [0, 0]], [0, 0, 5])
    nodes[0] = linear("h", "x", "h", *H)
    network = replace(beside(axis=-2), nodes=tuple(nodes))
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert found.network.width["h"] == found.network.width["g"] == 1
    nodes[2] = linear("g", "x", "g", [[1, 1], [2, 2], [0, 0]], [0, 0, 4])
    other = replace(network, nodes=tuple(nodes))
    again = reduce(other)
    assert check(other, again.network, again.certificate)
    assert again.network.width["h"] == 2


def test_an_operand_of_a_concat_may_be_left_out() -> None:
    """By a counterpart that has nothing of it; of one that is left alone nothing is to join."""
    nodes = list(beside().nodes)
    nodes[2] = linear("g", "x", "g", [[0, 0], [0, 0], [0, 0]], [1, 7, 3])
    ours = replace(beside(), nodes=tuple(nodes))
    constant = Relabelling(np.array([-1, -1, -1]), np.ones(3), array([1, 7, 3]), 0)
    said = Certificate({"g": (Fact(None, constant),)})
    last = linear("y", "r", "y", [[1, 2, 3]], [4 * 1 + 5 * 7 + 6 * 3])
    theirs = graph(*nodes[:2], last, x=(1, 2), h=(1, 3), r=(1, 3), y=(1, 1))
    assert check(ours, theirs, said)
    wrong = replace(theirs, nodes=(*theirs.nodes[:2], replace(last, b=array([56]))))
    with pytest.raises(Rejected, match="affine"):
        check(ours, wrong, said)
    elsewhere = replace(theirs, nodes=(*theirs.nodes[:2], replace(last, input="h")))
    with pytest.raises(Rejected):
        check(ours, elsewhere, said)


def test_places_are_shaped_and_refused() -> None:
    """What no pick is, and what does not fit."""
    assert behind(pick(2, 0, axis=-2), ("N", 3, None)) == ("N", 2, None)
    assert behind(pick(2, 0), None) is None
    assert value(pick(2, 0, 2), np.array([5.0, 6.0, 7.0])).tolist() == [7, 5, 7]
    for places in ((), ((0, (1,)),), ((-1, ()),), ((-1, (-1,)),), ((-1, (0,)), (-2, (0,)))):
        with pytest.raises(Malformed):
            Pick("p", "r", "p", places)
    for shape in ((2,), ("N", 2), ()):
        with pytest.raises(ShapeMismatch):
            behind(pick(2), shape)


@pytest.mark.parametrize("seed", range(80))
def test_random_joins_and_picks_compute_the_same(seed: int) -> None:
    """Reduced, checked, evaluated exactly, and proved by the two networks alone, or not."""
    network = joined_graph(seed)
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    rng = np.random.default_rng(seed)
    shape = [2 if size == "N" else size for size in network.inputs[0].shape or ()]
    for _ in range(3):
        point = rng.integers(-5, 6, shape)
        try:
            assert network(point) == found.network(point)
        except NotRational:
            break
    assert not isinstance(prove(network, found.network, effort=2000), Refuted)
