"""Commands that show what is there and write no model: inspect, explain, demo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lumpver.cli.bounding import TIMEOUT, bounds, limited
from lumpver.cli.output import JSON, console, finish, progress_line
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.claim.covering import Covering
    from lumpver.claim.statement import Claim
    from lumpver.cli.bounding import Bounds
    from lumpver.model.network import Network
    from lumpver.tell.demo import Step


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--rank", is_flag=True, help="Exact ranks of large layers too, which may take long.")
@bounds()
@TIMEOUT
@JSON
def inspect(
    model: Path, *, within: Bounds, timeout: float | None, rank: bool, as_json: bool
) -> None:
    """Show what is in MODEL, what could be removed and what is in the way; writes nothing.

    With --box it also says how many units of each layer never switch there, and what shows it.
    """
    from lumpver.io.files import format_of, load  # noqa: PLC0415
    from lumpver.io.naming import lines_of  # noqa: PLC0415
    from lumpver.tell import display, inspection  # noqa: PLC0415
    from lumpver.tell.switching import switching  # noqa: PLC0415

    limited(within, timeout)
    with progress_line(quiet=as_json) as progress:
        progress("reading")
        found = load(model)
        network = found.network
        floats = ".onnx" in format_of(model)
        facts = inspection.inspect(network, ranks=rank, floats_only=floats, progress=progress)
        there = None
        if within.given:
            progress("bounding")
            domain = within.of(network)
            there = switching(network, domain.domain, domain.notes, timeout=timeout)
    if as_json:
        more = {} if there is None else {"on_box": there.as_dict()}
        finish(inspection.as_document(network, facts) | more)
    for line in lines_of(found):
        console().print(visible(line), style="bold", markup=False)
    for part in display.facts(network, facts):
        console().print(part)
    for part in () if there is None else there.table:
        console().print(part)


@click.command()
@click.argument("certificate", type=click.Path(path_type=Path))
@click.option("--unit", help="The unit, as tensor[index]; without it, all layers that changed.")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="The original model, to look the unit up in.",
)
@JSON
def explain(certificate: Path, unit: str | None, model: Path | None, *, as_json: bool) -> None:
    """Say why units of the original went: layer by layer, or one unit with its numbers.

    Of a certificate that models are near it says what that claims, and in how many parts of a box.
    """
    from lumpver.io.certificates import load_certificate  # noqa: PLC0415
    from lumpver.tell import explanation  # noqa: PLC0415

    claim = load_certificate(certificate)
    if unit is None:
        _overview(claim, as_json=as_json)
        return
    network = None if model is None else _original(model, claim)
    named = unit if network is None else explanation.unit_of(network, unit)
    found = explanation.explain(claim, named, model=network)
    if as_json:
        finish(found.as_dict())
    console().print(visible(found.sentence), markup=False)


def _overview(claim: Certificate, *, as_json: bool) -> None:
    """All that a certificate changes."""
    from lumpver.tell.explanation import overview  # noqa: PLC0415
    from lumpver.tell.remade import stretches  # noqa: PLC0415

    if claim.covering is not None:
        _covered(claim.covering, claim.claim, as_json=as_json)
        return
    layers, anew = overview(claim), stretches(claim)
    if as_json:
        rows = [layer.as_dict() for layer in layers]
        both = [{"from": start, "to": end} for start, end in anew]
        finish({"layers": rows, "made_anew": both, "claim": claim.claim.as_dict()})
    from lumpver.tell import display  # noqa: PLC0415 loads tables

    for part in display.overview(layers, anew, claim.claim):
        console().print(part)


def _covered(found: Covering, claim: Claim, *, as_json: bool) -> None:
    """What a certificate of closeness claims, and by which parts and pairs."""
    if as_json:
        pairs = [{"original": a, "reduced": b} for a, b in found.pairs]
        said = {"boxes": len(found.trees), "parts": found.leaves, "pairs": pairs}
        finish({"covering": said, "claim": claim.as_dict()})
    from lumpver.tell.display import covering  # noqa: PLC0415 loads tables

    for line in covering(found, claim):
        console().print(line)


def _original(model: Path, claim: Certificate) -> Network:
    """The network that a certificate is for."""
    from lumpver.io.files import load  # noqa: PLC0415
    from lumpver.reducing.verification import same_digests  # noqa: PLC0415

    original = load(model)
    same_digests(original, None, claim)
    return original.network


@click.command()
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder to leave the demonstration's files in.",
)
@JSON
def demo(*, keep: Path | None, as_json: bool) -> None:
    """Reduce a real classifier, check it, explain it, and reject a tampered proof."""
    import tempfile  # noqa: PLC0415

    from lumpver.claim.statement import Claim  # noqa: PLC0415
    from lumpver.tell.demo import steps  # noqa: PLC0415

    told: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for number, step in enumerate(steps(folder), start=1):
            if as_json:
                told.append(_document(step))
            else:
                _tell(number, step)
    if keep is not None and not as_json:
        console().print(f"The files are in {visible(str(keep))}.", style="bold", markup=False)
    if as_json:
        finish({"steps": told, "claim": Claim().as_dict(), "semantics": "real"})


def _document(step: Step) -> dict[str, Any]:
    """A step as data; of the reduction what `lumpver reduce --json` prints."""
    from lumpver.tell import summary  # noqa: PLC0415

    document = {"title": step.title, "command": step.command, "lines": list(step.lines)}
    if step.outcome is None:
        return document
    return document | {"reduction": summary.as_document(step.outcome)}


def _tell(number: int, step: Step) -> None:
    """A step for a person."""
    from lumpver.claim.statement import claimed  # noqa: PLC0415
    from lumpver.tell import display, summary  # noqa: PLC0415

    console().rule(f"{number}. {step.title}", align="left", style="dim")
    console().print(f"$ {step.command}", style="bold cyan", markup=False)
    if step.outcome is not None:
        for part in display.reduction(step.outcome, summary.layers(step.outcome.reduction)):
            console().print(part)
        for line in claimed(step.outcome.checked.evidence):
            console().print(line, style="dim")
    for line in step.lines:
        console().print(line, markup=False)
