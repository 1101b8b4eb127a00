"""Linear nodes as terms: every unit the weighted sum of those that it reads, and its bias."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from lumpver.errors import NotRational, ShapeMismatch
from lumpver.exact.array import Exact, rationals
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.linear import is_idle, laid_out
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, rows, whole
from lumpver.proving.smt.terms import combination

if TYPE_CHECKING:
    from lumpver.model.network import Linear

Row = tuple[list[int], list[Any], Any]


def encoded(node: Linear, x: Exact) -> Exact:
    """The node's output at x.

    Raises
    ------
    ShapeMismatch
        If x does not have the node's axis, or not as many units there.
    """
    if is_idle(node):  # of a number, too, which has no axis
        return x
    units = laid_out(node, x)
    made = _rows(node, x.shape[node.axis])
    shape = units.shape[1:]
    flat = units.reshape(units.shape[0], prod(shape))
    result = np.empty((len(made), flat.shape[1]), dtype=object)
    for position in range(flat.shape[1]):
        entries = flat[:, position]
        for v, (used, coefficients, bias) in enumerate(made):
            result[v, position] = combination(coefficients, entries[used].tolist(), bias)
    return np.moveaxis(result.reshape(len(made), *shape), 0, x.ndim + node.axis)


def _rows(node: Linear, width: int) -> list[Row]:
    """Per unit of the output: the units it reads, with which coefficients, and its bias."""
    made = rows(node.weights)
    count = width if made is None else made
    bias = [ZERO] * count if node.b is None else rationals(node.b).tolist()
    if len(bias) != count:
        raise ShapeMismatch(f"node {node.name}", expected=f"{count} biases", got=str(len(bias)))
    match node.weights:
        case Identity():
            return [([v], [ONE], b) for v, b in enumerate(bias)]
        case Diagonal(factors):
            scales = zip(rationals(factors).tolist(), bias, strict=True)
            return [([v], [w], b) for v, (w, b) in enumerate(scales)]
        case Matrix(numbers):
            return _sparse_rows(numbers, bias)
        case Kernel():
            return _sparse_rows(whole(node.weights), bias)
        case Normalization():
            where, got = f"node {node.name}", "roots"
            raise NotRational(where, expected="rational factors", got=got)
        case _:
            assert_never(node.weights)


def _sparse_rows(numbers: Exact, bias: list[Any]) -> list[Row]:
    return [_sparse(row, b) for row, b in zip(rationals(numbers).tolist(), bias, strict=True)]


def _sparse(row: list[Any], bias: Any) -> Row:
    used = [u for u, w in enumerate(row) if not _is_zero(w)]
    return used, [row[u] for u in used], bias


def _is_zero(value: Any) -> bool:
    return isinstance(value, type(ZERO)) and value == ZERO
