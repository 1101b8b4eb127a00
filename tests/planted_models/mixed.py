"""Blocks of all families in one network, in an order and of sizes that a seed decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .channels import AGAIN, ordinary, planted
from .draft import Draft, Planted, Stream, image

if TYPE_CHECKING:
    from collections.abc import Callable

    Block = Callable[[Draft, Stream, float], Stream]

_ACTIVATIONS: Final = ("Relu", "Relu", "LeakyRelu", "Clip", "Elu", "Silu", "HardSwish", "Sigmoid")


def mixed(*, seed: int = 0, blocks: int = 4, size: int = 16, share: float = 0.4) -> Planted:
    """A network of so many blocks; all that is planted in it goes, as in the families."""
    draft = Draft(seed)
    x = image()
    for _ in range(blocks):
        x = _BLOCKS[draft.rng.integers(len(_BLOCKS))](draft, x, share)
    if draft.rng.random() < 0.5:
        x = draft.then(x, "Relu")
    x = draft.then(draft.then(x, "GlobalAveragePool"), "Flatten", axis=1)
    draft.gemm(x, ordinary(5))
    return draft.finished([5], given=(3, size, size))


def _some(draft: Draft, *choices: Any) -> Any:
    return choices[draft.rng.integers(len(choices))]


def _layer(draft: Draft, x: Stream, share: float, size: int, **window: Any) -> Stream:
    """A convolution with some activation or with none."""
    width, normalised = _some(draft, 6, 9, 12), draft.rng.random() < 0.5
    activation = _some(draft, *_ACTIVATIONS, None)
    if activation is None:
        count = round(share * width)
        made = planted(draft.rng, width, count, pads=True, stops=False)
        return draft.conv(x, made, size, normalised=normalised, **window)
    made = draft.before(activation, width, share, pads=True)
    return draft.activated(draft.conv(x, made, size, normalised=normalised, **window), activation)


def _plain(draft: Draft, x: Stream, share: float) -> Stream:
    return _layer(draft, x, share, _some(draft, 1, 3, 5), stride=_some(draft, 1, 1, 2))


def _pooled(draft: Draft, x: Stream, share: float) -> Stream:
    x = _plain(draft, x, share)
    kind = _some(draft, "MaxPool", "AveragePool", "small")
    if kind == "MaxPool":
        return draft.then(x, kind, kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4)
    if kind == "small":
        x = draft.then(draft.conv(x, ordinary(7), 3), "Relu")
        return draft.then(x, "MaxPool", kernel_shape=[2, 2], strides=[1, 1])
    return draft.then(x, kind, kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4)


def _residual(draft: Draft, x: Stream, share: float) -> Stream:
    """A sum of two or three convolutions of as many streams, with or without an activation."""
    width, normalised = _some(draft, 6, 10), draft.rng.random() < 0.5
    stops = draft.rng.random() < 0.7
    made = planted(draft.rng, width, round(share * width), pads=True, stops=stops)

    def end(stream: Stream) -> Stream:
        return draft.then(stream, "Relu") if stops else stream

    x = end(draft.conv(x, made, normalised=normalised))
    for _ in range(_some(draft, 1, 2)):
        y = _layer(draft, x, share, 3)
        y = draft.conv(y, made, _some(draft, 1, 3), normalised=normalised)
        x = end(draft.then(y, "Add", x.name))
    return x


def _separable(draft: Draft, x: Stream, share: float) -> Stream:
    """Expand, each channel by itself, project."""
    activation = _some(draft, "Clip", "HardSwish", "Silu")
    wide = draft.before(activation, _some(draft, 12, 18), share)
    y = draft.activated(draft.conv(x, wide, 1, normalised=True), activation)
    y = draft.activated(draft.depthwise(y, wide), activation)
    width = _some(draft, 6, 8)
    made = planted(draft.rng, width, round(share * width), pads=True, stops=False)
    return draft.conv(y, made, 1)


def _dense(draft: Draft, x: Stream, share: float) -> Stream:
    """Two layers that read all before them."""
    start = planted(draft.rng, 8, round(share * 8), kinds=AGAIN)
    x = draft.conv(x, start, 3, biased=False)
    for _ in range(2):
        ready = Stream(draft.normal(x.name, x.channels, written=False), x.parts)
        grown = planted(draft.rng, 6, round(share * 6), kinds=AGAIN)
        x = draft.joined(x, draft.conv(draft.then(ready, "Relu"), grown, biased=False))
    ready = Stream(draft.normal(x.name, x.channels, written=False), x.parts)
    return draft.then(ready, "Relu")


def _branches(draft: Draft, x: Stream, share: float) -> Stream:
    """Some layers side by side."""
    parts = [_layer(draft, x, share, size) for size in (1, 3, 5)[: _some(draft, 2, 3)]]
    return draft.joined(*parts)


def _up(draft: Draft, x: Stream, share: float) -> Stream:
    """Twice as many positions, then every second of them."""
    if draft.rng.random() < 0.5:
        y = draft.larger(x)
    else:
        made = planted(draft.rng, 8, round(share * 8), pads=True, stops=False)
        y = draft.upwards(x, made)
    return _layer(draft, y, share, 3, stride=2)


_BLOCKS: Final[tuple[Block, ...]] = (
    _plain, _pooled, _residual, _residual, _separable, _dense, _branches, _up,
)  # fmt: skip
