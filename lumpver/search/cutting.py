"""Trees of cuts: which halves of a box to bound apart, so that more entries are decided.

The leaf with the most entries that no sample excludes, but that are open, is cut next, where the
ranges of inputs have the largest effect on those. Cuts that decide nothing are undone.

wanted: entries that are open on the whole box, with a side that no sample excludes
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.bounding import bounded, units
from lumpver.bounds.hinted import halves
from lumpver.bounds.steps import Bent
from lumpver.search.climbing import work
from lumpver.search.slanting import Pass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lumpver.bounds.leaf import Interval, Leaf
    from lumpver.bounds.plan import Plan
    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices, Mask
    from lumpver.search.effort import Effort
    from lumpver.search.sampling import Seen

_DEEPEST: Final = 40
_INPUTS: Final = 64  # entries of inputs: cutting a few of more decides nothing
_FEW: Final = 24  # rows whose effects are asked
_CALLS: Final = 2**22  # products that take as long as it takes to ask for those of a tensor
_ENTRY: Final = 2**7  # and as what is done for an entry of a row

Wanted = dict[str, tuple["Indices", "Indices"]]  # by tensor: entries and their sides


@dataclass(slots=True, eq=False)
class Part:
    """A part of the box: which wanted entries it decides, and its halves if it is cut."""

    box: dict[str, Interval]
    decided: Mask
    effects: Floats
    depth: int = 0
    cut: int = 0
    halves: tuple[Part, Part] | None = None


@dataclass(slots=True, eq=False)
class Cutting:
    """The whole box, what is wanted of it, and what has been seen in it."""

    plan: Plan
    whole: Mapping[str, Interval]
    wanted: Wanted
    seen: Seen

    def part(self, box: dict[str, Interval], depth: int) -> Part:
        """What is known of a part."""
        leaf = bounded(self.plan, box, within=self.whole, wary=2)
        middle = {name: (known.lower / 2 + known.upper / 2)[None] for name, known in box.items()}
        self.seen.look(middle)
        decided = np.concatenate([_decided(leaf, name, *of) for name, of in self.wanted.items()])
        return Part(box, decided, self._effects(leaf, decided), depth)

    def hopeful(self) -> Mask:
        """Which wanted entries no sample excludes."""
        found = [
            np.where(sides > 0, *(self.seen.hopeful(name, side)[at] for side in (1, -1)))
            for name, (at, sides) in self.wanted.items()
        ]
        return np.concatenate(found).astype(bool)

    def _effects(self, leaf: Leaf, decided: Mask) -> Floats:
        """How much the range of each entry of the inputs moves open wanted entries."""
        open_, first = ~decided & self.hopeful(), 0
        ends = [name for name in self.plan.shapes if name not in self.plan.steps]
        effects = np.zeros(sum(self.plan.size(name) for name in ends))
        for name, (at, sides) in self.wanted.items():
            here = open_[first : first + at.size]
            first += at.size
            some = np.flatnonzero(here)[:_FEW]
            if not some.size:
                continue
            one = Pass(leaf, {}, {})
            one.back(name, sides[some][:, None] * units(leaf, name, at[some]))
            parts = [
                np.abs(one.factors[end]).sum(axis=0)
                * (leaf.intervals[end].upper - leaf.intervals[end].lower)
                if end in one.factors
                else np.zeros(self.plan.size(end))
                for end in ends
            ]
            found = np.concatenate(parts)
            effects += here.sum() * found / max(found.sum(), 1e-300)
        return effects


def _decided(leaf: Leaf, name: str, at: Indices, sides: Indices) -> Mask:
    known = leaf.intervals[name]
    return np.asarray(np.where(sides > 0, known.lower[at] > 0, known.upper[at] < 0))


def wanted(plan: Plan, whole: Mapping[str, Interval], seen: Seen) -> Wanted:
    """Entries that activations at 0 leave open, with a side that no sample excludes."""
    found: Wanted = {}
    for step in plan.steps.values():
        if not isinstance(step, Bent):
            continue
        name, known = step.operand, whole[step.operand]
        open_ = (known.lower < 0) & (known.upper > 0)
        up, down = (open_ & seen.hopeful(name, side) for side in (1, -1))
        at = np.flatnonzero(up ^ down)
        if at.size:
            found[name] = at, np.where(up[at], 1, -1)
    return found


def cut(
    plan: Plan,
    box: Mapping[str, Interval],
    whole: Mapping[str, Interval],
    seen: Seen,
    *,
    leaves: int,
    effort: Effort,
) -> tuple[int, ...]:
    """A tree of at most so many leaves, in preorder."""
    asked = wanted(plan, whole, seen)
    if not asked or leaves == 1 or not cuttable(box):
        return (0,)
    cutting = Cutting(plan, whole, asked, seen)
    with np.errstate(all="ignore"):
        root = cutting.part(dict(box), 0)
        _grown(cutting, root, leaves, effort)
    return tuple(_kept(root, _everywhere(root)))


def cuttable(box: Mapping[str, Interval]) -> bool:
    """Whether all ranges have ends, and there are few."""
    few = sum(known.lower.size for known in box.values()) <= _INPUTS
    return few and all(np.isfinite(known.size).all() for known in box.values())


def _grown(cutting: Cutting, root: Part, leaves: int, effort: Effort) -> None:
    parts, each = [root], _work(cutting)
    while len(parts) < leaves and not effort.over:
        hopeful = cutting.hopeful()
        open_ = [int((hopeful & ~part.decided).sum()) for part in parts]
        worst = max(
            range(len(parts)),
            key=lambda i: (parts[i].depth < _DEEPEST) * open_[i] / 2 ** (parts[i].depth / 2),
        )
        part = parts[worst]
        if not open_[worst] or part.depth >= _DEEPEST or not part.effects.any():
            return
        entry = int(part.effects.argmax())
        low, high = halves(cutting.plan, part.box, entry)
        made = cutting.part(low, part.depth + 1), cutting.part(high, part.depth + 1)
        effort.spend(2 * each)
        part.cut, part.halves = entry + 1, made
        parts[worst : worst + 1] = made


def _work(cutting: Cutting) -> int:
    """How many products it takes at most to bound a part."""
    total = 0
    for name in {step.operand for step in cutting.plan.steps.values() if isinstance(step, Bent)}:
        known = cutting.whole[name]
        open_ = int(((known.lower < 0) & (known.upper > 0)).sum())
        total += _CALLS + 2 * open_ * work(cutting.plan, name, _ENTRY)
    return total


def _everywhere(part: Part) -> Mask:
    """Which wanted entries all leaves decide."""
    if part.halves is None:
        return part.decided
    first, second = (_everywhere(half) for half in part.halves)
    return np.asarray((first & second) | part.decided)


def _kept(part: Part, needed: Mask) -> list[int]:
    """The tree in preorder, without cuts that are not needed for these entries."""
    if part.halves is None or bool((part.decided | ~needed).all()):
        return [0]
    first, second = (_kept(half, needed) for half in part.halves)
    return [part.cut, *first, *second]
