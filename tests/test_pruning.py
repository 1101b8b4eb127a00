"""Pruning: importance and compensation against differences, exact values and the theory."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lumpver
from lumpver import Network, Proved, prove, prune
from lumpver.bounds.bounding import bounded
from lumpver.bounds.leaf import Interval
from lumpver.bounds.plan import planned
from lumpver.errors import Malformed, NotANumber, ShapeMismatch
from lumpver.model.network import Linear, Tensor, linear
from lumpver.pruning import METHODS
from lumpver.pruning.dense import layers
from lumpver.pruning.influence import influence
from lumpver.pruning.losses import alike, of_curvature, of_loss, of_outputs
from lumpver.pruning.moments import moments
from lumpver.pruning.passes import backward, forward
from lumpver.pruning.trying import changes

SIZES = (6, 20, 20, 24, 3)


def random_network(activation: str, *, sizes: tuple[int, ...] = SIZES, seed: int = 0) -> Network:
    """A network of random floats."""
    draw = np.random.default_rng(seed)
    parts = [
        (draw.normal(size=(b, a)) / np.sqrt(a), draw.normal(size=b) / 10)
        for a, b in pairwise(sizes)
    ]
    return Network.from_layers(parts, activation=activation)


def samples(count: int = 200, entries: int = SIZES[0]) -> np.ndarray[Any, Any]:
    """Random inputs."""
    return np.random.default_rng(7).normal(size=(count, entries))


def outputs(network: Network, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What a network makes of samples, in floats."""
    return forward(planned(network, {"x": x.shape[1]}), {"x": x})["y"]


def changed(network: Network, layer: int, unit: int, column: int | None, by: float) -> Network:
    """A network with one weight, or bias, that is more by so much."""
    nodes, place = list(network.nodes), 0
    for i, node in enumerate(nodes):
        if not isinstance(node, Linear):
            continue
        if place == layer:
            W, b = np.array(node.W), np.array(node.b)
            if column is None:
                b[unit] += by
            else:
                W[unit, column] += by
            made = linear(node.name, node.input, node.output, W, b, axis=node.axis)
            nodes[i] = made
        place += 1
    return replace(network, nodes=tuple(nodes))


@pytest.mark.parametrize("activation", ["Tanh", "Relu", "Sigmoid", "Gelu", "Softsign", "Square"])
def test_importance_and_compensation_are_those_of_differences(activation: str) -> None:
    """Importance and compensation are those of differences."""
    network, x = random_network(activation), samples()
    plan = planned(network, {"x": x.shape[1]})
    dense, _ = layers(network, plan)
    found = moments(network, plan, dense, {"x": x}, of_outputs)
    assert sum(layer.W.size for layer in dense) > 1000
    step = 1e-5
    for place, (layer, seen) in enumerate(zip(dense, found, strict=True)):
        for unit in range(0, layer.W.shape[0], 3):

            def slope(column: int | None, at: int = place, of: int = unit) -> Any:
                ends = [outputs(changed(network, at, of, column, s), x) for s in (step, -step)]
                return (ends[0] - ends[1]) / (2 * step)

            by_bias = slope(None)
            for column in range(0, layer.W.shape[1], 5):
                by_weight = slope(column)
                w = layer.W[unit, column]
                both, bias = (by_weight * by_bias).sum(), (by_bias * by_bias).sum()
                wanted = w * w * ((by_weight**2).sum() - both**2 / bias) / len(x)
                got = w * w * seen.spread[unit, column]
                assert abs(got - wanted) <= 1e-4 * wanted + 1e-12
                assert abs(seen.mean[unit, column] - both / bias) <= 1e-4 * (1 + abs(both / bias))


@pytest.mark.parametrize("activation", ["Tanh", "Relu"])
def test_a_loss_counts_as_its_differences_do(activation: str) -> None:
    """A loss counts as its differences do."""
    network, x = random_network(activation), samples(60)
    wanted = np.random.default_rng(3).normal(size=(60, 3))
    classes = np.random.default_rng(3).integers(0, 3, size=(60, 1)).astype(float)
    plan = planned(network, {"x": x.shape[1]})
    dense, _ = layers(network, plan)

    def squares(y: Any) -> Any:
        return ((y - wanted) ** 2).mean(axis=1)

    def entropy(y: Any) -> Any:
        y = y - y.max(axis=1, keepdims=True)
        return np.log(np.exp(y).sum(axis=1)) - y[np.arange(60), classes[:, 0].astype(int)]

    for name, target, loss in (("squares", wanted, squares), ("cross-entropy", classes, entropy)):
        found = moments(network, plan, dense, {"x": x}, of_loss(name, target))
        for place, seen in enumerate(found):
            for unit in range(3):
                ends = [
                    loss(outputs(changed(network, place, unit, None, s), x)) for s in (1e-5, -1e-5)
                ]
                g = (((ends[0] - ends[1]) / 2e-5) ** 2).mean()
                assert abs(seen.g[unit] - g) <= 1e-4 * g + 1e-10


def test_curvature_is_that_of_the_softmax() -> None:
    """Curvature is that of the softmax."""
    network, x = random_network("Relu", sizes=(4, 5, 3)), samples(20, 4)
    plan = planned(network, {"x": 4})
    dense, _ = layers(network, plan)
    found = moments(network, plan, dense, {"x": x}, of_curvature("cross-entropy"))
    y = outputs(network, x)
    share = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    W = dense[1].W
    on = forward(plan, {"x": x})[dense[1].node.input] > 0
    for unit in range(5):
        J = on[:, unit, None] * W[:, unit]
        h = (share * J * J).sum(axis=1) - (share * J).sum(axis=1) ** 2
        assert abs(found[0].g[unit] - h.mean()) <= 1e-12
    squares = moments(network, plan, dense, {"x": x}, of_curvature("squares"))
    outs = moments(network, plan, dense, {"x": x}, of_outputs)
    assert all((a.g == b.g).all() for a, b in zip(squares, outs, strict=True))


def test_exact_values_agree_away_from_kinks() -> None:
    """What a small share of the change does, by exact evaluation of both networks."""
    network, x = random_network("Relu", sizes=(3, 4, 2)), samples(12, 3)
    plan = planned(network, {"x": 3})
    dense, _ = layers(network, plan)
    found = moments(network, plan, dense, {"x": x}, of_outputs)
    share = 2.0**-30
    for place, (layer, seen) in enumerate(zip(dense, found, strict=True)):
        for unit in range(layer.W.shape[0]):
            for column in range(layer.W.shape[1]):
                w = layer.W[unit, column]
                d = seen.mean[unit, column] * w
                other = changed(
                    changed(network, place, unit, column, -share * w), place, unit, None, share * d
                )
                total = Fraction(0)
                for row in x:
                    ours, theirs = (n.evaluate({"x": row})["y"].tolist() for n in (network, other))
                    total += sum(
                        (Fraction(str(a)) - Fraction(str(b))) ** 2
                        for a, b in zip(ours, theirs, strict=True)
                    )
                got = float(total) / len(x) / share**2
                wanted = w * w * seen.spread[unit, column]
                assert abs(got - wanted) <= 1e-5 * wanted + 1e-10


def test_of_several_weights_of_a_unit_the_best_biases_add_up() -> None:
    """Of several weights of a unit the best biases add up."""
    network, x = random_network("Tanh", sizes=(5, 4, 2)), samples(50, 5)
    plan = planned(network, {"x": 5})
    dense, _ = layers(network, plan)
    seen = moments(network, plan, dense, {"x": x}, of_outputs)[0]
    J = backward(plan, forward(plan, {"x": x}), {"y": np.array([[1.0, 0.0]] * 50)})
    K = backward(plan, forward(plan, {"x": x}), {"y": np.array([[0.0, 1.0]] * 50)})
    g = J[dense[0].name] ** 2 + K[dense[0].name] ** 2
    off = (dense[0].W[1] * x)[:, [0, 2, 3]].sum(axis=1)
    best = (g[:, 1] * off).sum() / g[:, 1].sum()
    assert abs((dense[0].W[1] * seen.mean[1])[[0, 2, 3]].sum() - best) < 1e-12


def test_a_unit_that_never_fires_does_not_wake_up() -> None:
    """A unit that never fires does not wake up."""
    network = Network.from_layers([([[1.0, 1.0]], [-10.0]), ([[1.0]], [0.0])])
    x = np.array([[4.0, 1.0], [2.0, 3.0], [4.5, 4.0]])
    found = prune(network, "1/3", data=x)
    assert found.removed == 1
    first = found.network.nodes[0]
    assert isinstance(first, Linear)
    assert first.W is not None
    assert first.W.tolist() == [[0.0, 1.0]]
    assert first.b is not None
    assert first.b.tolist() == [-10.0 + 3.5]
    assert found.change == (0.0, 0.0)


def test_samples_by_parts_are_samples_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples by parts are samples at once."""
    network, x = random_network("Tanh"), samples(50)
    plan = planned(network, {"x": x.shape[1]})
    dense, _ = layers(network, plan)
    whole = moments(network, plan, dense, {"x": x}, of_outputs)
    monkeypatch.setattr("lumpver.pruning.moments._ENTRIES", 1000)
    parts = moments(network, plan, dense, {"x": x}, of_outputs)
    for a, b in zip(whole, parts, strict=True):
        assert np.abs(a.spread - b.spread).max() < 1e-12
        assert np.abs(a.mean - b.mean).max() < 1e-12


def test_what_is_tried_is_what_happens() -> None:
    """What is tried is what happens."""
    network, x = random_network("Relu", sizes=(3, 4, 2)), samples(20, 3)
    plan = planned(network, {"x": 3})
    dense, _ = layers(network, plan)
    mean = moments(network, plan, dense, {"x": x}, of_outputs)
    for place, (layer, seen) in enumerate(zip(dense, mean, strict=True)):
        found = changes(network, plan, layer, {"x": x}, seen.mean)
        for unit in range(layer.W.shape[0]):
            for column in range(layer.W.shape[1]):
                w = layer.W[unit, column]
                other = changed(network, place, unit, column, -w)
                other = changed(other, place, unit, None, w * seen.mean[unit, column])
                off = ((outputs(network, x) - outputs(other, x)) ** 2).sum(axis=1).mean()
                assert abs(found[unit, column] - off) <= 1e-12


def test_layers_by_themselves_count_every_sample() -> None:
    """Layers by themselves count every sample."""
    network, x = random_network("Relu", sizes=(3, 4, 2)), samples(20, 3)
    plan = planned(network, {"x": 3})
    dense, _ = layers(network, plan)
    seen = moments(network, plan, dense, {"x": x}, alike)[0]
    assert np.abs(seen.spread - x.var(axis=0)).max() < 1e-12
    assert np.abs(seen.mean - x.mean(axis=0)).max() < 1e-12


@pytest.mark.parametrize("method", [name for name in METHODS if name not in {"box", "ecp-loss"}])
@pytest.mark.parametrize("ratio", [0, "0.3", 1])
def test_every_method_takes_out_as_many_as_asked(method: str, ratio: Any) -> None:
    """Every method takes out as many as asked."""
    network, x = random_network("Relu", sizes=(3, 4, 2)), samples(20, 3)
    data = None if METHODS[method].sees is None else x
    found = prune(network, ratio, method=method, data=data)
    assert found.removed == int(Fraction(str(ratio)) * 20)
    assert found.weights == 20
    zeros = sum(int((layer.W == 0).sum()) for layer in layers(found.network, _plan(found))[0])
    assert zeros == found.removed
    if ratio == 0:
        assert found.network is network
    if ratio == 1:
        assert lumpver.reduce(found.network).network.units == 0


def _plan(found: Any) -> Any:
    return planned(found.network, {"x": 3})


def test_the_dataless_variant_begins_with_what_is_exact() -> None:
    """Where an input is one number on the box, its weights go first, and nothing changes there."""
    network = random_network("Relu", sizes=(3, 6, 4, 2))
    box = {"x": [(-1, 1), ("1/4", "1/4"), (0, 2)]}
    found = prune(network, "1/10", method="box", box=box)
    first = layers(found.network, _plan(found))[0][0]
    assert found.removed == 5
    assert (first.W[:, [0, 2]] != 0).all()
    assert isinstance(prove(network, found.network, box=box), Proved)
    assert not isinstance(prove(network, found.network, timeout=20), Proved)


@given(st.integers(0, 2**32 - 1))
def test_no_bias_makes_up_better_on_a_box(seed: int) -> None:
    """No bias makes up better on a box."""
    draw = np.random.default_rng(seed)
    w, low = draw.normal(size=2)
    high = low + abs(draw.normal())
    middle, other = w * (low + high) / 2, draw.normal()
    worst = [max(abs(d - w * low), abs(d - w * high)) for d in (middle, other)]
    assert worst[0] <= worst[1] + 1e-12


def test_first_order_influence_is_no_less_than_any_slope() -> None:
    """First order influence is no less than any slope."""
    network = random_network("Tanh", sizes=(3, 5, 4, 2))
    plan = planned(network, {"x": 3})
    known = bounded(plan, {"x": Interval(-np.ones(3), np.ones(3))}).intervals
    found = influence(plan, known, ("y",))
    x = np.random.default_rng(0).uniform(-1, 1, size=(500, 3))
    values = forward(plan, {"x": x})
    for i in range(2):
        rows = np.zeros((500, 2))
        rows[:, i] = 1.0
        for name, slopes in backward(plan, values, {"y": rows}).items():
            assert (np.abs(slopes).max(axis=0) <= found[name] + 1e-12).all()


def test_pruned_constant_inputs_are_exact_and_reduce_takes_the_rest() -> None:
    """Pruned constant inputs are exact and reduce takes the rest."""
    network = random_network("Relu", sizes=(4, 6, 2))
    x = samples(30, 4)
    x[:, 2] = 0.5
    found = prune(network, "1/6", data=x)
    first = layers(found.network, planned(found.network, {"x": 4}))[0][0]
    assert (first.W[:, 2] == 0).all()
    assert found.change is not None
    assert found.change[1] < 1e-12


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"ratio": "1.5"}, Malformed),
        ({"ratio": -1}, Malformed),
        ({"ratio": "nan"}, NotANumber),
        ({"ratio": "0.5", "method": "best"}, Malformed),
        ({"ratio": "0.5", "loss": "hinge"}, Malformed),
        ({"ratio": "0.5"}, Malformed),  # no data
        ({"ratio": "0.5", "method": "ecp-loss", "data": [[1, 2, 3]]}, Malformed),  # no targets
        ({"ratio": "0.5", "data": [[1, 2, 3]], "targets": [[1, 2]]}, Malformed),  # of no use
        ({"ratio": "0.5", "method": "box"}, Malformed),
        ({"ratio": "0.5", "box": "[0, 1]", "data": [[1, 2, 3]]}, Malformed),
        ({"ratio": "0.5", "data": [[1, 2]]}, ShapeMismatch),
        ({"ratio": "0.5", "data": [1, 2, 3]}, ShapeMismatch),
        ({"ratio": "0.5", "data": 3}, ShapeMismatch),
        ({"ratio": "0.5", "data": np.zeros((0, 3))}, Malformed),
        ({"ratio": "0.5", "data": [[1, 2, float("nan")]]}, NotANumber),
        ({"ratio": "0.5", "data": [[1, 2, float("inf")]]}, NotANumber),
        ({"ratio": "0.5", "data": [["a", "b", "c"]]}, Malformed),
        ({"ratio": "0.5", "data": {"z": [[1, 2, 3]]}}, Malformed),
        ({"ratio": "0.5", "data": [[1e308, 1e308, 1e308]]}, Malformed),  # outputs overflow
        (
            {
                "ratio": "0.5",
                "method": "ecp-loss",
                "loss": "cross-entropy",
                "data": [[1, 2, 3]],
                "targets": [2],
            },
            Malformed,
        ),
        (
            {"ratio": "0.5", "method": "ecp-loss", "data": [[1, 2, 3]], "targets": [[1, 2, 3]]},
            ShapeMismatch,
        ),
        (
            {"ratio": "0.5", "method": "ecp-loss", "data": [[1, 2, 3]], "targets": [[1, 2]] * 2},
            ShapeMismatch,
        ),
    ],
)
def test_bad_input_has_its_clear_answer(options: dict[str, Any], error: type[Exception]) -> None:
    """Bad input has its clear answer."""
    network = Network.from_layers(
        [([[1e10, 2, 3], [4, 5, 6]], [0, 0]), ([[1, 2], [1e10, 4]], [0, 0])]
    )
    with pytest.raises(error) as met:
        prune(network, options.pop("ratio"), **options)
    assert str(met.value)


def test_a_model_without_weights_is_none_to_prune() -> None:
    """A model without weights is none to prune."""
    x, y = Tensor("x", shape=(2,)), Tensor("y", shape=(2,))
    model = Network((x,), (y,), (linear("d", "x", "y", [2, 3]),), {"x": x, "y": y})
    with pytest.raises(Malformed, match="dense layer"):
        prune(model, "0.5", method="magnitude")
