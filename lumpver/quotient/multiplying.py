"""Layers without an activation on a domain, multiplied out into what reads them.

The product takes its place where that is fewer bytes. One float does not hold its numbers; they
are kept exactly as sums of a few: a part of each row is a unit between, or of each column, and
what follows adds them up.

gap: a tensor between two affine runs from which an activation has gone
part: a float array; the parts of a matrix add up to it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.exact.array import nonzero, zeros
from lumpver.exact.parts import parts
from lumpver.io.storage import fits, item_size, own_type
from lumpver.model.linear import (
    Linear,
    groups_of,
    mixes,
    normalizes,
    numbers_of,
    units_read,
    window_of,
)
from lumpver.model.names import Derived
from lumpver.model.network import Pointwise, Segment, Tensor
from lumpver.model.segments import aggregate
from lumpver.model.weights import IDENTITY, Matrix, columns, rows, with_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lumpver.exact.array import Exact
    from lumpver.io.storage import Storage
    from lumpver.model.network import Network, Node
    from lumpver.quotient.straight import Straight

_PARTS: Final = 8  # of a number at most: each matrix in a product adds about one
_MOST: Final = 2**18  # numbers of a product
_NODE: Final = 60  # bytes that a node takes beside its numbers, about


@dataclass(frozen=True, slots=True)
class Multiplied:
    """A network with products, and the activations that have gone from in between.

    `made` are the tensors that these made, `gone` all of the original that have no counterpart.
    """

    network: Network
    made: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()


def multiplied_out(
    original: Network, reduced: Network, straight: Straight, storage: Storage | None
) -> Multiplied:
    """The reduced network with products where these take fewer bytes.

    `storage` says what numbers take; without one they are as exact as they come.

    Examples
    --------
    >>> from lumpver.model.network import Network
    >>> from lumpver.quotient.straight import Straight
    >>> layers = [([[1], [2], [3]], [1, 5, 0]), ([[1, 1, 2], [1, 2, 0]], None)]
    >>> network = Network.from_layers(layers)
    >>> first, _, last = network.nodes
    >>> from dataclasses import replace
    >>> bare = replace(network, nodes=(first, replace(last, input="h1.pre")))
    >>> found = multiplied_out(network, bare, Straight({"h1": "h1.pre"}), None)
    >>> [node.W.tolist() for node in found.network.nodes], sorted(found.gone)
    ([[[9.0], [5.0]]], ['h1', 'h1.pre'])
    """
    gaps = _gaps(original, straight)
    nodes: dict[int, list[Linear]] = {}
    closed: set[str] = set()
    for segment in reduced.segments:
        found = _closed(segment, gaps, storage)
        if found is not None:
            run, names = found
            nodes |= {id(node): [] for node in segment.nodes[:-1]}
            nodes[id(segment.nodes[-1])] = run
            closed |= names
    if not closed:
        return Multiplied(reduced)
    every: list[Node] = [one for node in reduced.nodes for one in nodes.get(id(node), [node])]
    tensors = typed(reduced, every, nodes.values())
    made = frozenset(name for name, gap in gaps.items() if gap in closed)
    gone = made | {original.producers[name].inputs[0] for name in made}
    return Multiplied(replace(reduced, nodes=tuple(every), tensors=tensors), made, gone)


def _gaps(original: Network, straight: Straight) -> dict[str, str]:
    """By what the activation made, the tensor at each gap that may be closed.

    Nothing else reads what the activation read, and one affine run what it made.
    """
    found, outputs = {}, {tensor.name for tensor in original.outputs}
    for name, gap in straight.instead.items():
        node = original.producers[name]
        before = original.producers.get(node.inputs[0])
        alone = [original.readers.get(x, []) for x in (node.inputs[0], name)]
        if (
            isinstance(node, Pointwise)
            and isinstance(before, Linear)
            and not normalizes(before)
            and all(len(readers) == 1 for readers in alone)
            and outputs.isdisjoint({name, node.input})
            and isinstance(after := alone[1][0], Linear)
            and after.axis == before.axis
            and window_of([after]) is None
        ):
            found[name] = gap
    return found


def _closed(
    segment: Segment, gaps: Mapping[str, str], storage: Storage | None
) -> tuple[list[Linear], set[str]] | None:
    """A run whose pieces between gaps are multiplied out where that pays, and the gaps closed."""
    ends = {*gaps.values()}
    pieces: list[list[Linear]] = [[]]
    for node in segment.nodes:
        pieces[-1].append(node)
        if node.output in ends and node is not segment.nodes[-1]:
            pieces.append([])
    closed: set[str] = set()
    while len(pieces) > 1:  # the longest product that pays first
        spans = sorted(
            ((i, j) for i in range(len(pieces)) for j in range(i + 1, len(pieces))),
            key=lambda span: (span[0] - span[1], span[0]),
        )
        found = next(((s, p) for s in spans if (p := _product(pieces, s, storage))), None)
        if found is None:
            break
        (i, j), run = found
        closed |= {piece[-1].output for piece in pieces[i:j]}
        pieces[i : j + 1] = [run]
    return ([node for piece in pieces for node in piece], closed) if closed else None


def _product(
    pieces: Sequence[list[Linear]], span: tuple[int, int], storage: Storage | None
) -> list[Linear] | None:
    """The product of some pieces, if it is smaller."""
    run = [node for piece in pieces[span[0] : span[1] + 1] for node in piece]
    made = next((rows(node.weights) for node in reversed(run) if mixes(node)), None)
    read = next((columns(node.weights) for node in run if mixes(node)), None)
    if not (made and read) or groups_of(run) > 1 or normalizes(run[-1]):
        return None
    size = made * read
    if size > _MOST or size + made >= sum(part.size for node in run for part in numbers_of(node)):
        return None
    known = units_read(run[0])
    if known is None:
        return None
    W, b = aggregate(Segment(tuple(run)), None, known)
    found = stored(run, W, b if nonzero(b).any() or run[-1].b is not None else None, storage)
    if found is None or storage is None:
        return found
    item = item_size(storage.network, run[-1].output)
    size = sum(item * part.size + _NODE for node in found for part in numbers_of(node))
    return found if size < storage.size(run) else None


def stored(
    run: list[Linear], W: Exact, b: Exact | None, storage: Storage | None
) -> list[Linear] | None:
    """The nodes of a product, in parts where its type does not hold it."""
    first, last = run[0], run[-1]
    moves = window_of(run) is not None
    own = "" if storage is None else own_type(storage.network, last.output)
    own = "float64" if own == "real" else own
    if not own or fits(W, own):
        weights = with_numbers(first.weights, W) if moves else Matrix(W)
        return shifted(replace(last, input=first.input, weights=weights, b=b), own)
    found = parts(W, own, most=_PARTS)
    if found is None:
        return None
    by_row = _by_row(found)
    kinds = [by_row] if moves else [by_row, _by_column(found)]
    A, B = min(kinds, key=lambda pair: pair[0].size + pair[1].size)
    weights = with_numbers(first.weights, A) if moves else Matrix(A)
    none = None if first.b is None else zeros(int(A.shape[0]))  # old Gemms have to have one
    between = first.output if first is not last else Derived(f"{last.output} in parts")
    start = replace(first, output=between, weights=weights, b=none, axis=last.axis)
    rest = shifted(replace(last, input=start.output, weights=Matrix(B), b=b), own)
    return None if rest is None else [start, *rest]


def shifted(node: Linear, own: str) -> list[Linear] | None:
    """The node, and one more for each part of its bias where its type does not hold that."""
    if not own or node.b is None:
        return [node]
    found = parts(node.b, own, most=_PARTS)
    if found is None:
        return None
    names = [Derived(f"{node.output} {i}") for i in range(1, len(found))]
    inputs, outputs = [node.input, *names], [*names, node.output]
    every = zip(inputs, outputs, found, strict=True)
    first, *rest = (replace(node, name=y, input=x, output=y, b=part) for x, y, part in every)
    return [first, *(replace(one, weights=IDENTITY) for one in rest)]


def _by_row(found: Sequence[Exact]) -> tuple[Exact, Exact]:
    """A unit for each part of each row, and what adds those of a row up."""
    used = [np.flatnonzero(nonzero(part).any(axis=1)) for part in found]
    A = np.concatenate([part[rows_] for part, rows_ in zip(found, used, strict=True)])
    B = zeros(int(found[0].shape[0]), A.shape[0]).astype(found[0].dtype)
    B[np.concatenate(used), np.arange(A.shape[0])] = 1
    return A, B


def _by_column(found: Sequence[Exact]) -> tuple[Exact, Exact]:
    """A copy of each column for each of its parts, and these beside each other."""
    A, B = _by_row([part.T for part in found])
    return np.ascontiguousarray(B.T), np.ascontiguousarray(A.T)


def typed(
    reduced: Network, nodes: Sequence[Node], runs: Iterable[list[Linear]]
) -> dict[str, Tensor]:
    """The types of the tensors that are left, those within runs as wide as they are now."""
    left = {name for node in nodes for name in node.outputs}
    left |= {tensor.name for tensor in reduced.inputs}
    found = {name: tensor for name, tensor in reduced.tensors.items() if name in left}
    for run in runs:
        for node in run[:-1]:
            end = reduced.tensors[run[-1].output]
            width = rows(node.weights) or int(node.b.size if node.b is not None else 0)
            shape = None if end.shape is None else [*end.shape]
            if shape is not None:
                shape[node.axis] = width
            found[node.output] = Tensor(
                node.output, end.dtype, None if shape is None else tuple(shape)
            )
    return found
