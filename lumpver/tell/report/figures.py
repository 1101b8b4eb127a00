"""The pictures of a report: both networks side by side, and where the units went.

What a certificate claims is drawn only where the checker accepted it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lumpver.bounds.knowing import known
from lumpver.claim.domain import Boxes
from lumpver.tell.remade import remade
from lumpver.tell.report.blocks import fates
from lumpver.tell.report.examination import ACCEPTED, Examined
from lumpver.tell.report.pictures import Picture, before_after, box_bars, unit_bars
from lumpver.tell.summary import LayerChange, activation_of, cancelled, writer_of
from lumpver.tell.switching import units_on

if TYPE_CHECKING:
    from lumpver.claim.certificate import Certificate
    from lumpver.model.network import Network
    from lumpver.tell.remade import Remade
    from lumpver.tell.switching import Units


LEGIBLE: Final = 1600.0  # points; what is wider has letters too small for a page


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture to put into a page, which describes itself, and the line below it.

    `wide` says that it is to be moved past a window, since it could not be read if it shrank.
    """

    svg: Any
    caption: str
    wide: bool = False


def figures(examined: Examined) -> tuple[Figure, ...]:
    """The pictures that these answers allow.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from lumpver.tell.data import digits_model
    >>> from lumpver.tell.report.examination import examine
    >>> with TemporaryDirectory() as folder:
    ...     model = Path(folder, "digits.onnx")
    ...     _ = model.write_bytes(digits_model())
    ...     found = figures(examine(model, model))
    >>> [figure.caption for figure in found]
    ['Both networks.']
    """
    ours, theirs = examined.original.network, examined.reduced.network
    claim = examined.relabelled
    if claim is None or examined.verdict != ACCEPTED:
        return (_figure(before_after(ours, theirs, {}), "Both networks."),)
    found = {
        name: entry.relabelling
        for name, entry in claim.leads.items()
        if entry.relabelling is not None
    }
    anew = remade(ours, theirs, claim)
    return (
        *_on_box(examined),
        _figure(unit_bars(_layers(ours, claim, anew)), "Units per layer, and where they went."),
        _figure(before_after(ours, theirs, found), _caption(anew)),
    )


def _on_box(examined: Examined) -> tuple[Figure, ...]:
    """What units do on the box, where the answer is about one."""
    found = units(examined)
    if not any(layer.units for layer in found):
        return ()
    words = (
        "What units do on the box, by bounds that hold: never on, always on, or that is open. Pale"
        " ones are gone."
    )
    return (_figure(box_bars(found), words),)


def units(examined: Examined) -> tuple[Units, ...]:
    """What units do on the domain that was asked about; none where that is all inputs."""
    domain, claim = examined.domain, examined.relabelled
    if domain is None or claim is None:
        return ()
    network, leads = examined.original.network, claim.leads
    anew = remade(network, examined.reduced.network, claim)
    rows = {n: fact.relabelling for n, fact in leads.items() if fact.relabelling is not None}
    levels = dict.fromkeys(writer_of(network, name) for one in anew for name in one.left)
    claimed = claim.claim.domain
    same = isinstance(claimed, Boxes) and claimed.boxes == domain.boxes
    hints = claim.hints if same and examined.verdict == ACCEPTED else ()
    return units_on(network, known(network, domain, hints=hints), {**rows, **levels})


def _caption(anew: tuple[Remade, ...]) -> str:
    blocks = "Units of one colour belong to one block; a number beside a unit is its scale."
    more = " What was made anew has no blocks: other units take the place of all of its own."
    return f"Before and after. {blocks}{more if anew else ''}"


def _figure(picture: Picture, caption: str) -> Figure:
    from markupsafe import Markup  # noqa: PLC0415 it comes with jinja2

    wide = picture.drawing.width > LEGIBLE
    return Figure(Markup(picture.svg), caption, wide)  # noqa: S704 names in it are escaped


def _layers(network: Network, claim: Certificate, anew: tuple[Remade, ...]) -> list[LayerChange]:
    """The layers as bars want them; what an activation makes 0 is constant there."""
    found = []
    levels = {name: units for one in anew for name, units in one.left.items()}
    for name in network.layers:
        before, entry = network.width.get(name, 0), claim.leads.get(writer_of(network, name))
        activation = activation_of(network, name)
        if name in levels:
            found.append(cancelled(network, name, levels[name]))
            continue
        if entry is None or entry.relabelling is None:
            found.append(LayerChange(name, activation, before, before, 0, 0, 0, 0))
            continue
        went = fates(entry.relabelling)
        constant = went.constant + went.off
        after = entry.relabelling.width
        found.append(
            LayerChange(name, activation, before, after, went.merged, constant, went.unused, 0)
        )
    return found
