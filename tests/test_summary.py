"""Tests for `lumpver.tell.summary`: the numbers of a reduction add up."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from planting import mixed, planted

from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.activations import RELU, leaky
from lumpver.model.network import Network, Pointwise, Tensor, linear
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.tell.summary import activation_of, as_document, largest_difference, layers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("floats_only", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_units_add_up(seed: int, *, floats_only: bool) -> None:
    """Before is after, merged, constant and unused together; all layers together are the units."""
    network = mixed(seed)
    found = reduce(network, floats_only=floats_only)
    rows = layers(found)
    for row in rows:
        gone = row.merged + row.constant + row.unused + row.cancelled
        assert row.units_before == row.units_after + gone
        assert min(row.units_after, row.merged, row.constant, row.unused) >= 0
        assert row.kept_unrepresentable >= 0
    assert sum(row.units_before for row in rows) == network.units
    assert sum(row.units_after for row in rows) == found.network.units
    assert [row.name for row in rows] == list(network.layers)


def test_each_fate_is_counted() -> None:
    """Two multiples, a constant, two equal unread units."""
    rows = ([[1], [2], [4], [0], [-1], [-1]], [0, 0, 0, 7, 0, 0])
    (row,) = layers(reduce(Network.from_layers([rows, ([[1, 1, 1, 1, 0, 0]], None)])))
    assert asdict(row) == {
        "name": "h1.pre", "activation": "Relu", "units_before": 6, "units_after": 1,
        "merged": 2, "constant": 1, "unused": 2, "kept_unrepresentable": 0, "cancelled": 0,
        "linear": 0, "straight": 0,
    }  # fmt: skip


def test_no_layers() -> None:
    """A network without activations has no layers to report."""
    assert layers(reduce(Network.from_layers([([[1, 2]], None)]))) == ()


def test_activations_by_name() -> None:
    """Each activation that reads a tensor is named once, with its parameters."""
    nodes = (
        linear("a", "x", "p", [[1]]),
        Pointwise("r", "p", "q", RELU),
        Pointwise("s", "p", "t", leaky("1/10")),
        Pointwise("u", "p", "y", RELU),
    )
    tensors = {name: Tensor(name, shape=(1,)) for name in "xpqty"}
    network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    assert activation_of(network, "p") == "Relu, LeakyRelu(1/10)"
    assert activation_of(network, "y") == ""


def test_document(tmp_path: Path) -> None:
    """What `--json` prints has the promised members, of the promised types."""
    network = planted(0, (2, 3, 1), dtype="f4").network
    (tmp_path / "m.onnx").write_bytes(fresh(network))
    outcome = reduce_file(tmp_path / "m.onnx", tmp_path / "r.onnx")
    document = as_document(outcome)
    assert json.loads(json.dumps(document)) == document
    assert set(document) == {
        "units", "parameters", "bytes", "not_fitting", "unaligned", "not_modelled", "layers",
        "made_anew", "one_hidden_layer", "exact", "reduced", "certificate", "evidence",
        "semantics", "notes", "seconds",
    }  # fmt: skip
    assert document["units"] == {"before": network.units, "after": outcome.reduction.network.units}
    assert document["parameters"]["before"] == network.parameters
    sizes = {"before": "m.onnx", "after": "r.onnx"}
    assert document["bytes"] == {k: (tmp_path / v).stat().st_size for k, v in sizes.items()}
    assert (document["exact"], document["semantics"]) == (True, "real")
    assert document["evidence"] == "certificate"
    assert document["seconds"] > 0


def _model(weights: Any) -> bytes:
    return fresh(Network.from_layers([(np.array(weights, "f4"), None), (np.ones((1, 2), "f4"),
                                                                       None)]))  # fmt: skip


def test_largest_difference() -> None:
    """Two models that are the same differ by nothing, others by something; it is repeatable."""
    pytest.importorskip("onnxruntime")
    ours, theirs = _model([[1], [2]]), _model([[1], [2.5]])
    assert largest_difference(ours, ours) == 0
    found = largest_difference(ours, theirs)
    assert found is not None
    assert 0.1 < found < 10
    assert largest_difference(ours, theirs) == found


@pytest.mark.parametrize("bad", [b"", b"no model", b"\0" * 100])
def test_no_difference_of_what_does_not_run(bad: bytes) -> None:
    """Where onnxruntime cannot run a model there is no number, and no error."""
    assert largest_difference(_model([[1], [2]]), bad) is None
    assert largest_difference(bad, bad) is None
