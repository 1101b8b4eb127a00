"""Families of equal networks that lumping cannot relate, and that sweeping proves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from equivalence_families import FAMILIES, multiples
from flint import fmpq

from lumpver.exact.array import rationals
from lumpver.model.network import Linear, Network
from lumpver.model.weights import Matrix
from lumpver.proving import Proved, Refuted, prove
from lumpver.proving.comparison import compare
from lumpver.proving.pairing import pair

EVERY = pytest.mark.parametrize("name", FAMILIES)
STEADY = ("dead", "repeated")  # signs of weights alone settle these, before any sweeping
SWEPT = [name for name in FAMILIES if name not in STEADY]
SMALL = {"inputs": 3, "width": 6}


def nudged(network: Network) -> Network:
    """The network with the first weight of its last layer moved by 2^-20."""
    *nodes, last = network.nodes
    assert isinstance(last, Linear)
    assert last.W is not None
    W = rationals(last.W).copy()
    W[0, 0] += fmpq(1, 2**20)
    return replace(network, nodes=(*nodes, replace(last, weights=Matrix(W))))


@pytest.mark.usefixtures("without_forms")
@pytest.mark.parametrize("name", SWEPT)
def test_sweeping_proves(name: str) -> None:
    """At the size shown, where one query for everything does not end in a minute."""
    found = FAMILIES[name]()
    answer = prove(found.a, found.b, box=found.box)
    assert (answer.answer, answer.step) == ("proved", "sweeping")


@pytest.mark.parametrize("name", STEADY)
def test_lumping_proves(name: str) -> None:
    """Units that never switch are followed through their activation."""
    found = FAMILIES[name]()
    assert prove(found.a, found.b, box=found.box) == Proved("joint lumping")


@pytest.mark.parametrize("name", SWEPT)
def test_lumping_does_not(name: str) -> None:
    """No unit of one is a multiple of what the other has: the outputs stay apart."""
    found = FAMILIES[name](**SMALL)
    assert compare(pair(found.a, found.b), {}).open


@EVERY
def test_the_other_way_round(name: str) -> None:
    """Which network comes first does not matter."""
    found = FAMILIES[name](1, **SMALL)
    assert isinstance(prove(found.b, found.a, box=found.box), Proved)


@EVERY
def test_moved_weights_are_refuted(name: str) -> None:
    """2^-20 is no rounding error."""
    found = FAMILIES[name](2, **SMALL)
    other = nudged(found.b)
    answer = prove(found.a, other, box=found.box)
    assert isinstance(answer, Refuted)
    ours, theirs = answer.outputs["y"]
    assert ours != theirs
    assert found.a(answer.counterexample) == ours
    assert other(answer.counterexample) == theirs


@pytest.mark.parametrize("widths", [(8,), (16,), (32,), (64,), (64, 64, 64), (256, 256)])
def test_scaled_multiples(widths: tuple[int, ...]) -> None:
    """Planted multiples are lumped jointly, whatever their scales."""
    found = multiples(widths=widths)
    assert prove(found.a, found.b) == Proved("joint lumping")


@pytest.mark.parametrize("widths", [(8,), (64,), (64, 64, 64)])
def test_scaled_multiples_with_a_weight_moved(widths: tuple[int, ...]) -> None:
    """The same with one weight off."""
    found = multiples(3, widths=widths)
    assert isinstance(prove(found.a, nudged(found.b)), Refuted)
