"""The command that proves or refutes what two models have in common."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from lumpver.cli.asking import Asking, asks_floats, asks_near, asks_nearest
from lumpver.cli.bounding import bounds
from lumpver.cli.certifying import certified, course, hands
from lumpver.cli.output import COLOURS, JSON, NO, UNKNOWN, YES, console, finish, progress_line
from lumpver.cli.pairs import COLUMNS, Asked, Proven, prove_all
from lumpver.cli.querying import question
from lumpver.cli.refuting import in_floats, tell_refutation
from lumpver.errors import Malformed
from lumpver.tell.visible import visible
from lumpver.trial.float_replay import SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lumpver.claim.closeness import Closeness
    from lumpver.cli.bounding import Bounds
    from lumpver.io.files import Model
    from lumpver.proving import Answer

_REPLAYED = "On this input, replayed exactly, the outputs differ:"
_FLOATS = 1.0  # seconds beyond a limit, at most, for what only illustrates


@click.command(cls=Asking)
@click.argument("a", type=click.Path(path_type=Path), required=False)
@click.argument("b", type=click.Path(path_type=Path), required=False)
@bounds(widened=False)
@click.option(
    "--solver", type=click.Choice(["z3", "cvc5", "both"]), default="z3", show_default=True
)
@asks_nearest
@asks_near
@asks_floats
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Processes that look at parts of a box, with --eps or --same-class; else all cores.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="The workers of a Dask cluster look at them instead, such as tcp://host:8786.",
)
@click.option("--timeout", type=float, help="Give up after so many seconds, whatever runs.")
@click.option(
    "--query",
    type=click.Path(path_type=Path),
    help="Where to write the open question, as SMT-LIB 2, if the answer is unknown.",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    help="Where to write what `lumpver check` checks, where boxes had to be cut.",
)
@click.option(
    "--parts",
    type=click.IntRange(1),
    help="Look at so many parts of boxes at most: what is left then is the same in each run.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on from what a run left in the file of --certificate before it was done.",
)
@click.option(
    "--vnnlib",
    type=click.Path(path_type=Path),
    help="Answer a query of VNN-LIB 2 about A and B, in the order in which it declares networks:"
    " unsat, or sat with an assignment. It says what the inputs and how far apart outputs are.",
)
@click.option(
    "--pairs",
    type=click.Path(path_type=Path),
    help="Answer a list, a row each, as it goes, instead of A and B: a CSV file whose first row"
    f" names its columns ({', '.join(COLUMNS)}); paths are relative to it, and what a row leaves"
    " empty is as the options say.",
)
@JSON
@click.pass_obj
def prove(
    started: float,
    /,
    a: Path | None,
    b: Path | None,
    pairs: Path | None,
    *,
    closeness: Closeness,
    within: Bounds,
    as_json: bool,
    **options: Any,
) -> None:
    """Prove that A and B compute the same function, or show an input where they differ.

    With --eps or --same-class it is enough that they are as near as that, on a box. With --eps max
    the smallest number that can be proved in the time is found, and the largest difference.
    """
    asked = Asked(within, closeness, **options)
    if pairs is not None:
        if not (a is b is asked.query is asked.certificate is asked.vnnlib is None):
            expected = "no models, --query, --certificate or --vnnlib beside it: rows have them"
            raise Malformed("--pairs", expected=expected, got="one of these")
        prove_all(pairs, asked, _one, as_json=as_json)
    if a is None or b is None:
        raise click.UsageError(f"Missing argument '{'A' if a is None else 'B'}'.")
    with progress_line(quiet=as_json) as progress:
        found = _one(a, b, asked, started, progress)
    if found.query is not None:
        found.tell_query(quiet=as_json)
    elif not as_json:
        _tell(found.document, found.answer, found.floats)
    finish(found.document, code=found.code, quiet=not as_json)


def _one(a: Path, b: Path, asked: Asked, started: float, progress: Callable[[str], None]) -> Proven:
    """The answer about a pair of models, whose time began to run out at `started`."""
    from lumpver.claim.closeness import EQUAL  # noqa: PLC0415 numbers
    from lumpver.io.files import load  # noqa: PLC0415
    from lumpver.io.naming import told  # noqa: PLC0415
    from lumpver.proving import executed  # noqa: PLC0415
    from lumpver.proving import prove as proved  # noqa: PLC0415
    from lumpver.proving.pairing import choices  # noqa: PLC0415

    progress("reading")
    ours, theirs = load(a), load(b)
    targets = {"the query": asked.query, "the certificate": asked.certificate}
    _spare(targets, [*ours.files, *theirs.files, *asked.within.files], asked.vnnlib)
    copy = ours.digest == theirs.digest and ours.path.suffix == theirs.path.suffix
    pair = ours.network, ours.network if copy else theirs.network
    query = None
    if asked.vnnlib is not None:
        query = question(asked.vnnlib, *pair, asked.within, asked.closeness)
    closeness = asked.closeness if query is None else query.closeness
    way, kept = course(asked, ours, theirs, near=closeness != EQUAL)
    exactly = partial(proved, smallest=asked.smallest)
    ask = executed if asked.semantics == "float32" else exactly
    with hands(asked) as processes:
        answer = ask(
            *pair,
            box=asked.within.stated if query is None else query.stated,
            solver=asked.solver,
            timeout=_left(asked.timeout, started),
            watch=lambda step, done, of: progress(f"{step}: {_done(done, of)}"),
            closeness=closeness,
            processes=processes,
            course=way,
        )
    pairing = choices(ours.network, theirs.network)
    notes = [*pairing, *ours.notes, *theirs.notes, *told(ours, theirs)]
    if asked.certificate is not None:
        notes.append(certified(answer, ours, theirs, asked, kept))
    if query is not None:
        notes += query.notes
    document = answer.as_dict() | {"notes": [*answer.claim.remarks, *notes]}
    spare_time = None if asked.timeout is None else _left(asked.timeout + _FLOATS, started)
    code, floats = _ended(answer, (ours, theirs), document, asked.query, spare_time)
    late = asked.timeout is not None and not _left(asked.timeout, started)
    return Proven(document, code, answer, floats, query, pair, late)


def _spare(
    targets: Mapping[str, Path | None], read: Sequence[tuple[Path, str]], vnnlib: Path | None
) -> None:
    """Refuse to write over what was read."""
    from lumpver.io.writing import spare  # noqa: PLC0415

    asked = [] if vnnlib is None else [(vnnlib, "the query that was read")]
    named = {what: path for what, path in targets.items() if path is not None}
    spare(named, [*read, *asked])


def _ended(
    answer: Answer,
    models: tuple[Model, Model],
    document: dict[str, Any],
    query: Path | None,
    seconds: float | None,
) -> tuple[int, dict[str, Any]]:
    """The exit code, and what floats make of a refutation; an open question is written."""
    from lumpver.io.writing import write_file  # noqa: PLC0415
    from lumpver.proving import Refuted, Unknown  # noqa: PLC0415

    if isinstance(answer, Refuted):
        limit = SECONDS if seconds is None else min(SECONDS, seconds)
        floats = in_floats(answer, models, seconds=limit)
        document |= {"floats": floats} if floats else {}
        return NO, floats
    if isinstance(answer, Unknown):
        if answer.query and query is not None:
            write_file(query, answer.query.encode())
            document["query"] = str(query)
        return UNKNOWN, {}
    return YES, {}


def _done(done: int, of: int) -> str:
    """How much is done, out of how much where that is known."""
    return f"{done} of {of}" if of else f"{done} parts"


def _left(timeout: float | None, started: float) -> float | None:
    """What is left of a limit that began to run out with the command."""
    if timeout is None or not timeout > 0:
        return timeout
    return max(0.0, timeout - (monotonic() - started))


def _tell(document: dict[str, Any], found: Answer, floats: dict[str, Any]) -> None:
    """The answer of `prove`, for a person."""
    from lumpver.claim.statement import not_claimed  # noqa: PLC0415
    from lumpver.proving import Proved, Refuted  # noqa: PLC0415

    claim = found.claim
    answer, step = document["answer"], document["step"]
    console().print(f"{answer} by {step}", style=COLOURS[answer], end="")
    sentences = {
        "proved": f": {claim}.",
        "refuted": f": the models are not {claim}. {document.get('reason', _REPLAYED)}",
        "unknown": f": {document.get('reason', '')}",
    }
    console().print(sentences[answer], markup=False)
    if isinstance(found, Refuted):
        tell_refutation(found, floats)
    if isinstance(found, Proved) and found.largest is not None:
        eps = float(Fraction(document["claim"]["closeness"]["within"]))
        console().print(f"That is within {eps:.6g}. No less than is different here:", markup=False)
        tell_refutation(found.largest, {})
    if "query" in document:
        console().print(f"The open question is in {document['query']}.", markup=False)
    if answer == "unknown":
        console().print(f"Asked: {claim}.", markup=False)
    for note in (*document["notes"], *not_claimed(claim.semantics)):
        console().print(visible(note), style="dim", markup=False)
