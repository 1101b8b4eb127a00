"""What is learnt: inputs and what is wanted of them, to train with and to test with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from experiments.ecp.diffusion import END, solution
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from pathlib import Path

    from experiments.ecp.settings import Settings
    from lumpver.exact.floats import Floats

_TRAINED: Final = 12_000


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Rows of inputs between 0 and 1, and rows of numbers, or a class each."""

    x: Floats
    y: npt.NDArray[Any]
    x_test: Floats
    y_test: npt.NDArray[Any]

    @property
    def outputs(self) -> int:
        """How many outputs a network has."""
        classes = np.issubdtype(self.y.dtype, np.integer)
        return int(self.y.max()) + 1 if classes else int(self.y.shape[1])


def task(settings: Settings, seed: int, *, mnist: Path | None = None) -> Task:
    """The data of a run, drawn for that seed.

    Raises
    ------
    Malformed
        If images are asked for and no folder is given, or the task is none.
    """
    draw = np.random.default_rng(seed)
    match settings.task:
        case "diffusion" | "diffusion-noisy":
            return _diffusion(settings.noise, draw)
        case "mnist" if mnist is not None:
            return _mnist(mnist, draw)
        case "mnist":
            raise Malformed("images", expected="a folder with MNIST's files", got="none")
        case other:
            raise Malformed("task", expected="diffusion or mnist", got=other)


def _diffusion(noise: float, draw: Any) -> Task:
    """Values at points of a grid, with noise to train with and without it to test with."""
    x, t, u = solution()
    places = np.stack(np.meshgrid(t / END, x, indexing="ij"), axis=-1)[4::10, ::2]
    values = u[4::10, ::2].reshape(-1, 1)
    points = places.reshape(-1, 2)[:, ::-1].copy()
    order = draw.permutation(points.shape[0])
    train, test = order[: order.size * 4 // 5], order[order.size * 4 // 5 :]
    noisy = values + draw.uniform(-noise, noise, size=values.shape)
    return Task(points[train], noisy[train], points[test], values[test])


def _mnist(folder: Path, draw: Any) -> Task:
    from experiments.paper.datasets import mnist  # noqa: PLC0415 only where it is asked for

    images = mnist(folder)
    chosen = draw.permutation(images.training.shape[0])[:_TRAINED]
    shape = (-1, images.size[0] * images.size[1])
    x, x_test = (
        pixels.reshape(shape) / images.scale for pixels in (images.training[chosen], images.testing)
    )
    return Task(x, images.training_labels[chosen, None], x_test, images.testing_labels[:, None])
