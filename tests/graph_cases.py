"""What tests of random whole models share: points, agreement, and what is expected to go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from flint import fmpq

from lumpver.exact.array import array, equal, nonzero, zeros
from lumpver.model.linear import normalizes
from lumpver.model.network import Linear, Network, Rearrange, Tensor
from lumpver.model.shapes import behind
from lumpver.model.weights import Normalization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.model.nodes import Modelled
    from lumpver.trial.strategies import PlantedGraph


def made(shape: tuple[Any, ...], *nodes: Modelled) -> Network:
    """The network of these nodes from `x` on; shapes follow, and the last node's is the output."""
    shapes: dict[str, Any] = {"x": shape}
    for node in nodes:
        shapes[node.output] = behind(node, shapes)
    tensors = {name: Tensor(name, shape=shape) for name, shape in shapes.items()}
    return Network((tensors["x"],), (tensors[nodes[-1].output],), nodes, tensors)


def normalized(x: str, y: str, gamma: list[int], beta: list[int], axis: int) -> Linear:
    """A normalization with means of 0 and squares of 1."""
    units = len(gamma)
    weights = Normalization(array(gamma), zeros(units), array([1] * units), fmpq(0))
    return Linear(y, x, y, weights, array(beta), axis)


def point(network: Network, seed: int, *, below: int = 1) -> dict[str, Any]:
    """Numbers for every input, so many parts of one; symbolic axes have length 2."""
    rng, found = np.random.default_rng(seed), {}
    for tensor in network.inputs:
        shape = [size if isinstance(size, int) else 2 for size in tensor.shape or ()]
        drawn = rng.integers(-4 * below, 4 * below + 1, shape)
        found[tensor.name] = array(np.vectorize(lambda n: fmpq(int(n), below), "O")(drawn))
    return found


def same(expected: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    """Whether all outputs have equal shapes and numbers."""
    return all(
        got[name].shape == numbers.shape and bool(equal(got[name], numbers).all())
        for name, numbers in expected.items()
    )


def agree(a: Network, b: Network, *, points: int = 2) -> bool:
    """Whether both compute the same at a few points, the first of integers."""
    for seed in range(points):
        given = point(a, seed, below=1 + 2 * seed)
        if not same(a.evaluate(given), b.evaluate(given)):
            return False
    return True


def goes_at_once(found: PlantedGraph) -> bool:
    """Whether no unit is a multiple of a constant that was planted.

    Those may be folded behind padding, but only once they are taken together.
    """
    constants = {more.lead for more in found.growths if more.kind == "constant"}
    return all(more.lead not in constants for more in found.growths if more.kind == "multiple")


def is_lively(network: Network) -> bool:
    """Whether each unit depends on an input, and no normalization reads what was made flat.

    Where all units of a layer are constants, one of them is kept, whichever comes first.
    """
    for node in network.nodes:
        if not isinstance(node, Linear) or node.W is None:
            continue
        if not nonzero(node.W).reshape(node.W.shape[0], -1).any(axis=1).all():
            return False
        if normalizes(node) and isinstance(network.producers.get(node.input), Rearrange):
            return False
    return True
