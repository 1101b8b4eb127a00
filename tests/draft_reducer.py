"""A reducer of drafts, layer by layer, whose options are where faults can go in.

It is right as it stands, and shares nothing with `lumpver.search.lumping`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flint import fmpq

from lumpver.exact.scalar import ZERO, number
from lumpver.model.activations import IDENTITY
from lumpver.trial.strategies import Draft, Layer, draft
from lumpver.trial.strategies.drafts import composed, reachable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lumpver.model.network import Network

Vector = list[fmpq]


def rows_of(layer: Layer) -> list[Vector]:
    """(weights | bias) of every unit."""
    return [[number(w) for w in (*row, b)] for row, b in zip(layer.W, layer.b, strict=True)]


def multiple(row: Vector, first: Vector) -> fmpq | None:
    """The c > 0 with row = c first, exactly; None for zero weights."""
    pivot = next((j for j, x in enumerate(first[:-1]) if x != 0), None)
    if pivot is None:
        return None
    ratio = row[pivot] / first[pivot]
    same = all(x == ratio * y for x, y in zip(row, first, strict=True))
    return ratio if same and ratio > 0 else None


def right_ratio(layer: Layer, v: int, t: int) -> fmpq | None:
    """How many times unit t unit v is, where they may merge."""
    rows = rows_of(layer)
    ratio = multiple(rows[v], rows[t])
    return ratio if layer.activation.homogeneous or ratio == 1 else None


def right_value(layer: Layer, v: int) -> fmpq | None:
    """The value of unit v if its weights are zero."""
    *weights, bias = rows_of(layer)[v]
    return None if any(weights) else layer.activation(bias)


def right_unread(found: Draft, i: int, v: int) -> bool:
    """Whether every reader has weight zero for unit v."""
    return all(number(row[v]) == 0 for j in found.readers(i) for row in found.layers[j].W)


def lumped(
    found: Draft,
    *,
    ratio: Callable[[Layer, int, int], fmpq | None] = right_ratio,
    value: Callable[[Layer, int], fmpq | None] = right_value,
    unread: Callable[[Draft, int, int], bool] = right_unread,
    share: Callable[[fmpq], fmpq] = lambda ratio: ratio,
    readers: Callable[[Draft, int], Sequence[int]] = Draft.readers,
) -> Draft:
    """The draft with constants folded, multiples merged, unread units dropped."""
    for i in found.hidden:
        found = folded(found, i, value, readers)
        layer, gone, first = found.layers[i], {}, []
        for v in range(layer.units):
            ratios = ((t, ratio(layer, v, t)) for t in first)
            home = next(((t, c) for t, c in ratios if c is not None), None)
            if home is None:
                first.append(v)
            else:
                gone[v] = home
        found = moved(found, i, {v: [(t, share(c))] for v, (t, c) in gone.items()}, readers)
    for i in reversed(found.hidden):
        kept = [v for v in range(found.width(i)) if not unread(found, i, v)]
        found = without(found, i, kept or [0])
    return found


def folded(found: Draft, i: int, value: Callable, readers: Callable) -> Draft:
    """Constants of layer i into the biases of its readers; one unit always stays."""
    layer = found.layers[i]
    values = {v: value(layer, v) for v in range(layer.units)}
    values = {v: x for v, x in values.items() if x is not None}
    if len(values) == layer.units:
        values.pop(0)
    changes = {}
    for j in readers(found, i):
        reader = found.layers[j]
        b = [
            number(c) + sum((number(row[v]) * x for v, x in values.items()), start=ZERO)
            for row, c in zip(reader.W, reader.b, strict=True)
        ]
        changes[j] = replace(reader, b=tuple(b))
    return without(found.changed(changes), i, [v for v in range(layer.units) if v not in values])


def moved(found: Draft, i: int, gone: dict, readers: Callable = Draft.readers) -> Draft:
    """Units that are sums of others dropped, their outgoing weights moved to those."""
    changes = {}
    for j in readers(found, i):
        reader = found.layers[j]
        W = [[number(w) for w in row] for row in reader.W]
        for row in W:
            for v, parts in gone.items():
                for t, factor in parts:
                    row[t] += factor * row[v]
        changes[j] = replace(reader, W=tuple(map(tuple, W)))
    kept = [v for v in range(found.width(i)) if v not in gone]
    return without(found.changed(changes), i, kept)


def without(found: Draft, i: int, kept: list[int]) -> Draft:
    """Only the units `kept` of layer i."""
    layer = found.layers[i]
    changes = {
        i: replace(layer, W=tuple(layer.W[v] for v in kept), b=tuple(layer.b[v] for v in kept))
    }
    for j in found.readers(i):
        reader = found.layers[j]
        changes[j] = replace(reader, W=tuple(tuple(row[v] for v in kept) for row in reader.W))
    return found.changed(changes)


def joined(network: Network) -> Network:
    """The network with affine layers that follow each other multiplied out."""
    found = draft(network)
    while True:
        pairs = [
            (i, layer)
            for i, layer in enumerate(found.layers)
            if layer.source >= 0
            and layer.source not in found.outputs
            and found.layers[layer.source].activation == IDENTITY
        ]
        if not pairs:
            return found.network()
        i, layer = pairs[0]
        found = reachable(found.changed({i: composed(found.layers[layer.source], layer)}))


def right(network: Network) -> Network:
    """Nothing is wrong with this one, except that a last unit always stays."""
    return lumped(draft(network)).network()
