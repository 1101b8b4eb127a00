"""Inputs and outputs: what differs in number, type or shape is refuted without a point."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lumpver.model.network import Linear, Network, Node, Opaque, Rearrange, Tensor
from lumpver.model.weights import Identity, weights_of
from lumpver.proving import Proved, Refuted, Unknown, prove
from lumpver.proving.interface import differences, inferred, unsettled
from lumpver.proving.pairing import agree

if TYPE_CHECKING:
    from lumpver.model.tensor import Shape


def graph(shape: Shape, *nodes: Node, declared: Shape = None, dtype: str = "float32") -> Network:
    """x to y by way of the nodes, whatever the file declares of y."""
    names = {name for node in nodes for name in node.outputs}
    tensors = {name: Tensor(name) for name in names} | {"x": Tensor("x", dtype, shape)}
    tensors["y"] = Tensor("y", "float32", declared)
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


def reshape(*to: int) -> Rearrange:
    """x reshaped to y."""
    return Rearrange("r", "x", "y", "Reshape", to)


SAME = Linear("i", "x", "y", Identity(), None)


@pytest.mark.parametrize("declared", [None, (4, 2), ("a", "b"), (2, 4)])
def test_declared_shapes_say_nothing(declared: Shape) -> None:
    """Outputs of shapes (4, 2) and (2, 4) differ, whatever is declared of them."""
    ours = graph((2, 4), SAME, declared=declared)
    theirs = graph((2, 4), reshape(4, 2), declared=declared)
    found = prove(ours, theirs)
    assert isinstance(found, Refuted)
    assert (found.step, found.evidence, found.counterexample) == ("interface", "interface", {})
    assert found.reason == "output y has shape (2, 4) in the first model and (4, 2) in the second"
    assert found.as_dict()["reason"] == found.reason
    assert found.as_dict()["counterexample"] == {}
    assert prove(ours, graph((2, 4), reshape(2, 4))) == Proved("joint lumping")


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (SAME, reshape(1, -1), "apart"),  # (N, 3) and (1, 3 N)
        (SAME, reshape(-1, 3), "same"),
        (SAME, Rearrange("s", "x", "y", "Unsqueeze", (0,)), "apart"),
        (Rearrange("f", "x", "y", "Flatten", (1,)), SAME, "same"),
        (Rearrange("f", "x", "y", "Flatten", (0,)), SAME, "apart"),
        (
            Linear("w", "x", "y", weights_of(np.ones((2, 3)))),
            Linear("w", "x", "y", weights_of(np.ones((4, 3)))),
            "apart",
        ),
    ],
)
def test_shapes_are_equal_for_every_batch(ours: Node, theirs: Node, verdict: str) -> None:
    """Not only for a batch of one; its name may be another."""
    a, b = graph(("N", 3), ours), graph(("batch", 3), theirs)
    assert bool(differences(a, b)) == (verdict == "apart")
    assert not unsettled(a, b)


def test_names_of_lengths_mean_what_the_inputs_say() -> None:
    """N is the first input's batch here and the second one's there."""

    def two(first: str, second: str) -> Network:
        inputs = (Tensor("x", "float32", (first, 2)), Tensor("z", "float32", (second, 2)))
        node = Linear("i", "x", "y", Identity(), None)
        tensors = {t.name: t for t in (*inputs, Tensor("y"))}
        return Network(inputs, (tensors["y"],), (node,), tensors)

    assert not differences(two("N", "M"), two("M", "N"))
    assert not differences(two("N", "M"), two("N", "N"))
    other = replace(two("N", "M"), nodes=(Linear("i", "z", "y", Identity(), None),))
    assert len(differences(two("N", "M"), other)) == 1
    assert not differences(two("N", "N"), other)


def test_other_numbers_of_inputs_or_outputs_are_refuted() -> None:
    """With their counts, and exit code 1, where a person may have swapped files."""
    one = graph((2,), SAME)
    more = replace(one, outputs=(*one.outputs, replace(one.tensors["x"])))
    found = prove(one, more)
    assert isinstance(found, Refuted)
    assert found.reason == "the first model has 1 output, the second 2 outputs"
    found = prove(replace(one, inputs=(*one.inputs, Tensor("z", "float32", (1,)))), one)
    assert isinstance(found, Refuted)
    assert found.reason == "the first model has 2 inputs, the second 1 input"


def test_types_differ_where_they_are_no_floats() -> None:
    """A float of another width holds real numbers too; an integer does not."""
    one = graph((2,), SAME)
    assert not differences(one, graph((2,), SAME, dtype="float16"))
    assert not differences(one, graph((2,), SAME, dtype="real"))
    assert not differences(one, graph((2,), SAME, dtype=""))
    (said,) = differences(one, graph((2,), SAME, dtype="int64"))
    assert said == "input x has type float32 in the first model and int64 in the second"


def test_unknown_shapes_are_never_proved() -> None:
    """Equal entries behind an operator that is not modelled, in shapes that may differ."""
    made = Opaque("o", "ai.onnx:Mystery", ("x",), ("h",))
    flat = (Rearrange("f", "h", "y", "Flatten", (axis,)) for axis in (1, 2))
    one, other = (graph((2, 3), made, node, declared=(6, 1)) for node in flat)
    found = prove(one, other)
    assert isinstance(found, Unknown)
    assert "whether output y has the same shape in both models is not known" in found.reason
    assert "Mystery is not modelled" in found.reason
    again = graph((2, 3), made, Rearrange("f", "h", "y", "Flatten", (1,)), declared=(2, 3))
    assert prove(one, again) == Proved("joint lumping")


def test_what_is_made_alike_has_equal_shapes() -> None:
    """However many affine nodes and activations stand behind what is not modelled."""
    made = Opaque("o", "ai.onnx:Mystery", ("x",), ("h",))
    V = np.array([[1.0, 2], [3, 4]])
    ours = graph(
        ("N", 2),
        made,
        Linear("w", "h", "k", weights_of(np.eye(2)[::-1])),
        Linear("v", "k", "y", weights_of(V[:, ::-1])),
    )
    assert prove(ours, graph(("N", 2), made, Linear("v", "h", "y", weights_of(V)))) == Proved(
        "joint lumping"
    )


def test_formats_without_a_batch_axis_are_compared_up_to_unit_axes() -> None:
    """An input of shape (3) against one of (N, 3), and so their outputs."""
    assert not differences(graph((3,), SAME), graph(("N", 3), SAME))
    assert not differences(graph((3,), SAME), graph((1, 3), reshape(3, 1)))
    assert differences(graph((3,), SAME), graph((2, 3), SAME))
    assert differences(graph((4,), SAME), graph((1, 4), reshape(2, 2)))


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ((), (), True),
        ((), ("N",), True),
        ((), (2,), False),
        ((2, 3), ("N", 2, "M", 3), True),
        ((2, 3), (3, 2), False),
        (("N", 4), ("M", "K", 4), True),
        (("N",) * 60, (2,) * 20 + ("M",) * 60, True),
        (("N",) * 60, (2,) * 61, False),
        (None, (5,), True),
    ],
)
def test_agreement_up_to_unit_axes(one: Shape, other: Shape, *, found: bool) -> None:
    """A length that is not known may be 1; found for any number of axes at once."""
    assert agree(one, other) == found
    assert agree(other, one) == found


def test_inference_stops_where_nothing_is_known() -> None:
    """A node that does not fit, or is not modelled, leaves its output's shape open."""
    opaque = Opaque("o", "ai.onnx:Mystery", ("x",), ("y",))
    assert inferred(graph((2, 2), opaque, declared=(2, 2)))["y"] is None
    assert inferred(graph((2, 2), reshape(3, 3)))["y"] is None
    assert (
        inferred(graph((2, 2), Linear("w", "x", "y", weights_of(np.ones((5, 2))), axis=-3)))["y"]
        is None
    )
    assert inferred(graph((2, 2), Linear("w", "x", "y", weights_of(np.ones((5, 2))), axis=-2)))[
        "y"
    ] == (5, 2)


@pytest.mark.parametrize("length", ["N", None])
def test_a_length_that_only_one_model_knows(length: str | None) -> None:
    """Where the axis is mixed, no point can be given to both: unknown, and both shapes are said."""
    mixed = [
        Linear("w", "x", "y", weights_of(np.array(rows)), axis=-2) for rows in ([[1, 2]], [[1, 3]])
    ]
    fixed, free = graph((2, 3), mixed[0]), graph((length, 3), mixed[1])
    for one, other in ((fixed, free), (free, fixed)):
        answer = prove(one, other)
        assert isinstance(answer, Unknown)
        assert "(2, 3)" in answer.reason
    same = [
        graph(shape, Linear("w", "x", "y", weights_of(np.array([[1], [2], [0]]).T)))
        for shape in ((2, 3), (length, 3))
    ]
    assert isinstance(prove(*same), Proved | Unknown)
