"""Networks as ReLU chains: what is multiplied out, what is passed over, what is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from lumpver.errors import LumpverError, ShapeMismatch, Unrepresentable
from lumpver.exact.array import array
from lumpver.io.nnet.reading import read as read_nnet
from lumpver.io.nnet.relu_chain import relu_layers
from lumpver.io.nnet.writing import write as write_nnet
from lumpver.model.activations import IDENTITY, RELU, activation, leaky
from lumpver.model.network import Linear, Network, Node, Opaque, Pointwise, Rearrange, Tensor
from lumpver.model.weights import weights_of

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


def linear(source: str, target: str, W: Any = None, b: Any = None, axis: int = -1) -> Linear:
    """An affine node named by its output."""
    return Linear(target, source, target, weights_of(W), b, axis)


def relu(source: str, target: str) -> Pointwise:
    """A ReLU named by its output."""
    return Pointwise(target, source, target, RELU)


CHAINS = {
    "no node": [],
    "identity node": [linear("x", "y")],
    "only relu": [relu("x", "y")],
    "relu first": [relu("x", "h"), linear("h", "y", A)],
    "relu last": [linear("x", "h", A, np.array([1.0, -2.0, 0.5])), relu("h", "y")],
    "relu twice": [linear("x", "h", A), relu("h", "k"), relu("k", "l"), linear("l", "y", B)],
    "two matrices": [linear("x", "h", A), linear("h", "y", B, BIAS)],
    "bias kept": [linear("x", "h", None, BIAS), linear("h", "y", A)],
    "bias alone": [linear("x", "y", None, BIAS)],
    "diagonal alone": [linear("x", "y", DIAGONAL)],
    "diagonals": [linear("x", "h", DIAGONAL, BIAS), linear("h", "y", DIAGONAL, BIAS)],
    "diagonal before": [linear("x", "h", DIAGONAL, BIAS), linear("h", "y", A)],
    "diagonal after": [linear("x", "h", A), linear("h", "k", B, BIAS), linear("k", "y", DIAGONAL)],
    "identity activation": [linear("x", "h", A), Pointwise("y", "h", "y", IDENTITY)],
}


@pytest.mark.parametrize("nodes", CHAINS.values(), ids=CHAINS)
def test_same_function(nodes: list[Node]) -> None:
    """The layers, as a chain of their own, compute what the network does."""
    found = network(*nodes)
    layers = relu_layers(found)
    chain = Network.from_layers([(layer.W, layer.b) for layer in layers])
    relus = sum(isinstance(node, Pointwise) and node.activation == RELU for node in nodes)
    assert len(layers) == relus + 1
    for x in ([0, 0], [1, -1], ["-2/3", "5/7"], [Fraction(9, 4), -3]):
        assert found(x) == chain(x)


def test_no_units() -> None:
    """A layer without units leaves the bias of the next one."""
    nodes = [linear("x", "h", np.zeros((0, 2)), np.zeros(0))]
    nodes.append(linear("h", "y", np.zeros((2, 0)), BIAS))
    (layer,) = relu_layers(network(*nodes))
    assert (layer.W.tolist(), layer.b.tolist()) == ([[0, 0], [0, 0]], BIAS.tolist())


@pytest.mark.parametrize("shape", [(2,), ("batch", 2), (None, 2), (1, 2)])
def test_ranks(shape: tuple[int | str | None, ...]) -> None:
    """Vectors may have a batch axis in front; the width may be unknown."""
    nodes = [linear("x", "h", np.eye(2)), relu("h", "y")]
    found = network(*nodes, shape=shape, rank=len(shape))
    assert read_nnet(write_nnet(found), where="again")([-1, 2]) == (0, 2)
    unknown = network(*nodes, shape=(*shape[:-1], None), rank=len(shape))
    assert write_nnet(unknown) == write_nnet(found)


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
        ([linear("x", "y", A, axis=-2)], Unrepresentable, "node y"),
        ([Pointwise("y", "x", "y", leaky("1/10"))], Unrepresentable, "node y"),
        ([Pointwise("y", "x", "y", activation("tanh"))], Unrepresentable, "node y"),
        ([Rearrange("y", "x", "y", "Unsqueeze", (0,))], Unrepresentable, "node y"),
        ([Opaque("y", "Softmax", ("x",), ("y",))], Unrepresentable, "node y"),
        ([Opaque("y", "Add", ("x", "x"), ("y",))], Unrepresentable, "node y"),
        ([Opaque("y", "Random", (), ("y",))], Unrepresentable, "node y"),
        ([relu("x", "h"), linear("x", "y", A)], Unrepresentable, "node y"),
        ([linear("x", "h", A), linear("h", "y", A)], ShapeMismatch, "node y"),
        ([linear("x", "h", A), linear("h", "y", DIAGONAL)], ShapeMismatch, "node y"),
        ([linear("x", "h", A), linear("h", "y", None, BIAS)], ShapeMismatch, "node y"),
        ([linear("x", "y", A, BIAS)], ShapeMismatch, "node y"),
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
