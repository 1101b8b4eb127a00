"""Properties carried from a model to its reduction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from test_domains import network, two_inputs

from lumpver.errors import Malformed, ShapeMismatch, Unreadable
from lumpver.io.carrying import carried, write_property
from lumpver.model.network import Network

if TYPE_CHECKING:
    from pathlib import Path

FIRST = b"; as it is \r\n(assert (<= 0 X_0 0.1))(assert (<= X_1 1))(assert (<= Y_0 3))"
SECOND = (
    b"(vnnlib-version <2.0>)(declare-network f (declare-input X %s [1,2]) %s"
    b"(declare-output Y %s [1,1]))(assert (<= X[0,1] 1.0))"
)


def test_the_same_bytes(tmp_path: Path) -> None:
    """Where interfaces agree the property is the same text, byte for byte."""
    given, target = tmp_path / "p.vnnlib", tmp_path / "q.vnnlib"
    for data in (FIRST, SECOND % (b"float32", b"", b"float32"), SECOND % (b"real", b"", b"real")):
        given.write_bytes(data)
        write_property(given, target, network(), network())
        assert target.read_bytes() == data
    assert sorted(tmp_path.iterdir()) == [given, target]


def test_no_input_is_lost(tmp_path: Path) -> None:
    """Neither the property nor another file that was read is overwritten, by whatever path."""
    given, link = tmp_path / "p.vnnlib", tmp_path / "link.vnnlib"
    given.write_bytes(FIRST)
    link.symlink_to(given)
    model = tmp_path / "m.onnx"
    model.write_bytes(b"a model")
    for target in (given, link, model):
        with pytest.raises(Malformed, match="would be lost"):
            write_property(given, target, network(), network(), read=[(model, "the model")])
    assert (given.read_bytes(), model.read_bytes()) == (FIRST, b"a model")


def test_what_cannot_be_carried(tmp_path: Path) -> None:
    """Other inputs, other types by name, hidden tensors, other files: nothing is written."""
    given, target = tmp_path / "p.vnnlib", tmp_path / "q.vnnlib"
    exact = Network.from_layers([([[1, 2]], None)])
    given.write_bytes(FIRST)
    with pytest.raises(ShapeMismatch):
        write_property(given, target, network(), two_inputs())
    assert carried(given, network(), network("float64")) == FIRST
    assert carried(given, exact, exact) == FIRST
    given.write_bytes(SECOND % (b"float32", b"", b"float32"))
    with pytest.raises(Malformed, match="float64"):
        write_property(given, target, network(), network("float64"))
    given.write_bytes(SECOND % (b"real", b'(declare-hidden H real [3] "h")', b"real"))
    with pytest.raises(Malformed, match="hidden"):
        write_property(given, target, network(), network())
    for data in (b"", b"word", b"\xff", b"(assert (<= X_2 1))"):
        given.write_bytes(data)
        if data:
            with pytest.raises((Malformed, Unreadable)):
                write_property(given, target, network(), network())
    assert not target.exists()
