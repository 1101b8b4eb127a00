"""Why nothing was removed from a model, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.network import Linear
from lumpver.reducing.pipeline import FELL_BACK, WITHOUT_SIGNS
from lumpver.search.lumping import RULES
from lumpver.tell.summary import layers, opaque_counts
from lumpver.tell.visible import visible

if TYPE_CHECKING:
    from lumpver.model.network import Network
    from lumpver.reducing.pipeline import Outcome

_NAMED = 8


def why_nothing(outcome: Outcome, *, kept: bool = False) -> tuple[str, ...]:
    """Why no unit and no number went, and what the output is; empty where something went.

    `kept` says that units were protected by name.
    """
    before, after = outcome.original.network, outcome.reduction.network
    if (before.units, before.parameters) != (after.units, after.parameters):
        return ()
    found = [_reason(outcome, kept=kept)]
    if words := unmodelled(before):
        place = ", and stands between layers" if _between(before) else ""
        found.append(
            f"Not modelled{place}: {words}; left as they are, with every unit that they read."
        )
    target = outcome.reduced
    if outcome.is_copy:
        size = f"{outcome.bytes_after} bytes"
        found.append(f"{target} is {outcome.original.path} again, byte for byte ({size}).")
    else:
        found.append(f"{target} has the same units and numbers as {outcome.original.path}.")
    return tuple(found)


def _reason(outcome: Outcome, *, kept: bool) -> str:
    network, notes = outcome.original.network, outcome.checked.notes
    if FELL_BACK in notes:
        return "Nothing was removed, because of a bug in lumpver that a note below names."
    rules = {*outcome.reduction.rules, *(["stable"] if WITHOUT_SIGNS in notes else [])}
    units = "the one unit" if network.units == 1 else f"any of {network.units} units"
    stays = sum(layer.kept_unrepresentable for layer in layers(outcome.reduction))
    if stays:
        return (
            f"Nothing was removed: {stays} of {network.units} units could go, but not in these"
            " number types, or not in as few bytes."
        )
    if network.units == 0:
        return "Nothing to remove: no layer feeds an activation that is modelled."
    if missing := [rule for rule in RULES if rule not in rules]:
        return f"Nothing to remove by these rules, which leave out {', '.join(missing)}."
    if kept:
        return f"Nothing to remove: no rule applies to {units} beside those that --keep protects."
    return (
        f"Nothing to remove: no rule applies to {units}. That is usual, since trained weights"
        " are hardly ever exact multiples of each other; what goes are duplicates, multiples,"
        " constants and unused units, which pruning and some constructions leave behind."
    )


def _between(network: Network) -> bool:
    """Whether a node that is not modelled reads what a layer makes, and an affine node it."""
    behind = set(network.layers)
    for node in network.nodes:
        if behind.intersection(node.inputs):
            behind.update(node.outputs)
    before = set[str]()
    for node in reversed(network.nodes):
        if isinstance(node, Linear) or before.intersection(node.outputs):
            before.update(node.inputs)
    return any(
        behind.intersection(node.inputs) and before.intersection(node.outputs)
        for node in network.opaque
    )


def unmodelled(network: Network) -> str:
    """The operators that are not modelled, with how many nodes of each, the most first.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> unmodelled(Network.from_layers([([[1]], None)]))
    ''
    """
    ranked = sorted(opaque_counts(network).items(), key=lambda item: (-item[1], item[0]))
    words = [f"{visible(name)} ({count})" for name, count in ranked[:_NAMED]]
    words += [f"{len(ranked) - _NAMED} other operators"] if len(ranked) > _NAMED else []
    return ", ".join(words)
