"""`python -m experiments.ecp`: the command that repeats the experiments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lumpver.cli import main
from lumpver.cli.output import JSON, console, finish, progress_line
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from experiments.ecp.settings import Settings


@click.command("experiments.ecp")
@click.option(
    "--mnist",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder with MNIST's four idx files, gzipped or not.",
)
@click.option("--diffusion", is_flag=True, help="The diffusion-sorption equation.")
@click.option("--noisy", is_flag=True, help="The same, with much noise.")
@click.option("--small", is_flag=True, help="The equation and small networks, in seconds.")
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder; seeds whose results are there already are not run again.",
)
@JSON
def experiment(
    mnist: Path | None,
    seeds: int,
    output: Path,
    *,
    diffusion: bool,
    noisy: bool,
    small: bool,
    as_json: bool,
) -> None:
    """Prune trained networks by every method, and say what is lost, and at most changed."""
    from experiments.ecp.campaign import run  # noqa: PLC0415 nothing heavy before it is needed
    from experiments.ecp.reporting import files, read, written  # noqa: PLC0415
    from lumpver.io.reading import read_bytes  # noqa: PLC0415
    from lumpver.io.writing import write_file  # noqa: PLC0415

    settings = _chosen(mnist, diffusion=diffusion, noisy=noisy, small=small)
    outcomes = []
    output.mkdir(parents=True, exist_ok=True)
    with progress_line(quiet=as_json) as progress:
        for seed in range(seeds):
            place = output / f"seed-{seed}.json"
            if not place.exists():
                outcome = run(settings, seed, mnist=mnist, progress=progress)
                write_file(place, written(outcome))
            outcomes.append(read(read_bytes(place), str(place)))
            if outcomes[-1].settings != settings:
                raise Malformed(str(place), expected="results of this run", got="of another")
        made = files(outcomes)
        for name, data in made.items():
            write_file(output / name, data)
    if as_json:
        finish({"files": sorted(made), "seeds": seeds, "rows": sum(len(x.rows) for x in outcomes)})
    console().print(made["table.md"].decode(), markup=False)


def _chosen(mnist: Path | None, *, diffusion: bool, noisy: bool, small: bool) -> Settings:
    """The settings that were asked for."""
    from experiments.ecp import settings  # noqa: PLC0415

    asked = {"MNIST": mnist is not None, "DIFFUSION": diffusion, "NOISY": noisy, "SMALL": small}
    names = [name for name, given in asked.items() if given]
    if len(names) != 1:
        expected = "one of --mnist, --diffusion, --noisy, --small"
        raise Malformed("task", expected=expected, got=f"{len(names)} of them")
    found: Settings = getattr(settings, names[0])
    return found


if __name__ == "__main__":
    main(command=experiment)
