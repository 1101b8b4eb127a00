"""Dense layers inside what is not modelled: they are reduced in place, and what is read stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_models import ints, model, network, node, run, tensor

from lumpver.checker import check
from lumpver.errors import Rejected
from lumpver.io.files import load
from lumpver.model.network import Opaque
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.reducing.verification import check_files

if TYPE_CHECKING:
    from pathlib import Path

W: Any = [[1, 2, 0, 3], [4, 8, 0, 1], [-1, -2, 0, 2]]
"""Four units of three inputs: one is twice another, one is 0."""

NUMBERS = [
    tensor("W", W), tensor("b", [1, 2, 0, -1]),
    tensor("V", [[1, 0, 2], [3, 1, 1], [5, 5, 5], [2, 1, 0]]), tensor("c", [0.5, 1, -1]),
]  # fmt: skip
FLOATS = TensorProto.FLOAT


def dense(x: str, y: str) -> list[Any]:
    """Two layers with ReLU between, from x to y."""
    return [
        node("MatMul", f"{x} W", "p"), node("Add", "p b", "h"), node("Relu", "h", "r"),
        node("MatMul", "r V", "q"), node("Add", "q c", y),
    ]  # fmt: skip


def info(name: str, shape: Any = ("N", None)) -> Any:
    """A float of that shape."""
    return helper.make_tensor_value_info(name, FLOATS, shape)


def body(name: str, *nodes: Any, inputs: Any = (), outputs: Any = ()) -> Any:
    """A subgraph."""
    return helper.make_graph(nodes, name, inputs, outputs)


def branch(captured: str) -> Any:
    """An If whose branches take the tensor from outside, and its opposite."""
    then = body("then", node("Identity", captured, "a"), outputs=[info("a")])
    other = body("else", node("Neg", captured, "e"), outputs=[info("e")])
    return node("If", "flag", "s", then_branch=then, else_branch=other)


def loop(captured: str) -> Any:
    """A Loop that adds a tensor from outside twice, to that itself."""
    given = [
        helper.make_tensor_value_info("i", TensorProto.INT64, []),
        helper.make_tensor_value_info("go", TensorProto.BOOL, []), info("sum"),
    ]  # fmt: skip
    gone = helper.make_tensor_value_info("on", TensorProto.BOOL, [])
    steps = [node("Identity", "go", "on"), node("Add", f"sum {captured}", "next")]
    inside = body("body", *steps, inputs=given, outputs=[gone, info("next")])
    return node("Loop", f"twice flag {captured}", "s", body=inside)


def scan(captured: str) -> Any:
    """A Scan over rows, to each of which the rows of a tensor from outside are added."""
    steps = [
        node("Identity", "state", "after"),
        node("ReduceMax", captured, "most", axes=[0], keepdims=0),
        node("Add", "row most", "each"),
    ]
    inside = body("body", *steps, inputs=[info("state", ()), info("row", (None,))],
                  outputs=[info("after", ()), info("each", (None,))])  # fmt: skip
    return node("Scan", f"start {captured}", "end s", body=inside, num_scan_inputs=1)


AROUND: Any = {"If": branch, "Loop": loop, "Scan": scan}


def surrounded(operator: str, captured: str) -> Any:
    """Dense layers of which a subgraph reads one tensor."""
    flag = helper.make_tensor_value_info("flag", TensorProto.BOOL, [])
    stored = [*NUMBERS, tensor("start", np.float32(0)), ints("n", 2)]
    twice = helper.make_tensor("twice", TensorProto.INT64, [], [2])
    width = 4 if captured == "r" else 3
    made = helper.make_graph(
        [*dense("x", "y"), AROUND[operator](captured)],
        "surrounded",
        [info("x", ("N", 3)), *([flag] if operator != "Scan" else [])],
        [info("y", ("N", 3)), info("s", ("N", width))],
        [*stored, twice],
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def reduced(made: Any, folder: Path) -> tuple[int, Path]:
    """How many units have gone from the file, and where the reduced one is."""
    path, target = folder / "m.onnx", folder / "r.onnx"
    path.write_bytes(made.SerializeToString())
    outcome = reduce_file(path, target)
    assert check_files(path, target, outcome.certificate)
    return outcome.original.network.units - outcome.reduction.network.units, target


def same(made: Any, target: Path, **more: Any) -> None:
    """Assert that onnxruntime computes the same of both."""
    x = np.array([[1, -2, 3], [0, 5, -4]], np.float32)
    ours, theirs = (run(one, {"x": x} | more) for one in (made, target))
    for name, expected in ours.items():
        np.testing.assert_array_equal(theirs[name], expected)


@pytest.mark.parametrize("operator", AROUND)
@pytest.mark.parametrize(("captured", "gone"), [("r", 0), ("y", 2), ("x", 2)])
def test_what_a_subgraph_reads_stays(
    operator: str, captured: str, gone: int, tmp_path: Path
) -> None:
    """A hidden tensor keeps its units; what stands before or behind the layers does not matter."""
    made = surrounded(operator, captured)
    units, target = reduced(made, tmp_path)
    assert units == gone
    same(made, target, **({} if operator == "Scan" else {"flag": np.array(True)}))


@pytest.mark.parametrize("operator", AROUND)
def test_a_subgraph_that_reads_fewer_units_is_rejected(operator: str) -> None:
    """The certificate of the layers alone does not hold where a subgraph reads a hidden tensor."""
    found = reduce(network(surrounded(operator, "y")))
    ours = network(surrounded(operator, "r"))
    [reading] = (n for n in ours.nodes if n.outputs[-1] == "s")
    nodes = [n for n in found.network.nodes if n.outputs[-1] != "s"]
    theirs = replace(ours, nodes=(*nodes, reading), tensors=found.network.tensors)
    with pytest.raises(Rejected, match="units that stay as they are"):
        check(ours, theirs, found.certificate)


OWN = helper.make_opsetid("own", 1)


def test_operators_of_other_domains_do_not_matter(tmp_path: Path) -> None:
    """In front of dense layers, behind them, and beside them; their shapes are not known."""
    nodes = [
        node("Curve", "x", "u", domain="own"), *dense("u", "v"), node("Add", "u v", "w"),
        node("Curve", "w", "y", domain="own"),
    ]  # fmt: skip
    made = model(nodes, NUMBERS, inputs=[("x", ["N", 3])], outputs=[("y", None)], opsets=[OWN])
    units, target = reduced(made, tmp_path)
    assert units == 2
    kept = [n.operator for n in load(target).network.nodes if isinstance(n, Opaque)]
    assert kept.count("own:Curve") == 2


def test_functions_are_kept_and_what_is_between_is_reduced(tmp_path: Path) -> None:
    """A function of the model stays as it is, dense layers inside it too."""
    inside = [node("MatMul", "g M", "k"), node("Relu", "k", "m"), node("MatMul", "m M", "l")]
    double = helper.make_function(
        "own", "Layers", ["g", "M"], ["l"], inside, [helper.make_opsetid("", 17)]
    )
    nodes = [
        node("Layers", "x D", "u", domain="own"), *dense("u", "v"),
        node("Layers", "v D", "y", domain="own"),
    ]  # fmt: skip
    made = model(
        nodes, [*NUMBERS, tensor("D", np.diag([2.0, 2.0, 1.0]).astype(np.float32))],
        inputs=[("x", ["N", 3])], outputs=[("y", None)], functions=[double], opsets=[OWN],
    )  # fmt: skip
    units, target = reduced(made, tmp_path)
    assert units == 2
    same(made, target)
