"""Answers as a person likes to read them: tables and sentences for a terminal.

Nothing here prints; the command line does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from lumpver.quotient.aligning import COMMON, out_of_step
from lumpver.tell.inspection import Facts, in_the_way
from lumpver.tell.needed import few, needed
from lumpver.tell.nothing import unmodelled, why_nothing
from lumpver.tell.remade import remade, told
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumpver.claim.covering import Covering
    from lumpver.claim.statement import Claim
    from lumpver.model.network import Network
    from lumpver.quotient.fitting import Spared
    from lumpver.reducing.pipeline import Outcome
    from lumpver.search.widths import Width
    from lumpver.tell.explanation import Changed
    from lumpver.tell.summary import LayerChange


MOST_PAIRS: Final = 8  # that are told one by one
MOST_ROWS: Final = 200  # of a table on a terminal; --json lists all


def reduction(outcome: Outcome, found: tuple[LayerChange, ...], *, kept: bool = False) -> list[Any]:
    """The totals and a table of layers, or why nothing went.

    `kept` says that units were protected by name.
    """
    parts: list[Any] = list(why_nothing(outcome, kept=kept))
    stays = any(layer.kept_unrepresentable for layer in found)
    if not parts:
        parts = [_totals(outcome), *_layers(found), *_remade(outcome)]
    elif stays:
        parts += _layers(found)
    parts += _needed(outcome.original.network, outcome.reduction.widths)
    if stays:
        parts.append(
            "* kept because their type cannot hold what would replace them, or not in as few bytes,"
            " or only compute it with cancellation (.json holds everything)."
        )
    if outcome.reduction.spared:
        parts.append(price(outcome.reduction.spared))
    if places := out_of_step(outcome.original.network, outcome.reduction.lumping):
        parts.append(
            f"In {places} {'place' if places == 1 else 'places'} the number of channels was a"
            f" multiple of {COMMON} and is no more, which makes some runtimes slower: --align"
            f" {COMMON} keeps a few of them."
        )
    return [*parts, *map(Text, map(visible, outcome.checked.notes))]


def _layers(found: tuple[LayerChange, ...]) -> list[Any]:
    if not found:
        return []
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("layer", "activation"):
        table.add_column(name, overflow="fold")
    stays = any(layer.kept_unrepresentable for layer in found)
    turns = any(layer.cancelled for layer in found)
    flat = any(layer.straight for layer in found)
    names = ("units", "left", "merged", "constant", "unused", *["cancelled"] * turns)
    names += ("affine",) * flat
    for name in (*names, *["kept*"] * stays):
        table.add_column(name, justify="right")
    shown = _shown([layer.units_before - layer.units_after for layer in found])
    for layer in (found[row] for row in shown):
        table.add_row(
            Text(visible(layer.name)),
            Text(visible(layer.activation)),
            *(
                _number(count)
                for count in (
                    layer.units_before,
                    layer.units_after,
                    layer.merged,
                    layer.constant,
                    layer.unused,
                    *[layer.cancelled] * turns,
                    *[layer.straight] * flat,
                    *[layer.kept_unrepresentable] * stays,
                )
            ),
        )
    return [table, *_more(len(found) - len(shown), "layers")]


def _remade(outcome: Outcome) -> list[Text]:
    """What was made anew, stretch by stretch."""
    found = outcome.reduction
    return [Text(line) for line in told(remade(found.original, found.network, found.certificate))]


def _needed(network: Network, widths: Iterable[Width]) -> list[Text]:
    return [Text(line) for line in few(needed(network, width) for width in widths)]


def _totals(outcome: Outcome) -> str:
    before, after = outcome.original.network, outcome.reduction.network
    units = f"{before.units} {'unit' if before.units == 1 else 'units'} became {after.units}"
    parameters = f"{before.parameters} parameters {after.parameters}"
    size = f"{outcome.bytes_before} bytes {outcome.bytes_after}"
    return f"{units}, {parameters}, {size}, in {outcome.seconds:.2f} s."


def price(spared: Spared) -> str:
    """What larger number types would free, and what they would cost.

    Examples
    --------
    >>> from lumpver.quotient.fitting import Spared
    >>> price(Spared(3, 8280))
    '3 units more could go, but not in these number types: about 8280 bytes more (--types widen).'
    """
    units = f"{spared.units} unit{'s' * (spared.units != 1)} more could go"
    size = f"about {abs(spared.bytes)} bytes {'more' if spared.bytes >= 0 else 'fewer'}"
    return f"{units}, but not in these number types: {size} (--types widen)."


def _number(count: int) -> str:
    return str(count) if count else "-"


def _shown(gone: list[int]) -> list[int]:
    """The rows of a table: where they are many, the first of those from which units go."""
    if len(gone) <= MOST_ROWS:
        return list(range(len(gone)))
    return [row for row, count in enumerate(gone) if count][:MOST_ROWS]


def _more(count: int, what: str) -> list[str]:
    return [f"{count} {what} more: --json lists all of them."] if count else []


def _ranks(count: int) -> str:
    return (
        "The rank of 1 large segment was"
        if count == 1
        else f"The ranks of {count} large segments were"
    )


def covering(found: Covering, claim: Claim) -> list[Text]:
    """What a certificate of closeness claims, and what shows it.

    Examples
    --------
    >>> import numpy as np
    >>> from lumpver.claim.covering import Covering
    >>> from lumpver.claim.statement import Claim
    >>> lines = covering(Covering((np.zeros(1, dtype=int),), (("h", "h"),)), Claim())
    >>> print(*lines[1:], sep=chr(10))
    It has a covering of 1 box by 1 part: in each the checker bounds how far the models are apart.
    Side by side: h and h.
    No unit of one model stands for units of the other.
    """
    pairs = [f"{visible(a)} and {visible(b)}" for a, b in found.pairs[:MOST_PAIRS]]
    rest = len(found.pairs) - len(pairs)
    pairs += [f"{rest} more"] * (rest > 0)
    return [
        Text(f"The certificate claims: {visible(str(claim))}."),
        Text(f"It has {found}: in each the checker bounds how far the models are apart."),
        Text(f"Side by side: {', '.join(pairs)}." if pairs else "No tensors stand side by side."),
        Text("No unit of one model stands for units of the other."),
    ]


def overview(
    found: tuple[Changed, ...], anew: tuple[tuple[str, str], ...], claim: Claim
) -> list[Any]:
    """A table of the layers that a certificate changes, what it claims, and how to ask for more.

    `anew` has where each stretch that was made anew begins and ends.
    """
    claims = Text(f"The certificate claims: {visible(str(claim))}.")
    if not found and not anew:
        return ["Nothing changed: every unit stays as it was.", claims]
    lines = told(
        f"From {visible(start)} to {visible(end)} all was made anew: no unit in between has a"
        f" counterpart, and each of {visible(end)} is what it was."
        for start, end in anew
    )
    first = found[0].name if found else anew[0][1]
    hint = f"Every other layer is unchanged. Ask for one unit: --unit '{visible(first)}[0]'."
    return [*_changed(found), *map(Text, lines), claims, Text(hint)]


def _changed(found: tuple[Changed, ...]) -> list[Table]:
    if not found:
        return []
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("layer", overflow="fold")
    for name in ("units", "left", "merged", "constant", "unused"):
        table.add_column(name, justify="right")
    for layer in found:
        numbers = (layer.units, layer.left, layer.merged, layer.constant, layer.unused)
        table.add_row(Text(visible(layer.name)), *(_number(n) for n in numbers))
    return [table]


def facts(network: Network, found: tuple[Facts, ...]) -> list[Any]:
    """A table of segments and what could be removed."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("segment", "activation"):
        table.add_column(name, overflow="fold")
    columns = ("units", "inputs", "rank", "multiples", "constants", "antiparallel", "unused")
    for name in (*columns, "removable"):
        table.add_column(name, justify="right")
    table.add_column("in the way", overflow="fold")
    shown = [found[row] for row in _shown([fact.removable for fact in found])]
    for fact in shown:
        numbers = (
            fact.units,
            fact.inputs,
            fact.rank or 0,
            fact.multiples,
            fact.constants,
            fact.antiparallel,
            fact.unused,
            fact.removable,
        )
        table.add_row(
            Text(visible(fact.name)),
            Text(visible(fact.activation)),
            *(_number(n) for n in numbers),
            Text(visible(in_the_way(fact))),
        )
    removable = sum(fact.removable for fact in found)
    parts: list[Any] = [table] if shown else []
    parts += _more(len(found) - len(shown), "segments")
    parts.append(
        f"{network.units} units, {network.parameters} parameters;"
        f" {removable} {'unit' if removable == 1 else 'units'} can be removed exactly."
    )
    if anew := sum(fact.made_anew for fact in found):
        parts.append(
            f"{anew} segment{'s' * (anew > 1)} would be made anew, of other units (rules reflect,"
            " kinks): what is removable there is how many fewer these are."
        )
    parts += _needed(network, (fact.needs for fact in found if fact.needs is not None))
    unknown = sum(fact.rank is None for fact in found)
    if unknown:
        parts.append(f"{_ranks(unknown)} not computed: --rank does, which may take long.")
    if network.opaque:
        parts.append(f"Not modelled, and left as they are: {unmodelled(network)}.")
    return [*parts, *_reasons(found)]


def _reasons(found: tuple[Facts, ...]) -> list[Text]:
    """Each hindrance with its reason and the units that it keeps, those that keep most first."""
    units: dict[tuple[str, str], int] = {}
    for fact in found:
        if fact.hindrance is not None and fact.hindrance.kind != "output":
            words = str(fact.hindrance), fact.hindrance.why
            units[words] = units.get(words, 0) + fact.units
    ranked = sorted(units.items(), key=lambda item: (-item[1], item[0]))
    lines = [
        f"{name} keeps {count} unit{'s' * (count != 1)}: {why}." for (name, why), count in ranked
    ]
    return [Text(visible(line)) for line in lines[:MOST_ROWS]]
