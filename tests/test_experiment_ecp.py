"""The experiments on pruning: the equation, training, what is measured, the small version."""

from __future__ import annotations

import json
from math import erfc
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from experiments.ecp.__main__ import experiment
from experiments.ecp.certifying import deviation
from experiments.ecp.diffusion import DIFFUSIVITY, solution
from experiments.ecp.reporting import files, read
from experiments.ecp.settings import DIFFUSION, MNIST, NOISY, SMALL, Settings
from experiments.ecp.tasks import task
from experiments.ecp.training import loss, made, network_of, perceptron_of, train
from lumpver import prune
from lumpver.errors import Malformed, Unreadable


def test_without_sorption_it_is_the_error_function() -> None:
    """Long before the other end is reached: within what a step of the grid does."""
    x, t, u = solution(begin=0.0, retarded=False)
    for step in (19, 49):
        wanted = [erfc(a / (2 * np.sqrt(DIFFUSIVITY * t[step]))) for a in x]
        assert np.abs(u[step] - wanted).max() < 0.01


def test_finer_grids_come_closer() -> None:
    """Half the step changes little, and what is sorbed comes later."""
    rough, fine = solution(50, 100), solution(100, 400)
    pairs = fine[2][-1].reshape(50, 2).mean(axis=1)
    assert np.abs(rough[2][-1] - pairs).max() < 0.01
    free = solution(50, 100, retarded=False)
    assert (free[2][20][:25] > rough[2][20][:25]).all()
    assert ((rough[2] > 0) & (rough[2] < 1)).all()


@pytest.mark.parametrize("kind", ["squares", "cross-entropy"])
@pytest.mark.parametrize("activation", ["Relu", "Tanh"])
def test_slopes_are_those_of_differences(kind: str, activation: str) -> None:
    """Of every weight and bias."""
    draw = np.random.default_rng(0)
    found = made(3, (4, 5), 2, activation, 0)
    found.layers = [(W, draw.normal(size=b.shape)) for W, b in found.layers]  # off the kinks
    x = draw.normal(size=(7, 3))
    y = draw.normal(size=(7, 2)) if kind == "squares" else draw.integers(0, 2, size=(7, 1))
    slopes = found.slopes(x, y, kind)
    parts = [part for layer in found.layers for part in layer]
    for part, slope in zip(parts, slopes, strict=True):
        for i in range(part.size):
            ends = []
            for step in (1e-6, -2e-6):
                part.flat[i] += step
                ends.append(loss(found.forward(x)[-1], y, kind))
            part.flat[i] += 1e-6
            assert abs((ends[0] - ends[1]) / 2e-6 - slope.flat[i]) < 1e-5


def test_what_was_taken_out_stays_out() -> None:
    """And the network is the perceptron."""
    data = task(SMALL, 0)
    found = made(2, (8, 8), 1, "Tanh", 0)
    train(found, data, SMALL, 2, 0)
    after = prune(network_of(found), "0.5", method="magnitude").network
    thin = perceptron_of(after, "Tanh")
    before = [W == 0 for W, _ in thin.layers]
    train(thin, data, SMALL, 2, 0)
    assert sum(int(one.sum()) for one in before) == 44
    assert all((W[gone] == 0).all() for (W, _), gone in zip(thin.layers, before, strict=True))
    assert any((W[~gone] != 0).all() for (W, _), gone in zip(thin.layers, before, strict=True))


def test_no_point_shows_more_than_is_certified() -> None:
    """With one part and with several, which show less."""
    draw = np.random.default_rng(0)
    for activation in ("Relu", "Tanh"):
        found = made(2, (8, 8), 1, activation, 1)
        whole = network_of(found)
        after = prune(whole, "0.3", method="random").network
        x = draw.random((2000, 2))
        seen = found.forward(x)[-1] - perceptron_of(after, activation).forward(x)[-1]
        bounds = [deviation(whole, after, 2, parts) for parts in (1, 2, 4)]
        assert np.abs(seen).max() <= bounds[2] <= bounds[1] * 1.01 <= bounds[0] * 1.02
        assert deviation(whole, whole, 2, 1) < 1e-9


def test_the_small_version(tmp_path: Path) -> None:
    """Runs in seconds, writes all of it, and is not run again."""
    arguments = ["--small", "--seeds", "1", "-o", str(tmp_path / "out"), "--json"]
    result = CliRunner().invoke(experiment, arguments, standalone_mode=False)
    answer = json.loads(result.stdout)
    assert answer == {"files": ["figure.svg", "table.md"], "rows": 14, "seeds": 1}
    data = (tmp_path / "out" / "seed-0.json").read_bytes()
    outcome = read(data, "seed")
    assert outcome.settings == SMALL
    for row in outcome.rows:
        assert 0 < row.seen <= row.certified
    by = {(row.method, row.ratio): row for row in outcome.rows}
    assert by["ecp", 0.3].pruned < by["random", 0.3].pruned
    figure = (tmp_path / "out" / "figure.svg").read_bytes()
    CliRunner().invoke(experiment, arguments, standalone_mode=False)
    assert (tmp_path / "out" / "figure.svg").read_bytes() == figure
    assert (tmp_path / "out" / "seed-0.json").read_bytes() == data
    assert b"<svg" in figure


def test_what_is_refused(tmp_path: Path) -> None:
    """No task, two tasks, no images, other results in the folder."""
    for options in ([], ["--small", "--noisy"]):
        with pytest.raises(Malformed):
            CliRunner().invoke(
                experiment, [*options, "-o", str(tmp_path)], standalone_mode=False,
                catch_exceptions=False,
            )  # fmt: skip
    with pytest.raises(Malformed):
        task(MNIST, 0)
    with pytest.raises(Unreadable):
        read(b"{}", "seed")


@pytest.mark.parametrize("asked", [DIFFUSION, NOISY, MNIST], ids=lambda asked: asked.task)
def test_results_that_are_kept_are_whole(asked: Settings) -> None:
    """Five seeds, of the settings as they are; nothing seen is above its bound."""
    kept = Path(__file__).resolve().parents[1] / "notebooks" / "experiment" / "ecp"
    folder = kept / asked.task.removeprefix("diffusion-")
    found = [read((folder / f"seed-{i}.json").read_bytes(), "seed") for i in range(5)]
    rows = len(asked.hidden) * len(asked.methods) * len(asked.ratios)
    for outcome in found:
        assert outcome.settings == asked
        assert len(outcome.rows) == rows
        assert all(row.seen <= row.certified for row in outcome.rows)
    for name, data in files(found).items():
        assert (folder / name).read_bytes() == data
