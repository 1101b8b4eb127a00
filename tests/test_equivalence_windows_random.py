"""Random networks of convolutions, pools and joins: what is proved of them is true at points."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from kernel_networks import agree
from onnx_models import network as read
from random_convolutions import convolutional

from lumpver.errors import LumpverError
from lumpver.model.linear import Linear
from lumpver.model.network import Join, Network, Node, Opaque, Pool
from lumpver.model.shapes import behind
from lumpver.model.weights import Kernel, Matrix, with_numbers
from lumpver.proving.comparison import compare
from lumpver.proving.pairing import pair
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from lumpver.model.tensor import Tensor


def equal(a: Network, b: Network) -> bool:
    """Whether joint lumping alone says that both are equal."""
    return not compare(pair(a, b), {}).open


def mutated(net: Network, rng: np.random.Generator) -> Network | None:
    """The network with something changed in one node; None if that fits nowhere."""
    nodes = list(net.nodes)
    for i in rng.permutation(len(nodes)).tolist():
        try:
            changed = _changed(nodes[i], rng)
        except LumpverError:
            continue
        if changed is None:
            continue
        nodes[i] = changed
        try:
            return _reshaped(replace(net, nodes=tuple(nodes), source=None))
        except LumpverError:
            return None
    return None


def _changed(node: Node, rng: np.random.Generator) -> Node | None:
    match node:
        case Linear(weights=Kernel(numbers, over)) if rng.random() < 0.7:
            axis, kind = int(rng.integers(over.axes)), int(rng.integers(4))
            whole = (over.before, over.after, over.strides, over.dilations)
            more = [tuple(n + (i == axis) for i, n in enumerate(part)) for part in whole]
            less = [tuple(max(0, n - (i == axis)) for i, n in enumerate(part)) for part in whole]
            moved: dict[str, Any] = [
                {"before": more[0], "after": less[1]},
                {"before": less[0], "after": more[1]},
                {"strides": more[2], "after": tuple(n + 3 for n in over.after)},
                {"dilations": more[3], "before": more[0], "after": more[1]},
            ][kind]
            return replace(node, weights=Kernel(numbers, replace(over, **moved)))
        case Linear(weights=Kernel(numbers) | Matrix(numbers)):
            W = np.array(numbers, dtype=float)
            a, b = rng.integers(0, W.shape[1], 2).tolist()
            if rng.random() < 0.5:
                W[:, [a, b]] = W[:, [b, a]]
            else:
                W[0, a] += 1
            return replace(node, weights=with_numbers(node.weights, W))
        case Pool():
            other = "mean" if node.operator == "max" else "max"
            return replace(node, operator=other, counts_padding=False)
        case Join():
            return replace(node, operator="Sub" if node.operator == "Add" else "Add")
        case _:
            return None


def _reshaped(net: Network) -> Network:
    tensors: dict[str, Tensor] = {t.name: t for t in net.inputs}
    for node in net.nodes:
        assert not isinstance(node, Opaque)
        shape = behind(node, {name: t.shape for name, t in tensors.items()})
        tensors[node.outputs[0]] = replace(net.tensors[node.outputs[0]], shape=shape)
    outputs = tuple(tensors[t.name] for t in net.outputs)
    return replace(net, tensors=tensors, outputs=outputs)


def brute(seed: int) -> tuple[bool, bool]:
    """Whether a reduction is proved, and a mutant; what is proved is equal at points."""
    rng = np.random.default_rng(seed)
    net = read(convolutional(seed, pools=True, joins=True, whole=bool(seed % 3)))
    reduced = reduce(net).network
    other, found = mutated(net, rng), False
    if other is not None:
        try:
            same = agree(net, other)
            found = equal(net, other)
        except LumpverError:
            return equal(net, reduced), False
        assert same or not found
    return equal(net, reduced), found


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_random_networks(start: int) -> None:
    """What `reduce` makes is proved; what is proved of mutants is true at random points."""
    found = [brute(seed) for seed in range(start, start + 20)]
    assert all(reduced for reduced, _ in found)
    assert 0 < sum(mutant for _, mutant in found) < len(found)


@pytest.mark.long
@pytest.mark.parametrize("start", range(1000, 3000, 200))
def test_many_random_networks(start: int) -> None:
    """The same, with a few reductions that only sweeping may prove."""
    found = [brute(seed) for seed in range(start, start + 200)]
    assert sum(reduced for reduced, _ in found) > 195
