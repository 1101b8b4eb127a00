"""Tests for `lumpver.io.onnx.read.choosing`: Where with a constant condition."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from onnx_models import agree, feeds, model, network, node, run, tensor, written

from lumpver import prove
from lumpver.checker import check
from lumpver.errors import Rejected
from lumpver.model.network import Linear, Opaque
from lumpver.proving import Proved, Refuted

ROWS: Final = ("x", ["N", 3])
TWO: Final = (ROWS, ("z", ["N", 3]))
MASK: Final = np.array([True, False, True])
C: Final = tensor("c", [5.0, -7.0, 2.0])
ONE: Final = tensor("c", np.float32(4))


def where(operands: str, *stored: Any, inputs: Any = (ROWS,), mask: Any = MASK, opset: int = 17
          ) -> Any:  # fmt: skip
    """A model of one Where."""
    return model([node("Where", operands, "y")], [tensor("m", np.array(mask)), *stored],
                 inputs=inputs, outputs=[("y", None)], opset=opset)  # fmt: skip


MODELLED: Final = {
    "a tensor and constants": where("m x c", C),
    "constants and a tensor": where("m c x", C),
    "a tensor and one number": where("m x c", ONE),
    "one number and a tensor": where("m c x", ONE, opset=9),
    "two tensors": where("m x z", inputs=TWO),
    "two tensors of one condition": where("m x z", inputs=TWO, mask=[True]),
    "one tensor twice": where("m x x"),
    "a condition that is a number": where("m x c", C, mask=False),
    "units along the middle": where("m x c", ONE, inputs=[("x", ["N", 3, 2])], mask=MASK[:, None]),
    "two along the middle": where("m x z", inputs=[("x", [1, 3, 2]), ("z", [1, 3, 2])],
                                  mask=MASK[:, None]),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELLED)
def test_numbers_are_those_of_onnxruntime(name: str) -> None:
    """Whatever is chosen."""
    assert not network(MODELLED[name]).opaque
    agree(MODELLED[name])


OPAQUE: Final = {
    "a condition given": model(
        [node("Where", "m x c", "y")], [C], inputs=[ROWS, ("m", "bool", [3])]),
    "two axes": where("m x c", ONE, inputs=[("x", [2, 2])], mask=[[True, False], [False, True]]),
    "a condition that widens": where("m x c", ONE, inputs=[("x", ["N", 1])]),
    "a condition of more axes": where("m x c", ONE, mask=[[MASK]]),
    "constants that widen": where("m x c", C, inputs=[("x", ["N", 1])], mask=[True]),
    "minus infinity": where("m x c", tensor("c", np.float32(-np.inf))),
    "another type": where("m x c", tensor("c", np.array(1.0))),
    "two shapes": where("m x z", inputs=[ROWS, ("z", [1, 3])]),
    "integers": where("m x z", inputs=[("x", "int64", [3]), ("z", "int64", [3])]),
}  # fmt: skip


@pytest.mark.parametrize("name", OPAQUE)
def test_the_rest_is_opaque(name: str) -> None:
    """What varies along other axes, widens, or is infinite."""
    (only,) = network(OPAQUE[name]).nodes
    assert isinstance(only, Opaque)


W: Final = np.array([[1, 2, 3, 4], [1, 2, -3, 2], [2, 4, 1, 0]], dtype=np.float32)
V: Final = np.array([[1, 2], [3, 4], [5, 6], [7, 8]], dtype=np.float32)


def layer(chosen: str, mask: Any, last: Any = V) -> Any:
    """A layer of four units, the second of them twice the first, with a Where behind it."""
    nodes = [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("Where", chosen, "g"),
             node("Relu", "g", "q"), node("MatMul", "q V", "y")]  # fmt: skip
    stored = [tensor("W", W), tensor("V", last), tensor("m", np.array(mask)), ONE]
    return model(nodes, stored, inputs=[("x", ["N", 3])])


@pytest.mark.parametrize(
    ("chosen", "mask", "left"),
    [
        ("m r c", [True, True, True, False], 2),
        ("m c r", [False, False, True, True], 1),
        ("m r c", [True, False, True, True], 3),
        ("m r r", [True, False, True, False], 3),
    ],
)
def test_units_go_on_both_sides(chosen: str, mask: Any, left: int) -> None:
    """Twins of one fate merge, constants fold, and what is not chosen is not needed."""
    made = layer(chosen, mask)
    found, data = written(made)
    original, again = found.original, network(data)
    first = again.nodes[0]
    assert isinstance(first, Linear)
    assert first.W is not None
    assert first.W.shape[0] == left
    check(original, again, found.certificate)
    assert isinstance(prove(original, again), Proved)
    for seed in range(3):
        given = feeds(made, seed)
        assert (run(made, given)["y"] == run(data, given)["y"]).all()
    other = network(layer(chosen, mask, V + np.eye(4, 2, dtype=np.float32)))
    with pytest.raises(Rejected):
        check(original, other, found.certificate)
    assert isinstance(prove(original, other), Refuted)
