"""Samples from `.npy` and `.npz` files, or arrays: a row for each, in floats. Nothing is unpickled.

sample: an input of the network, with or without a first axis of length 1 in its shape
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np

from lumpver.errors import Malformed, NotANumber, ShapeMismatch, Unreadable
from lumpver.io.reading import said_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.exact.floats import Floats
    from lumpver.model.tensor import Tensor

_NUMBERS: Final = "fiub"
_BROKEN: Final = (BadZipFile, EOFError, OSError, OverflowError, ValueError)


def read_samples(given: Any, inputs: Sequence[Tensor]) -> dict[str, Floats]:
    """The samples of each input by its name, a row of its entries for each.

    `given` is a path, an array for a network of one input, or arrays by the inputs' names.

    Raises
    ------
    Unreadable
        If a file is none of numpy's.
    Malformed, ShapeMismatch, NotANumber
        If an input has no array, or there is no sample, one of another shape, or one with other
        things than finite numbers; or if inputs have different numbers of samples.

    Examples
    --------
    >>> from lumpver.model.tensor import Tensor
    >>> read_samples([[1, 2], [3, 4]], [Tensor("x", shape=(None, 2))])
    {'x': array([[1., 2.],
           [3., 4.]])}
    """
    where = given if isinstance(given, str | Path) else "data"
    arrays = _arrays(given, str(where), inputs)
    found = {}
    for tensor in inputs:
        if tensor.name not in arrays:
            raise Malformed(str(where), expected=f"an array for {tensor.name}", got="none")
        found[tensor.name] = _rows(np.asarray(arrays[tensor.name]), tensor, str(where))
    counts = {x.shape[0] for x in found.values()}
    if len(counts) > 1:
        got = " and ".join(map(str, sorted(counts)))
        raise ShapeMismatch(str(where), expected="as many samples in all arrays", got=got)
    return found


def read_targets(given: Any, count: int) -> Floats:
    """What is wanted at each of so many samples: numbers, or one class.

    Raises
    ------
    Unreadable, Malformed, ShapeMismatch, NotANumber
        As for `read_samples`.
    """
    where = str(given) if isinstance(given, str | Path) else "targets"
    found = np.asarray(_opened(given, where) if isinstance(given, str | Path) else given)
    if not isinstance(found, np.ndarray) or found.dtype.kind not in _NUMBERS:
        raise Malformed(where, expected="an array of numbers", got="others")
    if found.ndim == 0 or found.shape[0] != count:
        got = str(found.shape[0]) if found.ndim else "a number"
        raise ShapeMismatch(where, expected=f"{count} samples, as in the data", got=got)
    return _finite(found.reshape(count, -1), where)


def _arrays(given: Any, where: str, inputs: Sequence[Tensor]) -> Mapping[str, Any]:
    """Arrays by the inputs' names."""
    found = _opened(given, where) if isinstance(given, str | Path) else given
    if hasattr(found, "keys"):
        return {str(name): found[name] for name in found}
    if len(inputs) != 1:
        names = ", ".join(tensor.name for tensor in inputs)
        raise Malformed(where, expected=f"an array for each of {names}"[:200], got="one array")
    return {inputs[0].name: found}


def _opened(given: str | Path, where: str) -> Any:
    with said_of(where), Path(given).open("rb") as file:
        try:
            found = np.load(file, allow_pickle=False)
            return found if isinstance(found, np.ndarray) else {name: found[name] for name in found}
        except _BROKEN as error:
            expected = "a .npy or .npz file of numbers"
            raise Unreadable(where, expected=expected, got="another") from error


def _rows(found: Any, tensor: Tensor, where: str) -> Floats:
    """A row for each sample."""
    if found.dtype.kind not in _NUMBERS:
        raise Malformed(f"{where} {tensor.name}", expected="numbers", got=str(found.dtype))
    shape = tuple(tensor.shape or ())
    wanted = [size if isinstance(size, int) else 1 for size in shape]
    entries = int(np.prod(wanted, dtype=np.int64))
    rest = [size for size in wanted if size != 1]
    if found.ndim == 0 or [size for size in found.shape[1:] if size != 1] != rest:
        expected = f"(samples, {', '.join(map(str, wanted[1:] or wanted))})"
        raise ShapeMismatch(f"{where} {tensor.name}", expected=expected, got=str(found.shape))
    if not found.shape[0]:
        raise Malformed(f"{where} {tensor.name}", expected="a sample", got="none")
    return _finite(found.reshape(found.shape[0], entries), f"{where} {tensor.name}")


def _finite(found: Any, where: str) -> Floats:
    result = np.asarray(found, dtype=np.float64)
    wrong = np.argwhere(~np.isfinite(result))
    if wrong.size:
        row = int(wrong[0][0])
        raise NotANumber(f"{where}, sample {row}", expected="finite numbers", got="others")
    return result
