"""The command line: the only place that prints and chooses exit codes.

Exit codes: 0 yes, 1 no, 2 cannot answer because of the input, 3 unknown. With `--json`
one JSON object goes to stdout and nothing else; progress and errors go to stderr.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from lumpver import __version__
from lumpver.errors import LumpverError, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

YES, NO, BAD_INPUT, UNKNOWN = 0, 1, 2, 3
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


class _Answered(click.exceptions.Exit):
    """An answer was printed; leave with its exit code."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lumpver")
@click.option("--debug", is_flag=True, help="Show a traceback where something fails.")
def cli(*, debug: bool) -> None:
    """Make a neural network smaller without changing what it computes, with a proof."""


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where the reduced model goes; the suffix chooses the format.",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    help="Where the certificate goes  [default: OUTPUT.cert.json]",
)
@click.option(
    "--rules",
    default="merges,constants,unused,compose",
    show_default=True,
    help="Which rules to use.",
)
@click.option("--keep", default="", help="Units to leave alone: 'h1[3],h2' (a unit, a layer).")
@_JSON
def reduce(
    model: Path, output: Path, certificate: Path | None, rules: str, keep: str, *, as_json: bool
) -> None:
    """Write a smaller model that computes exactly what MODEL does, and its certificate."""
    from lumpver import display, summary  # noqa: PLC0415 nothing heavy before it is needed
    from lumpver.pipeline import reduce_file  # noqa: PLC0415

    with _progress(quiet=as_json) as progress:
        outcome = reduce_file(
            model,
            output,
            certificate=certificate,
            rules=_listed(rules),
            keep=_listed(keep),
            progress=progress,
        )
        progress("float trial")
        trial = _trial(model, output)
    document = summary.as_document(outcome)
    if trial is not None:
        document["float_trial"] = {"largest_difference": trial, "evidence": "none"}
    if as_json:
        _finish(document)
    for part in display.reduction(outcome, summary.layers(outcome.reduction)):
        _console().print(part)
    if trial is not None:
        _console().print(f"Largest float difference in a trial run: {trial:.3g} (no evidence).")
    _console().print(display.CLAIM, style="dim")
    _console().print(f"Wrote {output} and {outcome.certificate}.", markup=False)


def _trial(model: Path, output: Path) -> float | None:
    from lumpver.summary import largest_difference  # noqa: PLC0415

    if model.suffix != ".onnx" or output.suffix != ".onnx":
        return None
    return largest_difference(model.read_bytes(), output.read_bytes())


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("reduced", type=click.Path(path_type=Path))
@click.argument("certificate", type=click.Path(path_type=Path))
@_JSON
def check(model: Path, reduced: Path, certificate: Path, *, as_json: bool) -> None:
    """Check in exact arithmetic that REDUCED computes what MODEL does, for all inputs."""
    from lumpver.verification import check_files  # noqa: PLC0415

    try:
        with _progress(quiet=as_json) as progress:
            progress("checking")
            checked = check_files(model, reduced, certificate)
    except Rejected as error:
        if not as_json:
            _console().print(f"rejected: {error}", style="bold red", markup=False)
        _finish(
            {
                "valid": False,
                "rule": error.rule,
                "layer": error.layer,
                "unit": error.unit,
                "expected": error.expected,
                "got": error.got,
                "evidence": "certificate",
                "semantics": "real",
            },
            code=NO,
            quiet=not as_json,
        )
    document = {
        "valid": True,
        "units": {"before": checked.units_before, "after": checked.units_after},
        "evidence": checked.evidence,
        "semantics": checked.semantics,
        "notes": list(checked.notes),
    }
    if as_json:
        _finish(document)
    from lumpver.display import CLAIM  # noqa: PLC0415

    sizes = f"{checked.units_before} units and {checked.units_after}"
    _console().print(f"valid: {sizes} compute the same function.", style="bold green")
    for line in (*checked.notes, CLAIM):
        _console().print(line, style="dim", markup=False)


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@_JSON
def inspect(model: Path, *, as_json: bool) -> None:
    """Show what is in MODEL and what could be removed, without writing anything."""
    from lumpver import display, inspection  # noqa: PLC0415
    from lumpver.io.files import load  # noqa: PLC0415

    with _progress(quiet=as_json) as progress:
        progress("reading")
        network = load(model).network
        facts = inspection.inspect(network, progress=progress)
    if as_json:
        _finish(inspection.as_document(network, facts))
    for part in display.facts(network, facts):
        _console().print(part)


@cli.command()
@click.argument("certificate", type=click.Path(path_type=Path))
@click.option("--unit", required=True, help="The unit, as tensor[index].")
@_JSON
def explain(certificate: Path, unit: str, *, as_json: bool) -> None:
    """Say why a unit of the original went, with its numbers."""
    from lumpver.certificate import decode  # noqa: PLC0415
    from lumpver.explanation import explain as explained  # noqa: PLC0415
    from lumpver.io.files import read_bytes  # noqa: PLC0415

    found = explained(decode(read_bytes(certificate), where=str(certificate)), unit)
    if as_json:
        _finish(found.as_dict())
    _console().print(found.sentence, markup=False)


@cli.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where it goes; .json holds every number exactly.",
)
@_JSON
def export(model: Path, output: Path, *, as_json: bool) -> None:
    """Write MODEL in another format, exactly or not at all."""
    from lumpver.io.files import load, stored, write_file  # noqa: PLC0415

    found = load(model)
    write_file(output, stored(found.network, found, output))
    if as_json:
        _finish({"written": str(output), "exact": True, "semantics": "real"})
    _console().print(f"Wrote {output}, exactly.", markup=False)


@cli.command()
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder to leave the demonstration's files in.",
)
def demo(*, keep: Path | None) -> None:
    """Reduce a real classifier, check it, explain it, and reject a tampered proof."""
    import tempfile  # noqa: PLC0415

    from lumpver import display, summary  # noqa: PLC0415
    from lumpver.demo import steps  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for number, step in enumerate(steps(folder), start=1):
            _console().rule(f"{number}. {step.title}", align="left", style="dim")
            _console().print(f"$ {step.command}", style="bold cyan", markup=False)
            if step.outcome is not None:
                for part in display.reduction(step.outcome, summary.layers(step.outcome.reduction)):
                    _console().print(part)
                _console().print(display.CLAIM, style="dim")
            for line in step.lines:
                _console().print(line, markup=False)


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=stderr, highlight=False, soft_wrap=not sys.stdout.isatty())


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A line on stderr that names the step, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=_console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step: bar.update(task, description=step)


def _finish(document: dict[str, Any], *, code: int = YES, quiet: bool = False) -> NoReturn:
    if not quiet:
        click.echo(json.dumps(document, sort_keys=True))
    raise _Answered(code)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line; leaves the process with the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    as_json, debug = "--json" in given, "--debug" in given
    try:
        code = cli.main(args=given, prog_name="lumpver", standalone_mode=False)
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


def _fail(error: dict[str, str], *, as_json: bool, code: int = BAD_INPUT) -> NoReturn:
    if as_json:
        blank = {"where": "", "expected": "", "got": ""}
        click.echo(json.dumps({"error": blank | error}, sort_keys=True))
    else:
        click.echo(f"lumpver: {error['message']}".replace("\n", " "), err=True)
    sys.exit(code)
