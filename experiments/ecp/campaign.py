"""The runs of one seed: train, prune by each method, measure, train on, measure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from experiments.ecp.certifying import deviation
from experiments.ecp.settings import Settings  # noqa: TC001 msgspec reads it
from experiments.ecp.tasks import task
from experiments.ecp.training import loss, made, network_of, perceptron_of, train
from lumpver.pruning import METHODS
from lumpver.pruning.pruning import Asked, prune

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from experiments.ecp.tasks import Task
    from experiments.ecp.training import Perceptron
    from lumpver.model.network import Network


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pruned network: losses on test data, and how far it is from the trained one.

    `seen` is the largest difference of an output on the test data, `certified` a number that
    none exceeds for any input between 0 and 1.
    """

    hidden: tuple[int, ...]
    method: str
    ratio: float
    pruned: float
    tuned: float
    seen: float
    certified: float


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of one seed; `trained` are the losses before anything is pruned."""

    settings: Settings
    seed: int
    trained: tuple[float, ...]
    rows: tuple[Row, ...]


def run(
    settings: Settings,
    seed: int,
    *,
    mnist: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Train and prune for one seed; the same numbers each time on one machine."""
    data = task(settings, seed, mnist=mnist)
    rows: list[Row] = []
    losses = []
    for hidden in settings.hidden:
        progress(f"seed {seed}: training {hidden}")
        found = made(data.x.shape[1], hidden, data.outputs, settings.activation, seed)
        train(found, data, settings, settings.epochs, seed)
        losses.append(loss(found.forward(data.x_test)[-1], data.y_test, settings.loss))
        whole = network_of(found)
        for method in settings.methods:
            for ratio in settings.ratios:
                progress(f"seed {seed}: {hidden}, {method}, {ratio}")
                after = _pruned(whole, settings, method, ratio, data, seed)
                rows.append(
                    _row(found, whole, after, settings, (hidden, method, ratio), data, seed)
                )
    return Outcome(settings, seed, tuple(losses), tuple(rows))


def _pruned(
    whole: Network, settings: Settings, method: str, ratio: float, data: Task, seed: int
) -> Network:
    sees = METHODS[method].sees
    some = data.x[: settings.examples]
    asked = Asked(
        method=method,
        data=None if sees is None else {"x": some},
        targets=data.y[: settings.examples].astype(np.float64) if sees == "loss" else None,
        loss=settings.loss,
        seed=seed,
    )
    return prune(whole, ratio, asked).network


def _row(
    found: Perceptron,
    whole: Network,
    after: Network,
    settings: Settings,
    label: tuple[tuple[int, ...], str, float],
    data: Task,
    seed: int,
) -> Row:
    thin = perceptron_of(after, settings.activation)
    before, now = (one.forward(data.x_test)[-1] for one in (found, thin))
    seen = float(np.abs(before - now).max())
    pruned = loss(now, data.y_test, settings.loss)
    certified = deviation(whole, after, data.x.shape[1], settings.certify)
    train(thin, data, settings, settings.tuning, seed)
    tuned = loss(thin.forward(data.x_test)[-1], data.y_test, settings.loss)
    return Row(*label, pruned=pruned, tuned=tuned, seen=seen, certified=certified)
