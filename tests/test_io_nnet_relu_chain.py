"""Networks as ReLU chains: what is multiplied out, what is passed over, what is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from lumpver.errors import LumpverError, ShapeMismatch, Unrepresentable
from lumpver.exact.array import array
from lumpver.io import nnet
from lumpver.io.nnet.relu_chain import relu_layers
from lumpver.model.activations import IDENTITY, RELU, activation, leaky
from lumpver.model.network import Activate, Affine, Network, Node, Opaque, Rearrange, Tensor

A = array([[1, 2], ["1/3", -1], [0, 5]])
B = array([[1, 0, -2], [3, "1/7", 1]])
DIAGONAL = array([2, "-1/2"])
BIAS = array(["1/5", 4])


def network(*nodes: Node, shape: Any = (2,), rank: int = 1) -> Network:
    """The network of these nodes, from x to the last one's output."""
    tensors = {"x": Tensor("x", shape=shape)}
    for node in nodes:
        tensors[node.outputs[0]] = Tensor(node.outputs[0], shape=(None,) * rank)
    *_, last = tensors.values()
    return Network((tensors["x"],), (last,), nodes, tensors)


def affine(source: str, target: str, W: Any = None, b: Any = None, axis: int = -1) -> Affine:
    """An affine node named by its output."""
    return Affine(target, source, target, W, b, axis)


def relu(source: str, target: str) -> Activate:
    """A ReLU named by its output."""
    return Activate(target, source, target, RELU)


CHAINS = {
    "no node": [],
    "identity node": [affine("x", "y")],
    "only relu": [relu("x", "y")],
    "relu first": [relu("x", "h"), affine("h", "y", A)],
    "relu last": [affine("x", "h", A, np.array([1.0, -2.0, 0.5])), relu("h", "y")],
    "relu twice": [affine("x", "h", A), relu("h", "k"), relu("k", "l"), affine("l", "y", B)],
    "two matrices": [affine("x", "h", A), affine("h", "y", B, BIAS)],
    "bias kept": [affine("x", "h", None, BIAS), affine("h", "y", A)],
    "bias alone": [affine("x", "y", None, BIAS)],
    "diagonal alone": [affine("x", "y", DIAGONAL)],
    "diagonals": [affine("x", "h", DIAGONAL, BIAS), affine("h", "y", DIAGONAL, BIAS)],
    "diagonal before": [affine("x", "h", DIAGONAL, BIAS), affine("h", "y", A)],
    "diagonal after": [affine("x", "h", A), affine("h", "k", B, BIAS), affine("k", "y", DIAGONAL)],
    "identity activation": [affine("x", "h", A), Activate("y", "h", "y", IDENTITY)],
}


@pytest.mark.parametrize("nodes", CHAINS.values(), ids=CHAINS)
def test_same_function(nodes: list[Node]) -> None:
    """The layers, as a chain of their own, compute what the network does."""
    found = network(*nodes)
    layers = relu_layers(found)
    chain = Network.from_layers([(layer.W, layer.b) for layer in layers])
    relus = sum(isinstance(node, Activate) and node.activation == RELU for node in nodes)
    assert len(layers) == relus + 1
    for x in ([0, 0], [1, -1], ["-2/3", "5/7"], [Fraction(9, 4), -3]):
        assert found(x) == chain(x)


def test_no_units() -> None:
    """A layer without units leaves the bias of the next one."""
    nodes = [affine("x", "h", np.zeros((0, 2)), np.zeros(0))]
    nodes.append(affine("h", "y", np.zeros((2, 0)), BIAS))
    (layer,) = relu_layers(network(*nodes))
    assert (layer.W.tolist(), layer.b.tolist()) == ([[0, 0], [0, 0]], BIAS.tolist())


@pytest.mark.parametrize("shape", [(2,), ("batch", 2), (None, 2), (1, 2)])
def test_ranks(shape: tuple[int | str | None, ...]) -> None:
    """Vectors may have a batch axis in front; the width may be unknown."""
    nodes = [affine("x", "h", np.eye(2)), relu("h", "y")]
    found = network(*nodes, shape=shape, rank=len(shape))
    assert nnet.read(nnet.write(found), where="again")([-1, 2]) == (0, 2)
    unknown = network(*nodes, shape=(*shape[:-1], None), rank=len(shape))
    assert nnet.write(unknown) == nnet.write(found)


def test_flatten_of_a_vector_is_passed_over() -> None:
    """A Rearrange that gives the same shape changes nothing; another is refused."""
    flatten = Rearrange("f", "x", "y", "Flatten", (1,))
    assert relu_layers(network(flatten, shape=("N", 2)))[0].W.tolist() == [[1, 0], [0, 1]]
    for node in (flatten, Rearrange("t", "x", "y", "Transpose", (1, 0))):
        with pytest.raises(Unrepresentable):
            relu_layers(network(node, shape=(None, 2) if node is flatten else (2, 2)))


@pytest.mark.parametrize(
    ("nodes", "error", "where"),
    [
        ([affine("x", "y", A, axis=-2)], Unrepresentable, "node y"),
        ([Activate("y", "x", "y", leaky("1/10"))], Unrepresentable, "node y"),
        ([Activate("y", "x", "y", activation("tanh"))], Unrepresentable, "node y"),
        ([Rearrange("y", "x", "y", "Unsqueeze", (0,))], Unrepresentable, "node y"),
        ([Opaque("y", "Softmax", ("x",), ("y",))], Unrepresentable, "node y"),
        ([Opaque("y", "Add", ("x", "x"), ("y",))], Unrepresentable, "node y"),
        ([Opaque("y", "Random", (), ("y",))], Unrepresentable, "node y"),
        ([relu("x", "h"), affine("x", "y", A)], Unrepresentable, "node y"),
        ([affine("x", "h", A), affine("h", "y", A)], ShapeMismatch, "node y"),
        ([affine("x", "h", A), affine("h", "y", DIAGONAL)], ShapeMismatch, "node y"),
        ([affine("x", "h", A), affine("h", "y", None, BIAS)], ShapeMismatch, "node y"),
        ([affine("x", "y", A, BIAS)], ShapeMismatch, "node y"),
    ],
)
def test_refused(nodes: list[Node], error: type[LumpverError], where: str) -> None:
    """What is no ReLU chain over vectors is refused, and the node is named."""
    with pytest.raises(error) as caught:
        relu_layers(network(*nodes))
    assert caught.value.where == where


@pytest.mark.parametrize("shape", [None, (), (1, 1, 2), (None,), ("n",)])
def test_inputs_refused(shape: tuple[int | str | None, ...] | None) -> None:
    """An input that is no vector, or one of a length that nothing tells, is refused."""
    with pytest.raises(Unrepresentable):
        relu_layers(network(relu("x", "y"), shape=shape))


def test_hidden_and_several_outputs_refused() -> None:
    """One input, one output, and that at the end."""
    x, h, y = (Tensor(name, shape=(1,)) for name in "xhy")
    nodes = (relu("x", "h"), relu("h", "y"))
    tensors = {"x": x, "h": h, "y": y}
    for inputs, outputs in [((x,), (h,)), ((x,), (h, y)), ((x,), ())]:
        with pytest.raises(Unrepresentable):
            relu_layers(Network(inputs, outputs, nodes, tensors))
    with pytest.raises(Unrepresentable):
        relu_layers(Network((x, Tensor("z")), (y,), nodes, tensors))
    with pytest.raises(Unrepresentable):
        relu_layers(Network((), (), (), {}))
