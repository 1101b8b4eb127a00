"""Queries of VNN-LIB 2 about two models: read, and answered in the standard's words on stdout.

What else there is to say of an answer goes to stderr.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lumpver.cli.output import NO, UNKNOWN, YES, console
from lumpver.errors import Malformed
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from lumpver.claim.closeness import Closeness
    from lumpver.cli.bounding import Bounds
    from lumpver.model.network import Network
    from lumpver.proving import Answer
    from lumpver.proving.queries.asking import Query


def question(path: Path, a: Network, b: Network, within: Bounds, closeness: Closeness) -> Query:
    """The query of a file, which says what other options would.

    Raises
    ------
    Malformed, ShapeMismatch, Unreadable
        As for `read_query`, or if one of those is given.
    """
    from lumpver.claim.closeness import EQUAL  # noqa: PLC0415 only where needed
    from lumpver.proving.queries.asking import read_query  # noqa: PLC0415

    if within.given or closeness != EQUAL:
        got = "--box, --lower or --upper" if within.given else "--eps or --same-class"
        raise Malformed("--vnnlib", expected="a query, which says that", got=got)
    return read_query(path, a, b)


def answered(
    document: dict[str, Any],
    query: Query,
    answer: Answer,
    pair: tuple[Network, Network],
    *,
    late: bool,
    quiet: bool,
) -> int:
    """Print the answer in the standard's words, add it to the document; the exit code."""
    from lumpver.claim.statement import NOT_CLAIMED  # noqa: PLC0415 only where needed
    from lumpver.proving.queries.answering import (  # noqa: PLC0415
        LATE,
        SAT,
        UNSAT,
        assignment,
        verdict,
    )

    found = verdict(query, answer, *pair)
    word = LATE if late and found.word not in {SAT, UNSAT} else found.word
    document["vnnlib"] = found.as_dict() | {"answer": word}
    if not quiet:
        click.echo(word)
        if found.word == SAT:
            for line in assignment(query, found.assignment):
                click.echo(line)
        said = (found.reason, f"Asked: {answer.claim}.", *document["notes"], NOT_CLAIMED)
        for line in filter(None, said):
            console(stderr=True).print(visible(line), style="dim", markup=False)
    return {SAT: NO, UNSAT: YES}.get(found.word, UNKNOWN)
