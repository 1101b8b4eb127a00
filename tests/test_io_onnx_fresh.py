"""ONNX for networks that never were ONNX: what is read back is the same network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import fmpq
from onnx import checker, load_from_string
from onnx_models import network, run

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Unrepresentable
from lumpver.exact.array import array
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.activations import Activation
from lumpver.model.network import Linear, Network, Node, Opaque, Pointwise, Rearrange, Shape, Tensor
from lumpver.model.weights import Identity, weights_of

MATRIX = array([[1, "1/2"], [-3, 2]])


def chain(*nodes: Node, shapes: tuple[Shape, ...], dtypes: tuple[str, ...] = ()) -> Network:
    """The network of these nodes in a row, its tensors of these shapes and types."""
    names = ["x", *(node.outputs[0] for node in nodes)]
    kinds = dtypes or ("real",) * len(names)
    made = [Tensor(*each) for each in zip(names, kinds, shapes, strict=True)]
    return Network((made[0],), (made[-1],), nodes, {tensor.name: tensor for tensor in made})


ROWS: Shape = ("N", 2)
COLUMN: Shape = (2, "N")
NETWORKS = {
    "no nodes": chain(shapes=(ROWS,)),
    "matrix": chain(Linear("a", "x", "y", weights_of(MATRIX), array([1, 0])), shapes=(ROWS, ROWS)),
    "matrix on the left": chain(
        Linear("a", "x", "y", weights_of(MATRIX), array([1, 0]), axis=-2), shapes=(COLUMN, COLUMN)
    ),
    "diagonal": chain(
        Linear("a", "x", "y", weights_of(array([2, 3])), array([1, 0])), shapes=(ROWS, ROWS)
    ),
    "diagonal on the left": chain(
        Linear("a", "x", "y", weights_of(array([2, 3])), array([1, 0]), axis=-2),
        shapes=(COLUMN, COLUMN),
    ),
    "negation": chain(
        Linear("a", "x", "y", weights_of(array([-1, -1])), array([1, 0])), shapes=(ROWS, ROWS)
    ),
    "bias": chain(Linear("a", "x", "y", Identity(), array([1, 0])), shapes=(ROWS, ROWS)),
    "identity": chain(Linear("a", "x", "y"), shapes=(ROWS, ROWS)),
    "LeakyRelu": chain(
        Pointwise("a", "x", "y", Activation("LeakyRelu", (fmpq(1, 4),))), shapes=(ROWS, ROWS)
    ),
    "Clip": chain(
        Pointwise("a", "x", "y", Activation("Clip", (fmpq(-1), fmpq(3, 2)))), shapes=(ROWS, ROWS)
    ),
    "Abs": chain(Pointwise("a", "x", "y", Activation("Abs")), shapes=(ROWS, ROWS)),
    "Transpose": chain(Rearrange("a", "x", "y", "Transpose", (1, 0)), shapes=(ROWS, COLUMN)),
    "Flatten": chain(Rearrange("a", "x", "y", "Flatten", (1,)), shapes=((1, 2, 2), (1, 4))),
    "Reshape": chain(Rearrange("a", "x", "y", "Reshape", (0, 1, -1)), shapes=(ROWS, ("N", 1, 2))),
    "Squeeze": chain(Rearrange("a", "x", "y", "Squeeze", (0,)), shapes=((1, 2), (2,))),
    "Unsqueeze": chain(Rearrange("a", "x", "y", "Unsqueeze", (0,)), shapes=((2,), (1, 2))),
    "names that are taken": chain(
        Linear("h/weights", "x", "h/MatMul", weights_of(MATRIX)),
        Linear("h", "h/MatMul", "h", weights_of(MATRIX), array([1, 2])),
        shapes=(ROWS, ROWS, ROWS),
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_read_back_as_they_were(name: str) -> None:
    """The checker accepts, onnx.checker accepts, onnxruntime gives the exact outputs."""
    made = NETWORKS[name]
    data = fresh(made)
    check(made, network(data), Certificate({}))
    checker.check_model(load_from_string(data), full_check=True)
    shape = [size if isinstance(size, int) else 3 for size in made.inputs[0].shape or ()]
    x = np.random.default_rng(1).integers(-5, 6, shape).astype(np.float32)
    (exact,) = made.evaluate({"x": x}).values()
    (found,) = run(data, {"x": x}).values()
    assert found.shape == exact.shape
    assert [fmpq(*float(v).as_integer_ratio()) for v in found.ravel()] == exact.ravel().tolist()


def dtype_of(made: Network) -> int:
    """The element type of the input."""
    return int(load_from_string(fresh(made)).graph.input[0].type.tensor_type.elem_type)


def test_exact_networks_get_the_first_type_that_holds_them() -> None:
    """float32, else float64, slopes included."""
    fine = array([[1 + 2.0**-30, 0], [0, 1]])
    slope = Activation("LeakyRelu", (fmpq(1) / 2**30 + 1,))
    assert dtype_of(NETWORKS["matrix"]) == 1
    assert dtype_of(chain(Linear("a", "x", "y", weights_of(fine)), shapes=(ROWS, ROWS))) == 11
    assert dtype_of(chain(Pointwise("a", "x", "y", slope), shapes=(ROWS, ROWS))) == 11


def test_given_types_stay_and_numbers_are_computed_where_they_fit() -> None:
    """A float32 tensor with float64 numbers gets two Casts, a Cast stays one."""
    fine = array([[1 + 2.0**-30, 0], [0, 1]])
    wide = Linear("a", "x", "d"), Linear("b", "d", "y", weights_of(fine))
    mixed = chain(*wide, shapes=(ROWS,) * 3, dtypes=("float32", "float64", "float64"))
    single = chain(
        Linear("a", "x", "y", weights_of(fine)), shapes=(ROWS,) * 2, dtypes=("float32",) * 2
    )
    for made, operators in ((mixed, "Cast MatMul"), (single, "Cast MatMul Cast")):
        data = fresh(made)
        check(made, network(data), Certificate({}))
        checker.check_model(load_from_string(data), full_check=True)
        assert " ".join(n.op_type for n in load_from_string(data).graph.node) == operators


THIRD = array(["1/3", 1])
REFUSED: dict[str, Any] = {
    "a third": chain(Linear("a", "x", "y", weights_of(THIRD)), shapes=(ROWS, ROWS)),
    "a third in a bias": chain(Linear("a", "x", "y", Identity(), THIRD), shapes=(ROWS, ROWS)),
    "a third as a slope": chain(
        Pointwise("a", "x", "y", Activation("LeakyRelu", (fmpq(1, 3),))), shapes=(ROWS, ROWS)
    ),
    "an opaque node": chain(Opaque("a", "ai.onnx:Softmax", ("x",), ("y",)), shapes=(ROWS, ROWS)),
    "a Squeeze of whatever is 1": chain(
        Rearrange("a", "x", "y", "Squeeze", None), shapes=((1, 2), (2,))
    ),
    "integers": chain(Linear("a", "x", "y"), shapes=(ROWS, ROWS), dtypes=("7", "7")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_onnx_cannot_hold_exactly_is_refused(name: str) -> None:
    """By the name of the node or tensor."""
    with pytest.raises(Unrepresentable) as caught:
        fresh(REFUSED[name])
    assert caught.value.where in ("node a", "tensor x")
