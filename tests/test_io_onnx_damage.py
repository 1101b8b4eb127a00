"""Bytes that are no ONNX model, or no longer: read or refused, and never a traceback."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from onnx import helper
from onnx_models import network, tensor, whole

from lumpver.errors import LumpverError, Unreadable

A = np.array([[1.0, -2.0], [0.5, 4.0]], dtype=np.float32)
W, V = tensor("W", A), tensor("V", A.T.copy())
WHOLE = whole("MatMul x W h; Relu h r; MatMul r V y", W, V).SerializeToString()
NO_MODELS = {
    "nothing": b"",
    "text": b"not ONNX at all",
    "truncated": WHOLE[: len(WHOLE) // 2],
    "a tensor": W.SerializeToString(),
    "without a graph": helper.make_model(helper.make_graph([], "g", [], [])).SerializeToString(),
    "names that are no text": WHOLE.replace(b"Relu", b"Re\xff\xfe"),
}


@pytest.mark.parametrize("name", NO_MODELS)
def test_bytes_that_are_no_model_are_unreadable(name: str) -> None:
    """One line that says what and where."""
    with pytest.raises(Unreadable) as caught:
        network(NO_MODELS[name])
    assert caught.value.where == "model"
    assert "\n" not in str(caught.value)


def test_no_byte_that_is_changed_or_lost_makes_a_traceback() -> None:
    """Whatever is done to a file, it is read or refused."""
    rng = np.random.default_rng(5)
    for _ in range(2000):
        data = bytearray(WHOLE)
        for place in rng.integers(0, len(data), 2):
            data[place] = rng.integers(0, 256)
        if rng.random() < 0.25:
            del data[rng.integers(0, len(data)) :]
        with suppress(LumpverError):
            network(bytes(data))
