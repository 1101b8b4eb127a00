"""Large payloads are held once, and everything is as if protobuf held them."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from onnx_models import model, node, tensor

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Malformed
from lumpver.io.onnx.read import read, wire
from lumpver.io.onnx.read.wire import lifted
from lumpver.io.onnx.write import write
from lumpver.io.onnx.write.doubling import doubled, whole
from lumpver.reducing.reduction import reduce

W = np.array([[1.0, 2.0, -3.0], [0.5, 1.0, 7.0]], dtype=np.float32)
V = np.array([[1.0], [4.0], [-2.0]], dtype=np.float32)
NODES = [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y")]


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every payload counts as large."""
    monkeypatch.setattr(wire, "LARGE", 1)


def made(*tensors: Any, nodes: Any = NODES) -> bytes:
    """A model of two layers."""
    stored = tensors or (tensor("W", W), tensor("V", V))
    return bytes(model(nodes, list(stored)).SerializeToString())


def test_nothing_small_is_detached() -> None:
    """It is not worth it; then the model is the one that was given."""
    assert lifted(made()) == (made(), {})
    assert read(made(), where="a").source.detached == {}


@pytest.mark.usefixtures("everything")
def test_the_payloads_are_those_of_the_file() -> None:
    """Each in its place, also where they begin alike; the model does not hold them."""
    same = np.zeros((2, 3), dtype=np.float32)
    other = same.copy()
    other[1, 2] = 5
    data = made(tensor("W", same), tensor("U", other), tensor("V", V))
    source = read(data, where="a").source
    assert {name: found.tobytes() for name, found in source.detached.items()} == {
        "W": same.tobytes(),
        "U": other.tobytes(),
        "V": V.tobytes(),
    }
    assert not any(stored.raw_data for stored in source.model.graph.initializer)
    assert all(np.shares_memory(v, np.frombuffer(data, np.uint8)) for v in source.detached.values())
    assert whole(source).SerializeToString(deterministic=True) == data


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_a_network_is_the_same(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    """Nodes, numbers, and what is written of it, in every type, opaque operands too."""
    nodes = [node("MatMul", "x W", "h"), node("Relu", "h", "r"), node("MatMul", "r V", "y"),
             node("Mod", "V V", "t", fmod=1)]  # fmt: skip
    data = made(tensor("W", W, dtype), tensor("V", V, dtype), nodes=nodes)
    light = read(data, where="a")
    monkeypatch.setattr(wire, "LARGE", 2**40)
    plain = read(data, where="a")
    assert light.source.detached
    assert not plain.source.detached
    assert repr(light.nodes) == repr(plain.nodes)
    assert light.opaque
    check(light, plain, Certificate({}))
    check(plain, light, Certificate({}))
    assert write(light, light) == write(plain, plain)
    ours, theirs = (write(reduce(n).network, n) for n in (light, plain))
    assert ours == theirs


@pytest.mark.usefixtures("everything")
def test_a_copy_in_float64_is_whole() -> None:
    """`--dtype float64` reads every payload."""
    network = read(made(), where="a")
    assert read(doubled(network), where="b").tensors["y"].dtype == "float64"


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize("change", ["short", "both", "named twice"])
def test_what_is_wrong_is_refused_as_before(change: str) -> None:
    """A payload of another length, two payloads, two initializers of one name."""
    stored = [tensor("W", W), tensor("V", V)]
    if change == "short":
        stored[0].raw_data = W.tobytes()[:-4]
    elif change == "both":
        stored[0].float_data.extend([1.0] * 6)
    elif change == "named twice":
        stored.append(tensor("W", W))
    data = made(*stored)
    with pytest.raises(Malformed):
        read(data, where="a")


@pytest.mark.usefixtures("everything")
def test_a_network_can_be_copied() -> None:
    """Its payloads go with it."""
    found = read(made(), where="a").source.detached
    again = pickle.loads(pickle.dumps(found))
    assert {name: value.tolist() for name, value in again.items()} == {
        name: value.tolist() for name, value in found.items()
    }
