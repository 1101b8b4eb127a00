"""Affine runs in joint lumping: units are affine forms over the atoms of a spine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import add, alike, nonzero, rationals, zeros
from lumpver.exact.columns import weighted_sum
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ONE
from lumpver.model.linear import first_matrix, units_read, window_of
from lumpver.model.network import Segment
from lumpver.model.normalization import rational, scaling
from lumpver.model.relabelling import Relabelling, spread
from lumpver.model.segments import aggregate, followed, lumped
from lumpver.model.spread import Spread
from lumpver.model.weights import times
from lumpver.proving.joint import laid
from lumpver.proving.joint.windows import cut, elsewhere, met, over_all
from lumpver.proving.layouts import around
from lumpver.proving.table import UNIT, Divided
from lumpver.proving.values import Laid, Units, forms_of, gathered, renamed

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.network import Linear
    from lumpver.model.normalization import Scaling
    from lumpver.model.window import Window
    from lumpver.proving.joint.sweep import Sweep
    from lumpver.proving.table import Table
    from lumpver.proving.values import Combination, Value


def valued(sweep: Sweep, segment: Segment) -> Value:
    """The value of a run's output: the affine forms of its units, multiplied out."""
    value, found = sweep.values[segment.input], scaling(segment)
    if isinstance(value, Laid) and found is None:
        mixed = laid.followed(segment, value)
        if mixed is not None:
            return mixed
    if found is not None:
        before = valued(sweep, rational(segment))
        if not isinstance(before, Units) or before.axis != segment.axis:
            before = sweep.along(segment.input, segment.axis, found.gamma.size)
        return _normalized(sweep.table, before, found)
    width = _columns(segment)
    if width is None:
        return sweep.values[segment.input]
    units = sweep.along(segment.input, segment.axis, width)
    window = window_of(segment.nodes)
    if window is not None and not window.is_point:
        return _convolved(sweep, segment, window, units)
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


def _convolved(sweep: Sweep, segment: Segment, window: Window, units: Units) -> Value:
    """Forms over what the taps of a kernel meet, constants among it where a tap is missed."""
    table, b = sweep.table, segment.nodes[0].b
    found = first_matrix(segment.nodes)
    if found is None:
        return units
    W = found[1]
    shape = sweep.network.tensors[segment.input].shape
    units = cut(table, units, always=over_all(shape, units, window))
    place = met(table, units, shape, window)
    R, sums = _tapped(W, units, window.taps)
    b = zeros(W.shape[0]) if b is None else b
    b = add(b, weighted_sum(sums, (~place.missed).astype(np.float64)))
    keys = [(int(atom), tap) for atom in units.atoms for tap in range(window.taps)]
    keys += [(UNIT, tap) for tap in range(window.taps)]
    R = np.concatenate(alike(R, sums), axis=1)
    used = nonzero(R).any(axis=0) & np.tile(~place.never, units.atoms.size + 1)
    used[-window.taps :] &= place.missed
    columns = np.flatnonzero(used)
    names = [elsewhere(table, place.spine, *keys[j]) for j in columns.tolist()]
    R, b = followed(segment.nodes[1:], R[:, columns], b)
    layout = around(sweep.network.tensors[segment.output].shape, units.axis, (units.layout, window))
    like = replace(units, layout=layout, relabelling=None, M=R, k=b)
    return renamed(like, place.spine, names)


def _tapped(W: Exact, units: Units, taps: int) -> tuple[Exact, Exact]:
    """A column for each atom and tap, and for each tap the sum of what is constant there."""
    k = units.dense[1]
    parts = W.reshape(W.shape[0], units.width, taps)
    sums = [weighted_sum(parts[:, :, tap], k)[:, None] for tap in range(taps)]
    if units.relabelling is not None:
        plain = replace(units.relabelling, constant=zeros(units.width))
        return lumped(W, spread(plain, Spread(parts=taps))), np.concatenate(alike(*sums), axis=1)
    M = units.dense[0]
    columns = [matmul(parts[:, :, tap], M)[:, :, None] for tap in range(taps)]
    R = np.concatenate(alike(*columns), axis=2).reshape(W.shape[0], -1)
    return R, np.concatenate(alike(*sums), axis=1)


def _normalized(table: Table, units: Units, found: Scaling) -> Units:
    """Multiples of directions divided by roots; where a root is rational, of the atoms."""
    R, d = found.centered(*units.dense)
    directions, factors = table.directions(units.spine, units.atoms, R, d)
    moving = np.asarray(nonzero(R).any(axis=1))
    constants = rationals(d).tolist()
    parts = (found.gamma, found.squares, found.beta)
    gammas, squares, betas = (rationals(part).tolist() for part in parts)
    inner = replace(units, relabelling=None, M=R, k=d)
    rows: list[Combination] = []
    for v, constant in enumerate(constants):
        square, ratio = table.square(squares[v])
        scale = gammas[v] / ratio
        if square == ONE or not (moving[v] or constant != 0):
            [(row, _)] = forms_of(inner, np.array([v]))
            rows.append(({j: c * scale for j, c in row.items()}, constant * scale + betas[v]))
            continue
        direction, factor = (int(directions[v]), factors[v]) if moving[v] else (UNIT, constant)
        atom = table.atom(Divided(units.spine, direction, square))
        rows.append(({atom: scale * factor}, betas[v]))
    return gathered(units, rows)
