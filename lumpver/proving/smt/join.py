"""Joins as terms: sums, products, quotients and cases of each entry, or all side by side.

A quotient by 0 is an unknown number, the same wherever the same is divided.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import fmpq

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.join import behind, matrices
from lumpver.proving.smt.terms import combination, term

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Join


def encoded(node: Join, *operands: Exact) -> Exact:
    """The node's output at its operands.

    Raises
    ------
    ShapeMismatch
        If they do not fit each other.
    """
    behind(node, [x.shape for x in operands])
    parts = [np.asarray(x, dtype=object) for x in operands]
    if node.axis is not None:
        return np.concatenate(parts, axis=node.axis)
    if node.operator == "MatMul":
        return matrices(parts[0], parts[1], _product)
    spread = np.broadcast_arrays(*parts)
    rows = zip(*(part.flat for part in spread), strict=True)
    result = np.empty(spread[0].size, dtype=object)
    result[:] = [_entry(node, list(row)) for row in rows]
    return result.reshape(spread[0].shape)


def _product(a: Exact, b: Exact) -> Exact:
    """The product of two matrices."""
    result = np.empty((a.shape[0], b.shape[1]), dtype=object)
    for i, j in np.ndindex(*result.shape):
        terms = [combination([one], [other]) for one, other in zip(a[i], b[:, j], strict=True)]
        result[i, j] = combination([ONE] * len(terms), terms)
    return result


def _entry(node: Join, values: list[Any]) -> Any:
    """What the node makes of one entry of each operand."""
    match node.operator:
        case "Add" | "Mean":
            share = ONE / (len(values) if node.operator == "Mean" else 1)
            return combination([share] * len(values), values)
        case "Sub":
            return combination([ONE, -ONE], values)
        case "Mul":
            return combination(values[:1], values[1:])
        case "Div":
            return _quotient(*values)
        case "Max" | "Min":
            return reduce(_larger if node.operator == "Max" else _smaller, values)
        case "Concat" | "MatMul":
            return values[0]


def _quotient(a: Any, b: Any) -> Any:
    if isinstance(b, fmpq) and b != ZERO:
        return combination([ONE / b], [a])
    return term(a) / term(b)


def _larger(a: Any, b: Any) -> Any:
    return _chosen(a, b, a, b)


def _smaller(a: Any, b: Any) -> Any:
    return _chosen(a, b, b, a)


def _chosen(a: Any, b: Any, first: Any, second: Any) -> Any:
    """`second` where a <= b, else `first`."""
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return second if a <= b else first
    import z3  # noqa: PLC0415 heavy: only where terms are built

    return z3.If(term(a) <= term(b), term(second), term(first))
