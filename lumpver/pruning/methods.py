"""How weights are ranked, and what their biases take up for them: one row a method.

w: a weight; a: what it is multiplied by; f: the outputs, or a loss of them
J: how much f changes with the unit's sum; g = |J|^2 (`docs/pruning.md` has the derivations)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from lumpver.errors import Malformed
from lumpver.exact.scalar import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq

    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Mask
    from lumpver.pruning.moments import Moments


@dataclass(frozen=True, slots=True)
class Method:
    """What a ranking needs, and whether biases make up for what goes.

    `sees` is what g is of; None where no sample is looked at.
    """

    what: str
    sees: Literal["outputs", "loss", "curvature", "layer"] | None = None
    compensates: bool = False
    needs_box: bool = False
    tries: bool = False


METHODS: Final[Mapping[str, Method]] = {
    "ecp": Method("w^2 E[g] Var_g(a), of all outputs", "outputs", compensates=True),
    "ecp-loss": Method("the same, of a loss", "loss", compensates=True),
    "ecp-layer": Method("w^2 Var(a), each layer by itself", "layer", compensates=True),
    "box": Method(
        "|w| (hi - lo) / 2 times the largest slope on the box; without data",
        compensates=True,
        needs_box=True,
    ),
    "tried": Method(
        "what outputs change by without it, evaluated for each weight",
        "outputs",
        compensates=True,
        tries=True,
    ),
    "gradient": Method("w^2 E[g a^2]: gradient times weight", "outputs"),
    "obd": Method("w^2 E[h a^2] / 2, for the loss's curvature h", "curvature"),
    "magnitude": Method("|w|"),
    "random": Method("by lot"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """For each weight how much it counts, and what number its bias takes w times of, if any."""

    importance: Floats
    mean: Floats | None = None


def ranked(name: str, W: Floats, seen: Moments | None, draw: np.random.Generator) -> Ranked:
    """The weights of a layer by a method that asks for no more than `seen`.

    Examples
    --------
    >>> found = ranked("magnitude", np.array([[-2.0, 1.0]]), None, np.random.default_rng(0))
    >>> found.importance, found.mean
    (array([[2., 1.]]), None)
    """
    if seen is None:
        return Ranked(np.abs(W) if name == "magnitude" else draw.random(W.shape))
    square = W * W
    if not METHODS[name].compensates:
        return Ranked(square * seen.square / (2.0 if name == "obd" else 1.0))
    return Ranked(square * seen.spread, seen.mean)


def share_of(ratio: Any) -> fmpq:
    """The share of weights that somebody means.

    Raises
    ------
    Malformed, NotANumber
        If it is no number from 0 to 1.
    """
    found = number(ratio)
    if not 0 <= found <= 1:
        raise Malformed("ratio", expected="a number from 0 to 1", got=str(ratio))
    return found


def lowest(importance: list[Floats], count: int) -> list[Mask]:
    """Where the weights are that count least, so many of all layers together.

    Of those that count alike the first ones.

    Examples
    --------
    >>> lowest([np.array([[1.0, 3.0]]), np.array([[2.0]])], 2)
    [array([[ True, False]]), array([[ True]])]
    """
    flat = np.concatenate([one.reshape(-1) for one in importance])
    chosen = np.zeros(flat.size, dtype=bool)
    chosen[np.argsort(flat, kind="stable")[:count]] = True
    parts = np.split(chosen, np.cumsum([one.size for one in importance])[:-1])
    return [part.reshape(one.shape) for part, one in zip(parts, importance, strict=True)]
