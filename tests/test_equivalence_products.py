"""Product networks, y1 - y2 of two networks side by side, against nothing but zeros."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from onnx_models import network as read
from planted_models import FAMILIES
from random_convolutions import convolutional

from lumpver.model.linear import Linear
from lumpver.model.network import Join, Network
from lumpver.model.opaque import Constant, Opaque
from lumpver.model.renaming import renamed
from lumpver.model.tensor import Tensor
from lumpver.model.weights import Diagonal, Kernel
from lumpver.proving import Proved, Refuted, prove
from lumpver.proving.comparison import compare
from lumpver.proving.pairing import pair
from lumpver.reducing.reduction import reduce


def product(a: Network, b: Network) -> Network:
    """Both of the same input, and the difference of their last outputs."""
    inner = [name for name in b.tensors if name not in {t.name for t in b.inputs}]
    inner += [name for node in b.nodes for name in node.outputs if name not in b.tensors]
    other = renamed(b, {name: f"{name}, again" for name in dict.fromkeys(inner)})
    y, z = a.outputs[-1], other.outputs[-1]
    out = replace(y, name="difference")
    join = Join("difference", (y.name, z.name), out.name, "Sub")
    tensors = {**other.tensors, **a.tensors, out.name: out}
    return Network(a.inputs, (out,), (*a.nodes, *other.nodes, join), tensors, a.environment)


def zeros(a: Network) -> Network:
    """The last output times 0."""
    y = a.outputs[-1]
    width = a.width[y.name]
    node = Linear("none", y.name, "zeros", Diagonal(np.zeros(width)), None, a.axes[y.name])
    out = replace(y, name="zeros")
    return Network(a.inputs, (out,), (*a.nodes, node), {**a.tensors, "zeros": out}, a.environment)


def changed(net: Network) -> Network:
    """The same with one filter of the first convolution doubled."""
    nodes = list(net.nodes)
    for i, node in enumerate(nodes):
        if isinstance(node, Linear) and isinstance(node.weights, Kernel):
            numbers = np.array(node.weights.numbers)
            row = int(np.abs(numbers).sum(axis=1).argmax())
            numbers[row] *= 2
            nodes[i] = replace(node, weights=replace(node.weights, numbers=numbers))
            break
    return replace(net, nodes=tuple(nodes), source=None)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_model_less_its_reduction_is_zero(family: str) -> None:
    """By joint lumping; less another model it is not, and that is refuted where it has values."""
    net = read(FAMILIES[family]().model)
    if net.opaque:
        pytest.skip("has nodes that are not modelled")
    found = prove(product(net, reduce(net).network), zeros(net))
    assert isinstance(found, Proved)
    assert found.step == "joint lumping"
    assert compare(pair(product(net, changed(net)), zeros(net)), {}).open


@pytest.mark.parametrize("family", ["vgg", pytest.param("resnet-folded", marks=pytest.mark.long)])
def test_a_difference_is_refuted(family: str) -> None:
    """At a point."""
    net = read(FAMILIES[family]().model)
    assert isinstance(prove(product(net, changed(net)), zeros(net)), Refuted)


@pytest.mark.parametrize("seed", range(12))
def test_random_networks(seed: int) -> None:
    """Less themselves, and less what they are reduced to."""
    net = read(convolutional(seed, pools=True, joins=True))
    for other in (net, reduce(net).network):
        assert not compare(pair(product(net, other), zeros(net)), {}).open


def test_constants_of_any_kind() -> None:
    """Zeros that are stored, against zeros that come about; other numbers are others."""

    def stored(*numbers: float) -> Network:
        held = np.array([numbers])
        constant = Constant("float32", held.shape, held.astype("f").tobytes(), held)
        return whole(Opaque("c", "constant", (constant,), ("y",)), 1)

    def whole(node: Any, rows: int) -> Network:
        x, y = (Tensor(name, "float32", (rows, 2)) for name in "xy")
        return Network((x,), (y,), (node,), {"x": x, "y": y})

    made = whole(Linear("z", "x", "y", Diagonal(np.zeros(2)), np.array([3.0, 4.0])), 1)
    assert not compare(pair(made, stored(3, 4)), {}).open
    assert compare(pair(made, stored(4, 3)), {}).open
    assert compare(pair(made, stored(3, 5)), {}).open
