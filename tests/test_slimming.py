"""Tests for `lumpver.quotient.slimming`: what lies between two matrices of a run."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx_models import feeds, model, run, steps, tensor

from lumpver.exact.array import equal
from lumpver.model.linear import Linear, linear
from lumpver.model.network import Segment
from lumpver.model.segments import aggregate
from lumpver.quotient.slimming import slimmed
from lumpver.reducing.pipeline import check_files, reduce_file

if TYPE_CHECKING:
    from pathlib import Path

ALL = ("merges", "constants", "unused", "compose")
A = [[1, 2, 0, 3, 1], [2, 4, 0, 6, 2], [-1, -2, 0, -3, -1], [0, 0, 0, 0, 0], [5, 1, 1, 0, 0]]
B = [[1, 1, 1, 1, 0], [2, 0, 1, 7, 0], [0, 1, 5, 1, 0], [3, 3, 3, 3, 0], [1, 0, 0, 0, 0]]


matrix = partial(linear, axis=-3)


def two(a: Any = None, b: Any = None) -> list[Linear]:
    """A run of two matrices, with biases."""
    return [matrix("a", "x", "t", A, a), matrix("b", "t", "y", B, b)]


def between(nodes: list[Linear]) -> int:
    """How many units the second matrix reads."""
    assert nodes[-1].W is not None
    return int(nodes[-1].W.shape[1])


def same(one: list[Linear], other: list[Linear]) -> bool:
    """Whether two runs multiply out to the same."""
    pairs = zip(*(aggregate(Segment(tuple(nodes)), None, 5) for nodes in (one, other)), strict=True)
    return all(bool(equal(a, b).all()) for a, b in pairs)


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (ALL, 1),  # one unit, its multiples of either sign, a constant, one that nobody reads
        (("merges",), 3),
        (("constants",), 4),
        (("unused",), 4),
        (("merges", "unused"), 2),
        ((), 5),
    ],
)
def test_each_rule(rules: tuple[str, ...], left: int) -> None:
    """Multiples of either sign, constants and what nobody reads, each by its own rule."""
    nodes = two([0, 0, 0, 7, 3], [1, 2, 3, 4, 5])
    found = slimmed(nodes, rules)
    assert between(found) == left
    assert same(found, nodes)


def test_biases_tell_units_apart() -> None:
    """A multiple needs the bias to be one, too, of all that is added on the way."""
    nodes = two([1, 2, -1, 0, 0])
    shifted = [nodes[0], matrix("s", "t", "u", None, [0, 1, 0, 0, 0]),
               matrix("b", "u", "y", B)]  # fmt: skip
    assert between(slimmed(nodes, ("merges",))) == 3
    assert between(slimmed(shifted, ("merges",))) == 4
    assert same(slimmed(shifted, ALL), shifted)


def test_a_chain_of_three() -> None:
    """What the second does not read any more, the first need not make for it."""
    first = matrix("a", "x", "t", np.eye(5))
    nodes = [first, matrix("b", "t", "u", A), matrix("c", "u", "y", B)]
    found = slimmed(nodes, ALL)
    assert [between(found[:2]), between(found)] == [4, 1]
    assert same(found, nodes)


@pytest.mark.parametrize("W", [np.zeros((5, 5)), np.eye(5)])
def test_nothing_or_all(W: Any) -> None:
    """Where all would go, or nothing can, the run is left as it is."""
    nodes = [matrix("a", "x", "t", W), matrix("b", "t", "y", np.eye(5))]
    assert slimmed(nodes, ALL) is nodes


@pytest.mark.parametrize("seed", range(20))
def test_random_runs(seed: int) -> None:
    """Whatever goes, the product is the same."""
    rng = np.random.default_rng(seed)
    sizes = [5, *rng.integers(2, 7, 3)]
    nodes, name = [], "x"
    for i, (n, m) in enumerate(pairwise(sizes)):
        W = rng.integers(-1, 2, (m, n))
        W[rng.integers(m)] = -2 * W[0]
        b = rng.integers(-1, 2, m)
        nodes.append(matrix(f"n{i}", name, f"t{i}", W, b))
        name = f"t{i}"
    assert same(slimmed(nodes, ALL), nodes)


def test_dense_layers_are_left() -> None:
    """Runs of matrices are multiplied out where that pays, else they stay as they are."""
    nodes = [linear("a", "x", "t", A), linear("b", "t", "y", B)]
    assert slimmed(nodes, ALL) is nodes


def test_projections(tmp_path: Path) -> None:
    """A convolution with no activation before one of single positions loses what was planted."""
    rng = np.random.default_rng(0)
    first = rng.integers(-8, 9, (6, 3, 3, 3)) / 8
    first[4], first[5] = -2 * first[1], 0
    second = rng.integers(-8, 9, (9, 6, 1, 1)) / 8
    numbers = {"W": first, "a": np.array([1, 2, 0, 1, -4, 3]), "V": second, "b": np.ones(9)}
    made = model(
        steps("Conv x W a h; Conv h V b s; Relu s y"),
        [tensor(name, array.astype("f4")) for name, array in numbers.items()],
        inputs=[("x", ["N", 3, 6, 6])],
        outputs=[("y", ["N", 9, 4, 4])],
    )
    made.graph.node[0].attribute.append(onnx.helper.make_attribute("pads", [0, 0, 0, 0]))
    source, target = tmp_path / "in.onnx", tmp_path / "out.onnx"
    source.write_bytes(made.SerializeToString())
    outcome = reduce_file(source, target)
    check_files(source, target, outcome.certificate)
    shapes = {t.name: list(t.dims) for t in onnx.load(target).graph.initializer}
    assert [shapes[node.input[1]][:2] for node in onnx.load(target).graph.node[:2]] == [
        [4, 3],
        [9, 4],
    ]
    given = feeds(made)
    assert (run(onnx.load(target), given)["y"] == run(made, given)["y"]).all()
