"""Notebooks run from top to bottom, and nothing is stored in them but their sources."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def cells(notebook: Path) -> list[dict[str, Any]]:
    """The cells of a notebook."""
    return list(json.loads(notebook.read_text())["cells"])


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_every_cell_runs(notebook: Path) -> None:
    """The code cells run in order, one after the other, in one namespace."""
    names: dict[str, Any] = {}
    with redirect_stdout(StringIO()):
        for cell in cells(notebook):
            if cell["cell_type"] == "code":
                source = "".join(cell["source"])
                exec(compile(source, notebook.name, "exec"), names)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_only_sources_are_stored(notebook: Path) -> None:
    """No outputs and no counts, so that a diff shows what was changed."""
    for cell in cells(notebook):
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


def test_there_are_notebooks() -> None:
    """At least the first is there."""
    assert NOTEBOOKS
