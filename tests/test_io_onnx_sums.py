"""Tests for `lumpver.io.onnx.read.sums`: Einsum, MatMul of any rank, sums and means along axes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from onnx_models import agree, feeds, ints, model, network, node, run, tensor, written

from lumpver import prove
from lumpver.checker import check
from lumpver.errors import LumpverError, Rejected, ShapeMismatch
from lumpver.exact.array import equal
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.read.sums import letters
from lumpver.model.network import Linear, Opaque, Rearrange
from lumpver.model.weights import Matrix
from lumpver.proving import Proved, Refuted


def numbers(*shape: int) -> Any:
    """Small integers other than 0, as float32."""
    rng = np.random.default_rng(len(shape) + sum(shape))
    return rng.choice([-3, -2, -1, 1, 2, 3], shape).astype(np.float32)


def one(operator: str, operands: str, x: Any, *stored: Any, opset: int = 17, **attributes: Any
        ) -> Any:  # fmt: skip
    """A model of one node that reads x of this shape."""
    return model([node(operator, operands, "y", **attributes)], stored, inputs=[("x", x)],
                 outputs=[("y", None)], opset=opset)  # fmt: skip


def matmul(x: Any, *shape: int, left: bool = True) -> Any:
    """A MatMul of x with a constant of this shape."""
    return one("MatMul", "x W" if left else "W x", x, tensor("W", numbers(*shape)))


def einsum(equation: str, x: Any, *shape: int, left: bool = True) -> Any:
    """An Einsum of x and, if it has a shape, a constant."""
    if "," not in equation:
        return one("Einsum", "x", x, equation=equation)
    stored = tensor("W", numbers(*shape))
    return one("Einsum", "x W" if left else "W x", x, stored, equation=equation)


def reduced(operator: str, x: Any, *axes: int, opset: int = 17, **attributes: Any) -> Any:
    """A reduction along these axes, however the operator set has them."""
    told = opset >= (18 if operator == "ReduceMean" else 13)
    if told and axes:
        return one(operator, "x a", x, ints("a", *axes), opset=opset, **attributes)
    extra = {"axes": list(axes)} if axes else {}
    return one(operator, "x", x, opset=opset, **extra, **attributes)


MODELLED: Final = {
    "vector on the right": matmul(["N", 3], 3),
    "vector on the left": matmul([3, 2], 3, left=False),
    "vector behind a stack": matmul(["N", 2, 3], 3),
    "vector in front of a stack": matmul(["N", 3, 2], 3, left=False),
    "two vectors": matmul([3], 3),
    "vector in front of matrices": matmul([3], 2, 3, 4),
    "matrices in front of a vector": matmul([3], 2, 4, 3, left=False),
    "stack of one": matmul(["N", 3], 1, 3, 2),
    "stack of one in front": matmul([3, 2], 1, 4, 3, left=False),
    "stack of one behind a stack": matmul(["N", 2, 3], 1, 3, 2),
    "stacks alike": matmul([2, 4, 3], 2, 3, 5),
    "stacks alike in front": matmul([2, 3, 4], 2, 5, 3, left=False),
    "stack that is repeated": matmul(["N", 2, 4, 3], 2, 3, 5),
    "tensor that is repeated": matmul([1, 4, 3], 2, 3, 5),
    "both are repeated": matmul([2, 1, 4, 3], 1, 3, 3, 5),
    "higher stack": matmul([4, 3], 2, 1, 3, 2),
    "letters as a Gemm": einsum("nk,km->nm", ["N", 3], 3, 2),
    "letters in capitals": einsum("Nk,kM->NM", ["N", 3], 3, 2),
    "letters with spaces": einsum(" n k , m k -> n m ", ["N", 3], 2, 3),
    "constant first": einsum("mk,nk->nm", ["N", 3], 2, 3, left=False),
    "result turned": einsum("nk,km->mn", ["N", 3], 3, 2),
    "heads": einsum("btd,dhe->bhte", ["N", 4, 3], 3, 2, 5),
    "heads put together": einsum("bhte,hed->btd", ["N", 2, 4, 5], 2, 5, 3),
    "channels": einsum("nchw,oc->nohw", ["N", 3, 2, 2], 4, 3),
    "factors": einsum("nc,c->nc", ["N", 3], 3),
    "factors along the middle": einsum("nct,c->nct", ["N", 3, 2], 3),
    "factors that move": einsum("nct,c->ntc", ["N", 3, 2], 3),
    "factors for two axes": einsum("nct,ct->nct", ["N", 3, 2], 3, 2),
    "a dot for each": einsum("nc,c->n", ["N", 3], 3),
    "outer product": einsum("n,m->nm", ["N"], 4),
    "outer product without letters of x": einsum("n,m->m", [3], 4),
    "everything summed": einsum("ab,bc->", [2, 3], 3, 2),
    "constant summed": einsum("ab,bc->ab", [2, 3], 3, 2),
    "tensor summed": einsum("abc,bd->ad", [2, 3, 2], 3, 2),
    "ellipsis": einsum("...k,km->...m", ["N", 2, 3], 3, 4),
    "ellipsis of nothing": einsum("...k,km->...m", [3], 3, 4),
    "ellipsis of two": einsum("...ik,kj->...ij", ["N", 2, 4, 3], 3, 2),
    "ellipsis in both": einsum("...k,...k->...", [2, 4, 3], 2, 4, 3),
    "result by default": einsum("ba,ac", ["N", 3], 3, 2),
    "ellipsis by default": einsum("...b,bc", ["N", 2, 3], 3, 2),
    "transposition": einsum("ij->ji", ["N", 3]),
    "sum of rows": einsum("ij->i", ["N", 3]),
    "sum": einsum("ij->", [2, 3]),
    "ReduceSum of the last": reduced("ReduceSum", ["N", 4], -1),
    "ReduceSum of channels": reduced("ReduceSum", ["N", 4, 2, 3], 1),
    "ReduceSum that drops": reduced("ReduceSum", ["N", 4, 2], 1, keepdims=0),
    "ReduceSum of two": reduced("ReduceSum", ["N", 4, 2], 2, 1, keepdims=0),
    "ReduceSum of all": reduced("ReduceSum", [2, 4]),
    "ReduceSum of all by old": reduced("ReduceSum", [2, 4], opset=11, keepdims=0),
    "ReduceSum of nothing": reduced("ReduceSum", ["N", 4], noop_with_empty_axes=1),
    "ReduceMean of the last": reduced("ReduceMean", ["N", 4], -1),
    "ReduceMean of channels": reduced("ReduceMean", ["N", 4, 2], 1, keepdims=0),
    "ReduceMean of both": reduced("ReduceMean", ["N", 2, 4], 1, 2, opset=18),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELLED)
def test_numbers_are_those_of_onnxruntime(name: str) -> None:
    """Every form is modelled to the end, and has the same shape and numbers."""
    made = MODELLED[name]
    found = network(made)
    assert not found.opaque
    agree(made)
    again = read_json(write_json(found), where="model")
    given = {name: x.astype(float) for name, x in feeds(made, 5).items()}
    assert equal(again.evaluate(given)["y"], found.evaluate(given)["y"]).all()


OPAQUE: Final = {
    "a stack for an axis of unknown length": matmul(["N", 4, 3], 2, 3, 5),
    "an axis twice": einsum("ii->i", [3, 3]),
    "an axis twice in the result": einsum("ij->ijj", [3, 3]),
    "a length that is repeated": einsum("nk,km->nm", ["N", 1], 3, 2),
    "letters of another rank": einsum("nkl,km->nm", ["N", 3], 3, 2),
    "a result of other letters": einsum("nk,km->nz", ["N", 3], 3, 2),
    "no letters": einsum("n1,1m->nm", ["N", 3], 3, 2),
    "an unknown length summed": einsum("nk->k", ["N", 3]),
    "three operands": one("Einsum", "x x W", ["N", 3], tensor("W", numbers(3, 2)),
                          equation="nk,nk,km->nm"),
    "two tensors": one("Einsum", "x x", ["N", 3], equation="nk,mk->nm"),
    "a mean of the batch": reduced("ReduceMean", ["N", 4], 0),
    "an axis that is not there": reduced("ReduceSum", ["N", 4], 2),
    "an axis two times": reduced("ReduceSum", ["N", 4], 1, -1),
    "an axis from the end of old": reduced("ReduceMean", ["N", 4], -1, opset=10),
    "a largest of all": reduced("ReduceMax", [2, 4]),
    "nothing to sum": reduced("ReduceSum", ["N", 0], 1),
}  # fmt: skip


@pytest.mark.parametrize("name", OPAQUE)
def test_what_is_not_modelled_is_opaque(name: str) -> None:
    """The node is kept as it is."""
    (found,) = network(OPAQUE[name]).nodes
    assert isinstance(found, Opaque)


def test_definite_mismatches() -> None:
    """Lengths that no repetition mends are an error."""
    for made in (matmul([2, 4, 3], 2, 4, 5), einsum("nk,km->nm", ["N", 4], 3, 2)):
        with pytest.raises(ShapeMismatch):
            network(made)


def test_a_small_file_asks_for_no_large_matrix() -> None:
    """A stack as one matrix has its square many entries: where there is no room, it is opaque."""
    (found,) = network(matmul([500, 2, 3], 500, 3, 2)).nodes
    assert isinstance(found, Opaque)


@pytest.mark.parametrize("seed", range(60))
def test_random_equations(seed: int) -> None:
    """Whatever the letters: numpy makes the same of them."""
    rng = np.random.default_rng(seed)
    names = "abcde"
    sizes = dict(zip(names, rng.integers(1, 4, 5).tolist(), strict=True))
    x, W = ("".join(rng.permutation(list(names))[: rng.integers(1, 5)]) for _ in range(2))
    both = sorted({*x, *W})
    result = "".join(rng.permutation(both)[: rng.integers(0, len(both) + 1)])
    equation = f"{x},{W}->{result}"
    made = einsum(equation, [sizes[letter] for letter in x], *(sizes[letter] for letter in W))
    given = feeds(made, seed)
    found = network(made)
    assert not found.opaque, equation
    values = {name: value.astype(float) for name, value in given.items()}
    weights = run(model([node("Identity", "W", "y")], made.graph.initializer, outputs=[("y", None)],
                        inputs=[]), {})["y"]  # fmt: skip
    expected = np.einsum(equation, values["x"], weights.astype(float))
    got = found.evaluate(values)["y"]
    assert got.shape == expected.shape
    assert equal(got, expected).all(), equation


@pytest.mark.parametrize(
    ("equation", "ranks", "expected"),
    [
        ("...", [0], [(), ()]),
        ("->", [0], [(), ()]),
        ("...,...->...", [2, 2], [("1", "0"), ("1", "0"), ("1", "0")]),
        ("...,...->...", [2, 1], None),
        ("a...b->b...", [3], [("a", "0", "b"), ("b", "0")]),
        ("ab", [2, 2], None),
        ("ab,bc->ac", [2], None),
        ("ab", [3], None),
        ("a..b", [2], None),
        ("a...", [0], None),
        ("ä", [1], None),
    ],
)
def test_letters(equation: str, ranks: list[int], expected: Any) -> None:
    """Operands and result are spelled out, or there are none."""
    assert letters(equation, ranks) == expected


def units(*shape: int) -> Any:
    """Weights whose second output is twice the first, along the last axis."""
    rows = np.arange(1, 1 + int(np.prod(shape[:-1])))
    W = np.stack([rows, *(2 * rows**power for power in range(1, shape[-1]))], axis=1)
    return W.reshape(shape).astype(np.float32)


AROUND: Final = {
    "heads, and what follows them": (
        [node("Einsum", "x W", "h", equation="btd,de->bte"), node("Relu", "h", "r"),
         node("Einsum", "r V", "y", equation="bte,ed->bdt")], ["N", 2, 3], (3, 4), (4, 2)),
    "stacks of one": (
        [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")],
        ["N", 2, 3], (1, 3, 4), (1, 4, 2)),
    "a vector at the end": (
        [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")],
        ["N", 3], (3, 4), (4,)),
    "a mean of the units": (
        [node("MatMul", "x W", "h"), node("Relu", "h", "r"),
         node("ReduceMean", "r", "y", axes=[-1], keepdims=0), node("Identity", "V", "v")],
        ["N", 3], (3, 4), (4,)),
    "channels made and read": (
        [node("Einsum", "x W", "h", equation="nchw,co->nohw"), node("Relu", "h", "r"),
         node("Einsum", "r V", "y", equation="nohw,od->nhwd")], ["N", 3, 2, 2], (3, 4), (4, 2)),
    "a sum of rows": (
        [node("MatMul", "x W", "h"), node("Relu", "h", "r"),
         node("ReduceSum", "r a", "s", keepdims=0), node("MatMul", "s V", "y")],
        ["N", 2, 3], (3, 4), (4, 2)),
    "a largest of rows, which stay": (
        [node("MatMul", "x W", "h"), node("Relu", "h", "r"),
         node("ReduceMax", "r", "s", axes=[1]), node("MatMul", "s V", "y")],
        ["N", 2, 3], (3, 4), (4, 2)),
    "a mean of rows through an Identity": (
        [node("MatMul", "x W", "h"), node("Relu", "h", "q"), node("Identity", "q", "r"),
         node("ReduceMean", "r", "s", axes=[1], keepdims=0), node("MatMul", "s V", "y")],
        ["N", 2, 3], (3, 4), (4, 2)),
    "a sum of channels": (
        [node("Einsum", "x W", "h", equation="nchw,co->nohw"), node("Relu", "h", "r"),
         node("ReduceSum", "r a", "y", keepdims=0), node("Identity", "V", "v")],
        ["N", 3, 2, 2], (3, 4), (4,)),
}  # fmt: skip


@pytest.mark.parametrize("name", AROUND)
def test_units_around_them_are_merged(name: str) -> None:
    """The reduced model has fewer, is checked, proved, and runs with the same numbers."""
    nodes, x, first, last = AROUND[name]
    stored = [tensor("W", units(*first)), tensor("V", numbers(*last)), ints("a", 1)]
    made = model(nodes, stored, inputs=[("x", x)], outputs=[("y", None)])
    found, data = written(made)
    assert not found.original.opaque
    assert found.network.width["h"] == 3 == found.original.width["h"] - 1
    check(found.original, network(data), found.certificate)
    assert isinstance(prove(found.original, network(data)), Proved)
    for seed in range(3):
        given = feeds(made, seed)
        assert (run(made, given)["y"] == run(data, given)["y"]).all()


def test_another_number_is_found() -> None:
    """Products that differ in one entry are refuted; the same ones spelled in two ways proved."""
    W = numbers(3, 2)
    other = W.copy()
    other[2, 1] += 1

    def made(kind: str, stored: Any) -> Any:
        text = {"MatMul": {}, "Einsum": {"equation": "btk,km->btm"}}[kind]
        return network(one(kind, "x W", ["N", 2, 3], tensor("W", stored), **text))

    assert isinstance(prove(made("MatMul", W), made("Einsum", W)), Proved)
    assert isinstance(prove(made("MatMul", W[None]), made("Einsum", W)), Proved)
    assert isinstance(prove(made("MatMul", W), made("Einsum", other)), Refuted)


def test_a_certificate_of_another_sum_is_rejected() -> None:
    """The checker multiplies out what the letters say."""
    nodes, x, first, last = AROUND["heads, and what follows them"]
    stored = [tensor("W", units(*first)), tensor("V", numbers(*last))]
    made = model(nodes, stored, inputs=[("x", x)], outputs=[("y", None)])
    found, data = written(made)
    small = network(data)
    check(found.original, small, found.certificate)
    for i, each in enumerate(small.nodes):
        if isinstance(each, Linear):
            assert each.W is not None
            W = each.W.copy()
            W[0, 0] += 1
            nodes_ = [*small.nodes[:i], replace(each, weights=Matrix(W)), *small.nodes[i + 1 :]]
            with pytest.raises(Rejected):
                check(found.original, replace(small, nodes=tuple(nodes_)), found.certificate)
        if isinstance(each, Rearrange) and each.operator == "Transpose":
            order = each.parameters or ()
            other = replace(each, parameters=(order[1], order[0], *order[2:]))
            nodes_ = [*small.nodes[:i], other, *small.nodes[i + 1 :]]
            with pytest.raises(LumpverError):
                check(found.original, replace(small, nodes=tuple(nodes_)), found.certificate)
