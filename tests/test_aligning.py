"""Tests for `lumpver.quotient.aligning`: channels stay so that their number is round."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import onnx
import pytest
from planted_models import FAMILIES
from planted_models.counting import filters

import lumpver
from lumpver.errors import Malformed
from lumpver.io.onnx.read import read
from lumpver.model.network import Network
from lumpver.quotient.aligning import out_of_step, unaligned
from lumpver.reducing.pipeline import check_files, reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.tell import display
from lumpver.tell.summary import as_document, layers

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

SIZES = {
    "vgg": {"widths": (24, 32, "pool", 32), "dense": (24,)},
    "resnet-folded": {"widths": (24, 32)},
    "resnet": {"widths": (24, 32)},
    "mobilenet": {"widths": (8, 12), "expansion": 4},
}


def made(name: str, seed: int = 0) -> onnx.ModelProto:
    """A model whose numbers of channels are round before it is reduced."""
    return FAMILIES[name](seed=seed, share=0.3, **SIZES[name]).model


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("align", [4, 8])
def test_channels_are_multiples(tmp_path: Path, name: str, align: int) -> None:
    """Every convolution reads a multiple of so many channels, and the checker accepts it."""
    model, small = tmp_path / "in.onnx", tmp_path / "out.onnx"
    model.write_bytes(made(name).SerializeToString())
    outcome = reduce_file(model, small, align=align)
    check_files(model, small, outcome.certificate)
    counts, others = read_channels(onnx.load(small)), read_channels(onnx.load(model))
    assert sum(counts) < sum(others)
    for count, other in zip(counts, others, strict=True):
        assert count % align == 0 or count == other
    assert out_of_step(outcome.original.network, outcome.reduction.lumping) == 0


def read_channels(model: onnx.ModelProto) -> list[int]:
    """How many channels each convolution reads."""
    shapes = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    groups = [{a.name: a.i for a in node.attribute}.get("group", 1) for node in model.graph.node]
    return [
        shapes[node.input[1]][1] * group
        for node, group in zip(model.graph.node, groups, strict=True)
        if node.op_type == "Conv"
    ]


def test_few_stay() -> None:
    """At most three channels stay in each place, and dense layers lose all that they can."""
    network = read(made("vgg").SerializeToString(), where="vgg")
    most, kept = layers(reduce(network)), layers(reduce(network, align=4))
    for a, b in zip(most, kept, strict=True):
        assert a.units_after <= b.units_after <= a.units_after + 3
        assert b.kept_unrepresentable == 0
    assert most[-1].units_after == kept[-1].units_after


def test_one_is_as_without() -> None:
    """A multiple of 1 asks for nothing."""
    network = read(made("resnet").SerializeToString(), where="resnet")
    lumping = reduce(network).lumping
    assert unaligned(network, lumping, 1) == frozenset()
    assert reduce(network, align=1).network.digest == reduce(network).network.digest


def test_what_was_not_aligned_does_not_get_larger(tmp_path: Path) -> None:
    """Where fewer channels go than would have to stay, all that can go do."""
    model = FAMILIES["resnet-folded"](widths=(21,), share=0.1).model
    (tmp_path / "in.onnx").write_bytes(model.SerializeToString())
    reduce_file(tmp_path / "in.onnx", tmp_path / "out.onnx", align=16)
    assert filters(onnx.load(tmp_path / "out.onnx")) < filters(model)


def test_dense_layers_are_not_aligned() -> None:
    """Matrices are as fast with any number."""
    rng = np.random.default_rng(0)
    W = rng.integers(-3, 4, (20, 5))
    W[1] = W[0]
    network = Network.from_layers([(W, None), (rng.integers(-3, 4, (2, 20)), None)])
    assert lumpver.reduce(network, align=4).network.units == network.units - 1
    assert out_of_step(network, reduce(network).lumping) == 0


@pytest.mark.parametrize("align", [0, -4])
def test_no_multiple(align: int) -> None:
    """A number that is no count is refused."""
    with pytest.raises(Malformed, match="align"):
        reduce(Network.from_layers([([[1]], None)]), align=align)


def test_it_is_said(tmp_path: Path, run: Run) -> None:
    """Channels that are no multiple of 4 any more are told, with the option that keeps them."""
    model, small = tmp_path / "in.onnx", tmp_path / "out.onnx"
    model.write_bytes(made("vgg").SerializeToString())
    outcome = reduce_file(model, small)
    said = " ".join(map(str, display.reduction(outcome, layers(outcome.reduction))))
    assert as_document(outcome)["unaligned"] == 2
    assert "In 2 places the number of channels was a multiple of 4" in said
    code, shown, _ = run("reduce", model, "-o", small, "--align", "4", "--no-trial")
    assert code == 0
    assert "multiple of 4" not in shown
    code, shown, _ = run("reduce", model, "-o", small, "--align", "4", "--json")
    assert json.loads(shown)["unaligned"] == 0
    assert run("reduce", model, "-o", small, "--align", "0")[0] == 2
