"""Tests for `model.network`, `model.nodes`, `model.chain`: graphs and what they tell."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from small_networks import graph

from lumpver.errors import LumpverError, Malformed, NotANumber, ShapeMismatch
from lumpver.model.activations import RELU
from lumpver.model.network import (
    Constant,
    Linear,
    Network,
    Opaque,
    Pointwise,
    Rearrange,
    Tensor,
    linear,
)
from lumpver.theory.examples import EXAMPLES

TWINS = Network.from_layers([([[1], [2]], None), ([[1, 1]], ["1/2"])])


RUN = [linear("a", "x", "h", [[1], [2]]), linear("b", "h", "g", None, [1, 1]),
       Pointwise("c", "g", "r", RELU), linear("d", "r", "y", [[1, 1]])]  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "where"),
    [
        ([linear("a", "z", "y", [[1]])], "node a"),
        ([linear("a", "x", "x", [[1]])], "node a"),
        ([linear("a", "x", "y", [[1]]), linear("b", "x", "y", [[1]])], "node b"),
        ([linear("b", "h", "y", [[1]]), linear("a", "x", "h", [[1]])], "node b"),
        ([linear("a", "x", "h", [[1]])], "outputs"),
        ([Opaque("o", "If", (), ("y",), captured=(("z", None),))], "node o"),
    ],
)
def test_wiring_is_checked(nodes: list[Any], where: str) -> None:
    """Tensors are made once, before they are read, and every output is made."""
    with pytest.raises(Malformed) as caught:
        graph(*nodes)
    assert caught.value.where == where


def test_inputs_have_distinct_names() -> None:
    """Two inputs of one name are refused."""
    with pytest.raises(Malformed):
        graph(*RUN, inputs="x x")


def test_a_network_may_be_a_wire() -> None:
    """An output may be an input, without any node; there may even be nothing."""
    wire = graph(outputs="x", x=(2,))
    assert wire([1, "1/3"]) == (1, sympy.Rational(1, 3))
    assert wire.units == wire.parameters == 0
    assert graph(inputs="", outputs="").widths == (0,)


def test_networks_are_frozen() -> None:
    """Neither a network nor its nodes can be changed."""
    with pytest.raises(FrozenInstanceError):
        TWINS.nodes = ()  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        TWINS.nodes[0].name = "z"  # type: ignore[misc]


def test_segments_are_maximal_runs() -> None:
    """Linear nodes that follow each other and that nobody else reads are one segment."""
    network = graph(*RUN)
    assert [[n.name for n in s.nodes] for s in network.segments] == [["a", "b"], ["d"]]
    assert [(s.input, s.output) for s in network.segments] == [("x", "g"), ("r", "y")]


@pytest.mark.parametrize(
    ("extra", "outputs"),
    [
        ([], "y h"),
        ([linear("e", "h", "z", [[1, 0]])], "y z"),
        ([Opaque("o", "Softmax", ("h",), ("z",))], "y z"),
        ([Pointwise("o", "h", "z", RELU)], "y z"),
    ],
)
def test_a_segment_ends_where_others_look(extra: list[Any], outputs: str) -> None:
    """A tensor that is an output, or has another reader, ends its segment."""
    network = graph(*RUN, *extra, outputs=outputs)
    assert [n.name for n in network.segments[0].nodes] == ["a"]


def test_a_segment_keeps_to_one_axis() -> None:
    """Linear nodes along different axes are different segments."""
    network = graph(linear("a", "x", "h", np.eye(2)), linear("b", "h", "y", np.eye(3), axis=-2))
    assert [len(s.nodes) for s in network.segments] == [1, 1]


def test_a_tensor_read_twice_by_one_node() -> None:
    """A node that reads a tensor twice is one reader."""
    network = graph(Opaque("o", "Add", ("x", "x"), ("y",)))
    assert len(network.readers["x"]) == 1


def test_counts() -> None:
    """Units, parameters, layers and widths are those of the chain."""
    network = Network.from_layers([(np.ones((4, 3)), None), (np.ones((2, 4)), [0, 1])])
    assert (network.units, network.parameters) == (4, 4 * 3 + 2 * 4 + 2)
    assert network.layers == ("h1.pre",)
    assert network.widths == (3, 4, 2)
    assert repr(network) == "<Network x -> y: 4 units (4), 22 parameters>"


def test_repr_of_large_and_opaque_networks() -> None:
    """The text is one short line, and says how much is not modelled."""
    opaque = graph(Opaque("o", "Softmax", ("x",), ("y",)))
    assert "1 opaque nodes" in repr(opaque)
    assert len(repr(Network.from_layers([(np.ones((900, 900)), None)]))) < 200


def test_an_output_activation_counts() -> None:
    """A network that ends in ReLU has units there."""
    network = Network.from_layers([([[1], [2]], None, "relu")])
    assert network.units == 2
    assert network.layers == ("y.pre",)


def test_widths_with_an_output_activation() -> None:
    """Every layer of the paper is listed once."""
    assert Network.from_layers([([[1], [2]], None, "relu")]).widths == (1, 2)


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [()],
        [(1,)],
        [([[1]], [0], "swish")],
        [5],
        ["ab"],
        [None],
        pytest.param(
            [([[1]], [0], "relu", 4)],
        ),
    ],
)
def test_layers_have_a_form(layers: Any) -> None:
    """A layer is a pair or triple with a known activation."""
    with pytest.raises(LumpverError):
        Network.from_layers(layers)


@pytest.mark.parametrize(
    "layers",
    [
        [([1, 2], None)],
        [([[[1]]], None)],
        [(None, [1])],
        [([[1, 2]], [1, 2])],
        [([[1, 2]], [[1, 2], [3, 4]])],
        [([[1], [2]], None), ([[1]], None)],
        [([[1, 2], [3]], None)],
        [(np.zeros((0, 2)), None), ([[1]], None)],
    ],
)
def test_layers_have_to_fit(layers: Any) -> None:
    """Matrices, biases and neighbouring layers must agree in shape."""
    with pytest.raises(ShapeMismatch):
        Network.from_layers(layers)


@pytest.mark.parametrize("bad", [np.nan, np.inf, "one", None, True])
def test_layers_are_numbers(bad: Any) -> None:
    """A weight or bias that is no number is refused, naming the layer."""
    for layers in ([([[bad]], None)], [([[1]], [bad])]):
        with pytest.raises(NotANumber):
            Network.from_layers(layers)
    with pytest.raises(NotANumber) as caught:
        Network.from_layers([(np.array([[1.0, np.nan]]), None)])
    assert caught.value.where == "layer 1 weights[0, 1]"


@pytest.mark.parametrize(
    "numbers",
    [
        [[Fraction(1, 3)]],
        [["1/3"]],
        ((sympy.Rational(1, 3),),),
        np.array([[Fraction(1, 3)]], dtype=object),
        sympy.Matrix([[sympy.Rational(1, 3)]]),
    ],
)
def test_layers_from_anything(numbers: Any) -> None:
    """Every way to write a third is the same network."""
    third = Network.from_layers([(numbers, None)])
    assert third.digest == Network.from_layers([([["1/3"]], None)]).digest
    assert third([3]) == (1,)


def test_a_column_of_biases() -> None:
    """A bias may be a sympy column vector."""
    network = Network.from_layers([(sympy.eye(2), sympy.Matrix([1, 2]))])
    assert network([0, 0]) == (1, 2)


def test_the_last_layer_is_affine_unless_it_says_otherwise() -> None:
    """`activation` is for hidden layers."""
    network = Network.from_layers([([[1]], None), ([[1]], None)], activation="abs")
    assert [str(n.activation) for n in network.nodes if isinstance(n, Pointwise)] == ["Abs"]


def test_digest_depends_on_content_only() -> None:
    """Storage does not matter to the digest; every number, name and wire does."""
    half = [([[0.5]], [1]), ([[1]], None)]
    assert (
        Network.from_layers(half).digest
        == Network.from_layers([([["1/2"]], np.array([1], "f4")), ([[1]], None)]).digest
    )
    others = [
        Network.from_layers([([[0.25]], [1]), ([[1]], None)]),
        Network.from_layers([([[0.5]], [2]), ([[1]], None)]),
        Network.from_layers([([[0.5]], [1]), ([[1]], [0])]),
        Network.from_layers(half, activation="abs"),
        graph(*RUN),
        graph(*RUN, x=(1,)),
        graph(*RUN, inputs="x z"),
        graph(RUN[0], replace(RUN[1], name="bb"), *RUN[2:]),
    ]
    digests = {Network.from_layers(half).digest, *(network.digest for network in others)}
    assert len(digests) == len(others) + 1


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_digest_is_reproducible(name: str) -> None:
    """The same network has the same digest whenever it is built."""
    digest = EXAMPLES[name].network.digest
    assert digest == EXAMPLES[name].network.digest
    assert len(digest) == 64


def test_opaque_inputs() -> None:
    """An opaque node reads its tensors and what its subgraphs capture, not its constants."""
    constant = Constant("float32", (1,), b"\0\0\0\0")
    node = Opaque("o", "If", ("x", None, constant), ("y",), captured=(("w", None), ("c", constant)))
    assert node.inputs == ("x", "w")


def test_constants_compare_byte_for_byte() -> None:
    """0.0 and -0.0 are different bytes, and a type or shape is part of a constant."""
    zero = Constant("float32", (1,), np.float32(0.0).tobytes())
    assert zero.same_as(Constant("float32", (1,), b"\0\0\0\0"))
    assert not zero.same_as(Constant("float32", (1,), np.float32(-0.0).tobytes()))
    assert not zero.same_as(Constant("float32", (1, 1), b"\0\0\0\0"))
    assert not zero.same_as(Constant("int32", (1,), b"\0\0\0\0"))


def test_affine_checks_its_bias() -> None:
    """A bias has one entry per row, also beside a diagonal."""
    with pytest.raises(ShapeMismatch):
        linear("a", "x", "y", [[1], [2]], [1])
    with pytest.raises(ShapeMismatch):
        linear("a", "x", "y", [1, 2], [1])
    assert isinstance(linear("a", "x", "y", [1, 2], [1, 2]), Linear)


def test_rearrangements_belong_to_no_segment() -> None:
    """A reshape ends a segment."""
    flat = Rearrange("f", "h", "g", "Flatten", (1,))
    network = graph(linear("a", "x", "h", [[1]]), flat, linear("b", "g", "y", [[1]]))
    assert [s.output for s in network.segments] == ["h", "y"]


def test_layers_behind_pools_and_rearrangements() -> None:
    """Units that an activation reads through a Squeeze or a pool are counted as well."""
    nodes = (
        linear("a", "x", "p", [[1], [2], [3]]),
        Rearrange("u", "p", "q", "Unsqueeze", (2,)),
        Rearrange("s", "q", "r", "Squeeze", (2,)),
        Pointwise("relu", "r", "h", RELU),
        linear("b", "h", "y", [[1, 1, 1]]),
    )
    shapes = {"x": ("N", 1), "p": ("N", 3), "q": ("N", 3, 1), "r": ("N", 3), "h": ("N", 3),
              "y": ("N", 1)}  # fmt: skip
    tensors = {name: Tensor(name, shape=shape) for name, shape in shapes.items()}
    network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    assert (network.layers, network.units) == (("p",), 3)
    assert [node.name for node in network.activations("p")] == ["relu"]
    assert network.activations("y") == ()
