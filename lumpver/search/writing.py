"""What a run writes: rows to compare, and what normalizes them if it ends in a normalization.

z: what is normalized, less its mean; R x + b where nothing is
still: units whose rows are 0
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.exact.array import (
    Exact,
    compact,
    entry,
    is_float,
    negative,
    nonzero,
    rationals,
    zeros,
)
from lumpver.exact.proportional import proportional_rows
from lumpver.exact.roots import ratio
from lumpver.exact.scalar import ONE
from lumpver.model.normalization import rational, scaling
from lumpver.model.segments import aggregate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq

    from lumpver.exact.proportional import Rows
    from lumpver.model.network import Segment
    from lumpver.model.normalization import Scaling
    from lumpver.model.relabelling import Mask, Relabelling
    from lumpver.search.stable import Class


@dataclass(frozen=True, eq=False)
class Written:
    """The rows and constants of a run's output units: z = R x + d, and what it is scaled by."""

    R: Exact
    d: Exact
    scaling: Scaling | None = None

    @cached_property
    def moving(self) -> Mask:
        """The units that depend on what the run reads."""
        return np.asarray(nonzero(self.R).any(axis=1), dtype=bool)

    @cached_property
    def zero(self) -> Mask:
        """The units that are always 0."""
        beta = self.d if self.scaling is None else self.scaling.beta
        return np.asarray(~(self.moving | nonzero(self.d) | nonzero(beta)), dtype=bool)

    def values(self, still: Mask) -> tuple[Exact, Mask]:
        """What those units are, which are still; and which of them are irrational."""
        unknown = np.zeros(still.size, dtype=bool)
        if self.scaling is None:
            return self.d, unknown
        values = rationals(zeros(still.size))
        for v in np.flatnonzero(still).tolist():
            value = self.scaling.constant(v, entry(self.d, v))
            unknown[v] = value is None
            values[v] = values[v] if value is None else value
        return compact(values), unknown

    def classes(self, units: Rows, *, multiples: bool) -> list[Class]:
        """Those units, of which none is always 0, by positive multiples or, without, equals."""
        if self.scaling is None:
            if self.moving[units].all():
                return proportional_rows(self.R, self.d, units, multiples=multiples)
            whole = np.concatenate(_alike(self.R, self.d[:, None]), axis=1)
            return proportional_rows(whole, zeros(whole.shape[0]), units, multiples=multiples)
        fixed = ~self.moving[units] & ~nonzero(self.d)[units]
        beta, none = self.scaling.beta[:, None], zeros(self.d.size)
        found = proportional_rows(beta, none, units[fixed], multiples=multiples)
        for members in self._suspects(self.scaling, units[~fixed]):
            found += _parted(self.scaling, members, multiples=multiples)
        return sorted(found, key=lambda members: members[0][0])

    def _suspects(self, scaling: Scaling, units: Rows) -> list[Class]:
        """Units whose z are multiples of each other, negative ones where their gammas are too."""
        R, d, turned = self.R, self.d, negative(scaling.gamma)
        if turned[units].any():
            R, d = R.copy(), d.copy()
            R[turned], d[turned] = -R[turned], -d[turned]
        moves = self.moving[units]
        found = proportional_rows(R, d, units[moves])
        return found + proportional_rows(d[:, None], zeros(d.size), units[~moves])


def _alike(*parts: Exact) -> list[Exact]:
    floats = all(map(is_float, parts))
    return list(parts) if floats else [rationals(part) for part in parts]


def together(writers: Sequence[Written], units: Rows, *, multiples: bool) -> list[Class]:
    """Those units by one multiple that they have in all writers; in none of them all are 0."""
    if all(writer.scaling is None for writer in writers):
        parts = [part for writer in writers for part in (writer.R, writer.d[:, None])]
        whole = np.concatenate(_alike(*parts), axis=1)
        return proportional_rows(whole, zeros(whole.shape[0]), units, multiples=multiples)
    marks: dict[int, list[tuple[int, int, fmpq]]] = {int(v): [] for v in units}
    for place, writer in enumerate(writers):
        some = units[~writer.zero[units]]
        for members in writer.classes(some, multiples=multiples):
            for v, step in members:
                marks[v].append((place, members[0][0], step))
    groups: dict[tuple[Any, ...], list[tuple[int, fmpq]]] = {}
    for v, found in marks.items():
        first = found[0][2]
        key = tuple((place, lead, step / first) for place, lead, step in found)
        groups.setdefault(key, []).append((v, first))
    return [[(v, step / members[0][1]) for v, step in members] for members in groups.values()]


def written(segment: Segment, before: Relabelling | None, units: int) -> Written:
    """What a run writes that reads a tensor of so many units with this relabelling."""
    R, b = aggregate(rational(segment), before, units)
    found = scaling(segment)
    return Written(R, b) if found is None else Written(*found.centered(R, b), found)


def _parted(scaling: Scaling, members: Class, *, multiples: bool) -> list[Class]:
    """The classes of units whose z are these multiples of the first one's."""
    found: list[tuple[fmpq, Class]] = []
    for v, z in members:
        for lead, others in found:
            step = _step(scaling, (others[0][0], lead), (v, z))
            if step is not None and (multiples or step == 1):
                others.append((v, step))
                break
        else:
            found.append((z, [(v, ONE)]))
    return [others for _, others in found]


def _step(scaling: Scaling, first: tuple[int, fmpq], second: tuple[int, fmpq]) -> fmpq | None:
    """What the second unit is as a multiple of the first, whose z have this ratio."""
    (u, one), (v, other) = first, second
    gammas = [abs(entry(scaling.gamma, unit)) for unit in (u, v)]
    turn = ratio(entry(scaling.squares, v), entry(scaling.squares, u))
    if turn is None:
        return None
    step = turn * gammas[1] * other / (gammas[0] * one)
    return step if entry(scaling.beta, v) == step * entry(scaling.beta, u) else None
