"""Pairs: what is compared with what, batches set aside, and exact replay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from flint import fmpq

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.model.activations import RELU
from lumpver.model.network import Linear, Network, Pointwise, Rearrange
from lumpver.model.opaque import Opaque
from lumpver.model.slicing import sliced
from lumpver.model.tensor import Shape, Tensor
from lumpver.model.weights import Identity, weights_of
from lumpver.proving import Proved, Refuted, Unknown, prove
from lumpver.proving.pairing import pair
from lumpver.proving.replaying import replay

if TYPE_CHECKING:
    from lumpver.model.nodes import Node

chain = Network.from_layers
ONE = fmpq(1)


def network(shape: Shape, *nodes: Node, shapes: dict[str, Shape] | None = None) -> Network:
    """One input x of that shape through the nodes."""
    tensors = {"x": Tensor("x", shape=shape)}
    for node in nodes:
        for name in node.outputs:
            tensors[name] = Tensor(name, shape=(shapes or {}).get(name))
    last = nodes[-1].outputs[0]
    return Network((tensors["x"],), (tensors[last],), nodes, tensors)


def dense(shape: Shape, weight: float = 1.0, *, x: str = "x", y: str = "y") -> Network:
    """One unit over the last axis of length 2."""
    node = Linear("a", "x", "y", weights_of(np.array([[weight, 2.0]])), None)
    after = None if shape is None else (*shape[:-1], 1)
    found = network(shape, node, shapes={"y": after})
    return renamed(found, x, y)


def renamed(found: Network, x: str, y: str) -> Network:
    """The network with other names for input and output."""
    (node,) = found.nodes
    assert isinstance(node, Linear)
    tensors = {new: replace(found.tensors[old], name=new) for old, new in (("x", x), ("y", y))}
    return Network((tensors[x],), (tensors[y],), (replace(node, input=x, output=y),), tensors)


def test_pairs_by_position_if_names_differ() -> None:
    """Other names, one question."""
    found = prove(dense((2,)), dense((2,), x="in", y="out"))
    assert found == Proved("joint lumping")
    refuted = prove(dense((2,)), dense((2,), 3.0, x="in", y="out"))
    assert isinstance(refuted, Refuted)
    assert set(refuted.counterexample) == {"x"}
    assert set(refuted.outputs) == {"y"}


def test_pairs_by_name_first() -> None:
    """Outputs in another order are matched by name."""
    W = np.array([[1.0], [2.0]])
    nodes = (Linear("a", "x", "y", weights_of(W[:1])), Linear("b", "x", "z", weights_of(W[1:])))
    one = network((1,), *nodes, shapes={"y": (1,), "z": (1,)})
    outputs = (one.tensors["y"], one.tensors["z"])
    a, b = replace(one, outputs=outputs), replace(one, outputs=outputs[::-1])
    assert prove(a, b) == Proved("joint lumping")


@pytest.mark.parametrize("shape", [(2,), (1, 2), (1, 1, 2), ("N", 2), (None, 2), None])
def test_shapes_up_to_unit_axes(shape: Shape) -> None:
    """An axis of length 1, or of a length that may be 1, makes no difference."""
    assert prove(dense((2,)), dense(shape)) == Proved("joint lumping")
    assert isinstance(prove(dense((2,)), dense(shape, 3.0)), Refuted | Unknown)


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), ("N", 2, 2)])
def test_other_shapes(shape: Shape) -> None:
    """Lengths other than 1 have to agree."""
    with pytest.raises(ShapeMismatch):
        pair(dense((2,)), dense(shape))


def test_what_leads_to_no_output_is_no_obstacle() -> None:
    """An operator that is not modelled, and that nothing is made of, keeps no answer back."""
    one = chain([([[1], [-1]], None), ([[1, -1]], None)])
    other = chain([([[1]], None, "identity")])
    spare = Opaque("o", "ai.onnx:Sum", ("x",), ("z",))
    sides = [
        replace(side, nodes=(*side.nodes, spare), tensors={**side.tensors, "z": Tensor("z")})
        for side in (one, other)
    ]
    assert isinstance(prove(*sides), Proved)
    assert isinstance(prove(sides[0], chain([([[2]], None, "identity")])), Refuted)


def test_numbers_without_an_axis() -> None:
    """A Squeeze may leave none; what does nothing needs none, where values are compared."""
    squeeze = Rearrange("s", "x", "h", "Squeeze", None)
    sides = [
        network((1,), squeeze, last)
        for last in (Pointwise("r", "h", "y", RELU), Linear("a", "h", "y"))
    ]
    assert sides[1].evaluate({"x": [-3]})["y"].tolist() == -3
    assert isinstance(prove(*sides), Refuted)


def test_number_of_inputs() -> None:
    """Two inputs are not one."""
    one = dense((2,))
    two = replace(one, inputs=(*one.inputs, Tensor("z", shape=(1,))))
    with pytest.raises(Malformed):
        pair(one, two)


def test_fixed_batches_are_cut() -> None:
    """A batch of 789444 rows is one row, as far as the question goes."""
    a, b = dense((789444, 2)), dense((789444, 2), 3.0)
    found = prove(a, b)
    assert isinstance(found, Refuted)
    assert len(found.counterexample["x"]) == 1
    assert pair(a, b).general


def test_batches_that_are_mixed_stay() -> None:
    """An affine node along the first axis looks at all of it."""
    along = Linear("a", "x", "y", weights_of(np.ones((1, 2))), None, -2)
    assert sliced(network((2, 3), along, shapes={"y": (1, 3)})) is None
    assert sliced(dense(("N", 2))) is not None
    assert sliced(dense(None)) is None


@pytest.mark.parametrize(
    ("node", "before", "after", "kept"),
    [
        (Rearrange("r", "x", "y", "Flatten", (1,)), (5, 2, 3), (5, 6), True),
        (Rearrange("r", "x", "y", "Flatten", (2,)), (5, 2, 3), (10, 3), False),
        (Rearrange("r", "x", "y", "Flatten", (-2,)), (5, 2, 3), (5, 6), True),
        (Rearrange("r", "x", "y", "Reshape", (-1, 6)), (5, 2, 3), (5, 6), True),
        (Rearrange("r", "x", "y", "Reshape", (0, 6)), (5, 2, 3), (5, 6), True),
        (Rearrange("r", "x", "y", "Reshape", (5, 6)), (5, 2, 3), (5, 6), False),
        (Rearrange("r", "x", "y", "Reshape", (-1, 10)), (5, 2, 3), (3, 10), False),
        (Rearrange("r", "x", "y", "Transpose", (0, 2, 1)), (5, 2, 3), (5, 3, 2), True),
        (Rearrange("r", "x", "y", "Transpose", (1, 0, 2)), (5, 2, 3), (2, 5, 3), False),
        (Rearrange("r", "x", "y", "Squeeze", (1,)), (5, 1, 3), (5, 3), True),
        (Rearrange("r", "x", "y", "Squeeze", (-3,)), (1, 2, 3), (2, 3), False),
        (Rearrange("r", "x", "y", "Squeeze", None), (5, 1, 3), (5, 3), False),
        (Rearrange("r", "x", "y", "Unsqueeze", (1,)), (5, 3), (5, 1, 3), True),
        (Rearrange("r", "x", "y", "Unsqueeze", (0,)), (5, 3), (1, 5, 3), False),
        (Opaque("o", "ai.onnx:Softplus", ("x",), ("y",)), (5, 3), (5, 3), False),
        (Pointwise("a", "x", "y", RELU), (5, 3), (5, 3), True),
    ],
)
def test_which_nodes_keep_a_batch_apart(
    node: Node, before: Shape, after: Shape, *, kept: bool
) -> None:
    """Only what provably leaves the first axis alone may be cut."""
    found = sliced(network(before, node, shapes={"y": after}))
    assert (found is not None) == kept
    if found is not None and after is not None:
        assert found.tensors["y"].shape == (1, *after[1:])


def test_mixed_positions_are_not_proved_for_all_lengths() -> None:
    """What is shown for length 1 only stays open."""
    turn = Rearrange("t", "x", "y", "Transpose", (1, 0))
    shape: Shape = ("N", "M")
    a = network(shape, turn, shapes={"y": ("M", "N")})
    b = network(shape, Linear("a", "x", "y", Identity(), None), shapes={"y": ("N", "M")})
    found = prove(a, b)
    assert isinstance(found, Refuted)
    assert found.reason == "output y has shape (M, N) in the first model and (N, M) in the second"
    twice = replace(turn, name="s", input="y", output="z")
    c = replace(
        network(shape, turn, twice, shapes={"y": ("M", "N"), "z": shape}), outputs=(Tensor("z"),)
    )
    found = prove(c, b)
    assert isinstance(found, Proved | Unknown)


def test_transposed_positions_are_told_apart() -> None:
    """Transposing positions is not the identity, though every unit is the same."""
    W = np.array([[1.0, 2.0]])
    shapes: dict[str, Shape] = {"h": (2, 2, 1), "y": (2, 2, 1)}
    first = Linear("a", "x", "h", weights_of(W))
    turned = network(
        (2, 2, 2), first, Rearrange("t", "h", "y", "Transpose", (1, 0, 2)), shapes=shapes
    )
    straight = network((2, 2, 2), first, Linear("i", "h", "y", Identity(), None), shapes=shapes)
    assert prove(turned, turned) == Proved("joint lumping")
    assert isinstance(prove(turned, straight), Refuted)


def test_replay_needs_a_difference() -> None:
    """Where both give the same there is no refutation, whatever somebody says."""
    a, b = chain([([[1]], None)]), chain([([[1]], None), ([[1]], None)])
    both = pair(a, b)
    assert replay(both, {"x": [ONE]}, step="evaluation") is None
    found = replay(both, {"x": [-ONE]}, step="evaluation")
    assert found is not None
    assert found.outputs["y"] == ((-1,), (0,))


def test_replay_needs_rational_values() -> None:
    """A hyperbolic tangent inside leaves nothing to compare."""
    a = chain([([[1]], None, "tanh"), ([[1]], None)])
    b = chain([([[2]], None, "tanh"), ([[1]], None)])
    assert replay(pair(a, b), {"x": [ONE]}, step="evaluation") is None
    assert replay(pair(a, b), {"x": [ONE, ONE]}, step="evaluation") is None
