"""Several facts about one tensor: each reader names the one that it uses, and each is checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from relabellings import rows
from several_facts import BOTH, ONE, STAYS, smaller, told_twice, twins
from small_networks import graph

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array
from lumpver.model.activations import RELU
from lumpver.model.network import Network, Opaque, Pointwise, Rearrange, linear
from lumpver.model.relabelling import identity
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import LUMPING
from lumpver.theory.examples import EXAMPLES, Example

Facts = dict[str, tuple[Fact, ...]]


def said(**entries: tuple[Fact, ...]) -> Certificate:
    """A certificate of these facts."""
    return Certificate(entries)


def rejected(original: Network, reduced: Network, certificate: Certificate) -> Rejected:
    """The rejection, which must come."""
    with pytest.raises(Rejected) as caught:
        check(original, reduced, certificate)
    return caught.value


RIGHT: Final[dict[str, Facts]] = {
    "two facts, each with its reader": STAYS,
    "in the other order": {
        "p": (Fact("p", BOTH), Fact("p")),
        "a": (Fact("a"), Fact("a", uses=1)),
        "q": (Fact("q", ONE),),
    },
    "turned at the activation": STAYS | {
        "a": (Fact("a", uses=1), Fact("a")),
        "q": (Fact("q", ONE),),
    },
    "the identity said": STAYS | {"p": (Fact("p", identity(2)), Fact("p", BOTH))},
    "one that nobody uses": STAYS | {
        "p": (Fact("p"), Fact("p", BOTH), Fact("p", rows([1, 0], 2))),
        "a": (Fact("a"), Fact("a", uses=1), Fact("a", uses=2)),
    },
    "one that ends before the activation": STAYS | {
        "p": (Fact("p"), Fact("p", BOTH), Fact("p", rows([1, 1], 2))),
    },
    "twice the same": STAYS | {
        "q": (Fact("q", ONE, uses=1), Fact("q", ONE, uses=1)),
        "b": (Fact("b", uses=1),),
    },
    "read twice": STAYS | {"a": (Fact("a"), Fact("a", uses=1), Fact("a", uses=1)),
                           "q": (Fact("q", ONE, uses=2),)},
}  # fmt: skip


@pytest.mark.parametrize("read", ["graph", "opaque"])
@pytest.mark.parametrize("facts", RIGHT.values(), ids=RIGHT)
def test_each_reader_uses_its_fact(facts: Facts, read: str) -> None:
    """Outputs and opaque nodes need the identity, where it stands does not matter."""
    check(twins(read=read), smaller(read=read), Certificate(facts))


def test_either_unit_may_be_read() -> None:
    """The fact says which: here both are the second."""
    found = STAYS | {"p": (Fact("p"), Fact("p", rows([1, 1], 2)))}
    check(twins(), smaller([[0, 1]]), Certificate(found))
    assert rejected(twins(), smaller(), Certificate(found)).rule == "affine"


WRONG: Final[dict[str, tuple[Facts, str]]] = {
    "the first fact": ({"q": (Fact("q", ONE),)}, "affine"),
    "a fact that is not there": ({"q": (Fact("q", ONE, uses=2),)}, "facts"),
    "a fact that the activation dropped": ({"a": (Fact("a"),)}, "facts"),
    "said of nothing": ({"a": ()}, "tensor"),
    "one from another fact": ({"a": (Fact("a"), Fact("a"))}, "affine"),
    "from a fact of nobody": ({"a": (Fact("a"), Fact("a", uses=9))}, "facts"),
    "silence is the first": ({"p": (Fact("p", BOTH), Fact("p")), "a": (Fact("a"),),
                              "q": (Fact("q", ONE),)}, "output"),
    "another counterpart": ({"a": (Fact("a"), Fact("b", uses=1))}, "activation"),
    "a counterpart that is none": ({"a": (Fact("a"), Fact("p", uses=1))}, "activation"),
    "no counterpart": ({"a": (Fact("a"), Fact(None, uses=1))}, "activation"),
    "a wrong scale": ({"p": (Fact("p"), Fact("p", rows([0, 0], 2, scale=[1, 2])))}, "affine"),
    "a wrong constant": (
        {"p": (Fact("p"), Fact("p", rows([0, -1], 2, constant=[0, 1])))}, "constant"),
    "too few columns": ({"p": (Fact("p"), Fact("p", ONE))}, "affine"),
    "too many columns": ({"p": (Fact("p"), Fact("p", rows([0, 0], 3)))}, "affine"),
    "too many units": ({"p": (Fact("p"), Fact("p", rows([0, 0, 0], 2)))}, "affine"),
    "a relabelling behind an activation": ({"a": (Fact("a"), Fact("a", BOTH))}, "tensor"),
    "a wrong one that nobody uses": (
        {"p": (*STAYS["p"], Fact("p", rows([0, 1], 2, scale=[1, 2])))}, "affine"),
    "a wrong one behind the activation": (
        {"a": (*STAYS["a"], Fact("b", uses=1))}, "activation"),
    "the graph's input": ({"x": (Fact("x"),)}, "tensor"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "rule"), WRONG.values(), ids=WRONG)
def test_every_fact_is_checked(change: Facts, rule: str) -> None:
    """Also one that no reader uses, and none stands for another."""
    assert rejected(twins(), smaller(), Certificate(STAYS | change)).rule == rule


def test_the_second_fact_must_be_true() -> None:
    """Where a2 = 2 a1, both are not column 0."""
    ours, theirs = twins(second=(1, 2)), smaller(second=(1, 2))
    assert rejected(ours, theirs, Certificate(STAYS)).rule == "affine"
    scaled = STAYS | {"p": (Fact("p"), Fact("p", rows([0, 0], 2, scale=[1, 2])))}
    error = rejected(ours, theirs, Certificate(scaled))
    assert (error.rule, error.layer) == ("affine", "q")  # ReLU(2a - 1) is no multiple


@pytest.mark.parametrize(("read", "rule"), [("graph", "output"), ("opaque", "opaque node")])
def test_somebody_needs_the_identity(read: str, rule: str) -> None:
    """An output or opaque node is not served by any number of relabellings."""
    facts: Facts = {
        "p": (Fact("p", BOTH), Fact("p", rows([1, 1], 2))),
        "a": (Fact("a"), Fact("a", uses=1)),
        "q": (Fact("q", ONE),),
    }
    error = rejected(twins(read=read), smaller(read=read), Certificate(facts))
    assert (error.rule, error.layer) == (rule, "a")


@pytest.mark.parametrize(
    "facts",
    [(Fact("z"), Fact("z")), (Fact("z"), Fact("nowhere")), (Fact("z", uses=1),)],
)
def test_an_opaque_output_has_one_fact(facts: tuple[Fact, ...]) -> None:
    """More was once believed unread, and may speak of anything."""
    ours, theirs = twins(read="opaque"), smaller(read="opaque")
    check(ours, theirs, Certificate(STAYS | {"z": (Fact("z"),)}))
    assert rejected(ours, theirs, Certificate(STAYS | {"z": facts})).rule == "facts"


def test_every_opaque_output_has_one_fact() -> None:
    """Also the second of a node."""
    node = Opaque("o", "Split", ("x",), ("s", "y"), b"content")
    network = graph(node, x=(2,), outputs="s y")
    check(network, network, said(s=(Fact("s"),), y=(Fact("y"),)))
    for facts in ((Fact("y"), Fact("y")), (Fact("y", uses=1),), (Fact("s"),)):
        rejected(network, network, said(y=facts))


def two_ways() -> Network:
    """The reduced network of the twins that has both a: one for each reader."""
    return graph(
        linear("A", "x", "p", [[1], [1]]),
        Pointwise("r", "p", "a", RELU),
        linear("A1", "x", "p1", [[1]]),
        Pointwise("r1", "p1", "a1", RELU),
        linear("B", "a1", "q", [[1]], [-1]),
        Pointwise("s", "q", "b", RELU),
        linear("C", "b", "y", [[2]]),
        x=("N", 1),
        y=("N", 1),
        a=("N", 2),
        outputs="y a",
    )


def test_two_counterparts() -> None:
    """A tensor may have one for each reader, each made as it is."""
    facts: Facts = {
        "p": (Fact("p"), Fact("p1", ONE)),
        "a": (Fact("a"), Fact("a1", uses=1)),
        "q": (Fact("q", ONE, uses=1),),
    }
    check(twins(), two_ways(), Certificate(facts))
    for change in (
        {"q": (Fact("q", ONE),)},
        {"a": (Fact("a"), Fact("a1"))},
        {"a": (Fact("a"), Fact("a", uses=1))},
        {"a": (Fact("a1", uses=1), Fact("a"))},
        {"p": (Fact("p"), Fact("p1", BOTH))},
        {"p": (Fact("p"), Fact("p", ONE))},
        {"p": (Fact("p"),), "a": (Fact("a"),), "q": (Fact("q", ONE),)},
    ):
        rejected(twins(), two_ways(), Certificate(facts | change))


def test_both_counterparts_may_be_the_identity() -> None:
    """An output is the one of its name, wherever it stands; opaque nodes read any."""
    ours = graph(
        linear("A", "x", "p", [[1]]), Pointwise("r", "p", "y", RELU),
        Opaque("o", "Foo", ("y",), ("z",)), outputs="y z", x=(1,),
    )  # fmt: skip
    theirs = graph(
        linear("A", "x", "p", [[1]]), Pointwise("r", "p", "y", RELU),
        linear("A1", "x", "p1", [[1]]), Pointwise("r1", "p1", "y1", RELU),
        Opaque("o", "Foo", ("y1",), ("z",)), outputs="y z", x=(1,),
    )  # fmt: skip
    both = said(p=(Fact("p1"), Fact("p")), y=(Fact("y1"), Fact("y", uses=1)))
    check(ours, theirs, both)
    assert rejected(ours, theirs, said(p=(Fact("p1"),), y=(Fact("y1"),))).rule == "output"
    assert rejected(ours, theirs, said()).rule == "opaque node"


def rearranged(target: Any, *, merged: bool) -> Network:
    """A reshape and a transposition between the twins and their readers."""
    weights, last = ([[1, 0]], [[2]]) if merged else (np.eye(2), [[1, 1]])
    return graph(
        linear("A", "x", "p", [[1], [1]]),
        Pointwise("r", "p", "a", RELU),
        Rearrange("f", "a", "f", "Reshape", target),
        Rearrange("t", "f", "t", "Transpose", (0, 2, 1)),
        linear("B", "t", "q", weights, [-1] * len(last[0]), axis=-2),
        Pointwise("s", "q", "b", RELU),
        linear("C", "b", "y", last, axis=-2),
        x=("N", 1),
        outputs="y t",
    )


MOVED: Final[Facts] = {
    "p": (Fact("p"), Fact("p", BOTH)),
    "a": (Fact("a"), Fact("a", uses=1)),
    "f": (Fact("f"), Fact("f", uses=1)),
    "t": (Fact("t"), Fact("t", uses=1)),
    "q": (Fact("q", ONE, uses=1),),
}


def test_rearrangements_carry_each_fact() -> None:
    """The unit axis goes along, in each fact for itself."""
    ours, theirs = (rearranged((-1, 1, 2), merged=merged) for merged in (False, True))
    check(ours, theirs, Certificate(MOVED))
    for change in (
        {"t": (Fact("t"),)},
        {"t": (Fact("t"), Fact("t"))},
        {"t": (Fact("t"), Fact("f", uses=1))},
        {"f": (Fact("f"), Fact("f", uses=2))},
        {"f": (Fact("f"), Fact("a", uses=1))},
        {"q": (Fact("q", ONE),)},
    ):
        rejected(ours, theirs, Certificate(MOVED | change))


def test_rearrangements_that_mix_units() -> None:
    """Pass the identity, and no other fact."""
    ours, theirs = (rearranged((-1, 2, 1), merged=merged) for merged in (False, True))
    turned = replace(
        ours, nodes=tuple(n for n in ours.nodes if n.name not in "BsC"), outputs=ours.outputs[1:]
    )
    check(turned, turned, said(p=(Fact("p"),)))
    mixing = graph(
        linear("A", "x", "p", [[1], [1]]), Rearrange("f", "p", "y", "Reshape", (-1, 1)),
        x=("N", 1),
    )  # fmt: skip
    two = {"p": (Fact("p"), Fact("p", BOTH))}
    check(mixing, mixing, Certificate(two))
    wrong = two | {"y": (Fact("y"), Fact("y", uses=1))}
    assert rejected(mixing, mixing, Certificate(wrong)).rule == "rearrangement"
    assert rejected(ours, theirs, Certificate(MOVED)).rule in {"affine", "unit axis"}


def test_each_fact_has_its_bounds() -> None:
    """A combination of units that never switch beside the identity, through one activation."""

    def network(*weights: Any, last: Any) -> Network:
        return graph(
            linear("A", "x", "p", [[1], [-1]]), Pointwise("r", "p", "a", RELU),
            linear("B", "a", "q", weights), Pointwise("s", "q", "b", RELU),
            linear("C", "b", "y", last), x=("N", 1), outputs="y b",
        )  # fmt: skip

    sums = rows([0, 1, -1], 3, mixed={2: {0: 1, 1: 1}})
    units = [1, 0], [0, 1], [1, 1]
    ours, theirs = network(*units, last=[[1, 1, 1]]), network(*units, last=[[2, 2, 0]])
    facts: Facts = {"q": (Fact("q"), Fact("q", sums)), "b": (Fact("b"), Fact("b", uses=1)),
                    "y": (Fact("y", uses=1),)}  # fmt: skip
    check(ours, theirs, Certificate(facts))
    assert rejected(ours, theirs, Certificate(facts | {"y": (Fact("y"),)})).rule == "affine"
    shifted = ([1, -1], [0, 1], [1, 0])
    ours, theirs = network(*shifted, last=[[1, 1, 1]]), network(*shifted, last=[[2, 2, 0]])
    assert rejected(ours, theirs, Certificate(facts)).rule == "activation"


def vanishing(width: int, *, first: bool) -> tuple[Network, Network, Facts]:
    """Units merged along one axis; all are constants along the other, so that nothing is left."""
    ours = graph(
        linear("a", "x", "t", [[1, 0], [2, 0]], axis=-2), Pointwise("r", "t", "a", RELU),
        linear("b", "a", "s", [[0, 0, 0]], [1]), Pointwise("q", "s", "h", RELU),
        linear("c", "h", "y", [[5]], [2]), x=(2, 3), y=(2, 1),
    )  # fmt: skip
    theirs = graph(
        linear("a1", "x", "t1", [[1, 0]], axis=-2), Pointwise("r1", "t1", "a1", RELU),
        linear("a2", "x", "t2", [[1, 0], [2, 0]], axis=-2), Pointwise("r2", "t2", "a2", RELU),
        linear("c", "a1" if first else "a2", "y", [[0] * width], [7]), x=(2, 3), y=(2, 1),
    )  # fmt: skip
    facts: Facts = {
        "t": (Fact("t1", rows([0, 0], 1, scale=[1, 2])), Fact("t2")),
        "a": (Fact("a1"), Fact("a2", uses=1)),
        "s": (Fact(None, rows([-1], 0, constant=[1]), uses=1),),
        "h": (Fact(None),),
    }
    return ours, theirs, facts


def test_what_has_vanished_keeps_its_other_axes() -> None:
    """Below a fact that is narrower along another axis an output is narrower, too."""
    ours, theirs, facts = vanishing(3, first=False)
    check(ours, theirs, Certificate(facts))
    ours, theirs, facts = vanishing(3, first=True)
    point = {"x": array([[1, 2, 3], [4, 5, 6]])}
    assert ours.evaluate(point)["y"].shape != theirs.evaluate(point)["y"].shape
    error = rejected(ours, theirs, Certificate(facts))
    assert (error.rule, error.layer) == ("affine", "y")
    through_the_other = facts | {"s": (Fact(None, rows([-1], 0, constant=[1])),)}
    assert rejected(ours, theirs, Certificate(through_the_other)).rule == "unit axis"


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda e: e.name)
def test_what_is_right_may_be_said_twice(example: Example) -> None:
    """And is wrong where the second time a relabelling is left out or scaled."""
    found = reduce(example.network, rules=LUMPING)
    facts = told_twice(example.network, found.certificate)
    check(example.network, found.network, Certificate(facts))
    for name, (first, second) in facts.items():
        claim = second.relabelling
        if claim is None or claim.is_identity:
            continue
        for other in (None, replace(claim, constant=array([1] * claim.units)),
                      replace(claim, scale=array([-3] * claim.units))):  # fmt: skip
            if other is not None and (claim.fixed | (claim.block >= claim.width)).all():
                continue
            spoilt = facts | {name: (first, replace(second, relabelling=other))}
            rejected(example.network, found.network, Certificate(spoilt))
