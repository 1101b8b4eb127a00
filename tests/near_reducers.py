"""Reducers that promise to stay near, of drafts; some do not keep it, each in one way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from draft_reducer import without
from flint import fmpq

from lumpver.exact.scalar import number
from lumpver.model.activations import IDENTITY
from lumpver.trial.strategies import Draft, Layer, draft

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.model.network import Network

EPS = fmpq(1, 100)
_FINE, _COARSE = 2**20, 2


def _changed(network: Network, made: Callable[[fmpq], fmpq], *, last: bool = False) -> Network:
    """The network with each weight and bias made anew; or of `last` layers, which none reads."""
    found = draft(network)
    layers = {
        i: replace(
            layer,
            W=tuple(tuple(made(number(w)) for w in row) for row in layer.W),
            b=tuple(made(number(w)) for w in layer.b),
        )
        for i, layer in enumerate(found.layers)
        if not last or (layer.activation == IDENTITY and not found.readers(i))
    }
    return found.changed(layers).network()


def _grid(value: fmpq, steps: int) -> fmpq:
    return fmpq(int((value * steps + fmpq(1, 2)).floor()), steps)


def finely_rounded(network: Network) -> Network:
    """Numbers of last layers, before which nothing jumps any more, to a fine grid."""
    return _changed(network, lambda x: _grid(x, _FINE), last=True)


def coarsely_rounded(network: Network) -> Network:
    """Numbers to a grid that is not."""
    return _changed(network, lambda x: _grid(x, _COARSE))


def small_dropped(network: Network) -> Network:
    """Units go whose weights into later layers are at most 1/2, whatever they are."""
    found = draft(network)
    for i in found.hidden:
        kept = [v for v in range(found.width(i)) if not _is_small(found, i, v)]
        found = without(found, i, kept or [0])
    return found.network()


def _is_small(found: Draft, i: int, v: int) -> bool:
    rows = (row for j in found.readers(i) for row in found.layers[j].W)
    return all(abs(number(row[v])) <= fmpq(1, 2) for row in rows)


def wrong_at_a_corner(network: Network) -> Network:
    """Right but where the first input is nearly 1: one more unit, which samples do not meet."""
    found = draft(network)
    places = [i for i in found.hidden if found.layers[i].source < 0]
    if not places or not found.layers[places[0]].activation.homogeneous:
        return network
    i = places[0]
    layer: Layer = found.layers[i]
    row = (fmpq(10**6), *[fmpq(0)] * (len(layer.W[0]) - 1))
    changes = {i: replace(layer, W=(*layer.W, row), b=(*layer.b, fmpq(1 - 10**6)))}
    for j in found.readers(i):
        reader = found.layers[j]
        changes[j] = replace(reader, W=tuple((*one, fmpq(1)) for one in reader.W))
    return found.changed(changes).network()


def barely_moved(network: Network) -> Network:
    """Every number a little larger: too much for an activation that jumps there."""
    return _changed(network, lambda x: x + fmpq(1, 10**9))
