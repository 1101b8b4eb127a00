"""Commands that prove or refute what is no pair of models: theorems, audit."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from lumpver.cli.output import COLOURS, JSON, NO, UNKNOWN, YES, console, finish, progress_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.theory.theorems import Row
    from lumpver.trial.auditing import Report

_LEGEND = (
    "Theorems, definitions, examples and sections are those of Neural Networks Reduction via"
    " Lumping (Ressi, Romanello, Piazza, Rossi). Definition 6* is its Definition 6 with the sums"
    " over classes weighted by 1/rho and constants folded into the bias. --smt writes every query."
)


@click.command()
@click.option("--solver", type=click.Choice(["z3", "cvc5"]), default="z3", show_default=True)
@click.option(
    "--smt",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write every query as an SMT-LIB file into this folder.",
)
@JSON
def theorems(solver: str, smt: Path | None, *, as_json: bool) -> None:
    """Check the paper's claims by machine: each proved, or refuted by a counterexample."""
    from lumpver.io.writing import write_file  # noqa: PLC0415
    from lumpver.theory.theorems import all_theorems, prove_theorem, scripts  # noqa: PLC0415

    if smt is not None:
        smt.mkdir(parents=True, exist_ok=True)
        for name, text in scripts().items():
            write_file(smt / name, text.encode())
    rows = []
    with progress_line(quiet=as_json) as progress:
        for theorem in all_theorems():
            progress(theorem.name)
            rows.append(prove_theorem(theorem, solver=solver))  # type: ignore[arg-type]
    outcomes = {theorem.name: theorem.outcome for theorem in all_theorems()}
    document = {"theorems": [_row(row) for row in rows]}
    code = YES
    if any(row.status != outcomes[row.name] for row in rows):
        code = UNKNOWN if any(row.status == "unknown" for row in rows) else NO
    if as_json:
        finish(document, code=code)
    for row in rows:
        console().print(f"{row.status:8}", style=COLOURS[row.status], end=" ")
        console().print(f"{row.statement}", markup=False)
        console().print(
            f"{'':9}{row.name}; {row.source}; {row.evidence}; {row.seconds:.2f} s",
            style="dim",
            markup=False,
        )
        if row.counterexample:
            shown = ", ".join(f"{name} = {value}" for name, value in row.counterexample.items())
            console().print(f"{'':9}counterexample: {shown}", markup=False)
    _count(rows, outcomes)
    finish(document, code=code, quiet=True)


def _count(rows: Sequence[Row], outcomes: Mapping[str, str]) -> None:
    """Where the names come from, and how many theorems came out as they should."""
    expected = [row for row in rows if row.status == outcomes[row.name]]
    proved, refuted = (
        sum(row.status == status for row in expected) for status in ("proved", "refuted")
    )
    rest = len(rows) - len(expected)
    console().print(_LEGEND, style="dim", markup=False)
    console().print(
        f"{len(rows)} theorems: {proved} proved and {refuted} refuted, as expected"
        f"{f'; {rest} not as expected' if rest else ''}.",
        markup=False,
    )


def _row(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "statement": row.statement,
        "source": row.source,
        "status": row.status,
        "evidence": row.evidence,
        "counterexample": dict(row.counterexample) if row.counterexample else None,
        "seconds": round(row.seconds, 6),
    }


@click.command()
@click.argument("reducer", metavar="MODULE:FUNCTION")
@click.option("--onnx", is_flag=True, help="The function takes and gives paths of ONNX files.")
@click.option(
    "--model",
    "models",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A model to run it on too; may be given several times.",
)
@click.option("--examples", default=1000, show_default=True, help="How many generated networks.")
@click.option("--seed", default=0, show_default=True, help="Which networks are generated.")
@click.option("--seconds", default=30.0, show_default=True, help="How long all may take.")
@click.option("--limit", type=float, help="Seconds for one call; 2 on a generated network.")
@click.option("--memory", default=4.0, show_default=True, help="GiB that the reducer may take.")
@click.option(
    "--eps", help="Ask only that outputs differ by at most so much, and prove it of each result."
)
@click.option(
    "--box",
    help="With --eps: the range of every entry of the inputs on which that counts, as '[0, 1]'"
    "  [default: [-1, 1]].",
)
@click.option("--junit", type=click.Path(path_type=Path), help="Also write JUnit XML here.")
@JSON
def audit(  # noqa: PLR0913 each is an option of the command
    reducer: str,
    models: tuple[Path, ...],
    junit: Path | None,
    *,
    onnx: bool,
    examples: int,
    seed: int,
    seconds: float,
    limit: float | None,
    memory: float,
    eps: str | None,
    box: str | None,
    as_json: bool,
) -> None:
    """Check somebody's reducer, a function from Network to Network, on many networks."""
    from lumpver.io.files import load  # noqa: PLC0415
    from lumpver.io.writing import spare, write_file  # noqa: PLC0415
    from lumpver.trial.auditing import audit as audited  # noqa: PLC0415

    if junit is not None:
        spare({"the JUnit file": junit}, [file for path in models for file in load(path).files])
    with progress_line(quiet=as_json) as progress, TemporaryDirectory() as scratch:
        # what draws the networks would keep notes in a folder where the command runs
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", scratch)
        progress("auditing")
        report: Report = audited(
            reducer,
            examples=examples,
            seed=seed,
            models=models,
            seconds=seconds,
            patience=limit,
            memory=memory,
            onnx=onnx,
            eps=eps,
            box=box,
        )
    if junit is not None:
        write_file(junit, report.as_junit().encode())
    tried = bool(report.counts.get("networks"))
    code = NO if report.findings else YES if report.sound and tried else UNKNOWN
    if not as_json:
        console().print(report.text(), markup=False)
    finish(report.as_dict(), code=code, quiet=not as_json)
