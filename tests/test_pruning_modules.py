"""Pruning of PyTorch modules: automatic differentiation and our own passes say the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lumpver import prune
from lumpver.bounds.plan import planned
from lumpver.errors import Malformed
from lumpver.io.torch import from_torch
from lumpver.model.network import Linear
from lumpver.pruning.dense import layers
from lumpver.pruning.losses import of_loss, of_outputs
from lumpver.pruning.modules import ALLOWED, module_moments, prune_module
from lumpver.pruning.moments import moments

torch = pytest.importorskip("torch")
nn = torch.nn


def chain(activation: Any = None) -> Any:
    """A small module with fixed weights."""
    torch.manual_seed(0)
    bend = nn.Tanh if activation is None else activation
    return nn.Sequential(
        nn.Linear(5, 8), bend(), nn.Linear(8, 6, bias=False), bend(), nn.Linear(6, 3)
    ).double()


def inputs() -> Any:
    """A batch."""
    torch.manual_seed(1)
    return torch.randn(50, 5, dtype=torch.float64)


def same(one: Any, other: Any) -> None:
    """Both moments, but for rounding."""
    assert np.abs(one.g - other.g).max() < 1e-12
    assert np.abs(one.mean - other.mean).max() < 1e-9
    assert np.abs(one.spread - other.spread).max() < 1e-12


@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU, nn.Sigmoid, nn.Softsign, nn.ELU])
def test_both_ways_to_differentiate_agree(activation: Any) -> None:
    """For outputs and for a loss."""
    module, x = chain(activation), inputs()
    network = from_torch(module)
    plan = planned(network, {network.inputs[0].name: 5})
    dense, _ = layers(network, plan)
    data = {network.inputs[0].name: x.numpy()}
    for one, other in zip(
        module_moments(module, x).values(),
        moments(network, plan, dense, data, of_outputs),
        strict=True,
    ):
        same(one, other)
    wanted = torch.randn(50, 3, dtype=torch.float64)

    def loss(y: Any, chosen: slice) -> Any:
        return ((y - wanted[chosen]) ** 2).mean(dim=1)

    for one, other in zip(
        module_moments(module, x, method="ecp-loss", loss=loss).values(),
        moments(network, plan, dense, data, of_loss("squares", wanted.numpy())),
        strict=True,
    ):
        same(one, other)


@pytest.mark.parametrize("method", [name for name in ALLOWED if name != "ecp-loss"])
def test_modules_and_networks_lose_the_same_weights(method: str) -> None:
    """And get the same biases."""
    module, x = chain(), inputs()
    looks = method not in {"magnitude", "random"}
    found = prune(from_torch(module), "0.4", method=method, data=x.numpy() if looks else None)
    gone = prune_module(module, "0.4", method=method, data=x)
    assert [*gone.values()] == [layer.removed for layer in found.layers]
    pairs = zip(found.network.nodes, from_torch(module).nodes, strict=True)
    linear = [(a, b) for a, b in pairs if isinstance(a, Linear) and isinstance(b, Linear)]
    assert len(linear) == 3
    for a, b in linear:
        assert (np.asarray(a.W) == np.asarray(b.W)).all()
        ours, theirs = (0.0 if one.b is None else np.asarray(one.b) for one in (a, b))
        assert np.abs(ours - theirs).max() < 1e-9


def test_modules_of_other_shapes_are_pruned_where_they_are_dense() -> None:
    """A residual module with a convolution: its dense layers alone."""

    class Odd(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(1, 2, 3)
            self.first = nn.Linear(6, 6)
            self.rows = nn.Linear(3, 3)
            self.last = nn.Linear(6, 2)

        def forward(self, x: Any) -> Any:
            y = self.rows(self.conv(x[:, None])).flatten(1)
            return self.last(torch.relu(self.first(y)) + y)

    torch.manual_seed(0)
    module = Odd()
    assert {*prune_module(module, 1, data=torch.randn(20, 5))} == {"first", "last"}
    assert (module.rows.weight != 0).all()
    assert (module.first.weight == 0).all()


def test_what_is_refused() -> None:
    """Ratios, methods, losses and modules that are none."""
    x = inputs()
    for options in (
        {"ratio": 2},
        {"ratio": "0.5", "method": "box"},
        {"ratio": "0.5", "method": "ecp-loss"},
        {"ratio": "0.5", "loss": lambda y, _: y.sum(dim=1)},
    ):
        with pytest.raises(Malformed):
            prune_module(chain(), options.pop("ratio"), data=x, **options)  # type: ignore[arg-type]
    with pytest.raises(Malformed):
        prune_module(nn.Sequential(nn.ReLU()), "0.5", data=x)
