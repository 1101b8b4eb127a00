"""The words "for all inputs" stand where claims are said, and nowhere else."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = Path(__file__).resolve().parents[1] / "lumpver"
WORDS: Final = re.compile(r"\b(?:all|every|any|each)\s+(?:possible\s+)?inputs?\b", re.IGNORECASE)

# Folders whose texts may have the words, and why.
ALLOWED: Final = {
    "claim": "here a claim is put into words",
    "theory": "a theorem's statement quantifies over inputs itself, and is no answer about models",
}


PRINTED: Final = "cli"  # where docstrings are what `--help` says


def texts(source: str, *, docstrings_too: bool = False) -> Iterator[str]:
    """The literal texts of a module but its docstrings: those say what functions do."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if docstrings_too or id(node) not in docstrings:
                yield node.value
        elif isinstance(node, ast.JoinedStr):  # with words on both sides of what is put in
            yield "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)


def said(path: Path) -> list[str]:
    """What a file says that only a claim may say."""
    text = path.read_text(encoding="utf-8", errors="replace")
    code, printed = path.suffix == ".py", PRINTED in path.parts
    found = texts(text, docstrings_too=printed) if code else [text]
    return [match[0] for words in found for match in WORDS.finditer(words)]


def test_no_other_place_says_for_all_inputs() -> None:
    """Modules, templates, scripts and data: whoever says it renders the claim."""
    paths = (path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix != ".pyc")
    others = [path for path in paths if path.relative_to(PACKAGE).parts[0] not in ALLOWED]
    assert {path.suffix for path in others} >= {".py", ".j2", ".js"}
    assert {str(path.relative_to(PACKAGE)): said(path) for path in others if said(path)} == {}


def test_claims_say_it() -> None:
    """The search finds the words where they are: a search for nothing would find nothing."""
    assert any(said(path) for path in (PACKAGE / "claim").glob("*.py"))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('say("valid for all inputs")', 1),
        ('say("for every "\n    "input")', 1),
        ('say(f"for all inputs of {name}")', 2),
        ('say(f"{answer} for all inputs")', 2),
        ('def f():\n    """For all inputs."""', 0),
        ("# for all inputs", 0),
        ('say("too many inputs")', 0),
    ],
)
def test_texts_are_found_in_code(source: str, found: int, tmp_path: Path) -> None:
    """Texts that are joined, with something put in or not; neither docstrings nor comments."""
    path = tmp_path / "module.py"
    path.write_text(source)
    assert len(said(path)) == found
