"""What is given for what: units, bytes, bounds for one eps after another, listed or drawn."""

from __future__ import annotations

import csv
from dataclasses import astuple, dataclass, fields
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS: Final = 6  # numbers eps, each half of the one before


@dataclass(frozen=True, slots=True)
class Row:
    """What is left within eps: units, parameters, bytes; the bound, and what a point shows."""

    eps: float
    units: int
    parameters: int
    bytes: int
    bound: float
    sampled: float


def table(rows: Sequence[Row]) -> bytes:
    r"""The rows as CSV, under their names.

    Examples
    --------
    >>> table([Row(0.5, 3, 9, 400, 0.4, 0.1)])
    b'eps,units,parameters,bytes,bound,sampled\n0.5,3,9,400,0.4,0.1\n'
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(field.name for field in fields(Row))
    writer.writerows(astuple(row) for row in rows)
    return out.getvalue().encode()


def picture(rows: Sequence[Row]) -> bytes:
    """The rows as PNG: units that are left against eps, and how near they are."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    shown = [row for row in sorted(rows, key=lambda row: row.eps) if row.eps > 0]
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    eps = [row.eps for row in shown]
    left.plot(eps, [row.units for row in shown], marker="o", color="black")
    left.set(xlabel="eps", ylabel="units left", xscale="log")
    left.set_ylim(bottom=0)
    right.plot(eps, eps, color="grey", linewidth=1, label="eps")
    right.plot(eps, [row.bound for row in shown], marker="o", label="certified bound")
    right.plot(eps, [row.sampled for row in shown], marker="x", label="largest that was found")
    right.set(xlabel="eps", ylabel="difference of outputs", xscale="log")
    right.legend(frameon=False)
    out = BytesIO()
    figure.savefig(out, format="png", dpi=120, metadata={"Software": None})
    return out.getvalue()
