"""Payloads are taken out of encoded models, and nothing else is changed by it."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from onnx import ModelProto
from onnx_models import ints, model, node, tensor

from lumpver.io.onnx.read import wire
from lumpver.io.onnx.read.wire import head, lifted, varint
from lumpver.io.onnx.write.encoding import filled

W = np.array([[1.0, 2.0, -3.0], [0.5, 1.0, 7.0]], dtype=np.float32)


@pytest.fixture(autouse=True)
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every payload counts as large."""
    monkeypatch.setattr(wire, "LARGE", 1)


def made(*tensors: Any) -> ModelProto:
    """A model with these initializers among other fields."""
    found: ModelProto = model([node("MatMul", "x W", "y")], list(tensors))
    found.metadata_props.add(key="a", value="b")
    return found


def refilled(data: bytes) -> ModelProto:
    """What protobuf reads without the payloads, with them put back by it."""
    light, places = lifted(data)
    found = ModelProto()
    found.ParseFromString(light)
    for index, (start, end) in places.items():
        assert not found.graph.initializer[index].raw_data
        found.graph.initializer[index].raw_data = data[start:end]
    return found


@pytest.mark.parametrize("data", [b"", b"\x3a", b"\x3a\x05", b"\x3a\x00", b"\xff" * 20, b"\x0b"])
def test_what_is_no_model_is_left_alone(data: bytes) -> None:
    """Protobuf says what is wrong with it."""
    assert lifted(data) == (data, {})


def test_only_raw_payloads_are_taken() -> None:
    """Not entries by type, empty tensors, attributes; those behind them are found."""
    given = made(
        tensor("a", W, typed=True), tensor("b", np.zeros((0, 3))), tensor("W", W), ints("n", 4)
    )
    data = given.SerializeToString()
    _, places = lifted(data)
    assert [data[start:end] for start, end in places.values()] == [
        W.tobytes(),
        np.int64(4).tobytes(),
    ]
    assert list(places) == [2, 3]
    assert refilled(data) == given


@pytest.mark.parametrize("extra", ["twice", "typed", "external", "segment", "unknown"])
def test_tensors_that_say_more_are_left_alone(extra: str) -> None:
    """Two payloads, or a place beside one: the reader has to see them."""
    stored = tensor("W", W)
    more = {
        "twice": b"",
        "typed": head(4, 4) + b"\0\0\0\0",
        "external": varint(14 << 3) + b"\1",
        "segment": head(3, 2) + b"\x08\1",
        "unknown": head(99, 3) + b"abc",
    }[extra]
    inside = stored.SerializeToString() + (more or head(9, 24) + bytes(24))
    graph = made().graph.SerializeToString() + head(5, len(inside)) + inside
    data = head(7, len(graph)) + graph
    assert lifted(data) == (data, {})


def test_two_graphs_are_one_to_protobuf() -> None:
    """So nothing is taken out of either."""
    data = made(tensor("W", W)).SerializeToString()
    assert lifted(data)[1]
    twice = data + made(tensor("V", W)).SerializeToString()
    assert lifted(twice) == (twice, {})
    hidden = data + varint(7 << 3) + b"\0"  # a graph that is a number
    assert lifted(hidden) == (hidden, {})


@pytest.mark.parametrize(
    "tag", [b"\xba\x00", b"\xba\x80\x80\x80\x80\x00", b"\xba\x80\x80\x80\x80\x80\x00"]
)
def test_numbers_are_spelled_plainly(tag: bytes) -> None:
    """A tag in more bytes than it needs is for protobuf to judge."""
    graph = made(tensor("W", W)).graph.SerializeToString()
    data = tag + varint(len(graph)) + graph
    assert lifted(data) == (data, {})


def test_broken_models_mean_what_they_did() -> None:
    """With any bytes replaced, left out or doubled, protobuf reads the same, or refuses both."""
    data = made(tensor("a", W), ints("n", 1, 2), tensor("W", W)).SerializeToString()
    rng = random.Random(7)
    taken = 0
    for _ in range(4000):
        at, count = rng.randrange(len(data)), rng.randrange(3)
        middle = rng.choice([b"", data[at : at + count] * 2, rng.randbytes(count)])
        given = data[:at] + middle + data[at + count :]
        try:
            expected = ModelProto.FromString(given)
        except DecodeError:
            with pytest.raises(DecodeError):
                refilled(given)
            continue
        taken += bool(lifted(given)[1])
        found = refilled(given).SerializeToString(deterministic=True)
        assert found == expected.SerializeToString(deterministic=True)
    assert taken > 1000


def test_filling_is_the_inverse_of_lifting() -> None:
    """Byte for byte, and as protobuf would have encoded it."""
    given = made(tensor("a", W, typed=True), tensor("W", W), ints("n", 4), tensor("V", 2 * W))
    given.graph.initializer[1].doc_string = "behind the payload"
    data = given.SerializeToString()
    light, places = lifted(data)
    sizes = {index: end - start for index, (start, end) in places.items()}
    parts = filled(light, sizes)
    assert [part for part in parts if isinstance(part, int)] == [1, 2, 3]
    whole = [data[slice(*places[p])] if isinstance(p, int) else p for p in parts]
    assert b"".join(whole) == data
    assert b"".join(part for part in filled(data, {}) if isinstance(part, bytes)) == data
