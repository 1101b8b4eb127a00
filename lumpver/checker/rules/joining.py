"""Joins of relabelled tensors: which rows of the operands make rows of the result.

Statement. If a = M a' + k and b = N b' + l for the operands of a join, and the counterpart joins
a' and b', then the result is P y' + m with
- M = N = P for sums, differences, means, and along another axis than the units';
- M = N = P, each row with one entry s > 0 or none, and k = l in rows with an entry, for the
  largest and the smallest;
- for products: s t in the column where both M and N have s and t, and k = l = 0 there, be it a
  ghost, which then stands for the product of both; no entry and 0 where either row is zero with
  k = 0; for quotients only the former;
- P block diagonal, m = (k, l), for tensors put side by side along the axis of the units;
- P = N, l = 0, for a product of matrices whose first factor is a' itself, the units being the
  columns of the second.
Any other unit of a product is a column of its own that the counterpart does not hold. So is one of
any join that is a ghost in some operand and held in none, unless it is the same ghost in all.
A column is off, which activations see to, where it is so in some operand.
Premises. The units lie along one axis, and no operand is repeated along it, in either model;
or, for a factor or divisor, it is repeated along it in both, and is the same in both.
Why. M a' + k + M b' + l = M (a' + b') + (k + l), and so on, entry by entry; ghost columns are
columns of the extended network, which joins them as well. max (s x + k) (s y + k) =
s max x y + k for s > 0. A column of A B is the sum of A's columns times the entries of B's: linear
in B's column, with numbers that A alone gives, so that A (B' N^T) = (A B') N^T. A unit that is a
column of its own may go where nobody reads it: `unobserved_units_may_go` in
proofs/rocq/statements.v.
Attacks. Two scales in a sum, s^2 in a product that claims s; a constant beside a factor's entry;
0 / b, which is no number where b is 0; a negative scale through the largest; blocks of two
operands in one column of a Concat; operands in another order; (C, 1, 1) against (1, C). A unit that
one operand has and another has not; one that is off in an operand, and not in the sum. A first
matrix that is relabelled, or another one; units along the axis that is summed over; a constant in
the second, which the first multiplies by the sums of its rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lumpver.checker.rules.residual import require
from lumpver.errors import reject
from lumpver.exact.array import (
    compact,
    equal,
    nonzero,
    positive,
    rationals,
)
from lumpver.model.join import Join, value
from lumpver.model.relabelling import Relabelling
from lumpver.model.together import lone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.relabelling import Mask


def alike(node: Join, given: Sequence[Relabelling]) -> Relabelling:
    """What a join makes of relabellings that have one M.

    Raises
    ------
    Rejected
        If they have not, or a unit may come out otherwise.
    """
    name, first = node.output, given[0]
    lost = _lost(given)
    for other in given[1:]:
        _one_matrix(name, first, other, lost)
    constants = [found.constant for found in given]
    if node.operator in ("Max", "Min", "Concat"):
        varies = first.block >= 0
        if node.operator != "Concat":
            require(~varies | positive(first.scale), "join", name, "a positive scale", "another")
        for constant in constants[1:]:
            same = equal(constants[0], constant) | (~varies & (node.operator != "Concat")) | lost
            require(same, "join", name, "the same constant in all operands", "another")
    if node.operator != "Concat":
        first = replace(first, constant=value(node, *constants))
    return lone(first, np.flatnonzero(lost), given)


def _lost(given: Sequence[Relabelling]) -> Mask:
    """The units that are ghosts in some operands, and in others none of the same column.

    None that is held somewhere is: that is told apart.
    """
    first = given[0]
    if any(found.units != first.units for found in given):
        return np.zeros(0, dtype=bool)
    some = np.logical_or.reduce([found.block >= found.width for found in given])
    held = [(found.block >= 0) & (found.block < found.width) for found in given]
    differs = np.logical_or.reduce([found.block != first.block for found in given])
    return np.asarray(some & differs & ~np.logical_or.reduce(held), dtype=bool)


def _one_matrix(name: str, a: Relabelling, b: Relabelling, lost: Mask) -> None:
    counts = [(x.units, x.width) for x in (a, b)]
    same = np.zeros(0, dtype=bool) if counts[0] != counts[1] else (a.block == b.block) | lost
    if counts[0] != counts[1] or (not same.all() and a.ghosts != b.ghosts):
        expected, got = (f"{x.units} units, {x.width} held, {x.ghosts} not" for x in (a, b))
        reject("join", name, expected, got)
    require(same, "join", name, "the same block in all operands", "another")
    same = equal(a.scale, b.scale) | (a.block < 0) | lost
    require(same, "join", name, "the same scale in all operands", "another")


def factors(node: Join, a: Relabelling, b: Relabelling) -> Relabelling:
    """What a product or a quotient makes of the relabellings of its operands.

    Raises
    ------
    Rejected
        If they do not hold as many units, or a quotient is not made column by column.
    """
    name = node.output
    if (a.units, a.width) != (b.units, b.width):
        expected, got = (f"{x.units} units, {x.width} held" for x in (a, b))
        reject("join", name, expected, got)
    plain = ~nonzero(a.constant) & ~nonzero(b.constant)
    both = (a.block >= 0) & (a.block == b.block) & plain
    fixed = (a.block < 0) & (b.block < 0)
    scale, constant = rationals(np.ones(a.units)), rationals(np.zeros(a.units))
    if node.operator == "Div":
        require(both | fixed, "join", name, "one entry each in the same place, or none", "others")
        require(~fixed | nonzero(b.constant), "join", name, "a constant to divide by", "0")
    some = np.flatnonzero(both)
    scale[some] = rationals(value(node, a.scale[some], b.scale[some]))
    some = np.flatnonzero(fixed)
    constant[some] = rationals(value(node, a.constant[some], b.constant[some]))
    gone = ((a.block < 0) & ~nonzero(a.constant)) | ((b.block < 0) & ~nonzero(b.constant))
    alone = np.flatnonzero(~both & ~fixed & ~gone)
    block = np.where(both, a.block, -1)
    columns = min(a.columns, b.columns)
    block[alone] = columns + np.arange(alone.size)
    ghosts = columns - a.width + alone.size
    found = Relabelling(block, compact(scale), compact(constant), a.width, ghosts)
    return lone(found, alone[:0], (a, b))


def scaled(node: Join, a: Relabelling) -> Relabelling:
    """What one factor or divisor for all units leaves of a relabelling without constants.

    Raises
    ------
    Rejected
        If there is one.
    """
    require(~nonzero(a.constant), "join", node.output, "no constant", "one")
    return a


def mixed(node: Join, b: Relabelling) -> Relabelling:
    """What a matrix that stays as it is leaves of a relabelling of columns without constants.

    Raises
    ------
    Rejected
        If there is one, or a unit that an activation has yet to make 0.
    """
    require(~nonzero(b.constant), "join", node.output, "no constant to multiply", "one")
    if b.off.size:
        reject("join", node.output, "no unit that an activation has yet to make 0", "one")
    return b
