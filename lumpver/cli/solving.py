"""Commands that prove or refute: prove, theorems, audit."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from lumpver.cli.bounding import bounds
from lumpver.cli.output import JSON, NO, UNKNOWN, YES, console, finish, progress_line
from lumpver.cli.refuting import in_floats, tell_refutation
from lumpver.tell.visible import visible
from lumpver.trial.float_replay import SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.cli.bounding import Bounds
    from lumpver.proving import Answer
    from lumpver.theory.theorems import Row
    from lumpver.trial.auditing import Report

_REPLAYED = "On this input, replayed exactly, the outputs differ:"
_LEGEND = (
    "Theorems, definitions, examples and sections are those of Neural Networks Reduction via"
    " Lumping (Ressi, Romanello, Piazza, Rossi). Definition 6* is its Definition 6 with the sums"
    " over classes weighted by 1/rho and constants folded into the bias. --smt writes every query."
)
_FLOATS = 1.0  # seconds beyond a limit, at most, for what only illustrates
_COLOURS = {"proved": "bold green", "refuted": "bold red", "unknown": "bold yellow"}


@click.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@bounds(widened=False)
@click.option(
    "--solver", type=click.Choice(["z3", "cvc5", "both"]), default="z3", show_default=True
)
@click.option("--timeout", type=float, help="Give up after so many seconds, whatever runs.")
@click.option(
    "--query",
    type=click.Path(path_type=Path),
    help="Where to write the open question, as SMT-LIB 2, if the answer is unknown.",
)
@JSON
@click.pass_obj
def prove(
    started: float,
    a: Path,
    b: Path,
    solver: str,
    timeout: float | None,
    query: Path | None,
    *,
    within: Bounds,
    as_json: bool,
) -> None:
    """Prove that A and B compute the same function, or show an input where they differ."""
    from lumpver.io.files import load  # noqa: PLC0415
    from lumpver.io.naming import told  # noqa: PLC0415
    from lumpver.io.writing import spare, write_file  # noqa: PLC0415
    from lumpver.proving import Refuted, Unknown  # noqa: PLC0415
    from lumpver.proving import prove as proved  # noqa: PLC0415
    from lumpver.proving.pairing import choices  # noqa: PLC0415

    with progress_line(quiet=as_json) as progress:
        progress("reading")
        ours, theirs = load(a), load(b)
        if query is not None:
            spare({"the query": query}, [*ours.files, *theirs.files, *within.files])
        copy = ours.digest == theirs.digest and ours.path.suffix == theirs.path.suffix
        answer = proved(
            ours.network,
            ours.network if copy else theirs.network,
            box=within.stated,
            solver=solver,  # type: ignore[arg-type]
            timeout=_left(timeout, started),
            watch=lambda step, done, of: progress(f"{step}: {done} of {of}"),
        )
    pairing = choices(ours.network, theirs.network)
    notes = [*pairing, *ours.notes, *theirs.notes, *told(ours, theirs)]
    document = answer.as_dict() | {"notes": [*answer.claim.remarks, *notes]}
    code, floats = YES, {}
    if isinstance(answer, Refuted):
        code = NO
        spare_time = None if timeout is None else _left(timeout + _FLOATS, started)
        floats = in_floats(
            answer,
            (ours, theirs),
            seconds=SECONDS if spare_time is None else min(SECONDS, spare_time),
        )
        document |= {"floats": floats} if floats else {}
    elif isinstance(answer, Unknown):
        code = UNKNOWN
        if answer.query and query is not None:
            write_file(query, answer.query.encode())
            document["query"] = str(query)
    if not as_json:
        _tell(document, answer, floats)
    finish(document, code=code, quiet=not as_json)


def _left(timeout: float | None, started: float) -> float | None:
    """What is left of a limit that began to run out with the command."""
    if timeout is None or not timeout > 0:
        return timeout
    return max(0.0, timeout - (monotonic() - started))


def _tell(document: dict[str, Any], found: Answer, floats: dict[str, Any]) -> None:
    """The answer of `prove`, for a person."""
    from lumpver.claim.statement import NOT_CLAIMED  # noqa: PLC0415
    from lumpver.proving import Refuted  # noqa: PLC0415

    claim = found.claim
    answer, step = document["answer"], document["step"]
    console().print(f"{answer} by {step}", style=_COLOURS[answer], end="")
    sentences = {
        "proved": f": {claim}.",
        "refuted": f": the models are not {claim}. {document.get('reason', _REPLAYED)}",
        "unknown": f": {document.get('reason', '')}",
    }
    console().print(sentences[answer], markup=False)
    if isinstance(found, Refuted):
        tell_refutation(found, floats)
    if "query" in document:
        console().print(f"The open question is in {document['query']}.", markup=False)
    if answer == "unknown":
        console().print(f"Asked: {claim}.", markup=False)
    for note in (*document["notes"], NOT_CLAIMED):
        console().print(visible(note), style="dim", markup=False)


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
        console().print(f"{row.status:8}", style=_COLOURS[row.status], end=" ")
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
        )
    if junit is not None:
        write_file(junit, report.as_junit().encode())
    code = YES if report.sound else NO
    if report.sound and not report.counts.get("networks"):
        code = UNKNOWN  # nothing was tried
    if not as_json:
        console().print(report.text(), markup=False)
    finish(report.as_dict(), code=code, quiet=not as_json)
