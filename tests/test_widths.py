"""Tests for `lumpver.model.widths`: how many units there are, forwards, backwards, or not known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx_models import model, network, node, steps, tensor, whole

from lumpver.errors import ShapeMismatch
from lumpver.model.activations import RELU
from lumpver.model.network import Network, Pointwise, Rearrange, Shape, Tensor, linear
from lumpver.model.widths import MOST_UNITS


def wired(*nodes: Any, shape: Shape = None) -> Network:
    """The network of these nodes on x, all tensors of the same declared shape."""
    names = ["x", *(node.outputs[0] for node in nodes)]
    tensors = {name: Tensor(name, shape=shape) for name in names}
    return Network((tensors["x"],), (tensors[names[-1]],), nodes, tensors)


def test_weights_tell_how_many_units_there_are() -> None:
    """Forwards and backwards, through what leaves units alone; never 0 for want of a shape."""
    first = linear("a", "x", "h", np.ones((3, 2)))
    shift, last = linear("s", "r", "t", None), linear("b", "t", "y", np.ones((4, 3)))
    found = wired(first, Pointwise("r", "h", "r", RELU), shift, last)
    assert found.width == {"x": 2, "h": 3, "r": 3, "t": 3, "y": 4}
    above = wired(Pointwise("r", "x", "r", RELU), linear("b", "r", "y", np.ones((4, 3))))
    assert above.width == {"r": 3, "y": 4}
    alone = wired(linear("s", "x", "y", None), shape=("N", 5))
    assert alone.width == {"x": 5, "y": 5}
    long = wired(linear("s", "x", "y", None), shape=("N", MOST_UNITS + 1))
    assert long.width == {}


def test_units_that_move_to_another_axis_are_others() -> None:
    """A transposition, or an activation, that is read along another axis tells nothing."""
    turn = Rearrange("t", "x", "t", "Transpose", (1, 0))
    rows = linear("a", "x", "y", np.ones((1, 4)))
    tensors = {"x": Tensor("x", shape=("N", 4)), "t": Tensor("t", shape=(4, "N")), "y": Tensor("y")}
    whole = Network(
        (tensors["x"],), (tensors["y"],), (turn, linear("i", "t", "i", None), rows),
        {**tensors, "i": Tensor("i")},
    )  # fmt: skip
    assert whole.width == {"x": 4, "y": 1}
    across = linear("b", "r", "y", np.ones((2, 3)), axis=-2)
    found = wired(linear("a", "x", "h", np.ones((5, 4))), Pointwise("r", "h", "r", RELU), across)
    assert found.width == {"x": 4, "h": 5, "r": 5, "y": 2}


def test_weights_that_tell_different_numbers_are_refused() -> None:
    """Two readers of one tensor of unknown length, one of them behind an activation."""
    shift, two = linear("s", "x", "t", None), linear("b", "t", "y", np.ones((4, 2)))
    for three in (
        linear("a", "x", "z", np.ones((4, 3))),
        linear("a", "t", "z", np.ones(3)),
        linear("a", "t", "z", None, np.ones(3)),
    ):
        with pytest.raises(ShapeMismatch, match="units"):
            assert wired(shift, two, three).width


@pytest.mark.parametrize(
    ("text", "widths"),
    [
        ("Conv x A a; Conv x B b; Concat a b y axis=1", {"a": 2, "b": 3, "y": 5}),
        ("Conv x A a; Conv x B b; Concat b b y axis=1", {"b": 3, "y": 6}),
        ("Conv x A a; Concat a a y axis=2", {"a": 2, "y": 2}),
        ("Conv x A a; GlobalAveragePool a p; Mul p a y", {"a": 2, "p": 2, "y": 2}),
        ("Conv x A a; Conv x C c; Mul a c y", {"a": 2, "c": 1, "y": 2}),
    ],
)
def test_joined_widths(text: str, widths: dict[str, int]) -> None:
    """Side by side they add up; where one is repeated, it is not as wide as the whole."""
    rng = np.random.default_rng(0)
    stored = [
        tensor(name, rng.standard_normal((units, 3, 1, 1)).astype("f4"))
        for name, units in (("A", 2), ("B", 3), ("C", 1))
    ]
    found = network(whole(text, *stored, x=("N", 3, 4, 4), outputs=[("y", ["N", None, None, 4])]))
    assert {name: found.width.get(name) for name in widths} == widths


def test_a_mean_over_units_tells_nothing_of_them() -> None:
    """What is pooled along another axis has as many entries as it leaves."""
    mean = node("ReduceMean", "r", "m", axes=[-1])
    nodes = [*steps("MatMul x W h; Relu h r"), mean, *steps("Add m c s; MatMul s V y")]
    stored = [tensor("W", np.ones((2, 3), np.float32)), tensor("c", [1.0]), tensor("V", [[1, 2]])]
    ends = [("x", ["N", "T", 2])], [("y", ["N", "T", 2])]
    found = network(model(nodes, stored, inputs=ends[0], outputs=ends[1], opset=13))
    assert (found.width["h"], found.width["m"], found.width["y"]) == (3, 1, 2)
