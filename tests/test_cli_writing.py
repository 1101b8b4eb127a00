"""Every command writes the files that it was asked for, and no other."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from folders import contents
from small_networks import ONCE, OTHER, TWICE, TWINS

from lumpver.io.json.writing import write

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

PAIR: Final = "{m}/twins.json {m}/small.json"
CLAIM: Final = f"{PAIR} {{m}}/small.json.cert.json"

# The command, its exit code, and the files below the current folder that it is to write.
COMMANDS: Final = {
    "reduce {m}/twins.json -o r.json": (0, {"r.json", "r.json.cert.json"}),
    f"check {CLAIM}": (0, set[str]()),
    f"prove {PAIR}": (0, set[str]()),
    "prove {m}/twins.json {m}/other.json": (1, set[str]()),
    "prove {m}/twice.json {m}/once.json --timeout 0": (3, set[str]()),
    "prove {m}/twice.json {m}/once.json --timeout 0 --query q.smt2": (3, {"q.smt2"}),
    f"report {CLAIM} -o page.html --prove": (0, {"page.html"}),
    f"bundle {CLAIM} -o all.zip --prove": (0, {"all.zip"}),
    "inspect {m}/twins.json": (0, set[str]()),
    "explain {m}/small.json.cert.json": (0, set[str]()),
    "export {m}/twins.json -o e.onnx": (0, {"e.onnx"}),
    "demo": (0, set[str]()),
    "audit lumpver:nothing": (2, set[str]()),
}


@pytest.fixture
def models(tmp_path: Path, run: Run) -> Path:
    """A folder of models, a reduced one and its certificate among them."""
    folder = tmp_path / "models"
    folder.mkdir()
    named = {"twins": TWINS, "other": OTHER, "twice": TWICE, "once": ONCE}
    for name, made in named.items():
        (folder / f"{name}.json").write_bytes(write(made))
    assert run("reduce", folder / "twins.json", "-o", folder / "small.json")[0] == 0
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("GRACE", "START"):  # for a busy machine
        monkeypatch.setattr(f"lumpver.proving.apart.{name}", 60)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_files_of_a_command(command: str, models: Path, here: Path, run: Run) -> None:
    """Nothing appears in the current folder, or beside the models, that was not named."""
    before = contents(models)
    code, files = COMMANDS[command]
    assert run(*command.format(m=models).split())[0] == code
    assert set(contents(here)) == files
    assert contents(models) == before


@pytest.mark.parametrize(
    ("command", "written"),
    [("audit lumpver:reduce --examples 5 --seconds 60", 0), ("theorems --smt queries", 1)],
)
def test_files_of_a_whole_process(command: str, written: int, here: Path) -> None:
    """Neither does what the command imports leave anything there."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HYPOTHESIS_")}
    words = [sys.executable, "-m", "lumpver", *command.split()]
    done = subprocess.run(words, env=environment, capture_output=True, check=False)
    assert done.returncode == 0
    assert [place.name for place in here.iterdir()] == ["queries"] * written
    assert all(name.startswith("queries/") for name in contents(here))
