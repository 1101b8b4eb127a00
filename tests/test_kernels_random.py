"""Random convolutional networks: reduced, checked, written; every number is onnxruntime's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import feeds, model, network, node, run, tensor
from random_convolutions import convolutional

from lumpver.checker import check
from lumpver.errors import Malformed
from lumpver.exact.array import equal
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.io.onnx.write import write
from lumpver.quotient.keeping import units_named
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Mapping


def same(expected: Mapping[str, Any], got: Mapping[str, Any]) -> None:
    """Assert that all outputs have equal shapes and numbers."""
    assert list(expected) == list(got)
    for name, numbers in expected.items():
        assert got[name].shape == numbers.shape, name
        assert equal(got[name].astype(float), numbers.astype(float)).all(), name


def reduced_alike(seed: int, *, axes: int | None = None, **steps: bool) -> bool:
    """Assert that a network is read, reduced, checked and written right; whether it shrank."""
    made = convolutional(seed, axes=axes, **steps)
    original = network(made)
    assert not original.opaque
    floats = seed % 3 > 0
    types: Any = "keep" if seed % 3 == 2 else "widen"
    found = reduce(original, floats_only=floats, types=types)
    data = write(found.network, original) if floats else write_json(found.network)
    back = network(data) if floats else read_json(data, where="model")
    check(original, found.network, found.certificate)
    check(original, back, found.certificate)
    for point in range(2):
        given = feeds(made, point)
        exact = {name: x.astype(float) for name, x in given.items()}
        expected = run(made, given)
        same(expected, original.evaluate(exact))
        same(expected, back.evaluate(exact))
        if floats:
            same(expected, run(data, given))
    return found.network.parameters < original.parameters


def test_what_was_wrong_with_pools() -> None:
    """What is steady in front of an activation met the largest behind it."""
    reduced_alike(21972, pools=True)


def test_random_networks() -> None:
    """Of one and two axes of positions: most shrink, none changes a number."""
    assert sum(reduced_alike(seed) for seed in range(200)) > 120


def test_random_networks_with_joins() -> None:
    """Sums and differences of a tensor and a convolution of it, with pools and without."""
    assert sum(reduced_alike(seed, pools=seed % 2 == 0, joins=True) for seed in range(100)) > 60


def test_random_networks_with_channels_last() -> None:
    """Dense layers read all channels of one position beside each other."""
    found = (reduced_alike(s, pools=s % 2 == 0, joins=s % 4 == 0, last=True) for s in range(120))
    assert sum(found) > 70


def test_random_networks_in_groups() -> None:
    """Depthwise, with multipliers, in groups of several, behind sums and in front of them."""
    grown = 0
    for seed in range(200):
        grown += reduced_alike(seed, pools=seed % 3 == 0, joins=seed % 4 == 0, groups=True)
    assert grown > 60


def test_random_networks_that_grow() -> None:
    """Transposed convolutions, zeros around and repetitions between others, in groups and not."""
    grown = 0
    for seed in range(150):
        grown += reduced_alike(seed, joins=seed % 4 == 0, groups=seed % 2 == 0, ups=True)
    assert grown > 60


def test_numbers_that_floats_round() -> None:
    """Sums that float32 does not hold bring units back; what is written is exact, and runs."""
    shrunk = 0
    for seed in range(90):
        made = convolutional(seed, pools=seed % 2 == 0, joins=seed % 4 < 2, whole=False)
        original = network(made)
        types: Any = ("keep", "widen", "auto")[seed % 3]
        found = reduce(original, floats_only=True, types=types)
        data = write(found.network, original)
        check(original, network(data), found.certificate)
        given = feeds(made, seed)
        for name, expected in run(made, given).items():
            assert np.allclose(run(data, given)[name], expected, rtol=1e-3, atol=1e-3)
        shrunk += found.network.parameters < original.parameters
    assert shrunk > 45


@pytest.mark.parametrize(
    ("name", "units"),
    [("h", [0, 1]), ("g", [0, 1]), ("g[0:4]", [0]), ("g[3:5]", [0, 1]), ("g[7]", [1])],
)
def test_units_to_keep_behind_a_flatten(name: str, units: list[int]) -> None:
    """An entry of a channel's positions means the channel."""
    made = model(
        [node("Conv", "x W", "h"), node("Flatten", "h", "g"), node("Gemm", "g V", "y")],
        [tensor("W", np.ones((2, 1, 2), "f")), tensor("V", np.ones((8, 1), "f"))],
        inputs=[("x", [1, 1, 5])],
    )
    assert units_named(network(made), name) == [("h", unit) for unit in units]
    with pytest.raises(Malformed, match="an index below 8 in g"):
        units_named(network(made), "g[8]")


@pytest.mark.parametrize(
    ("name", "units"),
    [("g", [0, 1]), ("g[0:1]", [0]), ("g[1:3]", [0, 1]), ("g[3]", [1]), ("g[6]", [0])],
)
def test_units_to_keep_where_channels_are_last(name: str, units: list[int]) -> None:
    """An entry of a position's channels means the channel."""
    made = model(
        [node("Conv", "x W", "h"), node("Transpose", "h", "t", perm=[0, 2, 1]),
         node("Flatten", "t", "g"), node("Gemm", "g V", "y")],
        [tensor("W", np.ones((2, 1, 2), "f")), tensor("V", np.ones((8, 1), "f"))],
        inputs=[("x", [1, 1, 5])],
    )  # fmt: skip
    assert units_named(network(made), name) == [("h", unit) for unit in units]


def test_three_axes_of_positions() -> None:
    """The same with kernels in space and time."""
    assert sum(reduced_alike(seed, axes=3) for seed in range(15)) > 5


def test_random_networks_with_pools() -> None:
    """The same with pools behind convolutions."""
    assert sum(reduced_alike(seed, pools=True) for seed in range(150)) > 80


@pytest.mark.long
@pytest.mark.parametrize("pools", [False, True])
def test_many_random_networks(pools: bool) -> None:
    """Thousands of them."""
    found = (reduced_alike(seed, pools=pools) for seed in range(10_000, 14_000))
    assert sum(found) > 2000
