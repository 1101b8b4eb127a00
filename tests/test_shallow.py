"""Tests for `search.shallow` and `search.widths`: as few units in one layer as there can be."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from shallow_oracle import Shallow, drawn, width
from small_networks import graph

from lumpver.checker import check
from lumpver.io.nnet.reading import read
from lumpver.model.activations import ABS, RELU, SIGMOID, leaky
from lumpver.model.linear import Linear
from lumpver.model.network import Network, Pointwise, Rearrange, Tensor, linear
from lumpver.model.weights import Diagonal
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.search.widths import Width

LINE = [[1], [1], [1], [-1]]
HALF = leaky("1/2")


def reduced(*layers: Any, activation: Any = RELU) -> Reduction:
    """What becomes of a chain, as the checker accepts it, the same at some points."""
    network = Network.from_layers(list(layers), activation=activation)
    found = reduce(network)
    check(network, found.network, found.certificate)
    rng = random.Random(0)
    for _ in range(5):
        x = [Fraction(rng.randint(-9, 9), rng.randint(1, 4)) for _ in range(network.widths[0])]
        assert network(x) == found.network(x)
    return found


def units(found: Reduction) -> tuple[int, int, int]:
    """How many there are, at least, and at most."""
    (one,) = found.widths
    return found.network.units, one.least, one.most


PAIRS = ([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1]], [1, -1, 2, -2, 3, -3])
EXAMPLES: dict[str, tuple[Any, Any, int]] = {
    "|x| + ReLU(x - 1)": (([[1], [-1], [1]], [0, 0, -1]), [[1, 1, 1]], 2),
    "ReLU(x) + ReLU(x - 1) + x/3": ((LINE, [0, -1, 0, 0]), [[1, 1, "1/3", "-1/3"]], 3),
    "three pairs": (PAIRS, [[2, 5, -3, 7, 1, 4]], 5),
    "three pairs, two outputs": (PAIRS, [[2, 5, -3, 7, 1, 4], [1, -2, 6, 3, -5, 2]], 5),
    "parallel pairs": (
        ([[1], [-1]] * 4, [0, 0, -1, 1, -2, 2, -3, 3]), [[2, 5, -3, 7, 1, 4, 9, -2]], 4,
    ),
    "no pair": (([[1], [1]], [0, -1]), [[1, 3]], 2),
    "multiples": (([[1], [2], [0]], [0, 0, 3]), [[1, 3, 5]], 1),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str) -> None:
    """The theory's examples have the units that the theorem says, and no fewer are possible."""
    first, last, count = EXAMPLES[name]
    assert units(reduced(first, (last, None))) == (count, count, count)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ([[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1]], [1, -1, 1, -1, -1, 1]),
        ([[1, 0], [-1, 0], [0, 1], [0, -1]], [1, -1, 1, -1]),
    ],
)
def test_without_kinks_no_layer_is_left(first: Any, last: Any) -> None:
    """What is affine is computed without a hidden layer, of which nothing need be said then."""
    found = reduced((first, None), ([last], None))
    assert (found.network.units, found.widths) == (0, ())


def agrees(net: Shallow, slope: str = "0") -> None:
    """A reduced network has the units of the theorem."""
    found = reduced(*net.layers, activation=RELU if slope == "0" else leaky(slope))
    kinks, least = width(net, Fraction(slope))
    assert (units(found) if kinks else found.network.units) == ((least,) * 3 if kinks else 0)


@pytest.mark.parametrize("slope", ["0", "1/2"])
def test_random_networks(slope: str) -> None:
    """Small integers: exactly as many units as the theorem says, for several outputs, too."""
    for net in drawn(7, 40):
        if slope == "0" or width(net, Fraction(slope))[0]:
            agrees(net, slope)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_random_networks_often(seed: int) -> None:
    """The same, thousands of times."""
    for net in drawn(seed, 400):
        agrees(net)


def hard(numbers: list[int], goal: int) -> Reduction:
    """A sum of a ReLU(x - i), less B x."""
    count = len(numbers)
    first = [[1]] * count + [[1], [-1]], [-i for i in range(1, count + 1)] + [0, 0]
    return reduced(first, ([[*numbers, -goal, goal]], None))


def test_forty_kinks_are_decided() -> None:
    """As many units as kinks where some numbers add up, one more where none do."""
    rng = random.Random(3)
    numbers = [2 * rng.randint(1, 2**30) for _ in range(40)]
    goal = sum(numbers[::3])
    assert units(hard(numbers, goal)) == (40, 40, 40)
    assert units(hard(numbers, goal + 1)) == (41, 41, 41)


def test_more_are_bounded() -> None:
    """Beyond 40 large numbers it is not said that fewer are impossible unless none could be."""
    rng = random.Random(4)
    numbers = [2 * rng.randint(2**50, 2**52) for _ in range(50)]
    assert units(hard(numbers, sum(numbers[20:]))) == (51, 50, 51)
    small = [rng.randint(1, 9) for _ in range(60)]
    assert units(hard(small, sum(small[:23]))) == (60, 60, 60)


def test_abs_has_no_other_way() -> None:
    """|h| and |-h| are the same unit."""
    found = reduced(([[1], [-1], [1]], [0, 0, -1]), ([[1, 1, 1]], None), activation=ABS)
    assert units(found) == (2, 2, 2)


def test_only_anything_bounds() -> None:
    """Behind a sigmoid numbers are not anything: units go, but none is said to be needed."""
    pairs = [[1, 0], [-1, 0], [1, -1], [-1, 1], [0, 1]], [-1, 1, 0, 0, -1]
    nodes = [
        Pointwise("r", "x", "p", SIGMOID),
        linear("a", "p", "q", *pairs),
        Pointwise("s", "q", "u", RELU),
        linear("b", "u", "y", [[1, 1, 2, 2, 1]]),
    ]
    found = reduce(graph(*nodes))
    assert found.widths == ()
    assert found.network.units < found.original.units
    check(found.original, found.network, found.certificate)


def test_inputs_in_another_shape() -> None:
    """A reshaped input is anything, too."""
    nodes = (
        Rearrange("f", "x", "p", "Flatten", (1,)),
        linear("a", "p", "q", [[1, 0], [-1, 0], [1, 0]], [0, 0, -1]),
        Pointwise("s", "q", "u", RELU),
        linear("b", "u", "y", [[1, 1, 1]]),
    )
    shapes = {"x": (1, 1, 2), "p": (1, 2), "q": (1, 3), "u": (1, 3), "y": (1, 1)}
    tensors = {name: Tensor(name, shape=shape) for name, shape in shapes.items()}
    found = reduce(Network((tensors["x"],), (tensors["y"],), nodes, tensors))
    assert found.widths == (Width("p", "y", "q", 2, 2),)


def test_layers_of_two_activations_are_not_bounded() -> None:
    """A leaky layer that cancels, and ReLU behind it: the kinks are ReLU's, the layer is not."""
    first, second = ([[1], [-1]], None), ([["2/3", "-2/3"], [2, -2]], [0, -1])
    layers = [(*first, HALF), (*second, RELU), ([[1, 1]], None)]
    network = Network.from_layers(layers)
    found = reduce(network)
    check(network, found.network, found.certificate)
    assert (network.units, found.network.units, found.widths) == (4, 2, ())
    alike = Network.from_layers([(*one[:2], HALF) for one in layers[:2]] + layers[2:])
    assert len(reduce(alike).widths) == 1


def test_deeper_networks_are_not_bounded() -> None:
    """Of two hidden layers nothing is said."""
    found = reduced(([[1], [-1]], [0, 1]), ([[1, 2], [3, -1]], [0, -1]), ([[1, 1]], None))
    assert found.widths == ()


@pytest.mark.parametrize(("least", "bounds"), [("-inf", 1), ("-5", 0)])
def test_inputs_that_are_clipped_are_not_anything(least: str, bounds: int) -> None:
    """A program that clips what it is given sees no kink beyond the limits of its file."""
    data = f"2,1,1,2,\n1,2,1,\n0,\n{least},\ninf,\n0,0,\n1,1,\n1,\n1,\n0,\n9,\n1,1,\n0,\n"
    network = read(data.encode(), where="f")
    assert len(reduce(network).widths) == bounds


def test_layers_that_only_scale() -> None:
    """Units that read one input each: as many kinks, and nothing is laid out to count them."""
    count = 2**15
    nodes = (
        Linear("a", "x", "q", Diagonal(np.ones(count)), np.ones(count)),
        Pointwise("s", "q", "u", RELU),
        Linear("b", "u", "y", Diagonal(np.ones(count)), None),
    )
    tensors = {name: Tensor(name, shape=(1, count)) for name in "xquy"}
    assert reduce(Network((tensors["x"],), (tensors["y"],), nodes, tensors)).widths == ()


def test_protected_units_are_not_bounded() -> None:
    """Where units are kept, or nothing may cancel, no forms are compared."""
    network = Network.from_layers([([[1], [-1]], None), ([[1, 1]], None)])
    assert reduce(network, keep=frozenset({("h1.pre", 0)})).widths == ()
    assert reduce(network, rules=("merges",)).widths == ()


def test_floats() -> None:
    """Where the best needs numbers that no float is, the next that fits is taken."""
    first = np.array([[3.0, 0.0], [0.0, 1.0], [1.0, 0.0], [-1.0, 0.0], [-3.0, 0.0]])
    biases = np.array([1.0, 0.0, 0.0, 0.0, -1.0])
    last = np.array([[5.0, 0.5, 1.0, -1.0, 6.0]])
    network = Network.from_layers([(first, biases), (last, None)])
    exact, stored = reduce(network), reduce(network, floats_only=True)
    assert exact.network.units == exact.widths[0].least == 3
    assert stored.widths == exact.widths
    for found in (exact, stored):
        check(network, found.network, found.certificate)
    for node in stored.network.nodes:
        assert not hasattr(node, "W") or node.W.dtype.kind == "f"
