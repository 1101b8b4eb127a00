"""`python -m experiments.paper`: the command that repeats the paper's experiment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lumpver.cli import main
from lumpver.cli.output import JSON, console, finish, progress_line
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from experiments.paper.datasets import Images
    from experiments.paper.settings import Settings


@click.command("experiments.paper")
@click.option(
    "--mnist",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder with MNIST's four idx files, gzipped or not.",
)
@click.option("--digits", is_flag=True, help="scikit-learn's digits instead.")
@click.option("--small", is_flag=True, help="The digits with scikit-learn's perceptron, no torch.")
@click.option("--seeds", type=click.IntRange(1), default=10, show_default=True)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder; seeds whose results are there already are not run again.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder that keeps trained networks  [default: OUTPUT/weights]",
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True)
@JSON
def experiment(
    mnist: Path | None,
    seeds: int,
    output: Path,
    weights: Path | None,
    jobs: int,
    *,
    digits: bool,
    small: bool,
    as_json: bool,
) -> None:
    """Prune nodes that are linear combinations of others, as in Section 5 of the paper."""
    from time import perf_counter  # noqa: PLC0415 nothing heavy before it is needed

    from experiments.paper.campaign import Campaign  # noqa: PLC0415
    from experiments.paper.reporting import document, files, models  # noqa: PLC0415
    from lumpver.io.writing import write_file  # noqa: PLC0415

    start = perf_counter()
    with progress_line(quiet=as_json) as progress:
        progress("reading")
        images, settings = _chosen(mnist, digits=digits, small=small)
        campaign = Campaign(images, settings, weights or output / "weights", progress)
        outcomes = campaign.run(range(seeds), output, jobs=jobs)
        progress("drawing")
        made = files(outcomes) | models(campaign, 0)
        for name, data in made.items():
            write_file(output / name, data)
    if as_json:
        seconds = round(perf_counter() - start, 1)
        finish(document(outcomes) | {"files": sorted(made), "seconds": seconds})
    console().print(made["table.md"].decode(), markup=False)
    console().print(made["claims.md"].decode(), markup=False)
    console().print(f"Wrote {', '.join(sorted(made))} to {output}.", markup=False)


def _chosen(mnist: Path | None, *, digits: bool, small: bool) -> tuple[Images, Settings]:
    """The images and settings that were asked for."""
    from experiments.paper import datasets, settings  # noqa: PLC0415

    if (mnist is not None) + digits + small != 1:
        given = f"{(mnist is not None) + digits + small} of them"
        raise Malformed("images", expected="one of --mnist, --digits, --small", got=given)
    if mnist is not None:
        return datasets.mnist(mnist), settings.MNIST
    return datasets.digits(), settings.LIVE if small else settings.DIGITS


if __name__ == "__main__":
    main(command=experiment)
