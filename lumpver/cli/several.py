"""`lumpver reduce` of several models into a folder: a failure of one does not stop the rest."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lumpver.claim.statement import Claim, claimed
from lumpver.cli.leaving import show_traceback, told
from lumpver.cli.output import YES, console, finish, progress_bar
from lumpver.errors import Malformed, Unreadable
from lumpver.io.files import FORMATS, files_of
from lumpver.io.reading import reason
from lumpver.io.saving import data_of
from lumpver.io.writing import spare
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    Document: TypeAlias = dict[str, Any]
    Reduce: TypeAlias = Callable[[Path, Path], Document]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one model: the document of `reduce`, or of the error, and its exit code."""

    model: Path
    document: Document
    code: int = YES

    @property
    def said(self) -> str:
        """The result in a word or two."""
        if self.code:
            return "failed"
        return "nothing to remove" if self.document["nothing_removed"] else "reduced"

    @property
    def failure(self) -> str:
        """The error in one line that names the model."""
        said = str(self.document["error"]["message"]).replace("\n", " ")
        return said if str(self.model) in said else f"{self.model}: {said}"


def is_folder(models: Sequence[Path], output: str) -> bool:
    """Whether the output is a folder for one or more models, and no file.

    Raises
    ------
    click.UsageError
        If there are several models, and the output has the name of one.
    """
    named = output.endswith(FORMATS)
    if len(models) > 1 and named:
        raise click.UsageError(f"Several models need a folder, and {output} names one model.")
    return (
        len(models) > 1 or output.endswith(("/", os.sep)) or (Path(output).is_dir() and not named)
    )


def reduce_all(models: Sequence[Path], folder: Path, one: Reduce, *, as_json: bool) -> None:
    """Reduce each model into the folder, print a table or one object, and leave with the code.

    Raises
    ------
    Malformed, Unreadable
        Before anything is written: if two results would have one name, one would replace a
        model that is read, or the folder is a file or cannot be made.
    """
    targets = _targets(models, folder)
    _make(folder)
    found: list[Done] = []
    with progress_bar(len(models), quiet=as_json) as progress:
        for model, target in zip(models, targets, strict=True):
            progress(str(model))
            found.append(_done(model, target, one))
    code = max(done.code for done in found)
    if as_json:
        finish(_document(found, folder), code=code)
    _tell(found, folder)
    finish({}, code=code, quiet=True)


def _targets(models: Sequence[Path], folder: Path) -> list[Path]:
    """Where each goes: different files, none of which is a model that is read."""
    taken = {os.path.realpath(model): f"the model {model}" for model in models}
    targets = [folder / model.name for model in models]
    for model, target in zip(models, targets, strict=True):
        for place in _written_at(target):
            real = os.path.realpath(place)
            if other := taken.get(real):
                wish = f"a place for what becomes of {model} alone"
                raise Malformed(str(place), expected=wish, got=other)
            taken[real] = f"what becomes of {model}"
    _spare_all(models, targets)
    return targets


def _spare_all(models: Sequence[Path], targets: list[Path]) -> None:
    """No file that is there and would be replaced is one that any of the models needs."""
    places = [place for target in targets for place in _written_at(target) if place.exists()]
    needed = [file for model in models for file in files_of(model)] if places else []
    for place in places:
        spare({"the result": place}, needed)


def _written_at(target: Path) -> tuple[Path, ...]:
    return target, data_of(target), Path(f"{target}.cert.json")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        expected = "a folder for the models"
        raise Unreadable(str(folder), expected=expected, got=reason(error)) from error


def _done(model: Path, target: Path, one: Reduce) -> Done:
    try:
        return Done(model, one(model, target))
    except Exception as error:  # noqa: BLE001 the other models have nothing to do with it
        if click.get_current_context().find_root().params.get("debug"):
            show_traceback(error)
        code, fields = told(error)
        return Done(model, {"error": fields}, code)


def _document(found: list[Done], folder: Path) -> Document:
    failed = sum(done.code != 0 for done in found)
    return {
        "models": [{"model": str(done.model), **done.document} for done in found],
        "folder": str(folder),
        "written": len(found) - failed,
        "failed": failed,
        "claim": Claim().as_dict(),
        "evidence": "certificate",
        "semantics": "real",
    }


def _tell(found: list[Done], folder: Path) -> None:
    """A table of all models, and what is claimed of those that were written."""
    from rich.table import Table  # noqa: PLC0415 nothing heavy before it is needed
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold")
    for name in ("units", "left", "bytes", "after"):
        table.add_column(name, justify="right")
    table.add_column("result", overflow="fold")
    for done in found:
        style = "" if done.code == 0 else "bold red"
        numbers = _numbers(done.document) if done.code == 0 else ["-"] * 4
        table.add_row(Text(visible(str(done.model))), *numbers, Text(done.said, style=style))
    console().print(table)
    for done in found:
        if done.code:
            console().print(visible(done.failure), style="bold red", markup=False)
    failed = sum(done.code != YES for done in found)
    written = len(found) - failed
    what = "1 model, with" if written == 1 else f"{written} models, each with"
    console().print(f"Wrote {what} its certificate, to {folder}; {failed} failed.", markup=False)
    for line in claimed("certificate") if written else []:
        console().print(line, style="dim", markup=False)


def _numbers(document: Document) -> list[str]:
    units, size = document["units"], document["bytes"]
    return [str(n) for pair in (units, size) for n in (pair["before"], pair["after"])]
