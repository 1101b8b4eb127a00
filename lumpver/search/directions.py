"""What forms have of the inputs, in terms of a few directions that are carried.

direction: a form over inputs alone, without a constant
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import flint

from lumpver.exact.scalar import ONE, ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.model.forms import Form


def of_inputs(form: Form, inputs: int) -> Form:
    """What a form has of the inputs."""
    return {column: value for column, value in form.items() if 0 <= column < inputs}


def spanning(parts: Sequence[Form]) -> tuple[Form, ...]:
    """As few directions as span all of these: inputs themselves where that is as few.

    Examples
    --------
    >>> spanning([{0: ONE}, {0: 2 * ONE, 3: ONE}])
    ({0: 1}, {3: 1})
    >>> spanning([{0: ONE, 1: ONE}, {}])
    ({0: 1, 1: 1},)
    """
    support = sorted({column for part in parts for column in part})
    found = _independent([part for part in parts if part], support)
    if len(found) == len(support):
        return tuple({column: ONE} for column in support)
    return tuple(found)


def _independent(parts: Sequence[Form], support: list[int]) -> list[Form]:
    """The first of the parts that are no combination of those before them."""
    if not parts:
        return []
    entries = [part.get(column, ZERO) for column in support for part in parts]
    reduced, rank = flint.fmpq_mat(len(support), len(parts), entries).rref()
    return [
        parts[next(j for j in range(len(parts)) if reduced[row, j] != 0)] for row in range(rank)
    ]


def coordinates(part: Form, directions: Sequence[Form]) -> list[fmpq]:
    """The factors of independent directions that add up to a part, which they span.

    Examples
    --------
    >>> coordinates({0: 6 * ONE, 1: 2 * ONE}, [{0: 3 * ONE, 1: ONE}])
    [2]
    """
    if not directions:
        return []
    support = sorted({column for form in (part, *directions) for column in form})
    table = [
        [*(form.get(column, ZERO) for form in directions), part.get(column, ZERO)]
        for column in support
    ]
    width = len(directions)
    flat = [value for row in table for value in row]
    reduced, _ = flint.fmpq_mat(len(support), width + 1, flat).rref()
    return [reduced[i, width] for i in range(width)]
