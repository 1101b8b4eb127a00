"""Convolutions one after the other, pools between them, dense layers at the end: VGG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .channels import ordinary
from .draft import Draft, Planted, image

if TYPE_CHECKING:
    from collections.abc import Sequence


def vgg(
    *,
    seed: int = 0,
    widths: Sequence[int | str] = (12, "pool", 16, 16, "pool"),
    dense: Sequence[int] = (24,),
    classes: int = 10,
    size: int = 16,
    share: float = 0.4,
    normalised: bool = False,
    activation: str = "Relu",
) -> Planted:
    """Convolutions of so many channels and pools, then dense layers; a share is planted.

    All convolutions but the first read with padding, the first dense layer without.
    """
    draft, x = Draft(seed), image()
    last = max(i for i, width in enumerate(widths) if isinstance(width, int))
    side = size
    for i, width in enumerate(widths):
        if isinstance(width, int):
            made = draft.before(activation, width, share, pads=i < last)
            x = draft.activated(draft.conv(x, made, normalised=normalised), activation)
        else:
            x = draft.then(x, "MaxPool", kernel_shape=[2, 2], strides=[2, 2])
            side //= 2
    x, parts = draft.then(x, "Flatten", axis=1), side * side
    for width in dense:
        made = draft.before(activation, width, share)
        x = draft.activated(draft.gemm(x, made, parts=parts), activation, axes=0)
        parts = 1
    draft.gemm(x, ordinary(classes), parts=parts)
    return draft.finished([classes], given=(3, size, size))
