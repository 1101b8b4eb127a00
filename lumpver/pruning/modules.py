"""The same pruning of PyTorch modules, by automatic differentiation, where they stand.

Any module will do: what is pruned are its `nn.Linear` layers, wherever they are, as long as each
is called once and makes one row for each sample.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from lumpver.errors import Malformed, Missing
from lumpver.pruning.methods import METHODS, lowest, ranked, share_of
from lumpver.pruning.moments import Moments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lumpver.exact.floats import Floats

ALLOWED: Final = ("ecp", "ecp-loss", "ecp-layer", "gradient", "magnitude", "random")
_ROWS: Final = 1024


def prune_module(
    module: Any,
    ratio: Any,
    *,
    data: Any,
    method: str = "ecp",
    loss: Callable[[Any, slice], Any] | None = None,
    seed: int = 0,
) -> dict[str, int]:
    """Take a share of the weights out of a module's Linear layers, in place; how many of each.

    `data` is the batch of samples that the module is called with. For `ecp-loss`, `loss(outputs,
    samples)` is the loss of each of the samples that the slice names, a vector. The module is
    called as it is: in evaluation mode or not. Formulas are those of `lumpver.pruning`.

    Raises
    ------
    Missing
        If PyTorch is not installed.
    Malformed
        If the ratio is not between 0 and 1, the method is none of these, a loss is missing or of
        no use, or no Linear layer makes one row for each sample.

    Examples
    --------
    >>> import pytest
    >>> torch = pytest.importorskip("torch")
    >>> module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    >>> sum(prune_module(module, "0.5", data=torch.rand(10, 3)).values())
    10
    """
    try:
        import torch  # noqa: PLC0415 heavy, optional
    except ImportError as error:
        expected = "pip install 'lumpver[torch]'"
        raise Missing("torch", expected=expected, got="no such package") from error
    share = share_of(ratio)
    if method not in ALLOWED:
        raise Malformed("method", expected=" or ".join(ALLOWED), got=method)
    if (loss is None) == (METHODS[method].sees == "loss"):
        expected, got = ("no loss", "one") if loss is not None else ("a loss", "none")
        raise Malformed(f"method {method}", expected=expected, got=got)
    seen = module_moments(module, data, method=method, loss=loss)
    if not seen:
        raise Malformed("module", expected="a Linear that makes a row a sample", got="none")
    layers, draw = dict(module.named_modules()), np.random.default_rng(seed)
    weights = {name: layers[name].weight.detach().double().numpy().copy() for name in seen}
    looks = METHODS[method].sees is not None
    found = [ranked(method, weights[n], one if looks else None, draw) for n, one in seen.items()]
    count = int(share * sum(W.size for W in weights.values()))
    gone = lowest([rank.importance for rank in found], count)
    with torch.no_grad():
        for name, rank, mask in zip(seen, found, gone, strict=True):
            _without(layers[name], weights[name], rank.mean, mask, torch)
    return {name: int(mask.sum()) for name, mask in zip(seen, gone, strict=True)}


def _without(layer: Any, W: Floats, mean: Floats | None, mask: Any, torch: Any) -> None:
    """Take these weights out of a layer, in place."""
    layer.weight[torch.from_numpy(mask)] = 0
    if mean is None or not mask.any():
        return
    more = torch.from_numpy((W * mean * mask).sum(axis=1))
    if layer.bias is None:
        layer.bias = torch.nn.Parameter(torch.zeros_like(layer.weight[:, 0]))
    layer.bias.copy_((layer.bias.double() + more).to(layer.bias.dtype))


def module_moments(
    module: Any,
    data: Any,
    *,
    method: str = "ecp",
    loss: Callable[[Any, slice], Any] | None = None,
) -> dict[str, Moments]:
    """The moments of each Linear layer that makes a row for each sample, by its name."""
    import torch  # noqa: PLC0415 heavy, optional

    found: dict[str, Moments] = {}
    for start in range(0, data.shape[0], _ROWS):
        chosen = slice(start, min(start + _ROWS, data.shape[0]))
        with _watched(module, torch) as calls:
            out = module(data[chosen])
        rows = chosen.stop - chosen.start
        known = {
            name: pair
            for name, (count, *pair) in calls.items()
            if count == 1 and all(x.ndim == 2 and x.shape[0] == rows for x in pair)
        }
        g = _weights_of(out, [z for _, z in known.values()], method, loss, chosen, torch)
        for (name, (a, _)), one in zip(known.items(), g, strict=True):
            x = a.detach().double().numpy()
            found.setdefault(name, Moments(x[0].copy())).see(one, x)
    return found


def _weights_of(
    out: Any, sums: list[Any], method: str, loss: Any, chosen: slice, torch: Any
) -> list[Floats]:
    """g at some samples, of each layer."""
    if METHODS[method].sees in {None, "layer"} or not sums:
        return [np.ones(tuple(z.shape)) for z in sums]
    flat = out.reshape(out.shape[0], -1)
    ends = flat.unbind(1) if loss is None else [loss(out, chosen)]
    found = [np.zeros(tuple(z.shape)) for z in sums]
    for end in ends:
        slopes = torch.autograd.grad(end.sum(), sums, retain_graph=True, allow_unused=True)
        for i, slope in enumerate(slopes):
            if slope is not None:
                found[i] += slope.double().numpy() ** 2
    return found


@contextmanager
def _watched(module: Any, torch: Any) -> Iterator[Mapping[str, tuple[int, Any, Any]]]:
    """How often each Linear of a module was called, and what it last read and made."""
    calls: dict[str, tuple[int, Any, Any]] = {}
    handles = []

    def noting(name: str) -> Callable[[Any, Any, Any], None]:
        def note(_: Any, given: Any, made: Any) -> None:
            calls[name] = (calls[name][0] + 1 if name in calls else 1, given[0], made)

        return note

    for name, layer in module.named_modules():
        if type(layer) is torch.nn.Linear:
            handles.append(layer.register_forward_hook(noting(name)))
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()
