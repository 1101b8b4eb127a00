"""Normalizations: y = c z + beta, unit by unit, with c = gamma / sqrt(square).

Statement. Let y = c z + beta and y' = c' z' + beta'. If z_v = t z'_j for a rational t with
c_v t = s c'_j, and beta_v = s beta'_j + k, then y_v = s y'_j + k. If z_v is 0, then y_v is beta_v;
if it is the constant d and c_v d is rational, y_v is that much more.
Premises. t is rational: the ratio of both squares is that of two rationals' squares. Where gamma
is 0, z counts as 0. No row has several entries. Both runs end in a normalization, or neither.
Why. c_v z_v + beta_v = c_v t z'_j + beta_v = s c'_j z'_j + s beta'_j + k: Theorem 1*, theory D2.3,
`relabelling_is_sound` in proofs/rocq/statements.v, for z and with t; irrational numbers are never
added up.
Attacks. A variance or an epsilon that differs: t is irrational, or another. A mean that differs:
z_v is no multiple. A gamma of 0 in one of both: then z is 0 there, and has to be in the other. A
constant that is irrational: no k is.

t: the scale of z where s is that of y
live: units whose z is not 0
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.errors import reject
from lumpver.exact.array import Exact, compact, divide, entry, equal, nonzero, rationals, zeros
from lumpver.exact.roots import ratios

if TYPE_CHECKING:
    from lumpver.model.normalization import Scaling
    from lumpver.model.relabelling import Indices, Mask, Relabelling

Rows = tuple[Exact, Exact]


def live(z: Rows) -> Mask:
    """The units whose z is not 0."""
    return np.asarray(nonzero(z[0]).any(axis=1) | nonzero(z[1]), dtype=bool)


def inner(
    name: str, after: Relabelling, ours: tuple[Scaling, Rows], theirs: tuple[Scaling, Rows] | None
) -> Relabelling:
    """What the relabelling of y asks of z: the same blocks, t for s, and no constants.

    Raises
    ------
    Rejected
        If it asks for a t that is irrational, or a row has several entries.
    """
    if after.mixed:
        reject("normalization", name, "at most one entry", "several", int(after.mixed.unit[0]))
    held = np.flatnonzero((after.block >= 0) & (after.block < after.width))
    ghosts = np.flatnonzero(after.block >= after.width)
    scale = rationals(np.ones(after.units))
    if theirs is not None and held.size:
        steps = _steps(name, held, (ours, theirs), after.block[held], after.scale[held])
        scale[held] = rationals(steps)
    if ghosts.size:
        _, first = np.unique(after.block[ghosts], return_index=True)
        leads = ghosts[first][np.searchsorted(after.block[ghosts[first]], after.block[ghosts])]
        steps = divide(after.scale[ghosts], after.scale[leads])
        scale[ghosts] = rationals(_steps(name, ghosts, (ours, ours), leads, steps))
    none = np.zeros(0, dtype=np.int64)
    return replace(after, scale=compact(scale), constant=zeros(after.units), off=none)


def _steps(
    name: str,
    units: Indices,
    both: tuple[tuple[Scaling, Rows], tuple[Scaling, Rows]],
    others: Indices,
    scale: Exact,
) -> Exact:
    """t for each of the units beside another of the second run, where y has this scale."""
    (ours, z), (theirs, beside) = both
    moves = live(z)[units] & live(beside)[others]
    gamma, other = ours.gamma[units], theirs.gamma[others]
    turned, rational = ratios(theirs.squares[others], ours.squares[units])
    wrong = np.flatnonzero(moves & ~rational)
    if wrong.size:
        v = int(units[wrong[0]])
        square = entry(theirs.squares, int(others[wrong[0]]))
        expected = f"a square times {square}"
        reject("normalization", name, expected, str(entry(ours.squares, v)), v)
    turns = np.flatnonzero(moves & ~(equal(gamma, other) & equal(turned, np.ones(units.size))))
    found = rationals(scale).copy() if turns.size else scale
    for i in turns.tolist():
        found[i] *= entry(turned, i) * entry(other, i) / entry(gamma, i)
    return found


def constants(after: Relabelling, ours: Scaling, z: Rows) -> Rows:
    """(d, beta) with what is constant in z taken into beta, for units that are constants.

    Only where that is rational; what stays in d has to be 0.
    """
    d, beta = z[1], ours.beta
    units = np.flatnonzero(after.fixed & nonzero(d))
    if units.size:
        d, beta = rationals(d).copy(), rationals(beta).copy()
    for v in units.tolist():
        value = ours.constant(v, entry(d, v))
        if value is not None:
            d[v], beta[v] = entry(zeros(1), 0), value
    return d, beta
