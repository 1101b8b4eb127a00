"""Tests for `lumpver.io.storage`: which type holds a number, and how many bytes it takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import fmpq

from lumpver.exact.array import array
from lumpver.io.onnx.read import read
from lumpver.io.onnx.write.fresh import fresh
from lumpver.io.storage import Storage, fits, holds, item_size, misfits, own_type
from lumpver.model.network import Network
from lumpver.model.weights import Matrix

TYPES = ("float16", "bfloat16", "float32", "float64")


def typed(*rows: Any, dtype: str = "f4") -> Network:
    """A chain as it is read from an ONNX model."""
    layers = [(np.array(W, dtype), None) for W in rows]
    return read(fresh(Network.from_layers(layers)), where="a test")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (fmpq(0), TYPES),
        (fmpq(-7, 4), TYPES),
        (fmpq(257), ("float16", "float32", "float64")),
        (fmpq(2**16), ("bfloat16", "float32", "float64")),
        (fmpq(2**24 + 1), ("float64",)),
        (fmpq(1, 2**149), ("float32", "float64")),
        (fmpq(1, 2**150), ("float64",)),
        (fmpq(2**53 + 1), ()),
        (fmpq(1, 3), ()),
        (fmpq(2) ** 1024, ()),
    ],
)
def test_which_types_hold_a_number(number: fmpq, expected: tuple[str, ...]) -> None:
    """Precision, smallest and largest of each; no type that is none of the four holds any."""
    assert tuple(t for t in TYPES if holds(number, t)) == expected
    assert tuple(t for t in TYPES if fits(array([number]), t)) == expected
    assert tuple(t for t in TYPES if not misfits(array([number]), t).any()) == expected
    for other in ("", "real", "int64"):
        assert not holds(number, other)
        assert misfits(array([number]), other).all()


def test_nothing_fits_anywhere() -> None:
    """No numbers, or none to hold, fit; also where they are not floats."""
    assert fits(None, "float16")
    assert fits(np.zeros(0), "float16")
    assert not misfits(np.zeros((0, 2)), "float16").size


def test_own_types() -> None:
    """A model tells them, an exact network does not."""
    network = typed([[1]])
    assert (own_type(network, "y"), item_size(network, "y")) == ("float32", 4)
    exact = Network.from_layers([([[1]], None)])
    assert (own_type(exact, "y"), item_size(exact, "y")) == ("real", 8)


def test_what_may_be_stored() -> None:
    """A layer that is too fine is stored where float64 is allowed for it."""
    network = typed([[1, 2]], [[1]])
    (node,) = network.segments[-1].nodes
    from dataclasses import replace

    fine = replace(node, weights=Matrix(np.array([[2.0**24 + 1]])))
    finer = replace(node, weights=Matrix(array([["1/3"]])))
    nowhere = Storage(network, everywhere=False)
    assert nowhere.stores([node])
    for storage in (Storage(network), replace(nowhere, wide=frozenset({"y"}))):
        assert storage.stores([fine])
        assert not storage.stores([finer])
    assert not nowhere.stores([fine])
    assert nowhere.tight([fine])
    assert nowhere.size([fine]) == nowhere.size([node]) + nowhere.widened([fine])


def test_smaller() -> None:
    """A product has to take fewer bytes; one that cannot be stored never does."""
    network = typed(np.ones((4, 1)), np.ones((1, 4)))
    run = list(network.segments[-1].nodes)
    from dataclasses import replace

    narrow = Storage(network, everywhere=False)
    assert narrow.smaller([run[-1]], run) is (len(run) > 1)
    fine = replace(run[-1], weights=Matrix(array([["1/3"]])))
    assert not narrow.smaller([fine], run)
    assert replace(narrow, counted=False).smaller(run, run)
    assert not narrow.smaller(run, run)
