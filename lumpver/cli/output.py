"""How commands answer: text for a person, one JSON object for a program, exit codes.

Answered: an answer was given; its exit code is what the process leaves with
"""

from __future__ import annotations

import csv
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

YES, NO, BAD_INPUT, UNKNOWN, BUG = range(5)
_WIDE = 200
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
VERIFIED = click.option(
    "--verified", is_flag=True, help="Ask lumpcheck too, which is extracted from a proof."
)
LUMPCHECK = click.option(
    "--lumpcheck", type=click.Path(path_type=Path), help="Where lumpcheck is, to be asked too."
)


COLOURS: Final = {"proved": "bold green", "refuted": "bold red", "unknown": "bold yellow"}


class Answered(click.exceptions.Exit):
    """An answer was printed; leave with its exit code."""


def listed(names: str) -> list[str]:
    """The words of a comma-separated list; one in double quotes may hold commas itself.

    Raises
    ------
    Malformed
        If a quote is not closed, or more follows it than a comma.

    Examples
    --------
    >>> listed('h1[3], "a,0[1]",, b"c')
    ['h1[3]', 'a,0[1]', 'b"c']
    """
    reader = csv.reader([names], skipinitialspace=True, strict=True)
    try:
        words = [word.strip() for row in reader for word in row]
    except csv.Error as error:
        expected = "names between commas, those with commas in double quotes"
        raise Malformed("list", expected=expected, got=names[:60]) from error
    return [word for word in words if word]


def suffixed(output: Path, *suffixes: str) -> None:
    """Refuse an output whose name says that it is something else.

    Raises
    ------
    Malformed
        If it ends in none of the suffixes; the message has all of them.
    """
    if not output.name.lower().endswith(suffixes):
        ends = f"{', '.join(suffixes[:-1])} or {suffixes[-1]}" if suffixes[1:] else suffixes[0]
        raise Malformed(str(output), expected=f"a name that ends in {ends}", got=output.name)


def console(*, stderr: bool = False) -> Console:
    """Where to print for a person; no wrapping where nobody looks."""
    from rich.console import Console  # noqa: PLC0415

    nobody = not sys.stdout.isatty()
    width = _WIDE if nobody else None
    return Console(
        stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=nobody, width=width
    )


@contextmanager
def progress_line(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A line on stderr that names the step, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    words = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), words, TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step: bar.update(task, description=step)


@contextmanager
def progress_bar(total: int, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A bar on stderr that moves on with each of `total` steps as it begins, on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    words = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), words)
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=total)
        begun = 0

        def begin(step: str) -> None:
            nonlocal begun
            bar.update(task, description=step, completed=begun)
            begun += 1

        yield begin


def finish(document: dict[str, Any], *, code: int = YES, quiet: bool = False) -> NoReturn:
    """Print the document, unless `quiet`, and leave with `code`."""
    if not quiet:
        click.echo(json.dumps(document, sort_keys=True))
    raise Answered(code)
