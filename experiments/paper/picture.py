"""The figure: accuracy lost against pruned nodes, a panel per family, a line per combination.

Lines are means over the seeds, bands reach from the least to the greatest. The panels `same`
and `mixed` share their scale. Lines differ in dashes and darkness, not in hue alone; the same
results give the same bytes.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Figure 4.
M. Okabe, K. Ito: *Color Universal Design*, 2008 (the palette).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from experiments.paper.results import alike
from experiments.paper.tables import losses
from lumpver.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from experiments.paper.results import Outcome

FORMATS: Final = ("svg", "png")
TITLES: Final = {
    "same": "weights of one sign,\ncoefficients too",
    "mixed": "weights of both signs,\ncoefficients of one",
    "signed": "weights of one sign,\ncoefficients of both",
}
_LINES: Final = (("#000000", "-"), ("#0072b2", "--"), ("#e69f00", "-."), ("#cc79a7", ":"))
_STYLE: Final[dict[str, Any]] = {"svg.hashsalt": "lumpver", "font.size": 9.0, "figure.dpi": 150}


def picture(outcomes: Sequence[Outcome], kind: str = "svg") -> bytes:
    """The figure as a file of that format, the same bytes for the same outcomes.

    Raises
    ------
    Malformed
        If the format is unknown, or the outcomes do not belong together.
    """
    if kind not in FORMATS:
        raise Malformed("picture", expected=" or ".join(FORMATS), got=repr(kind))
    settings = alike(outcomes)
    import matplotlib as mpl  # noqa: PLC0415 heavy
    from matplotlib.figure import Figure  # noqa: PLC0415

    defaults = mpl.rcParamsDefault.items()
    style: dict[Any, Any] = {k: v for k, v in defaults if not k.startswith("backend")}
    with mpl.rc_context(style | _STYLE):
        figure = Figure(figsize=(2.9 * len(settings.families), 3.2), layout="constrained")
        panels = figure.subplots(1, len(settings.families), squeeze=False)[0]
        for panel, family in zip(panels, settings.families, strict=True):
            _draw(panel, outcomes, family)
        named = dict(zip(settings.families, panels, strict=True))
        if {"same", "mixed"} <= set(named):
            named["same"].set_ylim(named["mixed"].get_ylim())
        panels[0].set_ylabel("accuracy lost (percentage points)")
        panels[0].legend(title="combined nodes", loc="upper left", frameon=False)
        stream = io.BytesIO()
        blank = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
        figure.savefig(stream, format=kind, metadata=blank)
    return stream.getvalue()


def _draw(panel: Any, outcomes: Sequence[Outcome], family: str) -> None:
    settings = outcomes[0].settings
    for (colour, dashes), terms in zip(_LINES, settings.terms, strict=False):
        curve = losses(outcomes, family, terms)
        pruned = range(len(curve))
        panel.fill_between(
            pruned,
            [float(point.least) for point in curve],
            [float(point.greatest) for point in curve],
            color=colour,
            alpha=0.15,
            linewidth=0,
        )
        means = [float(point.mean) for point in curve]
        panel.plot(pruned, means, dashes, color=colour, label=str(terms), linewidth=1.4)
    panel.set_title(TITLES.get(family, family))
    panel.set_xlabel("pruned nodes")
    panel.grid(visible=True, linewidth=0.3)
