"""The paper's convolutional network, trained with torch; the only module that needs it.

Two blocks of 3x3 convolution, ReLU and 2x2 max-pooling, then three dense layers. Runs are
repeatable: seeded, with deterministic algorithms and a fixed number of threads.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 5.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from experiments.paper.datasets import CLASSES, scaled
from lumpver.errors import Missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from experiments.paper.datasets import Images, Pixels
    from experiments.paper.heads import Layer
    from experiments.paper.settings import Settings

SYNTHETIC: Final = 3
_AT_ONCE: Final = 1000


def base(images: Images, settings: Settings, seed: int) -> tuple[Layer, ...]:
    """The trained layers: two convolutions, then dense ones.

    Raises
    ------
    Missing
        Without torch.

    Examples
    --------
    >>> import pytest
    >>> _ = pytest.importorskip("torch")
    >>> from experiments.paper.settings import Settings
    >>> from experiments.paper.datasets import Images
    >>> few = np.arange(128, dtype=np.uint8).reshape(2, 8, 8), np.arange(2)
    >>> small = Settings("few", hidden=(3, 4), filters=2, padding=1, fixed=2, epochs=1)
    >>> [W.shape for W, _ in base(Images("few", 256, *few, *few), small, 0)]
    [(2, 1, 3, 3), (2, 2, 3, 3), (3, 8), (4, 3), (10, 4)]
    """
    with _repeatable(settings, seed) as torch:
        module = _module(torch, images.size, settings)
        _fit(torch, module, images, settings, epochs=settings.epochs, seed=seed)
        return _layers(torch, module)


def refitted(
    layers: tuple[Layer, ...],
    synthetic: Layer,
    images: Images,
    settings: Settings,
    *,
    seed: int,
) -> tuple[Layer, ...]:
    """The layers after training goes on with `synthetic` in its place, frozen.

    Raises
    ------
    Missing
        Without torch.
    """
    with _repeatable(settings, seed) as torch:
        module = _module(torch, images.size, settings)
        replaced = (*layers[:SYNTHETIC], synthetic, *layers[SYNTHETIC + 1 :])
        parts = _weighted(torch, module)
        for part, (W, b) in zip(parts, replaced, strict=True):
            part.weight.data = torch.from_numpy(np.array(W))
            part.bias.data = torch.from_numpy(np.array(b))
        parts[SYNTHETIC].requires_grad_(False)
        _fit(torch, module, images, settings, epochs=settings.retraining, seed=seed)
        return _layers(torch, module)


def features(
    layers: tuple[Layer, ...], pixels: Pixels, images: Images, settings: Settings
) -> npt.NDArray[np.float32]:
    """What the synthetic layer reads on each image, in float32.

    Raises
    ------
    Missing
        Without torch.
    """
    with _repeatable(settings, 0) as torch, torch.no_grad():
        module = _module(torch, images.size, settings)
        for part, (W, b) in zip(_weighted(torch, module), layers, strict=True):
            part.weight.data = torch.from_numpy(np.array(W))
            part.bias.data = torch.from_numpy(np.array(b))
        upto = module[:-3]
        x = torch.from_numpy(scaled(pixels, images.scale)[:, None])
        parts = [upto(x[i : i + _AT_ONCE]) for i in range(0, len(x), _AT_ONCE)]
        return np.array(torch.cat(parts).numpy())


@contextmanager
def _repeatable(settings: Settings, seed: int) -> Iterator[ModuleType]:
    """torch, seeded and deterministic; its state is as before afterwards."""
    try:
        import torch  # noqa: PLC0415 heavy, optional
    except ImportError as error:
        raise Missing(
            "torch", expected="pip install 'lumpver[torch]'", got="no such package"
        ) from error
    threads = torch.get_num_threads()
    strict = torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        try:
            torch.set_num_threads(settings.threads)
            torch.use_deterministic_algorithms(mode=True)
            torch.manual_seed(seed)
            yield torch
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(mode=strict)


def _module(torch: ModuleType, size: tuple[int, int], settings: Settings) -> Any:
    nn, filters, padding = torch.nn, settings.filters, settings.padding
    left = list(size)
    for _ in range(2):
        left = [(side + 2 * padding - 2) // 2 for side in left]
    flat = filters * left[0] * left[1]
    narrow, wide = settings.hidden
    return nn.Sequential(
        nn.Conv2d(1, filters, 3, padding=padding),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(filters, filters, 3, padding=padding),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(flat, narrow),
        nn.ReLU(),
        nn.Linear(narrow, wide),
        nn.ReLU(),
        nn.Linear(wide, CLASSES),
    )


def _weighted(torch: ModuleType, module: Any) -> list[Any]:
    """The modules with weights, in order."""
    return [part for part in module if isinstance(part, torch.nn.Conv2d | torch.nn.Linear)]


def _layers(torch: ModuleType, module: Any) -> tuple[Layer, ...]:
    return tuple(
        (part.weight.detach().numpy().copy(), part.bias.detach().numpy().copy())
        for part in _weighted(torch, module)
    )


def _fit(
    torch: ModuleType, module: Any, images: Images, settings: Settings, *, epochs: int, seed: int
) -> None:
    """Train what is not frozen, with Adam, on a new random order each epoch."""
    x = torch.from_numpy(scaled(images.training, images.scale)[:, None])
    labels = torch.from_numpy(np.array(images.training_labels))
    free = [part for part in module.parameters() if part.requires_grad]
    optimiser = torch.optim.Adam(free, lr=settings.rate)
    random = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=random)
        for batch in order.split(settings.batch):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(module(x[batch]), labels[batch]).backward()
            optimiser.step()
