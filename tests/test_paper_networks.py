"""Tests for `lumpver.theory.paper`, Definitions 1 to 5: networks, chains, conversions."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from paper_examples import HALF, THIRD, example

from lumpver.errors import Malformed, NotANumber, NotRational, ShapeMismatch
from lumpver.exact.array import zeros
from lumpver.exact.scalar import number
from lumpver.model.activations import IDENTITY, RELU, Activation
from lumpver.model.network import Linear, Network, Pointwise, Rearrange, Tensor, linear
from lumpver.model.weights import Identity
from lumpver.theory import paper
from lumpver.theory.examples import EXAMPLES
from lumpver.theory.paper import NN
from lumpver.theory.paper.maximum import partitions

if TYPE_CHECKING:
    from lumpver.model.network import Node

CLIP = Activation("Clip", (number(-1), number(1)))
TWINS = NN.of([[[1, 2]], [[1], [1]]], [[0, 0], [0]], [RELU, IDENTITY])


def small_network(draw: random.Random, widths: tuple[int, int, int, int]) -> NN:
    """A ReLU network with weights and biases 0 and 1."""
    pairs = list(pairwise(widths))
    return NN.of(
        [[[draw.randint(0, 1) for _ in range(n)] for _ in range(m)] for m, n in pairs],
        [[draw.randint(0, 1) for _ in range(n)] for _, n in pairs],
        [RELU, RELU, IDENTITY],
    )


class TestDefinition1:
    """Networks, and tuples that are none."""

    def test_degenerate_networks(self) -> None:
        """No inputs, no hidden nodes and no outputs are networks too."""
        assert NN.of([[]], [[3]], [IDENTITY])([]) == (3,)
        assert NN.of([[[]], []], [[], [3]], [RELU, IDENTITY])([5]) == (3,)
        assert NN.of([[[]]], [[]], [RELU])([5]) == ()

    def test_reads_as_printed(self) -> None:
        """W(l, u, v), b(l, v), A(l, v) and S(l) are the paper's, over sympy Rationals."""
        network = NN.of([[["1/2", 0]]], [[0.5, "1/3"]], [[RELU, IDENTITY]])
        assert (network.k, list(network.S(0)), list(network.S(1))) == (1, [0], [0, 1])
        assert network.W(1, 0, 0) == HALF
        assert network.b(1, 1) == THIRD
        assert [network.A(1, v) for v in network.S(1)] == [RELU, IDENTITY]
        assert network([-2]) == (0, THIRD)

    @pytest.mark.parametrize(
        ("weights", "biases", "activations"),
        [
            ([], [], []),
            ([[[1]]], [], [RELU]),
            ([[[1]]], [[1]], []),
        ],
    )
    def test_no_network(self, weights: Any, biases: Any, activations: Any) -> None:
        """There is at least one layer, and each has weights, biases and activations."""
        with pytest.raises(Malformed):
            NN.of(weights, biases, activations)

    @pytest.mark.parametrize(
        ("weights", "biases", "activations"),
        [
            ([[[1, 2]]], [[0]], [RELU]),
            ([[[1], [1, 2]]], [[0]], [RELU]),
            ([[[1]], [[1], [2]]], [[0], [0]], [RELU, RELU]),
            ([[[1]]], [[0]], [[RELU, RELU]]),
        ],
    )
    def test_shapes(self, weights: Any, biases: Any, activations: Any) -> None:
        """Layers that do not fit each other are refused."""
        with pytest.raises(ShapeMismatch):
            NN.of(weights, biases, activations)

    def test_numbers(self) -> None:
        """A weight that is no rational number is refused."""
        with pytest.raises(NotANumber):
            NN.of([[[float("nan")]]], [[0]], [RELU])


class TestSemantics:
    """Definitions 2 and 3."""

    def test_layers_compose(self) -> None:
        """[[N]]^2 is [[N]]_2 after [[N]]_1."""
        network = example("thirds")
        x = (paper.rational("1/5"), paper.rational(-2))
        first = paper.layer_semantics(network, 1, x)
        assert paper.semantics(network, x, layers=1) == first
        second = paper.layer_semantics(network, 2, first)
        assert paper.semantics(network, x, layers=2) == second
        assert paper.layer_semantics(network, 3, second) == network(x)

    def test_wrong_width_and_irrational_value(self) -> None:
        """A point of another width and an irrational value are refused."""
        with pytest.raises(ShapeMismatch):
            TWINS([1, 2])
        with pytest.raises(NotRational):
            NN.of([[[1]]], [[0]], [Activation("Tanh")])([1])


class TestConversion:
    """`from_network` and `to_network`."""

    @pytest.mark.parametrize("name", list(EXAMPLES))
    def test_there_and_back(self, name: str) -> None:
        """The paper's network of the paper's network is itself."""
        assert paper.from_network(paper.to_network(example(name))) == example(name)

    def test_affine_runs_are_multiplied_out(self) -> None:
        """Diagonals, shifts and identities between activations become one layer."""
        nodes: list[Node] = [
            linear("a", "x", "a", [[1, 2], [3, 4], [5, "1/3"]], [1, 0, 0]),
            Linear("id", "a", "id"),
            linear("scale", "id", "s", [2, 0, -1], None),
            linear("shift", "s", "t", None, [0, 1, 1]),
            Pointwise("r", "t", "r", RELU),
            Pointwise("c", "r", "c", CLIP),
        ]
        names = ["x", "a", "id", "s", "t", "r", "c"]
        tensors = {n: Tensor(n, shape=(None, 2 if n == "x" else 3)) for n in names}
        network = Network((tensors["x"],), (tensors["c"],), tuple(nodes), tensors)
        nn = paper.from_network(network)
        assert (nn.widths, nn.activations) == ((2, 3, 3), (RELU, CLIP))
        assert [nn.W(1, 0, v) for v in nn.S(1)] == [2, 0, -5]
        assert [nn.b(1, v) for v in nn.S(1)] == [2, 1, 1]
        assert (nn(["1/9", "1/7"]),) == network([["1/9", "1/7"]])

    @pytest.mark.parametrize(
        "node",
        [
            Rearrange("r", "x", "y", "Flatten", (1,)),
            linear("conv", "x", "y", [[1]], [0], axis=-2),
        ],
    )
    def test_what_is_no_chain(self, node: Node) -> None:
        """Anything but affine nodes and activations along the last axis is refused."""
        ends = {name: Tensor(name, shape=(1, 1)) for name in "xy"}
        with pytest.raises(Malformed):
            paper.from_network(Network((ends["x"],), (ends["y"],), (node,), ends))

    @pytest.mark.parametrize(
        "node", [linear("a", "x", "y", [[1, 2]]), Linear("a", "x", "y", Identity(), zeros(3))]
    )
    def test_shapes(self, node: Node) -> None:
        """An affine node that does not fit what it reads is refused."""
        ends = {name: Tensor(name, shape=(1,)) for name in "xy"}
        with pytest.raises(ShapeMismatch):
            paper.from_network(Network((ends["x"],), (ends["y"],), (node,), ends))

    def test_no_node_and_an_inner_output(self) -> None:
        """A network without nodes is the identity; an output within the chain is refused."""
        x = Tensor("x", shape=(2,))
        assert paper.from_network(Network((x,), (x,), (), {"x": x}))([1, "1/2"]) == (1, HALF)
        node = Pointwise("r", "x", "y", RELU)
        with pytest.raises(Malformed):
            paper.from_network(Network((x,), (x,), (node,), {"x": x, "y": x}))

    def test_no_nodes_in_a_layer(self) -> None:
        """A layer that lost all its nodes is written with no rows."""
        nn = NN.of([[[]], []], [[], [3]], [[], IDENTITY])
        assert paper.to_network(nn).nodes[0].W.shape == (0, 1)

    def test_no_single_function(self) -> None:
        """Two outputs, unknown widths and mixed activations are refused."""
        ends = {"x": Tensor("x", shape=(1,)), "u": Tensor("u", shape=("n",))}
        with pytest.raises(Malformed):
            paper.from_network(Network((ends["x"],), (ends["x"], ends["x"]), (), ends))
        with pytest.raises(Malformed):
            paper.from_network(Network((ends["u"],), (ends["u"],), (), ends))
        with pytest.raises(Malformed):
            paper.to_network(NN.of([[[1, 1]]], [[0, 0]], [[RELU, IDENTITY]]))


class TestChains:
    """Definitions 4 and 5."""

    def test_example_2(self) -> None:
        """Its classes and rho lump our chain proportionally, not exactly."""
        chain = (paper.EXAMPLE_2_RATES, paper.EXAMPLE_2_RELATION)
        assert paper.is_ctmc(paper.EXAMPLE_2_RATES)
        assert paper.is_proportional_exact_lumpability(*chain, paper.EXAMPLE_2_RHO)
        assert not paper.is_exact_lumpability(*chain)
        assert not paper.is_proportional_exact_lumpability(*chain, [1, 1, 2, 2, 1, 2, 3, 1])

    def test_example_2_exactly(self) -> None:
        """On states 3, 4 and on 6, 7 of Example 2 rho is constant: exact lumping."""
        classes = [[0], [1], [2, 3], [4], [5, 6], [7]]
        failed = paper.chain_violations(paper.EXAMPLE_2_RATES, classes, [1] * 8)
        assert failed == (((5, 6), (1,), 5, 6), ((5, 6), (2, 3), 5, 6))
        assert paper.is_exact_lumpability([[1, 1], [2, 2]], [[0, 1]])
        assert paper.is_exact_lumpability([], [])

    @pytest.mark.parametrize("Q", [[[1]], [[-1, 1], [-1, 1]], [[1, -1], [0, 0]]])
    def test_no_chain(self, Q: Any) -> None:
        """Negative rates and rows that do not add up to 0 make no Markov chain."""
        assert not paper.is_ctmc(Q)

    def test_malformed(self) -> None:
        """A matrix that is not square, no partition, and no positive rho are refused."""
        with pytest.raises(ShapeMismatch):
            paper.is_ctmc([[1, 2]])
        with pytest.raises(Malformed):
            paper.is_exact_lumpability([[0]], [[0], []])
        with pytest.raises(Malformed):
            paper.is_proportional_exact_lumpability([[0]], [[0]], [0])

    def test_definition_6_is_definition_5_on_the_graph(self) -> None:
        """As printed, a network's lumpabilities are those of its labelled graph."""
        draw = random.Random(5)
        answers = set()
        for _ in range(120):
            network = small_network(draw, (1, 2, 3, 1))
            layers = [draw.choice(list(partitions(network.S(ell)))) for ell in (1, 2)]
            relation = [[[0]], *layers, [[0]]]
            rho = [[draw.choice([1, 1, 2]) for _ in network.S(ell)] for ell in range(4)]
            starts = [1 + sum(network.widths[:ell]) for ell in range(4)]
            graph_classes = [[0]] + [
                [starts[ell] + v for v in S] for ell in range(4) for S in relation[ell]
            ]
            answer = paper.is_proportional_exact_lumpability(
                paper.labelled_graph(network), graph_classes, [1, *(r for rs in rho for r in rs)]
            )
            assert paper.is_lumpability_as_printed(network, relation, rho) == answer
            answers.add(answer)
        assert answers == {True, False}
