"""Real networks against their reductions, and against reductions with a weight moved."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from flint import fmpq

from lumpver.errors import LumpverError
from lumpver.exact.array import compact, rationals
from lumpver.io.files import load
from lumpver.model.network import Linear, Network
from lumpver.model.weights import weights_of
from lumpver.proving import Proved, Refuted, prove
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from pathlib import Path

MOST_UNITS = 1000
SOME = (
    "dnnv-benchmarks/ACAS_Xu/onnx/N_1_1.onnx",
    "dnnv-benchmarks/PLNN-TwinStream/onnx/twin_ladder-5_inp-4_layers-5_width-1_margin.onnx",
    "hls4ml-example-models/keras/KERAS_3layer_95pruned_retrained_weights.onnx",
    "hls4ml-example-models/onnx/two_layer_pytorch.onnx",
    "marabou/resources/nnet/twin/twin_ladder-5_inp-5_layers-5_width-1_margin.nnet",
    "marabou/resources/onnx/layer-zoo/gemm.onnx",
    "nnenum/examples/bug_issue7/net.onnx",
    "nnequivalence/ExampleNNs/mnist8x8_70p_retrain.onnx",
    "vnncomp2021/test/test_small.onnx",
)


def moved(network: Network, seed: str) -> Network | None:
    """The network with one random weight moved by 2^-20; None if it has no weights."""
    random = Random(seed)
    places = [
        (i, node)
        for i, node in enumerate(network.nodes)
        if isinstance(node, Linear) and node.W is not None and node.W.size
    ]
    if not places:
        return None
    i, node = random.choices(places, [node.W.size for _, node in places if node.W is not None])[0]
    assert node.W is not None
    W = rationals(node.W).copy()
    W[tuple(random.randrange(size) for size in W.shape)] += fmpq(1, 2**20)
    nodes = (
        *network.nodes[:i],
        replace(node, weights=weights_of(compact(W))),
        *network.nodes[i + 1 :],
    )
    return replace(network, nodes=nodes)


@pytest.mark.parametrize("name", SOME)
def test_some_reductions(nets: Path, name: str) -> None:
    """A reduction is proved, and refuted with a weight off."""
    network = load(nets / name).network
    reduced = reduce(network, floats_only=True).network
    assert prove(network, reduced) == Proved("joint lumping")
    other = moved(reduced, name)
    assert other is not None
    assert isinstance(prove(network, other), Refuted)


@pytest.mark.long
def test_every_reduction(net: Path) -> None:
    """Without opaque nodes every reduction is proved by joint lumping alone."""
    try:
        network = load(net).network
    except LumpverError as error:
        pytest.skip(f"cannot be read: {error}")
    if network.opaque or network.units > MOST_UNITS:
        pytest.skip("opaque nodes, or too many units")
    reduced = reduce(network, floats_only=True).network
    assert prove(network, reduced) == Proved("joint lumping")
    other = moved(reduced, net.name)
    if other is not None:
        assert prove(network, other, effort=1_000_000).answer in {"refuted", "unknown", "proved"}


def test_stable_units_on_a_real_box(nets: Path) -> None:
    """On the box of an ACAS Xu property a unit that is never active may be left out."""
    path = nets / "vnncomp2021/acasxu/ACASXU_run2a_1_1_batch_2000.onnx"
    network, copy = load(path).network, load(path).network
    box = nets / "vnncomp2021/acasxu/prop_3.vnnlib"
    found = prove(network, copy, box=box)
    assert (found.answer, found.step) == ("proved", "joint lumping")
    assert found.claim.as_dict()["domain"] == {"box": str(box)}
