"""Operators that pick entries are what onnxruntime makes of them, or opaque."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import load_from_string
from onnx_models import (
    agree,
    feeds,
    ints,
    model,
    network,
    node,
    operators,
    run,
    tensor,
    whole,
    written,
)

from lumpver import prove
from lumpver.checker import check
from lumpver.errors import ShapeMismatch
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.network import Network, Opaque, Pick, Tensor
from lumpver.proving import Proved, Refuted

Y = [("y", None)]
LAST = 2**63 - 1
FIRST = -(2**63)


def one(text: str, *stored: Any, x: Any = ("N", 5), opset: int = 17, **attributes: Any) -> Any:
    """A model of one node `operator operands`."""
    operator, operands = text.split(maxsplit=1)
    made = [node(operator, operands, "y", **attributes)]
    return model(made, stored, inputs=[("x", x)], outputs=Y, opset=opset)


def cut(start: int, end: int, axis: int = 1, step: int | None = None, **options: Any) -> Any:
    """A model of one Slice."""
    given = [ints("s", start), ints("e", end), ints("a", axis)]
    given += [] if step is None else [ints("t", step)]
    return one("Slice x s e a" + (" t" if step is not None else ""), *given, **options)


def parts(*sizes: int, outputs: str, opset: int = 17, x: Any = ("N", 5), axis: int = 1) -> Any:
    """A model of one Split."""
    named = [(name, None) for name in outputs.split() if name != "_"]
    if opset < 13:
        made = node("Split", "x", outputs, axis=axis, **({"split": sizes} if sizes else {}))
        return model([made], inputs=[("x", x)], outputs=named, opset=opset)
    made = node("Split", "x p" if sizes else "x", outputs, axis=axis)
    return model([made], [ints("p", *sizes)], inputs=[("x", x)], outputs=named, opset=opset)


MODELLED = {
    "Slice": cut(1, 3),
    "Slice from the end": cut(-3, -1, -1),
    "Slice to the end": cut(2, LAST),
    "Slice beyond the end": cut(3, 99),
    "Slice by two": cut(0, 5, step=2),
    "Slice backwards": cut(4, 0, step=-1),
    "Slice backwards to the first": cut(-1, FIRST, step=-1),
    "Slice backwards by two": cut(9, -9, step=-2),
    "Slice of two axes": one(
        "Slice x s e a", ints("s", 1, 0), ints("e", 3, 1), ints("a", -1, 1), x=("N", 2, 4)
    ),
    "Slice of the first axes": one("Slice x s e", ints("s", 0), ints("e", 2), x=(3, 4)),
    "Slice by attributes": one("Slice x", opset=9, starts=[1], ends=[3], axes=[1]),
    "Gather": one("Gather x i", ints("i", 3, 0, 3), axis=1),
    "Gather from the end": one("Gather x i", ints("i", -1, 1), axis=-1),
    "Gather of one": one("Gather x i", ints("i", 2), axis=1),
    "Gather of the first axis": one("Gather x i", ints("i", 1, 1), x=(2, 3)),
    "Gather of a number": one("Gather x i", tensor("i", np.array(2)), axis=1),
    "Gather of the last": one("Gather x i", tensor("i", np.array(-1)), x=("N", 3, 2), axis=-2),
    "Gather of the first of old": one("Gather x i", tensor("i", np.array(0)), axis=1, opset=9),
    "Split": parts(2, 3, outputs="y z"),
    "Split from the end, long ago": parts(2, 3, outputs="y z", opset=10, axis=-1),
    "Split by attribute": parts(2, 3, outputs="y z", opset=11),
    "Split evenly": parts(outputs="y z", x=("N", 4)),
    "Split in four": parts(outputs="y z u v", x=(4, 2), axis=0),
    "Split by a number": model(
        [node("Split", "x", "y z", axis=1, num_outputs=2)],
        inputs=[("x", ("N", 5))], outputs=[("y", None), ("z", None)], opset=18,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELLED)
def test_entries_are_the_runtimes(name: str) -> None:
    """All is modelled, and the same entries are picked."""
    made = MODELLED[name]
    found = network(made)
    assert not found.opaque
    assert any(isinstance(one, Pick) for one in found.nodes)
    agree(made)


@pytest.mark.parametrize("opset", [7, 11, 13])
def test_parts_that_nobody_reads_are_parts(opset: int) -> None:
    """How many there are tells how long each is, also where the last ones are of no use."""
    made = parts(outputs="t u v", x=("N", 6), opset=opset)
    made.graph.node.append(node("Relu", "t", "y"))
    del made.graph.output[1:]
    made.graph.output[0].name = "y"
    found = network(made)
    assert isinstance(pick := found.producers["t"], Pick)
    assert pick.places == ((-1, (0, 1)),)
    agree(made)


NOTHING = {
    "Slice of everything": cut(0, LAST),
    "Slice of all that there is": cut(0, 5),
    "Slice of a batch": cut(0, LAST, 0),
}


@pytest.mark.parametrize("name", NOTHING)
def test_slices_that_take_everything_do_nothing(name: str) -> None:
    """Also along an axis of unknown length."""
    found = network(NOTHING[name])
    assert not any(isinstance(one, Pick | Opaque) for one in found.nodes)
    agree(NOTHING[name])


OPAQUE = {
    "Slice of an unknown length": cut(0, 3, 0),
    "Slice that is empty": cut(2, 2),
    "Slice from before the first, backwards": cut(-9, FIRST, step=-1),
    "Slice of integers": model(
        [node("Slice", "x s e", "y")], [ints("s", 0), ints("e", 1)],
        inputs=[("x", "int64", [2])], outputs=Y,
    ),
    "Slice of unknown rank": cut(0, 3, x=None),
    "Slice by an input": model(
        [node("Slice", "x s e", "y")], [ints("e", 2)],
        inputs=[("x", (3, 3)), ("s", "int64", [1])], outputs=Y,
    ),
    "Slice along an axis twice": one(
        "Slice x s e a", ints("s", 0, 0), ints("e", 2, 3), ints("a", 1, -1)
    ),
    "Gather by a float": one("Gather x i", tensor("i", 2.0), axis=1),
    "Gather by a number outside": one("Gather x i", tensor("i", np.array(5)), axis=1),
    "Gather by a matrix": one("Gather x i", tensor("i", np.array([[0, 1]])), axis=1),
    "Gather outside": one("Gather x i", ints("i", 5), axis=1),
    "Gather of nothing": one("Gather x i", ints("i"), axis=1),
    "Gather from the end, long ago": one("Gather x i", ints("i", -1), axis=1, opset=9),
    "Gather of an unknown length": one("Gather x i", ints("i", 0)),
    "Gather by an input": model(
        [node("Gather", "x i", "y")], inputs=[("x", (3, 3)), ("i", "int64", [2])], outputs=Y
    ),
    "Split of which a part is left out": parts(1, 3, 1, outputs="y _ z"),
    "Split into too much": parts(2, 4, outputs="y z"),
    "Split unevenly": parts(outputs="y z"),
    "Split of an unknown length": parts(1, 1, outputs="y z", axis=0),
    "Split by too many": parts(2, 2, 1, outputs="y z"),
    "Split of opset 1": one("Split x", opset=1, x=(2, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", OPAQUE)
def test_the_rest_is_opaque(name: str) -> None:
    """What runtimes may read apart, or what is not known."""
    (only,) = network(OPAQUE[name]).nodes
    assert isinstance(only, Opaque)


W = tensor("W", [[1.0, 2.0, -1.0, 0.0, 3.0, 2.0], [-1.0, -2.0, 2.0, 0.0, 1.0, 1.0]])
V = tensor("V", np.arange(8, dtype="f4").reshape(4, 2) + 1)
U = tensor("U", [[1.0, 2.0], [3.0, -1.0]])
X = tensor("X", np.arange(12, dtype="f4").reshape(6, 2) - 5)
BESIDE = "; MatMul m V u; MatMul r X v; Add u v y"
BETWEEN = {
    "Slice of what is left": ("Slice r one five a m; MatMul m V y", [], 3),
    "Slice, and a constant goes": ("Slice r zero four a m; MatMul m V y", [], 2),
    "Slice backwards": ("Slice r five one a back m; MatMul m V y", ["Slice"], 3),
    "Slice of some": (f"Slice r one five a m{BESIDE}", ["Slice"], 4),
    "Gather": ("Gather r i m axis=1; MatMul m V y", ["Gather"], 3),
    "Gather of what is even": ("Gather r j m axis=1; MatMul m V y", ["Gather"], 2),
    "Gather of some": (f"Gather r i m axis=1{BESIDE}", ["Gather"], 4),
    "Split": ("Split r p m n axis=1; MatMul m V v; MatMul n U u; Add u v y", ["Split"], 4),
    "Split of which one part goes": ("Split r p m n axis=1; MatMul n U y", [], 2),
}
GIVEN = (
    W, V, U, X, ints("zero", 0), ints("one", 1), ints("four", 4), ints("five", 5), ints("a", 1),
    ints("back", -1), ints("i", 5, 0, 4, 1), ints("j", 5, 0, 3, 1), ints("p", 4, 2),
)  # fmt: skip


def steps(between: str) -> Any:
    """A hidden layer of 6 units, of which unit 1 is twice unit 0 and unit 3 is 0; then this."""
    text = f"MatMul x W h; Relu h r; {between}"
    if "Split r p m n" in between:
        head, tail = text.split("Split r p m n axis=1; ")
        made = whole(f"{head.strip('; ')}; {tail}", *GIVEN)
        made.graph.node.insert(2, node("Split", "r p", "m n", axis=1))
        return made
    return whole(text, *GIVEN)


@pytest.mark.parametrize(
    ("x", "between"),
    [
        (("N", 3, 2), "Gather r last m axis=1; MatMul m X y"),
        (("N", 2), "Gather r last m axis=1; Relu m y"),
        (("N", 3, 2), "Gather r last m axis=-1; MatMul m T y"),
    ],
)
def test_units_go_around_the_pick_of_one_place(x: Any, between: str) -> None:
    """Along another axis than theirs, or theirs: then only that unit is left."""
    stored = [*GIVEN, tensor("last", np.array(-1)), tensor("T", [[1.0], [2.0], [3.0]])]
    made = whole(f"MatMul x W h; Relu h r; {between}", *stored, x=x, outputs=[("y", None)])
    found, data = written(made, types="auto")
    original, again = network(made), network(data)
    assert not original.opaque
    assert again.width["r"] < 6
    assert check(original, again, found.certificate)
    assert isinstance(prove(original, again), Proved)
    for seed in range(3):
        given = feeds(made, seed)
        assert (run(made, given)["y"] == run(data, given)["y"]).all()


@pytest.mark.parametrize("picked", [((-1, (0, 1, 2)),), ((-2, (0,)), (-1, (0, 1, 2)))])
def test_a_pick_of_everything_is_read_as_one(picked: Any) -> None:
    """Also where other axes are picked from: no Slice of everything, which is read as nothing."""
    made = Pick("p", "x", "y", picked)
    tensors = {name: Tensor(name, shape=("N", 2, 3)) for name in "xy"}
    data = fresh(Network((tensors["x"],), (tensors["y"],), (made,), tensors))
    found = [one for one in network(data).nodes if isinstance(one, Pick)]
    assert sorted(place for one in found for place in one.places) == sorted(picked)
    assert run(data, {"x": np.ones((2, 2, 3), "f4")})["y"].shape == (2, 3 - len(picked), 3)


@pytest.mark.parametrize("opset", [9, 12, 13, 18])
def test_a_slice_that_becomes_one_of_everything(opset: int) -> None:
    """It is a Split into one part, by an attribute or by a tensor."""
    given = {"starts": [0], "ends": [4], "axes": [1]}
    stored = [ints(name[0], *numbers) for name, numbers in given.items()]
    cut_by = node("Slice", "h s e a" if opset > 9 else "h", "m", **({} if opset > 9 else given))
    made = [node("MatMul", "x E", "h"), cut_by, node("Softmax", "m", "y", axis=1)]
    stored.append(tensor("E", np.arange(10, dtype="f4").reshape(2, 5)))
    whole_ = model(made, stored, inputs=[("x", ("N", 2))], outputs=Y, opset=opset)
    _, data = written(whole_)
    again = network(data)
    assert again.width["h"] == 4
    assert isinstance(again.producers["m"], Pick)
    assert "Split" in operators(data)
    given_x = feeds(whole_)
    assert (run(whole_, given_x)["y"] == run(data, given_x)["y"]).all()


@pytest.mark.parametrize("name", BETWEEN)
def test_units_go_on_both_sides(name: str) -> None:
    """Multiples, constants and what is not picked; the file is right, smaller, and proved."""
    between, cuts, left = BETWEEN[name]
    made = steps(between)
    found, data = written(made, types="auto")
    original, again = network(made), network(data)
    assert again.width["r"] == left
    assert check(original, again, found.certificate)
    assert isinstance(prove(original, again), Proved)
    kept = [n.op_type for n in load_from_string(data).graph.node]
    assert [n for n in kept if n in ("Slice", "Gather", "Split")] == cuts
    assert len(data) < made.ByteSize()
    given = feeds(made)
    assert (run(made, given)["y"] == run(data, given)["y"]).all()


def test_the_first_of_a_sequence_is_picked_from_units_that_go() -> None:
    """As the token that stands for all: the axis goes, the units behind it stay apart."""
    numbers = (W, tensor("B", np.arange(12, dtype="f4").reshape(6, 2)), tensor("i", np.array(0)))
    text = "MatMul x W h; Relu h r; Gather r i m axis=1; MatMul m B y"
    made = whole(text, *numbers, x=("N", 3, 2))
    found, data = written(made, types="auto")
    assert found.network.width["r"] == 4
    assert check(network(made), network(data), found.certificate)
    assert isinstance(prove(network(made), network(data)), Proved)
    assert (run(made, feeds(made))["y"] == run(data, feeds(made))["y"]).all()
    other = (W, tensor("B", [[1.0, 2.0]] * 3), numbers[2])
    last = whole(text.replace("axis=1", "axis=2"), *other, x=(2, 3, 2))
    found, data = written(last, types="auto")
    assert found.network.width["r"] == 1
    assert check(network(last), network(data), found.certificate)
    assert (run(last, feeds(last))["y"] == run(data, feeds(last))["y"]).all()


def test_other_places_are_refuted() -> None:
    """What is picked counts, and in which order."""
    one_, other = (network(steps(f"Gather r {i} m axis=1; MatMul m V y")) for i in ("i", "i"))
    turned = whole(
        "MatMul x W h; Relu h r; Gather r i m axis=1; MatMul m V y",
        W, V, ints("i", 0, 5, 4, 1),
    )  # fmt: skip
    assert isinstance(prove(one_, other), Proved)
    assert isinstance(prove(one_, network(turned)), Refuted)


def test_axes_that_are_not_there_are_opaque_or_refused() -> None:
    """By name of the node, where a shape says it."""
    assert isinstance(network(cut(0, 2, 2)).nodes[0], Opaque)
    with pytest.raises(ShapeMismatch, match="p"):
        network(model([node("MatMul", "x W", "y")], [W], inputs=[("x", (2, 3))], outputs=Y))
