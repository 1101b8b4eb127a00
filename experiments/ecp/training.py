"""Perceptrons trained by Adam, in numpy: weights that were taken out stay out."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.exact.outward import nearest
from lumpver.model.network import Linear, Network

if TYPE_CHECKING:
    from experiments.ecp.settings import Settings
    from experiments.ecp.tasks import Task
    from lumpver.exact.floats import Floats

_DECAY, _SQUARES, _TINY = 0.9, 0.999, 1e-8
_SPREAD: Final = {"Relu": 2.0, "Tanh": 1.0}


@dataclass(slots=True, eq=False)
class Perceptron:
    """Weights and biases of each layer, and where weights are that may change."""

    activation: str
    layers: list[tuple[Floats, Floats]]
    free: list[Any] = field(default_factory=list)

    def forward(self, x: Floats) -> list[Floats]:
        """What each layer reads, and the outputs."""
        found = [x]
        for i, (W, b) in enumerate(self.layers):
            z = found[-1] @ W.T + b
            if i < len(self.layers) - 1:
                z = np.maximum(z, 0) if self.activation == "Relu" else np.tanh(z)
            found.append(z)
        return found

    def slopes(self, x: Floats, wanted: Floats, loss: str) -> list[Floats]:
        """The gradient of the mean loss: by W and b, layer by layer."""
        values = self.forward(x)
        back = _slope(values[-1], wanted, loss) / x.shape[0]
        found: list[Floats] = []
        for i in reversed(range(len(self.layers))):
            found += [back.sum(axis=0), back.T @ values[i]]
            if i:
                h = values[i]
                back = (back @ self.layers[i][0]) * (
                    h > 0 if self.activation == "Relu" else 1 - h**2
                )
        return found[::-1]


def made(
    inputs: int, hidden: tuple[int, ...], outputs: int, activation: str, seed: int
) -> Perceptron:
    """A perceptron with random weights."""
    draw = np.random.default_rng([seed, *hidden])
    spread = _SPREAD[activation]
    layers = [
        (draw.normal(size=(b, a)) * np.sqrt(spread / a), np.zeros(b))
        for a, b in pairwise((inputs, *hidden, outputs))
    ]
    return Perceptron(activation, layers, [np.ones(W.shape, dtype=bool) for W, _ in layers])


def train(found: Perceptron, task: Task, settings: Settings, epochs: int, seed: int) -> None:
    """Train a perceptron, in place, on so many passes over the data, with a rate that falls."""
    draw = np.random.default_rng([seed, epochs])
    parts = [part for layer in found.layers for part in layer]
    mean = [np.zeros_like(part) for part in parts]
    square = [np.zeros_like(part) for part in parts]
    count, total = 0, epochs * -(-task.x.shape[0] // settings.batch)
    for _ in range(epochs):
        order = draw.permutation(task.x.shape[0])
        for start in range(0, order.size, settings.batch):
            chosen = order[start : start + settings.batch]
            count += 1
            rate = settings.rate * (1 - (count - 1) / total)
            slopes = found.slopes(task.x[chosen], task.y[chosen], settings.loss)
            for i, slope in enumerate(slopes):
                mean[i] = _DECAY * mean[i] + (1 - _DECAY) * slope
                square[i] = _SQUARES * square[i] + (1 - _SQUARES) * slope**2
                step = mean[i] / (1 - _DECAY**count)
                step /= np.sqrt(square[i] / (1 - _SQUARES**count)) + _TINY
                parts[i] -= rate * (step if i % 2 else step * found.free[i // 2])


def network_of(found: Perceptron) -> Network:
    """The network that a perceptron is."""
    return Network.from_layers(found.layers, activation=found.activation)


def perceptron_of(network: Network, activation: str) -> Perceptron:
    """The perceptron that a network is, whose weights that are 0 stay 0."""
    layers = [
        (nearest(node.W).copy(), nearest(node.b).copy())
        for node in network.nodes
        if isinstance(node, Linear) and node.W is not None and node.b is not None
    ]
    return Perceptron(activation, layers, [W != 0 for W, _ in layers])


def loss(y: Floats, wanted: Floats, kind: str) -> float:
    """The mean loss of outputs."""
    if kind == "squares":
        return float(((y - wanted) ** 2).mean())
    shifted = y - y.max(axis=1, keepdims=True)
    chances = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(y.shape[0]), wanted[:, 0]]
    return float(chances.mean())


def _slope(y: Floats, wanted: Floats, kind: str) -> Floats:
    if kind == "squares":
        return np.asarray(2 * (y - wanted) / y.shape[1])
    raised = np.exp(y - y.max(axis=1, keepdims=True))
    share = raised / raised.sum(axis=1, keepdims=True)
    share[np.arange(y.shape[0]), wanted[:, 0]] -= 1
    return np.asarray(share)
