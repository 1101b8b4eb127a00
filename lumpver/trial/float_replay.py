"""What ONNX models give at one input in onnxruntime, where floats can hold that input.

It shows what a user will see, and is no evidence.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

from lumpver.trial.float_runs import last_said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from flint import fmpq

    from lumpver.exact.array import Exact

SECONDS: Final = 10.0
_BITS: Final = {"float16": (11, -24, 16), "float32": (24, -149, 128), "float64": (53, -1074, 1024)}


def unheld(values: Sequence[fmpq], dtype: str) -> fmpq | None:
    """The first of the numbers that no float of the type is; float32 where that is no type.

    Examples
    --------
    >>> from flint import fmpq
    >>> unheld([fmpq(1, 2), fmpq(1, 10)], "float32")
    1/10
    >>> unheld([fmpq(2) ** 127, fmpq(2) ** -149, fmpq(0)], "float32") is None
    True
    """
    return next((value for value in values if not _held(value, dtype)), None)


def _held(value: fmpq, dtype: str) -> bool:
    """Whether |value| = m 2^e with m of few enough bits and e in range."""
    bits, least, most = _BITS.get(dtype, _BITS["float32"])
    top, bottom = abs(int(value.p)), int(value.q)
    if bottom & (bottom - 1):
        return False
    if not top:
        return True
    zeros = (top & -top).bit_length() - 1
    exponent = zeros - (bottom.bit_length() - 1)
    width = top.bit_length() - zeros
    return width <= bits and exponent >= least and exponent + width <= most


def float_replay(
    models: Sequence[Path], feeds: Sequence[Mapping[str, Exact]], *, seconds: float = SECONDS
) -> list[list[list[float]]] | None:
    """Per model its outputs in order, each as its entries in row-major order.

    None where onnxruntime is not installed, or does not run one of them at its input, in
    that time and in two GiB of memory.
    """
    request = [
        {
            "model": os.fspath(model),
            "feed": {
                name: [list(value.shape), [_number(x) for x in value.ravel().tolist()]]
                for name, value in feed.items()
            },
        }
        for model, feed in zip(models, feeds, strict=True)
    ]
    given = json.dumps(request).encode()
    found: list[list[list[float]]] | None = last_said("replay", seconds=seconds, given=given)
    return found


def _number(value: fmpq) -> float:
    return int(value.p) / int(value.q)
