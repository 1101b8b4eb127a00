"""Tests for `lumpver.search.observation`: what no output depends on goes, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planting import mixed
from small_networks import chain, graph

from lumpver.checker import check
from lumpver.model.activations import RELU
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Rearrange, linear
from lumpver.model.relabelling import Relabelling, identity
from lumpver.model.weights import weights_of
from lumpver.reducing.reduction import reduce
from lumpver.search.blocks import representatives
from lumpver.search.families import family, root
from lumpver.search.lumping import DEFINITION_6, LUMPING, coarsest
from lumpver.search.readers import collapsible
from lumpver.tell.summary import layers
from lumpver.theory import paper


def left(network: Network, **options: Any) -> list[int]:
    """Units of each layer after reduction."""
    options = {"rules": LUMPING} | options
    return [layer.units_after for layer in layers(reduce(network, **options))]


def test_a_zero_column() -> None:
    """A unit with outgoing weights 0 goes; its neighbours stay."""
    network = chain([[1], [-1], [3]], [[1, 0, 1]])
    assert left(network) == [1]
    assert left(chain([[1], [-1]], [[1, 0]])) == [1]


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_either_zero(zero: float) -> None:
    """Minus zero is zero."""
    assert left(chain([[1.0], [-1.0]], np.array([[1.0, zero]]))) == [1]


def test_root_and_family() -> None:
    """The root of a tensor is the segment output that it follows from, in whose family it is."""
    turn = Rearrange("f", "q", "s", "Transpose", (1, 0))
    first, last = linear("a", "x", "p", [[1.0]]), linear("b", "s", "y", [[1.0]])
    network = graph(first, Pointwise("r", "p", "q", RELU), turn, last)
    assert [root(network, name) for name in "xpqsy"] == ["x", "p", "p", "p", "y"]
    assert all(name in family(network, root(network, name)) for name in "xpqsy")


def test_almost_zero_is_not_zero() -> None:
    """The smallest subnormal is a weight like any other."""
    assert left(chain([[1.0], [-1.0]], np.array([[1.0, 2.0**-1074]]))) == [2]


def test_a_chain_of_unread_units() -> None:
    """A unit that only unread units read is unread, however deep."""
    read = [[1, 0], [0, 1]]
    assert left(chain([[1], [-1]], read, read, read, [[1, 0]])) == [1, 1, 1, 1]


def test_cancelling_sums() -> None:
    """Weights that cancel after merging leave the block unread; singly they do not."""
    assert left(chain([[1], [2], [-1]], [[2, -1, 1]])) == [1]
    assert left(chain([[1], [2], [-1]], [[2, -1, 1]]), rules=["unused"]) == [3]


def test_all_unread() -> None:
    """A layer that nothing depends on vanishes, and so does what feeds it."""
    network = chain([[1], [-1]], [[1, 2], [3, 4]], ([[0, 0]], [5]))
    assert left(network) == [0, 0]
    assert reduce(network).network([9]) == (5,)


def test_without_the_rule() -> None:
    """Unread units stay where the rule is not chosen."""
    assert left(chain([[1], [-1]], [[1, 0]]), rules=["merges", "constants"]) == [2]


def test_kept_units_are_observed() -> None:
    """A kept unit stays although nothing reads it, and so does what it needs."""
    network = chain([[1], [-1]], [[1, 0], [0, 1]], [[1, 0]])
    assert left(network) == [1, 1]
    assert left(network, keep=frozenset({("h2.pre", 1)})) == [2, 2]
    assert left(network, keep=frozenset({("h1.pre", 1)})) == [2, 1]


def _biased(W: Any) -> Network:
    """x -> a -> ReLU -> a shift only -> ReLU -> y."""
    return graph(
        linear("a", "x", "p", [[1], [-1]]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "s", None, [-1, -2]),
        Pointwise("t", "s", "u", RELU),
        linear("c", "u", "y", W),
        x=(1,), p=(2,), q=(2,), s=(2,), u=(2,), y=(1,),
    )  # fmt: skip


def test_through_a_segment_without_a_matrix() -> None:
    """A shift reads unit by unit: what is unread behind it is unread before it."""
    network = _biased([[1, 0]])
    found = reduce(network)
    assert left(network) == [1, 1]
    assert reduce(found.network).network.digest == found.network.digest
    assert found.network([3]) == network([3])
    assert left(_biased([[1, 1]])) == [2, 2]


@pytest.mark.parametrize("reader", ["opaque", "output", "axis", "reshape"])
def test_observers(reader: str) -> None:
    """Outputs, opaque nodes, other axes and reshapes that mix units observe everything."""
    nodes: list[Any] = [
        linear("a", "x", "p", [[1, 0], [0, 1]]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "y", [[1, 0]]),
    ]
    shapes: dict[str, Any] = {"x": (3, 2), "p": (3, 2), "q": (3, 2), "y": (3, 1), "z": None}
    outputs = "y z"
    if reader == "opaque":
        nodes.append(Opaque("o", "Softmax", ("q",), ("z",)))
    elif reader == "axis":
        nodes.append(linear("d", "q", "z", [[1, 0, 0]], axis=-2))
    elif reader == "reshape":
        nodes.append(Rearrange("f", "q", "z", "Reshape", (6,)))
    else:
        outputs = "y q"
    assert left(graph(*nodes, outputs=outputs, **shapes)) == [2]
    assert left(graph(*nodes[:3], **shapes)) == [1]


def test_two_readers() -> None:
    """A unit is unread only if no reader reads it."""
    nodes = (
        linear("a", "x", "p", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "y", [[1, 0, 0]]),
        linear("c", "q", "z", [[0, 0, 1]]),
    )
    shapes: dict[str, Any] = {"x": (3,), "p": (3,), "q": (3,), "y": (1,), "z": (1,)}
    assert left(graph(*nodes, outputs="y z", **shapes)) == [2]


def test_a_reader_of_the_pre_activation() -> None:
    """Reading a unit before its activation is reading it."""
    nodes = (
        linear("a", "x", "p", [[1, 0], [0, 1]]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "y", [[1, 0]]),
        linear("c", "p", "z", [[0, 1]]),
    )
    shapes: dict[str, Any] = {"x": (2,), "p": (2,), "q": (2,), "y": (1,), "z": (1,)}
    assert left(graph(*nodes, outputs="y z", **shapes)) == [2]


def test_one_unit_stays_where_all_cannot_go() -> None:
    """Behind a reshape a tensor cannot vanish: one unit is left."""
    nodes = (
        linear("a", "x", "p", [[0], [0]], [1, 2]),
        Pointwise("r", "p", "q", RELU),
        Rearrange("f", "q", "s", "Reshape", (-1, 2)),
        linear("b", "s", "y", [[1, 1]]),
    )
    network = graph(*nodes, x=("N", 1, 1), p=("N", 1, 2), q=("N", 1, 2), s=("N", 2), y=("N", 1))
    assert not collapsible(network, "p")
    assert left(network) == [1]
    assert reduce(network).network([[[3]]]) == network([[[3]]]) == ((3,),)


def test_collapsible_looks_at_the_whole_segment() -> None:
    """A segment of two nodes along another axis than its input's is not collapsible."""
    nodes = (
        linear("w", "x", "u", [[1, 1, 1]]),
        linear("a", "x", "p", [[1, 0], [0, 1]], axis=-2),
        linear("b", "p", "q", [[0, 0], [0, 0]], [1, 2], axis=-2),
        Pointwise("r", "q", "s", RELU),
        linear("c", "s", "y", [[1, 1]], axis=-2),
    )
    shapes: dict[str, Any] = {"x": (2, 3), "u": (2, 1), "y": (1, 3)} | dict.fromkeys("pqs", (2, 3))
    network = graph(*nodes, outputs="u y", **shapes)
    assert not collapsible(network, "q")
    point = [[1, 2, 3], [4, 5, 6]]
    assert reduce(network).network(point) == network(point)


def test_family() -> None:
    """A family is what follows unit by unit; affine and opaque nodes end it."""
    network = graph(
        linear("a", "x", "p", [[1]]),
        Pointwise("r", "p", "q", RELU),
        Rearrange("f", "q", "s", "Transpose", (1, 0)),
        Opaque("o", "Softmax", ("s",), ("t",)),
        linear("b", "q", "y", [[1]]),
        x=("N", 1), p=("N", 1), q=("N", 1), s=(1, "N"),
    )  # fmt: skip
    assert family(network, "p") == ["p", "q", "s"]
    assert family(network, "y") == ["y"]


@pytest.mark.parametrize(
    ("relabelling", "expected"),
    [
        (None, [0, 1, 2]),
        (identity(3), [0, 1, 2]),
        (Relabelling(np.array([1, 0, 1]), np.ones(3), np.zeros(3), 2), [1, 0]),
        (Relabelling(np.array([1, 0, -1]), np.ones(3), np.zeros(3), 1, 1), [1]),
        (Relabelling(np.array([-1, -1, -1]), np.ones(3), np.zeros(3), 0), []),
    ],
)
def test_representatives(relabelling: Any, expected: list[int]) -> None:
    """The smallest member of each real block, in block order."""
    assert representatives(relabelling, 3).tolist() == expected


@pytest.mark.parametrize("seed", range(60))
def test_as_the_paper_counts(seed: int) -> None:
    """What is left is what the paper's lumping and the removal of unread units leave."""
    network = mixed(seed)
    expected = paper.reduced(paper.from_network(network)).hidden
    found = [
        layer
        for layer in layers(reduce(network, rules=DEFINITION_6))
        if not layer.name.startswith("y")
    ]
    assert tuple(layer.units_after for layer in found) == tuple(expected)


def test_ghosts_come_last() -> None:
    """Blocks that go are numbered after those that stay."""
    found = coarsest(chain([[1], [-1], [2]], [[0, 1, 0]])).of("h1")
    assert found is not None
    assert found.block.tolist() == [1, 0, 1]
    assert (found.width, found.ghosts) == (1, 1)


def test_a_diagonal_that_reads_nothing_is_a_node_all_the_same() -> None:
    """A scale of 0 between two layers leaves a network that computes the same."""
    nodes = (
        linear("a", "x", "p", [[1], [-1]]),
        Pointwise("r", "p", "q", RELU),
        Linear("d", "q", "s", weights_of(np.array([1.0, 0.0])), np.array([0.0, 3.0])),
        Pointwise("t", "s", "u", RELU),
        linear("c", "u", "y", [[1, 1]]),
    )
    network = graph(*nodes, x=(1,), p=(2,), q=(2,), s=(2,), u=(2,), y=(1,))
    assert reduce(network).network([5]) == network([5]) == (8,)


def test_a_branch_that_leads_nowhere() -> None:
    """A shift and a matrix that nobody reads go, and leave nothing behind."""
    nodes = (
        linear("a", "x", "p", [[1], [-1]]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "y", [[1, 1]]),
        linear("s", "q", "t", None, [1, 2]),
        linear("m", "t", "z", [[1, 2], [2, 4]]),
    )
    shapes: dict[str, Any] = {"x": (1,), "p": (2,), "q": (2,), "y": (1,), "t": (2,), "z": (2,)}
    network = graph(*nodes, **shapes)
    found = reduce(network)
    check(network, found.network, found.certificate)
    assert [node.name for node in found.network.nodes] == ["a", "r", "b"]


def test_scales_of_zero_are_constants() -> None:
    """A unit that is scaled by 0 is a constant, also where no matrix is near."""
    network = graph(
        Linear("d", "x", "p", weights_of(np.array([1.0, 0.0, 0.0])), np.array([0.0, 3.0, 4.0])),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "y", [[1, 1, 1]]),
        x=(3,), p=(3,), q=(3,), y=(1,),
    )  # fmt: skip
    found = reduce(network)
    check(network, found.network, found.certificate)
    assert found.network.units == 1
    assert found.network([5, 6, 7]) == network([5, 6, 7]) == (12,)
