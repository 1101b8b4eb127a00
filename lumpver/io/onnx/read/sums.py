"""Operators of ONNX that sum products: Einsum, MatMul with constants of any rank, sums along axes.

None means "opaque". A definite mismatch of shapes is an error.

References
----------
ONNX operator specification: Einsum, MatMul, ReduceSum, ReduceMean. numpy.einsum, numpy.matmul.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from lumpver.io.onnx.read.contracting import Letters, Terms, contracted
from lumpver.io.onnx.read.operands import attributes, dynamic, numbers
from lumpver.io.onnx.read.walk import MOST_AXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnx import NodeProto

    from lumpver.exact.array import Exact
    from lumpver.io.onnx.read.walk import Plan, Walk


def product(walk: Walk, node: NodeProto, x: str, W: Exact, *, left: bool) -> Plan:
    """The MatMul of a tensor, on the left or not, with a constant of any rank, as in numpy."""
    shape = walk.shape(x)
    if not shape or not W.ndim or max(len(shape), W.ndim) > MOST_AXES:
        return None
    ranks = (len(shape), W.ndim) if left else (W.ndim, len(shape))
    first, second = _stacked(ranks[0], "ik"), _stacked(ranks[1], "kj")
    second = ("k",) if ranks[1] == 1 else second
    tensor, constant = (first, second) if left else (second, first)
    batch = sorted({*first[:-2], *second[:-2]}, key=lambda letter: -int(letter[1:]))
    result = (*batch, *(("i",) if ranks[0] > 1 else ()), *(("j",) if ranks[1] > 1 else ()))
    lengths = dict(zip(tensor, shape, strict=True))
    both = [one in batch and one in lengths for one in constant]
    squeezed = [i for i, n in enumerate(W.shape) if both[i] and n == 1]
    widened = [one for i, one in enumerate(constant) if both[i] and W.shape[i] != 1]
    renamed = {one: f"one {one}" for one in widened if lengths[one] == 1}
    W = W.reshape([n for i, n in enumerate(W.shape) if i not in squeezed])
    constant = tuple(letter for i, letter in enumerate(constant) if i not in squeezed)
    tensor = tuple(renamed.get(letter, letter) for letter in tensor)
    return contracted(walk, node, x, W, Terms(tensor, constant, result))


def _stacked(rank: int, matrix: str) -> Letters:
    """The letters of a stack of matrices; of a vector its only one."""
    if rank == 1:
        return (matrix[1],)
    return (*(f"b{place}" for place in range(rank - 2, 0, -1)), *matrix)


def einsum(walk: Walk, node: NodeProto) -> Plan:
    """An Einsum of a tensor alone, or with one constant."""
    equation = attributes(node).get("equation")
    places = [i for i, name in enumerate(node.input) if walk.tensor(name) is not None]
    x = dynamic(walk, node, places[0]) if len(places) == 1 else None
    if x is None or not isinstance(equation, bytes) or len(node.input) > 2 or not walk.is_float(x):
        return None
    W = np.ones(()) if len(node.input) == 1 else numbers(walk, node, 1 - places[0], x)
    shape = walk.shape(x)
    if W is None or shape is None:
        return None
    ranks = [len(shape), W.ndim] if places[0] == 0 else [W.ndim, len(shape)]
    found = letters(equation.decode("ascii", "replace"), ranks[: len(node.input)])
    if found is None:
        return None
    *operands, result = found
    tensor = operands.pop(places[0])
    return contracted(walk, node, x, W, Terms(tensor, operands[0] if operands else (), result))


def letters(equation: str, ranks: Sequence[int]) -> list[Letters] | None:
    """The letters of the operands and of the result, those of an ellipsis as numbers.

    None where the equation is none for operands of these ranks.

    Examples
    --------
    >>> letters("...ij, jk -> ...ik", [3, 2])
    [('0', 'i', 'j'), ('j', 'k'), ('0', 'i', 'k')]
    >>> letters("ji", [2])
    [('j', 'i'), ('i', 'j')]
    """
    text, arrow, last = equation.replace(" ", "").partition("->")
    terms = text.split(",")
    if len(terms) != len(ranks):
        return None
    found = [_spelled(term, rank) for term, rank in zip(terms, ranks, strict=True)]
    counts = {sum(map(str.isdigit, part)) for part, term in zip(found, terms, strict=True)
              if part and "..." in term}  # fmt: skip
    if len(counts) > 1:
        return None
    count = max(counts, default=0)
    if not arrow:
        bare = "".join(terms).replace(".", "")
        alone = sorted(letter for letter in set(bare) if bare.count(letter) == 1)
        last = "..." * bool(count) + "".join(alone)
    result = _spelled(last, len(last.replace("...", "")) + count * ("..." in last))
    parts = [*found, result]
    return [part for part in parts if part is not None] if None not in parts else None


def _spelled(term: str, rank: int) -> Letters | None:
    """The letters of a term; the axes of an ellipsis are numbered from its last."""
    before, dots, after = term.partition("...")
    count = rank - len(before) - len(after)
    bare = before + after
    if count < 0 or (count and not dots) or (bare and not (bare.isascii() and bare.isalpha())):
        return None
    return (*before, *(str(i) for i in range(count - 1, -1, -1)), *after)


def totalled(walk: Walk, node: NodeProto, x: str, axes: Sequence[int], *, mean: bool) -> Plan:
    """Sums or means along some axes, counted from the front, which stay with length 1 or go."""
    shape = walk.shape(x) or ()
    keeps = attributes(node).get("keepdims", 1)
    lengths = [shape[axis] for axis in axes]
    tensor = tuple(f"x{axis}" for axis in range(len(shape)))
    result = [f"y{axis}" if axis in axes else letter for axis, letter in enumerate(tensor)]
    if not keeps:
        result = [letter for letter in result if letter in tensor]
    constant = tuple(letter for letter in result if letter not in tensor)
    count = prod(n for n in lengths if isinstance(n, int)) if mean else 1
    terms = Terms(tensor, constant, tuple(result))
    ones = np.ones((1,) * len(constant))
    return contracted(walk, node, x, ones, terms, divisor=count)
