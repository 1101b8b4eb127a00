"""The command line: the only place that prints and chooses exit codes.

Exit codes: 0 yes, 1 no, 2 cannot answer because of the input, 3 unknown. With `--json`
one JSON object goes to stdout and nothing else; progress and errors go to stderr.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import NoReturn

import click

from lumpver import __version__
from lumpver.cli import experimenting, models, reporting, showing, solving
from lumpver.cli.helping import Whole, epilog
from lumpver.cli.output import BAD_INPUT, NO, YES
from lumpver.errors import LumpverError, Rejected


@click.group(cls=Whole, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lumpver")
@click.option("--debug", is_flag=True, help="Show a traceback where something fails.")
def cli(*, debug: bool) -> None:
    """Make a neural network smaller without changing what it computes, with a proof.

    Each command says more with --help: its options, files, exit codes and an example.
    """


for _command in (
    models.reduce,
    models.check,
    showing.inspect,
    showing.explain,
    models.export,
    showing.demo,
    reporting.report,
    reporting.bundle,
    solving.audit,
    solving.prove,
    solving.theorems,
    experimenting.experiment,
):
    _command.epilog = epilog(_command.name or "")
    cli.add_command(_command)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line; leaves the process with the exit code."""
    given = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    _show_any_name()
    as_json, debug = "--json" in given, "--debug" in given
    try:
        code = cli.main(args=given, prog_name="lumpver", standalone_mode=False)
    except SystemExit:  # click's answer, 1, where nobody reads stdout: that is no "no"
        sys.exit(BAD_INPUT)
    except click.exceptions.Abort:
        _fail({"kind": "interrupted", "message": "interrupted"}, as_json=as_json)
    except click.ClickException as error:
        if debug:
            raise
        _fail({"kind": "usage", "message": error.format_message()}, as_json=as_json)
    except LumpverError as error:
        if debug:
            raise
        _fail(
            error.as_dict(), as_json=as_json, code=NO if isinstance(error, Rejected) else BAD_INPUT
        )
    except (OSError, MemoryError) as error:
        if debug:
            raise
        _fail({"kind": "system", "message": str(error) or type(error).__name__}, as_json=as_json)
    sys.exit(code if isinstance(code, int) else YES)  # click returns the code of an Exit


def _show_any_name() -> None:
    """Let names hold what a terminal cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail(error: dict[str, str], *, as_json: bool, code: int = BAD_INPUT) -> NoReturn:
    if as_json:
        blank = {"where": "", "expected": "", "got": ""}
        with suppress(OSError):  # where stdout is full or closed, the code has to do
            click.echo(json.dumps({"error": blank | error}, sort_keys=True))
    else:
        click.echo(f"lumpver: {error['message']}".replace("\n", " "), err=True)
    sys.exit(code)
