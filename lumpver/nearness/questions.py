"""What has to show in a leaf, for two models to be as close as a claim says.

goal: what has to show; it does if one of its rows does
row: a sum of outputs' entries that has to be no less than a number, or more than it
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.claim.closeness import Equal, Relative, SameClass, Within
from lumpver.errors import Malformed
from lumpver.exact.outward import above
from lumpver.exact.scalar import ZERO
from lumpver.nearness.rows import Rows, least

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq

    from lumpver.claim.closeness import Closeness
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices, Mask
    from lumpver.nearness.leaves import Leaves
    from lumpver.nearness.twin import Twin


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Rows of outputs by tensor, what each has to reach, and the goal that it is for.

    `apart` are rows of what one network's outputs are more than the other's.
    """

    rows: Mapping[str, Floats]
    apart: Mask
    reach: Floats
    strict: Mask
    goal: Indices

    def shown(self, values: Floats) -> Mask:
        """Whether all goals are reached, where rows are no less than these values."""
        enough = np.where(self.strict, values > self.reach, values >= self.reach)
        return np.asarray((self._of_goals(enough.astype(np.float64)) > 0).all(axis=1))

    def short(self, values: Floats) -> tuple[Floats, Indices]:
        """By how much each leaf falls short, and the row that says so."""
        missing = self.reach - values
        nearest = -self._of_goals(-missing)
        worst = nearest.argmax(axis=1)
        row = np.where(self.goal == worst[:, None], missing, np.inf).argmin(axis=1)
        return nearest.max(axis=1, initial=-np.inf), row

    def _of_goals(self, values: Floats) -> Floats:
        """The largest of the rows of each goal."""
        starts = np.flatnonzero(np.append(True, self.goal[1:] != self.goal[:-1]))
        return np.asarray(np.maximum.reduceat(values, starts, axis=1))


def question(twin: Twin, closeness: Closeness) -> Question:
    """What has to show, of all outputs.

    Raises
    ------
    Malformed
        If there is no output, or nothing that bounds can show.
    """
    match closeness:
        case Within():
            rows = [row for a, b in twin.outputs for row in _within(twin, a, b, closeness.of(a))]
        case SameClass():
            rows = [row for a, b in twin.outputs for row in _same_class(twin, a, b, closeness)]
        case Equal():
            rows = [row for a, b in twin.outputs for row in _within(twin, a, b, ZERO)]
        case Relative():
            raise Malformed("closeness", expected="numbers, which points show", got="none yet")
        case _:
            assert_never(closeness)
    if not rows:
        raise Malformed("outputs", expected="an entry to compare", got="none")
    names = dict.fromkeys(name for pair in twin.outputs for name in pair)
    made = {name: np.zeros((len(rows), twin.plan.size(name))) for name in names}
    for k, row in enumerate(rows):
        for name, entry, factor in row.terms:
            made[name][k, entry] += factor
    goals: dict[tuple[object, ...], int] = {}
    return Question(
        made,
        np.array([row.apart for row in rows]),
        np.array([above(row.reach) for row in rows]),
        np.array([row.strict for row in rows]),
        np.array([goals.setdefault(row.goal, len(goals)) for row in rows]),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    goal: tuple[object, ...]
    terms: tuple[tuple[str, int, float], ...]
    apart: bool
    reach: fmpq
    strict: bool = False


def _within(twin: Twin, a: str, b: str, eps: fmpq) -> list[_Row]:
    """Neither output is more than eps above the other."""
    return [
        _Row((a, i, sign), ((a, i, sign), (b, i, -sign)), apart=True, reach=-eps)
        for i in range(twin.plan.size(a))
        for sign in (1.0, -1.0)
    ]


def _same_class(twin: Twin, a: str, b: str, wanted: SameClass) -> list[_Row]:
    """Where the first has class i, leading enough, the second does not prefer j.

    That is so where the first never has class i, for j is always nearer than delta or above; or
    where the second never prefers j; or where the second's i cannot fall behind j from where the
    first's is. Of entries that are equal the one that comes first is the class.
    """
    length = twin.plan.shapes[a][-1] if twin.plan.shapes[a] else 1
    up = 1.0 if wanted.by == "max" else -1.0
    found, delta = list[_Row](), wanted.delta
    for start in range(0, twin.plan.size(a), max(length, 1)):
        for p in range(length):
            for q in range(length):
                if p == q:
                    continue
                i, j, goal = start + p, start + q, (a, start, p, q)
                ours, theirs = ((a, i, -up), (a, j, up)), ((b, i, up), (b, j, -up))
                led = delta > 0
                found += [
                    _Row(goal, ours, apart=False, reach=-delta, strict=led or q > p),
                    _Row(goal, theirs, apart=False, reach=ZERO, strict=q < p),
                    _Row(goal, ours + theirs, apart=True, reach=-delta, strict=led and q < p),
                ]
    return found


@dataclass(slots=True, eq=False)
class Values:
    """Numbers that rows are never below in each leaf.

    Where leaves are noting, `slopes` are the factors with which rows end at the inputs, and `lost`
    says by activation how much of a row is lost where.
    """

    least: Floats
    slopes: Floats
    lost: dict[str, Floats]


def values(leaves: Leaves, asked: Question) -> Values:
    """What the rows of a question are in each leaf; infinite in leaves without inputs."""
    count, size = leaves.count, asked.goal.size
    wide = sum(map(leaves.twin.plan.size, leaves.twin.inputs)) if leaves.noting else 0
    found = Values(np.full((count, size), -np.inf), np.zeros((count, size, wide)), {})
    with np.errstate(all="ignore"):
        for apart in (False, True):
            at = np.flatnonzero(asked.apart == apart)
            if not at.size:
                continue
            of = np.repeat(np.arange(count), at.size)
            parts = {n: np.tile(rows[at], (count, 1)) for n, rows in asked.rows.items()}
            noted: dict[str, Floats] | None = {} if leaves.noting else None
            rows = Rows(of, parts, np.zeros(of.size), np.zeros(of.size), noted=noted)
            found.least[:, at] = least(leaves, rows, apart=apart).reshape(count, at.size)
            if noted is None:
                continue
            found.slopes[:, at] = rows.slopes(leaves.twin).reshape(count, at.size, wide)
            for name, lost in noted.items():
                whole = found.lost.setdefault(name, np.zeros((count, size, lost.shape[1])))
                whole[:, at] = lost.reshape(count, at.size, -1)
    found.least[leaves.void] = np.inf
    return found
