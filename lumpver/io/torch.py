"""Networks from PyTorch modules: sequences of layers, weights kept as they are.

The network is the one that the module computes in evaluation mode, on inputs of shape
`(batch, n)`: an image has to be flattened before, and Flatten then changes nothing.

parameter: of an activation, as PyTorch computes with it: the float32 next to the number
    that the module holds, and that number itself only where the weights are float64
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

import numpy as np

from lumpver.errors import Malformed, Missing, ShapeMismatch
from lumpver.exact.scalar import number
from lumpver.model.activations import Activation
from lumpver.model.network import Linear, Network, Pointwise, Tensor, linear
from lumpver.model.table import FUNCTIONS
from lumpver.model.weights import columns, rows

if TYPE_CHECKING:
    from types import ModuleType

    from lumpver.model.functions import Function
    from lumpver.model.network import Node

_DTYPES: Final = ("float16", "bfloat16", "float32", "float64")
_FUNCTIONS: Final = {row.torch.name: row for row in FUNCTIONS.values() if row.torch is not None}
_ALLOWED: Final = f"Linear, {', '.join(_FUNCTIONS)}, Identity, Dropout, Flatten or Sequential"


def from_torch(module: Any) -> Network:
    """The network of an `nn.Sequential`, nested or not, over `("batch", n)`.

    Weights are copied in their dtype, bfloat16 as the equal float32.

    Raises
    ------
    Malformed
        If `module` is something else, or holds a module that is not modelled, one with
        hooks, Dropout in training mode, weights of several dtypes, or none at all.
    ShapeMismatch
        If a layer does not fit the one before.
    NotANumber
        If a weight is NaN or infinite.
    Missing
        If PyTorch is not installed.

    Examples
    --------
    >>> import pytest
    >>> nn = pytest.importorskip("torch.nn")
    >>> from_torch(nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))).widths
    (3, 2, 1)
    """
    try:
        import torch  # noqa: PLC0415 heavy, optional
    except ImportError as error:
        raise Missing(
            "torch", expected="pip install 'lumpver[torch]'", got="no such package"
        ) from error
    if type(module) is not torch.nn.Sequential:
        raise Malformed("module", expected="an nn.Sequential", got=type(module).__name__)
    steps = _steps(module, "", torch.nn)
    linear = [(place, part) for place, part in steps if type(part) is torch.nn.Linear]
    if not linear:
        raise Malformed("module", expected="at least one Linear", got="none")
    dtype = _dtype(linear)
    return _network(steps, int(linear[0][1].weight.shape[1]), dtype)


def _steps(module: Any, place: str, nn: ModuleType) -> list[tuple[str, Any]]:
    """The Linear modules and activations, in order, each with its place in the module.

    Classes are compared by identity: a subclass may compute anything.
    """
    _check_unhooked(module, place)
    steps: list[tuple[str, Any]] = []
    for index, part in enumerate(module):
        where = f"{place}.{index}" if place else str(index)
        if type(part) is nn.Sequential:
            steps += _steps(part, where, nn)
            continue
        _check_unhooked(part, where)
        if type(part) in (nn.Linear, *(getattr(nn, name) for name in _FUNCTIONS)):
            steps.append((where, part))
        else:
            _check_identity(part, where, nn)
    return steps


def _check_unhooked(part: Any, place: str) -> None:
    """Refuses a module whose call does more, or other, than its class says."""
    hooks = part._forward_hooks or part._forward_pre_hooks  # noqa: SLF001 no public way
    if hooks or "forward" in vars(part):
        raise Malformed(_where(part, place), expected="no hooks", got="a forward hook")


def _check_identity(part: Any, place: str, nn: ModuleType) -> None:
    """Refuses a module that changes vectors in evaluation mode."""
    where = _where(part, place)
    if type(part) is nn.Dropout:
        if part.training:
            raise Malformed(where, expected="evaluation mode", got="training mode")
    elif type(part) is nn.Flatten:
        if part.start_dim != 1 or part.end_dim not in (-1, 1):
            got = f"start_dim {part.start_dim}, end_dim {part.end_dim}"
            raise Malformed(where, expected="Flatten of all axes but the batch", got=got)
    elif type(part) is not nn.Identity:
        raise Malformed(where, expected=_ALLOWED, got=type(part).__name__)


def _where(part: Any, place: str) -> str:
    return f"module {place} ({type(part).__name__})" if place else "module"


def _dtype(linear: list[tuple[str, Any]]) -> str:
    """The one dtype of all weights and biases."""
    first = ""
    for place, part in linear:
        for numbers in (part.weight, part.bias):
            if numbers is None:
                continue
            dtype = str(numbers.dtype).removeprefix("torch.")
            first = first or dtype
            if dtype not in _DTYPES or dtype != first or numbers.is_meta:
                got = "no numbers" if numbers.is_meta else dtype
                expected = first if first in _DTYPES else "one of " + ", ".join(_DTYPES)
                raise Malformed(_where(part, place), expected=expected, got=got)
    return first


def _network(steps: list[tuple[str, Any]], inputs: int, dtype: str) -> Network:
    nodes: list[Node] = []
    tensors = {"x": Tensor("x", dtype, ("batch", inputs))}
    here, width = "x", inputs
    for index, (place, part) in enumerate(steps, start=1):
        target = "y" if index == len(steps) else f"t{index}"
        node = _node(_where(part, place), here, target, part, dtype)
        match node:
            case Linear():
                read, made = columns(node.weights), rows(node.weights)
                if read != width:
                    raise ShapeMismatch(node.name, expected=f"{width} inputs", got=f"{read} inputs")
                width = width if made is None else made
            case Pointwise():
                pass
            case _:
                assert_never(node)
        nodes.append(node)
        tensors[target] = Tensor(target, dtype, ("batch", width))
        here = target
    return Network((tensors["x"],), (tensors["y"],), tuple(nodes), tensors)


def _node(name: str, source: str, target: str, part: Any, dtype: str) -> Linear | Pointwise:
    kind = type(part).__name__
    if kind == "Linear":
        b = None if part.bias is None else _numbers(part.bias, dtype)
        return linear(name, source, target, _numbers(part.weight, dtype), b)
    return Pointwise(name, source, target, _activation(_FUNCTIONS[kind], part, dtype, name))


def _numbers(parameter: Any, dtype: str) -> Any:
    values = parameter.detach().cpu()
    return np.array((values.float() if dtype == "bfloat16" else values).numpy())


def _activation(row: Function, part: Any, dtype: str, where: str) -> Activation:
    """The function with the module's parameters."""
    parameters = []
    attributes = () if row.torch is None else row.torch.parameters
    for word, attribute in zip(row.parameters, attributes, strict=True):
        given = getattr(part, attribute)
        used = np.float64(given) if dtype == "float64" else np.float32(given)
        if not np.isfinite(used):
            raise Malformed(where, expected=f"a finite {word}", got=str(given))
        parameters.append(number(used))
    return Activation(row.name, tuple(parameters))
