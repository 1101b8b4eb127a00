"""Exact convolution: the same as the definition, and refused where shapes do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq

from experiments.paper.convolving import convolved, flattened, pooled
from lumpver.errors import ShapeMismatch
from lumpver.exact.array import array, equal, rationals


def by_definition(x: np.ndarray, W: np.ndarray, b: np.ndarray, padding: int) -> np.ndarray:
    """Every output as the sum that it is, over rationals."""
    x, W, b = (rationals(array(part)) for part in (x, W, b))
    filters, channels, height, width = W.shape
    rows, columns = (x.shape[i + 1] + 2 * padding - W.shape[i + 2] + 1 for i in (0, 1))
    result = np.empty((filters, rows, columns), dtype=object)
    for f, i, j in np.ndindex(*result.shape):
        total = b[f]
        for c, di, dj in np.ndindex(channels, height, width):
            row, column = i + di - padding, j + dj - padding
            if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
                total += W[f, c, di, dj] * x[c, row, column]
        result[f, i, j] = total
    return result


@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("exponent", [0, 40])
def test_convolution_is_its_definition(padding: int, exponent: int) -> None:
    """With float64 enough and with float64 not enough."""
    random = np.random.default_rng(padding)
    x = random.integers(-9, 9, (2, 4, 5)) * 1.0
    x[0, 0, 0] += 2.0**-exponent
    W, b = random.normal(size=(3, 2, 3, 3)).astype(np.float32), random.normal(size=3)
    ours = convolved(x, W, b, padding=padding)
    assert equal(ours, by_definition(x, W, b, padding)).all()


def test_rationals_are_convolved_too() -> None:
    """Padding is zero also beside rationals that are no floats."""
    x = array([[["1/3", 1]]])
    found = convolved(x, np.ones((1, 1, 1, 3)), np.zeros(1), padding=1)
    assert found[0, 1].tolist() == [fmpq(4, 3), fmpq(4, 3)]


@pytest.mark.parametrize(
    "shape", [(1, 2, 3, 3), (1, 1, 5, 3), (1, 1, 3, 5)], ids=["channels", "height", "width"]
)
def test_kernels_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    """Other channels, or a kernel larger than the image."""
    with pytest.raises(ShapeMismatch):
        convolved(np.zeros((1, 4, 4)), np.zeros(shape), np.zeros(1), padding=0)


def test_pooling_drops_what_is_left_over() -> None:
    """Of an odd side the last row or column is not read."""
    x = np.arange(9.0).reshape(1, 3, 3)
    assert pooled(x).tolist() == [[[4.0]]]
    assert pooled(rationals(x)).tolist() == [[[fmpq(4)]]]


def test_no_blocks_flatten_only() -> None:
    """Without convolutions the head reads the pixels."""
    image = np.arange(6.0).reshape(2, 3)
    assert flattened((), image, padding=0).tolist() == list(range(6))


def test_blocks_follow_each_other() -> None:
    """Two blocks halve the image twice; negative values are cut off between them."""
    half = (np.full((1, 1, 1, 1), -0.5), np.ones(1))
    image = np.full((4, 4), 1.0)
    assert flattened([half], image, padding=0).tolist() == [0.5] * 4
    assert flattened([half, half], image, padding=0).tolist() == [0.75]


def test_what_is_padded_is_what_torch_pads() -> None:
    """On integers, where floats are exact, torch computes the same."""
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(0)
    image = random.integers(0, 9, (8, 8)).astype(np.float32)
    layers = [
        (random.integers(-3, 3, (2, inner, 3, 3)).astype(np.float32), np.array([1, -2], np.float32))
        for inner in (1, 2)
    ]
    x = torch.from_numpy(image)[None, None]
    for W, b in layers:
        y = torch.nn.functional.conv2d(x, torch.from_numpy(W), torch.from_numpy(b), padding=1)
        x = torch.nn.functional.max_pool2d(torch.relu(y), 2)
    assert flattened(layers, image, padding=1).tolist() == x.reshape(-1).tolist()
