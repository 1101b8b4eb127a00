"""Notebooks run from top to bottom, cite what exists, and are stored as their sources alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from lumpver.theory.theorems import all_theorems

ROOT: Final = Path(__file__).resolve().parents[1]
EXECUTE: Final = Path(__file__).with_name("execute_notebook.py")
NOTEBOOKS: Final = sorted((ROOT / "notebooks").glob("*.ipynb"))
EACH: Final = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[p.stem for p in NOTEBOOKS])

METADATA: Final = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
ID: Final = re.compile(r"(?![0-9a-f]{8}$)[a-z][a-z0-9-]*")
COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
CLAIM: Final = re.compile(r"`([a-z0-9]+(?:_[a-z0-9]+){2,})`")
PLACE: Final = re.compile(r"`((?:lumpver|notebooks|proofs|tests)/[^`*]*)`")
STATEMENTS: Final = (ROOT / "proofs" / "rocq" / "statements.v").read_text(encoding="utf-8")
KNOWN: Final = {theorem.name for theorem in all_theorems()} | set(
    re.findall(r"^Theorem (\w+)", STATEMENTS, re.MULTILINE)
)


def cells(notebook: Path) -> list[dict[str, Any]]:
    """The cells of a notebook."""
    return list(json.loads(notebook.read_text(encoding="utf-8"))["cells"])


def source(notebook: Path, kind: str) -> str:
    """The text of all cells of one kind, `code` or `markdown`."""
    chosen = [cell["source"] for cell in cells(notebook) if cell["cell_type"] == kind]
    return "\n".join("".join(lines) for lines in chosen)


def executed(notebook: Path, folder: Path) -> list[dict[str, Any]]:
    """The cells with their outputs; the user's own settings of Jupyter do not count."""
    target = folder / notebook.name
    places = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    done = subprocess.run(
        [sys.executable, EXECUTE, notebook, target],
        env=os.environ | dict.fromkeys(places, str(folder)) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, COLOURS.sub("", done.stderr)[-3000:]
    return cells(target)


@EACH
def test_every_cell_runs(notebook: Path, tmp_path: Path) -> None:
    """The cells run in order in a new kernel, without a warning."""
    ran = executed(notebook, tmp_path)
    shown = [output for cell in ran for output in cell.get("outputs", ())]
    assert shown
    for output in shown:
        if output.get("name") == "stderr":
            assert "Warning" not in "".join(output["text"])


@pytest.mark.long
@EACH
def test_every_run_shows_the_same(notebook: Path, tmp_path: Path) -> None:
    """What a notebook shows depends on neither time nor chance nor place, pictures included."""
    runs = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        runs.append([cell.get("outputs") for cell in executed(notebook, folder)])
    assert runs[0] == runs[1]
    assert str(tmp_path) not in json.dumps(runs[0])


@EACH
def test_only_sources_are_stored(notebook: Path) -> None:
    """No outputs and no counts, so that a diff shows what was changed."""
    for cell in cells(notebook):
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert cell["metadata"] == {}
    assert json.loads(notebook.read_text(encoding="utf-8"))["metadata"] == METADATA


@EACH
def test_form_is_canonical(notebook: Path) -> None:
    """One line of a cell is one line of the file, keys are in order, letters are letters."""
    text = notebook.read_text(encoding="utf-8")
    found = json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False)
    assert f"{found}\n" == text
    assert all(isinstance(cell["source"], list) for cell in cells(notebook))
    assert all(line.count("\n") <= 1 for cell in cells(notebook) for line in cell["source"])


@EACH
def test_names_of_cells_are_chosen(notebook: Path) -> None:
    """Each cell has a name of its own that somebody gave it: `c07`, not `8f3a91c2`."""
    names = [cell["id"] for cell in cells(notebook)]
    assert len(names) == len(set(names))
    assert all(ID.fullmatch(name) for name in names)


@EACH
def test_what_is_cited_exists(notebook: Path) -> None:
    """Claims are in `lumpver theorems` or in Rocq, places are in the repository."""
    text, code = source(notebook, "markdown"), source(notebook, "code")
    for name in CLAIM.findall(text):
        assert name in KNOWN or re.search(rf"\b{name}\b", code), name
    for place in PLACE.findall(text):
        assert (ROOT / place).exists(), place


@EACH
def test_names_no_other_place(notebook: Path) -> None:
    """No folder of the machine on which it was written."""
    assert not re.search(r"/(?:home|root|tmp|work|Users)/", notebook.read_text(encoding="utf-8"))


def test_there_are_notebooks() -> None:
    """Their names begin with a number, each with one of its own."""
    numbers = [path.name[:2] for path in NOTEBOOKS]
    assert numbers
    assert len(numbers) == len(set(numbers))
    assert all(re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name) for path in NOTEBOOKS)
