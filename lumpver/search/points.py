"""Values of a region at a few points, in floats: hints, nothing that is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from lumpver.exact.array import is_float
from lumpver.model.linear import Linear
from lumpver.model.network import Pointwise
from lumpver.model.regions import slopes
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.exact.array import Exact
    from lumpver.search.regions import Region

    Floats = np.ndarray[Any, np.dtype[Any]]


def values(region: Region, count: int, *, never_negative: bool) -> Iterator[tuple[str, Floats]]:
    """What each activation of two slopes reads at so many points, small and large ones.

    A row for each unit. It ends early where floats do not hold a number.
    """
    rng = np.random.default_rng(count)
    scales = 10.0 ** (np.arange(count) % 6 - 2)
    x = rng.standard_normal((region.inputs, count)) * scales
    x = np.abs(x) if never_negative else x
    with np.errstate(all="ignore"):
        for node in region.nodes:
            match node:
                case Linear():
                    made = _linear(node, x)
                    if made is None or not np.isfinite(made).all():
                        return
                    x = made
                case Pointwise():
                    yield node.input, x
                    x = np.where(x > 0, x, _slopes(node, len(x)) * x)
                case _:
                    assert_never(node)


def _slopes(node: Pointwise, units: int) -> Floats:
    return np.array([[_float(slope)] for slope in slopes(node, units)])


def _linear(node: Linear, x: Floats) -> Floats | None:
    match node.weights:
        case Matrix(numbers):
            found = _product(numbers, x)
        case Kernel() as kernel:
            found = _product(whole(kernel), x)
        case Diagonal(factors):
            scale = _floats(factors)
            found = None if scale is None else scale[:, None] * x
        case Identity():
            found = x
        case Normalization():
            return None
        case _:
            assert_never(node.weights)
    b = None if node.b is None else _floats(node.b)
    if found is None or (node.b is not None and b is None):
        return None
    return found if b is None else found + b[:, None]


def _product(W: Exact, x: Floats) -> Floats | None:
    numbers = _floats(W)
    return None if numbers is None else numbers @ x.astype(numbers.dtype)


def _floats(numbers: Exact) -> Floats | None:
    """The numbers in float32 or float64; None where one is too large."""
    if is_float(numbers):
        return numbers if numbers.dtype.itemsize > 2 else numbers.astype(np.float32)
    try:
        flat = [_float(value) for value in numbers.ravel().tolist()]
    except OverflowError:
        return None
    return np.array(flat).reshape(numbers.shape)


def _float(value: Any) -> float:
    return int(value.p) / int(value.q)
