"""Tests for `search.skips` and `quotient.levels`: the rule `skip`, one unit for each kink."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from test_forms import MAXIMUM, SPLIT, TWO, chain, reflected, rejected, split_filters

from lumpver.checker import check
from lumpver.errors import Rejected, ShapeMismatch
from lumpver.exact.scalar import ONE, ZERO
from lumpver.face.opening import save
from lumpver.io.files import load
from lumpver.model.forms import CONSTANT, Columns, needed, starting
from lumpver.model.join import Join
from lumpver.model.linear import Linear
from lumpver.model.network import Network
from lumpver.model.regions import between, through
from lumpver.proving.proving import prove
from lumpver.reducing.pipeline import WITHOUT_SKIPS, reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.search.lumping import RULES
from lumpver.search.skips import skipping

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.reducing.reduction import Reduction

SKIP = (*RULES, "skip")
MINIMUM = chain(  # max(a, b) and c, and the smaller of both: two kinks, on two levels
    ([[1, 1, 0], [-1, -1, 0], [1, -1, 0], [-1, 1, 0], [0, 0, 1], [0, 0, -1]], None),
    ([["1/2", "-1/2", "1/2", "1/2", s, t] for s, t in ((1, -1), (-1, 1))]
     + [["-1/2", "1/2", "-1/2", "-1/2", s, t] for s, t in ((1, -1), (-1, 1))], None),
    ([["1/2", "-1/2", "-1/2", "-1/2"]], None),
)  # fmt: skip


def skipped(original: Network) -> Reduction:
    """The reduction with the rule, accepted by the checker."""
    found = reduce(original, rules=SKIP)
    check(original, found.network, found.certificate)
    return found


def test_a_unit_for_each_kink() -> None:
    """max(a, b) has one kink; what is affine goes past it."""
    found = skipped(MAXIMUM)
    assert (found.network.units, [one.rule for one in found.replaced]) == (1, ["skip"])
    assert "skip" in found.certificate.provenance["rules"]
    for x in ([1, 2], ["-1/3", 5], [0, 0], [-7, -7]):
        assert MAXIMUM(x) == found.network(x)


def test_several_levels() -> None:
    """The second reads the first beside the inputs, and all is proved without a solver."""
    found = skipped(MINIMUM)
    assert (MINIMUM.units, reduce(MINIMUM).network.units, found.network.units) == (10, 8, 2)
    assert found.replaced[0].units == (1, 1)
    proved = prove(MINIMUM, found.network)
    assert (proved.answer, proved.step) == ("proved", "joint forms")
    for x in ([1, 2, 3], [3, -1, 2], [-5, "1/7", -5]):
        assert MINIMUM(x) == found.network(x)


def test_only_where_it_is_asked_for() -> None:
    """It is no rule by default; alone it needs no other."""
    assert not any(isinstance(node, Join) for node in reduce(MINIMUM).network.nodes)
    assert reduce(MINIMUM, rules=("skip",)).network.units == 2


def test_a_chain_of_as_few_units_is_a_chain() -> None:
    """Where nothing has to be carried nothing is read past a layer."""
    found = skipped(SPLIT)
    assert (found.network.units, [one.rule for one in found.replaced]) == (2, ["reflect"])
    assert skipped(TWO).replaced == ()


def test_once_more() -> None:
    """What was made so is left as it is."""
    once = skipped(MINIMUM).network
    assert skipped(once).network.units == once.units


def test_every_number_counts() -> None:
    """One weight or bias of a level that differs is seen, and refuted."""
    found = skipped(MINIMUM)
    for place, node in enumerate(found.network.nodes):
        if not isinstance(node, Linear):
            continue
        assert node.W is not None
        for column in range(node.W.shape[1]):
            W = node.W.copy()
            W[0, column] += 1
            nodes = [*found.network.nodes]
            nodes[place] = replace(node, weights=replace(node.weights, numbers=W))
            rejected(MINIMUM, replace(found.network, nodes=tuple(nodes)), found.certificate.tensors)


def test_every_operand_counts() -> None:
    """Operands in another order, or one of them in the place of all, are seen."""
    found = skipped(MINIMUM)
    joins = [(i, node) for i, node in enumerate(found.network.nodes) if isinstance(node, Join)]
    assert joins
    for place, node in joins:
        for operands in (node.operands[::-1], node.operands[:1] * len(node.operands)):
            nodes = [*found.network.nodes]
            nodes[place] = replace(node, operands=operands)
            wrong = replace(found.network, nodes=tuple(nodes))
            with pytest.raises((Rejected, ShapeMismatch)):
                check(MINIMUM, wrong, found.certificate)


def test_activations_of_two_slopes() -> None:
    """Columns of different slopes are on levels of their own."""
    columns = Columns(1)
    off = {0: ONE, CONSTANT: ONE}
    both = columns.activated({0: ONE}, ZERO) | columns.activated(off, ONE / 2)
    found = skipping([both], columns)
    assert [level.slope for level in found.levels] == [ZERO, ONE / 2, None]
    assert found.levels[-1].reads == (1, 2)
    nothing = skipping([{}], Columns(2))
    assert (nothing.units, nothing.levels[0].W.tolist()) == (0, [[0.0, 0.0]])


def max_of_filters() -> Network:
    """A convolution with padding, the larger of two filters as TLL writes it."""
    original = split_filters(2, 1)
    first = original.nodes[0]
    assert isinstance(first, Linear)
    rows = np.array([[1, 2, 0, 3, 0, 1], [0, 1, -1, 1, 2, 0]])
    up, down = rows[0] + rows[1], rows[0] - rows[1]
    numbers = np.stack([up, -up, down, -down]).astype(float)
    last = original.nodes[2]
    assert isinstance(last, Linear)
    kernel = replace(first, weights=replace(first.weights, numbers=numbers), b=None)
    half = replace(last, weights=replace(last.weights, numbers=np.array([[1, -1, 1, 1]]) / 2))
    nodes = (kernel, original.nodes[1], half)
    end = original.tensors[last.output]
    shape = end.shape
    assert shape is not None
    y = replace(end, shape=(shape[0], 1, *shape[2:]))
    tensors = {name: original.tensors[name] for name in ("x", "a0", "r0")} | {y.name: y}
    return Network(original.inputs, (y,), nodes, tensors)


def test_windows() -> None:
    """What the start is read through has weights of its own, which are added."""
    original = max_of_filters()
    found = skipped(original)
    assert (original.units, found.network.units) == (4, 1)
    assert [node.operator for node in found.network.nodes if isinstance(node, Join)] == ["Add"]
    x = np.random.default_rng(0).integers(-4, 5, (1, 2, 12)).astype(float)
    name = original.outputs[0].name
    assert (original.evaluate({"x": x})[name] == found.network.evaluate({"x": x})[name]).all()


def written(folder: Path, layers: Any, opset: int = 17, read: int = TensorProto.FLOAT) -> Path:
    """A model of Gemm and Relu in float32, which may read another type."""
    nodes, numbers, here = [], [], "x"
    if read != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", ["x"], ["wide"], to=TensorProto.FLOAT))
        here = "wide"
    for i, (W, _) in enumerate(layers):
        last = i == len(layers) - 1
        made = "y" if last else f"t{i}"
        stored = np.array([[float(Fraction(w)) for w in row] for row in W], np.float32)
        numbers += [numpy_helper.from_array(stored, f"W{i}"),
                    numpy_helper.from_array(np.zeros(len(W), np.float32), f"b{i}")]  # fmt: skip
        nodes.append(helper.make_node("Gemm", [here, f"W{i}", f"b{i}"], [made], transB=1))
        if not last:
            nodes.append(helper.make_node("Relu", [made], [f"r{i}"]))
        here = f"r{i}"
    sizes = len(layers[0][0][0]), len(layers[-1][0])
    x = helper.make_tensor_value_info("x", read, ["N", sizes[0]])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", sizes[1]])
    model = helper.make_model(helper.make_graph(nodes, "g", [x], [y], numbers), ir_version=8,
                              opset_imports=[helper.make_opsetid("", opset)])  # fmt: skip
    path = folder / "model.onnx"
    onnx.save(model, path)
    return path


LAYERS = [
    ([[1, 1, 0], [-1, -1, 0], [1, -1, 0], [-1, 1, 0], [0, 0, 1], [0, 0, -1]], None),
    ([["1/2", "-1/2", "1/2", "1/2", s, -s] for s in (1, -1)]
     + [["-1/2", "1/2", "-1/2", "-1/2", s, -s] for s in (1, -1)], None),
    ([["1/2", "-1/2", "-1/2", "-1/2"]], None),
]  # fmt: skip


def grown(times: int) -> list[Any]:
    """The layers with so many copies of the last ones' units, so that bytes matter less."""
    first, second, last = (W for W, _ in LAYERS)
    return [(first, None), (second * times, None), ([last[0] * times], None)]


@pytest.mark.parametrize("opset", [11, 13, 17])
def test_files(tmp_path: Path, opset: int) -> None:
    """ONNX's own checker takes them, and onnxruntime computes the same."""
    path, small = written(tmp_path, grown(4), opset), tmp_path / "small.onnx"
    outcome = reduce_file(path, small, rules=SKIP)
    assert outcome.reduction.network.units == 2
    assert outcome.bytes_after < outcome.bytes_before
    onnx.checker.check_model(onnx.load(small), full_check=True)
    x = np.random.default_rng(1).normal(size=(64, 3)).astype(np.float32)
    runs = [onnxruntime.InferenceSession(file).run(None, {"x": x})[0] for file in (path, small)]
    assert np.abs(runs[0] - runs[1]).max() < 1e-5


def test_another_type_in_front(tmp_path: Path) -> None:
    """What is cast on the way does not lie beside what it becomes: a chain instead."""
    path = written(tmp_path, grown(4), read=TensorProto.FLOAT16)
    outcome = reduce_file(path, tmp_path / "small.onnx", rules=SKIP)
    onnx.checker.check_model(onnx.load(outcome.reduced), full_check=True)
    assert not any(node.op_type == "Concat" for node in onnx.load(outcome.reduced).graph.node)


def test_a_format_without_joins(tmp_path: Path) -> None:
    """Where there is no place for it the chain is made, and a note says so."""
    path = tmp_path / "model.nnet"
    save(MINIMUM, path)
    outcome = reduce_file(path, tmp_path / "small.nnet", rules=SKIP)
    assert outcome.reduction.network.units == reduce(MINIMUM).network.units
    assert WITHOUT_SKIPS in outcome.checked.notes


def _holds(original: Network, point: list[Any]) -> None:
    found = skipped(original)
    assert found.network.units <= reduce(original).network.units
    x = point[: original.widths[0]]
    assert original(x) == found.network(x)
    if any(one.rule == "skip" for one in found.replaced):
        nodes, columns = between(original, "x", "y"), Columns(original.widths[0])
        assert nodes is not None
        outputs = through(nodes, starting(original.widths[0]), columns)
        assert found.network.units <= len(needed(outputs, columns))


POINTS = st.lists(st.fractions(-4, 4, max_denominator=6), min_size=2, max_size=2)


@given(reflected(), POINTS)
def test_random_chains(original: Network, point: list[Any]) -> None:
    """Accepted, as few units as columns that are needed, and the same everywhere."""
    _holds(original, point)


@pytest.mark.long
@settings(max_examples=5000)
@given(reflected(), POINTS)
def test_thousands_of_chains(original: Network, point: list[Any]) -> None:
    """The same, of thousands."""
    _holds(original, point)


TLL = {
    "8_m=1_instance_0_0": 24,
    "8_m=1_instance_0_1": 26,
    "16_m=1_instance_1_0": 103,
    "16_m=1_instance_1_1": 102,
    "24_m=1_instance_2_0": 218,
    "32_m=1_instance_3_0": 346,
}


@pytest.mark.parametrize("name", TLL)
def test_tll(nets: Path, name: str) -> None:
    """As many units as kinks, and fewer numbers than any chain has."""
    [path] = nets.rglob(f"tllBench_n=2_N=M={name}.onnx*")
    original = load(path).network
    found = reduce(original, rules=SKIP, floats_only=True)
    check(original, found.network, found.certificate)
    assert found.network.units == TLL[name]
    assert found.network.parameters <= 48_383
    assert prove(original, found.network).step == "joint forms"
