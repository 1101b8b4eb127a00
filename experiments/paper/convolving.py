"""Convolution, ReLU and max-pooling of one image in exact arithmetic.

A second writing beside lumpver's own, for the experiment's arrays: a counterexample is an image
and not a rounded run of one. Pixels and weights are dyadic rationals, so is all else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from experiments.paper.measuring import rectified
from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, add, array, is_float
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.paper.heads import Layer


def flattened(convolutions: Sequence[Layer], image: Any, *, padding: int) -> Exact:
    """What the first dense layer reads: the image after all blocks, as one vector.

    `image` has shape (height, width); each block is a convolution with stride 1 and
    `padding`, ReLU, and 2x2 max-pooling that drops what is left over. Without blocks it is
    the image itself.

    Raises
    ------
    ShapeMismatch
        If a kernel has other channels than what it reads, or does not fit into it.

    Examples
    --------
    >>> halves = (np.full((1, 1, 1, 1), 0.5), np.zeros(1))
    >>> flattened([halves], np.array([[1.0, 2.0], [3.0, -4.0]]), padding=0).tolist()
    [1.5]
    """
    x = array(image)[None]
    for W, b in convolutions:
        x = pooled(rectified(convolved(x, array(W), array(b), padding=padding)))
    return x.reshape(-1)


def convolved(x: Exact, W: Exact, b: Exact, *, padding: int) -> Exact:
    """The correlation of x (channels, height, width) with the kernels W, plus b.

    Raises
    ------
    ShapeMismatch
        If the kernels have other channels than x, or do not fit into it.

    Examples
    --------
    >>> W = np.ones((1, 1, 1, 2))
    >>> convolved(np.array([[[1.0, 2.0, 3.0]]]), W, np.zeros(1), padding=0).tolist()
    [[[3.0, 5.0]]]
    """
    channels, height, width = x.shape
    padded = np.zeros((channels, height + 2 * padding, width + 2 * padding), dtype=x.dtype)
    padded[...] = 0 if is_float(x) else ZERO
    padded[:, padding : padding + height, padding : padding + width] = x
    filters, depth, height, width = W.shape
    if channels != depth or padded.shape[1] < height or padded.shape[2] < width:
        expected = f"{depth} channels of at least {height}x{width}"
        raise ShapeMismatch("convolution", expected=expected, got=str(padded.shape))
    windows = sliding_window_view(padded, (height, width), axis=(1, 2))
    _, rows, columns = windows.shape[:3]
    taps = np.moveaxis(windows, 0, 2).reshape(rows * columns, -1)
    result = add(matmul(W.reshape(filters, -1), taps.T), b[:, None])
    return result.reshape(filters, rows, columns)


def pooled(x: Exact) -> Exact:
    """The maximum of every 2x2 square, without the odd row and column.

    Examples
    --------
    >>> pooled(np.arange(6.0).reshape(1, 2, 3)).tolist()
    [[[4.0]]]
    """
    channels, height, width = x.shape
    whole = x[:, : height // 2 * 2, : width // 2 * 2]
    squares = whole.reshape(channels, height // 2, 2, width // 2, 2)
    return np.asarray(squares.max(axis=4).max(axis=2))
