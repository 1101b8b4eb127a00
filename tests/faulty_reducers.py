"""Reducers that are wrong in one way each, as somebody might have written them.

Each is a function from Network to Network; `KINDS` says what an audit finds where that is
not another function.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from draft_reducer import (
    Vector,
    lumped,
    moved,
    multiple,
    right_ratio,
    right_unread,
    right_value,
    rows_of,
    without,
)
from flint import fmpq

from lumpver.exact.array import array
from lumpver.exact.dependence import combinations
from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.model.activations import IDENTITY, RELU
from lumpver.model.network import Network
from lumpver.trial.strategies import INPUT, Draft, Layer, draft

if TYPE_CHECKING:
    from collections.abc import Callable


def as_printed(network: Network) -> Network:
    """Definition 6 as printed: blocks by unweighted class sums, quotient by Definition 7."""
    found = shadow = draft(network)
    for i in found.hidden:
        layer, gone, first = shadow.layers[i], {}, []
        for v in range(layer.units):
            home = next((t for t in first if right_ratio(layer, v, t) is not None), None)
            if home is None:
                first.append(v)
            else:
                gone[v] = home
        ratios = {v: [(t, right_ratio(layer, v, t))] for v, t in gone.items()}
        found = moved(found, i, ratios)
        shadow = moved(shadow, i, {v: [(t, ONE)] for v, t in gone.items()})
    return found.network()


def forgotten_scale(network: Network) -> Network:
    """Multiples merge as if they were equal."""
    return lumped(draft(network), share=lambda _: ONE).network()


def inverted_scale(network: Network) -> Network:
    """The outgoing weights are divided where they should be multiplied."""
    return lumped(draft(network), share=lambda ratio: 1 / ratio).network()


def negative_factors(network: Network) -> Network:
    """Negative multiples merge too."""

    def ratio(layer: Layer, v: int, t: int) -> fmpq | None:
        row, first = rows_of(layer)[v], rows_of(layer)[t]
        opposite = multiple([-x for x in row], first)
        return right_ratio(layer, v, t) or (None if opposite is None else -opposite)

    return lumped(draft(network), ratio=ratio).network()


def bias_ignored(network: Network) -> Network:
    """Only the weights have to be multiples."""

    def ratio(layer: Layer, v: int, t: int) -> fmpq | None:
        return right_ratio(replace(layer, b=(ZERO,) * layer.units), v, t)

    return lumped(draft(network), ratio=ratio).network()


def constants_dropped(network: Network) -> Network:
    """Constant units go, and nothing stands for them."""

    def value(layer: Layer, v: int) -> fmpq | None:
        return None if right_value(layer, v) is None else ZERO

    return lumped(draft(network), value=value).network()


def constants_not_activated(network: Network) -> Network:
    """Constant units are folded by their bias instead of its activation."""

    def value(layer: Layer, v: int) -> fmpq | None:
        return None if right_value(layer, v) is None else number(layer.b[v])

    return lumped(draft(network), value=value).network()


def linear_combinations(network: Network) -> Network:
    """A unit that is the sum of two others goes, as Section 4 of the paper warns."""
    found = draft(network)
    for i in found.hidden:
        rows = rows_of(found.layers[i])
        found = moved(found, i, _sums(rows))
    return found.network()


def _sums(rows: list[Vector]) -> dict[int, list[tuple[int, fmpq]]]:
    for v, row in enumerate(rows):
        for t in range(v):
            for u in range(t):
                total = [x + y for x, y in zip(rows[t], rows[u], strict=True)]
                ratio = multiple(row, total)
                if ratio is not None:
                    return {v: [(t, ratio), (u, ratio)]}
    return {}


def signs_of_inputs_forgotten(network: Network) -> Network:
    """Units with weights and biases >= 0 combine, whether what they read is >= 0 or not."""
    return _combined(draft(network), behind=lambda *_: True, parts=True)


def signs_of_parts_forgotten(network: Network) -> Network:
    """A unit that never switches goes for a combination of others, which may."""

    def behind(found: Draft, i: int) -> bool:
        source = found.layers[i].source
        return source != INPUT and found.layers[source].activation.nonnegative

    return _combined(draft(network), behind=behind, parts=False)


def _combined(found: Draft, *, behind: Callable[[Draft, int], bool], parts: bool) -> Network:
    for i in found.hidden:
        if not found.layers[i].activation.homogeneous or not behind(found, i):
            continue
        rows = rows_of(found.layers[i])
        steady = [all(x >= 0 for x in row) for row in rows]
        units = [v for v, holds in enumerate(steady) if holds or not parts]
        sums = combinations(array([rows[v] for v in units])) if units else {}
        gone = {
            units[k]: [(units[j], c) for j, c in terms.items()]
            for k, terms in sums.items()
            if terms and steady[units[k]]
        }
        found = moved(found, i, gone)
    return found.network()


def tolerance(network: Network) -> Network:
    """Rows are multiples if they are so up to 1e-6."""

    def ratio(layer: Layer, v: int, t: int) -> fmpq | None:
        row, first = rows_of(layer)[v], rows_of(layer)[t]
        size = max(map(abs, first))
        if size == 0 or not layer.activation.homogeneous:
            return None
        scale = max(map(abs, row)) / size
        near = all(abs(x - scale * y) < fmpq(1, 10**6) for x, y in zip(row, first, strict=True))
        return scale if near and scale else None

    return lumped(draft(network), ratio=ratio).network()


def activations_mixed(network: Network) -> Network:
    """Multiples merge under any activation."""

    def ratio(layer: Layer, v: int, t: int) -> fmpq | None:
        return right_ratio(replace(layer, activation=RELU), v, t)

    return lumped(draft(network), ratio=ratio).network()


def branch_forgotten(network: Network) -> Network:
    """Only the first of several readers of a layer learns what its units stand for."""
    return lumped(draft(network), readers=lambda found, i: found.readers(i)[:1]).network()


def branch_unread(network: Network) -> Network:
    """A unit that the first reader does not read is taken for unread."""

    def unread(found: Draft, i: int, v: int) -> bool:
        j = found.readers(i)[0]
        return all(number(row[v]) == 0 for row in found.layers[j].W)

    return lumped(draft(network), unread=unread).network()


def last_layer_touched(network: Network) -> Network:
    """An output that is a multiple of another is given the other's weights."""
    found = lumped(draft(network))
    changes = {}
    for i in found.outputs:
        layer = replace(found.layers[i], activation=RELU)
        home = {v: t for v in range(layer.units) for t in range(v) if right_ratio(layer, v, t)}
        changes[i] = replace(
            found.layers[i],
            W=tuple(layer.W[home.get(v, v)] for v in range(layer.units)),
            b=tuple(layer.b[home.get(v, v)] for v in range(layer.units)),
        )
    return found.changed(changes).network()


def last_layer_lumped(network: Network) -> Network:
    """Outputs that are multiples of each other become one."""
    found = lumped(draft(network))
    for i in found.outputs:
        layer = replace(found.layers[i], activation=RELU)
        kept = [
            v for v in range(layer.units) if not any(right_ratio(layer, v, t) for t in range(v))
        ]
        found = without(found, i, kept)
    return found.network()


def unused_by_incoming(network: Network) -> Network:
    """A unit without incoming weights is taken for unread."""

    def unread(found: Draft, i: int, v: int) -> bool:
        return not any(number(w) for w in found.layers[i].W[v])

    return lumped(draft(network), value=lambda *_: None, unread=unread).network()


def dead_assumed(network: Network) -> Network:
    """A unit with a negative bias and no positive weight is dropped, for all inputs."""

    def unread(found: Draft, i: int, v: int) -> bool:
        return all(x <= 0 for x in rows_of(found.layers[i])[v]) or right_unread(found, i, v)

    return lumped(draft(network), unread=unread).network()


def activation_dropped(network: Network) -> Network:
    """A layer with non-negative weights is taken for one that never switches."""
    found = lumped(draft(network))
    changes = {
        i: replace(found.layers[i], activation=IDENTITY)
        for i in found.hidden
        if all(x >= 0 for row in rows_of(found.layers[i]) for x in row)
    }
    return found.changed(changes).network()


def rounded(network: Network) -> Network:
    """Right but for the weights, which are rounded to floats."""
    found = lumped(draft(network))
    changes = {
        i: replace(
            layer,
            W=tuple(tuple(_float(w) for w in row) for row in layer.W),
            b=tuple(_float(w) for w in layer.b),
        )
        for i, layer in enumerate(found.layers)
    }
    return found.changed(changes).network()


def _float(value: float | fmpq) -> fmpq:
    exact = number(value)
    return number(int(exact.p) / int(exact.q))


def sums_hashed(network: Network) -> Network:
    """Rows with the same sum are taken for the same row."""

    def ratio(layer: Layer, v: int, t: int) -> fmpq | None:
        row, first = rows_of(layer)[v], rows_of(layer)[t]
        return ONE if sum(row, start=ZERO) == sum(first, start=ZERO) else None

    return lumped(draft(network), ratio=ratio).network()


def crash(network: Network) -> Network:
    """Nobody tried it on a layer in which all units merge."""
    found = draft(network)
    for i in found.hidden:
        rows = rows_of(found.layers[i])
        if len(rows) > 1 and all(multiple(row, rows[0]) for row in rows):
            rows[len(rows)].pop()
    return lumped(found).network()


def exit_(network: Network) -> Network:
    """It takes the interpreter down, as native code may."""
    if draft(network).units > 4:
        os._exit(7)
    return network


def hang(network: Network) -> Network:
    """It waits for a fixpoint that does not come where two units are equal."""
    found = draft(network)
    for i in found.hidden:
        rows = rows_of(found.layers[i])
        while any(rows[v] == rows[t] for v in range(len(rows)) for t in range(v)):
            pass
    return lumped(found).network()


def wrong_output_name(network: Network) -> Network:
    """The output has another name."""
    found = lumped(draft(network)).network()
    last = found.outputs[0].name
    nodes = [
        replace(node, output=f"{last}_reduced") if node.outputs == (last,) else node
        for node in found.nodes
    ]
    output = replace(found.outputs[0], name=f"{last}_reduced")
    tensors = {**found.tensors, output.name: output}
    return Network(found.inputs, (output, *found.outputs[1:]), tuple(nodes), tensors)


def no_network(_network: Network) -> None:
    """It forgot to return anything."""


FAULTY = (
    as_printed,
    forgotten_scale,
    inverted_scale,
    negative_factors,
    bias_ignored,
    constants_dropped,
    constants_not_activated,
    linear_combinations,
    signs_of_inputs_forgotten,
    signs_of_parts_forgotten,
    tolerance,
    activations_mixed,
    branch_forgotten,
    branch_unread,
    last_layer_touched,
    last_layer_lumped,
    unused_by_incoming,
    dead_assumed,
    activation_dropped,
    rounded,
    sums_hashed,
    crash,
    exit_,
    hang,
    wrong_output_name,
    no_network,
)
KINDS = {
    "crash": "crash",
    "exit_": "crash",
    "hang": "hang",
    "last_layer_lumped": "interface",
    "wrong_output_name": "interface",
    "no_network": "interface",
}
