"""Networks from scikit-learn: the coefficients as they are, the decision values exactly."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from lumpver.errors import Malformed, Missing, NotANumber, NotRational
from lumpver.io.sklearn import from_sklearn

perceptrons = pytest.importorskip("sklearn.neural_network")

X = np.array([[0.0, 1.0, 2.0], [1.0, -1.0, 0.0], [2.0, 2.0, -3.0], [-1.0, 0.0, 1.0]])


def regressor(dtype: str = "float64", y: Any = (0.0, 1.0, 2.0, 1.0), **options: Any) -> Any:
    """A regressor after one step of training; the step fixes shapes and dtype."""
    options = {"hidden_layer_sizes": (3, 2), "random_state": 0, **options}
    return perceptrons.MLPRegressor(**options).partial_fit(X.astype(dtype), np.array(y, dtype))


def classifier(labels: list[int]) -> Any:
    """A classifier after one step of training."""
    model = perceptrons.MLPClassifier(hidden_layer_sizes=(4,), random_state=0)
    return model.partial_fit(X, labels, classes=sorted(set(labels)))


def with_integers(model: Any) -> Any:
    """The model with small integers for coefficients, where float arithmetic is exact."""
    random = np.random.default_rng(3)
    for part in (*model.coefs_, *model.intercepts_):
        part[...] = random.integers(-4, 5, part.shape)
    return model


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [(), (1,), (3, 2)])
def test_structure(dtype: str, sizes: tuple[int, ...]) -> None:
    """Widths, dtype, the batch axis and every coefficient are the model's."""
    model = regressor(dtype, hidden_layer_sizes=sizes)
    network = from_sklearn(model)
    assert network.widths == (3, *sizes, 1)
    assert {tensor.dtype for tensor in network.tensors.values()} == {dtype}
    assert network.inputs[0].shape == ("batch", 3)
    affine = [node for node in network.nodes if hasattr(node, "W")]
    for node, W, b in zip(affine, model.coefs_, model.intercepts_, strict=True):
        assert node.W.dtype == node.b.dtype == dtype
        assert (node.W == W.T).all()
        assert (node.b == b).all()


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_regressor_value(activation: str) -> None:
    """Where float arithmetic is exact, predictions are the network's values."""
    model = with_integers(regressor(activation=activation))
    expected = [int(value) for value in model.predict(X)]
    assert [value for (value,) in from_sklearn(model)(X)] == expected
    assert from_sklearn(model)([1, -1, 0]) == ((expected[1],),)


def test_several_outputs() -> None:
    """One output unit per target."""
    model = with_integers(regressor(y=[[0.0, 1.0]] * 4))
    assert np.array(from_sklearn(model)(X)).astype(float).tolist() == model.predict(X).tolist()


@pytest.mark.parametrize("labels", [[0, 1, 0, 1], [0, 1, 2, 1]])
def test_classifier_value(labels: list[int]) -> None:
    """The network gives the decision values: their sign, or the largest, is the class."""
    model = with_integers(classifier(labels))
    found = from_sklearn(model)(X)
    if len(set(labels)) == 2:
        classes = [int(bool(value > 0)) for (value,) in found]
    else:
        classes = [row.index(max(row)) for row in found]
    assert classes == model.predict(X).tolist()


@pytest.mark.parametrize(("name", "operator"), [("tanh", "Tanh"), ("logistic", "Sigmoid")])
def test_other_activations(name: str, operator: str) -> None:
    """Tanh and the logistic function are kept; their values are seldom rational."""
    network = from_sklearn(regressor(activation=name))
    assert [str(node.activation) for node in network.nodes[1::2]] == [operator] * 2
    with pytest.raises(NotRational):
        network([1, 2, 3])


def test_later_training_does_not_show() -> None:
    """The network holds copies."""
    model = regressor()
    network = from_sklearn(model)
    digest = from_sklearn(model).digest
    model.coefs_[0][...] = 7
    assert network.digest == digest


@pytest.mark.parametrize(
    "model",
    [
        None,
        "MLPClassifier",
        perceptrons.MLPClassifier,
        perceptrons.MLPClassifier(),
        perceptrons.MLPRegressor(),
        perceptrons.BernoulliRBM(),
    ],
    ids=["none", "text", "class", "unfitted classifier", "unfitted regressor", "other"],
)
def test_refused(model: Any) -> None:
    """Other objects and unfitted models are refused."""
    with pytest.raises(Malformed, match="fitted MLPClassifier or MLPRegressor"):
        from_sklearn(model)


def test_odd_coefficients_refused() -> None:
    """NaN, and a dtype that scikit-learn does not make, are refused."""
    model = regressor()
    model.coefs_[1][0, 0] = np.nan
    with pytest.raises(NotANumber, match="layer 2"):
        from_sklearn(model)
    for odd in (np.float16, np.int64, np.float32):
        model = regressor()
        model.coefs_[0] = model.coefs_[0].astype(odd)
        with pytest.raises(Malformed):
            from_sklearn(model)


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without scikit-learn the error says what to install."""
    monkeypatch.setitem(sys.modules, "sklearn.neural_network", None)
    with pytest.raises(Missing, match=r"lumpver\[sklearn\]"):
        from_sklearn(None)
