"""Tests for `quotient.building`: one unit per block, the same function, shapes that are true."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from nasty import fractions
from planting import mixed
from small_networks import graph

from lumpver.checker import check
from lumpver.model.activations import RELU
from lumpver.model.evaluation import trace
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Rearrange, linear
from lumpver.model.weights import weights_of
from lumpver.quotient.building import quotient
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import DEFINITION_6, RULES, Lumping, coarsest
from lumpver.theory.examples import EXAMPLES, Example

POINTS = (0, 1, -1, "-1/3", "7/2", Fraction(10**9, 7))
RATIONAL = [e for n, e in EXAMPLES.items() if n != "sigmoid_half"]


def same(network: Network, reduced: Network) -> None:
    """Both give the same outputs at every point."""
    shape = [size if isinstance(size, int) else 2 for size in network.inputs[0].shape or ()]
    count = int(np.prod(shape))
    for point in POINTS:
        x = np.array([Fraction(point) * (-1) ** i + i for i in range(count)], dtype=object)
        assert reduced(x.reshape(shape)) == network(x.reshape(shape))


@pytest.mark.parametrize("example", RATIONAL, ids=lambda e: e.name)
def test_examples(example: Example) -> None:
    """Every example and its quotient compute the same, with the widths of the table."""
    network = example.network
    reduced = quotient(network, coarsest(network, rules=DEFINITION_6))
    same(network, reduced)
    same(network, quotient(network, coarsest(network)))
    hidden = [reduced.width[name] for name in reduced.layers if not name.startswith("y")]
    assert hidden == [width for width in example.reduced if width]


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("rules", [(), ("merges",), ("constants",), ("unused",), ("compose",),
                                   ("merges", "constants")], ids=str)  # fmt: skip
def test_any_rules(seed: int, rules: tuple[str, ...]) -> None:
    """Whatever rules are chosen, the quotient computes the same."""
    network = mixed(seed)
    same(network, quotient(network, coarsest(network, rules=rules)))


@pytest.mark.parametrize("seed", range(40))
def test_shapes_are_those_of_the_values(seed: int) -> None:
    """Every tensor of the quotient has the shape that it says."""
    network = mixed(seed)
    reduced = quotient(network, coarsest(network))
    width = network.inputs[0].shape[0]  # type: ignore[index]
    for name, value in trace(reduced, {"x": [1] * width}).items():  # type: ignore[operator]
        assert value.shape == reduced.tensors[name].shape
    assert set(reduced.tensors) == {"x", *(n for node in reduced.nodes for n in node.outputs)}


def test_no_relabelling_no_change() -> None:
    """Where nothing is lumped the nodes are the very same objects."""
    network = Network.from_layers([([[1], [-1]], None), ([[1, 1]], None)])
    reduced = quotient(network, Lumping({}))
    assert all(a is b for a, b in zip(reduced.nodes, network.nodes, strict=True))


def test_what_does_not_change_is_kept() -> None:
    """Nodes behind and before the change are the same objects; names stay."""
    network = Network.from_layers(
        [([[1], [-1]], None), ([[1, 0], [2, 0], [0, 1]], None), ([[1, 1, 1], [0, 1, -1]], None),
         ([[1, 2]], None)]
    )  # fmt: skip
    reduced = quotient(network, coarsest(network))
    changed = [a.name for a, b in zip(network.nodes, reduced.nodes, strict=True) if a is not b]
    assert changed == ["layer 2", "layer 3"]
    assert [n.outputs for n in network.nodes] == [n.outputs for n in reduced.nodes]


def test_definition_7() -> None:
    """The weight into a block is the class sum, scaled; figure 3 of the paper."""
    reduced = quotient(EXAMPLES["figure_3"].network, coarsest(EXAMPLES["figure_3"].network))
    first, second, _ = (n for n in reduced.nodes if isinstance(n, Linear))
    assert first.W is not None
    assert second.W is not None
    assert (fractions(first.W) == [[1, -2, 3]]).all()
    assert (fractions(second.W) == [[17]]).all()


def test_interior_tensors_get_their_new_width() -> None:
    """Between a matrix and its bias there is a tensor: its width changes too."""
    network = graph(
        linear("m", "x", "p", [[1], [2], [3]]),
        linear("b", "p", "q", None, [1, 2, 3]),
        Pointwise("r", "q", "s", RELU),
        linear("c", "s", "y", [[1, 1, 1]]),
        x=("N", 1), p=("N", 3), q=("N", 3), s=("N", 3), y=("N", 1),
    )  # fmt: skip
    reduced = quotient(network, coarsest(network))
    assert {name: t.shape for name, t in reduced.tensors.items()} == dict.fromkeys(
        "xpqsy", ("N", 1)
    )
    same(network, reduced)


def _vanishing(*, shape: Any, W: Any = ((0, 0), (0, 0)), lead: bool = False) -> Network:
    front = [Opaque("o", "Softmax", ("x",), ("s",))]
    if lead:
        front.append(linear("l", "s", "t", None, [1, 2]))  # type: ignore[arg-type]
    return graph(
        *front,
        linear("a", "t" if lead else "s", "p", W, [1, 2]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "y", [[1, 1]]),
        x=("N", 2), s=shape, t=shape, p=("N", 2), q=("N", 2), y=("N", 1),
    )  # fmt: skip


@pytest.mark.parametrize("lead", [False, True])
@pytest.mark.parametrize("shape", [None, (None, None), ("N", 2)])
def test_a_vanished_layer_reads_the_right_width(shape: Any, *, lead: bool) -> None:
    """What is left of a constant layer fits the tensor above, also one of unknown shape."""
    network = _vanishing(shape=shape, lead=lead)
    found = reduce(network)
    if not lead:  # readers make no shift of a tensor whose width they do not know
        check(network, found.network, found.certificate)
    last = found.network.producers["y"]
    assert isinstance(last, Linear)
    assert last.W is not None
    assert last.W.shape == (1, 2)
    assert not last.W.any()
    assert fractions(last.b).tolist() == [3]


def test_a_constant_network_keeps_its_batch() -> None:
    """An output that is constant still has one row per row of the input."""
    network = graph(
        linear("a", "x", "p", [[0, 0]], [2]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "y", [[3], [4]]),
        x=("N", 2), p=("N", 1), q=("N", 1), y=("N", 2),
    )  # fmt: skip
    reduced = quotient(network, coarsest(network))
    assert reduced([[1, 2], [3, 4], [5, 6]]) == ((6, 8),) * 3
    assert reduced(np.zeros((0, 2))) == ()


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_several_vanished_layers(depth: int) -> None:
    """Layers that vanish one after another read from the last that did not."""
    inner = [(np.zeros((2, 2)), [1, 2])] + [([[1, 2], [3, 4]], [1, 1])] * (depth - 1)
    network = Network.from_layers([([[1], [-1]], None), *inner, ([[1, 1]], None)])
    reduced = quotient(network, coarsest(network))
    assert not reduced.layers
    same(network, reduced)


def test_segments_without_a_matrix() -> None:
    """A scale and shift behind a merged layer becomes as small as the layer."""
    network = graph(
        linear("a", "x", "p", [[1], [1], [-1]]),
        Pointwise("r", "p", "q", RELU),
        Linear("d", "q", "s", weights_of(np.array([2.0, 2.0, 1.0])), np.array([1.0, 1.0, 0.0])),
        Pointwise("t", "s", "u", RELU),
        linear("c", "u", "y", [[1, 5, 1]]),
        x=(1,), p=(3,), q=(3,), s=(3,), u=(3,), y=(1,),
    )  # fmt: skip
    reduced = quotient(network, coarsest(network))
    assert reduced.widths == (1, 2, 2, 1)
    same(network, reduced)


@pytest.mark.parametrize("rules", [RULES[:3], RULES])
def test_runs_of_affine_nodes(rules: tuple[str, ...]) -> None:
    """Constants and scales go through every kind of affine node before the next matrix."""
    network = graph(
        linear("a", "x", "p", [[0, 0], [1, 2], [3, 6]], ["1/2", 1, 3]),
        Pointwise("r", "p", "q", RELU),
        Linear("d", "q", "s", weights_of(np.array([2.0, 3.0, -1.0])), np.array([1.0, 0.0, 5.0])),
        linear("e", "s", "t", None, [1, 2, 3]),
        linear("m", "t", "u", [[1, 2, 3], [2, 4, 6], [0, 1, 1], [0, 0, 0]]),
        linear("n", "u", "v", [[1, 1, 0, 5], [2, 2, 0, 7]], [1, 1]),
        linear("f", "v", "w", None, ["1/3", 1]),
        Pointwise("g", "w", "z", RELU),
        linear("h", "z", "y", [[1, 1]]),
        x=(2,), p=(3,), q=(3,), s=(3,), t=(3,), u=(4,), v=(2,), w=(2,), z=(2,), y=(1,),
    )  # fmt: skip
    lumping = coarsest(network, rules=rules)
    assert lumping.relabellings
    same(network, quotient(network, lumping))


@pytest.mark.parametrize("first", ["reshape", "flatten", "transpose", "squeeze", "unsqueeze"])
def test_through_rearrangements(first: str) -> None:
    """Units merge through a rearrangement that keeps their axis; its numbers follow."""
    node, shape, matrix_axis = {
        "reshape": (Rearrange("f", "q", "s", "Reshape", (-1, 3)), ("N", 3), -1),
        "flatten": (Rearrange("f", "q", "s", "Flatten", (2,)), ("N", 3), -1),
        "transpose": (Rearrange("f", "q", "s", "Transpose", (2, 0, 1)), (3, "N", 1), -3),
        "squeeze": (Rearrange("f", "q", "s", "Squeeze", (1,)), ("N", 3), -1),
        "unsqueeze": (Rearrange("f", "q", "s", "Unsqueeze", (3,)), ("N", 1, 3, 1), -2),
    }[first]
    network = graph(
        linear("a", "x", "p", [[1], [2], [-1]]),
        Pointwise("r", "p", "q", RELU),
        node,
        linear("b", "s", "y", [[1, 1, 1]], axis=matrix_axis),
        x=("N", 1, 1), p=("N", 1, 3), q=("N", 1, 3), s=shape,
    )  # fmt: skip
    found = reduce(network)
    check(network, found.network, found.certificate)
    assert found.network.units == 2
    same(network, found.network)


def test_inputs_and_outputs_stay() -> None:
    """Names, order and types of inputs and outputs are never touched."""
    for seed in range(20):
        network = mixed(seed)
        reduced = quotient(network, coarsest(network))
        assert (reduced.inputs, reduced.outputs) == (network.inputs, network.outputs)
        assert reduced.environment == network.environment
