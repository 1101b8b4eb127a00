"""Every real network: it loads, reduces, checks, computes the same, and is read right.

The reader is compared with onnxruntime node by node: what the runtime gave a node goes in
exactly, and what it made of it may differ by its own rounding only.
"""

from __future__ import annotations

import gzip
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, assert_never

import numpy as np
import onnx
import pytest
from flint import fmpq
from onnx_models import feeds, run

from lumpver.errors import NotRational
from lumpver.exact.array import as_float64, equal, rationals
from lumpver.io.files import format_of, load
from lumpver.io.onnx.read import read
from lumpver.model.evaluation import apply, trace
from lumpver.model.linear import window_of
from lumpver.model.names import Derived
from lumpver.model.network import Join, Linear, Opaque, Pointwise, Pool
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.model.window import met
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.verification import check_files

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.model.network import Network, Node

TLL: Final = "vnncomp2022/tllverifybench/onnx/tllBench_n=2_N=M="
LEFT: Final = {
    "twin_ladder": 0,
    "nnenum/examples/bug_issue7": 400,
    "KERAS_3layer_95pruned": 22,
    "mnist8x8_90p": 38,
    "mnist8x8_70p": 47,
    "verydiff/test/examples/nets/ACASXU_run2a_1_1_batch_2000_pruned5": 288,
    "verydiff/test/examples/nets/mnist_relu_3_100_pruned5": 200,
    "verydiff/test/examples/nets/2_80-1-0.1": 72,
    "vnncomp2021/test/test_small": 2,
    f"{TLL}16_m=1_instance_1_0": 488,
    f"{TLL}16_m=1_instance_1_1": 508,
    f"{TLL}24_m=1_instance_2_0": 1174,
    f"{TLL}32_m=1_instance_3_0": 1580,
    f"{TLL}8_m=1_instance_0_0": 136,
    f"{TLL}8_m=1_instance_0_1": 152,
}
STAY: Final = ("ACAS_Xu/", "acasxu/", "ACASXU_run2a_1_1_batch_2000.", "mnistfc/")
LONG_BATCH: Final = 1000  # a first axis this long is cut to 2 before anything is run
HUGE: Final = 10**6  # parameters from which on one random point has to do
CURVED: Final = {"Sigmoid": lambda x: 1 / (1 + np.exp(-x)), "Tanh": np.tanh}  # not rational
FEW: Final = 2000  # entries of an activation that are compared
ROUNDING: Final = {np.dtype(t): float(np.finfo(t).eps) / 2 for t in ("f2", "f4", "f8")}
UNRUN: Final = {
    "three_layer_bn_pytorch.onnx": "onnxruntime runs no operators as old as opset 6",
    "three_layer_bn_keras.onnx": "onnxruntime refuses what its BatchNormalization is given",
}


def unpacked(path: Path) -> bytes:
    """A model's bytes."""
    data = path.read_bytes()
    return gzip.decompress(data) if path.name.endswith(".gz") else data


def cut(path: Path) -> Any:
    """The ModelProto of a file, an enormous fixed batch made a small one."""
    made = onnx.load_from_string(unpacked(path))
    for given in made.graph.input:
        sizes = given.type.tensor_type.shape.dim
        if sizes and sizes[0].dim_value > LONG_BATCH:
            sizes[0].dim_value = 2
    return made


def points(network: Network, seed: int) -> dict[str, Any]:
    """A random rational point; axes of unknown length have length 1."""
    rng = np.random.default_rng(seed)
    found = {}
    for tensor in network.inputs:
        shape = [size if isinstance(size, int) else 1 for size in tensor.shape or ()]
        tops, below = rng.integers(-9, 10, shape), rng.choice([1, 2, 3, 5, 7], shape)
        pairs = zip(tops.ravel().tolist(), below.ravel().tolist(), strict=True)
        found[tensor.name] = np.array([fmpq(*pair) for pair in pairs]).reshape(shape)
    return found


def agree_but_for_rounding(ours: Network, first: Path, second: Path) -> bool:
    """Whether onnxruntime's outputs of two models differ by 2^-14 of the largest at most.

    That is a thousand float32 roundings.
    """
    made = cut(first)
    given = feeds(made, 3)
    before, after = run(made, given), run(cut(second), given)
    assert [tensor.name for tensor in ours.outputs] == list(before) == list(after)
    return all(
        np.abs(before[name] - after[name]).max() <= 2.0**-14 * np.abs(before[name]).max()
        for name in before
    )


def test_networks_reduce_and_stay_right(net: Path, tmp_path: Path) -> None:
    """Reduce, check the files, compare outputs; no more units are left than are known to be.

    No file grows, and one from which neither units nor numbers go is the same bytes.
    """
    target = tmp_path / f"reduced{format_of(net)}"
    outcome = reduce_file(net, target)
    checked = check_files(net, target, outcome.certificate)
    known = [units for part, units in LEFT.items() if part in net.as_posix()]
    assert checked.units_after <= min([checked.units_before, *known])
    assert outcome.bytes_after <= outcome.bytes_before
    ours, theirs = outcome.original.network, load(target).network
    same = (ours.units, ours.parameters) == (theirs.units, theirs.parameters)
    if same or any(part in net.as_posix() for part in STAY):
        assert target.read_bytes() == net.read_bytes()
    if target.read_bytes() == net.read_bytes():
        return
    for seed in range(3 if ours.parameters < HUGE else 1):
        given = points(ours, seed)
        try:
            before, after = trace(ours, given), trace(theirs, given)
        except NotRational:  # of normalizations
            assert agree_but_for_rounding(ours, net, target)
            return
        for tensor in ours.outputs:
            if tensor.name in before:
                assert equal(before[tensor.name], after[tensor.name]).all()
    if any(tensor.name not in before for tensor in ours.outputs):
        assert agree_but_for_rounding(ours, net, target)


def run_whole(made: Any, network: Network) -> dict[str, Any]:
    """Every tensor of a model as onnxruntime computes it, the inputs included."""
    given = feeds(made)
    there = {value.name for value in made.graph.output}
    real = {name for node in made.graph.node for name in node.output}
    for node in network.nodes:
        for name in (*node.inputs, *node.outputs):
            if name in real and name not in there:
                there.add(name)
                made.graph.output.add(name=name)
    return {**given, **run(made, given)}


def bound(node: Linear, x: Any, y: Any) -> Any:
    """What float rounding may change in an affine node's output: (n + 3) u (|W| |x| + |b|).

    The usual bound of a sum of n products in any order, u half a unit in the last place; twice
    that, since the bound itself is computed in floats.
    """
    terms = 1 if node.W is None else node.W.shape[-1]
    rows = np.moveaxis(np.abs(x.astype(float)), node.axis, 0)
    window = window_of([node])
    if window is not None:
        rows = met(rows, window, x.ndim + node.axis, nothing=0.0)
    flat = rows.reshape(rows.shape[0], -1)
    W = None if node.W is None else np.abs(as_float64(node.W))
    whole = flat if W is None else W[:, None] * flat if W.ndim == 1 else W @ flat
    if node.b is not None:
        whole = whole + np.abs(as_float64(node.b))[:, None]
    whole = whole.reshape(whole.shape[0], *rows.shape[1:])
    return 2 * (terms + 3) * ROUNDING[y.dtype] * np.moveaxis(whole, 0, node.axis)


def _joined_slack(node: Join, y: Any, parts: list[Any]) -> Any:
    """What rounding may change in an entry that is joined of others, so large."""
    if node.operator in ("Concat", "Max", "Min"):
        return np.zeros(y.shape)
    most = np.abs(y.astype(float)) if node.operator in ("Mul", "Div") else sum(parts)
    return 2 * len(parts) * ROUNDING[y.dtype] * most


def _slack(node: Node, y: Any, x: Any, *others: Any) -> Any:
    """What float rounding may change in a node's output."""
    if isinstance(node, Linear):
        return bound(node, x, y)
    if isinstance(node, Join):
        return _joined_slack(node, y, [np.abs(part.astype(float)) for part in (x, *others)])
    if isinstance(node, Pool):
        most = float(np.abs(x.astype(float)).max(initial=0))
        return np.full(y.shape, 4 * x[0].size * ROUNDING[y.dtype] * most)
    return np.zeros(y.shape)


def _moved(node: Any, rounded: Any) -> Any:
    """How far a node's output moves if what it reads does by so much."""
    if not isinstance(node, Linear):
        return apply(node, rounded)
    numbers = None if node.W is None else np.abs(as_float64(node.W))
    match node.weights:
        case Kernel(_, window, groups):
            weights: Any = Kernel(numbers, window, groups)
        case Matrix():
            weights = Matrix(numbers)
        case Diagonal():
            weights = Diagonal(numbers)
        case Identity() | Normalization():
            weights = node.weights
        case _:
            assert_never(node.weights)
    return apply(replace(node, weights=weights, b=None), rounded)


def same_output(node: Node, y: Any, x: Any, *others: Any, rounded: Any = None) -> bool:
    """Whether a modelled node makes of `x` what onnxruntime made, up to its rounding.

    What x was `rounded` by inside one of the file's nodes goes through the node, too.
    """
    if isinstance(node, Pointwise) and node.activation.operator in CURVED:
        curve = CURVED[node.activation.operator]
        return bool((np.abs(curve(x.astype(float)) - y) <= 2.0**-18).all())
    if isinstance(node, Pointwise):
        few = x.ravel()[:FEW], y.ravel()[:FEW]
        exact, slack = apply(node, few[0]), 2 * ROUNDING[y.dtype] * np.abs(few[1].astype(float))
        y = few[1]
    else:
        exact = apply(node, x, *others)
        slack = _slack(node, y, x, *others)
        slack = slack if rounded is None else slack + _moved(node, rounded)
    if exact.shape != y.shape:
        return False
    if equal(exact, y).all():
        return True
    off = np.abs(rationals(exact) - rationals(y))
    return bool((off <= rationals(slack)).all())


def test_the_reader_agrees_with_onnxruntime(net: Path) -> None:
    """Every modelled node, on what the runtime fed it: outputs are equal or rounded."""
    if net.suffix == ".nnet":
        pytest.skip("onnxruntime reads no .nnet")
    if net.name in UNRUN:
        pytest.skip(UNRUN[net.name])
    made = cut(net)
    network = read(made.SerializeToString(), where=net.name)
    values, rounded = run_whole(made, network), dict[str, Any]()
    for node in network.nodes:
        if isinstance(node, Opaque):
            if node.value is not None:
                values[node.outputs[0]] = node.value
            continue
        given = [values[name] for name in node.inputs]
        if isinstance(node.output, Derived):
            made_of = apply(node, *given)  # a step of one of the file's nodes
            values[node.output], known = made_of, rounded.get(node.inputs[0])
            stored = as_float64(made_of).astype(network.tensors[node.output].dtype)
            rounded[node.output] = _slack(node, stored, *given)
            if known is not None:
                rounded[node.output] = rounded[node.output] + _moved(node, known)
        with suppress(NotRational):  # roots of variances
            already = rounded.get(node.inputs[0])
            assert same_output(node, values[node.output], *given, rounded=already), node.name
