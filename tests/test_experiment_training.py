"""Training with torch on a handful of images: repeatable, and frozen where it should be.

Skipped where torch is not installed; `make test` does not install it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from experiment_nets import few

from experiments.paper.campaign import Campaign
from experiments.paper.exporting import onnx_bytes, pruned_files
from experiments.paper.heads import Trained
from experiments.paper.reporting import models
from experiments.paper.settings import Settings
from experiments.paper.synthetic import Plan, overwritten, plan
from lumpver.errors import Rejected
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.verification import check_files

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = few(count=30, size=8)
TINY = Settings(
    "few",
    hidden=(3, 6),
    filters=2,
    padding=1,
    fixed=4,
    terms=(2,),
    families=("same", "mixed"),
    epochs=1,
    batch=8,
)


def same(ours: Trained, theirs: Trained) -> bool:
    """Whether all layers and features are the same numbers."""
    arrays = [[part for layer in t.layers for part in layer] for t in (ours, theirs)]
    pairs = [*zip(*arrays, strict=True), (ours.features, theirs.features)]
    return all((a == b).all() for a, b in pairs)


def test_training_is_repeatable(tmp_path: Path) -> None:
    """Same seed, same weights, whatever torch did before; and torch's state is untouched."""
    torch = pytest.importorskip("torch")
    first = Campaign(IMAGES, TINY, tmp_path / "a").base(0)
    torch.manual_seed(99)
    state = torch.get_rng_state()
    second = Campaign(IMAGES, TINY, tmp_path / "b").base(0)
    assert bool((torch.get_rng_state() == state).all())
    assert not torch.are_deterministic_algorithms_enabled()
    assert same(first, second)
    assert not same(first, Campaign(IMAGES, TINY, tmp_path / "b").base(1))


def test_the_synthetic_layer_is_frozen_and_the_rest_is_not(tmp_path: Path) -> None:
    """Retraining leaves its rows as planned and moves every other layer."""
    pytest.importorskip("torch")
    campaign = Campaign(IMAGES, TINY, tmp_path)
    before = campaign.base(0)
    _, after = campaign.synthetic(0, "mixed", 2)
    moved = [
        bool((ours[0] != theirs[0]).any())
        for ours, theirs in zip(before.layers, after.layers, strict=True)
    ]
    assert moved[:3] == [True] * 3
    assert moved[4]


def test_an_outcome_is_complete(tmp_path: Path) -> None:
    """Pixels of real images are the counterexamples; same-sign nodes are certified."""
    pytest.importorskip("torch")
    found = Campaign(IMAGES, TINY, tmp_path).outcome(0)
    one, other = found.variants
    assert set(one.changed) == {0}
    assert one.certified == 2
    assert one.equal == 30
    assert other.answered("unknown") == 0


def test_models_are_what_torch_computes(tmp_path: Path) -> None:
    """onnxruntime gives the features' answers, up to the last bits of floats; pruned ones too."""
    pytest.importorskip("torch")
    runtime = pytest.importorskip("onnxruntime")
    campaign = Campaign(IMAGES, TINY, tmp_path)
    found = models(campaign, 0)
    same, mixed = "cnn-same-2.onnx", "cnn-mixed-2.onnx"
    assert sorted(found) == [mixed, same, f"pruned-{same}", f"pruned-{same}.cert.json"]
    for name in (same, mixed, f"pruned-{same}"):
        _, trained = campaign.synthetic(0, name.removeprefix("pruned-").split("-")[1], 2)
        session = runtime.InferenceSession(found[name], providers=["CPUExecutionProvider"])
        x = (IMAGES.testing[:5, None] / 16).astype(np.float32)
        (logits,) = session.run(None, {"image": x})
        (W, b), (last, bias) = trained.head.synthetic, trained.head.last
        hidden = np.maximum(trained.features[:5] @ W.T + b, 0)
        assert np.abs(logits - (hidden @ last.T + bias)).max() < 1e-4


def cnn(path: Path) -> tuple[Path, Plan]:
    """A convolutional network with random weights and a same-sign layer, as a file."""
    random = np.random.default_rng(0)
    shapes = ((2, 1, 3, 3), (2, 2, 3, 3), (3, 8), (6, 3), (2, 6))
    layers = [
        (random.normal(size=shape).astype(np.float32), np.zeros(shape[0], np.float32))
        for shape in shapes
    ]
    made = plan("same", 2, width=6, fixed=4, seed=0)
    layers[3] = overwritten(*layers[3], made)
    path.write_bytes(onnx_bytes(Trained(tuple(layers), np.zeros((1, 3))), (8, 8), padding=1))
    return path, made


def test_a_model_is_reduced_as_a_file(tmp_path: Path) -> None:
    """Convolutions, pools and the dense layers behind them are modelled, reduced and checked."""
    model, _ = cnn(tmp_path / "cnn.onnx")
    outcome = reduce_file(model, tmp_path / "small.onnx")
    before, after = outcome.reduction.original, outcome.reduction.network
    assert not before.opaque
    assert [before.width[f"conv{i}"] for i in (1, 2)] == [2, 2]
    assert after.width.get("synthetic.pre", 0) <= before.width["synthetic.pre"] == 6


def test_a_pruned_model_comes_with_its_certificate(tmp_path: Path) -> None:
    """The files are checked as any others; a claim about nodes that switch is rejected."""
    model, made = cnn(tmp_path / "cnn.onnx")
    reasons = dict.fromkeys(made.combined, "stable")
    data, claim = pruned_files(model.read_bytes(), model.name, reasons)
    (tmp_path / "pruned.onnx").write_bytes(data)
    (tmp_path / "claim.json").write_bytes(claim)
    checked = check_files(model, tmp_path / "pruned.onnx", tmp_path / "claim.json")
    assert (checked.units_before, checked.units_after) == (2 + 2 + 3 + 6, 2 + 2 + 3 + 4)
    with pytest.raises(Rejected):
        pruned_files(model.read_bytes(), model.name, {made.combined[0]: "unread"})


def test_the_metadata_says_what_it_is() -> None:
    """Facts are kept, and the same facts give the same bytes."""
    import onnx

    one = (np.ones((1, 1), np.float32), np.zeros(1, np.float32))
    trained = Trained((one,) * 3, np.zeros((1, 1)))
    data = onnx_bytes(trained, (1, 1), facts={"seed": "0"})
    assert data == onnx_bytes(trained, (1, 1), facts={"seed": "0"})
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model, full_check=True)
    assert {p.key: p.value for p in model.metadata_props} == {"seed": "0"}
