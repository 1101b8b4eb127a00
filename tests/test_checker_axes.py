"""What reading the checker and the mutation campaign found: axes, lengths, permutations.

Each wrong answer here was accepted once; beside it stands a right one that must be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import LumpverError, Rejected
from lumpver.exact.array import array, zeros
from lumpver.model.activations import RELU
from lumpver.model.network import Linear, Network, Node, Opaque, Pointwise, Rearrange, Shape, Tensor
from lumpver.model.relabelling import Relabelling, identity
from lumpver.model.weights import Diagonal, Identity, weights_of

NONE = Certificate({})
SQUARE = array([[1, 2, 0], [3, 4, 1], [5, 6, 2]])
TURN = np.array([1, 2, 0])
BACK = np.argsort(TURN)


def network(shapes: dict[str, Shape], outputs: str, *nodes: Node) -> Network:
    """The network from `x` to the outputs, names between spaces."""
    tensors = {name: Tensor(name, "real", shape) for name, shape in shapes.items()}
    return Network((tensors["x"],), tuple(tensors[y] for y in outputs.split()), nodes, tensors)


def turned(name: str) -> Certificate:
    """The claim that three units stand in another order."""
    return Certificate({name: (Fact(name, Relabelling(TURN, np.ones(3), zeros(3), 3)),)})


def crossing(W: Any, V: Any, axis: int) -> Network:
    """Units along the last axis of a square tensor, read along `axis`."""
    shapes = {"x": (3, 3), "t": (3, 3), "h": (3, 3), "y": (1, 3) if axis == -2 else (3, 1)}
    first, last = (
        Linear("a", "x", "t", weights_of(W)),
        Linear("b", "h", "y", weights_of(V), None, axis),
    )
    return network(shapes, "y", first, Pointwise("r", "t", "h", RELU), last)


def test_units_are_read_along_their_own_axis() -> None:
    """A relabelling of one axis says nothing to a reader along another of the same length."""
    V = array([[1, 2, 3]])
    pairs = [(crossing(SQUARE, V, axis), crossing(SQUARE[BACK], V[:, BACK], axis))
             for axis in (-1, -2)]  # fmt: skip
    assert check(*pairs[0], turned("t")).units_after == 3
    point = {"x": [[1, 2, 3], [4, 5, 7], [-1, 0, 1]]}
    ours, theirs = (found.evaluate(point)["y"] for found in pairs[1])
    assert (ours != theirs).any()
    with pytest.raises(Rejected, match="unit axis"):
        check(*pairs[1], turned("t"))


def two_readers(bias: Any, rows: int) -> Network:
    """An input read along its first axis, then shifted along its last."""
    left = Linear("l", "x", "z", weights_of(np.ones((1, rows))), None, -2)
    shapes = {"x": (rows, 3), "z": (1, 3), "y": (rows, 3)}
    return network(shapes, "z y", left, Linear("b", "x", "y", Identity(), array(bias)))


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_a_bias_has_as_many_units_as_its_own_axis(rows: int) -> None:
    """Not as many as the axis that another reader of the tensor takes."""
    first = two_readers([1, 2, 3], rows)
    assert check(first, two_readers([1, 2, 3], rows), NONE)
    for wrong in ([1, 2, 4], [0, 2, 3]):
        with pytest.raises(Rejected, match="affine: y"):
            check(first, two_readers(wrong, rows), NONE)


def vanished(source: str) -> tuple[Network, Network, Certificate]:
    """A constant layer over x, and its reduction that reads `source` with weights 0."""
    left = Linear("l", "x", "z", weights_of(array([[1, 1, 1], [2, 0, 0]])), None, -2)
    shapes: dict[str, Shape] = {"x": (3, 2), "t": (3, 2), "h": (3, 2), "z": (2, 2), "y": (3, 1)}
    constant = Linear("a", "x", "t", weights_of(zeros(2, 2)), array([1, 2]))
    last = Linear("b", "h", "y", weights_of(array([[1, 2]])))
    original = network(shapes, "z y", constant, Pointwise("r", "t", "h", RELU), last, left)
    del shapes["t"], shapes["h"]
    reduced = network(
        shapes, "z y", left, Linear("b", source, "y", weights_of(zeros(1, 2)), array([5]))
    )
    claim = Relabelling(np.array([-1, -1]), np.ones(2), array([1, 2]), 0)
    return original, reduced, Certificate({"t": (Fact(None, claim),)})


def test_a_constant_has_the_length_of_every_other_axis() -> None:
    """What stands in for a vanished tensor shares all axes but the units' with it."""
    assert check(*vanished("x")).units_after == 0
    with pytest.raises(Rejected, match="below x"):
        check(*vanished("z"))


def open_bias(bias: Any) -> Network:
    """A bias over an axis of unknown length."""
    return network(
        {"x": ("N", "k"), "y": ("N", 3)}, "y", Linear("b", "x", "y", Identity(), array(bias))
    )


def test_a_bias_over_an_axis_of_unknown_length() -> None:
    """It is compared, or refused; once it counted as no units at all."""
    assert check(open_bias([1, 2, 3]), open_bias([1, 2, 3]), NONE)
    with pytest.raises(Rejected, match="known number of units"):
        check(open_bias([1, 2, 3]), open_bias([1, 2, 4]), NONE)


def unknown(*nodes: Node) -> Network:
    """Nodes over tensors of which nothing is known."""
    return network(dict.fromkeys(["x", "t", "y"], None), "y", *nodes)


def test_tensors_of_unknown_shape() -> None:
    """Identities before a matrix are passed over; the matrix says how many units there are."""
    before = Linear("i", "x", "t")
    one, two = (Linear("a", "t", "y", weights_of(array([[1, n]]))) for n in (2, 3))
    assert check(unknown(before, one), unknown(Linear("a", "x", "y", weights_of(one.W))), NONE)
    assert check(unknown(Linear("i", "x", "y")), unknown(before, Linear("j", "t", "y")), NONE)
    with pytest.raises(Rejected, match="weight 3"):
        check(unknown(before, one), unknown(before, two), NONE)
    for W in (zeros(0, 3), array([[1]])):
        with pytest.raises(Rejected, match="known number of units"):
            check(
                unknown(Linear("i", "x", "y")),
                unknown(before, Linear("a", "t", "y", weights_of(W))),
                NONE,
            )


@pytest.mark.parametrize("block", [[], [0], [0, 1, 2, 3]])
def test_an_identity_has_the_right_number_of_units(block: list[int]) -> None:
    """Also where the nodes are the same, so that nothing needs to be multiplied."""
    chain = Network.from_layers([([[1], [2], [3]], None), ([[1, 1, 1]], None)])
    assert check(chain, chain, Certificate({"h1.pre": (Fact("h1.pre", identity(3)),)}))
    with pytest.raises(Rejected, match="3 units"):
        check(chain, chain, Certificate({"h1.pre": (Fact("h1.pre", identity(len(block))),)}))


def transposing(order: tuple[int, ...], W: Any) -> Network:
    """Units on the last axis, the others of one length transposed."""
    shapes = {"x": (2, 2, 3), "t": (2, 2, 3), "z": (2, 2, 3)}
    first = Linear("a", "x", "t", weights_of(W))
    shapes["y"] = (2, 2, 1)
    last = Linear("b", "z", "y", weights_of(array([[1, 1, 1]])))
    return network(shapes, "y", first, Rearrange("r", "t", "z", "Transpose", order), last)


def test_a_transposition_is_its_permutation() -> None:
    """Two axes of one length, exchanged or not, leave every shape as it is."""
    original = transposing((1, 0, 2), SQUARE)
    assert check(original, transposing((1, 0, 2), SQUARE[BACK]), turned("t"))
    with pytest.raises(Rejected, match="rearrangement: z"):
        check(original, transposing((0, 1, 2), SQUARE[BACK]), turned("t"))


def reshaped(W: Any, units: int, declared: Shape) -> Network:
    """Units reshaped onto an axis of their own, the shape before it as a file declares it."""
    shapes: dict[str, Shape] = {"x": (1, "B", 2), "t": declared, "z": ("B", 1, units)}
    first = Linear("a", "x", "t", weights_of(W))
    target = (-1, 1, units) if declared == (1, "B", units) else (0, 0, units)
    shapes["y"] = ("B", 1, 1)
    last = Linear("b", "z", "y", weights_of(np.ones((1, units)) * (4 // units)))
    return network(shapes, "y", first, Rearrange("r", "t", "z", "Reshape", target), last)


def test_declared_shapes_are_not_believed() -> None:
    """A reduced model that lies about a hidden tensor's shape gains nothing."""
    original = reshaped(np.ones((4, 2)), 4, (1, "B", 4))
    merged = Relabelling(np.array([0, 0, 1, 1]), np.ones(4), zeros(4), 2)
    claim = Certificate({"t": (Fact("t", merged),)})
    assert check(original, reshaped(np.ones((2, 2)), 2, (1, "B", 2)), claim).units_after == 0
    with pytest.raises(LumpverError):
        check(original, reshaped(np.ones((2, 2)), 2, ("B", 1, 2)), claim)


def test_units_merged_to_one_may_be_reshaped() -> None:
    """An axis of length 1 looks like any other; it still is the units' own."""

    def made(W: Any) -> Network:
        units = len(W)
        shapes: dict[str, Shape] = {"x": ("N", 2), "t": ("N", units), "z": ("N", units, 1),
                                    "y": ("N", 1, 1)}  # fmt: skip
        move = Rearrange("r", "t", "z", "Reshape", (-1, units, 1))
        last = Linear("b", "z", "y", weights_of(array([[12 / units] * units])), None, -2)
        return network(shapes, "y", Linear("a", "x", "t", weights_of(W)), move, last)

    merged = Relabelling(np.zeros(4, dtype=np.int64), np.ones(4), zeros(4), 1)
    claim = Certificate({"t": (Fact("t", merged),)})
    assert check(made(np.ones((4, 2))), made(np.ones((1, 2))), claim).evidence == "certificate"


def noisy(*sources: str) -> Network:
    """Two nodes without operands that draw at random, joined by a third."""
    names = sorted({name for name in sources if name})
    draws = [Opaque(name, "ai.onnx:RandomNormal", (), (name,)) for name in names]
    joined = Opaque("sub", "ai.onnx:Sub", sources, ("y",))
    return network(dict.fromkeys(["x", *names, "y"], None), "y", *draws, joined)


def test_two_random_nodes_are_two() -> None:
    """Nodes that read the same may not be the same: each needs one of its own."""
    assert check(noisy("a", "b"), noisy("a", "b"), NONE)
    with pytest.raises(Rejected, match="a node of its own"):
        check(noisy("a", "b"), noisy("a", "a"), Certificate({"b": (Fact("a"),)}))


def test_messages_are_short() -> None:
    """A number of any length is shown in part."""
    chain = Network.from_layers([([[1]], None), ([[1]], None)])
    huge = Relabelling(np.array([0]), array([10**5000]), zeros(1), 1)
    with pytest.raises(Rejected) as caught:
        check(chain, chain, Certificate({"h1.pre": (Fact("h1.pre", huge),)}))
    assert len(str(caught.value)) < 1000


def unreckoned(width: int, target: tuple[int, ...], lead: int | None = None) -> Network:
    """So many equal units behind an axis of unknown length, reshaped and added up."""
    shapes: dict[str, Shape] = {"x": (lead, 6, 1), "t": (lead, 6, width)}
    shapes |= {"s": (None, 2, width), "y": (None, 2, 1)}
    return network(
        shapes,
        "y",
        Linear("a", "x", "t", weights_of(np.ones((width, 1)))),
        Rearrange("r", "t", "s", "Reshape", target),
        Linear("b", "s", "y", weights_of(np.full((1, width), 6.0 / width))),
    )


def merged(name: str, units: int, width: int) -> Certificate:
    """The claim that equal units are so many."""
    block = np.arange(units) % width
    return Certificate(
        {name: (Fact(name, Relabelling(block, np.ones(units), zeros(units), width)),)}
    )


def test_lengths_that_nobody_knows() -> None:
    """They are equal where both models ask for the same; the number of units may differ."""
    claim = merged("t", 3, 1)
    assert check(unreckoned(3, (-1, 2, 3)), unreckoned(1, (-1, 2, 1)), claim)
    assert check(unreckoned(3, (-1, 2, 3), 5), unreckoned(1, (-1, 2, 1), 5), claim)
    for target in ((0, 2, 1), (-1, 2, -1), (2, -1, 1), (-1, 3, 1), (-1, 2, 2), (-1, 2)):
        with pytest.raises(LumpverError):
            check(unreckoned(3, (-1, 2, 3)), unreckoned(1, target), claim)


def spread(first: int, d: int, *, whole: bool, width: int = 3) -> Network:
    """Behind what nobody knows: units, scaled, added up in two steps or in one."""
    nodes: list[Node] = [
        Opaque("o", "Foo", ("x",), ("o",)),
        Linear("a", "o", "p", weights_of(np.ones((first, 2)))),
        Pointwise("r", "p", "q", RELU),
    ]
    if whole:
        nodes.append(Linear("w", "q", "y", weights_of(np.full((1, width), 2.0))))
    else:
        nodes.append(Linear("d", "q", "s", weights_of(np.full(d, 2.0))))
        nodes.append(Linear("w", "s", "y", weights_of(np.ones((1, d)))))
    return network(dict.fromkeys(["x", "o", "p", "q", "s", "y"], None), "y", *nodes)


def test_units_behind_unknown_shapes() -> None:
    """The matrix that made them tells how many there are, unless they are spread over more."""
    assert check(spread(3, 3, whole=False), spread(3, 3, whole=True), NONE)
    for ours, theirs in (
        (spread(1, 3, whole=False), spread(1, 3, whole=True)),
        (spread(1, 3, whole=False), spread(1, 3, whole=True, width=1)),
        (spread(3, 3, whole=False), spread(3, 3, whole=True, width=1)),
    ):
        with pytest.raises(LumpverError):
            check(ours, theirs, NONE)


@pytest.mark.parametrize("shift", [None, [3.0]])
def test_a_node_without_numbers_goes_along_any_axis(shift: Any) -> None:
    """Whichever axis a Cast between two layers counts to, it does nothing; a shift does."""
    W, V = array([[1, 2], [3, 4]]), array([[5, 6], [7, 8]])
    shapes: dict[str, Shape] = dict.fromkeys("xtuy", (2, 2))
    first, last = (
        Linear("a", "x", "t", weights_of(W)),
        Linear("b", "t", "y", weights_of(V), None, -2),
    )
    between = Linear("c", "t", "u", Identity(), None if shift is None else array(shift * 2), -2)
    theirs = network(shapes, "y", first, between, replace(last, input="u"))
    ours = network(shapes, "y", first, last)
    if shift is None:
        assert check(ours, theirs, NONE)
        assert check(ours, network(shapes, "y", first, replace(between, axis=-1),
                                   replace(last, input="u")), NONE)  # fmt: skip
    for axis in (-1, -2):
        other = replace(between, axis=axis, weights=Diagonal(array([1, 2])))
        with pytest.raises(LumpverError):
            check(ours, network(shapes, "y", first, other, replace(last, input="u")), NONE)
    if shift is not None:
        with pytest.raises(Rejected):
            check(ours, theirs, NONE)


@pytest.mark.parametrize("axis", [-2, -3])
def test_an_axis_that_is_not_there(axis: int) -> None:
    """A node without numbers goes along any axis of its tensor, not along one that it lacks."""
    W = Linear("a", "x", "t", weights_of(array([[1, 2], [3, 4]])))
    shapes: dict[str, Shape] = dict.fromkeys("xty", (2,))
    ours = network(shapes, "t", W)
    theirs = network(
        {**shapes, "u": (2,)}, "t", replace(W, output="u"), Linear("i", "u", "t", axis=axis)
    )
    with pytest.raises(Rejected, match="axis"):
        check(ours, theirs, NONE)
