"""Shapes and affine runs as the checker itself finds them, from wiring and numbers alone.

What a file declares of a hidden tensor's shape is never used.

run: affine nodes one after the other along one axis
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from lumpver.errors import reject
from lumpver.model import opaque
from lumpver.model.linear import is_idle, mixes, normalizes, numbers_of, shifts_only, window_of
from lumpver.model.network import (
    Join,
    Linear,
    Opaque,
    Pick,
    Pointwise,
    Pool,
    Rearrange,
    Segment,
    same_numbers,
)
from lumpver.model.normalization import rational
from lumpver.model.relabelling import identity
from lumpver.model.segments import aggregate, led
from lumpver.model.shapes import behind
from lumpver.model.weights import (
    Diagonal,
    Identity,
    Kernel,
    Matrix,
    Normalization,
    Weights,
    rows,
)
from lumpver.model.weights import columns as read_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lumpver.exact.array import Exact
    from lumpver.model.network import Dimension, Network, Shape
    from lumpver.model.relabelling import Relabelling
    from lumpver.model.window import Window


def inferred(network: Network) -> dict[str, Shape]:
    """The shape of every tensor as it follows from the inputs' shapes.

    Raises
    ------
    ShapeMismatch
        If a rearrangement does not apply to the shape before it.
    """
    found: dict[str, Shape] = {tensor.name: tensor.shape for tensor in network.inputs}
    for node in network.nodes:
        match node:
            case Linear():
                shape = found[node.input]
                if shape is not None and len(shape) < -node.axis:
                    reject("affine", node.output, f"axis {node.axis}", str(shape))
                found[node.output] = behind(node, found)
            case Pointwise() | Rearrange() | Pick() | Pool() | Join():
                found[node.output] = behind(node, found)
            case Opaque():
                found |= dict.fromkeys(node.outputs)
                found |= dict.fromkeys(node.outputs[:1], opaque.behind(node, found))
            case _:
                assert_never(node)
    return found


def length(shape: Shape, axis: int) -> Dimension:
    """The length of one axis counted from the end, None if unknown."""
    return shape[axis] if shape is not None and len(shape) >= -axis else None


def units(network: Network, shapes: Mapping[str, Shape], name: str, axis: int) -> Dimension:
    """The length of a tensor's axis, also where only the matrix that made it tells it."""
    sizes: set[int] = set()
    while (found := length(shapes[name], axis)) is None:
        node = network.producers.get(name)
        match node:
            case Linear() if node.axis != axis:
                return None
            case Linear() if mixes(node):
                found = rows(node.weights)
                break
            case Linear():
                sizes |= {part.size for part in numbers_of(node)}
            case Pointwise():
                pass
            case Rearrange() | Pick() | Pool() | Join() | Opaque() | None:
                return None
            case _:
                assert_never(node)
        name = node.input
    return found if sizes <= {found} else None  # others are spread over more units


def run_to(network: Network, source: str | None, target: str, axis: int) -> list[Linear]:
    """The affine nodes along `axis` that lead to `target`, as far up as `source` or all of them.

    One without numbers does nothing along any axis. A kernel is the first of its run, a
    normalization the last.
    """
    nodes: list[Linear] = []
    while target != source:
        node = network.producers.get(target)
        if not isinstance(node, Linear) or (node.axis != axis and not is_idle(node)):
            break
        if nodes and normalizes(node):
            break
        nodes.append(node)
        target = node.input
        if window_of([node]) is not None:
            break
    return nodes[::-1]


def moved(nodes: Sequence[Linear]) -> Window | None:
    """The window of a run, None where each position meets itself alone: so does a matrix."""
    window = window_of(nodes)
    return None if window is None or window.is_point else window


def idle_run(network: Network, source: str, target: str, axis: int) -> list[Linear] | None:
    """The nodes that lead from `source` to `target` and do nothing; none where they are one."""
    nodes = run_to(network, source, target, axis)
    begun = nodes[0].input if nodes else target
    return nodes if begun == source and all(map(is_idle, nodes)) else None


def same_runs(ours: Segment, theirs: Segment) -> bool:
    """Whether two runs are the same bytes, or do nothing; then nothing is to multiply."""
    return all(map(is_idle, (*ours.nodes, *theirs.nodes))) or (
        len(ours.nodes) == len(theirs.nodes)
        and all(
            same_weights(a.weights, b.weights) and same_numbers(a.b, b.b)
            for a, b in zip(ours.nodes, theirs.nodes, strict=True)
        )
    )


def multiplied(
    segment: Segment, known: Dimension, relabelling: Relabelling | None
) -> tuple[Exact, Exact]:
    """(W M, W k + b) of a run that reads a tensor with this relabelling and so many units.

    Where a normalization ends the run, of what it normalizes.

    Raises
    ------
    Rejected
        If numbers do not fit each other or the shape, or would have to be spread over an
        axis of unknown length.
    """
    run, columns = _led_by(segment, known, relabelling)
    return aggregate(rational(run), relabelling, columns)


def factors(
    ours: tuple[Segment, Dimension], theirs: tuple[Segment, Dimension]
) -> tuple[Relabelling, Relabelling] | None:
    """What each of two runs makes of its units one by one; None if one does more than that.

    The same as `multiplied` gives, without the zeros. Each comes with the units it reads.

    Raises
    ------
    Rejected
        As `multiplied`, or if they read other numbers of units.
    """
    if any(mixes(node) or normalizes(node) for run, _ in (ours, theirs) for node in run.nodes):
        return None
    (one, units), (other, read) = (_led_by(*side, None) for side in (ours, theirs))
    if units != read:
        reject("affine", ours[0].output, f"{units} units", str(read))
    return led(one.nodes, identity(units)), led(other.nodes, identity(units))


def _led_by(
    segment: Segment, known: Dimension, relabelling: Relabelling | None
) -> tuple[Segment, int]:
    """The run without what does nothing in front, and how many units it reads."""
    nodes = segment.nodes
    skipped = next((i for i, n in enumerate(nodes) if n.W is not None or n.b is not None), 0)
    run = Segment(nodes[skipped:])
    first = run.nodes[0]
    if relabelling is not None:
        columns = relabelling.units
    elif isinstance(known, int):
        columns = known
    elif (read := read_by(first.weights)) is not None:
        columns = read
    else:
        reject("affine", segment.output, "a known number of units", str(known))
    if isinstance(known, int) and known != columns:
        reject("affine", segment.output, f"{known} units", str(columns))
    _fit(run, columns)
    return run, columns


def _fit(run: Segment, units: int) -> None:
    """Every matrix, diagonal and bias has the number of units that reaches it."""
    for node in run.nodes:
        if not shifts_only(node):
            if read_by(node.weights) != units:
                reject("affine", node.output, f"{units} units", str(read_by(node.weights)))
            units = rows(node.weights) or 0
        if node.b is not None and node.b.shape != (units,):
            reject("affine", node.output, f"{units} biases", str(node.b.shape))


def same_weights(a: Weights, b: Weights) -> bool:
    """Whether both are one sort of weights, with the same numbers as they are stored."""
    match a:
        case Kernel(numbers, window, groups):
            if not isinstance(b, Kernel) or (window, groups) != (b.window, b.groups):
                return False
            return same_numbers(numbers, b.numbers)
        case Matrix(numbers):
            return isinstance(b, Matrix) and same_numbers(numbers, b.numbers)
        case Diagonal(factors):
            return isinstance(b, Diagonal) and same_numbers(factors, b.factors)
        case Identity():
            return isinstance(b, Identity)
        case Normalization():
            if not isinstance(b, Normalization) or a.epsilon != b.epsilon:
                return False
            pairs = ((a.gamma, b.gamma), (a.mean, b.mean), (a.variance, b.variance))
            return all(same_numbers(*pair) for pair in pairs)
        case _:
            assert_never(a)
