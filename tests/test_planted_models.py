"""Filters planted in models as people have them: each goes again, certified, in a smaller file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnx
import pytest
from onnx_models import run
from planted_models import FAMILIES
from planted_models.counting import filters, weights
from planted_models.mixed import mixed
from planted_models.respelling import respelled

from lumpver.reducing.pipeline import check_files, reduce_file

if TYPE_CHECKING:
    from pathlib import Path

SEEDS: Final = range(2)
ONCE_MISSED: Final = [
    ("resnet-preactivated", 108, 0.5),  # an unread channel, the first, before it was known what is
]


def given(model: onnx.ModelProto, seed: int) -> dict[str, np.ndarray[Any, Any]]:
    """Inputs at random, of two in a batch."""
    shape = [d.dim_value or 2 for d in model.graph.input[0].type.tensor_type.shape.dim]
    return {"x": np.random.default_rng(seed).standard_normal(shape).astype(np.float32)}


@pytest.mark.parametrize("name", FAMILIES)
def test_models_are_valid(name: str) -> None:
    """Each is an ONNX model with shapes that agree, a good part of its filters planted."""
    planted = FAMILIES[name](seed=1)
    onnx.checker.check_model(planted.model, full_check=True)
    assert planted.count >= filters(planted.model) // 10


@pytest.mark.parametrize("name", FAMILIES)
def test_seeds_tell_models_apart(name: str) -> None:
    """The same seed makes the same bytes, another one other weights."""
    one, two, three = (
        FAMILIES[name](seed=seed).model.SerializeToString(deterministic=True) for seed in (0, 0, 1)
    )
    assert one == two != three


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("seed", SEEDS)
def test_all_that_was_planted_goes(tmp_path: Path, name: str, seed: int) -> None:
    """As many filters go as were planted, certified; the file is smaller and runs alike."""
    planted = FAMILIES[name](seed=seed)
    model, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    model.write_bytes(planted.model.SerializeToString())
    outcome = reduce_file(model, small)
    check_files(model, small, outcome.certificate)
    reduced = onnx.load(small)
    onnx.checker.check_model(reduced, full_check=True)
    assert filters(planted.model) - filters(reduced) >= planted.count
    assert weights(reduced) < weights(planted.model)
    assert small.stat().st_size < model.stat().st_size
    x = given(planted.model, seed)
    before, after = run(planted.model, x)["y"], run(reduced, x)["y"]
    assert np.abs(before - after).max() <= 1e-5 * np.abs(before).max()


@pytest.mark.parametrize("name", FAMILIES)
def test_no_layer_keeps_what_was_planted(tmp_path: Path, name: str) -> None:
    """Every layer by itself loses at least what was planted in it."""
    planted = FAMILIES[name](seed=7)
    model = tmp_path / "model.onnx"
    model.write_bytes(planted.model.SerializeToString())
    network = reduce_file(model, tmp_path / "small.onnx").reduction.network
    kept = {
        name: (network.width.get(name, width), width - gone)
        for name, (width, gone) in planted.layers.items()
        if name in network.tensors
    }
    assert kept
    assert {name: pair for name, pair in kept.items() if pair[0] > pair[1]} == {}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("seed", SEEDS)
def test_spelling_changes_nothing(tmp_path: Path, name: str, seed: int) -> None:
    """As other exporters write it, node by node, a model loses as much."""
    planted = FAMILIES[name](seed=seed)
    other = respelled(planted.model, seed)
    onnx.checker.check_model(other, full_check=True)
    x = given(other, seed)
    expected = run(planted.model, x)["y"]
    model, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    model.write_bytes(other.SerializeToString())
    outcome = reduce_file(model, small)
    assert filters(other) - filters(onnx.load(small)) >= planted.count
    assert outcome.bytes_after < outcome.bytes_before
    for one in (other, onnx.load(small)):
        assert np.abs(run(one, x)["y"] - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("seed", range(12))
def test_blocks_of_all_families_together(tmp_path: Path, seed: int) -> None:
    """Blocks in any order, in any spelling: all that was planted goes, certified."""
    planted = mixed(seed=seed, blocks=2 + seed % 4, share=(0.2, 0.4, 0.6)[seed % 3])
    made = respelled(planted.model, seed) if seed % 2 else planted.model
    x = given(made, seed)
    model, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    model.write_bytes(made.SerializeToString())
    outcome = reduce_file(model, small)
    reduced = onnx.load(small)
    assert not outcome.checked.notes
    assert filters(made) - filters(reduced) >= planted.count
    before, after = run(made, x)["y"], run(reduced, x)["y"]
    assert np.abs(before - after).max() <= 1e-5 * np.abs(before).max()


@pytest.mark.parametrize("name", ["vgg", "vgg-slopes", "resnet"])
def test_a_second_time_nothing_goes(tmp_path: Path, name: str) -> None:
    """What was reduced stays as it is, byte for byte."""
    planted = FAMILIES[name](seed=2)
    first, second, third = (tmp_path / f"{i}.onnx" for i in range(3))
    first.write_bytes(planted.model.SerializeToString())
    reduce_file(first, second)
    assert second.stat().st_size < first.stat().st_size
    assert reduce_file(second, third).is_copy


@pytest.mark.parametrize(("name", "seed", "share"), ONCE_MISSED)
def test_what_was_once_missed(tmp_path: Path, name: str, seed: int, share: float) -> None:
    """Models of which less went than was planted."""
    planted = FAMILIES[name](seed=seed, share=share)
    model, small = tmp_path / "model.onnx", tmp_path / "small.onnx"
    model.write_bytes(planted.model.SerializeToString())
    reduce_file(model, small)
    assert filters(planted.model) - filters(onnx.load(small)) >= planted.count
