"""Affine runs in joint lumping: units are affine forms over the atoms of a spine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lumpver.exact.array import add
from lumpver.exact.product import matmul
from lumpver.model.linear import first_matrix, units_read
from lumpver.model.network import Segment
from lumpver.model.relabelling import Relabelling
from lumpver.model.segments import aggregate
from lumpver.model.weights import times

if TYPE_CHECKING:
    from lumpver.model.network import Linear
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.values import Value


def valued(sweep: Sweep, segment: Segment) -> Value:
    """The value of a run's output: the affine forms of its units, multiplied out."""
    width = _columns(segment)
    if width is None:
        return sweep.values[segment.input]
    units = sweep.along(segment.input, segment.axis, width)
    first = first_matrix(segment.nodes)
    lead = segment.nodes if first is None else segment.nodes[: first[0]]
    rest = segment.nodes[len(lead) :]
    if units.relabelling is None:
        W, b = aggregate(segment, None, width)
        M, k = units.dense
        R, b = matmul(W, M), add(matmul(W, k), b)
    else:
        relabelling = units.relabelling
        for node in lead:
            relabelling = _scaled(relabelling, node)
        if not rest:
            return replace(units, relabelling=relabelling)
        R, b = aggregate(Segment(rest), relabelling, width)
    return replace(units, relabelling=None, M=R, k=b)


def _columns(segment: Segment) -> int | None:
    """How many units the segment reads, None where it does nothing to them."""
    for node in segment.nodes:
        units = units_read(node)
        if units is not None:
            return units
    return None


def _scaled(relabelling: Relabelling, node: Linear) -> Relabelling:
    """The relabelling behind an affine node that mixes no units."""
    scale, constant = relabelling.scale, relabelling.constant
    scale, constant = times(node.weights, scale), times(node.weights, constant)
    if node.b is not None:
        constant = add(node.b, constant)
    return Relabelling(relabelling.block, scale, constant, relabelling.width)
