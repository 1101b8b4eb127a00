"""What is in a model: its segments, and for each what lumping could use.

rank: the exact rank of the layer's matrix over the rationals, which the paper's conclusion
wanted to estimate by SVD; rank below the number of units means linear dependence. Nothing
that `reduce` does rests on it, and it takes more than linear time: it is looked for where
that is no longer than for 256 units of 256 inputs, in other layers on request
antiparallel: two units whose rows are negative multiples; behind ReLU those are not merged
hindrance: what keeps all units of a layer from going, whatever their rows are
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.errors import Malformed
from lumpver.exact.array import negative, nonzero
from lumpver.exact.proportional import proportional_rows
from lumpver.exact.rank import MOST, rank
from lumpver.io.naming import names_of
from lumpver.model.linear import mixes
from lumpver.reducing.reduction import reduce
from lumpver.search.writing import written
from lumpver.tell.hindrance import Hindrance, hindrances
from lumpver.tell.summary import activation_of, gone, levels, writer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.exact.array import Exact
    from lumpver.model.network import Network, Segment
    from lumpver.search.lumping import Lumping
    from lumpver.search.widths import Width


@dataclass(frozen=True, slots=True)
class Facts:
    """One affine segment by itself, in the units of the original.

    `rank` is None where it was not looked for, or not found in linear time. `multiples`
    counts units that are a positive multiple of an earlier one, `duplicates` those equal to
    an earlier one among them, `constants` units that no input reaches, `antiparallel` pairs
    of blocks that are negative multiples. `removable` is how many units the whole reduction
    removes here, `unused` how many of them because nothing reads them, and `unrepresentable`
    how many of them stay in a file of these number types; where layers are added up, the first
    of them speaks for all, and `left` is how many units each has then. `hindrance` is what pins
    all of them. Where the layer is `made_anew`, `left` is what a level of other units has that is
    told beside it, and `removable`, how many fewer that is, may be below 0. `needs` is known of one
    hidden layer that begins at an input: how many units any such layer has at least.
    """

    name: str
    activation: str
    inputs: int
    units: int
    nodes: int
    rank: int | None
    multiples: int
    duplicates: int
    constants: int
    antiparallel: int
    unused: int
    removable: int
    unrepresentable: int
    left: int
    hindrance: Hindrance | None
    made_anew: bool = False
    needs: Width | None = None


def inspect(
    network: Network,
    *,
    ranks: bool = False,
    floats_only: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Facts, ...]:
    """The facts of every affine segment, in order; with `ranks` all ranks, however long it takes.

    Of those that only scale units, such as a normalization by itself, where units go.

    With `floats_only` it is told what a file of the network's number types cannot hold.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> layers_ = [([[1], [2], [-1]], None), ([[1, 1, 1]], None)]
    >>> first, last = inspect(Network.from_layers(layers_))
    >>> first.multiples, first.antiparallel, first.rank, first.removable
    (1, 1, 1, 1)
    """
    progress("lumping")
    whole = _Whole.of(network, floats_only=floats_only)
    found = []
    for segment in network.segments:
        progress(segment.output)
        if any(map(mixes, segment.nodes)) or whole.went.get(segment.output, (0, 0))[0]:
            found.append(_facts(network, segment, whole, None if ranks else MOST))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Whole:
    """What the whole reduction does: for layers how many units go, exactly and in a file."""

    exact: Lumping
    went: dict[str, tuple[int, int]]
    fit: dict[str, tuple[int, int]]
    hindrances: dict[str, Hindrance]
    levels: dict[str, int]
    needs: dict[str, Width]

    @classmethod
    def of(cls, network: Network, *, floats_only: bool) -> _Whole:
        found = reduce(network, floats_only=floats_only)
        went, fit = (_went(network, lumping) for lumping in (found.exact, found.lumping))
        anew = {writer_of(network, name): after for name, after in levels(found)}
        for name, after in anew.items():
            went[name] = fit[name] = (network.width.get(name, 0) - after, 0)
        needs = {writer_of(network, width.layer): width for width in found.widths}
        return cls(found.exact, went, fit, hindrances(network), anew, needs)


def _went(network: Network, lumping: Lumping) -> dict[str, tuple[int, int]]:
    """For each layer how many units go, and how many of those are read by nobody."""
    found: dict[str, tuple[int, int]] = {}
    for name in network.layers:
        blocks = lumping.of(name)
        if blocks is not None:
            _, _, unused = gone(blocks)
            place = writer_of(network, name)
            others = found.get(place, (0, 0))
            found[place] = (others[0] + blocks.units - blocks.width, others[1] + unused)
    return found


def _facts(network: Network, segment: Segment, whole: _Whole, most: int | None) -> Facts:
    name = segment.output
    found = written(segment, None, network.width.get(segment.input, 0))
    W, b = found.R, found.d
    moving = np.flatnonzero(found.moving)
    blocks = found.classes(moving, multiples=True)
    distinct = sum(len({ratio for _, ratio in members}) for members in blocks)
    after, units = whole.exact.of(name), int(W.shape[0])
    removable, unused = whole.went.get(name, (0, 0))
    return Facts(
        name=name,
        activation=activation_of(network, name),
        inputs=int(W.shape[1]),
        units=units,
        nodes=len(segment.nodes),
        rank=rank(W, most=0 if most is not None and min(W.shape) * W.size > most**3 else most),
        multiples=len(moving) - len(blocks),
        duplicates=len(moving) - distinct,
        constants=units - len(moving),
        antiparallel=_antiparallel(W, b, np.array([m[0][0] for m in blocks], dtype=np.int64)),
        unused=unused,
        removable=removable,
        unrepresentable=removable - whole.fit.get(name, (0, 0))[0],
        left=whole.levels.get(name, units if after is None else after.width),
        hindrance=whole.hindrances.get(name),
        made_anew=name in whole.levels,
        needs=whole.needs.get(name),
    )


def _antiparallel(W: Exact, b: Exact, rows: np.ndarray) -> int:
    """Pairs of blocks whose first rows are negative multiples of each other.

    Turned so that every pivot is positive, rows are multiples where they were of either sign,
    and of one sign no two of them are.
    """
    if rows.size == 0:
        return 0
    pivots = np.argmax(nonzero(W)[rows], axis=1)
    below = negative(W[rows, pivots])
    if below.all() or not below.any():
        return 0
    turned, biases = W[rows], b[rows]
    turned[below], biases[below] = -turned[below], -biases[below]
    classes = proportional_rows(turned, biases, np.arange(rows.size))
    return sum(len(members) > 1 for members in classes)


def in_the_way(fact: Facts) -> str:
    """What keeps units of a layer, in a few words; "" where something goes and nothing stays.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> network = Network.from_layers([([[1], [3], [-1]], None), ([[1, 1, 1]], None)])
    >>> [in_the_way(fact) for fact in inspect(network)]
    ['', 'an output']
    """
    if fact.hindrance is not None:
        return str(fact.hindrance)
    if fact.unrepresentable:
        return f"number types ({fact.unrepresentable})"
    return "" if fact.left < fact.units or fact.made_anew else "nothing to find"


def as_document(network: Network, facts: tuple[Facts, ...]) -> dict[str, Any]:
    """What `lumpver inspect --json` prints."""
    opaque: dict[str, int] = {}
    for node in network.opaque:
        opaque[node.operator] = opaque.get(node.operator, 0) + 1
    return {
        "inputs": [{"name": t.name, "shape": _shape(t.shape)} for t in network.inputs],
        "outputs": [{"name": t.name, "shape": _shape(t.shape)} for t in network.outputs],
        "units": network.units,
        "removable": sum(fact.removable for fact in facts),
        "parameters": network.parameters,
        "segments": [asdict(fact) | {"in_the_way": in_the_way(fact)} for fact in facts],
        "opaque": opaque,
        "named": names(network),
        "semantics": "real",
    }


def names(network: Network) -> dict[str, Any]:
    """What the network's file says of itself; of what cannot be read, that it is unclear."""
    try:
        return names_of(network).as_dict()
    except Malformed as error:
        return {"unclear": str(error)}


def _shape(shape: Any) -> list[Any] | None:
    return None if shape is None else list(shape)
