"""Forms of weighted sums of what has forms, and of what is in terms of fewer units.

Rows of weights that are plainly the same make one form, shared by their units.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.exact.array import Exact, entry, is_float, places, rationals
from lumpver.exact.scalar import ONE
from lumpver.model.forms import CONSTANT, Columns, Form, add

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.exact.array import Indices
    from lumpver.model.relabelling import Relabelling


def combined(W: Exact, b: Exact, forms: Sequence[Form], columns: Columns) -> list[Form]:
    """The forms of W x + b, for the forms of x.

    Raises
    ------
    TooLarge
        If there is no room left for them.

    Examples
    --------
    >>> one, two = {0: ONE}, {1: ONE, CONSTANT: ONE}
    >>> combined(np.array([[2.0, 1.0]]), np.array([-1.0]), [one, two], Columns(2))
    [{0: 2, 1: 1}]
    """
    rows, units = places(W)
    numbers = W[rows, units]
    first = _first_alike(rows, units, numbers, b, forms)
    fresh = first == np.arange(b.size)
    kept = fresh[rows]
    rows, units, numbers = rows[kept], units[kept], numbers[kept]
    found: list[Form] = [{} for _ in range(b.size)]
    spent = 0
    single = [next(iter(form.items())) if len(form) == 1 else None for form in forms]
    entries = zip(rows.tolist(), units.tolist(), rationals(numbers).tolist(), strict=True)
    for row, unit, weight in entries:
        alone, total = single[unit], found[row]
        if alone is None or alone[0] in total:
            spent += len(forms[unit])
            columns.takes(0 if spent <= 4 * columns.room else spent)
            add(total, weight, forms[unit])
        else:
            total[alone[0]] = weight * alone[1]
    columns.takes(sum(map(len, found)))
    found = shifted(found, b)
    return [found[row] for row in first.tolist()]


def _first_alike(
    rows: Indices, units: Indices, numbers: Exact, b: Exact, forms: Sequence[Form]
) -> Indices:
    """For each row the first that is plainly the same: equal floats, for the very same forms."""
    if not (is_float(numbers) and is_float(b)):
        return np.arange(b.size)
    seen: dict[int, int] = {}
    units = np.array([seen.setdefault(id(form), i) for i, form in enumerate(forms)])[units]
    if len(seen) < len(forms):
        order = np.lexsort((units, rows))
        numbers, units = numbers[order], units[order]
    ends = np.searchsorted(rows, np.arange(b.size + 1)).tolist()
    entries = [*zip(units.tolist(), numbers.tolist(), strict=True)]
    met: dict[tuple[Any, ...], int] = {}
    keys = (
        (bias, *entries[start:end])
        for bias, start, end in zip(b.tolist(), ends, ends[1:], strict=False)
    )
    return np.array([met.setdefault(key, row) for row, key in enumerate(keys)], dtype=np.intp)


def shifted(forms: Sequence[Form], b: Exact) -> list[Form]:
    """Forms with a number added to each, as a constant; the very same ones share what that is."""
    made: dict[tuple[int, Any], Form] = {}
    found: list[Form] = []
    for form, bias, key in zip(forms, rationals(b).tolist(), b.tolist(), strict=True):
        if bias == 0:
            found.append(form)
            continue
        place = (id(form), key if is_float(b) else id(bias))
        if place not in made:
            made[place] = dict(form)
            add(made[place], bias, {CONSTANT: ONE})
        found.append(made[place])
    return found


def relabelled(found: Relabelling, parts: int) -> list[Form]:
    """The forms of units, each so many entries, over those that they are in terms of.

    Examples
    --------
    >>> from lumpver.model.relabelling import identity
    >>> relabelled(identity(1), 2)
    [{0: 1}, {1: 1}]
    """
    forms: list[Form] = []
    for unit in range(found.units):
        row, constant = found.row(unit), entry(found.constant, unit)
        beside = {} if constant == 0 else {CONSTANT: constant}
        forms += [{c * parts + i: s for c, s in row} | beside for i in range(parts)]
    return forms
