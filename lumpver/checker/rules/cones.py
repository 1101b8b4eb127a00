"""Cones: forms that are never negative, since they add up from what is, in every case.

Statement. Let r = A(h) for an activation of slope a on negative arguments, a not 1. Then r - h and
r - a h are never negative where a < 1, never positive where a > 1. If in each case of a split, in
which every column of the split is on one side of 0, a form f is a sum of these, each times a
number above 0, and of a number that is not negative, then f is never negative.
Premises. Every multiplier is above 0; every column is there already; an entry of the tensor that
forms begin with serves as one only where it is never negative; there is a leaf for each case, and
in it r is replaced by h where h >= 0, by a h where h <= 0; what is left over is a number >= 0.
Why. A(h) is the larger of h and a h where a < 1, the smaller one else. A sum of what is never
negative is not; the cases cover every input, both hold where h = 0 (Farkas; theory F.2). That
units with a known sign pass or go is `stable_units_pass` and `switched_off_units_go` in
proofs/rocq/statements.v.
Attacks. A negative multiplier, which shows anything. A leaf that is missing, or for the other side.
A column that only comes later, of which the form could be made: a circle. An entry of an input
taken as never negative. A LeakyReLU column, or |x|, taken as ReLU's: r itself is no generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.errors import reject
from lumpver.exact.scalar import ONE
from lumpver.model.forms import CONSTANT, add, scaled

if TYPE_CHECKING:
    from flint import fmpq

    from lumpver.claim.signs import Sign
    from lumpver.model.forms import Columns, Form


def require_sign(
    name: str, form: Form, sign: Sign, columns: Columns, *, never_negative: bool
) -> None:
    """A unit of this form has the sign that is claimed; entries are `never_negative` or anything.

    Raises
    ------
    Rejected
        Naming the unit of which it is not shown.
    """
    if len(sign.leaves) != 2 ** len(sign.split):
        expected, got = f"{2 ** len(sign.split)} cases", str(len(sign.leaves))
        reject("signs", name, expected, got, sign.unit)
    if any(not _is_activated(column, columns) for column in sign.split):
        reject("signs", name, "cases of columns that there are", "others", sign.unit)
    for case, leaf in enumerate(sign.leaves):
        rest = scaled(form, ONE if sign.up else -ONE)
        for generator, times in leaf:
            if times <= 0:
                reject("signs", name, "multipliers above 0", str(times), sign.unit)
            column, side = divmod(generator, 2)
            if column < columns.inputs and never_negative and not side:
                add(rest, -times, {column: ONE})
            elif _is_activated(column, columns):
                _take(rest, times, column, side, columns)
            else:
                expected = "columns that there are, and are never negative"
                reject("signs", name, expected, f"column {column}", sign.unit)
        _substitute(rest, case, sign.split, columns)
        left = {column: value for column, value in rest.items() if column != CONSTANT}
        if left:
            got = f"{min(left.values(), key=abs)} of column {min(left)}"
            reject("signs", name, f"nothing left in case {case}", got, sign.unit)
        if CONSTANT in rest and rest[CONSTANT] < 0:
            got = str(rest[CONSTANT])
            reject("signs", name, f"a number above 0 left in case {case}", got, sign.unit)


def _is_activated(column: int, columns: Columns) -> bool:
    return columns.inputs <= column < columns.inputs + len(columns.behind)


def _take(rest: Form, times: fmpq, column: int, side: int, columns: Columns) -> None:
    """Take so many times a side of a column's activation from what is left."""
    place = column - columns.inputs
    slope = columns.slopes[place]
    turned = times if slope < 1 else -times
    columns.takes(1 + len(columns.behind[place]))
    add(rest, -turned, {column: ONE})
    factor = slope if side else ONE
    if factor != 0:
        add(rest, turned * factor, columns.behind[place])


def _substitute(rest: Form, case: int, split: tuple[int, ...], columns: Columns) -> None:
    """Replace the columns of a split by what they are in a case, the last ones first."""
    for place, column in enumerate(reversed(split)):
        behind = columns.behind[column - columns.inputs]
        slope = columns.slopes[column - columns.inputs] if case >> place & 1 else ONE
        value = rest.pop(column, None)
        if value is not None and slope != 0:
            columns.takes(len(behind))
            add(rest, value * slope, behind)
