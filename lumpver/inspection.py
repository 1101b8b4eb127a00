"""What is in a model: its segments, and for each what lumping could use.

rank: the exact rank of the layer's matrix over the rationals, which the paper's conclusion
wanted to estimate by SVD; rank below the number of units means linear dependence
antiparallel: two units whose rows are negative multiples; lumping does not merge those
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.exact.array import nonzero
from lumpver.exact.proportional import proportional_rows
from lumpver.exact.rank import rank
from lumpver.reduction import reduce
from lumpver.segments import aggregate
from lumpver.summary import activation_of, layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.exact.array import Exact
    from lumpver.network import Network, Segment


@dataclass(frozen=True, slots=True)
class Facts:
    """One affine segment by itself, in the units of the original.

    `multiples` counts units that are a positive multiple of an earlier one, `duplicates`
    those equal to an earlier one among them, `constants` units that no input reaches,
    `antiparallel` pairs of blocks that are negative multiples. `removable` is how many
    units the whole reduction removes here.
    """

    name: str
    activation: str
    inputs: int
    units: int
    nodes: int
    rank: int
    multiples: int
    duplicates: int
    constants: int
    antiparallel: int
    removable: int


def inspect(
    network: Network, *, progress: Callable[[str], None] = lambda _: None
) -> tuple[Facts, ...]:
    """The facts of every affine segment, in order.

    Examples
    --------
    >>> from lumpver.network import Network
    >>> layers_ = [([[1], [2], [-1]], None), ([[1, 1, 1]], None)]
    >>> first, last = inspect(Network.from_layers(layers_))
    >>> first.multiples, first.antiparallel, first.rank, first.removable
    (1, 1, 1, 1)
    """
    reduction = reduce(network)
    gone = {layer.name: layer.units_before - layer.units_after for layer in layers(reduction)}
    found = []
    for segment in network.segments:
        progress(segment.output)
        if any(node.is_matrix for node in segment.nodes):
            found.append(_facts(network, segment, gone.get(segment.output, 0)))
    return tuple(found)


def _facts(network: Network, segment: Segment, removable: int) -> Facts:
    W, b = aggregate(segment, None, network.width.get(segment.input, 0))
    moving = np.flatnonzero(nonzero(W).any(axis=1))
    blocks = proportional_rows(W, b, moving)
    equals = proportional_rows(W, b, moving, multiples=False)
    return Facts(
        name=segment.output,
        activation=activation_of(network, segment.output),
        inputs=int(W.shape[1]),
        units=int(W.shape[0]),
        nodes=len(segment.nodes),
        rank=rank(W),
        multiples=len(moving) - len(blocks),
        duplicates=len(moving) - len(equals),
        constants=int(W.shape[0]) - len(moving),
        antiparallel=_antiparallel(W, b, np.array([m[0][0] for m in blocks], dtype=np.int64)),
        removable=removable,
    )


def _antiparallel(W: Exact, b: Exact, rows: np.ndarray) -> int:
    """Pairs of blocks whose first rows are negative multiples of each other."""
    if rows.size == 0:
        return 0
    both = np.concatenate([W[rows], -W[rows]])
    biases = np.concatenate([b[rows], -b[rows]])
    classes = proportional_rows(both, biases, np.arange(2 * rows.size))
    joined = [members for members in classes if len(members) > 1]
    return len(joined) // 2


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
        "segments": [asdict(fact) for fact in facts],
        "opaque": opaque,
        "semantics": "real",
    }


def _shape(shape: Any) -> list[Any] | None:
    return None if shape is None else list(shape)
