"""Residual networks: ResNet of basic blocks, MobileNet of inverted residuals.

A residual sum ties what all its writers make: a channel goes only where each of them has
planted it alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .channels import BOUNDED, Channels, ordinary, planted
from .draft import Draft, Planted, Stream, image

if TYPE_CHECKING:
    from collections.abc import Sequence


def resnet(
    *,
    seed: int = 0,
    widths: Sequence[int] = (12, 16),
    blocks: int = 2,
    stem: int = 3,
    classes: int = 10,
    size: int = 16,
    share: float = 0.4,
    normalised: bool = True,
) -> Planted:
    """ResNet of basic blocks: `widths` 64, 128, 256, 512, `stem` 7 and `size` 224 are ResNet-18.

    Without normalisations it is what an exporter makes that folds them.
    """
    draft = Draft(seed)
    made = planted(draft.rng, widths[0], round(share * widths[0]), pads=True)
    x = draft.conv(image(), made, stem, stride=2 if stem > 3 else 1, normalised=normalised)
    x = draft.then(x, "Relu")
    if stem > 3:
        x = draft.then(x, "MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    for i, width in enumerate(widths):
        if i:
            made = planted(
                draft.rng, width, round(share * width), pads=i < len(widths) - 1 or blocks > 1
            )
        for block in range(blocks):
            first = i > 0 and block == 0
            x = _basic(draft, x, made, share, stride=2 if first else 1, normalised=normalised)
    return _sized(draft, x, classes, size)


def _basic(
    draft: Draft, x: Stream, made: Channels, share: float, *, stride: int, normalised: bool
) -> Stream:
    """Two convolutions, and what they read added, through another one where shapes differ."""
    width = made.width
    inner = planted(draft.rng, width, round(share * width), pads=True)
    y = draft.then(draft.conv(x, inner, stride=stride, normalised=normalised), "Relu")
    y = draft.conv(y, made, normalised=normalised)
    if stride > 1:
        x = draft.conv(x, made, 1, stride=stride, normalised=normalised)
    return draft.then(draft.then(y, "Add", x.name), "Relu")


def mobilenet(
    *,
    seed: int = 0,
    widths: Sequence[int] = (8, 12),
    blocks: int = 2,
    expansion: int = 3,
    classes: int = 10,
    size: int = 16,
    share: float = 0.4,
) -> Planted:
    """MobileNet of inverted residuals: expand, ReLU6, each channel by itself, ReLU6, project.

    Projections have no activation behind them, and only convolutions without padding read
    them; between ReLU6 and a depthwise convolution only duplicates and zeros go.
    """
    draft = Draft(seed)
    low, high = draft.number("low", np.array(0.0)), draft.number("high", np.array(6.0))

    def clipped(stream: Stream) -> Stream:
        return draft.then(stream, "Clip", low, high)

    x = clipped(draft.conv(image(), ordinary(widths[0]), normalised=True))
    for i, width in enumerate(widths):
        made = planted(draft.rng, width, round(share * width))
        for block in range(blocks):
            count = expansion * x.width
            wide = planted(draft.rng, count, round(share * count), kinds=BOUNDED)
            each = wide.with_zeros(draft.rng, round(share * count) // 4)
            y = draft.conv(x, wide, 1, normalised=True)
            draft.layers[y.name] = count, each.gone  # nobody reads what depthwise filters make 0
            y = draft.depthwise(clipped(y), each, stride=2 if i and not block else 1)
            y = clipped(y)
            y = draft.conv(y, made, 1, normalised=True)
            x = draft.then(y, "Add", x.name) if block else y
    head = planted(draft.rng, 4 * widths[-1], round(share * 4 * widths[-1]), kinds=BOUNDED)
    return _sized(draft, clipped(draft.conv(x, head, 1, normalised=True)), classes, size)


def _sized(draft: Draft, x: Stream, classes: int, size: int) -> Planted:
    x = draft.then(draft.then(x, "GlobalAveragePool"), "Flatten", axis=1)
    draft.gemm(x, ordinary(classes))
    return draft.finished([classes], given=(3, size, size))
