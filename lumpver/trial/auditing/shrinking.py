"""The smallest network that still fails: delta debugging over layers, units and weights.

Every step is tried and kept only if the failure stays, so the answer is never larger than
the question, and no single step of those named here makes it smaller still, time allowing.

step: a draft that is one thing smaller; of a whole model, see `smaller`
weight of a draft: layers, units, then the size of its numbers; steps only go down
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, Final

from flint import fmpq

from lumpver.errors import Malformed
from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.model.activations import IDENTITY, RELU
from lumpver.trial.auditing.smaller import smaller
from lumpver.trial.strategies.drafts import INPUT, Draft, Layer, composed, reachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lumpver.trial.auditing.cases import Found
    from lumpver.trial.strategies.drafts import Number, Row

_SIMPLE: Final = (ZERO, ONE, -ONE, fmpq(2), fmpq(-2))


def shrunk(found: Found, fails: Callable[[Found], bool], *, until: float) -> Found:
    """The smallest network reached for which `fails` still holds, by the clock `until`.

    Examples
    --------
    >>> row = Layer(((3, 1), (4, 2), (0, 9)), (1, 2, 3), RELU)
    >>> large = Draft.chain(2, [row, Layer(((1, 1, 1),), (5,))])
    >>> small = shrunk(large, lambda d: d.units > 1, until=monotonic() + 60)
    >>> small.units, small.inputs, small.layers[0].W
    (2, 1, ((0,), (0,)))
    """
    while True:
        step = _first(found, fails, until=until)
        if step is None:
            return found
        found = step


def _first(found: Found, fails: Callable[[Found], bool], *, until: float) -> Found | None:
    candidates = steps(found) if isinstance(found, Draft) else smaller(found)
    for candidate in candidates:
        if monotonic() > until:
            return None
        if fails(candidate):
            return candidate
    return None


def steps(found: Draft) -> Iterator[Draft]:
    """Smaller drafts, the boldest first."""
    for make in (_structures, _units, _numbers):
        for candidate in make(found):
            try:
                yield candidate()
            except Malformed:
                continue


def _structures(found: Draft) -> Iterator[Callable[[], Draft]]:
    """Fewer outputs, fewer layers."""
    yield from _smaller(found, lambda: reachable(found))
    if len(found.outputs) > 1:
        for i in found.outputs:
            kept = tuple(j for j in found.outputs if j != i)
            yield lambda kept=kept: reachable(replace(found, outputs=kept))  # type: ignore[misc]
    for i in found.hidden:
        yield lambda i=i: _from(found, i)  # type: ignore[misc]
        yield lambda i=i: _up_to(found, i)  # type: ignore[misc]
    for i, layer in enumerate(found.layers):
        if layer.source != INPUT:
            yield lambda i=i: _joined(found, i)  # type: ignore[misc]
            yield lambda i=i: _skipped(found, i)  # type: ignore[misc]


def _smaller(found: Draft, make: Callable[[], Draft]) -> Iterator[Callable[[], Draft]]:
    if len(make().layers) < len(found.layers):
        yield make


def _from(found: Draft, i: int) -> Draft:
    """What comes after hidden layer i, which becomes the input."""
    place = {i: INPUT}
    layers: list[Layer] = []
    for j, layer in enumerate(found.layers):
        if layer.source in place and j != i:
            place[j] = len(layers)
            layers.append(replace(layer, source=place[layer.source]))
    outputs = tuple(place[j] for j in found.outputs if j in place)
    return replace(found, inputs=found.width(i), layers=tuple(layers), outputs=outputs)


def _up_to(found: Draft, i: int) -> Draft:
    """What comes before the readers of hidden layer i, which become the outputs."""
    readers = found.readers(i)
    changes = {j: replace(found.layers[j], activation=IDENTITY) for j in readers}
    if found.outputs == readers:
        raise Malformed("draft", expected="something to leave out", got="nothing")
    return reachable(replace(found.changed(changes), outputs=readers))


def _joined(found: Draft, i: int) -> Draft:
    """Layer i after the layer it reads, without the activation between them."""
    layer = found.layers[i]
    inner = found.layers[layer.source]
    return reachable(found.changed({i: composed(inner, layer)}))


def _skipped(found: Draft, i: int) -> Draft:
    """Layer i reading what its source reads, with as many of its columns."""
    layer = found.layers[i]
    source = found.layers[layer.source].source
    width = found.width(source)
    W = tuple((*row, *[ZERO] * width)[:width] for row in layer.W)
    return reachable(found.changed({i: replace(layer, W=W, source=source)}))


def _units(found: Draft) -> Iterator[Callable[[], Draft]]:
    """Without some units of a layer, half of them first, or of the input."""
    for i in (INPUT, *range(len(found.layers))):
        for kept in _halves(found.width(i)):
            yield lambda i=i, kept=kept: without(found, i, kept)  # type: ignore[misc]


def _halves(width: int) -> Iterator[list[int]]:
    size = width // 2
    while size:
        for start in range(0, width, size):
            kept = [v for v in range(width) if not start <= v < start + size]
            if kept:
                yield kept
        size //= 2


def without(found: Draft, i: int, kept: list[int]) -> Draft:
    """The draft with only the units `kept` of layer i, or of the input."""
    changes: dict[int, Layer] = {}
    if i != INPUT:
        layer = found.layers[i]
        changes[i] = replace(
            layer, W=tuple(layer.W[v] for v in kept), b=tuple(layer.b[v] for v in kept)
        )
    for j in found.readers(i):
        reader = found.layers[j]
        W = tuple(tuple(row[u] for u in kept) for row in reader.W)
        changes[j] = replace(reader, W=W)
    layers = tuple(changes.get(j, layer) for j, layer in enumerate(found.layers))
    return replace(found, inputs=len(kept) if i == INPUT else found.inputs, layers=layers)


def _numbers(found: Draft) -> Iterator[Callable[[], Draft]]:
    """Simpler activations, zero rows, simpler numbers."""
    for i, layer in enumerate(found.layers):
        for simpler in chain(_functions(layer), _rows(layer), _entries(layer)):
            yield lambda i=i, simpler=simpler: found.changed({i: simpler})  # type: ignore[misc]


def _functions(layer: Layer) -> Iterator[Layer]:
    if layer.activation not in {IDENTITY, RELU}:
        yield replace(layer, activation=RELU)


def _rows(layer: Layer) -> Iterator[Layer]:
    if any(number(x) != 0 for x in layer.b):
        yield replace(layer, b=(ZERO,) * layer.units)
    for v, row in enumerate(layer.W):
        if sum(number(x) != 0 for x in row) > 1:
            yield replace(layer, W=_put(layer.W, v, (ZERO,) * len(row)))


def _entries(layer: Layer) -> Iterator[Layer]:
    for v, row in enumerate(layer.W):
        for u, x in enumerate(row):
            for simpler in simpler_numbers(x):
                changed = (*row[:u], simpler, *row[u + 1 :])
                yield replace(layer, W=_put(layer.W, v, changed))
        for simpler in simpler_numbers(layer.b[v]):
            yield replace(layer, b=(*layer.b[:v], simpler, *layer.b[v + 1 :]))


def _put(W: tuple[Row, ...], v: int, row: Row) -> tuple[Row, ...]:
    return (*W[:v], row, *W[v + 1 :])


def simpler_numbers(value: Number) -> list[fmpq]:
    """Numbers that are shorter to write, simplest first.

    Examples
    --------
    >>> simpler_numbers(fmpq(7, 2))
    [0, 1, -1, 2, -2, 3, 3/2, 7]
    """
    x = number(value)
    whole = fmpq(int(x.p) // int(x.q))
    around = [whole, whole / 2, fmpq(int(x.p)), abs(x)]
    found = dict.fromkeys([*_SIMPLE, *around])
    return [y for y in found if _length(y) < _length(x)]


def _length(x: fmpq) -> tuple[int, int, bool]:
    """How long a number is to write: digits of its denominator, numerator, its sign."""
    return int(x.q).bit_length(), abs(int(x.p)), x < 0
