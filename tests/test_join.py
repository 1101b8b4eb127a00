"""Joins: what they compute, what checks, and what is no join or must not check."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from onnx_models import model, network, node, run
from small_networks import graph

from lumpver import prove, reduce
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Malformed, NotRational, Rejected, ShapeMismatch
from lumpver.exact.array import array
from lumpver.io.json.reading import read
from lumpver.io.json.writing import write
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.join import OPERATORS, Join, behind, value
from lumpver.model.network import Network, Opaque, Rearrange, linear
from lumpver.proving import Proved, Refuted
from lumpver.trial.auditing.parts import put_together, taken_apart


def of(operator: Any, operands: str, axis: int = -1) -> Join:
    """The join y of operands named by a letter each."""
    return Join("y", tuple(operands), "y", operator, axis if operator == "Concat" else None)


def joined(last: Join, shape: tuple[Any, ...] = (2,)) -> Network:
    """Two tensors a and b of one input, and a join of them."""
    a = linear("a", "x", "a", [[1, 2], [3, 4]], [1, 0])
    b = linear("b", "x", "b", [[0, 1], [-1, 1]], [0, 5])
    made = behind(last, [shape] * len(last.inputs))
    return graph(a, b, last, x=shape, a=shape, b=shape, y=made)


AT_0_2: Any = {
    ("Add", "ab"): "7 15",
    ("Add", "aa"): "10 16",
    ("Add", "aba"): "12 23",
    ("Sub", "ab"): "3 1",
    ("Sub", "ba"): "-3 -1",
    ("Sub", "aa"): "0 0",
    ("Mul", "ab"): "10 56",
    ("Mul", "aa"): "25 64",
    ("Div", "ab"): "5/2 8/7",
    ("Div", "ba"): "2/5 7/8",
    ("Max", "ab"): "5 8",
    ("Max", "bab"): "5 8",
    ("Min", "ab"): "2 7",
    ("Mean", "ab"): "7/2 15/2",
    ("Mean", "abb"): "3 22/3",
    ("Concat", "ab"): "5 8 2 7",
    ("Concat", "baa"): "2 7 5 8 5 8",
    ("Concat", "a"): "5 8",
}


def test_every_operator_has_a_row() -> None:
    """None is left out above but the product of matrices (`test_products`)."""
    assert {operator for operator, _ in AT_0_2} | {"MatMul"} == {*OPERATORS}


@pytest.mark.parametrize("row", AT_0_2)
def test_a_join_is_what_it_says(row: Any) -> None:
    """Of operands in their order, also of a tensor with itself, in every format."""
    found = joined(of(*row))
    assert " ".join(map(str, found([0, 2]))) == AT_0_2[row]
    for again in (read(write(found), where="y.json"), put_together(taken_apart(found))):
        assert again.digest == found.digest
        assert again([5, "1/3"]) == found([5, "1/3"])
        assert isinstance(prove(found, again), Proved)
    kept = reduce(found)
    assert check(found, kept.network, kept.certificate)


@pytest.mark.parametrize("row", AT_0_2)
def test_a_join_is_written_as_the_operator(row: Any) -> None:
    """A runtime computes it, and it is read again as what it was."""
    found = joined(of(*row), shape=(1, 2))
    data = fresh(found)
    made = run(data, {"x": np.array([[0, 2]], dtype=np.float32)})["y"]
    expected = [np.float32(Fraction(word)) for word in AT_0_2[row].split()]
    assert made.tolist() == [expected]
    assert isinstance(prove(found, network(data)), Proved)


ROWS = [*AT_0_2]
PAIRS = [(a, b) for a in ROWS for b in ROWS if len(AT_0_2[a]) == len(AT_0_2[b]) and a != b]


@pytest.mark.parametrize("pair", PAIRS)
def test_another_join_is_rejected(pair: Any) -> None:
    """The operator, the order of the operands and their number count."""
    a, b = (joined(of(*row)) for row in pair)
    if pair != (("Concat", "a"), ("Add", "a")):
        with pytest.raises(Rejected):
            check(a, b, Certificate({}))
    same = all(a(point) == b(point) for point in ([0, 2], [5, 1], [-7, 3]))
    answer = prove(a, b, effort=20000)
    assert not isinstance(answer, Proved) or same


def test_a_join_is_no_opaque_node() -> None:
    """A counterpart of another kind is none."""
    ours = joined(of("Add", "ab"))
    nodes = (*ours.nodes[:2], Opaque("y", "ai.onnx:Add", ("a", "b"), ("y",)))
    with pytest.raises(Rejected, match="expected Join y"):
        check(ours, replace(ours, nodes=nodes), Certificate({}))


def test_what_is_no_join_is_refused() -> None:
    """Operators that there are not, too few operands, axes that are none."""
    for spoilt in (
        {"operator": "Pow"},
        {"operands": ("a",)},
        {"operands": ("a", "b", "a")},
        {"operands": ()},
        {"axis": -1},
        {"operator": "Concat"},
        {"operator": "Concat", "axis": 0},
    ):
        with pytest.raises(Malformed):
            replace(of("Sub", "ab"), **spoilt)


MISFITS: Any = [
    ("Add", (2, 3), (3, 2)),
    ("Mul", (2,), (3,)),
    ("Max", ("N", 2), ("N", 4)),
    ("Concat", (2, 3), (3,)),
    ("Concat", (2, 3), (3, 3)),
    ("Concat", (), ()),
]


@pytest.mark.parametrize("row", MISFITS)
def test_operands_that_do_not_fit_are_refused(row: Any) -> None:
    """By shape, by value, and in a file."""
    operator, a, b = row
    last = of(operator, "ab")
    with pytest.raises(ShapeMismatch):
        behind(last, [a, b])
    sizes = [[2 if size == "N" else size for size in shape] for shape in (a, b)]
    with pytest.raises(ShapeMismatch):
        value(last, *map(np.ones, sizes))
    if operator != "Concat":
        made = model(
            [node(operator, "x z", "y")], inputs=[("x", a), ("z", b)], outputs=[("y", None)]
        )
        assert isinstance(network(made).nodes[-1], Opaque)


SHAPES: Any = [
    ("Add", [(2, 1), (1, 3)], (2, 3)),
    ("Mul", [("N", 4, 5, 6), (4, 1, 1)], ("N", 4, 5, 6)),
    ("Mul", [("N", 3), ("M", 3)], (None, 3)),
    ("Mul", [(None, 3), (1, 3)], (None, 3)),
    ("Mul", [(None, 3), (7, 1)], (7, 3)),
    ("Mul", [("N", 3), (7, 1)], (7, 3)),
    ("Mul", [None, (7, 1)], None),
    ("Add", [("N", 1), (1, 1)], ("N", 1)),
    ("Concat", [("N", 2), ("M", 3)], ("N", 5)),
    ("Concat", [(None, 2), ("M", None)], ("M", None)),
    ("Concat", [(7, 2), ("M", "K")], (7, None)),
    ("Concat", [(7, 2), None], None),
]


@pytest.mark.parametrize("row", SHAPES)
def test_shapes_are_told_as_far_as_they_are_certain(row: Any) -> None:
    """For all values of symbols, whichever operand is repeated."""
    operator, shapes, expected = row
    assert behind(of(operator, "ab"), shapes) == expected
    assert behind(of(operator, "ab"), shapes[::-1]) == expected or operator == "Concat"


def test_nothing_is_divided_by_0() -> None:
    """There is no such number; a quotient elsewhere is exact."""
    found = joined(of("Div", "ab"))
    with pytest.raises(NotRational, match="0"):
        found([1, 0])
    made = value(of("Div", "ab"), array([1, 2]), array([3, 4]))
    assert made.tolist() == array(["1/3", "1/2"]).tolist()


def test_what_is_repeated_counts() -> None:
    """The same entries, repeated along other axes, are another product."""

    def turned(x: Any, z: Any) -> Network:
        last = Join("y", ("p", "q"), "y", "Mul")
        nodes = (
            Rearrange("p", "x", "p", "Reshape", x),
            Rearrange("q", "z", "q", "Reshape", z),
            last,
            Rearrange("o", "y", "o", "Reshape", (4,)),
        )
        return graph(*nodes, inputs="x z", outputs="o", x=(2,), z=(2,), p=x, q=z, y=(2, 2), o=(4,))

    one, other = turned((2, 1), (1, 2)), turned((1, 2), (2, 1))
    assert isinstance(prove(one, one), Proved)
    assert isinstance(prove(one, other), Refuted)
    assert one([1, 2], [3, 4]) != other([1, 2], [3, 4])
    with pytest.raises(Rejected):
        check(one, other, Certificate({}))


def test_chunks_of_a_concat_count() -> None:
    """The same entries side by side along another axis are another tensor."""

    def along(axis: int) -> Network:
        last = Join("y", ("x", "z"), "y", "Concat", axis)
        shape = behind(last, [(2, 2), (2, 2)])
        flat = Rearrange("o", "y", "o", "Reshape", (8,))
        return graph(last, flat, inputs="x z", outputs="o", x=(2, 2), z=(2, 2), y=shape, o=(8,))

    one, other = along(-1), along(-2)
    assert isinstance(prove(one, along(-1)), Proved)
    assert isinstance(prove(one, other), Refuted)
    with pytest.raises(Rejected):
        check(one, other, Certificate({}))
