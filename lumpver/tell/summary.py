"""What a reduction did, layer by layer, as numbers.

units: the outputs of affine segments that feed an activation
kept unrepresentable: how many units more than in the exact result, because no type could
hold what replaces some unit here or above, or only in more bytes, or with cancellation; and those
that are left there, but linear
linear: a unit that its activations leave as it is on the whole domain, so that it could go into
what reads it, if numbers held the products
straight: what is left of a layer whose activation went, since it would leave all of that alone
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.model.functions import UNCHANGED
from lumpver.model.several import each
from lumpver.quotient.aligning import out_of_step
from lumpver.tell.remade import remade
from lumpver.trial.float_runs import compared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lumpver.model.network import Network
    from lumpver.model.relabelling import Relabelling
    from lumpver.reducing.pipeline import Outcome
    from lumpver.reducing.reduction import Reduction


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One layer before and after, and where its units went."""

    name: str
    activation: str
    units_before: int
    units_after: int
    merged: int
    constant: int
    unused: int
    kept_unrepresentable: int
    cancelled: int = 0
    linear: int = 0
    straight: int = 0


def layers(reduction: Reduction) -> tuple[LayerChange, ...]:
    """The layers of the original in order.

    In each, the units before are those after, merged, constant, unused, cancelled and straight
    together.
    Where layers were made anew their levels are told beside them, in order: `cancelled` is how many
    units fewer that is, and below 0 where a level has more than the layer that it is told beside.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.reducing.reduction import reduce
    >>> twins = Network.from_layers([([[1], [2], [0]], None), ([[1, 1, 1]], None)])
    >>> [layer] = layers(reduce(twins))
    >>> layer.units_after, layer.merged, layer.constant, layer.unused
    (1, 1, 1, 0)
    """
    after = dict(levels(reduction))
    return tuple(
        _layer(reduction, name)
        if name not in after
        else cancelled(reduction.original, name, after[name])
        for name in reduction.original.layers
    )


def levels(reduction: Reduction) -> Iterator[tuple[str, int]]:
    """The layers that were made anew, with the units of the levels that are told beside them."""
    for one in remade(reduction.original, reduction.network, reduction.certificate):
        yield from one.left.items()


def cancelled(network: Network, name: str, after: int) -> LayerChange:
    """A layer of the network that was made anew, a level of so many units told beside it."""
    before, activation = network.width.get(name, 0), activation_of(network, name)
    return LayerChange(name, activation, before, after, 0, 0, 0, 0, cancelled=before - after)


def _layer(reduction: Reduction, name: str) -> LayerChange:
    network = reduction.original
    before = network.width.get(name, 0)
    found = reduction.lumping.of(name)
    fewest = reduction.exact.of(name)
    after = before if found is None else found.width
    kept = after - (before if fewest is None else fewest.width)
    if name in reduction.straight.layers:
        return _straight(name, activation_of(network, name), before, found)
    flat = linear(reduction, name, found)
    kept, activation = kept + linear(reduction, name, fewest), activation_of(network, name)
    if found is None:
        return LayerChange(name, activation, before, before, 0, 0, 0, kept, linear=flat)
    merged, constant, unused = gone(found)
    return LayerChange(
        name, activation, before, found.width, merged, constant, unused, kept, linear=flat
    )


def _straight(name: str, activation: str, before: int, found: Relabelling | None) -> LayerChange:
    """A layer of which units are left, but none that an activation reads."""
    left = before if found is None else found.width
    went = (0, 0, 0) if found is None else gone(found)
    return LayerChange(name, activation, before, 0, *went, 0, straight=left)


def linear(reduction: Reduction, name: str, found: Relabelling | None) -> int:
    """How many units a relabelling leaves that their activations leave alone on the domain."""
    network, known = reduction.original, reduction.known
    end = network.ends.get(name)
    if known is None or end is None:
        return 0
    nodes, bounds = network.activations(name), known.of(name, end.axis)
    apart = any(node.axis not in {None, end.axis} for node in nodes)
    if not nodes or apart or bounds.below.ndim == 0:
        return 0
    functions = [each(node.activation, bounds.below.size, end.axis) for node in nodes]
    left, carried = range(bounds.below.size), 0
    if found is not None:
        held = np.flatnonzero((found.block >= 0) & (found.block < found.width))
        left = held[np.unique(found.block[held], return_index=True)[1]].tolist()
        carried = found.width - len(left)  # columns that are no unit's, which carry others
    return carried + sum(
        all(of[v].on(*bounds.of(v)) == UNCHANGED for of in functions) for v in left
    )


def gone(found: Relabelling) -> tuple[int, int, int]:
    """How many units were merged into others, are constant, and are unused."""
    off = int(np.isin(found.block, found.off).sum())
    constant = int(found.fixed.sum()) + off
    unused = int((found.block >= found.width).sum()) - off
    return found.units - constant - unused - found.width, constant, unused


def opaque_counts(network: Network) -> dict[str, int]:
    """The operators that are not modelled, and how many nodes there are of each.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> opaque_counts(Network.from_layers([([[1]], None)]))
    {}
    """
    counts: dict[str, int] = {}
    for node in network.opaque:
        name = node.operator.removeprefix("ai.onnx:")
        counts[name] = counts.get(name, 0) + 1
    return counts


def writer_of(network: Network, name: str) -> str:
    """The affine run's output that speaks for a layer: itself, or of a join the one it adds.

    All that joins tie together have as many units left.
    """
    while name not in network.ends and name in network.producers:
        node = network.producers[name]
        name = next((operand for operand in node.inputs if operand in network.ends), "") or next(
            iter(node.inputs), ""
        )
    return name


def activation_of(network: Network, name: str) -> str:
    """The activations that read a tensor, as text."""
    return ", ".join(dict.fromkeys(str(node.activation) for node in network.activations(name)))


def as_document(outcome: Outcome) -> dict[str, Any]:
    """What `lumpver reduce --json` prints."""
    before, after = outcome.original.network, outcome.reduction.network
    spared, certificate = outcome.reduction.spared, outcome.reduction.certificate
    return {
        "units": {"before": before.units, "after": after.units},
        "parameters": {"before": before.parameters, "after": after.parameters},
        "bytes": {"before": outcome.bytes_before, "after": outcome.bytes_after},
        "not_fitting": None if spared is None else asdict(spared),
        "unaligned": out_of_step(before, outcome.reduction.lumping),
        "layers": [asdict(layer) for layer in layers(outcome.reduction)],
        "made_anew": [one.as_dict() for one in remade(before, after, certificate)],
        "one_hidden_layer": [asdict(width) for width in outcome.reduction.widths],
        "not_modelled": opaque_counts(before),
        "exact": True,
        "reduced": str(outcome.reduced),
        "certificate": str(outcome.certificate),
        "evidence": outcome.checked.evidence,
        "semantics": outcome.checked.semantics,
        "notes": list(outcome.checked.notes),
        "seconds": round(outcome.seconds, 6),
    }


def largest_difference(original: bytes, reduced: bytes, *, samples: int = 8) -> float | None:
    """The largest float difference of two ONNX models over random inputs: no evidence.

    None where onnxruntime is not installed or cannot run one of them, or floats overflowed.
    Inputs are standard normal, with a fixed seed; symbolic axes have length 2.
    """
    found = list(compared([original, reduced], samples=samples))
    return found[-1].largest_difference if found else None
