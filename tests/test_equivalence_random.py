"""Tests of `proving.prove` on random graphs: what it proves is so, what it refutes is not."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from random_graphs import random_graph

from lumpver import Proved, Refuted, prove
from lumpver.errors import LumpverError, NotRational
from lumpver.exact.array import add, array
from lumpver.model.linear import Linear
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from lumpver.model.network import Network

EFFORT = 20_000


def nudged(network: Network, random: Random) -> Network | None:
    """The network with one bias moved by 1; None where it has none."""
    places = [
        i for i, node in enumerate(network.nodes) if isinstance(node, Linear) and node.b is not None
    ]
    if not places:
        return None
    i = random.choice(places)
    node = network.nodes[i]
    assert isinstance(node, Linear)
    assert node.b is not None
    step = np.zeros(node.b.size)
    step[random.randrange(node.b.size)] = 1
    other = replace(node, b=add(node.b, array(step)))
    return replace(network, nodes=(*network.nodes[:i], other, *network.nodes[i + 1 :]))


def outputs(network: Network, value: int) -> list[list[object]]:
    """All outputs where every input is that number throughout, unknown lengths being 1."""
    point = {
        t.name: np.full([n if isinstance(n, int) else 1 for n in t.shape or ()], value)
        for t in network.inputs
    }
    return [found.ravel().tolist() for found in network.evaluate(point).values()]


@pytest.mark.parametrize("seed", range(60))
def test_reductions_are_never_refuted(seed: int) -> None:
    """A network and its reduction are equal, whatever else `prove` can say of them."""
    network = random_graph(seed)
    found = reduce(network)
    assert not isinstance(prove(network, found.network, effort=EFFORT), Refuted)


@pytest.mark.parametrize("seed", range(120))
def test_different_networks_are_never_proved(seed: int) -> None:
    """One bias moved: if the outputs differ at a point, the networks are not proved equal."""
    network, random = random_graph(seed), Random(seed)
    other = nudged(network, random)
    if other is None:
        pytest.skip("no bias to move")
    try:
        apart = any(outputs(network, value) != outputs(other, value) for value in (-3, 0, 1, 4))
    except (NotRational, LumpverError):
        pytest.skip("no rational values")
    answer = prove(network, other, effort=EFFORT)
    assert not (apart and isinstance(answer, Proved))
