"""Joins and picks, and certificates about them, spoilt: what is accepted all the same is right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from joined_graphs import joined_graph

from lumpver import reduce
from lumpver.checker import check
from lumpver.errors import LumpverError, NotRational
from lumpver.model.join import Join
from lumpver.model.network import Linear, Network, Pick
from lumpver.model.shapes import behind as shaped

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.claim.facts import Fact
    from lumpver.model.network import Node

OPERATORS: Any = ("Add", "Sub", "Mul", "Div", "Max", "Min", "Mean")


def spoilt(rng: np.random.Generator, network: Network) -> Network:
    """One node changed: what it picks, joins, reads or weighs; shapes follow."""
    place = int(rng.integers(len(network.nodes)))
    node: Node = network.nodes[place]
    earlier = [t.name for t in network.inputs]
    earlier += [one.outputs[0] for one in network.nodes[:place]]
    match node:
        case Pick():
            axis, places = node.places[int(rng.integers(len(node.places)))]
            other = [*places]
            if rng.random() < 0.3 and len(other) > 1:
                rng.shuffle(other)
            elif rng.random() < 0.3 and len(other) > 1:
                other.pop()
            else:
                other[int(rng.integers(len(other)))] = int(rng.integers(max(places) + 2))
            found = [(a, tuple(other) if a == axis else p) for a, p in node.places]
            node = replace(node, places=tuple(found))
        case Join() if rng.random() < 0.4 and node.axis is None and len(node.operands) == 2:
            node = replace(node, operator=OPERATORS[rng.integers(len(OPERATORS))])
        case Join():
            operands = [*node.operands]
            if rng.random() < 0.5:
                rng.shuffle(operands)
            else:
                operands[int(rng.integers(len(operands)))] = str(rng.choice(earlier))
            node = replace(node, operands=tuple(operands))
        case Linear() if node.W is not None and node.W.size and rng.random() < 0.7:
            W = np.array(node.W, dtype=object)
            at = tuple(int(rng.integers(size)) for size in W.shape)
            W[at] = W[at] + 1
            node = replace(node, weights=replace(node.weights, numbers=W.astype(float)))  # type: ignore[call-arg]
        case _ if hasattr(node, "input"):
            node = replace(node, input=str(rng.choice(earlier)))  # type: ignore[call-arg]
        case _:
            pass
    return reshaped(
        replace(network, nodes=(*network.nodes[:place], node, *network.nodes[place + 1 :]))
    )


def reshaped(network: Network) -> Network:
    """The network with the shapes that its nodes make."""
    shapes = {tensor.name: tensor.shape for tensor in network.inputs}
    for node in network.nodes:
        shapes[node.outputs[0]] = shaped(node, shapes)  # type: ignore[arg-type]
    tensors = {name: replace(t, shape=shapes[name]) for name, t in network.tensors.items()}
    outputs = tuple(tensors[tensor.name] for tensor in network.outputs)
    return replace(network, tensors=tensors, outputs=outputs)


def doubted(rng: np.random.Generator, certificate: Certificate) -> Certificate:
    """One fact changed: a block, a scale, a constant, a width, or what is left out."""
    names = [name for name, (fact, *_) in certificate.tensors.items() if fact.relabelling]
    if not names:
        return certificate
    name = str(rng.choice(names))
    fact: Fact = certificate.tensors[name][0]
    found = fact.relabelling
    assert found is not None
    v = int(rng.integers(found.units))
    block, scale, constant = (np.array(x) for x in (found.block, found.scale, found.constant))
    kind = int(rng.integers(5))
    if kind == 0:
        block[v] = int(rng.integers(-1, found.columns))
    elif kind == 1:
        scale[v] = scale[v] * int(rng.choice([2, 3]))
    elif kind == 2:
        constant[v] = constant[v] + 1
    elif kind == 3:
        return replace(
            certificate, tensors={n: f for n, f in certificate.tensors.items() if n != name}
        )
    changed = replace(found, block=block, scale=scale, constant=constant)
    if kind == 4 and found.ghosts:
        changed = replace(found, width=found.width + 1, ghosts=found.ghosts - 1)
    return replace(
        certificate, tensors={**certificate.tensors, name: (replace(fact, relabelling=changed),)}
    )


def accepted(seed: int) -> tuple[int, int]:
    """How many of some mutants are accepted; each of those computes the same."""
    rng = np.random.default_rng(seed)
    original = joined_graph(seed)
    found = reduce(original)
    count = tried = 0
    for _ in range(12):
        ours, theirs, said = original, found.network, found.certificate
        try:
            match int(rng.integers(4)):
                case 0 | 1:
                    theirs = spoilt(rng, theirs)
                case 2:
                    ours = spoilt(rng, ours)
                case _:
                    said = doubted(rng, said)
            tried += 1
            check(ours, theirs, said)
        except LumpverError:
            continue
        count += 1
        shape = [2 if size == "N" else size for size in original.inputs[0].shape or ()]
        for _ in range(3):
            point = rng.integers(-5, 6, shape)
            try:
                assert ours(point) == theirs(point)
            except NotRational:
                break
    return count, tried


@pytest.mark.parametrize("seed", range(25))
def test_accepted_mutants_compute_the_same(seed: int) -> None:
    """Of the original, of the reduced network, and of the certificate."""
    accepted(seed)


def test_most_mutants_are_rejected() -> None:
    """And some are not, for they are no worse."""
    counts = np.array([accepted(seed) for seed in range(100, 112)]).sum(axis=0)
    assert 0 < counts[0] < counts[1] / 2
