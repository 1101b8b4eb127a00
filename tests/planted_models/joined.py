"""Branches side by side: DenseNet, U-Net, Inception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .channels import AGAIN, Channels, ordinary, planted
from .draft import Draft, Planted, Stream, image

if TYPE_CHECKING:
    from collections.abc import Sequence


def densenet(
    *,
    seed: int = 0,
    stem: int = 12,
    growth: int = 8,
    layers: Sequence[int] = (2, 2),
    classes: int = 10,
    size: int = 16,
    share: float = 0.4,
) -> Planted:
    """DenseNet: each layer reads all before it, normalised anew; transitions halve the channels."""
    draft = Draft(seed)
    made = planted(draft.rng, stem, round(share * stem), kinds=AGAIN)
    x = draft.then(draft.conv(image(), made, normalised=True), "Relu")
    for i, count in enumerate(layers):
        for _ in range(count):
            neck = planted(draft.rng, 2 * growth, round(share * 2 * growth), pads=True)
            grown = planted(draft.rng, growth, round(share * growth), kinds=AGAIN)
            y = draft.then(draft.conv(_ready(draft, x), neck, 1, normalised=True), "Relu")
            x = draft.joined(x, draft.conv(y, grown, biased=False))
        if i < len(layers) - 1:
            half = x.width // 2
            made = planted(draft.rng, half, round(share * half), kinds=AGAIN)
            x = draft.conv(_ready(draft, x), made, 1, biased=False)
            x = draft.then(x, "AveragePool", kernel_shape=[2, 2], strides=[2, 2])
    x = draft.then(draft.then(_ready(draft, x), "GlobalAveragePool"), "Flatten", axis=1)
    draft.gemm(x, ordinary(classes))
    return draft.finished([classes], given=(3, size, size))


def _ready(draft: Draft, x: Stream) -> Stream:
    """What a layer reads: all channels so far, normalised, through ReLU."""
    return draft.then(Stream(draft.normal(x.name, x.channels, written=False), x.parts), "Relu")


def unet(
    *,
    seed: int = 0,
    widths: Sequence[int] = (8, 12, 16),
    classes: int = 2,
    size: int = 16,
    share: float = 0.4,
    resized: bool = False,
) -> Planted:
    """U-Net: down by pools, up by transposed convolutions, what was on the way down beside them.

    Or `resized` on the way up, each position repeated.
    """
    draft, x, passed = Draft(seed), image(), []

    def made(width: int) -> Channels:
        return planted(draft.rng, width, round(share * width), pads=True)

    def twice(x: Stream, width: int, *, last: bool = False) -> Stream:
        x = draft.then(draft.conv(x, made(width)), "Relu")
        behind = planted(draft.rng, width, round(share * width)) if last else made(width)
        return draft.then(draft.conv(x, behind), "Relu")

    for width in widths[:-1]:
        x = twice(x, width)
        passed.append(x)
        x = draft.then(x, "MaxPool", kernel_shape=[2, 2], strides=[2, 2])
    x = twice(x, widths[-1])
    for i, width in reversed(list(enumerate(widths[:-1]))):
        none = planted(draft.rng, width, round(share * width), pads=True, stops=False)
        up = draft.larger(x) if resized else draft.upwards(x, none)
        x = draft.joined(passed.pop(), up)
        x = twice(x, width, last=i == 0)
    draft.conv(x, ordinary(classes), 1)
    return draft.finished([classes, size, size], given=(3, size, size))


def inception(
    *,
    seed: int = 0,
    stem: int = 12,
    modules: int = 2,
    width: int = 8,
    classes: int = 10,
    size: int = 16,
    share: float = 0.4,
    normalised: bool = False,
) -> Planted:
    """Inception: four branches side by side, one of them behind an average of neighbours."""
    draft = Draft(seed)

    def layer(x: Stream, width: int, size: int, *, pads: bool) -> Stream:
        made = planted(draft.rng, width, round(share * width), pads=pads)
        return draft.then(draft.conv(x, made, size, normalised=normalised), "Relu")

    x = layer(image(), stem, 3, pads=True)
    for i in range(modules):
        padded = i < modules - 1  # the next module's average reads zeros beside the image
        pooled = draft.then(
            x, "AveragePool", kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4,
            count_include_pad=1,
        )  # fmt: skip
        x = draft.joined(
            layer(x, width, 1, pads=padded),
            layer(layer(x, width, 1, pads=True), 2 * width, 3, pads=padded),
            layer(layer(x, width, 1, pads=True), width, 5, pads=padded),
            layer(pooled, width, 1, pads=padded),
        )
    x = draft.then(draft.then(x, "GlobalAveragePool"), "Flatten", axis=1)
    draft.gemm(x, ordinary(classes))
    return draft.finished([classes], given=(3, size, size))
