"""The command that writes models, and questions about two of them, in other formats: export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lumpver.cli.asking import Asking, asks_near
from lumpver.cli.bounding import bounds
from lumpver.cli.output import JSON, console, finish, suffixed
from lumpver.errors import Malformed
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from lumpver.claim.closeness import Closeness
    from lumpver.cli.bounding import Bounds


@click.command(cls=Asking)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("other", type=click.Path(path_type=Path), required=False)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="Where it goes; .json holds every number, .lumpcheck is what lumpcheck reads.",
)
@click.option(
    "--vnnlib",
    is_flag=True,
    help="Write the question whether MODEL and OTHER are apart, on the box and by more than is"
    " said, as a query of VNN-LIB 2; the networks are f and g there.",
)
@asks_near
@bounds(widened=False)
@JSON
def export(
    model: Path,
    other: Path | None,
    output: Path,
    *,
    vnnlib: bool,
    closeness: Closeness,
    within: Bounds,
    as_json: bool,
) -> None:
    """Write MODEL in another format, exactly or not at all.

    With --vnnlib, write the question whether it is near OTHER instead.
    """
    if vnnlib:
        _query(model, other, output, closeness, within, as_json=as_json)
    from lumpver.claim.closeness import EQUAL  # noqa: PLC0415 only where needed
    from lumpver.io.files import FORMATS, load  # noqa: PLC0415
    from lumpver.io.naming import told  # noqa: PLC0415
    from lumpver.io.nnet.limits import export_note  # noqa: PLC0415
    from lumpver.io.saving import stored  # noqa: PLC0415
    from lumpver.io.writing import spare, write_file  # noqa: PLC0415

    if other is not None or within.given or closeness != EQUAL:
        got = "a second model" if other is not None else "a box or how near models are"
        raise Malformed("export", expected="one model, without --vnnlib", got=got)
    suffixed(output, *FORMATS, ".lumpcheck")
    found = load(model)
    spare({"the export": output}, found.files)
    if output.suffix == ".lumpcheck":
        from lumpver.theory.lumpcheck import export as exact_text  # noqa: PLC0415

        data = exact_text(found.network).encode("ascii")
    else:
        data = stored(found.network, found, output)
    write_file(output, data)
    notes = (*export_note(found.network, nnet=output.suffix == ".nnet"), *told(found))
    _told(output, notes, as_json=as_json)


def _query(
    model: Path,
    other: Path | None,
    output: Path,
    closeness: Closeness,
    within: Bounds,
    *,
    as_json: bool,
) -> None:
    """Write the question whether two models are near."""
    from lumpver.claim.domain import AllInputs  # noqa: PLC0415 only where needed
    from lumpver.io.domains import stated  # noqa: PLC0415
    from lumpver.io.files import load  # noqa: PLC0415
    from lumpver.io.naming import told  # noqa: PLC0415
    from lumpver.io.writing import spare, write_file  # noqa: PLC0415
    from lumpver.model.slicing import one_position  # noqa: PLC0415
    from lumpver.proving.pairing import choices  # noqa: PLC0415
    from lumpver.proving.queries.writing import written  # noqa: PLC0415

    if other is None:
        raise Malformed("--vnnlib", expected="two models", got="one")
    suffixed(output, ".vnnlib")
    ours, theirs = load(model), load(other)
    spare({"the query": output}, [*ours.files, *theirs.files, *within.files])
    one, given = one_position(ours.network), within.stated
    found = None if given is None else stated(given, one)
    domain = AllInputs() if found is None else found.domain
    write_file(output, written(ours.network, theirs.network, domain, closeness).encode("ascii"))
    remarks = () if found is None else found.notes
    notes = (*remarks, *choices(ours.network, theirs.network), *told(ours, theirs))
    _told(output, notes, as_json=as_json)


def _told(output: Path, notes: tuple[str, ...], *, as_json: bool) -> None:
    """Say what was written, and leave."""
    document: dict[str, Any] = {"written": str(output), "exact": True, "semantics": "real"}
    if not as_json:
        console().print(f"Wrote {output}, exactly.", markup=False)
        for note in notes:
            console().print(visible(note), style="dim", markup=False)
    finish(document | ({"notes": list(notes)} if notes else {}), quiet=not as_json)
