"""Products of two tensors: what they compute, what checks, and what must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from onnx_models import model, network, node, run
from small_networks import graph

from lumpver import prove
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Malformed, NotLumpable, Rejected, ShapeMismatch
from lumpver.exact.array import array, divide, equal, zeros
from lumpver.io.json.reading import read
from lumpver.io.json.writing import write
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.heads import folded, split_axis
from lumpver.model.join import Join, behind, value
from lumpver.model.network import Network, Opaque, Rearrange, linear
from lumpver.model.relabelling import Relabelling, spread
from lumpver.model.spread import Spread
from lumpver.proving import Proved
from lumpver.search.lumping import given
from lumpver.trial.auditing.parts import put_together, taken_apart

PRODUCT = Join("y", ("a", "b"), "y", "MatMul")

SHAPES: Any = [
    ((2, 3), (3, 4), (2, 4)),
    (("N", "T", "T"), ("N", "T", 5), ("N", "T", 5)),
    (("N", 2, "T", "S"), (1, 2, "S", 4), ("N", 2, "T", 4)),
    ((7, 2, 3), (3, 4), (7, 2, 4)),
    (("N", 2, None), ("M", 3, 4), (None, 2, 4)),
    ((2, "T"), ("S", 4), (2, 4)),
    (None, (3, 4), None),
]


@pytest.mark.parametrize("row", SHAPES)
def test_shapes_are_told_as_far_as_they_are_certain(row: Any) -> None:
    """Rows of the first, columns of the second, all other axes broadcast."""
    a, b, expected = row
    assert behind(PRODUCT, [a, b]) == expected


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3), (4, 2)), ((3,), (3, 4)), ((2, 3), (3,)), ((2, 1, 1), (3, 1, 1)), ((), ())]
)
def test_matrices_that_do_not_fit_are_refused(a: Any, b: Any) -> None:
    """Along the axis that is summed over, in the stack, and where there are no two axes."""
    with pytest.raises(ShapeMismatch):
        behind(PRODUCT, [a, b])
    with pytest.raises(ShapeMismatch):
        value(PRODUCT, np.ones(a), np.ones(b))


def test_a_product_has_two_operands_and_no_axis() -> None:
    """Others are none."""
    for spoilt in ({"operands": ("a",)}, {"operands": ("a", "b", "a")}, {"axis": -1}):
        with pytest.raises(Malformed):
            replace(PRODUCT, **spoilt)


def test_stacks_are_multiplied_exactly() -> None:
    """As numpy does, also where one stack is repeated, and in thirds."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(-9, 9, (3, 1, 2, 4)), rng.integers(-9, 9, (5, 4, 3))
    found = value(PRODUCT, array(a), array(b))
    assert equal(found, array(a @ b)).all()
    thirds = value(PRODUCT, divide(array(a), array([3])), array(b))
    assert equal(thirds * 3, array(a @ b)).all()
    assert value(PRODUCT, zeros(0, 2, 3), zeros(0, 3, 4)).shape == (0, 2, 4)


def two(last: Join, a: Any = (2, 2), b: Any = (2, 2)) -> Network:
    """A product of two inputs in these shapes, row by row."""
    made = behind(last, [a, b] if last.operands == ("a", "b") else [b, a])
    nodes = (
        Rearrange("a", "x", "a", "Reshape", a),
        Rearrange("b", "z", "b", "Reshape", b),
        last,
        Rearrange("o", "y", "o", "Reshape", (-1,)),
    )
    whole = (int(np.prod(made or ())),)
    return graph(*nodes, inputs="x z", outputs="o", x=(4,), z=(4,), a=a, b=b, y=made, o=whole)


def test_a_product_is_itself_in_every_format() -> None:
    """Exact text, an auditor's frames, and an operator that a runtime computes."""
    found = two(PRODUCT)
    for again in (read(write(found), where="y.json"), put_together(taken_apart(found))):
        assert again.digest == found.digest
    x, z = np.array([1, 2, 3, 4], np.float32), np.array([5, -6, 7, 8], np.float32)
    expected = (x.reshape(2, 2) @ z.reshape(2, 2)).ravel().tolist()
    assert [float(entry) for entry in found(x, z)] == expected
    assert run(fresh(found), {"x": x, "z": z})["o"].tolist() == expected
    assert isinstance(prove(found, network(fresh(found))), Proved)


UNLIKE: Any = [
    (two(PRODUCT), two(replace(PRODUCT, operands=("b", "a")))),
    (two(PRODUCT, (4, 1), (1, 4)), two(replace(PRODUCT, operands=("b", "a")), (1, 4), (4, 1))),
    (two(PRODUCT), two(replace(PRODUCT, operator="Mul"))),
    (two(PRODUCT, (2, 2, 1), (2, 1, 2)), two(PRODUCT, (2, 1, 2), (2, 2, 1))),
]


@pytest.mark.parametrize("pair", UNLIKE)
def test_another_product_is_another_function(pair: Any) -> None:
    """The order of the factors counts, and how their entries lie in matrices."""
    one, other = pair
    assert not isinstance(prove(one, other, effort=20000), Proved)
    assert isinstance(prove(one, one), Proved)
    with pytest.raises(Rejected):
        check(one, other, Certificate({}))


def read_product(*shapes: Any, kind: str = "float32") -> Any:
    """The last node of a model that multiplies two inputs of these shapes."""
    inputs = [(name, kind, shape) for name, shape in zip("xz", shapes, strict=True)]
    made = model([node("MatMul", "x z", "y")], inputs=inputs, outputs=[("y", kind, None)])
    return network(made).nodes[-1]


def test_products_are_read_where_both_have_two_axes() -> None:
    """Vectors and integers are left to the runtime, and so is what is of unknown rank."""
    assert isinstance(read_product(("N", "T", 4), ("N", 4, "T")), Join)
    for shapes in (((4,), (4, 3)), (("N", 4), (4,)), (None, (4, 3))):
        assert isinstance(read_product(*shapes), Opaque)
    assert isinstance(read_product(("N", 4), (4, 3), kind="int32"), Opaque)


SPLITS: Any = [
    ((0, 0, 3, 4), ("N", "T", 12), -1, (-1, 3)),
    ((0, 3, 4, -1), ("N", 12, 5), -2, (-2, 3)),
    ((-1, 4), ("N", 12), -1, (-1, 3)),
    ((0, 0, 12), ("N", "T", 12), -1, None),
    ((0, 0, 24), ("N", "T", 12), -1, None),
    ((0, -1, 4), ("N", "T", 12), -1, (-1, 3)),
    ((0, -1, 5), (5, "T", 12), -1, None),
    ((0, 6, 2, 2), ("N", 2, 12), -1, (-1, 6)),
    ((0, 3, 4), ("N", None), -1, None),
    ((0, 12, 1), ("N", 12), -1, (-1, 12)),
]


@pytest.mark.parametrize("row", SPLITS)
def test_units_are_parted_into_heads(row: Any) -> None:
    """Only by a Reshape, into as many units each, whatever lies ahead."""
    target, shape, axis, expected = row
    assert split_axis(Rearrange("r", "x", "y", "Reshape", target), shape, axis) == expected


def test_only_a_reshape_parts_units() -> None:
    """Nothing else makes two axes of one."""
    assert split_axis(Rearrange("r", "x", "y", "Flatten", (1,)), ("N", 12), -1) is None
    assert split_axis(Rearrange("r", "x", "y", "Reshape", (3, 4)), None, -1) is None


HEAD = Relabelling(np.array([0, 0, 1, 2]), array([1, 2, 1, 1]), array([0, 0, 0, 0]), 2, 1)


def test_copies_are_folded_only_if_they_are() -> None:
    """Ghosts, constants and scales count; so does the number of heads."""
    whole = spread(HEAD, Spread(copies=3))
    found = folded(whole, 3)
    assert found is not None
    assert (found.width, found.ghosts, found.block.tolist()) == (2, 1, [0, 0, 1, 2])
    scale, constant, block = whole.scale.copy(), whole.constant.copy(), whole.block.copy()
    scale[5], constant[11], block[4] = 3, 1, 3
    for spoilt in ({"scale": scale}, {"constant": constant}, {"block": block}):
        assert folded(replace(whole, **spoilt), 3) is None
    assert folded(whole, 2) is None
    assert folded(spread(HEAD, Spread(parts=3)), 3) is None


def test_a_lumping_that_is_not_alike_in_all_heads_has_no_quotient() -> None:
    """Somebody else's, too."""
    parted = Rearrange("s", "v", "s", "Reshape", (0, 2, 2))
    made = linear("v", "x", "v", [[1], [1], [2], [3]])
    found = graph(made, parted, outputs="s", x=("N", 1), v=("N", 4), s=("N", 2, 2))
    merged = Relabelling(np.array([0, 0, 1, 2]), np.ones(4), zeros(4), 3)
    with pytest.raises(NotLumpable, match="heads"):
        given(found, {"v": merged})
