"""Networks in which something looks as if it could go, and mostly cannot.

What an audit runs a reducer on: planted lumpings, and beside them a unit that is nearly a
multiple, a negative one, a sum of others, a constant, an output that doubles another, a
layer with weights of one sign, where units may never switch.

near: a multiple in which one number is off by 2^-30
shifted: a weight moved to a multiple of the unit that it read: the same sum, unweighted
unread: read by no layer, or not by every layer that reads the others
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from flint import fmpq
from hypothesis import strategies as st

from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.trial.strategies.drafts import plain
from lumpver.trial.strategies.networks import RATIONAL
from lumpver.trial.strategies.numbers import factors, rationals, small
from lumpver.trial.strategies.planting import planted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lumpver.model.activations import Activation
    from lumpver.trial.strategies.drafts import Draft, Layer, Number, Row

KINDS: Final = (
    "near",
    "near bias",
    "negative",
    "sum",
    "difference",
    "other bias",
    "no bias",
    "constant",
    "dead",
    "multiple",
    "unread",
)

_TINY: Final = fmpq(1, 2**30)
_FACTORS: Final = st.sampled_from([1, 2, 3, 4]).map(fmpq)


@st.composite
def traps(
    draw: st.DrawFn,
    *,
    activations: Sequence[Activation] = RATIONAL,
    exact: bool = True,
    batch: bool = False,
) -> Draft:
    """Drafts of small networks with planted lumpings and up to four traps.

    Without `exact` all numbers are small dyadic ones, as float32 files hold them.

    Examples
    --------
    >>> from hypothesis import Phase, find, settings
    >>> first = settings(phases=[Phase.generate])
    >>> find(traps(), lambda found: found.units > 2, settings=first).units > 2
    True
    """
    numbers = rationals() if exact else small()
    scales = factors() if exact else st.sampled_from([fmpq(p, 2) for p in (2, 4, 8, 1)])
    start = planted(
        depth=(1, 3),
        activations=activations,
        numbers=numbers,
        scales=scales,
        branches=draw(st.booleans()),
        batch=batch,
    )
    found = draw(start).draft
    for _ in range(draw(st.integers(1, 4)) if found.hidden else 0):
        found = _trapped(draw, found, *draw(st.sampled_from(_choices(found))))
    pairs, shifted = _pairs(found), draw(st.booleans())
    if pairs and shifted:
        i = draw(st.sampled_from(sorted(pairs)))
        found = _trapped(draw, found, i, "shifted", draw(st.sampled_from(pairs[i])))
    if draw(st.integers(0, 3)) == 3:
        found = _doubled_output(draw, found)
    if found.hidden and draw(st.integers(0, 3)) == 3:
        found = _steadied(draw, found)
    return found


def _steadied(draw: st.DrawFn, found: Draft) -> Draft:
    """The draft with a hidden layer whose weights and biases are never negative, but for one.

    One more unit there is a sum of others, has a constant more, or is never positive.
    """
    deep = [i for i in found.hidden if found.layers[i].source in found.hidden]
    i = draw(st.sampled_from([*found.hidden, *deep, *deep]))
    layer = found.layers[i]
    rows = [[abs(w) for w in plain(row)] for row in layer.W]
    if draw(st.booleans()):
        v = draw(st.integers(0, layer.units - 1))
        u = draw(st.integers(0, len(rows[v]) - 1))
        rows[v][u] = -rows[v][u]
    b = tuple(abs(x) for x in plain(layer.b))
    found = found.changed({i: replace(layer, W=tuple(map(tuple, rows)), b=b)})
    return _trapped(draw, found, i, draw(st.sampled_from(["sum", "other bias", "negative"])))


def _choices(found: Draft) -> list[tuple[int, str]]:
    """Layers and kinds of trap; those that need a special layer have more weight there."""
    choices = []
    for i in found.hidden:
        special = () if found.layers[i].activation.homogeneous else ("multiple",)
        if len(found.readers(i)) > 1:
            special = (*special, "unread")
        choices += [(i, kind) for kind in (*KINDS, *4 * special)]
    return choices


def _trapped(
    draw: st.DrawFn, found: Draft, i: int, kind: str, pair: tuple[int, int] | None = None
) -> Draft:
    """The draft with one more unit in hidden layer i."""
    layer = found.layers[i]
    row, bias = _unit(draw, layer, kind)
    if pair is not None:
        u, t = pair
        row = tuple(w + (j == t) - (j == u) for j, w in enumerate(plain(row)))
    changes = {i: replace(layer, W=(*layer.W, row), b=(*layer.b, bias))}
    for j in found.readers(i):
        reader = found.layers[j]
        blind = kind == "unread" and draw(st.booleans())
        weights = [ZERO if blind else _weight(draw) for _ in reader.W]
        W = tuple((*row, w) for row, w in zip(reader.W, weights, strict=True))
        changes[j] = replace(reader, W=W)
    return found.changed(changes)


def _pairs(found: Draft) -> dict[int, list[tuple[int, int]]]:
    """For hidden layers that read one: the units of that which are unequal multiples."""
    pairs = {}
    for i in found.hidden:
        source = found.layers[i].source
        if source in found.hidden and found.layers[source].activation.homogeneous:
            rows = [plain((*row, b)) for row, b in _rows(found.layers[source])]
            pairs[i] = [
                (u, t)
                for t in range(len(rows))
                for u in range(t)
                if rows[u] != rows[t] and _ratio(rows[u], rows[t])
            ]
    return {i: some for i, some in pairs.items() if some}


def _rows(layer: Layer) -> Iterator[tuple[Row, Number]]:
    return zip(layer.W, layer.b, strict=True)


def _ratio(a: list[fmpq], b: list[fmpq]) -> bool:
    """Whether two vectors are positive multiples of each other."""
    pivot = next((j for j, x in enumerate(a) if x != 0), None)
    if pivot is None or b[pivot] / a[pivot] <= 0:
        return False
    return all(x * b[pivot] == y * a[pivot] for x, y in zip(a, b, strict=True))


def _weight(draw: st.DrawFn) -> fmpq:
    return fmpq(draw(st.sampled_from([1, -1, 2, 3, -2])))


def _unit(draw: st.DrawFn, layer: Layer, kind: str) -> tuple[Row, Number]:
    """Weights and bias of a new unit."""
    v = draw(st.integers(0, layer.units - 1))
    row, bias = [number(w) for w in layer.W[v]], number(layer.b[v])
    if kind in {"constant", "dead"}:
        size = fmpq(draw(st.integers(1, 3)))
        return (ZERO,) * len(row), size if kind == "constant" else -size
    if kind in {"sum", "difference"}:
        t = draw(st.sampled_from([t for t in range(layer.units) if t != v] or [v]))
        p, q = draw(st.sampled_from([(ONE, ONE), (fmpq(2), ONE), (ONE, fmpq(3))]))
        q = q if kind == "sum" else -q
        other = [number(w) for w in layer.W[t]]
        total = tuple(p * x + q * y for x, y in zip(row, other, strict=True))
        return total, p * bias + q * number(layer.b[t])
    factor = {"negative": -ONE, "shifted": ONE}.get(kind) or draw(_FACTORS)
    row, bias = [factor * w for w in row], factor * bias
    if kind == "near":
        u = draw(st.integers(0, len(row) - 1))
        row[u] += _TINY
    if kind == "near bias":
        bias += _TINY
    if kind == "other bias":
        bias += fmpq(draw(st.sampled_from([1, -1, 2])))
    return tuple(row), ZERO if kind == "no bias" else bias


def _doubled_output(draw: st.DrawFn, found: Draft) -> Draft:
    """The draft with one more unit in an output, a multiple of another."""
    i = draw(st.sampled_from(found.outputs))
    layer = found.layers[i]
    if found.readers(i):
        return found
    factor = fmpq(draw(st.sampled_from([2, 1])))
    row = tuple(factor * number(w) for w in layer.W[0])
    return found.changed(
        {i: replace(layer, W=(*layer.W, row), b=(*layer.b, factor * number(layer.b[0])))}
    )
