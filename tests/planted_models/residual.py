"""Residual networks: ResNet of basic blocks, MobileNet of inverted residuals.

A residual sum ties what all its writers make: a channel goes only where each of them has
planted it alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .channels import AGAIN, Channels, ordinary, planted
from .draft import Draft, Planted, Stream, image

if TYPE_CHECKING:
    from collections.abc import Sequence


def resnet(  # noqa: PLR0913 sizes
    *,
    seed: int = 0,
    widths: Sequence[int] = (12, 16),
    blocks: int = 2,
    stem: int = 3,
    classes: int = 10,
    size: int = 16,
    share: float = 0.4,
    normalised: bool = True,
    neck: int = 0,
) -> Planted:
    """ResNet of basic blocks: `widths` 64, 128, 256, 512, `stem` 7 and `size` 224 are ResNet-18.

    Without normalisations it is what an exporter makes that folds them. With a `neck` blocks
    have three convolutions, the middle one of that part of the channels, as in ResNet-50.
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
            stride = 2 if first else 1
            if neck:
                x = _narrow(draft, x, made, share, neck=neck, stride=stride, normalised=normalised)
            else:
                x = _basic(draft, x, made, share, stride=stride, normalised=normalised)
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


def _narrow(
    draft: Draft, x: Stream, made: Channels, share: float, *, neck: int, stride: int,
    normalised: bool,
) -> Stream:  # fmt: skip
    """Three convolutions, of which only that in the middle pads, and what they read added."""
    first, second = (draft.before("Relu", made.width // neck, share, pads=p) for p in (True, False))
    y = draft.then(draft.conv(x, first, 1, normalised=normalised), "Relu")
    y = draft.then(draft.conv(y, second, stride=stride, normalised=normalised), "Relu")
    y = draft.conv(y, made, 1, normalised=normalised)
    if stride > 1:
        x = draft.conv(x, made, 1, stride=stride, normalised=normalised)
    return draft.then(draft.then(y, "Add", x.name), "Relu")


def preactivated(
    *,
    seed: int = 0,
    widths: Sequence[int] = (12, 16),
    blocks: int = 2,
    classes: int = 10,
    size: int = 16,
    share: float = 0.4,
) -> Planted:
    """ResNet whose sums have no activation behind them: each block normalises what it reads.

    A channel goes where all writers have planted it, and every reader normalises it alike.
    """
    draft = Draft(seed)
    made = planted(draft.rng, widths[0], round(share * widths[0]), kinds=AGAIN)
    x = draft.conv(image(), made, biased=False)
    for i, width in enumerate(widths):
        if i:
            made = planted(draft.rng, width, round(share * width), kinds=AGAIN)
        for block in range(blocks):
            stride = 2 if i and not block else 1
            inner = draft.before("Relu", width, share, pads=True)
            ready = Stream(draft.normal(x.name, x.channels, written=False), x.parts)
            ready = draft.then(ready, "Relu")
            y = draft.conv(ready, inner, stride=stride, normalised=True)
            y = draft.conv(draft.then(y, "Relu"), made, biased=False)
            x = draft.conv(ready, made, 1, stride=stride, biased=False) if stride > 1 else x
            x = draft.then(x, "Add", y.name)
    ready = Stream(draft.normal(x.name, x.channels, written=False), x.parts)
    return _sized(draft, draft.then(ready, "Relu"), classes, size)


def mobilenet(  # noqa: PLR0913 sizes
    *,
    seed: int = 0,
    widths: Sequence[int] = (8, 12),
    blocks: int = 2,
    expansion: int = 3,
    classes: int = 10,
    size: int = 16,
    share: float = 0.4,
    activation: str = "Clip",
    squeezed: bool = False,
) -> Planted:
    """MobileNet of inverted residuals: expand, ReLU6, each channel by itself, ReLU6, project.

    Projections have no activation behind them, and only convolutions without padding read
    them; between ReLU6 and a depthwise convolution only duplicates and zeros go. `squeezed`
    channels are multiplied by what a small network makes of their means, as in MobileNet-v3.
    """
    draft = Draft(seed)

    def clipped(stream: Stream) -> Stream:
        return draft.activated(stream, activation)

    x = clipped(draft.conv(image(), ordinary(widths[0]), normalised=True))
    for i, width in enumerate(widths):
        made = planted(draft.rng, width, round(share * width))
        for block in range(blocks):
            count = expansion * x.width
            wide = draft.before(activation, count, share)
            each = wide.with_zeros(draft.rng, round(share * count) // 4, stops=activation == "Clip")
            y = draft.conv(x, wide, 1, normalised=True)
            draft.layers[y.name] = count, each.gone  # nobody reads what depthwise filters make 0
            y = draft.depthwise(clipped(y), each, stride=2 if i and not block else 1)
            y = _squeezed(draft, clipped(y), each) if squeezed else clipped(y)
            y = draft.conv(y, made, 1, normalised=True)
            x = draft.then(y, "Add", x.name) if block else y
    head = draft.before(activation, 4 * widths[-1], share)
    return _sized(draft, clipped(draft.conv(x, head, 1, normalised=True)), classes, size)


def _squeezed(draft: Draft, x: Stream, made: Channels) -> Stream:
    """The channels, each multiplied by a factor that all of their means decide."""
    means = draft.then(x, "GlobalAveragePool")
    inner = draft.before("Relu", x.width // 4 + 2, 0.3)
    y = draft.then(draft.conv(means, inner, 1), "Relu")
    factors = draft.then(draft.conv(y, made.same(), 1), "HardSigmoid", alpha=1 / 6, beta=0.5)
    del draft.layers[draft.nodes[-1].input[0]]  # they go where the channels do
    return draft.then(x, "Mul", factors.name)


def _sized(draft: Draft, x: Stream, classes: int, size: int) -> Planted:
    x = draft.then(draft.then(x, "GlobalAveragePool"), "Flatten", axis=1)
    draft.gemm(x, ordinary(classes))
    return draft.finished([classes], given=(3, size, size))
