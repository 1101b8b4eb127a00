"""Activations of their own: which one each unit has, and each column of the counterpart.

Statement. Let row v of t = M t' + k have one entry, s in column c. If unit v and column c have the
same activation A, and A(s y + k) = s' A(y) + k' for all y, then row v of what they make is s' in
the same column, plus k'. A constant row is A(k) for the unit's own A.
Premises. There are as many activations as units, along the axis of M, in both models; those that
differ along another axis make no row. A ghost's activation is that of its first unit, and any will
do: nobody holds it, each row that reads it is asked for the same.
Why. On paper: row by row it is what `symmetry` and `signs` say of one activation
(`relabelling_is_sound` in proofs/rocq/statements.v, of layers that have one), since a row is about
one unit and its columns.
Attacks. Slopes of the right numbers in another order; the slope of another member of the block;
slopes along another axis that is as long; one slope too few, or one for all; a ghost whose units
have different slopes; a constant below 0 by another unit's slope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lumpver.errors import ShapeMismatch, reject
from lumpver.model.several import common, each, kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.claim.facts import Fact
    from lumpver.model.activations import Activation
    from lumpver.model.network import Pointwise
    from lumpver.model.relabelling import Mask
    from lumpver.model.several import Activations


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """The activation of each unit, and which units have that of the column that they are in.

    `kinds` are the different ones.
    """

    kinds: tuple[Activation, ...]
    functions: Sequence[Activation]
    agree: Mask

    def of(self, function: Activation) -> Mask:
        """The units that have this one."""
        if self.kinds == (function,):
            return np.ones(len(self.functions), dtype=bool)
        return np.array([own == function for own in self.functions], dtype=bool)


def activations(node: Pointwise, found: Pointwise | None, before: Fact) -> Own:
    """The activations of a relabelled tensor's units, beside those of the counterpart, if any.

    Raises
    ------
    Rejected
        If there are not as many as units or columns, or all units have one and all columns another.
    """
    name, given, some = node.output, before.relabelling, kinds(node.activation)
    if given is None:
        reject("activation", name, "a relabelling", "none")
    functions = _each(node.activation, given.units, before.axis, name)
    theirs = some if found is None else kinds(found.activation)
    if len(some) == len(theirs) == 1:
        if some != theirs:
            reject("activation", name, str(some[0]), str(theirs[0]))
        if found is not None:
            _each(found.activation, given.width, before.axis, name)
        return Own(some, functions, given.block >= 0)
    columns: list[Activation | None] = [None] * given.columns
    for v in np.flatnonzero(given.block >= 0)[::-1].tolist():
        columns[given.block[v]] = functions[v]
    if found is not None:
        columns[: given.width] = _each(found.activation, given.width, before.axis, name)
    pairs = zip(given.block.tolist(), functions, strict=True)
    agree = [block >= 0 and columns[block] == function for block, function in pairs]
    return Own(some, functions, np.array(agree, dtype=bool))


def _each(given: Activations, units: int, axis: int | None, name: str) -> Sequence[Activation]:
    """The activation of each of so many units along an axis."""
    if axis is None and common(given) is None:
        reject("activation", name, "a known unit axis", "none")
    try:
        return each(given, units, axis)
    except ShapeMismatch as error:
        return reject("activation", name, error.expected, error.got)
