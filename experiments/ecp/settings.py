"""What a run is made of, and the runs that the project knows.

ratios: which shares of the weights are taken out
certify: into how many parts each input's range is cut for bounds, where inputs are few
"""

from __future__ import annotations

from typing import Final

import msgspec


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One run: task, networks, training and what is tried.

    Examples
    --------
    >>> DIFFUSION.hidden, len(DIFFUSION.methods)
    (((24, 24), (40, 40, 40)), 7)
    """

    task: str
    hidden: tuple[tuple[int, ...], ...]
    activation: str
    loss: str
    epochs: int
    tuning: int
    batch: int = 128
    rate: float = 2e-3
    noise: float = 0.0
    examples: int = 500
    certify: int = 1
    ratios: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
    methods: tuple[str, ...] = ("ecp", "ecp-loss", "gradient", "obd", "magnitude", "random")


DIFFUSION: Final = Settings(
    "diffusion",
    hidden=((24, 24), (40, 40, 40)),
    activation="Tanh",
    loss="squares",
    epochs=200,
    tuning=40,
    noise=0.005,
    certify=8,
    methods=("ecp", "ecp-loss", "gradient", "obd", "magnitude", "random", "tried"),
)
NOISY: Final = msgspec.structs.replace(DIFFUSION, task="diffusion-noisy", noise=0.2)
MNIST: Final = Settings(
    "mnist",
    hidden=((64, 32), (128, 64, 32)),
    activation="Relu",
    loss="cross-entropy",
    epochs=8,
    tuning=1,
)
SMALL: Final = msgspec.structs.replace(
    DIFFUSION, hidden=((8, 8),), epochs=20, tuning=4, ratios=(0.3, 0.7), certify=4, examples=100
)
