"""How much it counts what a unit's sum changes by: for all outputs, or for a loss.

curvature: the second derivative of a loss as Gauss and Newton take it, the network's own left out
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from lumpver.errors import Malformed, ShapeMismatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lumpver.exact.floats import Floats

LOSSES: Final = ("squares", "cross-entropy")

if TYPE_CHECKING:
    Back = Callable[[Mapping[str, Floats]], Mapping[str, Floats]]
    Weighed = Callable[[str], Floats | None]


class Weigh(Protocol):
    """g at some samples: of each tensor's entries, a row for each sample."""

    def __call__(
        self, back: Back, targets: tuple[str, ...], values: Mapping[str, Floats], chosen: slice
    ) -> Weighed:
        """That of a tensor; None where nothing depends on it."""
        ...


def alike(
    back: Back, targets: tuple[str, ...], values: Mapping[str, Floats], chosen: slice
) -> Weighed:
    """All samples of all units count alike: each layer by itself."""
    del back, targets, chosen
    return lambda name: np.ones_like(values[name])


def of_outputs(
    back: Back, targets: tuple[str, ...], values: Mapping[str, Floats], chosen: slice
) -> Weighed:
    """The squared norm of what outputs change by."""
    del chosen
    found: dict[str, Floats] = {}
    for _, rows in _ones(targets, values):
        for name, made in back(rows).items():
            found[name] = found.get(name, 0.0) + made * made
    return found.get


def _ones(
    targets: tuple[str, ...], values: Mapping[str, Floats]
) -> Iterator[tuple[int, dict[str, Floats]]]:
    """Rows of each entry of the outputs in turn, and its place among all."""
    place = 0
    for target in targets:
        for i in range(values[target].shape[1]):
            rows = np.zeros_like(values[target])
            rows[:, i] = 1.0
            yield place, {target: rows}
            place += 1


def of_loss(loss: str, wanted: Floats) -> Weigh:
    """The squared change of a loss, for what is wanted at each sample."""

    def weigh(
        back: Back, targets: tuple[str, ...], values: Mapping[str, Floats], chosen: slice
    ) -> Weighed:
        made, share = _outcome(loss, targets, values)
        want = _wanted(loss, wanted, made.shape[1])[chosen]
        rows = share - want if loss == "cross-entropy" else 2.0 * (made - want) / made.shape[1]
        found = back(_split(rows, targets, values))
        squares = {name: one * one for name, one in found.items()}
        return squares.get

    return weigh


def of_curvature(loss: str) -> Weigh:
    """The curvature of a loss, which does not depend on what is wanted."""

    def weigh(
        back: Back, targets: tuple[str, ...], values: Mapping[str, Floats], chosen: slice
    ) -> Weighed:
        if loss == "squares":
            return of_outputs(back, targets, values, chosen)
        _, share = _outcome(loss, targets, values)
        mean: dict[str, Floats] = {}
        square: dict[str, Floats] = {}
        for place, rows in _ones(targets, values):
            part = share[:, place, None]
            for name, one in back(rows).items():
                mean[name] = mean.get(name, 0.0) + part * one
                square[name] = square.get(name, 0.0) + part * one * one
        found = {name: np.maximum(square[name] - one * one, 0.0) for name, one in mean.items()}
        return found.get

    return weigh


def _outcome(
    loss: str, targets: tuple[str, ...], values: Mapping[str, Floats]
) -> tuple[Floats, Floats]:
    """The outputs side by side, and their softmax where that is asked for."""
    made = np.concatenate([values[name] for name in targets], axis=1)
    if loss != "cross-entropy":
        return made, made
    raised = np.exp(made - made.max(axis=1, keepdims=True))
    return made, raised / raised.sum(axis=1, keepdims=True)


def _split(
    rows: Floats, targets: tuple[str, ...], values: Mapping[str, Floats]
) -> dict[str, Floats]:
    places = np.cumsum([values[name].shape[1] for name in targets])[:-1]
    return dict(zip(targets, np.split(rows, places, axis=1), strict=True))


def _wanted(loss: str, wanted: Floats, outputs: int) -> Floats:
    """What is wanted of each output: numbers, or 1 for the class and 0 for the others."""
    if loss == "squares":
        if wanted.shape[1] != outputs:
            got = f"{wanted.shape[1]}"
            raise ShapeMismatch("targets", expected=f"{outputs} numbers a sample", got=got)
        return wanted
    if wanted.shape[1] != 1:
        raise ShapeMismatch("targets", expected="a class a sample", got=f"{wanted.shape[1]}")
    classes = wanted[:, 0]
    if not ((classes == np.floor(classes)) & (classes >= 0) & (classes < outputs)).all():
        raise Malformed("targets", expected=f"classes from 0 to {outputs - 1}", got="others")
    return np.asarray(np.arange(outputs) == classes[:, None], dtype=np.float64)
