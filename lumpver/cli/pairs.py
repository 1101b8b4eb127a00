"""`lumpver prove --pairs`: a list of pairs, answered a row each as it goes; none stops another."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import click

from lumpver.cli.asking import nearness
from lumpver.cli.bounding import Bounds
from lumpver.cli.leaving import show_traceback, told
from lumpver.cli.output import COLOURS, YES, Answered, console, progress_line
from lumpver.cli.querying import answered
from lumpver.errors import Malformed, Unreadable
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from typing import NoReturn, TypeAlias

    from lumpver.claim.closeness import Closeness
    from lumpver.claim.semantics import Word
    from lumpver.model.network import Network
    from lumpver.proving import Answer
    from lumpver.proving.queries.asking import Query
    from lumpver.proving.smt import Solver

    Document: TypeAlias = dict[str, Any]
    Prove: TypeAlias = Callable[[Path, Path, "Asked", float, Callable[[str], None]], "Proven"]

COLUMNS: Final = (
    "original",
    "other",
    "box",
    "eps",
    "question",
    "delta",
    "timeout",
    "certificate",
)
_MOST_BYTES: Final = 2**26
_CLASS: Final = "same-class"
_RELATIVE: Final = "relative"
_QUESTIONS: Final = f"equal, {_CLASS}, {_CLASS} min, {_RELATIVE}, or a query that ends in .vnnlib"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a pair of models, and how; of files only the names."""

    within: Bounds
    closeness: Closeness
    solver: Solver
    workers: int | None
    timeout: float | None
    query: Path | None
    certificate: Path | None
    vnnlib: Path | None
    semantics: Word
    parts: int | None = None
    resume: bool = False
    smallest: bool = False
    scheduler: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Proven:
    """The answer about a pair, as an object and as `--json` has it, and its exit code.

    `floats` is what onnxruntime gives at a refutation; `query` is what was read from a file, and
    `late` says that the time is over.
    """

    document: Document
    code: int
    answer: Answer
    floats: Document
    query: Query | None
    pair: tuple[Network, Network]
    late: bool

    def tell_query(self, *, quiet: bool) -> None:
        """Say in the standard's words what the answer is to a query, and add it to the document."""
        if self.query is not None:
            answered(self.document, self.query, self.answer, self.pair, late=self.late, quiet=quiet)


def prove_all(path: Path, asked: Asked, one: Prove, *, as_json: bool) -> NoReturn:
    """Answer each row of the list, print it at once, and leave with the largest of the codes.

    Raises
    ------
    Unreadable, Malformed
        If the list cannot be read, has no rows, or other columns.
    """
    codes, counts = [YES], dict[str, int]()
    for line, cells in _rows(path):
        begun = monotonic()
        with progress_line(quiet=as_json) as progress:
            found, code = _answered(path.parent, cells, asked, one, begun, progress)
        codes.append(code)
        said = str(found.get("answer", "failed"))
        counts[said] = counts.get(said, 0) + 1
        names = {name: cells[name] for name in ("original", "other")}
        row = {"row": line, **names, "code": code, **found}
        row["seconds"] = round(monotonic() - begun, 3)
        if as_json:
            click.echo(json.dumps(row, sort_keys=True))
        else:
            _tell(row, said)
    if not as_json:
        total = ", ".join(f"{n} {said}" for said, n in sorted(counts.items()))
        console().print(f"{sum(counts.values())} rows: {total}.", markup=False)
    raise Answered(max(codes))


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines that rows end at, and their cells by column, none missing."""
    from lumpver.io.reading import read_bytes  # noqa: PLC0415 only what is needed

    try:
        text = read_bytes(path, most=_MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(str(path), expected="text in UTF-8", got=f"byte {error.start}") from error
    reader = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    rows = _read(reader, path)
    names = [name.strip() for name in next((row for _, row in rows), [])]
    others = [name for name in names if name not in COLUMNS]
    if others or len(set(names)) < len(names) or not {"original", "other"} <= {*names}:
        expected = f"a first row with original, other, and some of {', '.join(COLUMNS[2:])}"
        raise Malformed(str(path), expected=expected, got=", ".join(names)[:80] or "none")
    found = [(line, row) for line, row in rows if any(cell.strip() for cell in row)]
    if not found:
        raise Malformed(str(path), expected="a row below the first", got="none")
    for line, row in found:
        cells = dict.fromkeys(COLUMNS, "") | dict(zip(names, map(str.strip, row), strict=False))
        yield line, cells | ({"more": "more"} if len(row) > len(names) else {})


def _read(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        where = f"{path}: line {reader.line_num}"
        raise Malformed(where, expected="comma-separated values", got=str(error)[:80]) from error


def _answered(
    folder: Path,
    cells: Mapping[str, str],
    asked: Asked,
    one: Prove,
    begun: float,
    progress: Callable[[str], None],
) -> tuple[Document, int]:
    """What becomes of a row: the document of its answer or error, and the code."""
    try:
        wanted = _wanted(folder, cells, asked)
        a, b = (folder / cells[name] for name in ("original", "other"))
        found = one(a, b, wanted, begun, progress)
        found.tell_query(quiet=True)
    except Exception as error:  # noqa: BLE001 the other rows have nothing to do with it
        if click.get_current_context().find_root().params.get("debug"):
            show_traceback(error)
        code, fields = told(error)
        return {"error": fields}, code
    return found.document, found.code


def _wanted(folder: Path, cells: Mapping[str, str], asked: Asked) -> Asked:
    """What a row asks; what it leaves empty is as the options say."""
    if "more" in cells:
        raise Malformed("row", expected="no more cells than columns", got="more")
    for name in ("original", "other"):
        if not cells[name]:
            raise Malformed(name, expected="the path of a model", got="nothing")
    found = asked
    if box := cells["box"]:
        place = box if box.startswith("[") else str(folder / box)
        found = replace(found, within=Bounds(place))
    if cells["timeout"]:
        found = replace(found, timeout=_seconds(cells["timeout"]))
    if cells["certificate"]:
        found = replace(found, certificate=folder / cells["certificate"])
    return _questioned(folder, cells, found)


def _questioned(folder: Path, cells: Mapping[str, str], found: Asked) -> Asked:
    """The question of a row: a query of its own, or how near the models are to be."""
    eps, said, delta = (cells[name] or None for name in ("eps", "question", "delta"))
    if said is not None and said.endswith(".vnnlib"):
        if eps is not None or delta is not None:
            raise Malformed("question", expected="no eps or delta beside a query", got="one")
        from lumpver.claim.closeness import EQUAL  # noqa: PLC0415 numbers

        return replace(found, vnnlib=folder / said, closeness=EQUAL)
    if eps is said is delta is None:
        return found
    word, _, by = (said or "equal").partition(" ")
    if word not in {"equal", _CLASS, _RELATIVE} or by not in (
        {"", "max", "min"} if word == _CLASS else {""}
    ):
        raise Malformed("question", expected=_QUESTIONS, got=str(said)[:60])
    if word == _RELATIVE:
        return replace(found, closeness=nearness(eps, delta, None, relative=True))
    if word == "equal" and said is not None and eps is not None:
        raise Malformed("question", expected="no eps beside it", got="both")
    same = (by or "max") if word == _CLASS else None
    return replace(found, closeness=nearness(eps, delta, same))


def _seconds(word: str) -> float:
    try:
        return float(word)
    except ValueError as error:
        raise Malformed("timeout", expected="seconds", got=word[:60]) from error


def _tell(row: Document, said: str) -> None:
    """A row for a person."""
    names = f"{row['original']} and {row['other']}"
    if said == "failed":
        words = str(row["error"]["message"]).replace("\n", " ")
        line = f"row {row['row']}: {names}: {words}"
        console().print(visible(line), style="bold red", markup=False)
        return
    console().print(f"row {row['row']}: ", end="", markup=False)
    console().print(said, style=COLOURS[said], end="", markup=False)
    parts = [f"by {row['step']}"]
    parts += [f"{row['parts']} parts"] if "parts" in row else []
    parts += [f"difference {row['difference']['decimal']}"] if "difference" in row else []
    parts += [str(row["reason"])] if "reason" in row else []
    line = f" {', '.join(parts)}, {row['seconds']:.2f} s: {names}"
    console().print(visible(line), markup=False)
