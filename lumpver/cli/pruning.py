"""The command that takes weights out at a price: prune."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from lumpver.cli.bounding import bounds
from lumpver.cli.helping import METHODS
from lumpver.cli.output import JSON, console, finish, progress_line, suffixed
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from lumpver.cli.bounding import Bounds
    from lumpver.pruning import Pruned

_SHORT: Final = "{:.3g}"


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Where it goes."
)
@click.option(
    "--ratio", required=True, help="Which share of the dense layers' weights goes, 0 to 1."
)
@click.option(
    "--method",
    type=click.Choice(tuple(METHODS)),
    default="ecp",
    show_default=True,
    help="How weights are ranked; what each means is below.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Samples, a row each: .npy, or .npz with arrays by the inputs' names.",
)
@click.option(
    "--targets",
    type=click.Path(path_type=Path),
    help="What is wanted of each sample (.npy), for ecp-loss: numbers, or a class.",
)
@click.option(
    "--loss",
    type=click.Choice(("squares", "cross-entropy")),
    default="squares",
    show_default=True,
    help="Which loss, for ecp-loss and obd.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="For random.")
@bounds()
@JSON
def prune(  # noqa: PLR0913 each is an option of its own
    model: Path,
    output: Path,
    *,
    ratio: str,
    method: str,
    data: Path | None,
    targets: Path | None,
    loss: str,
    seed: int,
    within: Bounds,
    as_json: bool,
) -> None:
    """Take weights out of MODEL, and let biases make up for them.

    What is written is another function; prove --eps says how near it is, and reduce makes it
    smaller by what is left over.
    """
    from lumpver.face.pruning import prune as pruned  # noqa: PLC0415 only where needed
    from lumpver.io.files import FORMATS, load  # noqa: PLC0415
    from lumpver.io.saving import stored  # noqa: PLC0415
    from lumpver.io.writing import spare, write_file  # noqa: PLC0415

    suffixed(output, *FORMATS)
    found = load(model)
    given = [(path, what) for path, what in ((data, "data"), (targets, "targets")) if path]
    spare({"the pruned model": output}, [*found.files, *given, *within.files])
    box = within.of(found.network).domain if within.given else None
    with progress_line(quiet=as_json) as step:
        result = pruned(
            found,
            ratio,
            method=method,
            data=data,
            targets=targets,
            loss=loss,
            box=box,
            seed=seed,
            progress=step,
        )
    write_file(output, stored(result.network, found, output))
    document = _document(result, output)
    if not as_json:
        _print(result, output)
    finish(document, quiet=not as_json)


def _document(found: Pruned, output: Path) -> dict[str, Any]:
    change = found.change
    return {
        "written": str(output),
        "method": found.method,
        "weights": found.weights,
        "removed": found.removed,
        "layers": [asdict(layer) for layer in found.layers],
        "left_alone": list(found.others),
        "change_on_data": None if change is None else {"rms": change[0], "most": change[1]},
        "exact": False,
    }


def _print(found: Pruned, output: Path) -> None:
    out = console()
    out.print(f"Wrote {output}: {found.removed} of {found.weights} weights are 0.", markup=False)
    for layer in found.layers:
        out.print(f"  {visible(layer.name)}: {layer.removed} of {layer.weights}", markup=False)
    if found.others:
        names = ", ".join(map(visible, found.others))
        out.print(f"Left alone, not dense: {names}.", markup=False)
    if found.change is not None:
        rms, most = (_SHORT.format(one) for one in found.change)
        out.print(f"On the data outputs change by {rms} (rms), {most} at most.", markup=False)
    out.print(
        "It is another function: prove --eps says how near, reduce makes it smaller.", style="dim"
    )
