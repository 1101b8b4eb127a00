"""The same forms over columns of another slope: what bends at h does so by any activation.

Where columns have the slope a, A(h) is a sum of h and of what another activation makes of h. Which
slope leaves the fewest units to carry, chains tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.forms import Columns, add, needed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flint import fmpq

    from lumpver.model.forms import Form


def each_base(
    outputs: Sequence[Form], columns: Columns
) -> Iterator[tuple[list[Form], Columns, bool]]:
    """The forms as they are, then over columns of one slope: each that they have, and ReLU's.

    It is said of which the columns are all of one slope.

    Raises
    ------
    TooLarge
        If there is no room left for one of them.

    Examples
    --------
    >>> columns = Columns(1)
    >>> form = columns.activated({0: ONE}, ONE / 2)
    >>> [found for found, _, _ in each_base([form], columns)]
    [[{1: 1}], [{1: 1/2, 0: 1/2}]]
    """
    live = needed(outputs, columns)
    met = {columns.slopes[c - columns.inputs] for c in live}
    yield [*outputs], columns, len(met) == 1
    for slope in sorted({*met, ZERO}) if met else ():
        if met != {slope}:
            yield *_over(outputs, columns, live, slope), True


def _over(
    outputs: Sequence[Form], columns: Columns, live: Sequence[int], slope: fmpq
) -> tuple[list[Form], Columns]:
    """The forms over columns of this slope."""
    made = Columns(columns.inputs, columns.room)
    forms: dict[int, Form] = {}
    for column in live:
        place = column - columns.inputs
        behind = _replaced(columns.behind[place], forms, made)
        count = len(made.behind)
        made.activated(behind, slope)
        forms[column] = made.activated(behind, columns.slopes[place])
        if len(made.behind) > count:
            made.factors[count] = columns.factors[place]
    return [_replaced(form, forms, made) for form in outputs], made


def _replaced(form: Form, forms: dict[int, Form], columns: Columns) -> Form:
    """A form with these instead of the columns that they are of."""
    found: Form = {}
    for column, value in form.items():
        add(found, value, forms.get(column, {column: ONE}))
    columns.takes(len(found))
    return found
