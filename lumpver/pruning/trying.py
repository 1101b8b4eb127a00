"""The dear way: every weight is taken out, and the network evaluated without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.pruning.moments import pieces
from lumpver.pruning.passes import ends, forward

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lumpver.bounds.plan import Plan
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network
    from lumpver.pruning.dense import Dense


def changes(
    network: Network,
    plan: Plan,
    layer: Dense,
    data: Mapping[str, Floats],
    mean: Floats,
    progress: Callable[[str], None] = lambda _: None,
) -> Floats:
    """For each weight the mean square of what outputs change by, its bias made up for by `mean`."""
    units, read = layer.W.shape
    found = np.zeros((units, read))
    total = next(iter(data.values())).shape[0]
    names = _behind(plan, layer.name)
    for chosen in pieces(plan, total, times=read):
        inputs = {name: x[chosen] for name, x in data.items()}
        values = forward(plan, inputs)
        targets = ends(network, values)
        a, z = values[layer.node.input], values[layer.name]
        for i in range(units):
            moved = np.repeat(z, read, axis=0)
            moved[:, i] -= (layer.W[i] * (a - mean[i])).reshape(-1)
            again = {n: np.repeat(x, read, axis=0) for n, x in values.items() if n not in names}
            after = forward(plan, {layer.name: moved}, known=again, names=names)
            for name in targets:
                off = after[name] - np.repeat(values[name], read, axis=0)
                found[i] += (off * off).sum(axis=1).reshape(-1, read).sum(axis=0)
        progress(f"{layer.node.name}: {chosen.stop} of {total} samples")
    return np.asarray(found / total)


def _behind(plan: Plan, name: str) -> list[str]:
    """The tensors that depend on one, in order."""
    found = {name}
    for made, step in plan.steps.items():
        match step:
            case Affine(operands):
                read = [operand for operand, _ in operands]
            case Bent(operand) | Largest(operand):
                read = [operand]
            case Between(operands):
                read = list(operands)
            case Blank():
                read = []
            case _:
                assert_never(step)
        if found.intersection(read):
            found.add(made)
    return [made for made in plan.steps if made in found and made != name]
