"""The command that checks a certificate, for what is asked of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lumpver.claim.semantics import WORDS
from lumpver.cli.asking import Asked, Asking, asks_near
from lumpver.cli.bounding import bounds
from lumpver.cli.output import JSON, LUMPCHECK, NO, VERIFIED, console, finish, progress_line
from lumpver.errors import Rejected
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.checker import Checked
    from lumpver.claim.certificate import Certificate
    from lumpver.claim.closeness import Closeness
    from lumpver.claim.semantics import Word
    from lumpver.claim.statement import Claim
    from lumpver.cli.bounding import Bounds
    from lumpver.io.files import Model


def _asks(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is asked."""
    options = (
        bounds(),
        asks_near,
        click.option(
            "--semantics",
            type=click.Choice(WORDS),
            default="real",
            show_default=True,
            help="Ask of exact real arithmetic, or of runs in float32.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(cls=Asking)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("reduced", type=click.Path(path_type=Path))
@click.argument("certificate", type=click.Path(path_type=Path))
@_asks
@VERIFIED
@LUMPCHECK
@JSON
def check(  # noqa: PLR0913 each is an option of its own
    model: Path,
    reduced: Path,
    certificate: Path,
    semantics: Word,
    lumpcheck: Path | None,
    *,
    within: Bounds,
    closeness: Closeness,
    verified: bool,
    as_json: bool,
) -> None:
    """Check in exact arithmetic that REDUCED computes what MODEL does, as CERTIFICATE shows.

    Without options the strongest is asked: equal outputs, whatever the input, in exact real
    arithmetic. A certificate that claims less than is asked is rejected, right or not; one
    that claims more is valid.
    """
    from lumpver.checker import rejection  # noqa: PLC0415
    from lumpver.checker.signature import claimed as stated  # noqa: PLC0415
    from lumpver.reducing.verification import read_claim  # noqa: PLC0415

    question = Asked(within, closeness, semantics)
    with progress_line(quiet=as_json) as progress:
        progress("checking")
        program = _program(lumpcheck) if verified or lumpcheck is not None else None
        ours, theirs, proof = read_claim(model, reduced, certificate)
        claim = question.of(ours)
        found = _outcome((ours, theirs), proof, claim, program)
    if isinstance(found, Rejected):
        claim = stated(ours.network, theirs.network, claim)
        if not as_json:
            _tell_rejection(found, claim)
        finish(rejection(found, claim), code=NO, quiet=not as_json)
    if as_json:
        finish(found.as_dict())
    _tell(found)


def _program(named: Path | None) -> Path:
    from lumpver.theory.lumpcheck import find  # noqa: PLC0415 only where it is asked

    return find(named)


def _outcome(
    models: tuple[Model, Model], proof: Certificate, claim: Claim, program: Path | None
) -> Checked | Rejected:
    """The checker's answer; with a program both checkers', where they agree."""
    from lumpver.reducing.verification import check_models  # noqa: PLC0415

    ours, theirs = models
    try:
        if program is None:
            return check_models(ours, theirs, proof, claim=claim)
        from lumpver.io.naming import told  # noqa: PLC0415
        from lumpver.theory.lumpcheck import EVIDENCE, check_both  # noqa: PLC0415 only then

        checked = check_both(ours.network, theirs.network, proof, program, claim=claim)
        named = told(ours, theirs, but=ours.digest.sha256)
    except Rejected as error:
        return error
    return replace(
        checked,
        evidence=f"{checked.evidence}, {EVIDENCE}",
        notes=tuple(dict.fromkeys((*checked.notes, *ours.notes, *theirs.notes, *named))),
    )


def _tell_rejection(error: Rejected, claim: Claim) -> None:
    """A rejection, for a person."""
    from lumpver.claim.statement import claimed  # noqa: PLC0415 numbers

    console().print(f"rejected: {visible(str(error))}", style="bold red", markup=False)
    for line in claimed("certificate", claim, holds=False):
        console().print(visible(line), style="dim", markup=False)


def _tell(checked: Checked) -> None:
    """The answer where a certificate is valid, for a person: first what it is valid for."""
    from lumpver.claim.statement import EVERYTHING, claimed  # noqa: PLC0415 numbers

    claim = checked.claim
    sizes = f"{checked.units_before} units and {checked.units_after}"
    said = f"the models, {sizes}, are {claim}"
    if replace(claim, limits=None) == EVERYTHING:
        said = f"{sizes} compute the same function"
    console().print(visible(f"valid: {said}."), style="bold green", markup=False)
    first, *rest = claimed(checked.evidence, claim)
    more = [] if checked.stronger is None else [f"The certificate claims: {checked.stronger}."]
    for line in (first, *more, *rest, *claim.remarks, *checked.notes):
        console().print(visible(line), style="dim", markup=False)
