"""Certificates with a network in between, attacked: it may be any, and both of its sides count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from flint import fmpq

from lumpver import Certificate, Network, check, leaky
from lumpver.checker.checking import established
from lumpver.checker.unfolding import leading, solved, unfolded
from lumpver.checker.walk import Walk
from lumpver.claim.closeness import EQUAL, Within
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.facts import Fact
from lumpver.claim.statement import Claim
from lumpver.errors import Rejected
from lumpver.exact.array import array, equal, rationals, zeros
from lumpver.exact.product import matmul
from lumpver.model.network import Linear
from lumpver.model.relabelling import Mixed, Relabelling, identity
from lumpver.model.renaming import aligned
from lumpver.model.segments import lumped
from lumpver.proving import Proved
from lumpver.proving.effort import budget
from lumpver.proving.nearing import nearing
from lumpver.reducing.reduction import reduce_by

if TYPE_CHECKING:
    from collections.abc import Callable

W1: Final = [[1, 2], [2, "4.01"], [-1, 1], [0, "0.01"]]  # the second is nearly twice the first
B1: Final = ["0.1", "0.2", "0.3", 1]  # the fourth is nearly 1
W2: Final = [[1, 1, -1, 1], [-1, 2, 1, -1], [1, -1, 1, 2]]
W3: Final = [[1, -1, 1]]
MODEL: Final = Network.from_layers([(W1, B1), (W2, [0, 0, 0]), (W3, [0])])
FACT: Final = Relabelling(np.array([0, 0, 1, -1]), array([1, 2, 1, 1]), array([0, 0, 0, 1]), 2)
BOX: Final = Boxes((Box.of({"x": [(-1, 1), (-1, 1)]}),))
NEAR: Final = Claim(BOX, Within("1/4"))


def smaller(second: Any = W2, third: Any = W3) -> tuple[Network, Certificate]:
    """A quotient of a network like the model, and the facts about it."""
    rows = [W1[0], [2, 4], W1[2], [0, 0]]
    like = Network.from_layers([(rows, B1), (second, [0, 0, 0]), (third, [0])])
    found = reduce_by(like, {"h1.pre": FACT})
    return found.network, Certificate(found.certificate.tensors)


def between(reduced: Network, facts: Certificate, *, model: Network = MODEL) -> Network:
    """The network in between."""
    return unfolded(Walk(model, aligned(reduced, model), facts), established)


def certified(reduced: Network, facts: Certificate, claim: Claim = NEAR) -> Certificate:
    """The certificate that a search finds."""
    middle = between(reduced, facts)
    boxes = [dict(box.ranges) for box in BOX.boxes]
    found = nearing(MODEL, middle, boxes, claim, budget())
    assert isinstance(found, Proved), found
    return replace(facts, claim=claim, covering=found.covering)


SMALL, FACTS = smaller()
FOUND: Final = certified(SMALL, FACTS)


def test_a_smaller_network_is_near() -> None:
    """It has fewer units, and what is claimed is checked, and what follows from that."""
    assert (MODEL.units, SMALL.units) == (7, 5)
    for eps in ("1/4", "1/2"):
        claim = Claim(BOX, Within(eps))
        checked = check(MODEL, SMALL, FOUND, claim=claim)
        assert (checked.units_before, checked.units_after, checked.claim) == (7, 5, claim)


def test_what_is_between_is_equal_to_the_smaller_one() -> None:
    """For all inputs, and what its units read is the original's where that is a choice."""
    middle = between(SMALL, FACTS)
    assert check(middle, SMALL, FACTS).units_after == 5
    for x in ([0, 0], ["1/3", -7], [100, 3]):
        assert middle(x) == SMALL(x)
    ours, theirs = ([n.W for n in net.nodes if isinstance(n, Linear)] for net in (MODEL, middle))
    assert ours[1] is not None
    assert theirs[1] is not None
    assert equal(ours[1][:, 1:], theirs[1][:, 1:]).all()


def test_without_what_is_between_it_does_not_show() -> None:
    """The pairs of the covering are none of the two networks."""
    with pytest.raises(Rejected, match="covering"):
        check(MODEL, SMALL, replace(FOUND, tensors={}), claim=NEAR)


def test_nothing_changed_but_numbers() -> None:
    """Without facts the two are of one shape, and need nothing in between."""
    other = Network.from_layers([(W1, B1), (W2, ["0.01", 0, 0]), (W3, [0])])
    boxes = [dict(box.ranges) for box in BOX.boxes]
    found = nearing(MODEL, other, boxes, NEAR, budget())
    assert isinstance(found, Proved)
    middle = between(other, Certificate({}))
    assert middle(["1/3", 5]) == other(["1/3", 5])
    plain = Certificate({}, claim=NEAR, covering=found.covering)
    assert check(MODEL, other, plain, claim=NEAR).units_after == 7


def test_another_smaller_network_is_not_near() -> None:
    """Attack: numbers of the smaller one are others, and what is between follows them."""
    other, facts = smaller(third=[[1, -1, "1.5"]])
    forged = replace(FOUND, tensors=facts.tensors)
    with pytest.raises(Rejected, match="closeness"):
        check(MODEL, other, forged, claim=NEAR)


def test_an_output_is_itself() -> None:
    """Attack: an output is said to be twice the other's; what is between is near all the same."""
    other, facts = smaller(third=[["1/2", "-1/2", "1/2"]])
    twice = Relabelling(np.array([0]), array([2]), zeros(1), 1)
    facts = replace(facts, tensors={**facts.tensors, "y": (Fact("y", twice),)})
    forged = replace(facts, claim=NEAR, covering=FOUND.covering)
    middle = between(other, facts)
    assert middle([1, 1]) == SMALL([1, 1])
    with pytest.raises(Rejected, match="output"):
        check(MODEL, other, forged, claim=NEAR)


def test_no_node_is_left_over() -> None:
    """Attack: the smaller one has a layer more than anything that is said of it."""
    extra = Linear("more", "h1", "more", SMALL.nodes[0].weights, axis=-1)  # type: ignore[union-attr]
    tensors = {**SMALL.tensors, "more": replace(SMALL.tensors["h1"], name="more")}
    other = replace(SMALL, nodes=(*SMALL.nodes, extra), tensors=tensors)
    with pytest.raises(Rejected, match="unpaired node"):
        check(MODEL, other, FOUND, claim=NEAR)


def test_activations_are_the_same() -> None:
    """Attack: the smaller one has another activation."""
    facts, layers = FACTS, [([[1, 2], [-1, 1]], ["0.1", "0.3"]), ([[1, 1]] * 3, [0] * 3), (W3, [0])]
    other = Network.from_layers(layers, activation=leaky("1/10"))
    with pytest.raises(Rejected, match="activation"):
        check(MODEL, other, replace(facts, claim=NEAR, covering=FOUND.covering), claim=NEAR)


SPOILED: Final[dict[str, tuple[str, Callable[[], Fact]]]] = {
    "a negative scale": (
        "activation",
        lambda: Fact("h1.pre", replace(FACT, scale=array([1, -2, 1, 1]))),
    ),
    "a scale of 0": (
        "activation",
        lambda: Fact("h1.pre", replace(FACT, scale=array([1, 0, 1, 1]))),
    ),
    "several entries": (
        "nearly",
        lambda: Fact(
            "h1.pre",
            replace(
                FACT,
                block=np.array([0, -1, 1, -1]),
                mixed=Mixed.of([(1, 0, fmpq(1)), (1, 1, fmpq(1))]),
            ),
        ),
    ),
    "ghosts": (
        "nearly",
        lambda: Fact("h1.pre", replace(FACT, block=np.array([0, 0, 1, 2]), ghosts=1)),
    ),
    "a block without a unit": (
        "nearly",
        lambda: Fact("h1.pre", replace(FACT, block=np.array([0, 0, 0, -1]))),
    ),
    "no counterpart": ("counterpart", lambda: Fact(None, FACT)),
    "another counterpart": ("affine", lambda: Fact("h2.pre", FACT)),
    "too many units": (
        "affine",
        lambda: Fact("h1.pre", replace(identity(5), block=np.array([0, 0, 1, 1, 1]), width=2)),
    ),
    "too few columns": (
        "affine",
        lambda: Fact("h1.pre", replace(FACT, block=np.array([0, 0, 0, -1]), width=1)),
    ),
    "forms": ("nearly", lambda: Fact("h1.pre", since="x")),
}


@pytest.mark.parametrize(("rule", "fact"), SPOILED.values(), ids=SPOILED)
def test_facts_are_refused(rule: str, fact: Callable[[], Fact]) -> None:
    """Facts that nothing in between has."""
    forged = replace(FOUND, tensors={"h1.pre": (fact(),)})
    with pytest.raises(Rejected) as error:
        check(MODEL, SMALL, forged, claim=NEAR)
    assert error.value.rule == rule


def test_a_tensor_has_one_fact() -> None:
    """What is between has one number for each weight."""
    forged = replace(FOUND, tensors={"h1.pre": (Fact("h1.pre", FACT),) * 2})
    with pytest.raises(Rejected, match="facts"):
        check(MODEL, SMALL, forged, claim=NEAR)


def test_it_shows_nothing_for_all_inputs() -> None:
    """Attack: equality, or another domain, is claimed by the same facts."""
    with pytest.raises(Rejected):
        check(MODEL, SMALL, replace(FOUND, claim=Claim(BOX, EQUAL)), claim=Claim(BOX, EQUAL))
    everywhere = Claim(closeness=Within("1/4"))
    with pytest.raises(Rejected):
        check(MODEL, SMALL, replace(FOUND, claim=everywhere), claim=everywhere)


def test_a_layer_may_vanish() -> None:
    """All of its units are constants: what reads them is a constant, too."""
    flat = Relabelling(np.full(4, -1), np.ones(4), array([1, 2, 0, 1]), 0)
    like = Network.from_layers([([[0, 0]] * 4, [1, 2, 0, 1]), (W2, [0, 0, 0]), (W3, [0])])
    found = reduce_by(like, {"h1.pre": flat})
    facts = Certificate(found.certificate.tensors)
    middle = between(found.network, facts)
    assert check(middle, found.network, facts).units_after == found.network.units
    assert middle([3, 4]) == found.network([3, 4])


def test_leading_units() -> None:
    """Of scale 1 where there is one."""
    assert leading(FACT).tolist() == [0, 2]
    assert leading(replace(FACT, scale=array([2, 1, 3, 1]))).tolist() == [1, 2]


@pytest.mark.parametrize("seed", range(6))
def test_solved(seed: int) -> None:
    """V M = M' W' and V k + b = M' b' + k', whatever the numbers are."""
    random = np.random.default_rng(seed)

    def drawn(units: int) -> Relabelling:
        block = random.permutation(np.array([0, 1, 1, -1, 0, 1, -1, 0])[:units])
        scale = array([int(x) for x in random.integers(1, 5, units)])
        constant = [
            int(x) if b < 0 else 0
            for x, b in zip(random.integers(-3, 3, units), block, strict=True)
        ]
        return Relabelling(block, scale, array(constant), 2)

    given, made = drawn(7), drawn(6)
    W, theirs = random.integers(-5, 5, (6, 7)) / 4, random.integers(-5, 5, (2, 2)) / 8
    biases = random.integers(-5, 5, 2) / 2
    V, b = solved(W, given, made, theirs, biases)
    M = rationals(zeros(6, 2)).copy()
    for unit in np.flatnonzero(made.block >= 0):
        M[unit, made.block[unit]] = rationals(made.scale)[unit]
    assert equal(lumped(V, given), matmul(M, rationals(theirs))).all()
    constant = rationals(V) @ rationals(given.constant) + rationals(b)
    assert equal(constant, M @ rationals(biases) + rationals(made.constant)).all()
