"""The search for a covering: boxes are cut until it shows that two models are close in each part.

Where a part is cut depends on it alone: at the input that moves most of what is lost where
activations are between lines, or, where many inputs are free, at the unit where most is lost.
Nothing here is believed; `nearness.judging` looks again.

round: parts that are weighed before any is cut, by as many workers as there are
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.steps import Bent
from lumpver.nearness.covering import covered
from lumpver.nearness.forms import MOST_FREE
from lumpver.nearness.judging import AT_ONCE
from lumpver.nearness.questions import values
from lumpver.nearness.trees import MOST_SIDES, halves, inputs, stacked, whole
from lumpver.nearness.twin import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lumpver.exact.floats import Floats
    from lumpver.model.relabelling import Indices, Mask
    from lumpver.nearness.leaves import Leaves
    from lumpver.nearness.questions import Question, Values
    from lumpver.nearness.trees import Part
    from lumpver.nearness.twin import Twin

_ROUND: Final = 4096
_WARY: Final = 2  # another order of sums may lose as much again
_WORST: Final = 8
_FAR: Final = (4.0, 16.0)  # times what is allowed: parts that fall short by more are cut again

_WIDE: Final = 2**12  # entries of the inputs of parts that are weighed at once


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Of some parts: whether all shows, by how much it falls short, and what a cut would gain.

    `unit` is the number of the unit to cut at, or -1 where an entry of the inputs is better.
    """

    shown: Mask
    short: Floats
    gain: Floats
    unit: Indices


def weighed(twin: Twin, asked: Question, part: Part) -> Weighed:
    """What shows in some parts, a row for each."""
    with np.errstate(all="ignore"):
        return _weighed(twin, asked, part)


def _weighed(twin: Twin, asked: Question, part: Part) -> Weighed:
    low, high, on = part
    leaves = covered(twin, inputs(twin, low, high), wary=_WARY, noting=True, on=on)
    found = values(leaves, asked)
    short, row = asked.short(found.least)
    gain = np.zeros(low.shape)
    for name, lost in found.lost.items():
        reach = _reach(leaves, name)
        if reach is not None:
            share = reach / np.maximum(reach.sum(axis=2, keepdims=True), 2.0**-1000)
            some = np.abs(lost[np.arange(leaves.count), row])
            gain += np.einsum("lu,lui->li", np.nan_to_num(some, posinf=0.0), share)
    return Weighed(asked.shown(found.least), short, gain, _units(leaves, found, row))


def _units(leaves: Leaves, found: Values, row: Indices) -> Indices:
    """Of each leaf in which many inputs are free, the unit where most of a row is lost."""
    twin, count = leaves.twin, leaves.count
    lost = np.zeros((count, twin.unit_count))
    for name, some in found.lost.items():
        each = np.nan_to_num(np.abs(some[np.arange(count), row]), posinf=0.0)
        step, pair = twin.plan.steps[name], twin.pairs.get(name)
        if isinstance(step, Bent):
            for operand in (step.operand,) if pair is None else pair.operands:
                if operand in twin.units:
                    first = twin.units[operand]
                    known = leaves.intervals[operand]
                    open_ = (known.lower < 0) & (known.upper > 0)
                    lost[:, first : first + each.shape[1]] += np.where(open_, each, 0.0)
    best = lost.argmax(axis=1) if lost.shape[1] else np.zeros(count, dtype=np.int64)
    there = lost.max(axis=1, initial=0.0) > 0
    ends = [leaves.intervals[name] for name in twin.inputs]
    free = np.sum([(one.lower < one.upper).sum(axis=1) for one in ends], axis=0)
    room = (leaves.on != 0).sum(axis=1) < MOST_SIDES
    return np.where(there & room & (free > MOST_FREE), best, -1)


def _reach(leaves: Leaves, name: str) -> Floats | None:
    """How far each input moves what an activation reads, or either activation of a pair."""
    operands: tuple[str, ...] = ()
    match leaves.twin.pairs.get(name), leaves.twin.plan.steps[name]:
        case None, Bent(operand):
            operands = (operand,)
        case Pair(operands=both), _:
            operands = both
        case _:
            pass
    found = [leaves.reach[operand] for operand in operands if operand in leaves.reach]
    return None if not found else np.maximum(found[0], found[-1])


@dataclass(slots=True, eq=False)
class Growth:
    """A tree of cuts as it grows: parts that are open, and the children of those that are cut.

    `covered` is the part of the volume on which it shows, on so many `leaves`; `shown` says of
    each node whether it does there. Wherever a search is interrupted, the tree is one, and what
    is not shown is open. `spent` counts parts that were weighed.
    """

    low: Floats
    high: Floats
    units: int = 0
    cuts: list[int] = field(default_factory=lambda: [0], init=False)
    children: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)], init=False)
    open: list[tuple[int, Part, float]] = field(default_factory=list, init=False)
    shown: bytearray = field(default_factory=lambda: bytearray(1), init=False)
    covered: float = 0.0
    leaves: int = 0
    spent: int = 0

    def __post_init__(self) -> None:
        self.open.append((0, whole(self.low, self.high), 1.0))

    def at_unit(self, node: int, part: Part, volume: float, unit: int) -> None:
        """Cut a part where a unit is 0; what it has of the volume counts half for either side."""
        entry = self.low.size + unit
        both = halves(part, entry, units=self.units)
        for child, some in zip(self._linked(node, entry), both, strict=True):
            self.open.append((child, some, volume / 2))

    def cut(self, node: int, part: Part, volume: float, gains: Floats, times: int) -> None:
        """Cut a part so many times, where most is gained."""
        wide = gains * (part[1] > part[0])
        if not wide.any():
            wide = part[1] - part[0]
        entry = int(wide.argmax())
        half = gains.copy()
        half[entry] /= 2
        for child, some in zip(self._linked(node, entry), halves(part, entry), strict=True):
            if times > 1:
                self.cut(child, some, volume / 2, half, times - 1)
            else:
                self.open.append((child, some, volume / 2))

    def _linked(self, node: int, entry: int) -> tuple[int, int]:
        """Two children of a node, which is cut there: last of all, and at once."""
        first = len(self.cuts)
        self.shown += bytes(2)
        self.children += [(0, 0), (0, 0)]
        self.cuts += [0, 0]
        self.children[node] = (first, first + 1)
        self.cuts[node] = entry + 1
        return first, first + 1

    def show(self, node: int, volume: float) -> None:
        """It shows in this part."""
        self.shown[node] = True
        self.covered += volume
        self.leaves += 1

    def again(self, tree: Indices, waiting: Iterable[int]) -> None:
        """Grow at once what another growth was: of its parts these are open.

        Raises
        ------
        Malformed
            If an entry is cut that is not there.
        """
        kept, leaf = set(waiting), 0
        nodes = [self.open.pop()]
        for cut in tree.tolist():
            node, part, volume = nodes.pop()
            if cut:
                both = halves(part, cut - 1, units=self.units)
                children = zip(self._linked(node, cut - 1), both, strict=True)
                nodes += reversed([(child, some, volume / 2) for child, some in children])
                continue
            if leaf in kept:
                self.open.append((node, part, volume))
            else:
                self.show(node, volume)
            leaf += 1

    def preorder(self) -> tuple[Indices, tuple[int, ...]]:
        """The cuts as a covering has them, and the numbers of parts that are open, not cut yet."""
        found, left, leaf, waiting = list[int](), list[int](), 0, [0]
        while waiting:
            node = waiting.pop()
            found.append(self.cuts[node])
            if self.cuts[node]:
                first, second = self.children[node]
                waiting += [second, first]
                continue
            if not self.shown[node]:
                left.append(leaf)
            leaf += 1
        return np.array(found, dtype=np.int64), tuple(left)


def never() -> bool:
    """It is never late."""
    return False


def grow(
    growth: Growth,
    workers: Callable[[list[Part]], Iterable[Weighed]],
    *,
    scale: float,
    most: int,
    met: Callable[[list[Part]], bool],
    late: Callable[[], bool] = never,
) -> bool:
    """Weigh open parts and cut those that fall short; whether none is open.

    `scale` is what the question allows; `most` how many parts are weighed before it gives up. It
    stops where `met` says so, which is told each time of the parts that fall short most, or where
    it is `late`, which is asked after each batch; parts that were not weighed then stay open.
    """
    while growth.open and growth.spent < most:
        room = min(_ROUND, most - growth.spent)
        some = growth.open[-room:]
        del growth.open[-room:]
        growth.spent += len(some)
        together = max(1, min(AT_ONCE, _WIDE // max(1, growth.low.size)))
        batches = [some[i : i + together] for i in range(0, len(some), together)]
        rows = [stacked([one for _, one, _ in batch]) for batch in batches]
        left: list[tuple[Part, float]] = []
        stop = False
        for number, (batch, found) in enumerate(zip(batches, workers(rows), strict=True), 1):
            for i, (node, one, volume) in enumerate(batch):
                if found.shown[i]:
                    growth.show(node, volume)
                    continue
                left.append((one, float(found.short[i])))
                if found.unit[i] >= 0:
                    growth.at_unit(node, one, volume, int(found.unit[i]))
                elif not cuttable(one):
                    growth.open.insert(0, (node, one, volume))
                    stop = True
                else:
                    times = _times(float(found.short[i]), scale)
                    growth.cut(node, one, volume, found.gain[i], times)
            if late():
                rest = [one for later in batches[number:] for one in later]
                growth.open += rest
                growth.spent -= len(rest)
                stop = True
                break
        if left:
            left.sort(key=lambda pair: -pair[1])
            stop = met([part for part, _ in left[:_WORST]]) or stop
        if stop:
            break
    return not growth.open


def _times(short: float, scale: float) -> int:
    """How often a part is cut before its parts are weighed."""
    return 1 + sum(short > times * scale for times in _FAR)


def cuttable(part: Part) -> bool:
    """Whether some range has a float between its ends."""
    return bool((np.nextafter(part[0], np.inf) < part[1]).any())
