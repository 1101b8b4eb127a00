"""Affine segments multiplied out: one exact matrix and bias for a run of affine nodes.

M_in and k_in are those of the segment's input: the product is taken in the units of the
reduced network, which is why it is cheap where much was merged.

aggregate: the pair (W M_in, W k_in + b) of a whole segment
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.errors import ShapeMismatch
from lumpver.exact.array import Exact, add, compact, is_float, multiply, nonzero, rationals, zeros
from lumpver.exact.columns import lump_columns, weighted_sum
from lumpver.exact.product import matmul
from lumpver.model.linear import first_matrix, is_idle, taps_of
from lumpver.model.relabelling import Relabelling, identity, spread
from lumpver.model.spread import Spread
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Linear, Segment


def aggregate(segment: Segment, relabelling: Relabelling | None, units: int
              ) -> tuple[Exact, Exact]:  # fmt: skip
    """(W M + 0, W k + b) for the segment's W, b and its input's M, k (None: identity).

    One row per unit of the output, one column per block of the input, ghosts included, and tap
    of a kernel in front; `units` is the input's width, needed where no node mixes units. What
    is constant counts as constant for every tap: whether none is missed is asked elsewhere.

    Raises
    ------
    ShapeMismatch
        If the relabelling does not have the segment's input units.
    """
    nodes = segment.nodes
    found = first_matrix(nodes)
    if found is None:
        return _diagonal(led(nodes, _fitted(nodes[0], relabelling, units)))
    first, W = found
    node = nodes[first]
    given = relabelling
    if given is not None or not all(map(is_idle, nodes[:first])):
        taps = taps_of(nodes)
        given = led(nodes[:first], _fitted(node, relabelling, int(W.shape[1]) // taps))
        given = spread(given, Spread(parts=taps))
    b = zeros(int(W.shape[0])) if node.b is None else node.b
    if given is not None:
        W, b = lumped(W, given), _plus(b, W, given)
    return followed(nodes[first + 1 :], W, b)


def followed(nodes: Sequence[Linear], W: Exact, b: Exact) -> tuple[Exact, Exact]:
    """The pair (W, b) behind more affine nodes, none of them a kernel."""
    for node in nodes:
        W, b = _after(node, W, b)
    return W, b


def _fitted(node: Linear, relabelling: Relabelling | None, units: int) -> Relabelling:
    if relabelling is None:
        return identity(units)
    if relabelling.units != units:
        raise ShapeMismatch(
            f"node {node.name}", expected=f"{units} units", got=str(relabelling.units)
        )
    return relabelling


def led(nodes: Sequence[Linear], relabelling: Relabelling) -> Relabelling:
    """What affine nodes without a matrix make of a relabelling: other scales and constants.

    Constants may stand beside entries in the result.
    """
    scale, constant, mixed = relabelling.scale, relabelling.constant, relabelling.mixed
    for node in nodes:
        match node.weights:
            case Diagonal(factors):
                scale, constant = multiply(factors, scale), multiply(factors, constant)
                mixed = replace(mixed, scale=multiply(factors[mixed.unit], mixed.scale))
            case Identity():
                pass
            case Matrix() | Kernel() | Normalization():
                got = f"weights that mix, or roots, node {node.name}"
                raise ShapeMismatch("units", expected="one read by each", got=got)
            case _:
                assert_never(node.weights)
        constant = constant if node.b is None else add(constant, node.b)
    return replace(relabelling, scale=scale, constant=constant, mixed=mixed)


def lumped(W: Exact, relabelling: Relabelling) -> Exact:
    """W M: one column per block, the members' columns times their scales added up."""
    sums = lump_columns(W, relabelling.block, relabelling.scale, relabelling.columns)
    if not relabelling.mixed:
        return sums
    units, combinations = mixed_rows(relabelling)
    return add(sums, matmul(W[:, units], combinations))


def mixed_rows(relabelling: Relabelling) -> tuple[Rows, Exact]:
    """The units whose rows have several entries, and those rows of M."""
    mixed = relabelling.mixed
    units, place = np.unique(mixed.unit, return_inverse=True)
    rows = zeros(units.size, relabelling.columns)
    rows = rows if is_float(mixed.scale) else rationals(rows)
    rows[place, mixed.block] = mixed.scale
    return units, rows


def _plus(b: Exact, W: Exact, relabelling: Relabelling) -> Exact:
    if not relabelling.has_constants:
        return b
    return add(b, weighted_sum(W, relabelling.constant))


def _diagonal(relabelling: Relabelling) -> tuple[Exact, Exact]:
    """M and k themselves."""
    used = np.flatnonzero(relabelling.block >= 0)
    entries = relabelling.scale[used]
    M = zeros(relabelling.units, relabelling.columns)
    M = M if is_float(entries) else rationals(M)
    M[used, relabelling.block[used]] = entries
    if relabelling.mixed:
        units, rows = mixed_rows(relabelling)
        M = M if is_float(M) and is_float(rows) else rationals(M)
        M[units] = rows if is_float(M) else rationals(rows)
    return compact(M), relabelling.constant


def _after(node: Linear, W: Exact, b: Exact) -> tuple[Exact, Exact]:
    """The pair behind one more affine node."""
    weights = node.weights
    match weights:
        case Matrix(numbers):
            seen = nonzero(numbers).any(axis=0)
            if not seen.all():
                weights, W, b = Matrix(numbers[:, seen]), W[seen], b[seen]
        case Diagonal() | Identity():
            pass
        case Kernel():
            raise ShapeMismatch(f"node {node.name}", expected="a kernel in front", got="behind")
        case Normalization():
            raise ShapeMismatch(f"node {node.name}", expected="rational factors", got="roots")
        case _:
            assert_never(weights)
    W, b = times(weights, W), times(weights, b)
    return W, (b if node.b is None else add(b, node.b))
