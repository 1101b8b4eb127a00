"""Tests for `lumpver.tell.inspection`: what is in a model, counted exactly."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import sympy
from flint import fmpq
from nasty import classes, fractions
from planting import mixed

from lumpver.exact.array import array
from lumpver.model.activations import RELU
from lumpver.model.network import Linear, Network, Opaque, Pointwise, Rearrange, Tensor, linear
from lumpver.model.segments import aggregate
from lumpver.model.weights import Normalization
from lumpver.reducing.reduction import reduce
from lumpver.tell import display
from lumpver.tell.inspection import Facts, as_document, inspect


def first(*layers: Any) -> Facts:
    """The facts of a chain's first segment."""
    return inspect(
        Network.from_layers([one if isinstance(one, tuple) else (one, None) for one in layers])
    )[0]


@pytest.mark.parametrize("seed", range(40))
def test_against_the_definitions(seed: int) -> None:
    """Multiples, duplicates, constants, antiparallel pairs and ranks are what they are called."""
    network = mixed(seed)
    for fact in inspect(network):
        segment = next(s for s in network.segments if s.output == fact.name)
        W, b = (fractions(p) for p in aggregate(segment, None, network.width[segment.input]))
        rows = {v: [*W[v], b[v]] for v in range(len(W)) if any(W[v])}
        blocks = classes(rows)
        assert (fact.inputs, fact.units) == (W.shape[1], W.shape[0])
        assert fact.multiples == len(rows) - len(blocks)
        assert fact.duplicates == len(rows) - len(classes(rows, multiples=False))
        assert fact.constants == len(W) - len(rows)
        assert fact.antiparallel == _opposite([rows[block[0][0]] for block in blocks])
        assert fact.rank == sympy.Matrix(*W.shape, [sympy.Rational(x) for x in W.ravel()]).rank()


def _opposite(rows: list[Any]) -> int:
    both = dict(enumerate([*rows, *([-x for x in row] for row in rows)]))
    return sum(len(block) > 1 for block in classes(both)) // 2


@pytest.mark.parametrize("seed", range(20))
def test_removable_is_what_reduce_removes(seed: int) -> None:
    """The units that could go are those that do go, and nothing is changed."""
    network = mixed(seed)
    digest = network.digest
    found = inspect(network)
    removed = network.units - reduce(network).network.units
    assert sum(fact.removable for fact in found) == removed
    assert network.digest == digest


def test_each_count() -> None:
    """One of each."""
    fact = first(([[1], [2], [1], [0], [-3]], [0, 0, 0, 7, 0]), [[1, 1, 1, 1, 1]])
    assert (fact.multiples, fact.duplicates, fact.constants, fact.antiparallel) == (2, 1, 1, 1)
    assert (fact.rank, fact.removable) == (1, 3)


@pytest.mark.parametrize(("rows", "columns"), [(0, 2), (2, 0), (0, 0), (1, 1)])
def test_degenerate_shapes(rows: int, columns: int) -> None:
    """No units, no inputs."""
    fact = first(np.zeros((rows, columns)))
    assert (fact.units, fact.inputs, fact.rank, fact.constants) == (rows, columns, 0, rows)


def test_the_rank_is_exact() -> None:
    """A matrix that is singular up to the last bit has full rank; a singular one has not."""
    near = np.array([[1.0, 1.0], [1.0, 1.0 + 2.0**-52]])
    assert first(near).rank == 2
    assert first(np.array([[0.1, 0.2], [0.2, 0.4]])).rank == 1
    assert first([["1/3", 1], [1, 3]]).rank == 1


def test_large_ranks_on_request() -> None:
    """In a layer with many units and inputs the rank takes more than linear time."""
    W = np.eye(300)
    W[5] = W[6]
    W[9] = -W[8]
    network = Network.from_layers([(W, None), (np.ones((2, 300)), None)])
    cheap, last = inspect(network)
    assert (cheap.rank, last.rank) == (None, 1)
    assert (cheap.duplicates, cheap.antiparallel) == (1, 1)
    assert inspect(network, ranks=True)[0].rank == 298
    assert as_document(network, inspect(network))["segments"][0]["rank"] is None
    sentence = "The rank of 1 large segment was not computed: --rank does, which may take long."
    assert sentence in display.facts(network, (cheap, last))
    assert sentence not in display.facts(network, inspect(network, ranks=True))
    assert any("ranks of 2 large" in str(part) for part in display.facts(network, (cheap, cheap)))


def test_unused() -> None:
    """What is read by nobody is removable, and said to be unused."""
    fact = first([[1, 0], [0, 1], [1, 1]], [[1, 0, 2]])
    assert (fact.unused, fact.removable) == (1, 1)


def test_segments_without_a_matrix_are_not_listed() -> None:
    """A shift mixes no units: there is nothing to tell."""
    nodes = (
        linear("a", "x", "p", [[1], [2]]),
        Pointwise("r", "p", "q", RELU),
        linear("b", "q", "y", None, [1, 2]),
    )
    tensors = {
        name: Tensor(name, shape=(n,)) for name, n in (("x", 1), ("p", 2), ("q", 2), ("y", 2))
    }
    network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    assert [fact.name for fact in inspect(network)] == ["p"]


def test_a_normalization_by_itself_is_listed_where_units_go() -> None:
    """Behind a rearrangement it is what the activation reads, and the totals count its units."""
    weights = Normalization(
        *(array(row) for row in ([1, 1, 0], [0, 0, 0], [1, 1, 1])), fmpq(0), where="n"
    )
    nodes = (
        linear("a", "x", "a", [[1, 2], [1, 2], [3, -1]]),
        Rearrange("u", "a", "u", "Unsqueeze", (2,)),
        Linear("n", "u", "n", weights, array([1, 1, 7]), -2),
        Rearrange("s", "n", "s", "Squeeze", (2,)),
        Pointwise("r", "s", "r", RELU),
        linear("y", "r", "y", [[1, 1, 1]]),
    )
    shapes = {"x": (1, 2), "u": (1, 3, 1), "n": (1, 3, 1), "y": (1, 1)}
    tensors = {name: Tensor(name, shape=shapes.get(name, (1, 3))) for name in "xaunsry"}
    network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    found = {fact.name: fact.removable for fact in inspect(network)}
    assert found == {"a": 0, "n": 2, "y": 0}
    assert network.units - reduce(network).network.units == 2


def test_progress() -> None:
    """Every segment is announced."""
    seen: list[str] = []
    inspect(Network.from_layers([([[1]], None)] * 3), progress=seen.append)
    assert {"h1.pre", "h2.pre", "y"} <= set(seen)


def test_document() -> None:
    """What `--json` prints: symbols in shapes, opaque operators counted, plain JSON."""
    nodes = (linear("a", "x", "p", [[1.0], [2.0]]), Opaque("o", "ai.onnx:Softmax", ("p",), ("y",)),
             Opaque("u", "ai.onnx:Softmax", ("p",), ("z",)))  # fmt: skip
    tensors = {"x": Tensor("x", "float32", ("N", None, 1)), "p": Tensor("p"), "y": Tensor("y"),
               "z": Tensor("z")}  # fmt: skip
    network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    document = as_document(network, inspect(network))
    assert json.loads(json.dumps(document)) == document
    assert document["inputs"] == [{"name": "x", "shape": ["N", None, 1]}]
    assert document["outputs"] == [{"name": "y", "shape": None}]
    assert document["opaque"] == {"ai.onnx:Softmax": 2}
    assert document["removable"] == 0
    assert document["segments"][0]["multiples"] == 1
