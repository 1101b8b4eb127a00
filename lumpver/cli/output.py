"""How commands answer: text for a person, one JSON object for a program, exit codes.

Answered: an answer was given; its exit code is what the process leaves with
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

YES, NO, BAD_INPUT, UNKNOWN = 0, 1, 2, 3
_WIDE = 200
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


class Answered(click.exceptions.Exit):
    """An answer was printed; leave with its exit code."""


def listed(names: str) -> list[str]:
    """The words of a comma-separated list."""
    return [name.strip() for name in names.split(",") if name.strip()]


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

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step: bar.update(task, description=step)


def finish(document: dict[str, Any], *, code: int = YES, quiet: bool = False) -> NoReturn:
    """Print the document, unless `quiet`, and leave with `code`."""
    if not quiet:
        click.echo(json.dumps(document, sort_keys=True))
    raise Answered(code)
