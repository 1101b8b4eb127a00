"""Ghosts: columns that the reduced network does not hold, because nothing observes them.

Statement. The reduced network's W', b' may be extended by one row per ghost: its first
member's row of W M and W k + b, divided by that member's scale. With it, the rule
`relabelling` holds for the members of ghosts too.
Premises. Every member of a ghost is a multiple of the first, by their scales; rows of units
that are held are 0 in the columns of ghosts; a ghost is absent at outputs, at opaque nodes, at
every reader without a rule.
Why. The extended network computes what the reduced one does, for nothing that is held reads a
ghost: `unobserved_units_may_go` in proofs/rocq/statements.v (theory D2.3, backward sweep).
Attacks. A unit that is read after all, called a ghost: its reader's row has an entry in the
ghost's column. Two unrelated units in one ghost: their rows are no multiples. A ratio of absurd
length, to make the check slow: the first entry that is not zero decides before all others.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.rules.residual import Part, Residual, constants_left, rows_left
from lumpver.exact.array import Exact, entry, equal, multiply, nonzero, rationals

if TYPE_CHECKING:
    from lumpver.exact.proportional import Rows
    from lumpver.model.relabelling import Relabelling


def members(R: Exact, rest: Exact, after: Relabelling) -> Residual:
    """What is left of each member of a ghost beside the multiple of the ghost's first."""
    left: Residual = ()
    order = np.argsort(after.block, kind="stable")
    starts = np.searchsorted(after.block[order], np.arange(after.width, after.columns + 1))
    for start, end in pairwise(starts.tolist()):
        lead, others = order[start : start + 1], order[start + 1 : end]
        if not others.size:
            continue
        ratio = multiply(
            rationals(after.scale[others]),
            np.array([1 / entry(after.scale, int(lead[0]))], dtype=object),
        )
        left += _multiples(R[others], ratio, R[np.repeat(lead, others.size)], others)
        left += constants_left(rest[others], multiply(ratio, rest[lead]), others)
    return left


def _multiples(ours: Exact, ratio: Exact, theirs: Exact, units: Rows) -> Residual:
    """What is left of ours beside ratio times theirs; where leads differ, of the leads alone.

    The first entry that is not zero decides almost always; only then is the rest multiplied,
    so that a ratio of absurd length meets few numbers.
    """
    if theirs.shape[1] == 0:
        return ()
    first = nonzero(theirs).argmax(axis=1)
    rows = np.arange(units.size)
    leads, own = multiply(ratio, theirs[rows, first]), ours[rows, first]
    wrong = np.flatnonzero(~equal(own, leads))
    if wrong.size:
        return (Part(units[wrong], first[wrong], own[wrong], leads[wrong]),)
    return rows_left(ours, multiply(ratio[:, None], theirs), units)
