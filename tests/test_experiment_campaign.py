"""The small campaign from beginning to end, resumed and repeated, with scikit-learn only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner
from experiment_nets import few

from experiments.paper import datasets, settings
from experiments.paper.campaign import Campaign
from experiments.paper.heads import Trained, restore, save
from experiments.paper.reporting import models
from experiments.paper.results import encode
from experiments.paper.settings import Settings
from lumpver.errors import Malformed, Unreadable

if TYPE_CHECKING:
    from pathlib import Path

TINY = Settings(
    "few", model="mlp", hidden=(3, 8), fixed=5, terms=(2,), families=("same", "mixed"), epochs=2
)


@pytest.fixture(autouse=True)
def sklearn() -> None:
    """All of this trains."""
    pytest.importorskip("sklearn")


def test_an_outcome_is_complete(tmp_path: Path) -> None:
    """Same-sign nodes cost nothing and are certified; each mixed one has a verdict."""
    found = Campaign(few(), TINY, tmp_path).outcome(0)
    same, mixed = found.variants
    assert set(same.changed) == {0}
    assert same.equal == same.exact_images == 40
    assert same.answered("exact") == same.certified == 3
    assert len(mixed.verdicts) == 3
    assert mixed.answered("unknown") == 0


def test_another_run_finds_the_same(tmp_path: Path) -> None:
    """Same seed, same bytes, with weights from before and without; another seed has others."""
    fresh = Campaign(few(), TINY, tmp_path / "a")
    first = encode(fresh.outcome(1))
    assert encode(fresh.outcome(1)) == first
    assert encode(Campaign(few(), TINY, tmp_path / "b").outcome(1)) == first
    assert encode(fresh.outcome(2)) != first


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """A seed that is there is read, not run; weights that are there are not trained."""
    steps: list[str] = []
    campaign = Campaign(few(), TINY, tmp_path / "weights", steps.append)
    first = campaign.run([0], tmp_path / "out")
    assert [s for s in steps if s.startswith("training")] == [
        "training 0-base",
        "training 0-same-2",
        "training 0-mixed-2",
    ]
    steps.clear()
    assert campaign.run([0], tmp_path / "out") == first
    assert steps == []
    (tmp_path / "out" / "seed-0.json").unlink()
    assert campaign.run([0], tmp_path / "out") == first
    assert not [s for s in steps if s.startswith("training")]


def test_jobs_change_nothing(tmp_path: Path) -> None:
    """Seeds in processes of their own find what they find in this one."""
    steps: list[str] = []
    apart = Campaign(few(), TINY, tmp_path / "a", steps.append).run([0, 1], tmp_path, jobs=2)
    assert steps == ["1 of 2 seeds done", "2 of 2 seeds done"]
    here = Campaign(few(), TINY, tmp_path / "b")
    assert [encode(one) for one in apart] == [encode(here.outcome(seed)) for seed in (0, 1)]


def test_results_of_other_settings_are_refused(tmp_path: Path) -> None:
    """They are not mixed with these."""
    Campaign(few(), TINY, tmp_path / "a").run([0], tmp_path)
    other = Settings("few", model="mlp", hidden=(3, 8), fixed=4, terms=(2,), epochs=2)
    with pytest.raises(Malformed, match="these settings"):
        Campaign(few(), other, tmp_path / "b").run([0], tmp_path)
    (tmp_path / "seed-1.json").write_bytes((tmp_path / "seed-0.json").read_bytes())
    with pytest.raises(Malformed, match="these settings"):
        Campaign(few(), TINY, tmp_path / "a").run([1], tmp_path)


def test_weights_of_another_plan_are_refused(tmp_path: Path) -> None:
    """A layer from the folder has to be exactly the plan's."""
    campaign = Campaign(few(), TINY, tmp_path)
    campaign.synthetic(1, "mixed", 2)
    (tmp_path / "1-mixed-2.npz").replace(tmp_path / "0-mixed-2.npz")
    with pytest.raises(Malformed, match="combinations"):
        campaign.synthetic(0, "mixed", 2)


@pytest.mark.parametrize("given", [Settings("other"), Settings("few", model="tree")])
def test_wrong_settings_are_refused(tmp_path: Path, given: Settings) -> None:
    """Images of another name, or a model that there is none of."""
    with pytest.raises(Malformed):
        Campaign(few(), given, tmp_path)


def test_perceptrons_are_not_exported(tmp_path: Path) -> None:
    """ONNX files are of convolutional networks."""
    assert models(Campaign(few(), TINY, tmp_path), 0) == {}


def test_stored_weights_are_restored(tmp_path: Path) -> None:
    """Every array with its type; a file of another kind is refused."""
    layers = tuple((np.full((2, 2), i, np.float32), np.zeros(2, np.float32)) for i in range(4))
    save(Trained(layers, np.ones((3, 2))), tmp_path / "w.npz")
    found = restore(tmp_path / "w.npz")
    assert len(found.convolutions) == 1
    assert found.head.last[0].tolist() == [[3, 3], [3, 3]]
    assert found.features.shape == (3, 2)
    (tmp_path / "broken.npz").write_bytes((tmp_path / "w.npz").read_bytes()[:100])
    np.savez(tmp_path / "other.npz", x=np.zeros(1))
    for name, error in (("broken", Unreadable), ("none", Unreadable), ("other", Malformed)):
        with pytest.raises(error):
            restore(tmp_path / f"{name}.npz")


def run(*arguments: str) -> tuple[int, str]:
    """The command's exit code and what it prints."""
    from experiments.paper.__main__ import experiment

    done = CliRunner().invoke(experiment, [*arguments])
    return done.exit_code, done.output


def test_the_command_writes_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results, tables and figure; with `--json` one object that has the numbers."""
    monkeypatch.setattr(datasets, "digits", few)
    monkeypatch.setattr(settings, "LIVE", TINY)
    code, output = run("--small", "--seeds", "1", "-o", str(tmp_path), "--json")
    assert code == 0
    found = json.loads(output)
    assert found["files"] == ["claims.md", "curves.csv", "figure.png", "figure.svg", "table.md"]
    assert {path.name for path in tmp_path.iterdir()} == {*found["files"], "seed-0.json", "weights"}
    code, output = run("--small", "--seeds", "1", "-o", str(tmp_path))
    assert code == 0
    assert "refuted by a test image" in output


@pytest.mark.parametrize("given", [(), ("--small", "--digits"), ("--mnist", ".", "--digits")])
def test_one_data_set_is_asked_for(tmp_path: Path, given: tuple[str, ...]) -> None:
    """None and two are refused, before anything is read."""
    from experiments.paper.__main__ import experiment

    with pytest.raises(Malformed, match="one of --mnist, --digits, --small"):
        CliRunner().invoke(experiment, [*given, "-o", str(tmp_path)], catch_exceptions=False)
