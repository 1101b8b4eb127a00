"""Symmetries: an activation of a multiple of its argument, or of the reflected argument.

Statement. Let row v of t = M t' + k have one entry s. If A(s y + k) = s' A(y) + k' for all y,
then row v of A(t) is s' in the same column, plus k'. The table says which A have such a law:
for ReLU, LeakyReLU and abs s' = s > 0 and k' = k = 0, for tanh s = s' = -1, for the sigmoid
s = s' = -1 and k' = 1; Clip between l and h has s = s' = -1 and k = k' = l + h.
Premises. A and its parameters are the same in both models. s and k are what the law has: the
centre about which both are, the sign, and 1 where A has no degree.
Why. Unit by unit it is the law itself, at y = t'; for scales above 0 through ReLU
`relabelling_is_sound` in proofs/rocq/statements.v. Each law is a theorem of `lumpver theorems`,
proved by z3 for all parameters, or, where A is irrational, theory D5: tanh and erf are odd, and
1/(1 + e^y) = 1 - 1/(1 + e^-y).
Attacks. A scale below 0 through ReLU; twice a unit through tanh; a reflection about 0 through a
Clip from 0 to 6; the right scale with a constant that is off; parameters of another node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lumpver.exact.array import compact, entry, equal, nonzero, positive, rationals

if TYPE_CHECKING:
    from lumpver.exact.array import Exact
    from lumpver.model.activations import Activation
    from lumpver.model.relabelling import Mask, Relabelling


def carried(before: Relabelling, function: Activation, rows: Mask) -> tuple[Mask, Exact, Exact]:
    """Of these rows, which have one entry, those that a law carries; scales and constants then."""
    law, scale, constant = function.law, before.scale, before.constant
    same = positive(scale) if law.multiplies else equal(scale, np.ones(rows.size))
    passes = np.asarray(rows & same & ~nonzero(constant), dtype=bool)
    others = np.flatnonzero(rows & ~passes)
    found = {}
    for v in others.tolist():
        row = law.row(entry(scale, v), entry(constant, v))
        if row is not None:
            found[v] = row
    if not found:
        return passes, scale, constant
    units = list(found)
    passes[units] = True
    scale, constant = rationals(scale).copy(), rationals(constant).copy()
    for v, (factor, shift) in found.items():
        scale[v], constant[v] = factor, shift
    return passes, compact(scale), compact(constant)
