"""Joins: what they compute, what checks, and what is no join or must not check."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from onnx_models import model, network, node
from small_networks import graph

from lumpver import prove, reduce
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Rejected, ShapeMismatch
from lumpver.io.json.reading import read
from lumpver.io.json.writing import write
from lumpver.model.activations import RELU
from lumpver.model.join import Join, value
from lumpver.model.network import Network, Opaque, Pointwise, linear
from lumpver.proving import Proved, Refuted
from lumpver.trial.auditing.parts import put_together, taken_apart


def add(first: str, second: str, output: str) -> Join:
    """A sum."""
    return Join(output, first, second, output, "Add")


def sub(first: str, second: str, output: str) -> Join:
    """A difference."""
    return Join(output, first, second, output, "Sub")


def relu(source: str, target: str) -> Pointwise:
    """An activation."""
    return Pointwise(target, source, target, RELU)


def joined(*joins: Any, shape: tuple[int, ...] = (2,)) -> Network:
    """Two tensors a and b of one input, and joins of them."""
    a = linear("a", "x", "a", [[1, 2], [3, 4]], [1, 0])
    b = linear("b", "x", "b", [[0, 1], [-1, 1]], [0, 5])
    names = {name: shape for node in (a, b, *joins) for name in (*node.inputs, *node.outputs)}
    return graph(a, b, *joins, outputs=joins[-1].output, **names)


@pytest.mark.parametrize(
    ("join", "expected"),
    [
        (add("a", "b", "y"), (7, 15)),
        (sub("a", "b", "y"), (3, 1)),
        (sub("b", "a", "y"), (-3, -1)),
        (add("a", "a", "y"), (10, 16)),
        (sub("a", "a", "y"), (0, 0)),
    ],
)
def test_a_join_is_what_it_says(join: Join, expected: tuple[int, ...]) -> None:
    """Sums and differences in their order, also of a tensor with itself, in every format."""
    found = joined(join)
    assert found([0, 2]) == expected
    for again in (read(write(found), where="y.json"), put_together(taken_apart(found))):
        assert again.digest == found.digest
        assert again([3, "1/3"]) == found([3, "1/3"])
    kept = reduce(found)
    assert check(found, kept.network, kept.certificate)
    assert isinstance(prove(found, read(write(found), where="y.json")), Proved)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (sub("a", "b", "y"), sub("b", "a", "y")),
        (add("a", "b", "y"), sub("a", "b", "y")),
        (add("a", "a", "y"), add("a", "b", "y")),
        (add("a", "b", "y"), add("b", "a", "y")),
    ],
)
def test_another_join_is_rejected(ours: Join, theirs: Join) -> None:
    """The operator and the order of the operands count."""
    a, b = joined(ours), joined(theirs)
    with pytest.raises(Rejected, match="join"):
        check(a, b, Certificate({}))
    same = a([1, 1]) == b([1, 1])
    assert isinstance(prove(a, b), Proved if same else Refuted)


def test_a_join_is_no_opaque_node() -> None:
    """A counterpart of another kind is none."""
    ours = joined(add("a", "b", "y"))
    nodes = (*ours.nodes[:2], Opaque("y", "ai.onnx:Add", ("a", "b"), ("y",)))
    with pytest.raises(Rejected, match="expected Join y"):
        check(ours, replace(ours, nodes=nodes), Certificate({}))


def test_nothing_is_broadcast() -> None:
    """Operands of two shapes are no join's: not evaluated, not read."""
    with pytest.raises(ShapeMismatch):
        value(add("a", "b", "y"), np.ones((2, 1)), np.ones((1, 2)))
    text = write(joined(add("a", "b", "y")))
    spoilt = text.replace(
        b'"b":{"dtype":"real","shape":[2]}', b'"b":{"dtype":"real","shape":[1,2]}'
    )
    assert spoilt != text
    with pytest.raises(ShapeMismatch):
        read(spoilt, where="y.json")
    made = model([node("Add", "x z", "y")], inputs=[("x", [3, 1, 1]), ("z", [1, 3])])
    assert isinstance(network(made).nodes[-1], Opaque)
