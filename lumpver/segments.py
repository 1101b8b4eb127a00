"""Affine segments multiplied out: one exact matrix and bias for a run of affine nodes.

M_in and k_in are those of the segment's input: the product is taken in the units of the
reduced network, which is why it is cheap where much was merged.

aggregate: the pair (W M_in, W k_in + b) of a whole segment
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, add, is_float, matmul, multiply, nonzero, rationals, zeros
from lumpver.exact.columns import lump_columns, weighted_sum

if TYPE_CHECKING:
    from lumpver.network import Affine, Segment
    from lumpver.relabelling import Relabelling


def aggregate(segment: Segment, relabelling: Relabelling | None, units: int
              ) -> tuple[Exact, Exact]:  # fmt: skip
    """(W M + 0, W k + b) for the segment's W, b and its input's M, k (None: identity).

    One row per unit of the output, one column per block of the input, ghosts included;
    `units` is the input's width, needed where no node of the segment has a matrix.

    Raises
    ------
    ShapeMismatch
        If the relabelling does not have the segment's input units.
    """
    W, b = _start(segment.nodes[0], relabelling, units)
    for node in segment.nodes[1:]:
        W, b = _after(node, W, b)
    return W, b


def _start(node: Affine, relabelling: Relabelling | None, units: int) -> tuple[Exact, Exact]:
    columns = units if node.W is None else int(node.W.shape[-1])
    if relabelling is not None and relabelling.units != columns:
        raise ShapeMismatch(
            f"node {node.name}", expected=f"{columns} units", got=str(relabelling.units)
        )
    rows = columns if not node.is_matrix or node.W is None else int(node.W.shape[0])
    bias = zeros(rows) if node.b is None else node.b
    if node.is_matrix and node.W is not None:
        if relabelling is None:
            return node.W, bias
        return lumped(node.W, relabelling), _plus(bias, node.W, relabelling)
    diagonal = np.ones(columns) if node.W is None else node.W
    if relabelling is None:
        return _diagonal(diagonal), bias
    scale = multiply(diagonal, relabelling.scale)
    W = lump_columns(_diagonal(scale), relabelling.block, np.ones(columns), relabelling.columns)
    return W, add(bias, multiply(diagonal, relabelling.constant))


def lumped(W: Exact, relabelling: Relabelling) -> Exact:
    """W M: one column per block, the members' columns times their scales added up."""
    return lump_columns(W, relabelling.block, relabelling.scale, relabelling.columns)


def _plus(b: Exact, W: Exact, relabelling: Relabelling) -> Exact:
    if not relabelling.has_constants:
        return b
    return add(b, weighted_sum(W, relabelling.constant))


def _diagonal(entries: Exact) -> Exact:
    if is_float(entries):
        return np.diag(entries)
    W = rationals(zeros(entries.size, entries.size))
    W[np.arange(entries.size), np.arange(entries.size)] = entries
    return W


def _after(node: Affine, W: Exact, b: Exact) -> tuple[Exact, Exact]:
    """The pair behind one more affine node."""
    if node.is_matrix and node.W is not None:
        used = np.flatnonzero(nonzero(node.W).any(axis=0))
        part = node.W[:, used]
        W, b = matmul(part, W[used]), matmul(part, b[used])
    elif node.W is not None:
        W, b = multiply(node.W[:, None], W), multiply(node.W, b)
    return W, (b if node.b is None else add(b, node.b))
