"""NNet files in `prove`: their programs clip inputs to the file's limits, networks do not.

Two files with the same limits compute the same if they do within them. Of a file and a
model without limits only what is within them can be compared; the claim is about that.
Files with different limits are compared where neither clips, and then where one does.

limits: least and largest value per input, None where there is none
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from lumpver.claim.domain import FREE, empty, meet
from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.scalar import ZERO
from lumpver.io.nnet.limits import limits_of, told
from lumpver.proving.answers import EVALUATION, Answer, Refuted, Unknown
from lumpver.proving.boxes import Clipped
from lumpver.proving.points import clamp, sample
from lumpver.proving.replaying import replay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flint import fmpq

    from lumpver.claim.domain import Range
    from lumpver.model.network import Network
    from lumpver.proving.boxes import Box, Domain
    from lumpver.proving.effort import Budget
    from lumpver.proving.pairing import Pair

    Limits = tuple[Range, ...]

_EACH_CLIPPED: Final = "each model's inputs were clipped to the limits of its own .nnet file"
_SAMPLED: Final = 16
_SINGLE: Final = 8


def within_limits(domain: Domain, pair: Pair, a: Network, b: Network) -> Domain:
    """The part of the domain where no program clips, and what that means for the claim.

    `limits` names the model that the claim is limited by, `clipped` the boxes in which the
    two clip differently.

    Raises
    ------
    Malformed
        If a box is outside the limits, or a limit is no number.
    """
    ours, theirs = limits_of(a), limits_of(b)
    known = [found for found in (ours, theirs) if found is not None]
    if not known:
        return domain
    name = pair.inputs[0][0]
    given = [_ranges(box, name, len(known[0])) for box in domain.boxes]
    narrowed = [_narrowed(ranges, known) for ranges in given]
    if given == narrowed:
        return domain
    boxes = [box | {name: new} for box, new in zip(domain.boxes, narrowed, strict=True)]
    if ours is not None and theirs is not None and ours != theirs:
        left = tuple(box for box in boxes if not any(map(empty, box[name])))
        clipped = Clipped(domain.boxes, (ours, theirs))
        remarks = (*domain.remarks, _EACH_CLIPPED)
        return replace(domain, boxes=left, clipped=clipped, remarks=remarks)
    _refuse_empty(boxes, name, known[0])
    found = replace(domain, boxes=tuple(boxes))
    if ours == theirs:
        return found
    whose, other = ("first", "second") if theirs is None else ("second", "first")
    remark = (
        f"programs that run the {whose} model, a .nnet file, clip its inputs to its minima and"
        f" maxima, and the {other} model does not: nothing is claimed of inputs outside them"
        f" ({told(known[0])})"
    )
    return replace(found, limits=f"the {whose} model", remarks=(*domain.remarks, remark))


def _ranges(box: Box, name: str, size: int) -> Limits:
    found = box.get(name) or (FREE,) * size
    if len(found) != size:
        raise ShapeMismatch(f"box for {name}", expected=f"{size} ranges", got=str(len(found)))
    return found


def _narrowed(ranges: Limits, known: Sequence[Limits]) -> Limits:
    for limits in known:
        ranges = tuple(meet(*both) for both in zip(ranges, limits, strict=True))
    return ranges


def _refuse_empty(boxes: Sequence[Box], name: str, limits: Limits) -> None:
    for box in boxes:
        for i, bounds in enumerate(box[name]):
            if empty(bounds):
                raise Malformed(
                    f"box for {name}[{i}]",
                    expected=f"inputs within the limits of the .nnet file ({told(limits)})",
                    got="none",
                )


def beyond_limits(answer: Answer, domain: Domain, pair: Pair, budget: Budget) -> Answer:
    """The answer where nobody clips, and where somebody does, each network clipped as told.

    Nothing is proved of files that clip differently.
    """
    clipped = domain.clipped
    if clipped is None or isinstance(answer, Refuted):
        return answer
    name = pair.inputs[0][0]
    for box in clipped.boxes:
        for point in _points(_ranges(box, name, len(clipped.limits[0])), clipped.limits):
            if budget.over:
                break
            found = replay(pair, {name: point}, step=EVALUATION, clips=clipped.limits)
            if found is not None:
                return found
    if isinstance(answer, Unknown):
        return answer
    return Unknown(
        answer.step,
        "programs that run the .nnet files clip their inputs to different limits"
        f" ({' against '.join(map(told, clipped.limits))}); no difference was found, and none"
        " is possible within both",
    )


def _points(ranges: Limits, known: Sequence[Limits]) -> Iterator[list[fmpq]]:
    """Points of the box of all magnitudes, then at the limits, all entries and one at a time."""
    yield from sample(ranges, _SAMPLED, seed=3).T.tolist()
    base = [clamp(ZERO, bounds) for bounds in ranges]
    corners = [[limits[i][end] for i in range(len(ranges))] for limits in known for end in (0, 1)]
    apart = [i for i in range(len(ranges)) if len({limits[i] for limits in known}) > 1]
    for corner in corners:
        yield _inside(corner, ranges)
    for i in islice(apart, _SINGLE):
        for corner in corners:
            yield _inside([*base[:i], corner[i], *base[i + 1 :]], ranges)


def _inside(point: Sequence[fmpq | None], ranges: Limits) -> list[fmpq]:
    entries = (ZERO if entry is None else entry for entry in point)
    return [clamp(entry, bounds) for entry, bounds in zip(entries, ranges, strict=True)]
