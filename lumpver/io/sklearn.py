"""Networks from scikit-learn's multi-layer perceptrons, weights kept as they are.

The output is what the last layer adds up: the raw decision values, before the softmax,
logistic function or exponential that a model may put behind them.

References
----------
Pedregosa et al.: *Scikit-learn: Machine Learning in Python*, JMLR 12, 2011.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from lumpver.errors import Malformed, Missing
from lumpver.model.activations import activation
from lumpver.model.network import Network, Tensor

_DTYPES: Final = ("float32", "float64")


def from_sklearn(model: Any) -> Network:
    """The network of a fitted `MLPClassifier` or `MLPRegressor`, over `("batch", n)`.

    Its hidden activations are the model's (relu, identity, tanh or logistic), its numbers
    the model's coefficients, in their dtype and copied.

    Raises
    ------
    Malformed
        If `model` is something else, or is not fitted.
    NotANumber
        If a coefficient is NaN or infinite.
    Missing
        If scikit-learn is not installed.

    Examples
    --------
    >>> import pytest
    >>> perceptrons = pytest.importorskip("sklearn.neural_network")
    >>> model = perceptrons.MLPRegressor(hidden_layer_sizes=(2,), random_state=0)
    >>> from_sklearn(model.partial_fit([[0.0], [1.0]], [0.0, 1.0])).widths
    (1, 2, 1)
    """
    _checked(model)
    dtype = str(model.coefs_[0].dtype)
    if dtype not in _DTYPES or {str(part.dtype) for part in _numbers(model)} != {dtype}:
        raise Malformed("coefficients", expected="float32 or float64 throughout", got=dtype)
    hidden = activation(model.activation)
    layers = [
        (np.array(W.T, order="C"), np.array(b))
        for W, b in zip(model.coefs_, model.intercepts_, strict=True)
    ]
    chain = Network.from_layers(layers, activation=hidden)
    tensors = {
        name: Tensor(name, dtype, ("batch", *(tensor.shape or ())))
        for name, tensor in chain.tensors.items()
    }
    return Network((tensors["x"],), (tensors["y"],), chain.nodes, tensors)


def _numbers(model: Any) -> list[Any]:
    return [*model.coefs_, *model.intercepts_]


def _checked(model: Any) -> None:
    try:
        from sklearn.neural_network import (  # noqa: PLC0415 optional
            MLPClassifier,
            MLPRegressor,
        )
    except ImportError as error:
        raise Missing(
            "scikit-learn", expected="pip install 'lumpver[sklearn]'", got="no such package"
        ) from error
    expected = "a fitted MLPClassifier or MLPRegressor"
    if not isinstance(model, MLPClassifier | MLPRegressor):
        raise Malformed("model", expected=expected, got=type(model).__name__)
    if not getattr(model, "coefs_", None):
        raise Malformed("model", expected=expected, got="one that is not fitted")
