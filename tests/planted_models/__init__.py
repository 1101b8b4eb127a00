"""Models as people have them, with filters in them that are known to be superfluous.

channels: the units of a stream, and which of them were planted
draft: a model while it is drawn, its weights in step with the planted channels
chains, residual, joined, transformer: the families
mixed: blocks of all families in one network; respelling: a model as other exporters write it
FAMILIES: a builder of each, by name
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from .chains import vgg
from .joined import densenet, inception, unet
from .residual import mobilenet, preactivated, resnet
from .transformer import mlp_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from .draft import Planted

FAMILIES: Final[dict[str, Callable[..., Planted]]] = {
    "vgg": vgg,
    "vgg-normalised": partial(vgg, normalised=True),
    "vgg-leaky": partial(vgg, activation="LeakyRelu"),
    "vgg-slopes": partial(vgg, activation="PRelu", normalised=True),
    "vgg-elu": partial(vgg, activation="Elu"),
    "vgg-silu": partial(vgg, activation="Silu", normalised=True),
    "vgg-sigmoid": partial(vgg, activation="Sigmoid"),
    "resnet-folded": partial(resnet, normalised=False),
    "resnet": resnet,
    "resnet-necks": partial(resnet, neck=2),
    "resnet-preactivated": preactivated,
    "mobilenet": mobilenet,
    "mobilenet-v3": partial(mobilenet, activation="HardSwish", squeezed=True),
    "densenet": densenet,
    "unet": unet,
    "unet-resized": partial(unet, resized=True),
    "inception": inception,
    "inception-normalised": partial(inception, normalised=True),
    "transformer-relu": mlp_blocks,
    "transformer-gelu": partial(mlp_blocks, activation="Gelu"),
}
