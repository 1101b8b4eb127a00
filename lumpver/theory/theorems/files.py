"""The queries as files: `proofs/smt`, and the table that says which statement is where.

The text of a file is what the solver is asked when the theorem is proved, so that a
replay of the files is a replay of the theorems.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lumpver.theory.theorems.catalogue import all_theorems

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.theory.theorems.proving import Theorem


def scripts(theorems: Iterable[Theorem] | None = None) -> dict[str, str]:
    """The SMT-LIB text of every query of `theorems`, by default of all, by file name."""
    chosen = all_theorems() if theorems is None else theorems
    return {name: text for theorem in chosen for name, text in theorem.scripts.items()}


def write_scripts(
    folder: str | Path, theorems: Iterable[Theorem] | None = None
) -> tuple[Path, ...]:
    """The files of `scripts`, written into `folder`; other `.smt2` files there are removed."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    texts = scripts(theorems)
    for path in place.glob("*.smt2"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (place / name).write_text(text, encoding="utf-8", newline="\n")
    return tuple(place / name for name in texts)


def table() -> str:
    """All theorems as a Markdown table: statement, source, outcome, files."""
    rows = ["| statement | source | outcome | files in `smt/` |", "|---|---|---|---|"]
    for theorem in all_theorems():
        files = ", ".join(f"`{name}`" for name in theorem.scripts)
        cells = (theorem.statement, theorem.source, theorem.outcome, files)
        rows.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(rows) + "\n"
