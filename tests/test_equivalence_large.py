"""Sizes that a file only declares: nothing is allocated by them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from lumpver.model.network import Linear, Network, Opaque, Tensor
from lumpver.model.weights import weights_of
from lumpver.proving import Unknown, prove


def declared(shape: tuple[int, ...], weight: float) -> Network:
    """An operator that is not modelled, whose output has the shape, as it is said."""
    nodes = (
        Linear("a", "x", "h", weights_of(np.array([[float(weight)]]))),
        Opaque("o", "ai.onnx:Mystery", ("h",), ("y",)),
    )
    x = Tensor("x", "float32", (1,))
    y = Tensor("y", "float32", shape)
    return Network((x,), (y,), nodes, {"x": x, "y": y, "h": Tensor("h", "float32", (1,))})


@pytest.mark.parametrize("shape", [(2**21, 3), (2**40,), (2**62, 2**62)])
def test_what_an_operator_is_said_to_make_is_not_made(shape: tuple[int, ...]) -> None:
    """The answer is unknown, and the operator is named."""
    tracemalloc.start()
    found = prove(declared(shape, 1), declared(shape, 2))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(found, Unknown)
    assert "Mystery is not modelled" in found.reason
    assert most < 2**26
