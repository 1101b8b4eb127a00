"""Sparse and quantised constants are the numbers that a runtime takes them for, or opaque."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import helper, load_from_string, numpy_helper
from onnx_models import agree, ints, model, network, node, tensor

from lumpver import prove, reduce
from lumpver.errors import Malformed
from lumpver.io.onnx.write import write
from lumpver.model.network import Constant, Linear, Opaque
from lumpver.proving import Proved

X = [("x", ["N", 2])]
Q = np.array([[1, -2, 4], [2, -4, 7]], dtype=np.int8)


def array(name: str, numbers: Any, dtype: Any = np.float32) -> Any:
    """A tensor of this dtype."""
    return numpy_helper.from_array(np.array(numbers, dtype=dtype), name)


def quantised(
    q: Any, scale: Any, zero: Any = None, *, opset: int = 13, kind: Any = np.float32, **options: Any
) -> Any:
    """A matrix product with what DequantizeLinear makes of constants."""
    stored = [tensor("q", q), array("s", scale, kind)]
    if zero is not None:
        stored.append(tensor("z", np.array(zero, dtype=q.dtype)))
    text = "q s" if zero is None else "q s z"
    nodes = [node("DequantizeLinear", text, "W", **options), node("MatMul", "x W", "y")]
    return model(nodes, stored, inputs=X, opset=opset)


SCALES = [0.5, 1.0, 0.25]
QUANTISED = {
    "one scale": quantised(Q, 0.5, opset=10),
    "one scale in a vector": quantised(Q, [0.5], opset=10),
    "a zero point": quantised(Q, 0.5, 3, opset=10),
    "a scale for each column": quantised(Q, SCALES),
    "a scale for each column, and zero points": quantised(Q, SCALES, [1, 0, -2], axis=1),
    "a scale for each column, from the end": quantised(Q, SCALES, [1, 0, -2], axis=-1),
    "a scale for each row": quantised(Q, [2.0, -4.0], [1, -1], axis=0),
    "bytes without sign": quantised(Q.view(np.uint8), 0.5, 255),
    "long integers": quantised(Q.astype(np.int32) * 1000, 0.5),
    "integers of 16 bits": quantised(Q.astype(np.int16) * 99, 0.5, -32768, opset=21),
    "a small scale": quantised(Q, 2.0**-100),
}


@pytest.mark.parametrize("name", QUANTISED)
def test_dequantised_numbers_are_the_runtimes(name: str) -> None:
    """Scales are powers of 2, so that nothing is rounded."""
    made = QUANTISED[name]
    (only,) = network(made).nodes
    assert isinstance(only, Linear)
    agree(made)


def test_numbers_are_exact_where_a_runtime_rounds() -> None:
    """3 times the float next to 1/10 is no float32; under an opaque node the recipe counts."""
    made = quantised(np.array([[3], [1]], dtype=np.int8), 0.1)
    (only,) = network(made).nodes
    assert isinstance(only, Linear)
    assert only.W is not None
    assert only.W[0, 0] == 3 * float(np.float32(0.1))

    def opaquely(q: int, scale: float) -> Constant:
        stored = [tensor("q", np.array([q], dtype=np.int8)), array("s", np.float32(scale))]
        nodes = [node("DequantizeLinear", "q s", "W"), node("Mod", "x W", "y", fmod=1)]
        (found,) = network(model(nodes, stored, inputs=X)).nodes
        assert isinstance(found, Opaque)
        operand = found.operands[1]
        assert isinstance(operand, Constant)
        return operand

    tenth = float(np.float32(0.1))
    assert not opaquely(6, tenth).same_as(opaquely(3, 2 * tenth))
    assert opaquely(4, 0.5).same_as(opaquely(2, 1.0))


LEFT = {
    "scales of another length": quantised(Q, [1.0, 2.0]),
    "scales of a matrix": quantised(Q, [SCALES, SCALES]),
    "scales by axis before there were": quantised(Q, SCALES, opset=10),
    "no such axis": quantised(Q, SCALES, axis=2),
    "zero point of another type": model(
        [node("DequantizeLinear", "q s z", "W"), node("MatMul", "x W", "y")],
        [tensor("q", Q), array("s", 0.5), array("z", 0, np.uint8)],
        inputs=X,
    ),
    "zero point of another shape": quantised(Q, SCALES, 1),
    "zero point of long integers": quantised(Q.astype(np.int32), 0.5, 1),
    "floats": quantised(Q.astype(np.float32), 0.5),
    "infinite scale": quantised(Q, np.inf),
    "blocks": quantised(Q, SCALES, opset=21, block_size=2, axis=0),
    "another output type": quantised(Q, 0.5, opset=23, output_dtype=10),
    "axis before there was one": quantised(Q, 0.5, opset=10, axis=0),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_the_operator_does_not_say_stays_opaque(name: str) -> None:
    """Shapes, types and attributes that it does not have, or that are not modelled."""
    first = network(LEFT[name]).nodes[0]
    assert isinstance(first, Opaque)
    assert first.operator == "ai.onnx:DequantizeLinear"


def sparse(values: list[float], places: Any, dims: list[int], dtype: Any = np.float32) -> Any:
    """A sparse tensor called W."""
    indices = numpy_helper.from_array(np.array(places, dtype=np.int64), "i")
    return helper.make_sparse_tensor(array("W", values, dtype), indices, dims)


def product(made: Any, **fields: Any) -> Any:
    """A matrix product with sparse weights."""
    nodes = [node("MatMul", "x W", "y")]
    return model(nodes, inputs=X, sparse_initializer=[made], **fields)


SPARSE = {
    "linear places": sparse([2, -3], [1, 4], [2, 3]),
    "places by axis": sparse([2, -3], [[0, 1], [1, 1]], [2, 3]),
    "nothing": sparse([], np.zeros(0), [2, 3]),
    "everything": sparse([1, 2, 3, 4], [0, 1, 2, 3], [2, 2]),
    "an explicit 0": sparse([0, 2], [2, 5], [2, 3]),
}


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_weights_are_dense_ones(name: str) -> None:
    """An initializer, or the value of a Constant."""
    made = product(SPARSE[name])
    (only,) = network(made).nodes
    assert isinstance(only, Linear)
    agree(made)
    inside = [node("Constant", "", "W", sparse_value=SPARSE[name]), node("MatMul", "x W", "y")]
    other = model(inside, inputs=X)
    agree(other)
    assert isinstance(prove(network(made), network(other)), Proved)


ODD = {
    "places that fall": sparse([2, -3], [4, 1], [2, 3]),
    "a place twice": sparse([2, -3], [1, 1], [2, 3]),
    "a place outside": sparse([2, -3], [1, 6], [2, 3]),
    "a place before": sparse([2, -3], [-1, 1], [2, 3]),
    "a column outside": sparse([2, -3], [[0, 1], [0, 3]], [2, 3]),
    "too few places": sparse([2, -3], [1], [2, 3]),
    "too many coordinates": sparse([2, -3], [[0, 0, 1], [0, 1, 1]], [2, 3]),
    "values in a matrix": helper.make_sparse_tensor(
        array("W", [[2.0], [3.0]]), ints("i", 0, 1), [2, 3]
    ),
    "a shape beyond the file": sparse([2], [1], [2**40, 2]),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_sparse_tensors_stay_opaque(name: str) -> None:
    """What is not strictly rising and inside is left to those who may know."""
    assert isinstance(network(product(ODD[name])).nodes[0], Opaque)


def test_sparse_values_need_their_payload() -> None:
    """As any tensor does."""
    made = sparse([2, -3], [1, 4], [2, 3])
    made.values.raw_data = made.values.raw_data[:4]
    with pytest.raises(Malformed, match="8 bytes"):
        network(product(made))


def test_units_of_unpacked_weights_are_merged() -> None:
    """What replaces them is stored plainly; what held them goes, unless it is read elsewhere."""
    values = sparse([1, 2, 1, 3, 6, 1], [0, 1, 2, 3, 4, 5], [2, 3])  # unit 1 is twice unit 0
    V = tensor("V", [[1.0], [1.0], [1.0]])
    nodes = [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")]
    for more, kept in (([], 0), ([node("MatMul", "x W", "w")], 1)):
        outputs = [("y", None), *([("w", None)] if more else [])]
        made = model([*nodes, *more], [V], inputs=X, outputs=outputs, sparse_initializer=[values])
        found = network(made)
        outcome = reduce(found, floats_only=True)
        assert (found.units, outcome.network.units) == (3, 2)
        data = write(outcome.network, found)
        assert len(load_from_string(data).graph.sparse_initializer) == kept
        assert isinstance(prove(found, network(data)), Proved)
