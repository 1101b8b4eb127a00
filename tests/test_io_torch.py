"""Networks from PyTorch: the weights as they are, in evaluation mode, and nothing guessed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lumpver.errors import LumpverError, Malformed, Missing, NotANumber, ShapeMismatch
from lumpver.exact.array import array, equal
from lumpver.io.torch import from_torch
from lumpver.model.activations import RELU, activation, leaky

if TYPE_CHECKING:
    from collections.abc import Callable


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyTorch the error says what to install."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(Missing, match=r"lumpver\[torch\]"):
        from_torch(None)


@pytest.fixture(scope="module")
def torch() -> Any:
    """PyTorch, with its generator seeded."""
    module = pytest.importorskip("torch")
    module.manual_seed(0)
    return module


@pytest.fixture(scope="module")
def nn(torch: Any) -> Any:
    """Its modules."""
    return torch.nn


def with_integers(torch: Any, module: Any) -> Any:
    """The module with small integers for weights, where float arithmetic is exact."""
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randint(-4, 5, parameter.shape))
    return module


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_weights_and_dtype(torch: Any, nn: Any, dtype: str) -> None:
    """Every dtype is kept; bfloat16 is held by the float32 that equals it."""
    linear = nn.Linear(3, 2, dtype=getattr(torch, dtype))
    (node,) = from_torch(nn.Sequential(linear)).nodes
    held = "float32" if dtype == "bfloat16" else dtype
    assert node.W.dtype == node.b.dtype == held
    assert equal(array(node.W), array(linear.weight.double().detach().numpy())).all()
    network = from_torch(nn.Sequential(linear))
    assert [(t.dtype, t.shape) for t in network.tensors.values()] == [
        (dtype, ("batch", 3)),
        (dtype, ("batch", 2)),
    ]


def test_value(torch: Any, nn: Any) -> None:
    """Where float arithmetic is exact, outputs are the network's values."""
    module = with_integers(
        torch,
        nn.Sequential(
            nn.Flatten(),
            nn.Linear(3, 4),
            nn.ReLU(),
            nn.Sequential(nn.Dropout(), nn.Linear(4, 4, bias=False), nn.LeakyReLU(0.25)),
            nn.Identity(),
            nn.Linear(4, 2),
            nn.Linear(2, 2),
            nn.Dropout(),
        ).eval(),
    )
    network = from_torch(module)
    x = torch.tensor([[1.0, -2.0, 3.0], [0.0, 0.0, 0.0], [-5.0, 1.0, 2.0]])
    assert network.widths == (3, 4, 4, 2)
    found = np.array(network(x.numpy())).astype(float).tolist()
    assert found == module(x).detach().tolist()


def test_shared_modules_count_each_time(torch: Any, nn: Any) -> None:
    """One module in two places acts twice."""
    relu, linear = nn.ReLU(), nn.Linear(2, 2)
    module = with_integers(torch, nn.Sequential(relu, linear, relu, linear, relu))
    network = from_torch(module)
    assert len(network.nodes) == 5
    x = torch.tensor([[3.0, -1.0]])
    assert np.array(network(x.numpy())).astype(float).tolist() == module(x).tolist()


def test_activations(nn: Any) -> None:
    """Activations keep their functions; a slope is a float32 unless weights are float64."""
    modules = [nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.LeakyReLU(0.1)]
    network = from_torch(nn.Sequential(nn.Linear(1, 1), *modules))
    assert [node.activation for node in network.nodes[1:]] == [
        RELU,
        activation("tanh"),
        activation("sigmoid"),
        leaky(np.float32(0.1)),
    ]
    network = from_torch(nn.Sequential(nn.Linear(1, 1).double(), nn.LeakyReLU(0.1)))
    assert network.nodes[1].activation == leaky(0.1)


def test_later_training_does_not_show(torch: Any, nn: Any) -> None:
    """The network holds copies."""
    module = nn.Sequential(nn.Linear(2, 2))
    network, digest = from_torch(module), from_torch(module).digest
    with torch.no_grad():
        module[0].weight.fill_(7)
    assert network.digest == digest


def hooked(nn: Any) -> Any:
    """A module that does more than its class says."""
    linear = nn.Linear(1, 1)
    linear.register_forward_hook(lambda *_: None)
    return nn.Sequential(linear)


def pre_hooked(nn: Any) -> Any:
    """The same, on the whole and before."""
    module = nn.Sequential(nn.Linear(1, 1))
    module.register_forward_pre_hook(lambda *_: None)
    return module


def replaced(nn: Any) -> Any:
    """A module whose call was replaced."""
    relu = nn.ReLU()
    relu.forward = lambda x: -x
    return nn.Sequential(nn.Linear(1, 1), relu)


def normalized(nn: Any) -> Any:
    """A layer whose weight is computed at each call."""
    return nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(1, 1)))


def own_class(nn: Any) -> Any:
    """A subclass may compute anything."""
    return nn.Sequential(type("Mine", (nn.Linear,), {})(1, 1))


def subclass(nn: Any) -> Any:
    """So may a subclass of Sequential."""
    return type("Mine", (nn.Sequential,), {})(nn.Linear(1, 1))


def complex_weights(nn: Any) -> Any:
    """Weights that are no real numbers."""
    module = nn.Sequential(nn.Linear(1, 1))
    module[0].weight = nn.Parameter(module[0].weight.detach().cfloat())
    return module


def infinite(nn: Any) -> Any:
    """A weight that is no number."""
    module = nn.Sequential(nn.Linear(2, 1))
    module[0].weight.data[0, 1] = float("inf")
    return module


REFUSED: dict[str, tuple[Callable[[Any], Any], type[LumpverError], str]] = {
    "none": (lambda _: None, Malformed, "nn.Sequential"),
    "class": (lambda nn: nn.Sequential, Malformed, "nn.Sequential"),
    "linear": (lambda nn: nn.Linear(1, 1), Malformed, "nn.Sequential"),
    "subclass": (subclass, Malformed, "Mine"),
    "empty": (lambda nn: nn.Sequential(), Malformed, "at least one Linear"),
    "no linear": (lambda nn: nn.Sequential(nn.ReLU()), Malformed, "at least one Linear"),
    "conv": (lambda nn: nn.Sequential(nn.Conv1d(1, 1, 1)), Malformed, r"0 \(Conv1d\)"),
    "softmax": (
        lambda nn: nn.Sequential(nn.Sequential(nn.Linear(1, 1), nn.Softmax(1))),
        Malformed,
        r"module 0\.1 \(Softmax\)",
    ),
    "norm": (lambda nn: nn.Sequential(nn.BatchNorm1d(1)), Malformed, "BatchNorm1d"),
    "own class": (own_class, Malformed, "Mine"),
    "lazy": (lambda nn: nn.Sequential(nn.LazyLinear(1)), Malformed, "LazyLinear"),
    "dropout": (lambda nn: nn.Sequential(nn.Linear(1, 1), nn.Dropout()), Malformed, "training"),
    "flatten": (lambda nn: nn.Sequential(nn.Flatten(0), nn.Linear(1, 1)), Malformed, "start_dim"),
    "hook": (hooked, Malformed, "hook"),
    "pre-hook": (pre_hooked, Malformed, "hook"),
    "replaced": (replaced, Malformed, "hook"),
    "weight norm": (normalized, Malformed, "Parametrized"),
    "two dtypes": (
        lambda nn: nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1).double()),
        Malformed,
        "expected float32, got float64",
    ),
    "complex": (complex_weights, Malformed, "complex64"),
    "meta": (lambda nn: nn.Sequential(nn.Linear(1, 1, device="meta")), Malformed, "no numbers"),
    "slope": (
        lambda nn: nn.Sequential(nn.Linear(1, 1), nn.LeakyReLU(float("nan"))),
        Malformed,
        "slope",
    ),
    "shapes": (
        lambda nn: nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(3, 1)),
        ShapeMismatch,
        r"module 2 \(Linear\): expected 2 inputs, got 3",
    ),
    "infinite": (infinite, NotANumber, r"\[0, 1\]"),
}


@pytest.mark.parametrize(("make", "error", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(
    nn: Any, make: Callable[[Any], Any], error: type[LumpverError], words: str
) -> None:
    """What is not modelled is refused, and the module is named."""
    with pytest.raises(error, match=words):
        from_torch(make(nn))
