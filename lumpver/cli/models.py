"""The command that makes models smaller: reduce."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

import click

from lumpver.cli.bounding import TIMEOUT, bounds, limited
from lumpver.cli.output import (
    JSON,
    console,
    finish,
    listed,
    progress_bar,
)
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from lumpver.cli.bounding import Bounds
    from lumpver.io.domains import Found
    from lumpver.io.storage import Types
    from lumpver.model.network import Network
    from lumpver.reducing.pipeline import Outcome
    from lumpver.trial.float_runs import Trial

    Progress: TypeAlias = Callable[[str], None]
    Document: TypeAlias = dict[str, Any]

_STEPS: Final = 6  # reading, bounding, lumping, writing, checking, trying


@click.command()
@click.argument(
    "models", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="MODEL..."
)
@click.option(
    "-o",
    "--output",
    required=True,
    help="Where the reduced model goes, by its suffix in which format; of several models, a folder"
    " for them all, under their own names.",
)
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    help="Where the certificate goes  [default: OUTPUT.cert.json]",
)
@click.option(
    "--rules",
    default="merges,symmetries,constants,stable,unused,compose,reflect,kinks",
    show_default=True,
    help="Which rules to use, with commas between; what they mean is below.",
)
@click.option(
    "--types",
    type=click.Choice(["auto", "keep", "widen"]),
    default="auto",
    show_default=True,
    help="A layer whose new numbers do not fit its type takes the fewest bytes (auto), stays as"
    " it is (keep), or is stored in float64 (widen).",
)
@click.option(
    "--keep",
    default="",
    help="Units to leave alone, with commas between: h1[3] is a unit, h1[2:5] three, h1 a layer."
    """ A name that has a comma goes in double quotes: --keep '"a,0[1]",h2'.""",
)
@click.option(
    "--dtype",
    type=click.Choice(["float64"]),
    help="Write the whole model, inputs and outputs too, in this type, without a Cast.",
)
@click.option(
    "--align",
    type=click.IntRange(min=1),
    default=1,
    help="Keep so many of the channels that convolutions read that their number is a multiple of"
    " this, such as 4: runtimes are faster there than with other numbers.",
)
@bounds()
@TIMEOUT
@click.option(
    "--vnnlib-out",
    type=click.Path(path_type=Path),
    help="Where the property of --box goes, for a verifier to read beside the reduced model.",
)
@click.option(
    "--eps",
    help="With bounds: outputs may differ by so much on the box. Units that nearly are multiples,"
    " constants or sums of others go, as many as can be certified.",
)
@click.option(
    "--round",
    "rounding",
    type=click.Choice(["float32", "float16", "bfloat16"]),
    help="With bounds: weights and biases of this type, where theirs is wider, and by how much that"
    " changes outputs; with --eps, which is then for both.",
)
@click.option(
    "--curve",
    "curves",
    multiple=True,
    type=click.Path(path_type=Path),
    help="With --eps: what is left within it, half of it, and so on, as .csv or .png.",
)
@click.option("--trial/--no-trial", default=True, help="Run both in onnxruntime at the end.")
@JSON
def reduce(  # noqa: PLR0913 each is an option of its own
    models: tuple[Path, ...],
    output: str,
    certificate: Path | None,
    rules: str,
    keep: str,
    types: Types,
    dtype: Literal["float64"] | None,
    align: int,
    *,
    within: Bounds,
    timeout: float | None,
    vnnlib_out: Path | None,
    eps: str | None,
    rounding: str | None,
    curves: tuple[Path, ...],
    trial: bool,
    as_json: bool,
) -> None:
    """Write a smaller model that does what MODEL does, with --eps nearly, and its certificate."""
    from lumpver.cli.several import is_folder, reduce_all  # noqa: PLC0415 only where needed
    from lumpver.reducing.pipeline import reduce_file  # noqa: PLC0415 nothing heavy before it is needed

    chosen, kept = listed(rules), listed(keep)
    limited(within, timeout)
    exact: Document = {"rules": chosen, "keep": kept, "types": types}
    exact |= {"dtype": dtype, "align": align}
    if not (eps is rounding is None and not curves):
        near = {"eps": eps, "rounding": rounding, "curves": curves, "timeout": timeout}
        others = {**exact, "vnnlib_out": vnnlib_out}
        _compress((models, Path(output), near), others, within, certificate, json=as_json)
    stated = _property(within, models, output, certificate, vnnlib_out)
    box = partial(_domain, within, stated) if within.given else None

    def one(model: Path, target: Path, progress: Progress) -> tuple[Outcome, Trial | None]:
        with _quoting(keep):
            places: Document = {"certificate": certificate, "spared": within.files}
            more: Document = {"box": box, "timeout": timeout, "progress": progress}
            outcome = reduce_file(model, target, **exact, **places, **more)
            if stated is not None and vnnlib_out is not None:
                _carry(stated, vnnlib_out, outcome)
        progress("float trial")
        return outcome, _trial(model, outcome) if trial else None

    if is_folder(models, output):
        if certificate is not None:
            raise Malformed("--certificate", expected="one model and a file", got="a folder")
        reduce_all(
            models,
            Path(output),
            lambda model, target: _document(*one(model, target, lambda _: None), kept=kept),
            as_json=as_json,
        )
    with progress_bar(_STEPS, quiet=as_json) as progress:
        outcome, tried = one(models[0], Path(output), progress)
    if as_json:
        finish(_document(outcome, tried, kept=kept))
    _tell(outcome, tried, kept=kept)


def _compress(
    asked: tuple[tuple[Path, ...], Path, Document],
    others: Document,
    within: Bounds,
    certificate: Path | None,
    *,
    json: bool,
) -> NoReturn:
    """What --eps and --round ask for: of which models, where to, how; `others` are the rest."""
    from lumpver.cli.compressing import compress, plain  # noqa: PLC0415 only where needed

    more = not plain(others)
    compress(*asked, more, within=within, certificate=certificate, as_json=json)


def _property(
    within: Bounds,
    models: tuple[Path, ...],
    output: str,
    certificate: Path | None,
    target: Path | None,
) -> Path | None:
    """The file whose property goes along with a model, to a file that may be lost, if any."""
    if target is None:
        return None
    from lumpver.cli.several import is_folder  # noqa: PLC0415 only where needed
    from lumpver.io.writing import spare  # noqa: PLC0415 only where needed

    box = within.box
    if box is None or box.lstrip().startswith("[") or box.endswith((".nnet", ".json")):
        raise Malformed("--vnnlib-out", expected="--box FILE.vnnlib", got=box or "no such box")
    if is_folder(models, output):
        raise Malformed("--vnnlib-out", expected="one model and a file", got="a folder")
    proof = certificate or Path(f"{output}.cert.json")
    targets = {"the reduced model": Path(output), "the certificate": proof, "the property": target}
    spare(targets, [(models[0], "the model"), *within.files])
    return Path(box)


def _domain(within: Bounds, stated: Path | None, network: Network) -> Found:
    """The inputs that the options mean; a property that cannot go along is refused at once."""
    from lumpver.io.carrying import carried  # noqa: PLC0415 only what is needed

    if stated is not None:
        carried(stated, network, network)
    return within.of(network)


def _carry(stated: Path, target: Path, outcome: Outcome) -> None:
    """Write the property that is to go with the reduced model."""
    from lumpver.io.carrying import write_property  # noqa: PLC0415 only what is needed

    ours, theirs = outcome.original, outcome.reduction.network
    written = [(outcome.reduced, "the reduced model"), (outcome.certificate, "the certificate")]
    write_property(stated, target, ours.network, theirs, read=[*ours.files, *written])


@contextmanager
def _quoting(keep: str) -> Iterator[None]:
    """Where a list of units has one that is not there, how a name with a comma is written."""
    try:
        yield
    except Malformed as error:
        if error.where != "unit" or "," not in keep:
            raise
        said = f"{error} (a name that has a comma goes in double quotes: --keep '\"a,0[1]\"')"
        raise Malformed("unit", expected=error.expected, got=error.got, said=said) from error


def _tell(outcome: Outcome, tried: Trial | None, *, kept: list[str]) -> None:
    """What became of one model, for a person."""
    from lumpver.claim.statement import claimed  # noqa: PLC0415
    from lumpver.tell import display, summary  # noqa: PLC0415 nothing heavy before it is needed

    layers = summary.layers(outcome.reduction)
    for part in display.reduction(outcome, layers, kept=bool(kept)):
        console().print(part)
    if tried is not None:
        console().print(tried.sentence)
    for line in claimed(outcome.checked.evidence, outcome.checked.claim):
        console().print(line, style="dim")
    console().print(f"Wrote {outcome.reduced} and {outcome.certificate}.", markup=False)


def _document(outcome: Outcome, tried: Trial | None, *, kept: list[str]) -> Document:
    """What `reduce --json` prints of one model."""
    from lumpver.tell import summary  # noqa: PLC0415 nothing heavy before it is needed
    from lumpver.tell.nothing import why_nothing  # noqa: PLC0415

    document = summary.as_document(outcome) | {
        "claim": outcome.checked.claim.as_dict(),
        "nothing_removed": list(why_nothing(outcome, kept=bool(kept))),
    }
    if tried is not None:
        document["float_trial"] = {**asdict(tried), "evidence": "none"}
    return document


def _trial(model: Path, outcome: Outcome) -> Trial | None:
    """The two files' trial in floats, if there is something to try."""
    from lumpver.claim.domain import Boxes  # noqa: PLC0415
    from lumpver.trial.float_trial import float_trial  # noqa: PLC0415

    claim = outcome.reduction.certificate
    if model.suffix != ".onnx" or outcome.reduced.suffix != ".onnx":
        return None
    if claim.original == claim.reduced:
        return None
    domain = claim.claim.domain
    return float_trial(model, outcome.reduced, domain if isinstance(domain, Boxes) else None)
