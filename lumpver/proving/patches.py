"""Images to look at: constants, and patches in front of them, so that most positions are alike.

The same seed gives the same image everywhere.
"""

from __future__ import annotations

from math import prod
from random import Random
from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq

from lumpver.exact.scalar import ZERO
from lumpver.proving.points import clamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.claim.domain import Range

_SIZES: Final = (3, 3, 5, 6, 2, 8)
_SCALES: Final = (0, 0, 6, 160, -3, 30)  # powers of 2; weights as small as 2^-149 show at some
_STEPS: Final = 8


def image(
    shape: tuple[int, ...], channels: int, ranges: Sequence[Range], *, seed: int
) -> list[fmpq]:
    """The entries of an image with its channels along that axis, counted from the front.

    That of the first seed is 0; all are as near to what they would be as the ranges allow.

    Examples
    --------
    >>> from lumpver.claim.domain import FREE
    >>> image((1, 1, 2), 1, (FREE,) * 2, seed=0)
    [0, 0]
    """
    random = Random(seed)  # noqa: S311 points need not be secret
    found = np.full(shape, ZERO, dtype=object)
    if seed:
        unit = fmpq(2) ** _SCALES[seed % len(_SCALES)]
        if seed % 2 == 0:
            for channel in range(shape[channels]):
                place = (slice(None),) * channels + (channel,)
                found[place] = unit * random.randint(-_STEPS, _STEPS)
        corner = []
        for size in shape[channels + 1 :]:
            wide = min(size, _SIZES[seed % len(_SIZES)])
            start = random.choice((0, (size - wide) // 2, size - wide))
            corner.append(slice(start, start + wide))
        patch = found[(slice(None),) * (channels + 1) + tuple(corner)]
        numbers = [unit * random.randint(-_STEPS, _STEPS) for _ in range(patch.size)]
        patch[...] = np.array(numbers, dtype=object).reshape(patch.shape)
    flat = found.reshape(prod(shape)).tolist()
    return [clamp(x, bounds) for x, bounds in zip(flat, ranges, strict=True)]
