"""The figure: losses right after pruning, after training on, and the deviation, by ratio.

A row for each architecture. Lines are means over seeds of logarithms; in the last column solid
lines are what is certified, dotted ones what test data show.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.ecp.campaign import Outcome

_LINES: Final = {
    "ecp": ("#000000", "o"),
    "ecp-loss": ("#d55e00", "s"),
    "gradient": ("#0072b2", "^"),
    "obd": ("#56b4e9", "v"),
    "magnitude": ("#e69f00", "D"),
    "random": ("#999999", "x"),
    "tried": ("#009e73", "*"),
}
_STYLE: Final[dict[str, Any]] = {"svg.hashsalt": "lumpver", "font.size": 9.0}
_COLUMNS: Final = (
    ("pruned", "test loss right after pruning"),
    ("tuned", "test loss after training on"),
    ("certified", "largest change of an output"),
)


def means(
    outcomes: Sequence[Outcome], hidden: tuple[int, ...], method: str, part: str
) -> list[float]:
    """Geometric means over seeds, a number for each ratio."""
    settings = outcomes[0].settings
    found = []
    for ratio in settings.ratios:
        values = [
            getattr(row, part)
            for outcome in outcomes
            for row in outcome.rows
            if (row.hidden, row.method, row.ratio) == (hidden, method, ratio)
        ]
        found.append(float(np.exp(np.mean(np.log(np.maximum(values, 1e-12))))))
    return found


def picture(outcomes: Sequence[Outcome]) -> bytes:
    """The figure as SVG, the same bytes for the same outcomes."""
    import matplotlib as mpl  # noqa: PLC0415 heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    settings = outcomes[0].settings
    defaults = mpl.rcParamsDefault.items()
    style: dict[Any, Any] = {k: v for k, v in defaults if not k.startswith("backend")}
    with mpl.rc_context(style | _STYLE):
        figure = Figure(figsize=(10, 3.1 * len(settings.hidden)), layout="constrained")
        panels = figure.subplots(len(settings.hidden), 3, squeeze=False)
        for line, hidden in zip(panels, settings.hidden, strict=True):
            trained = np.mean([one.trained[settings.hidden.index(hidden)] for one in outcomes])
            for panel, (part, title) in zip(line, _COLUMNS, strict=True):
                _draw(panel, outcomes, hidden, part)
                panel.set_title(title)
                if part != "certified":
                    panel.axhline(trained, color="#bbbbbb", linewidth=1)
            line[0].set_ylabel("-".join(map(str, hidden)))
        lines, names = panels[0][0].get_legend_handles_labels()
        figure.legend(lines, names, loc="outside right upper", frameon=False)
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    return stream.getvalue()


def _draw(panel: Any, outcomes: Sequence[Outcome], hidden: tuple[int, ...], part: str) -> None:
    settings = outcomes[0].settings
    for method in settings.methods:
        colour, marker = _LINES[method]
        values = means(outcomes, hidden, method, part)
        panel.plot(settings.ratios, values, color=colour, marker=marker, markersize=3, label=method)
        if part == "certified":
            seen = means(outcomes, hidden, method, "seen")
            panel.plot(settings.ratios, seen, ":", color=colour, linewidth=1)
    panel.set_yscale("log")
    panel.set_xlabel("share of weights taken out")
    panel.grid(visible=True, linewidth=0.3)
