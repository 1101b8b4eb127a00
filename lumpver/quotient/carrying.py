"""Units that are always on, carried by what their layer reads, where that is fewer.

Such units are affine on the domain. Instead of them the layer has a unit for each column that they
read, lifted so that it is never negative there, and what reads them has their products. Where one
float does not hold these a column is carried once for each part of them.

on: a column that the activation leaves alone on the domain, as it does all units in it
lift: what is added to a carried column
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import Exact, add, array, compact, entry, nonzero, rationals, zeros
from lumpver.exact.parts import parts
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ONE, ZERO
from lumpver.io.storage import fits, item_size, own_type
from lumpver.model.functions import UNCHANGED
from lumpver.model.linear import Linear, mixes, normalizes, numbers_of, shifts_only, window_of
from lumpver.model.network import Pointwise, Segment
from lumpver.model.segments import aggregate
from lumpver.model.several import common
from lumpver.model.weights import Matrix
from lumpver.quotient.multiplying import shifted, stored, typed
from lumpver.quotient.recolumned import PARTS, Layer, in_parts, lifting, over, recolumned, stacked
from lumpver.search.blocks import representatives
from lumpver.search.lumping import Lumping

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flint import fmpq

    from lumpver.bounds.knowing import Known
    from lumpver.exact.proportional import Rows
    from lumpver.io.storage import Storage
    from lumpver.model.network import Network, Node

    Operand = Callable[[str], tuple[str, str]]

_MOST: Final = 2**16  # numbers of rows that are carried
_LARGE: Final = 2**19  # numbers of a run that is rewritten
_NODE: Final = 60  # bytes that a node takes beside its numbers, about


def carried(
    original: Network,
    reduced: Network,
    lumping: Lumping,
    known: Known,
    operand: Operand,
    storage: Storage | None,
) -> tuple[Network, Lumping]:
    """The reduced network with fewer units that are on, and what the original's are in terms of it.

    `operand` says for the output of a run which tensor of the original it reads, after all that
    has been multiplied out, and what its counterpart is. `storage` says what numbers take.
    """
    able = {
        node.input: node
        for node in reduced.nodes
        if isinstance(node, Pointwise) and _is_able(original, reduced, node, operand)
    }
    while able:
        made = _Carrying(original, reduced, lumping, known, operand, storage)
        made.layers_of(able)
        worst = made.settled()
        if worst is None:
            return made.network(), made.relabelled()
        del able[worst]
    return reduced, lumping


def _is_able(original: Network, reduced: Network, node: Pointwise, operand: Operand) -> bool:
    """Whether a layer's units may be written in another way: all around it is dense."""
    function, run = common(node.activation), reduced.ends.get(node.input)
    own = original.producers.get(node.output)
    readers = [reduced.starts.get(x.outputs[0]) for x in reduced.readers.get(node.output, [])]
    if function is None or run is None or own is None or own.inputs != (node.input,):
        return False
    runs = [run, *(one for one in readers if one is not None)]
    return (
        function.on(ZERO, None) == UNCHANGED
        and reduced.readers[node.input] == [node]
        and node.output not in {tensor.name for tensor in reduced.outputs}
        and bool(readers)
        and None not in readers
        and node.input in original.ends
        and operand(node.input)[1] == run.input
        and all(map(_is_dense, runs))
    )


def _is_dense(run: Segment) -> bool:
    if sum(part.size for node in run.nodes for part in numbers_of(node)) > _LARGE:
        return False
    plain = window_of(run.nodes) is None and not any(map(normalizes, run.nodes))
    return plain and run.axis == -1 and any(map(mixes, run.nodes))


@dataclass(slots=True, eq=False)
class _Carrying:
    """Which layers carry what, and the rows of the runs around them over the new columns."""

    original: Network
    reduced: Network
    lumping: Lumping
    known: Known
    operand: Operand
    storage: Storage | None
    layers: dict[str, Layer] = field(default_factory=dict)
    rows: dict[str, tuple[Exact, Exact]] = field(default_factory=dict)

    def layers_of(self, able: dict[str, Pointwise]) -> None:
        """Find the layers among those that are able, and the rows of all runs around them."""
        behind: dict[str, Layer] = {}
        for run in self.reduced.segments:
            before, node = behind.get(run.input), able.get(run.output)
            if before is None and node is None:
                continue
            W, b = aggregate(run, None, self._columns(run))
            if before is not None:
                W, b = over(before, W, b)
            layer = None if node is None else self._layer(node, run, before, W, b)
            if node is not None and layer is not None:
                behind[node.output] = self.layers[run.output] = layer
                n = layer.read.size
                units = zeros(n, int(W.shape[1]))
                units[np.arange(n), layer.read] = 1
                W, b = stacked(W[layer.others], units), stacked(b[layer.others], layer.lift)
            if before is not None or layer is not None:
                self.rows[run.output] = W, b

    def _columns(self, run: Segment) -> int:
        first = next(node for node in run.nodes if mixes(node))
        numbers = first.W
        return 0 if numbers is None else int(numbers.shape[1])

    def _layer(
        self, node: Pointwise, run: Segment, before: Layer | None, W: Exact, b: Exact
    ) -> Layer | None:
        on = self._on(node, b.size)
        if on.size < 2 or on.size * W.shape[1] > _MOST:
            return None
        read = np.flatnonzero(nonzero(W[on]).any(axis=0))
        lows = self._lows(run, before, int(W.shape[1]))
        ends = [lows[c] for c in read.tolist()]
        lift = [lifting(low) for low in ends if low is not None]
        if not 0 < read.size < on.size or len(lift) < read.size:
            return None
        others = np.setdiff1d(np.arange(b.size), on)
        sums = array(lift)
        part = W[on][:, read]
        constant = add(b[on], -matmul(part, sums)) if nonzero(sums).any() else b[on]
        return Layer(node, on, others, part, constant, read, sums)

    def _on(self, node: Pointwise, width: int) -> Rows:
        """The columns that the activation leaves alone, all units of which it leaves alone."""
        function = common(node.activation)
        bounds, found = self.known.of(node.input, -1), self.lumping.of(node.input)
        if function is None or bounds.below.ndim == 0:
            return np.zeros(0, dtype=np.int64)
        calm = np.array([function.on(*bounds.of(v)) == UNCHANGED for v in range(bounds.below.size)])
        if found is None:
            return np.flatnonzero(calm)
        lead = representatives(found, found.units)
        fine = (lead >= 0) & (rationals(found.scale[lead]) > 0).astype(bool)
        held = found.block >= 0
        fine[np.intersect1d(found.block[held & ~calm], np.arange(width))] = False
        return np.flatnonzero(fine)

    def _lows(self, run: Segment, before: Layer | None, width: int) -> list[fmpq | None]:
        """Numbers that the columns that a run reads never fall below on the domain."""
        name, _ = self.operand(run.output)
        bounds, found = self.known.of(name, -1), self.lumping.of(name)
        lows: list[fmpq | None] = [None] * width
        leads = representatives(
            found, width if before is None else before.others.size + before.on.size
        )
        places = leads if before is None else leads[before.others]
        for c, v in enumerate(places.tolist()):
            low, high = bounds.of(v) if v >= 0 else (None, None)
            scale = ONE if found is None or v < 0 else entry(found.scale, v)
            end = low if scale > 0 else high
            lows[c] = None if end is None else end / scale
        if before is not None:
            lows[before.others.size :] = [ZERO] * before.read.size
        return lows

    def settled(self) -> str | None:
        """How often columns are carried; a layer for which that is too often, if there is one."""
        for name, layer in self.layers.items():
            layer.copies = np.ones(layer.read.size, dtype=np.int64)
            for run in self._readers(layer):
                W, own = self.rows[run.output][0], self._own(run)
                for i in range(layer.read.size) if own else ():
                    found = parts(W[:, layer.others.size + i], own, most=PARTS)
                    if found is None:
                        return name
                    layer.copies[i] = max(layer.copies[i], len(found))
            if layer.copies.sum() >= layer.on.size:
                return name
        if not self.layers:
            return None
        nodes = [node for run in self.reduced.segments if run.output in self.rows
                 for node in run.nodes]  # fmt: skip
        made = [self._run(run) for run in self.reduced.segments if run.output in self.rows]
        if None in made:
            return next(reversed(self.layers))
        after = [node for run in made if run is not None for node in run]
        return next(reversed(self.layers)) if self._size(after) >= self._size(nodes) else None

    def _size(self, nodes: Sequence[Linear]) -> int:
        name = next(iter(self.rows))
        item = 8 if self.storage is None else item_size(self.storage.network, name)
        return sum(_NODE + sum(item * part.size for part in numbers_of(node)) for node in nodes)

    def _readers(self, layer: Layer) -> list[Segment]:
        runs = self.reduced.segments
        return [run for run in runs if run.input == layer.node.output]

    def _own(self, run: Segment) -> str:
        own = "" if self.storage is None else own_type(self.storage.network, run.output)
        return "float64" if own == "real" else own

    def _run(self, run: Segment) -> list[Linear] | None:
        """The nodes in a run's place, numbers in parts; None where its type holds none such."""
        (W, b), own = self.rows[run.output], self._own(run)
        layer = self.layers.get(run.output)
        if layer is not None:  # more rows, for columns that are carried again
            at = layer.others.size + layer.again
            W, b = stacked(W, W[at]), stacked(b, b[at])
        before = next((one for one in self.layers.values() if one.node.output == run.input), None)
        if before is not None:
            W = in_parts(W, before, own)
        W, b = compact(W), compact(b)
        if own and not fits(W, own):
            return stored(list(run.nodes), W, b, self.storage)
        place = next(i for i, node in enumerate(run.nodes) if mixes(node))
        last = next((i for i, node in enumerate(run.nodes[place:], place) if node.b is not None),
                    place)  # fmt: skip
        if not all(map(shifts_only, run.nodes[place + 1 :])):
            last = place
        bias = b if nonzero(b).any() or run.nodes[last].b is not None else None
        start = replace(run.nodes[place], input=run.input, weights=Matrix(W), b=None)
        if last == place:
            return shifted(replace(start, output=run.output, b=bias), own)
        rest = shifted(replace(run.nodes[last], input=start.output, output=run.output, b=bias), own)
        return None if rest is None else [start, *rest]

    def network(self) -> Network:
        """The network with fewer units."""
        runs: dict[int, list[Linear]] = {}
        for run in self.reduced.segments:
            if run.output in self.rows:
                made = self._run(run)
                runs |= {id(node): [] for node in run.nodes[:-1]}
                runs[id(run.nodes[-1])] = made or []
        nodes: list[Node] = [
            one for node in self.reduced.nodes for one in runs.get(id(node), [node])
        ]
        found = replace(
            self.reduced, nodes=tuple(nodes), tensors=typed(self.reduced, nodes, runs.values())
        )
        tensors = dict(found.tensors)
        for layer in self.layers.values():
            for name in (layer.node.input, layer.node.output):
                shape = tensors[name].shape
                if shape is not None:
                    tensors[name] = replace(tensors[name], shape=(*shape[:-1], layer.width))
        return replace(found, tensors=tensors)

    def relabelled(self) -> Lumping:
        """What the original's units are in terms of the columns there are then."""
        found = dict(self.lumping.relabellings)
        for layer in self.layers.values():
            for name in (layer.node.input, layer.node.output):
                units = self.original.width[name]
                found[name] = recolumned(self.lumping.of(name), units, layer)
        return Lumping(found, self.lumping.rules)
