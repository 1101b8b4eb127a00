"""The options that bound inputs, as commands have them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import lumpver
from lumpver import Network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Run

    Told = Callable[..., tuple[int, dict[str, Any]]]

RELU = Network.from_layers([([[1, 0], [0, 1]], None), ([[1, 1]], None)])
LINE = Network.from_layers([([[1, 1]], None)])


@pytest.fixture
def told(run: Run) -> Told:
    """Exit code and document of a command."""

    def command(*args: Any) -> tuple[int, dict[str, Any]]:
        code, out, _ = run(*args, "--json")
        return code, json.loads(out)

    return command


@pytest.fixture
def models(tmp_path: Path) -> tuple[Path, Path]:
    """Two ReLUs, and their sum without them."""
    paths = tmp_path / "a.json", tmp_path / "b.json"
    for path, network in zip(paths, (RELU, LINE), strict=True):
        lumpver.save(network, path)
    return paths


def test_prove_on_a_range(told: Told, models: tuple[Path, Path]) -> None:
    """One range for all inputs is a box, and its name is in the answer."""
    code, found = told("prove", *models, "--box", "[0, 1]")
    assert (code, found["answer"]) == (0, "proved")
    assert found["claim"]["domain"] == {"box": "[0, 1] in every entry"}
    code, found = told("prove", *models, "--box", "[-1/10, 0.1]")
    assert (code, found["answer"]) == (1, "refuted")


def test_prove_between_arrays(told: Told, models: tuple[Path, Path], tmp_path: Path) -> None:
    """Two arrays are a box; one, or one beside a box, is none; neither is overwritten."""
    low, high = tmp_path / "low.npy", tmp_path / "high.npy"
    np.save(low, np.zeros(2))
    np.save(high, np.ones(2))
    assert told("prove", *models, "--lower", low, "--upper", high)[0] == 0
    assert told("prove", *models, "--lower", low)[0] == 2
    assert told("prove", *models, "--lower", low, "--upper", high, "--box", "[0,1]")[0] == 2
    assert told("prove", *models, "--lower", low, "--upper", high, "--query", low)[0] == 2
    assert told("prove", *models, "--lower", low, "--upper", tmp_path / "none.npy")[0] == 2


def test_check_on_a_range(told: Told, models: tuple[Path, Path], tmp_path: Path) -> None:
    """What holds for all inputs holds on each box that is asked about; a bad one is exit 2."""
    small = tmp_path / "small.json"
    code, _ = told("reduce", models[0], "-o", small)
    assert code == 0
    files = models[0], small, tmp_path / "small.json.cert.json"
    low = tmp_path / "low.npy"
    np.save(low, np.zeros(2))
    for options in (["--box", "[0,1]"], ["--box", "[0, 0.1]", "--exact-box"],
                    ["--lower", low, "--upper", low]):  # fmt: skip
        code, found = told("check", *files, *options)
        assert (code, found["valid"]) == (0, True)
    for options in (["--box", "[1,0]"], ["--box", "[0,1"], ["--box", tmp_path / "none.vnnlib"],
                    ["--lower", low], ["--box", models[0]]):  # fmt: skip
        assert told("check", *files, *options)[0] == 2
