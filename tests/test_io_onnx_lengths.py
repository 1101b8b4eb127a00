"""Arithmetic on lengths: what an export says of a Reshape is read as the Reshape it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import checker, helper, load_from_string
from onnx_models import agree, feeds, ints, model, network, node, run, steps, tensor, value, whole

from lumpver import prove, reduce
from lumpver.checker import check
from lumpver.errors import ShapeMismatch
from lumpver.io.onnx.read.lengths import target
from lumpver.io.onnx.write import write
from lumpver.model.network import Opaque, Rearrange
from lumpver.proving import Proved

CUBE = ("N", 2, 3)
Y = [("y", None)]
SCALARS = (
    tensor("zero", np.array(0)), tensor("one", np.array(1)), tensor("two", np.array(2)),
    ints("z", 0), ints("o", 1), ints("t", 2), ints("m", -1), ints("six", 6), ints("all", 9),
)  # fmt: skip


def exported(text: str, x: Any = CUBE, opset: int = 17, **fields: Any) -> Any:
    """A model of these steps on x, with the constants above."""
    return whole(text, *SCALARS, x=x, outputs=fields.pop("outputs", Y), opset=opset, **fields)


VIEWS = {
    "size(0), -1": "Shape x s; Gather s zero n; Unsqueeze n z u; Concat u m g axis=0;"
    " Reshape x g y",
    "size(0), 6": "Shape x s; Gather s zero n; Unsqueeze n z u; Concat u six g axis=0;"
    " Reshape x g y",
    "size(0), size(1) * size(2)": "Shape x s; Gather s zero n; Gather s one a; Gather s two b;"
    " Mul a b c; Unsqueeze n z u; Unsqueeze c z v; Concat u v g axis=0; Reshape x g y",
    "size by a vector": "Shape x s; Gather s z u; Concat u m g axis=0; Reshape x g y",
    "size by Slice": "Shape x s; Slice s z o u; Concat u m g axis=0; Reshape x g y",
    "size by a part of Shape": "Shape x u end=1; Concat u m g axis=0; Reshape x g y",
    "the rest by a part of Shape": "Shape x u start=1; Concat m u g axis=0; Reshape x g y",
    "two sizes in turn": "Shape x s; Slice s z t u; Concat u m g axis=0; Reshape x g y",
    "a size times 1": "Shape x s; Gather s z n; Mul n o u; Concat u m g axis=0; Reshape x g y",
    "a size plus 0": "Shape x s; Gather s z n; Add z n u; Concat u m g axis=0; Reshape x g y",
    "a size of whole numbers": "Shape x s; Cast s i to=7; Gather i z u; Concat u m g axis=0;"
    " Reshape x g y",
    "a scalar and back": "Shape x s; Gather s z n; Squeeze n z q; Unsqueeze q z u;"
    " Concat u m g axis=0; Reshape x g y",
    "a vector from a scalar": "Shape x s; Gather s zero n; Reshape n m u; Concat u m g axis=0;"
    " Reshape x g y",
    "another place": "Shape x s; Gather s z u; Concat six u g axis=0; Reshape x g y",
    "a 0 that copies nothing": "Shape x s; Gather s z u; Concat u m g axis=0;"
    " Reshape x g y allowzero=1",
    "of a tensor in between": "Relu x r; Shape r s; Gather s z u; Concat u m g axis=0;"
    " Reshape r g y",
    "of an input for another tensor": "Shape x s; Relu x r; Gather s z u; Concat u m g axis=0;"
    " Reshape r g y",
    "backwards": "Shape x s; Gather s m l; Gather s o k; Gather s z u; Concat u l k g axis=0;"
    " Reshape x g y",
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("x", [CUBE, (None, 2, 3), (5, 2, 3)])
def test_views_are_reshapes(view: str, x: Any) -> None:
    """No node is left but the Reshape and what it reads; it is what the runtime computes."""
    made = exported(VIEWS[view], x=x)
    found = network(made)
    assert not found.opaque
    assert isinstance(found.nodes[-1], Rearrange)
    assert found.nodes[-1].zero_copies or x[0] == 5
    assert len(found.nodes) <= 2
    agree(made, seeds=1)


def test_a_view_is_a_flatten() -> None:
    """In whatever way a batch is kept and the rest made one axis."""
    flat = network(exported("Flatten x y"))
    for view in ("size(0), -1", "size(0), 6", "size by Slice"):
        assert isinstance(prove(network(exported(VIEWS[view])), flat), Proved)


UNRESOLVED = {
    "twice the batch": "Shape x s; Gather s z n; Add n n u; Concat u m g axis=0; Reshape x g y",
    "half the batch": "Shape x s; Gather s z n; Div n t u; Concat u m g axis=0; Reshape x g y",
    "none of the batch": "Shape x s; Gather s z n; Sub n n u; Concat u m g axis=0; Reshape x g y",
    "1 over the batch": "Shape x s; Gather s z n; Div o n u; Concat u m g axis=0; Reshape x g y",
    "a size too much": "Shape x s; Gather s z u; Concat u six o u g axis=0; Reshape x g y",
    "a 0 made on the way": "Shape x s; Gather s z u; Concat u z m g axis=0; Reshape x g y",
    "another length": "Shape x s; Gather s z u; Concat t u g axis=0; Reshape x g y",
    "a scalar": "Shape x s; Gather s zero u; Reshape x u y",
    "an axis that is not there": "Shape x s; Gather s all u; Concat u m g axis=0; Reshape x g y",
    "another type": "Shape x s; Cast s i to=6; Cast i j to=7; Gather j z u; Concat u m g axis=0;"
    " Reshape x g y",
}


@pytest.mark.parametrize("view", UNRESOLVED)
def test_what_lengths_do_not_settle_stays(view: str) -> None:
    """The Reshape is opaque, and so is all that it reads."""
    found = network(exported(UNRESOLVED[view]))
    assert isinstance(found.nodes[-1], Opaque)
    assert any(n.operator == "ai.onnx:Shape" for n in found.opaque)


def test_shapes_of_unknown_rank_stay() -> None:
    """What nothing is known of has no lengths."""
    text = "Det x r; Shape r s; Gather s z u; Concat u m g axis=0; Reshape r g y"
    assert len(network(exported(text)).opaque) == 5


W = tensor("W", [[1.0, 2.0, -4.0], [-2.0, -4.0, 8.0]])  # units 0 and 1 are multiples
V = tensor("V", [[1.0, 0.5], [2.0, 1.0], [-1.0, 3.0]])
AROUND = {
    "of the layer": "MatMul x W h; Relu h r; Shape r s; Gather s z u; Concat u m g axis=0;"
    " Reshape r g f; MatMul f V y",
    "with its width": "MatMul x W h; Relu h r; Shape r s; Reshape r s f; MatMul f V y",
    "of the layer before": "MatMul x W h; Shape h s; Relu h r; Gather s z u; Concat u m g axis=0;"
    " Reshape r g f; MatMul f V y",
    "for nothing": "MatMul x W h; Relu h r; Shape r s; Gather s z u; MatMul r V y",
    "for its width alone": "MatMul x W h; Relu h r; MatMul r V a; Shape r s; Gather s one k;"
    " Cast k c to=1; Mul a c y",
    "for its width twice": "MatMul x W h; Relu h r; MatMul r V a; Shape h s; Gather s one k;"
    " Add k one l; Cast l c to=1; Add a c b; Pow b c y",
}


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("x", [("N", 2), (4, 2)])
def test_what_is_reduced_does_not_change_what_was_measured(around: str, x: Any) -> None:
    """A layer loses units though its shape is read; the file then says numbers."""
    made = whole(AROUND[around], W, V, *SCALARS, x=x)
    found = network(made)
    outcome = reduce(found, floats_only=True)
    assert found.units == 3
    assert outcome.network.units == 2
    data = write(outcome.network, found)
    back = network(data)
    check(found, back, outcome.certificate)
    checker.check_model(load_from_string(data), full_check=True)
    given = feeds(made)
    assert (run(data, given)["y"] == run(made, given)["y"]).all()
    assert write(reduce(back).network, back) == data


def test_lengths_that_are_read_elsewhere_stay() -> None:
    """What an output or an unmodelled node reads is kept, and pins what it measures."""
    text = "MatMul x W h; Relu h r; Shape r s; Reshape r s f; MatMul f V y"
    nodes = [*steps(text), node("Expand", "o s", "e")]
    made = model(nodes, [W, V, *SCALARS], outputs=[("y", None), ("e", "int64", None)])
    found = network(made)
    assert {n.operator for n in found.opaque} == {"ai.onnx:Shape", "ai.onnx:Expand"}
    assert reduce(found).network.units == 3
    told = model(steps(text), [W, V], outputs=[("y", None), ("s", "int64", [2])])
    assert [n.operator for n in network(told).opaque] == ["ai.onnx:Shape"]


@pytest.mark.parametrize(
    ("entries", "shape", "expected"),
    [
        ((), (), ()),
        ((), None, None),
        ((6,), (2, 3), (6,)),
        (("N", None), ("N", 2), None),
        (("N", "M"), ("N", "M"), (0, 0)),
        (("M", "N"), ("N", "M"), None),
        ((2, "N"), ("N", 2), (2, -1)),
        (("N", -1, "M"), ("N", 3, "M"), (0, -1, 0)),
        ((-1, "N"), ("N", 2), None),
        ((-2, "N"), ("N", 2), None),
        (("N", 0), ("N", 2), None),
    ],
)
def test_targets(entries: Any, shape: Any, expected: Any) -> None:
    """A symbol is copied in its place or is what is left over, once."""
    assert target(entries, shape) == expected


def test_nothing_is_a_constant_like_any_other() -> None:
    """An empty slice of a shape, stored, is the operand that it was."""
    text = (
        "Shape x s; Slice s z m e; Cast e c to=1; Pow x c p; MatMul x W h; Relu h r; MatMul r V y"
    )
    made = whole(text, W, V, *SCALARS, x=(2,), outputs=[("y", [None]), ("p", [None])])
    found = network(made)
    outcome = reduce(found, floats_only=True)
    assert outcome.network.units == 2
    check(found, network(write(outcome.network, found)), outcome.certificate)


@pytest.mark.parametrize("x", [("N", 2), (4, 2)])
def test_lengths_without_a_name_are_nothing(x: Any) -> None:
    """An output that is left out is no tensor, nor what an input that is left out reads."""
    made = whole("Relu x y", x=x)
    made.graph.node.extend(helper.make_node("Shape", ["x"], [""]) for _ in range(2))
    assert [n.operator for n in network(made).opaque] == ["ai.onnx:Shape"] * 2


def test_units_that_nothing_tells_are_left() -> None:
    """What only another reader's weights tell is not claimed to vanish."""
    text = "Floor x f; Sum f dead; MatMul f W h; Relu h r; MatMul r V y"
    made = whole(text, W, V, x=("N", 2))
    found = network(made)
    outcome = reduce(found, floats_only=True)
    assert outcome.network.units == 2
    check(found, network(write(outcome.network, found)), outcome.certificate)


def test_weights_that_disagree_are_refused() -> None:
    """Also where no shape is known that they could belie."""
    with pytest.raises(ShapeMismatch, match="units"):
        network(whole("Floor x f; MatMul f W h; MatMul f V y", W, V, x=None))


def test_new_names_avoid_those_inside_subgraphs() -> None:
    """A graph inside may call its own tensor what the writer would call a shape."""
    inner = [node("Neg", "y", "f/shape"), node("Abs", "f/shape", "inside")]
    body = helper.make_graph(inner, "b", [], [value(("inside", None))])
    text = "MatMul x W h; Relu h r; Shape r s; Gather s z u; Concat u m g axis=0; Reshape r g f"
    made = whole(
        f"{text}; MatMul f V y", W, V, *SCALARS, tensor("q", np.array(True)),
        outputs=[("p", None)],
    )  # fmt: skip
    made.graph.node.append(node("If", "q", "p", then_branch=body, else_branch=body))
    found = network(made)
    outcome = reduce(found, floats_only=True)
    assert outcome.network.units == 2
    data = write(outcome.network, found)
    assert "f/shape.2" in {t.name for t in load_from_string(data).graph.initializer}
    given = feeds(made)
    assert (run(data, given)["p"] == run(made, given)["p"]).all()
    check(found, network(data), outcome.certificate)
