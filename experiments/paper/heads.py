"""The dense end of a classifier, which is all that pruning changes, and trained weights.

layer: (W, b), one row of W per unit
first: its ReLU makes the features, which are therefore never negative
synthetic: the layer with the combined nodes
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from lumpver.errors import Malformed, Unreadable
from lumpver.io.reading import read_bytes
from lumpver.io.writing import write_file
from lumpver.model.network import Network

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.exact.array import Exact

Layer = tuple[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Three dense layers with ReLU between them.

    Examples
    --------
    >>> one = (np.eye(1), np.zeros(1))
    >>> Head(one, one, one).network([3])
    (3,)
    """

    first: Layer
    synthetic: Layer
    last: Layer

    @property
    def network(self) -> Network:
        """The head as a network, exactly.

        Raises
        ------
        ShapeMismatch
            If a layer does not fit the one before.
        """
        return Network.from_layers([self.first, self.synthetic, self.last])

    @property
    def rows(self) -> Exact:
        """The synthetic layer's weights and, in the last column, its biases."""
        return np.column_stack(self.synthetic)


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A trained classifier: its layers, convolutions before dense ones, in float32.

    `features` is what the synthetic layer reads on each test image, computed in floats.
    """

    layers: tuple[Layer, ...]
    features: npt.NDArray[np.floating]

    @property
    def head(self) -> Head:
        """The last three layers."""
        first, synthetic, last = self.layers[-3:]
        return Head(first, synthetic, last)

    @property
    def convolutions(self) -> tuple[Layer, ...]:
        """The layers before the head."""
        return self.layers[:-3]


def save(trained: Trained, path: Path) -> None:
    """The file holds the layers and features, for `restore`."""
    arrays = {"features": trained.features}
    for index, (W, b) in enumerate(trained.layers):
        arrays[f"W{index}"], arrays[f"b{index}"] = W, b
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    write_file(path, stream.getvalue())


def restore(path: Path) -> Trained:
    """What `save` stored.

    Raises
    ------
    Unreadable
        If there is no such file, or it is no such archive.
    Malformed
        If it holds something else.
    """
    try:
        with np.load(io.BytesIO(read_bytes(path)), allow_pickle=False) as found:
            arrays = dict(found)
    except (ValueError, OSError, EOFError, BadZipFile) as error:
        raise Unreadable(str(path), expected="stored weights", got=str(error)[:80]) from error
    count = sum(name.startswith("W") for name in arrays)
    names = {"features"} | {f"{kind}{i}" for kind in "Wb" for i in range(count)}
    if count < 3 or set(arrays) != names:
        got = ", ".join(sorted(arrays))
        raise Malformed(str(path), expected="features and three layers or more", got=got)
    layers = tuple((arrays[f"W{i}"], arrays[f"b{i}"]) for i in range(count))
    return Trained(layers, arrays["features"])
