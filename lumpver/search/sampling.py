"""Values of tensors at sampled inputs of a box, in floats: what no bound can exclude.

An entry of which both signs have been seen is not worth a bound. Nothing here is believed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.bounds.steps import Affine, Bent, Between, Blank, Each, Largest
from lumpver.exact.outward import nearest
from lumpver.model.functions import Pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lumpver.bounds.leaf import Interval
    from lumpver.bounds.plan import Plan
    from lumpver.bounds.pointwise import Given
    from lumpver.bounds.steps import Step
    from lumpver.exact.floats import Floats
    from lumpver.model.activations import Activation
    from lumpver.model.relabelling import Mask


@dataclass(slots=True, eq=False)
class Seen:
    """The least and the largest value that each entry of a tensor has been seen to have."""

    plan: Plan
    least: dict[str, Floats] = field(default_factory=dict)
    most: dict[str, Floats] = field(default_factory=dict)

    def look(self, inputs: Mapping[str, Floats]) -> None:
        """See what tensors are at some inputs, one a row."""
        values = dict(inputs)
        with np.errstate(all="ignore"):
            for name, step in self.plan.steps.items():
                found = value(step, values, _bent)
                if found is None or not found.shape[0]:
                    continue
                values[name] = found
                least, most = found.min(axis=0), found.max(axis=0)
                self.least[name] = np.minimum(least, self.least.get(name, least))
                self.most[name] = np.maximum(most, self.most.get(name, most))

    def hopeful(self, name: str, side: int) -> Mask:
        """Whether an entry may be above 0 for all inputs, or below 0 where `side` is -1."""
        if name not in self.least:
            return np.ones(self.plan.size(name), dtype=bool)
        return np.asarray(self.least[name] > 0 if side > 0 else self.most[name] < 0)


def sampled(plan: Plan, boxes: Sequence[dict[str, Interval]], *, count: int) -> Seen:
    """What is seen at random inputs of boxes, among them corners, for a fixed seed."""
    seen, draw = Seen(plan), np.random.default_rng(0)
    for box in boxes:
        if not all(np.isfinite(known.size).all() for known in box.values()):
            continue
        inputs = {}
        for name, known in box.items():
            share = draw.random((count, known.lower.size))
            share[: count // 2] = np.rint(share[: count // 2])
            inputs[name] = known.lower + share * (known.upper - known.lower)
        seen.look(inputs)
    return seen


def value(
    step: Step, values: Mapping[str, Floats], bent: Callable[[Given, Floats], Floats | None]
) -> Floats | None:
    """What a step makes of values of its operands, one sample a row, if these are known.

    `bent` is what an activation makes of them.
    """
    match step:
        case Affine():
            if any(operand not in values for operand, _ in step.operands) or not step.operands:
                return None
            found = step.constant[None]
            for operand, made in step.operands:
                found = found + made.ahead(values[operand])
            return found
        case Bent():
            x = values.get(step.operand)
            return None if x is None else bent(step.activation, x)
        case Largest():
            x = values.get(step.operand)
            if x is None:
                return None
            whole = np.concatenate([x, np.full((x.shape[0], 1), -np.inf)], axis=1)
            return np.asarray(whole[:, step.met].max(axis=1))
        case Between() | Blank():
            return None
        case _:
            assert_never(step)


def _bent(given: Given, x: Floats) -> Floats | None:
    return by_kind(given, x, _activated)


def by_kind(
    given: Given, x: Floats, one: Callable[[Activation, Floats], Floats | None]
) -> Floats | None:
    """What `one` makes of each entry's activation and samples; None where it makes nothing."""
    if not isinstance(given, Each):
        return one(given, x)
    found = np.empty_like(x)
    for place, function in enumerate(given.kinds):
        at = given.which == place
        made = one(function, x[:, at])
        if made is None:
            return None
        found[:, at] = made
    return found


def _activated(function: Activation, x: Floats) -> Floats | None:
    found = lines_at(function, x)
    return None if found is None else np.asarray(found[0] * x + found[1])


def lines_at(function: Activation, x: Floats) -> tuple[Floats, Floats] | None:
    """The slope and the constant of the piece at each entry, at a bend of that before it.

    None where the activation is not of pieces that meet.
    """
    pieces = function.mapping
    if not isinstance(pieces, Pieces) or not pieces.meets:
        return None
    place = np.searchsorted(nearest(np.array(pieces.bends, dtype=object)), x)
    slopes, shifts = (
        nearest(np.array([getattr(line, part) for line in pieces.lines], dtype=object))
        for part in ("slope", "constant")
    )
    return slopes[place], shifts[place]
