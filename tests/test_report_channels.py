"""Tests for reports on convolutions: channels are drawn as such, and deep networks legibly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planted_models import FAMILIES

from lumpver.io.onnx.read import read
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import reduce
from lumpver.tell.report.examination import examine
from lumpver.tell.report.figures import LEGIBLE, figures
from lumpver.tell.report.pictures import before_after
from lumpver.tell.report.pictures.drawing import Label

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.tell.report.figures import Figure


def test_convolutions_have_channels() -> None:
    """What positions lie behind are channels, and a layer says what its kernel sees at once."""
    ours = read(FAMILIES["vgg"]().model.SerializeToString(), where="vgg")
    smaller = reduce(ours)
    picture = before_after(ours, smaller.network, smaller.lumping.relabellings)
    texts = [mark.text for mark in picture.drawing.marks if isinstance(mark, Label)]
    for text in ("3 channels", "12 channels, 8 left", "3 × 3, Relu", "24 units, 14 left"):
        assert text in texts
    assert "conv3 (Relu): 16 channels, 11 left" in picture.description


def drawn(folder: Path, name: str) -> Figure:
    """The picture of both networks in the report on a model and its reduction."""
    model, small = folder / f"{name}.onnx", folder / f"{name}.small.onnx"
    model.write_bytes(FAMILIES[name]().model.SerializeToString())
    outcome = reduce_file(model, small)
    *_, last = figures(examine(model, small, outcome.certificate))
    return last


def test_what_is_too_wide_for_a_page_does_not_shrink(tmp_path: Path) -> None:
    """A few layers fit into a page; many are moved past a window, in letters of full size."""
    assert not drawn(tmp_path, "vgg").wide
    deep = drawn(tmp_path, "resnet-folded")
    assert deep.wide
    assert float(deep.svg.split('width="')[1].split('"')[0]) > LEGIBLE
