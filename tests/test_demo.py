"""The demonstration and the model it ships with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import onnx

from lumpver.io.onnx.read import read
from lumpver.reducing.pipeline import check_files
from lumpver.tell.data import digits_model, digits_sample
from lumpver.tell.demo import steps

if TYPE_CHECKING:
    from pathlib import Path


def test_the_model_is_valid_and_has_the_documented_layers() -> None:
    """onnx accepts the shipped classifier; it is 64-64-32-10 with ReLU."""
    onnx.checker.check_model(onnx.load_from_string(digits_model()), full_check=True)
    network = read(digits_model(), where="digits")
    assert [network.width[name] for name in network.layers] == [64, 32]
    assert not network.opaque


def test_the_sample_has_one_image_of_every_digit() -> None:
    """Ten images of 64 pixels from 0 to 16."""
    sample = digits_sample()
    assert sorted(digit.label for digit in sample) == list(range(10))
    assert all(len(d.pixels) == 64 and 0 <= min(d.pixels) <= max(d.pixels) <= 16 for d in sample)


def test_every_step_says_what_it_shows(tmp_path: Path) -> None:
    """Reduced, checked, explained, equal on all images, and the tampering rejected."""
    reduced, checked, explained, equal, tampered = steps(tmp_path)
    assert reduced.outcome is not None
    assert reduced.outcome.reduction.network.units == 68
    assert checked.lines[0].startswith("valid")
    assert any("constant" in line for line in explained.lines)
    assert equal.lines[0].startswith("10 of 10 exactly equal")
    assert tampered.command.endswith("tampered.cert.json")
    assert (
        check_files(
            *(tmp_path / name for name in ("digits.onnx", "small.onnx", "small.onnx.cert.json"))
        ).units_after
        == 68
    )
    assert tampered.lines[0].startswith("rejected: affine")
