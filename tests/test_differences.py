"""Differences of equal tensors: 0 whatever is read, and only where they are equal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from small_networks import graph

from lumpver import prove, reduce
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array
from lumpver.model.activations import RELU, Activation
from lumpver.model.copies import leads
from lumpver.model.join import Join
from lumpver.model.network import Linear, Network, Opaque, Pick, Pointwise, linear
from lumpver.model.relabelling import identity
from lumpver.proving import Proved, Refuted

W, B = [[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]], [1.0, 0.0, 2.0]
V = [[1.0, -1.0, 2.0], [0.5, 0.0, 1.0]]


def twice(*, first: Any = W, bias: Any = B, last: Any = V, act: Any = RELU, operator: Any = "Sub",
          read: str = "x") -> Network:  # fmt: skip
    """y = f(x) - g(x), where f is ReLU between two layers and g as it is told."""
    nodes = (
        linear("h", "x", "h", W, B),
        Pointwise("r", "h", "r", RELU),
        linear("a", "r", "a", V),
        linear("g", read, "g", first, bias),
        Pointwise("s", "g", "s", act),
        linear("b", "s", "b", last),
        Join("y", ("a", "b"), "y", operator),
    )
    wide = dict.fromkeys("hrgs", (3,)) | dict.fromkeys("ayb", (2,))
    return graph(*nodes, inputs="x z", x=(2,), z=(2,), **wide)


def test_a_difference_with_itself_is_0() -> None:
    """All units go; nothing but 0 is left, and it is certified and proved."""
    network = twice()
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert (network.units, found.network.units) == (6, 0)
    assert found.network([3, 4], [0, 0]) == (0, 0)
    assert isinstance(prove(network, found.network), Proved)


OTHERS: Any = {
    "a weight": twice(first=[[1.0, 2.0], [3.0, -1.0], [0.0, 1.5]]),
    "a bias": twice(bias=[1.0, 0.0, 2.5]),
    "a weight behind": twice(last=[[1.0, -1.0, 2.0], [0.5, 0.0, 1.5]]),
    "an activation": twice(act=Activation("Abs")),
    "a sum": twice(operator="Add"),
    "another input": twice(read="z"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_differs_is_no_copy(name: str) -> None:
    """It is not reduced to 0, nor may anybody claim that it is."""
    network = OTHERS[name]
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert found.network.units > 0
    small = reduce(twice())
    with pytest.raises(Rejected):
        check(network, small.network, small.certificate)
    assert isinstance(prove(network, small.network), Refuted)


def nothing(W: Any = None, b: Any = None, axis: int = -1) -> Network:
    """A network that is 0, or is not."""
    last = linear("y", "x", "y", [[0, 0], [0, 0]] if W is None else W, b, axis=axis)
    return graph(last, inputs="x z", x=(2,), z=(2,), y=(2,))


def gone(name: str) -> tuple[Fact, ...]:
    """What is said of units that nobody reads."""
    width = twice().width[name]
    found = replace(identity(width), width=0, ghosts=width)
    return (Fact(None, found),)


SAID = Certificate({name: gone(name) for name in "hagb"})


def test_the_honest_certificate_is_accepted() -> None:
    """What the attacks below start from."""
    assert check(twice(), nothing(), SAID)


@pytest.mark.parametrize(
    "theirs",
    [
        nothing([[0, 0], [0, 1]]),
        nothing(b=[0, 1]),
        nothing([[0, 0, 0], [0, 0, 0]]),
        replace(nothing(), nodes=(linear("y", "z", "y", [[0, 0], [0, 0]]),)),
        replace(nothing(), nodes=(Pointwise("y", "x", "y", RELU),)),
    ],
)
def test_what_is_not_0_is_rejected(theirs: Network) -> None:
    """Its weights, its bias, how wide it is, below what it stands, and what it is."""
    with pytest.raises(Rejected):
        check(twice(), theirs, SAID)


def test_equal_nodes_of_equal_tensors_are_copies() -> None:
    """Of each kind; never opaque ones, nor ones with other numbers, places or orders."""
    nodes = (
        linear("a", "x", "a", [[1.0, 2.0], [3.0, 4.0]]),
        linear("b", "x", "b", [[1.0, 2.0], [3.0, 4.0]]),
        linear("c", "x", "c", [[1.0, 2.0], [3.0, 5.0]]),
        Join("d", ("a", "c"), "d", "Add"),
        Join("e", ("b", "c"), "e", "Add"),
        Join("f", ("c", "b"), "f", "Add"),
        Pick("g", "d", "g", ((-1, (0,)),)),
        Pick("h", "e", "h", ((-1, (0,)),)),
        Pick("i", "e", "i", ((-1, (1,)),)),
        Opaque("j", "Foo", ("a",), ("j",)),
        Opaque("k", "Foo", ("a",), ("k",)),
        Linear("l", "j", "l", b=array([1.0, 2.0])),
        Linear("m", "j", "m", b=array([1.0, 2.0])),
        Linear("n", "k", "n", b=array([1.0, 2.0])),
    )
    network = graph(*nodes, outputs="n")
    found = leads(network)
    same = {name: lead for name, lead in found.items() if name != lead}
    assert same == {"b": "a", "e": "d", "h": "g", "m": "l"}
