"""Commands that write evidence down: report, bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from lumpver.cli.bounding import bounds
from lumpver.cli.output import (
    JSON,
    LUMPCHECK,
    NO,
    UNKNOWN,
    VERIFIED,
    YES,
    console,
    finish,
    listed,
    progress_line,
    suffixed,
)
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.cli.bounding import Bounds
    from lumpver.tell.report.examination import Examined

_TONES: Final = {
    "yes": (YES, "bold green"),
    "no": (NO, "bold red"),
    "open": (UNKNOWN, "bold yellow"),
}
_PROVE = click.option("--prove", is_flag=True, help="Prove it from the models alone, too.")
_TIMEOUT = click.option("--timeout", type=float, help="The proof gives up after so many seconds.")

_INPUTS = click.option(
    "--inputs",
    help="Where CERTIFICATE shows that models are near: one or two entries, as 'x[0],x[1]', along"
    " which the page draws how far apart they are  [default: those that are cut most often].",
)


def _checks(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which checks run, beside the certificate's, and what is drawn."""
    for option in (JSON, _INPUTS, LUMPCHECK, VERIFIED, _TIMEOUT, _PROVE):
        command = option(command)
    return command


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("reduced", type=click.Path(path_type=Path))
@click.argument("certificate", type=click.Path(path_type=Path), required=False)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where the page goes: one HTML file that loads nothing.",
)
@bounds()
@_checks
def report(
    model: Path,
    reduced: Path,
    certificate: Path | None,
    output: Path,
    *,
    within: Bounds,
    as_json: bool,
    **checks: Any,
) -> None:
    """Check REDUCED against MODEL and write what came out, for people, as HTML.

    Without CERTIFICATE a proof is looked for from the two models alone. What is asked is equality
    whatever the input, or on the box that CERTIFICATE is about, or on that of --box.
    """
    from lumpver.tell.report.page import render  # noqa: PLC0415 nothing heavy before it is needed

    suffixed(output, ".html", ".htm")
    files = (model, reduced, certificate)
    examined = _examined(files, output, within, as_json=as_json, **checks)
    _written(examined, output, render(examined).encode(), as_json=as_json)


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("reduced", type=click.Path(path_type=Path))
@click.argument("certificate", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where the zip archive goes.",
)
@click.option("--models", is_flag=True, help="Put the model files in as well.")
@bounds()
@_checks
def bundle(
    model: Path,
    reduced: Path,
    certificate: Path,
    output: Path,
    *,
    within: Bounds,
    models: bool,
    as_json: bool,
    **checks: Any,
) -> None:
    """Check REDUCED against MODEL and zip all evidence of it for an archive.

    What is asked is equality whatever the input, or on the box that CERTIFICATE is about, or on
    that of --box.
    """
    from lumpver.tell.report.bundle import bundle as bundled  # noqa: PLC0415

    suffixed(output, ".zip")
    files = (model, reduced, certificate)
    examined = _examined(files, output, within, as_json=as_json, **checks)
    _written(examined, output, bundled(examined, models=models), as_json=as_json)


def _examined(
    files: tuple[Path, Path, Path | None],
    output: Path,
    within: Bounds,
    *,
    as_json: bool,
    **checks: Any,
) -> Examined:
    """The answers of the checks that were asked for; the output is none of their files."""
    from lumpver.io.writing import spare  # noqa: PLC0415
    from lumpver.tell.report.examination import examine  # noqa: PLC0415

    checks["inputs"] = tuple(listed(checks["inputs"] or ""))
    checks["verified"] = checks["verified"] or checks["lumpcheck"] is not None
    if within.given:
        checks |= {"box": within.of, "options": within.words}
    with progress_line(quiet=as_json) as progress:
        found = examine(*files, progress=progress, **checks)
    read = [*((path, "an input") for path in files if path is not None), *within.files]
    spare({"the output": output}, [*read, *found.original.files, *found.reduced.files])
    return found


def _written(examined: Examined, output: Path, data: bytes, *, as_json: bool) -> None:
    """Write the file, say the verdict, and leave with its code."""
    from lumpver.claim.statement import claimed  # noqa: PLC0415
    from lumpver.io.writing import write_file  # noqa: PLC0415
    from lumpver.tell.report.evidence import supporting, verdict  # noqa: PLC0415

    write_file(output, data)
    found = verdict(examined)
    code, style = _TONES[found.tone]
    document = {
        "answer": examined.verdict,
        "claim": examined.claim.as_dict(),
        "evidence": supporting(examined),
        "semantics": "real",
        "answers": examined.answers,
        "notes": list(examined.notes),
        "written": str(output),
    }
    if not as_json:
        console().print(visible(found.said), style=style, markup=False)
        claim = claimed(supporting(examined), examined.claim, holds=code == YES)
        for line in (*claim, *examined.notes):
            console().print(visible(line), style="dim", markup=False)
        console().print(f"Wrote {output}.", markup=False)
    finish(document, code=code, quiet=not as_json)
