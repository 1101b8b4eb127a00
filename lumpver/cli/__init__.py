"""The command line: the only place that prints and chooses exit codes.

Exit codes: 0 yes, 1 no, 2 cannot answer because of the input (or was interrupted), 3 unknown,
4 a bug. With `--json` one JSON object goes to stdout and nothing else; progress and errors go
to stderr.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from io import TextIOWrapper
from time import monotonic, process_time
from typing import NoReturn

import click

from lumpver.cli import checking, exporting, models, proving, pruning, reporting, showing, solving
from lumpver.cli.helping import Whole, epilog
from lumpver.cli.leaving import leave, require_streams
from lumpver.cli.output import BAD_INPUT, YES
from lumpver.cli.signals import Ended, Left, ending
from lumpver.version import __version__


@click.group("lumpver", cls=Whole, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lumpver")
@click.option("--debug", is_flag=True, help="Show a traceback where something fails.")
def cli(*, debug: bool) -> None:
    """Make a neural network smaller without changing what it computes, with a proof.

    Each command says more with --help: its options, files, exit codes and an example.
    """


for _command in (
    models.reduce,
    checking.check,
    showing.inspect,
    showing.explain,
    exporting.export,
    showing.demo,
    reporting.report,
    reporting.bundle,
    pruning.prune,
    solving.audit,
    proving.prove,
    solving.theorems,
):
    _command.epilog = epilog(_command.name or "")
    cli.add_command(_command)


def main(arguments: list[str] | None = None, *, command: click.Command = cli) -> NoReturn:
    """Run the command line, or one command beside it; leaves the process with the exit code."""
    given = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    begun = monotonic() - (process_time() if arguments is None else 0)  # Python takes a while
    leaving: type[SystemExit] = Left
    code = BAD_INPUT
    with suppress(Ended), ending() as met:
        code = _code(command, given, met, begun)
        leaving = Left if met else SystemExit
    raise leaving(code)


def _code(command: click.Command, given: list[str], met: list[int], begun: float) -> int:
    """Run a command, which began then, and say what became of it."""
    stdout = sys.stdout
    try:
        require_streams()
        _show_any_name()
        code = command.main(args=given, prog_name=command.name, standalone_mode=False, obj=begun)
        stdout.flush()
    except BaseException as error:  # noqa: BLE001 the process ends here, whatever it was
        meant = Ended(met[0]) if met else error
        return leave(meant, sys.stdout if stdout is None else stdout, given)
    return code if isinstance(code, int) else YES  # click returns the code of an Exit


def _show_any_name() -> None:
    """Let names hold what a terminal cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
