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


def preferred(parts: Sequence[Form], directions: Sequence[Form]) -> tuple[list[int], list[Form]]:
    """As many parts as can take the place of independent directions, and the directions left.

    Those parts, by number, and these directions span what all of the directions do.

    Examples
    --------
    >>> preferred([{0: ONE, 1: ONE}, {2: ONE}], [{0: ONE}, {1: ONE}])
    ([0], [{0: 1}])
    """
    if not parts or not directions:
        return [], [*directions]
    support = sorted({column for form in (*parts, *directions) for column in form})
    both = _leads([*directions, *parts], support)
    within = [i for i, rows in enumerate(both[1][len(directions) :]) if rows < len(directions)]
    some = [*(parts[i] for i in within), *directions]
    leads, _ = _leads(some, support)
    return (
        [within[j] for j in leads if j < len(within)],
        [some[j] for j in leads if j >= len(within)],
    )


def _independent(parts: Sequence[Form], support: list[int]) -> list[Form]:
    """The first of the parts that are no combination of those before them."""
    return [parts[j] for j in _leads(parts, support)[0]]


def _leads(parts: Sequence[Form], support: list[int]) -> tuple[list[int], list[int]]:
    """Which parts are no combination of those before, and of how many first of these each is one.

    The latter is told as the place of the last of them that it has.
    """
    if not parts:
        return [], []
    entries = [part.get(column, ZERO) for column in support for part in parts]
    reduced, rank = flint.fmpq_mat(len(support), len(parts), entries).rref()
    leads = [next(j for j in range(len(parts)) if reduced[row, j] != 0) for row in range(rank)]
    lasts = [
        max((row for row in range(rank) if reduced[row, j] != 0), default=-1)
        for j in range(len(parts))
    ]
    return leads, lasts


def coordinates(parts: Sequence[Form], directions: Sequence[Form]) -> list[list[fmpq]]:
    """Of each part the factors of independent directions that add up to it, which they span.

    Examples
    --------
    >>> coordinates([{0: 6 * ONE, 1: 2 * ONE}, {}], [{0: 3 * ONE, 1: ONE}])
    [[2], [0]]
    """
    if not directions or not parts:
        return [[] for _ in parts]
    some = [*directions, *parts]
    support = sorted({column for form in some for column in form})
    entries = [form.get(column, ZERO) for column in support for form in some]
    reduced, _ = flint.fmpq_mat(len(support), len(some), entries).rref()
    width = len(directions)
    return [[reduced[i, j] for i in range(width)] for j in range(width, len(some))]
