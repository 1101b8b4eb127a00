"""Tests for `lumpver.io.onnx.write.body`: random models, reduced, written, read and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx_models import feeds, ints, network, node, run, tensor, whole, written
from random_models import random_model

from lumpver import prove
from lumpver.checker import check
from lumpver.errors import Unrepresentable
from lumpver.io.onnx.write.emitted import Emitted, Wishes
from lumpver.io.onnx.write.linear import emit
from lumpver.model.network import Linear
from lumpver.model.weights import weights_of
from lumpver.proving import Proved

if TYPE_CHECKING:
    from typing import Any

    from lumpver.io.storage import Types

CHOICES: Final[tuple[Types, ...]] = ("auto", "keep", "widen")
FAILED_ONCE: Final = (34, 58, 77, 124, 236, 414, 428, 471, 498, 829, 865, 895, 1065, 1292, 1478)


def accepted(made: Any, types: Types) -> bytes:
    """The reduced model, which the checker accepts as it is read again."""
    found, reduced = written(made, types)
    check(found.original, network(reduced), found.certificate)
    return reduced


@pytest.mark.parametrize("types", CHOICES)
@pytest.mark.parametrize("seed", [*range(30), *FAILED_ONCE])
def test_random_models(seed: int, types: Types) -> None:
    """Whatever stands in a graph: what is written passes its own check."""
    accepted(random_model(seed), types)


@pytest.mark.long
@pytest.mark.parametrize("start", range(0, 20_000, 1000))
def test_many_random_models(start: int) -> None:
    """The same for many."""
    for seed in range(start, start + 1000):
        for types in CHOICES:
            accepted(random_model(seed), types)


@pytest.mark.parametrize("seed", range(12))
def test_random_models_run_alike(seed: int) -> None:
    """onnxruntime gives what it gave before, but for roundings, in the same shapes and types."""
    made = random_model(seed)
    reduced = accepted(made, "widen")
    (given,) = made.graph.input
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 4, rng.choice([1, 2, 2, 2, 3])))
    kind = {1: "f4", 11: "f8"}[given.type.tensor_type.elem_type]
    x = {"x": rng.integers(-3, 4, shape).astype(kind)}
    before, after = run(made, x), run(reduced, x)
    for name, expected in before.items():
        assert (after[name].shape, after[name].dtype) == (expected.shape, expected.dtype)
        assert (np.abs(after[name] - expected) <= 1e-4 * (1 + np.abs(expected))).all()


def test_what_is_said_of_shapes_stays_true() -> None:
    """Units went behind a tensor of unknown shape: what the file said of theirs goes, too."""
    made = whole(
        "Softmax x s; MatMul s W h; Relu h r; MatMul r V m; Relu m y",
        tensor("W", np.float32([[1, 2, 4], [3, 6, 12]])),
        tensor("V", np.float32([[1, 3], [2, 5], [7, 1]])),
        value_info=[(name, ["N", 2 if name in "sm" else 3]) for name in "shrm"],
    )
    for types in CHOICES:
        back = onnx.load_from_string(accepted(made, types))
        assert {value.name for value in back.graph.value_info} & {"h", "r"} == set()
        assert "s" in {value.name for value in back.graph.value_info}
        onnx.checker.check_model(back, full_check=True)


@pytest.mark.parametrize("seed", range(25))
def test_random_models_with_shapes(seed: int) -> None:
    """Where shape inference has its say before, it does not object afterwards."""
    made = onnx.shape_inference.infer_shapes(random_model(seed))
    for value in made.graph.output:
        if not value.type.tensor_type.HasField("shape"):
            return
    for types in CHOICES:
        onnx.checker.check_model(onnx.load_from_string(accepted(made, types)), full_check=True)


def test_channels_are_not_multiplied_by_a_matrix() -> None:
    """No operator does that: units along a third axis from the end stay where they would mix."""
    made = whole(
        "Mul x c a; Relu a b; Mul b c d; Softmax d y",
        tensor("c", np.float32([1, 0, 0]).reshape(3, 1, 1)),
        x=("N", 3, 2, 2),
        outputs=[("y", [None] * 4)],
    )
    for types in CHOICES:
        assert accepted(made, types)
    node = Linear("a", "x", "y", weights_of(np.ones((2, 2))), None, -3)
    with pytest.raises(Unrepresentable, match="last two axes"):
        emit(Emitted(set(), 17), node, None, dtype="float32", wishes=Wishes("W", "b"))


@pytest.mark.parametrize("outputs", [[], ["", ""]])
def test_nodes_that_make_nothing_go(outputs: list[str]) -> None:
    """Without an output that has a name, no node has a part in what the model computes."""
    made = whole(
        "MatMul x W h; Relu h r; MatMul r V y",
        tensor("W", [[1, 2], [3, 6]]), tensor("V", [[1], [2]]),
    )  # fmt: skip
    made.graph.node.append(helper.make_node("Unknown", ["x"], outputs, domain="test"))
    _, reduced = written(made, "auto")
    assert [step.op_type for step in onnx.load_from_string(reduced).graph.node] == [
        "MatMul",
        "Relu",
        "MatMul",
    ]


def test_outputs_that_are_left_out() -> None:
    """An LSTM whose first and last outputs nobody asked for: they are no tensors."""
    recurrent = node("LSTM", "u L R", "_ s _", hidden_size=1)
    recurrent.output[:] = ["", "s", ""]
    numbers = [tensor(name, [[[1]] * 4]) for name in "LR"]
    made = whole(
        "MatMul x W h; Relu h r; MatMul r V y; Unsqueeze y z u",
        tensor("W", [[1, 2], [3, 6]]), tensor("V", [[1], [2]]), ints("z", 0), *numbers,
        outputs=[("s", None)],
    )  # fmt: skip
    made.graph.node.append(recurrent)
    reduced = accepted(made, "auto")
    given = feeds(made)
    assert (run(reduced, given)["s"] == run(made, given)["s"]).all()
    ours, theirs = network(made), network(reduced)
    assert (ours.units, theirs.units) == (2, 1)
    assert isinstance(prove(ours, theirs), Proved)
