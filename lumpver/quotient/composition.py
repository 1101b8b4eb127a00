"""Composition: consecutive affine nodes multiplied out where that makes a network smaller.

What stands between two activations computes one affine function; storing the product is
exact, and smaller when the layers in between are wide and its type holds what comes out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.exact.array import is_float, nonzero
from lumpver.model.linear import mixes, numbers_of, shifts_only, window_of
from lumpver.model.network import Linear, Segment
from lumpver.model.segments import aggregate
from lumpver.model.weights import Matrix, columns, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.io.storage import Storage
    from lumpver.model.network import Tensor


def compose(
    nodes: list[Linear], *, floats_only: bool = True, storage: Storage | None = None
) -> list[Linear]:
    """The nodes of one segment, as a single one if that has fewer numbers.

    With `floats_only` a product that float64 does not hold is left uncomposed; with a
    `storage` also one that it does not store in fewer bytes.

    Examples
    --------
    >>> from lumpver.model.network import linear
    >>> run = [linear("a", "x", "t", [[1], [2], [3]]), linear("b", "t", "y", [[1, 1, 1]])]
    >>> [node.W.tolist() for node in compose(run)]
    [[[6.0]]]
    """
    mixing = [i for i, node in enumerate(nodes) if mixes(node)]
    if len(mixing) < 2 or window_of(nodes) is not None:
        return nodes
    first, last = mixing[0], mixing[-1]
    while last + 1 < len(nodes) and shifts_only(nodes[last + 1]):
        last += 1
    run = nodes[first : last + 1]
    made, read = rows(nodes[mixing[-1]].weights), columns(run[0].weights)
    if made is None or read is None:
        return nodes
    if made * read + made >= sum(part.size for node in run for part in numbers_of(node)):
        return nodes
    W, b = aggregate(Segment(tuple(run)), None, read)
    if floats_only and _is_float(run) and not (is_float(W) and is_float(b)):
        return nodes
    whole = replace(run[-1], input=run[0].input, weights=Matrix(W), b=b)
    result = [*nodes[:first], whole, *nodes[last + 1 :]]
    return result if storage is None or storage.smaller(result, nodes) else nodes


def without_zeros(nodes: list[Linear], tensors: Mapping[str, Tensor]) -> list[Linear]:
    """The nodes of one segment without those that add 0 to what one of the same type makes.

    Examples
    --------
    >>> from lumpver.model.network import Tensor, linear
    >>> run = [linear("a", "x", "t", [[1]]), linear("b", "t", "y", None, [0])]
    >>> [(node.input, node.output) for node in without_zeros(run, {n: Tensor(n) for n in "ty"})]
    [('x', 'y')]
    """
    result = nodes[:1]
    for node in nodes[1:]:
        last = result[-1]
        idle = shifts_only(node) and node.b is not None and not nonzero(node.b).any()
        if idle and tensors[last.output].dtype == tensors[node.output].dtype:
            result[-1] = replace(last, name=node.name, output=node.output)
        else:
            result.append(node)
    return result


def _is_float(run: list[Linear]) -> bool:
    return all(is_float(part) for node in run for part in numbers_of(node))
