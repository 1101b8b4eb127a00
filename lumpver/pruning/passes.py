"""A network at samples, in floats: forwards what tensors are, backwards what changes them.

sample: a row of an array, one for each tensor
rows: factors of the entries of a tensor, another row for each sample
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.pruning.slopes import slope
from lumpver.pruning.slopes import value as bent
from lumpver.search.sampling import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from lumpver.bounds.plan import Plan
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network

    Values = Mapping[str, Floats]


def forward(
    plan: Plan, inputs: Values, *, known: Values | None = None, names: Iterable[str] | None = None
) -> dict[str, Floats]:
    """What tensors are at samples; those behind what is not modelled are not there.

    With `names` only these are made, from those and what is `known`.
    """
    values = {**(known or {}), **inputs}
    with np.errstate(all="ignore"):
        for name in plan.steps if names is None else names:
            found = value(plan.steps[name], values, bent)
            if found is not None:
                count = next(iter(inputs.values())).shape[0]
                values[name] = np.broadcast_to(found, (count, found.shape[1]))
    return values


def ends(network: Network, values: Collection[str]) -> tuple[str, ...]:
    """The tensors that stand for the outputs: these, or what an unknown one is made of."""
    found: list[str] = []
    waiting = [tensor.name for tensor in reversed(network.outputs)]
    while waiting:
        name = waiting.pop()
        if name in values:
            found.append(name)
        elif name in network.producers:
            waiting += reversed(network.producers[name].inputs)
    return tuple(dict.fromkeys(found))


def backward(plan: Plan, values: Values, rows: Values) -> dict[str, Floats]:
    """For each tensor how much `rows` times those that they are of change with its entries."""
    found = dict(rows)
    with np.errstate(all="ignore"):
        for name, step in reversed(plan.steps.items()):
            if name not in found or name not in values:
                continue
            match step:
                case Affine(operands):
                    for operand, made in operands:
                        add(found, operand, made.back(found[name]))
                case Bent(operand, activation):
                    tilt = slope(activation, values[operand])
                    if tilt is not None:
                        add(found, operand, found[name] * tilt)
                case Largest():
                    add(found, step.operand, _won(step, values[step.operand], found[name]))
                case Between() | Blank():
                    pass  # of no known value
                case _:
                    assert_never(step)
    return found


def add(found: dict[str, Floats], name: str, rows: Floats) -> None:
    """More rows of a tensor."""
    found[name] = found[name] + rows if name in found else rows


def _won(step: Largest, x: Floats, rows: Floats) -> Floats:
    """Each factor at the first entry of its window that is largest."""
    whole = np.concatenate([x, np.full((x.shape[0], 1), -np.inf)], axis=1)
    best = whole[:, step.met].argmax(axis=1)
    places = step.met[best, np.arange(step.met.shape[1])]
    found = np.zeros_like(x)
    np.add.at(found, (np.arange(x.shape[0])[:, None], places), rows)
    return found
