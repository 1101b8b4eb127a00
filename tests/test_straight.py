"""Layers without an undecided unit: their activation goes, and only where all it left is on."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lumpver
from lumpver.bounds.knowing import known
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.facts import Fact
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import Rejected
from lumpver.exact.scalar import number
from lumpver.model.activations import Activation
from lumpver.model.network import Network, Pointwise, Tensor, linear
from lumpver.model.renaming import node_with
from lumpver.model.several import Several
from lumpver.proving import prove
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.tell.summary import layers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RELU = Activation("Relu")


def box(count: int, low: object = 0, high: object = 1) -> Boxes:
    """The box in which all inputs are between two numbers."""
    return Boxes((Box.of({"x": [(low, high)] * count}),))


def without(network: Network, name: str) -> Network:
    """The network without the activation that makes a tensor."""
    node = network.producers[name]
    instead = {name: node.inputs[0]}
    nodes = tuple(node_with(n, instead) for n in network.nodes if n is not node)
    tensors = {key: tensor for key, tensor in network.tensors.items() if key != name}
    return replace(network, nodes=nodes, tensors=tensors)


def certificate(network: Network, name: str, domain: Boxes | None, **facts: Fact) -> Certificate:
    """That an activation may go, on a domain."""
    claim = EVERYTHING if domain is None else Claim(domain=domain)
    node = network.producers[name]
    stated = {name: Fact(node.inputs[0]), **facts}
    return Certificate({key: (fact,) for key, fact in stated.items()}, claim=claim)


def accepted(original: Network, other: Network, proof: Certificate) -> None:
    """The checker takes it."""
    check(original, other, proof, claim=proof.claim)


def found(network: Network, domain: Boxes, *, bent: bool = False) -> Reduction:
    """What `reduce` makes of a network, checked."""
    made = reduce(network, known=known(network, domain), floats_only=True, bent=bent)
    accepted(network, made.network, made.certificate)
    return made


def trained(seed: int, widths: Sequence[int] = (3, 12, 10, 8, 2)) -> Network:
    """A network of random float32 weights."""
    draw = np.random.default_rng(seed)
    return Network.from_layers(
        [
            (draw.normal(size=(m, n)).astype(np.float32), draw.normal(size=m).astype(np.float32))
            for n, m in pairwise(widths)
        ]
    )


TWO = Network.from_layers([([[1], [2]], [1, -1]), ([[1, 1], [1, 2]], None)])  # x + 1, 2 x - 1


def several(slopes: Sequence[int | str]) -> Network:
    """Units x + 1 and 2 x - 1, each with a slope of its own."""
    node = Pointwise(
        "p", "t", "y", Several(tuple(Activation("LeakyRelu", (number(s),)) for s in slopes), -1)
    )
    nodes = (
        linear("a", "x", "t", [[1], [2]], [1, -1]), node, linear("b", "y", "z", [[1, 1], [1, 2]])
    )  # fmt: skip
    tensors = {n: Tensor(n, shape=(1 if n == "x" else 2,)) for n in "xtyz"}
    return Network((tensors["x"],), (tensors["z"],), nodes, tensors)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_affine_has_no_unit(seed: int) -> None:
    """On a small box no activation of a network switches, and none is left."""
    network, ends = trained(seed), ("1/3", "341/1000")
    made = found(network, box(3, *ends))
    for point in (["1/3"] * 3, ["1/3", "341/1000", "337/1000"]):
        assert network(point) == made.network(point)
    on = known(network, box(3, *ends))
    open_ = [
        name
        for name in network.layers
        if any((low or -1) < 0 < (high or 1) for low, high in map(on.of(name, -1).of, range(8)))
    ]
    if not open_:
        assert made.network.units == 0
    assert made.network.units == sum(layer.units_after for layer in layers(made))
    for layer in layers(made):
        parts = layer.units_after, layer.merged, layer.constant, layer.unused, layer.straight
        assert sum(parts) == layer.units_before


@pytest.mark.parametrize("seed", range(3))
def test_prove_knows_layers_without_one(seed: int) -> None:
    """Equal on the box by joint lumping; a weight that is another is found."""
    network, ends = trained(seed), ("1/3", "341/1000")
    made = found(network, box(3, *ends))
    answer = prove(network, made.network, box={"x": [ends] * 3})
    assert (answer.answer, answer.step) == ("proved", "joint lumping")
    first = made.network.nodes[0]
    other = replace(first, b=np.array(first.b) + np.eye(len(first.b))[0])  # type: ignore[union-attr,arg-type]
    wrong = replace(made.network, nodes=(other, *made.network.nodes[1:]))
    assert prove(network, wrong, box={"x": [ends] * 3}, timeout=30).answer == "refuted"


@pytest.mark.parametrize(("low", "high"), [("501/1000", 1), (1, 9), ("51/100", "51/100")])
def test_it_may_go_where_all_are_on(low: object, high: object) -> None:
    """2 x - 1 is above 0 from 1/2 on, by some rounding."""
    accepted(TWO, without(TWO, "h1"), certificate(TWO, "h1", box(1, low, high)))


@pytest.mark.parametrize("domain", [box(1), box(1, "49/100", 1), box(1, -3, -2), None])
def test_it_may_not_go_where_one_may_switch(domain: Boxes | None) -> None:
    """Off is not on either, and for all inputs nothing is known."""
    with pytest.raises(Rejected):
        accepted(TWO, without(TWO, "h1"), certificate(TWO, "h1", domain))


def test_one_box_of_two_is_not_enough() -> None:
    """Both have to leave it alone."""
    (near,), (far,) = box(1, 1, 2).boxes, box(1, 0, "1/4").boxes
    accepted(TWO, without(TWO, "h1"), certificate(TWO, "h1", Boxes((near, near))))
    with pytest.raises(Rejected):
        accepted(TWO, without(TWO, "h1"), certificate(TWO, "h1", Boxes((near, far))))


def test_it_is_gone_and_not_another() -> None:
    """Without the fact it is asked for; with it the nodes behind read what it read."""
    domain, other = box(1, 1, 2), without(TWO, "h1")
    with pytest.raises(Rejected):
        accepted(TWO, TWO, certificate(TWO, "h1", domain))  # a node that nobody asked for
    last = linear("b", "h1.pre", other.nodes[-1].outputs[0], [[1, 1], [1, 3]])
    made = replace(other, nodes=(*other.nodes[:-1], last))
    proof = certificate(TWO, "h1", domain)
    accepted(TWO, other, proof)
    with pytest.raises(Rejected):
        accepted(TWO, made, proof)
    with pytest.raises(Rejected):
        accepted(TWO, other, replace(proof, tensors={"h1": (Fact("x"),)}))


@pytest.mark.parametrize(
    ("slopes", "low", "passes"),
    [
        (["1/4", "1/2"], 1, True),
        (["1/4", "1/2"], 0, False),
        ([0, 1], 0, True),  # the unit that switches has slope 1 on either side
        ([1, 0], 0, False),
        ([1, 1], -9, True),
    ],
)
def test_each_unit_by_its_own(slopes: list[int | str], low: object, passes: bool) -> None:
    """What a unit's own activation leaves alone; another's does not count."""
    network = several(slopes)
    other, proof = without(network, "y"), certificate(network, "y", box(1, low, 10))
    if passes:
        accepted(network, other, proof)
    else:
        with pytest.raises(Rejected):
            accepted(network, other, proof)


@pytest.mark.parametrize(
    ("operator", "low", "high", "passes"),
    [
        ("Relu", "1/2", 1, True),
        ("Abs", "1/2", 1, True),
        ("Abs", -1, "-1/2", False),
        ("Tanh", "1/2", 1, False),
        ("Sigmoid", "1/2", 1, False),
        ("Clip", "1/4", "3/4", True),
        ("Clip", "1/4", "5/4", False),
        ("Clip", "-1/4", "3/4", False),
    ],
)
def test_by_its_function(operator: str, low: object, high: object, passes: bool) -> None:
    """Only where it is y itself."""
    function = Activation(operator, (number(0), number(1)) if operator == "Clip" else ())
    nodes = (
        linear("a", "x", "t", [[1]]),
        Pointwise("p", "t", "y", function),
        linear("b", "y", "z", [[3]]),
    )
    tensors = {n: Tensor(n, shape=(1,)) for n in "xtyz"}
    network = Network((tensors["x"],), (tensors["z"],), nodes, tensors)
    other, proof = without(network, "y"), certificate(network, "y", box(1, low, high))
    if passes:
        accepted(network, other, proof)
        assert found(network, box(1, low, high)).network.units == 0
    else:
        with pytest.raises(Rejected):
            accepted(network, other, proof)
        assert found(network, box(1, low, high)).network.units == 1


def test_a_column_that_no_unit_is_shows_nothing() -> None:
    """Of merged units one that is shifted is on, and the block itself is not."""
    network = Network.from_layers([([[1], [2]], [-2, 9]), ([[1, 1], [1, 2]], None)])
    with pytest.raises(Rejected):
        accepted(network, without(network, "h1"), certificate(network, "h1", box(1)))
    made = found(network, box(1))
    assert made.network.units == 0  # x - 2 is off, and the other is on
    assert made.network(["1/2"]) == network(["1/2"])


def test_an_output_keeps_its_activation() -> None:
    """It has to have its name."""
    nodes = (linear("a", "x", "t", [[1], [2]], [1, 1]), Pointwise("p", "t", "y", RELU))
    tensors = {n: Tensor(n, shape=(1 if n == "x" else 2,)) for n in "xty"}
    network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    assert found(network, box(1)).network.units == 2


def test_files_say_so(tmp_path: Path) -> None:
    """From file to file; a .nnet file, which has no layer without one, keeps them."""
    layers_ = [([[1], [2]], [1, 1]), ([[1, 1], [1, 2]], [0, 1]), ([[1, 1]], [0])]
    network = Network.from_layers(
        [(np.array(W, np.float32), np.array(b, np.float32)) for W, b in layers_]
    )
    lumpver.save(network, tmp_path / "m.onnx")
    out = lumpver.reduce_file(
        tmp_path / "m.onnx", tmp_path / "s.onnx",
        box=lambda net: lumpver.io.domains.read("[0, 1]", net),
    )  # fmt: skip
    assert out.reduction.network.units == 0
    assert found(network, box(1), bent=True).network.units > 0
