"""Whole-number arithmetic of constants is the runtime's, or is left to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import helper
from onnx_models import agree, ints, model, network, node, tensor

from lumpver.model.network import Opaque

A = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def scalar(name: str, number: Any, dtype: Any = np.int64) -> Any:
    """A constant without axes."""
    return tensor(name, np.array(number, dtype=dtype))


def folded(text: str, *stored: Any, opset: int = 17, **attributes: Any) -> Any:
    """A model whose only output is what one node makes of constants, as floats."""
    operator, *operands = text.split()
    nodes = [node(operator, " ".join(operands), "c", **attributes), node("Cast", "c", "y", to=1)]
    return model(nodes, stored, outputs=[("y", None)], opset=opset)


FIVE = ints("i", 5, -7, 0, 9, 2)
FOLDED = {
    "Gather a row": folded("Gather A p", tensor("A", A), scalar("p", 1)),
    "Gather from the end": folded("Gather A p", tensor("A", A), ints("p", -1, 0), axis=-2),
    "Gather a grid": folded("Gather A p", tensor("A", A), tensor("p", np.array([[0, 1], [2, 0]])),
                            axis=1),
    "Gather nothing": folded("Gather A p", tensor("A", A), ints("p")),
    "Gather by int32": folded("Gather i p", FIVE, scalar("p", 2, np.int32)),
    "Concat": folded("Concat i p i", FIVE, ints("p", 1), axis=0),
    "Concat along the last": folded("Concat A A", tensor("A", A), axis=-1),
    "Slice": folded("Slice i s e", FIVE, ints("s", 1), ints("e", 4)),
    "Slice from the end": folded("Slice i s e", FIVE, ints("s", -3), ints("e", 2**62)),
    "Slice backwards": folded("Slice i s e a t", FIVE, ints("s", 99), ints("e", -99), ints("a", 0),
                              ints("t", -2)),
    "Slice of nothing": folded("Slice i s e", FIVE, ints("s", 4), ints("e", 1)),
    "Slice along two axes": folded("Slice A s e a t", tensor("A", A), ints("s", 0, 1),
                                   ints("e", 4, 3), ints("a", -1, 1), ints("t", 3, 1)),
    "Slice by attributes": folded("Slice A", tensor("A", A), opset=9, starts=[0, -2], ends=[1, 9],
                                  axes=[0, 2]),
    "Slice by attributes alone": folded("Slice A", tensor("A", A), opset=9, starts=[1], ends=[2]),
    "ConstantOfShape": folded("ConstantOfShape s", ints("s", 2, 3)),
    "ConstantOfShape of sevens": folded("ConstantOfShape s", ints("s", 2),
                                        value=helper.make_tensor("v", 7, [1], [7])),
    "ConstantOfShape of a scalar": folded("ConstantOfShape s", ints("s")),
    "ConstantOfShape of nothing": folded("ConstantOfShape s", ints("s", 3, 0)),
    "Range": folded("Range s e t", scalar("s", 3), scalar("e", 10), scalar("t", 3)),
    "Range to its end": folded("Range s e t", scalar("s", 1), scalar("e", 7), scalar("t", 3)),
    "Range downwards": folded("Range s e t", scalar("s", 3), scalar("e", -4), scalar("t", -3)),
    "Range of nothing": folded("Range s e t", scalar("s", 3), scalar("e", 3), scalar("t", -1)),
    "Add": folded("Add i p", FIVE, ints("p", 1, 2, 3, 4, 5)),
    "Sub with broadcast": folded("Sub i p", FIVE, scalar("p", 4)),
    "Mul as a grid": folded("Mul i p", FIVE, tensor("p", np.array([[2], [-3]]))),
    "Div": folded("Div i p", ints("i", 7, 8, -8, -9), ints("p", 2, -2, 4, -2)),
    "Mul of floats": folded("Mul A c0", tensor("A", A), tensor("c0", [0.5, 2.0, -1.0, 4.0])),
    "Shape": folded("Shape A", tensor("A", A)),
    "a part of Shape": folded("Shape A", tensor("A", A), start=-2, end=-1),
    "Shape of a scalar": folded("Shape p", scalar("p", 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDED)
def test_folded_numbers_are_the_runtimes(name: str) -> None:
    """Nothing is left to compute, and it is what onnxruntime computes."""
    made = FOLDED[name]
    found = network(made)
    assert not found.opaque
    assert [n.operator for n in found.nodes if isinstance(n, Opaque)] == ["constant"]
    agree(made, seeds=1)


MOST, LEAST = scalar("m", 2**63 - 1), scalar("m", -(2**63))
LEFT = {
    "an index outside": folded("Gather i p", FIVE, scalar("p", 5)),
    "an index before": folded("Gather i p", FIVE, scalar("p", -6)),
    "an index from the end, long ago": folded("Gather i p", FIVE, scalar("p", -1), opset=10),
    "Gather along no axis": folded("Gather i p", FIVE, scalar("p", 0), axis=1),
    "Gather by floats": folded("Gather i p", FIVE, tensor("p", [0.0])),
    "Concat of unlike types": folded("Concat i p", FIVE, tensor("p", [1.0]), axis=0),
    "Concat of unlike shapes": folded("Concat A B", tensor("A", A), tensor("B", A[:1]), axis=1),
    "Concat of unlike ranks": folded("Concat i p", FIVE, scalar("p", 1), axis=0),
    "Concat along no axis": folded("Concat i i", FIVE, axis=1),
    "ConstantOfShape beyond room": folded("ConstantOfShape s", ints("s", 2**40)),
    "Slice by steps of 0": folded("Slice i s e a t", FIVE, ints("s", 0), ints("e", 5), ints("a", 0),
                                  ints("t", 0)),
    "Slice along one axis twice": folded("Slice A s e a", tensor("A", A), ints("s", 0, 1),
                                         ints("e", 2, 2), ints("a", 0, -3)),
    "Slice along no axis": folded("Slice i s e a", FIVE, ints("s", 0), ints("e", 5), ints("a", 1)),
    "Slice of unlike bounds": folded("Slice i s e", FIVE, ints("s", 0, 1), ints("e", 5)),
    "Slice backwards from before": folded("Slice i s e a t", FIVE, ints("s", -9), ints("e", -99),
                                          ints("a", 0), ints("t", -1)),
    "ConstantOfShape of less than nothing": folded("ConstantOfShape s", ints("s", -1)),
    "ConstantOfShape of two": folded("ConstantOfShape s", ints("s", 2),
                                     value=helper.make_tensor("v", 7, [2], [7, 8])),
    "ConstantOfShape of no end of nothing": folded("ConstantOfShape s", ints("s", 0, 2**60)),
    "Range without end": folded("Range s e t", scalar("s", 3), scalar("e", 10), scalar("t", 0)),
    "Range beyond room": folded("Range s e t", scalar("s", 0), scalar("e", 2**62), scalar("t", 1)),
    "Range of floats": folded("Range s e t", scalar("s", 0, np.float32),
                              scalar("e", 3, np.float32), scalar("t", 1, np.float32)),
    "Range from a vector": folded("Range s e t", ints("s", 3), scalar("e", 10), scalar("t", 1)),
    "Add beyond the type": folded("Add i m", FIVE, MOST),
    "Sub beyond the type": folded("Sub i m", FIVE, LEAST),
    "Mul beyond the type": folded("Mul i m", ints("i", 2), MOST),
    "Div beyond the type": folded("Div m i", LEAST, ints("i", -1)),
    "Div by 0": folded("Div i p", FIVE, scalar("p", 0)),
    "Div that rounds below 0": folded("Div i p", FIVE, scalar("p", 2)),
    "Add of unlike types": folded("Add i p", FIVE, scalar("p", 1, np.int32)),
    "Add of bytes": folded("Add p p", scalar("p", 200, np.uint8)),
    "Add of unlike shapes": folded("Add i p", FIVE, ints("p", 1, 2)),
    "Add with broadcast, long ago": folded("Add i p", FIVE, scalar("p", 1), opset=6),
    "Mul that would be large": folded(
        "Mul p q", tensor("p", np.ones((600, 1), int)), tensor("q", np.ones((1, 600), int))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT)
def test_the_rest_is_not_folded(name: str) -> None:
    """What is outside, too large, of other types, or rounds as runtimes like."""
    first = network(LEFT[name]).nodes[0]
    assert isinstance(first, Opaque)
    assert not first.is_constant


@pytest.mark.parametrize("operator", ["Add", "Mul"])
@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_constants_of_many_axes_are_left(operator: str, dtype: Any) -> None:
    """What numpy holds but does not broadcast stays a node."""
    many = tensor("m", np.ones((1,) * 40, dtype=dtype))
    assert network(folded(f"{operator} m m", many)).opaque


def test_signalling_nans_are_no_trouble() -> None:
    """Whatever a computed constant holds, an unmodelled node has it as it is."""
    bad = tensor("b", np.array([0x7F800001, 0x3F800000], dtype=np.uint32).view(np.float32))
    nodes = [node("Slice", "b s e", "c"), node("Pow", "x c", "y")]
    (power,) = network(model(nodes, [bad, ints("s", 0), ints("e", 2)])).nodes
    assert isinstance(power, Opaque)
