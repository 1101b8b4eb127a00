"""Padding: a constant is none where a tap is missed.

Statement. For a kernel, W (M t' + k) is W M t' plus the sum of W k over the taps that a position
meets. It is W M t' + W k + 0 at every position if W k is 0 for each tap that some position misses.
Premises. `Window.missed` holds every tap that padding, or what stands between entries that lie
apart, may be met by, whatever the lengths are.
Why. Padding is 0 in both networks, so M t' needs no premise; k is missing where t is. At each
position by itself it is `relabelling_is_sound` in proofs/rocq/statements.v.
Attacks. A channel that is 3 everywhere, folded into the bias behind a padded convolution: at the
border fewer taps meet it. Two constants that cancel: they do so at each tap, or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.rules.residual import Residual, constants_left
from lumpver.exact.array import zeros
from lumpver.exact.columns import weighted_sum
from lumpver.exact.scalar import ZERO
from lumpver.model.weights import whole

if TYPE_CHECKING:
    from lumpver.model.functions import Range
    from lumpver.model.relabelling import Relabelling
    from lumpver.model.weights import Kernel
    from lumpver.model.window import Window


def met(window: Window | None, known: Range) -> Range:
    """The bounds of all that taps may meet: of the entries, and of 0 where a tap may be missed."""
    low, high = known
    if window is None or not window.missed.any():
        return known
    return (None if low is None else min(low, ZERO)), (None if high is None else max(high, ZERO))


def missed(kernel: Kernel, before: Relabelling) -> Residual:
    """What is left of W k at the taps that may be missed."""
    left: Residual = ()
    window = kernel.window
    if before.has_constants and window.missed.any():
        W = whole(kernel)
        taps = W.reshape(W.shape[0], before.units, window.taps)
        for tap in np.flatnonzero(window.missed).tolist():
            sums = weighted_sum(taps[:, :, tap], before.constant)
            left += constants_left(sums, zeros(W.shape[0]), np.arange(W.shape[0]))
    return left
