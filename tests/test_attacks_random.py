"""Random reduced models, tampered with: whatever the checker still accepts computes the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import network, written
from random_models import random_model

from lumpver.checker import check
from lumpver.errors import LumpverError
from lumpver.exact.array import equal
from lumpver.model.evaluation import trace
from lumpver.model.network import Linear, Network, Rearrange
from lumpver.model.weights import weights_of

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Node

TRIES = 8


def reduced(seed: int) -> tuple[Network, Network, Certificate] | None:
    """A model with a batch axis of unknown length, its reduction as read, and the certificate."""
    made = random_model(seed)
    sizes = made.graph.input[0].type.tensor_type.shape.dim
    if len(sizes) > 1:
        sizes[0].Clear()
        sizes[0].dim_param = "N"
    try:
        found, data = written(made)
        back = network(data)
    except LumpverError:  # sizes that only fit another batch
        return None
    return None if found.original.opaque else (found.original, back, found.certificate)


def tampered(node: Node, rng: np.random.Generator) -> Node | None:
    """The node with another length, axis or number."""
    if isinstance(node, Rearrange) and node.parameters:
        given = list(node.parameters)
        given[int(rng.integers(len(given)))] = int(rng.integers(-1, 7))
        return replace(node, parameters=tuple(given))
    if not isinstance(node, Linear):
        return None
    if rng.random() < 0.5:
        return replace(node, axis=int(rng.integers(-3, 0)))
    numbers: Any = node.b if node.W is None else node.W
    if numbers is None or not numbers.size or numbers.dtype == object:
        return None
    other = np.array(numbers, dtype="f8")
    other.flat[int(rng.integers(other.size))] += 1
    if node.W is None:
        return replace(node, b=other)
    return replace(node, weights=weights_of(other))


def alike(one: Network, other: Network, shape: tuple[int, ...], rng: np.random.Generator) -> bool:
    """Whether both give the same outputs, where the first gives any."""
    x = {"x": rng.integers(-3, 4, shape).astype(float)}
    try:
        expected = trace(one, x)
    except LumpverError:
        return True
    found = trace(other, x)
    names = [tensor.name for tensor in one.outputs]
    return all(
        expected[n].shape == found[n].shape and equal(expected[n], found[n]).all() for n in names
    )


def attack(seed: int) -> None:
    """Tamper with one node at a time."""
    given = reduced(seed)
    if given is None:
        return
    ours, theirs, claim = given
    rng = np.random.default_rng(seed)
    rest = [size for size in (ours.inputs[0].shape or ()) if isinstance(size, int)]
    for _ in range(TRIES):
        place = int(rng.integers(len(theirs.nodes)))
        node = tampered(theirs.nodes[place], rng)
        if node is None:
            continue
        nodes = (*theirs.nodes[:place], node, *theirs.nodes[place + 1 :])
        forged = replace(theirs, nodes=nodes)
        try:
            check(ours, forged, claim)
        except LumpverError:
            continue
        for batch in (1, 2, 3):
            shape = (batch, *rest) if len(ours.inputs[0].shape or ()) > 1 else tuple(rest)
            assert alike(ours, forged, shape, rng), (seed, place, node)


@pytest.mark.parametrize("start", range(0, 120, 20))
def test_tampered_reductions(start: int) -> None:
    """Lengths, axes and numbers: what is accepted gives the same outputs for every batch."""
    for seed in range(start, start + 20):
        attack(seed)


@pytest.mark.long
@pytest.mark.parametrize("start", range(1000, 21_000, 1000))
def test_many_tampered_reductions(start: int) -> None:
    """The same for many."""
    for seed in range(start, start + 1000):
        attack(seed)
