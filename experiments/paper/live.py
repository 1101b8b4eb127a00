"""The small version without torch: scikit-learn's perceptron on scikit-learn's digits.

The perceptron has two hidden layers; the second becomes synthetic, and only the output
layer is fitted again, by logistic regression on what the frozen layers make of the images.
A few seconds, and the same numbers each time.

References
----------
Pedregosa et al.: *Scikit-learn: Machine Learning in Python*, JMLR 12, 2011.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from experiments.paper.datasets import CLASSES, scaled
from lumpver.errors import Missing

if TYPE_CHECKING:
    from experiments.paper.datasets import Images, Pixels
    from experiments.paper.heads import Layer
    from experiments.paper.settings import Settings


def base(images: Images, settings: Settings, seed: int) -> tuple[Layer, ...]:
    """The trained layers, in float32.

    Raises
    ------
    Missing
        Without scikit-learn.

    Examples
    --------
    >>> import pytest
    >>> _ = pytest.importorskip("sklearn")
    >>> from experiments.paper.datasets import Images
    >>> from experiments.paper.settings import Settings
    >>> few = np.arange(40, dtype=np.uint8).reshape(10, 2, 2), np.arange(10)
    >>> small = Settings("few", model="mlp", hidden=(3, 4), fixed=2, epochs=1)
    >>> [W.shape for W, _ in base(Images("few", 64, *few, *few), small, 0)]
    [(3, 4), (4, 3), (10, 4)]
    """
    try:
        from sklearn.neural_network import MLPClassifier  # noqa: PLC0415 optional, heavy
    except ImportError as error:
        raise _missing() from error
    model = MLPClassifier(
        settings.hidden,
        batch_size=min(settings.batch, len(images.training)),
        learning_rate_init=settings.rate,
        random_state=seed,
    )
    x = _flat(images.training, images)
    for _ in range(settings.epochs):
        model.partial_fit(x, images.training_labels, classes=range(CLASSES))
    return tuple(
        (np.ascontiguousarray(W.T, dtype=np.float32), b.astype(np.float32))
        for W, b in zip(model.coefs_, model.intercepts_, strict=True)
    )


def refitted(
    layers: tuple[Layer, ...],
    synthetic: Layer,
    images: Images,
    settings: Settings,
    *,
    seed: int,
) -> tuple[Layer, ...]:
    """The layers with `synthetic` in its place and the output layer fitted to it.

    Raises
    ------
    Missing
        Without scikit-learn.
    """
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 optional, heavy
    except ImportError as error:
        raise _missing() from error
    W, b = synthetic
    read = features(layers, images.training, images, settings)
    hidden = np.maximum(read @ W.T.astype(np.float64) + b, 0)
    model = LogisticRegression(solver="newton-cg", random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it could still get better is no trouble
        model.fit(hidden, images.training_labels)
    last = model.coef_.astype(np.float32), model.intercept_.astype(np.float32)
    return (layers[0], synthetic, last)


def features(
    layers: tuple[Layer, ...], pixels: Pixels, images: Images, settings: Settings
) -> npt.NDArray[np.float64]:
    """What the synthetic layer reads on each image, in float64; the settings do not matter."""
    del settings
    W, b = layers[0]
    return np.asarray(np.maximum(_flat(pixels, images) @ W.T.astype(np.float64) + b, 0))


def _flat(pixels: Pixels, images: Images) -> npt.NDArray[np.float64]:
    return scaled(pixels, images.scale).reshape(len(pixels), -1).astype(np.float64)


def _missing() -> Missing:
    return Missing("scikit-learn", expected="pip install 'lumpver[sklearn]'", got="no such package")
