"""The search for the smallest bound: those parts are cut whose bounds are largest.

Each part's bound is its own, so that the largest of those that are left is what the whole tree
shows. Nothing here is believed; `nearness.judging` looks again.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from lumpver.nearness.judging import AT_ONCE
from lumpver.nearness.trees import stacked
from lumpver.search.splitting import cuttable, never

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lumpver.exact.floats import Floats
    from lumpver.nearness.trees import Part
    from lumpver.search.splitting import Growth, Weighed

    Open = tuple[int, int, Part, float]  # the box, the node of its tree, the part, its volume
    Waiting = tuple[float, int, Open, tuple[Floats, int]]

_FEW: Final = 16
_ROUND: Final = 1024
_CLOSE: Final = 0.5  # of the largest bound: parts with such are cut with it


def enclose(
    growths: Sequence[Growth],
    workers: Callable[[list[Part]], Iterable[Weighed]],
    *,
    most: int,
    met: Callable[[float, int, list[Part]], float | None],
    late: Callable[[], bool] = never,
) -> None:
    """Cut parts of the boxes, each by its growth, so that none falls short by much.

    At most about so many parts are weighed. It stops where `met` says None, which is told each time
    by how much any part falls short at most, the box in which one does, and such parts of it; else
    it says by how much parts may fall short without being cut. It stops as well where it is `late`,
    which is asked after each batch but the first.
    """
    fresh = [(i, *one) for i, growth in enumerate(growths) for one in growth.open]
    for growth in growths:
        growth.open.clear()
    heap: list[Waiting] = []  # the largest bound first
    spent = 0
    while True:
        for batch, found in _weighed(fresh, workers):
            units = found.unit.tolist()
            for part_, short, *where in zip(batch, found.short, found.gain, units, strict=True):
                heappush(heap, (-float(short), spent, part_, (where[0], where[1])))
                spent += 1
            if spent > len(growths) and late():
                return
        most_short, _, (box, *_), _ = heap[0]
        worst = [one[2] for _, _, one, _ in sorted(heap[:_FEW]) if one[0] == box]
        enough = met(-most_short, box, worst)
        if enough is None or spent >= most or not _cuttable(heap[0]):
            return
        close = min(_CLOSE * most_short, -enough)
        fresh = _cut(growths, heap, close)


def _cut(growths: Sequence[Growth], heap: list[Waiting], close: float) -> list[Open]:
    """The halves of the parts that fall short most, and of more if these do by as much."""
    fresh: list[Open] = []
    stuck: list[Waiting] = []
    while heap and len(fresh) < 2 * _ROUND:
        if len(fresh) >= 2 * _FEW and heap[0][0] > close:
            break
        one = heappop(heap)
        _, _, (i, node, part, volume), (gain, unit) = one
        if not _cuttable(one):
            stuck.append(one)
            continue
        if unit >= 0:
            growths[i].at_unit(node, part, volume, unit)
        else:
            growths[i].cut(node, part, volume, gain, 1)
        fresh += [(i, *child) for child in growths[i].open]
        growths[i].open.clear()
    for one in stuck:
        heappush(heap, one)
    return fresh


def _cuttable(one: Waiting) -> bool:
    return one[3][1] >= 0 or cuttable(one[2][2])


def _weighed(
    parts: list[Open], workers: Callable[[list[Part]], Iterable[Weighed]]
) -> Iterable[tuple[list[Open], Weighed]]:
    """Batches of parts, and what they weigh."""
    batches = [parts[i : i + AT_ONCE] for i in range(0, len(parts), AT_ONCE)]
    ends = [[one[2] for one in batch] for batch in batches]
    return zip(batches, workers([stacked(some) for some in ends]), strict=True)
