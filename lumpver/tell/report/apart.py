"""How far apart two models are, by a covering that was accepted: entry by entry, and where.

Bounds are found again, part by part, as the checker finds them; what is shown is evaluated
exactly, at points near which bounds are largest.

proved: no input of the boxes makes the difference larger; rounded up
shown: some input makes it as large; rounded down
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import TYPE_CHECKING, Final

import numpy as np
from flint import fmpq

from lumpver.bounds.knowing import intervals_of
from lumpver.checker import Checked
from lumpver.claim.closeness import Within
from lumpver.claim.domain import Boxes
from lumpver.errors import Malformed, NotRational
from lumpver.exact.array import rationals
from lumpver.exact.scalar import ZERO, text
from lumpver.nearness.covering import covered
from lumpver.nearness.judging import AT_ONCE, alike
from lumpver.nearness.questions import question, values
from lumpver.nearness.trees import ends, inputs, parts
from lumpver.search.contrast import climbed
from lumpver.tell.report.figures import Figure
from lumpver.tell.report.pictures.heat import CELLS, LEVELS, heat
from lumpver.tell.report.words import count, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.claim.covering import Covering
    from lumpver.exact.floats import Floats
    from lumpver.model.network import Network
    from lumpver.model.relabelling import Indices
    from lumpver.nearness.questions import Question
    from lumpver.nearness.twin import Twin
    from lumpver.tell.report.examination import Examined

MOST_PARTS: Final = 2**16
MOST_ENTRIES: Final = 16
_CLIMBED: Final = 8
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class Apart:
    """What a page says of it: rows of (entry, shown, proved), sentences, and a map."""

    lines: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...] = ()
    figure: Figure | None = None


@dataclass(slots=True, eq=False)
class _Found:
    """The boxes' hull, bounds by entry, and for each part its ends and the largest bound."""

    low: Floats
    high: Floats
    most: Floats
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    bounds: list[Floats] = field(default_factory=list)


def apart(examined: Examined) -> Apart | None:
    """How far apart the models are; None where no covering was accepted.

    Raises
    ------
    Malformed
        If entries were named for the map that the inputs have not.
    """
    proof = examined.proof
    covering = None if proof is None else proof.claim.covering
    if proof is None or covering is None or not isinstance(examined.checked, Checked):
        return None
    domain = proof.claim.claim.domain
    if not isinstance(domain, Boxes):
        return None
    boxes = "1 box" if len(covering.trees) == 1 else f"{count(len(covering.trees))} boxes"
    size = f"{counted(covering.leaves, 'part')}, in {count(len(proof.data))} bytes"
    lines: tuple[str, ...] = (f"The certificate cuts {boxes} into {size}.",)
    if covering.leaves > MOST_PARTS:
        more = f"Of more than {count(MOST_PARTS)} parts no bounds are shown here."
        return Apart((*lines, more))
    both = examined.original.network, examined.reduced.network
    twin = alike(*both, domain, covering.pairs)
    asked = question(twin, Within(ZERO))
    found = _bounds(twin, asked, domain, covering)
    shown = _shown(twin, asked, both, found)
    names = [_entry(a, i) for a, _ in twin.outputs for i in range(twin.plan.size(a))]
    order = sorted(range(len(names)), key=lambda i: (-found.most[i], i))[:MOST_ENTRIES]
    rows = tuple((names[i], _floor(shown[i]), _ceiling(found.most[i])) for i in sorted(order))
    if len(names) > len(rows):
        lines += (f"Of {count(len(names))} entries those with the largest bounds are listed.",)
    return Apart(lines, rows, _figure(twin, covering, found, examined.inputs))


def _bounds(twin: Twin, asked: Question, domain: Boxes, covering: Covering) -> _Found:
    """What bounds say in each part, as where it is checked."""
    total = sum(twin.plan.size(a) for a, _ in twin.outputs)
    wholes = [ends(twin, intervals_of(box, domain.sizes)) for box in domain.boxes]
    low = np.min([one[0] for one in wholes], axis=0)
    high = np.max([one[1] for one in wholes], axis=0)
    found = _Found(low, high, np.zeros(total))
    for whole, tree in zip(wholes, covering.trees, strict=True):
        for lower, upper, on in parts(*whole, tree, AT_ONCE, units=twin.unit_count):
            least = values(covered(twin, inputs(twin, lower, upper), on=on), asked).least
            each = (
                np.maximum(-least, 0.0).reshape(least.shape[0], total, 2).max(axis=2)
            )  # either sign
            found.most = np.maximum(found.most, each.max(axis=0))
            found.lower.append(lower)
            found.upper.append(upper)
            found.bounds.append(each.max(axis=1))
    return found


def _shown(twin: Twin, asked: Question, both: tuple[Network, Network], found: _Found) -> list[fmpq]:
    """The largest difference of each entry at some points, exactly."""
    lower, upper = np.concatenate(found.lower), np.concatenate(found.upper)
    worst = np.argsort(-np.concatenate(found.bounds), kind="stable")[:_CLIMBED]
    middle = lower[worst] / 2 + upper[worst] / 2
    points, _ = climbed(twin, asked, middle, lower[worst], upper[worst])
    most = [ZERO] * found.most.size
    for point in points:
        try:
            gaps = _gaps(twin, both, point)
        except NotRational:  # no point shows more than nothing
            continue
        most = [max(a, b) for a, b in zip(most, gaps, strict=True)]
    return most


def _gaps(twin: Twin, both: tuple[Network, Network], point: Floats) -> list[fmpq]:
    given, start = {}, 0
    for name in twin.inputs:
        shape = twin.plan.shapes[name]
        size = twin.plan.size(name)
        entries = np.empty(size, dtype=object)
        entries[:] = [
            fmpq(*value.as_integer_ratio()) for value in point[start : start + size].tolist()
        ]
        given[name] = entries.reshape(shape)
        start += size
    ours, theirs = (network.evaluate(given) for network in both)
    pairs = [(rationals(ours[t.name]), rationals(theirs[t.name])) for t in both[0].outputs]
    return [
        abs(x - y)
        for a, b in pairs
        for x, y in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True)
    ]


def _figure(twin: Twin, covering: Covering, found: _Found, wanted: Sequence[str]) -> Figure | None:
    """A map along the entries that are wanted, or else those that are cut most often."""
    from markupsafe import Markup  # noqa: PLC0415 it comes with jinja2

    names = [_entry(name, i) for name in twin.inputs for i in range(twin.plan.size(name))]
    axes = _axes(covering, found, names, wanted)
    if not axes:
        return None
    cells = _cells(found, axes)
    most = float(cells.max())
    words = [_ceiling(most * (level + 1) / LEVELS) for level in range(LEVELS)]
    both = [(_near(found.low[i]), _near(found.high[i])) for i in axes]
    picture = heat([names[i] for i in axes], both, cells, words)
    caption = (
        "The largest bound of any part that a cell meets, whatever the other entries of the inputs"
        " are: no difference is larger there."
    )
    return Figure(Markup(picture.svg), caption)  # noqa: S704 names in it are escaped


def _axes(
    covering: Covering, found: _Found, names: Sequence[str], wanted: Sequence[str]
) -> list[int]:
    if wanted:
        for name in wanted:
            if name not in names:
                known = ", ".join(names[:4]) + (", ..." if len(names) > len(names[:4]) else "")
                raise Malformed("--inputs", expected=f"entries such as {known}", got=name[:60])
        if len(wanted) > 2 or len(set(wanted)) < len(wanted):
            got = ", ".join(wanted)[:60]
            raise Malformed("--inputs", expected="one entry or two different ones", got=got)
        return [names.index(name) for name in wanted]
    cuts = np.zeros(len(names), dtype=np.int64)
    for tree in covering.trees:
        cuts += np.bincount(tree, minlength=len(names) + 1)[1 : len(names) + 1]
    free = np.flatnonzero(found.high > found.low)
    return sorted(sorted(free.tolist(), key=lambda i: (-cuts[i], i))[:2])


def _cells(found: _Found, axes: Sequence[int]) -> Floats:
    """The largest bound by cell, -1 where no part is; a row for each step of the second entry."""
    lower, upper = np.concatenate(found.lower), np.concatenate(found.upper)
    cells = np.full((CELLS if len(axes) > 1 else 1, CELLS), -1.0)
    spans = [_span(lower[:, i], upper[:, i], found.low[i], found.high[i]) for i in axes]
    if len(axes) == 1:
        spans.append((np.zeros(lower.shape[0], dtype=int), np.ones(lower.shape[0], dtype=int)))
    (left, right), (bottom, top) = spans
    for k, bound in enumerate(np.concatenate(found.bounds).tolist()):
        part = cells[bottom[k] : top[k], left[k] : right[k]]
        np.maximum(part, bound, out=part)
    return cells


def _span(lower: Floats, upper: Floats, low: float, high: float) -> tuple[Indices, Indices]:
    """The cells that ranges meet, as first and the one behind the last."""
    width = max(high - low, 2.0**-1000)
    first = np.clip(np.floor((lower - low) / width * CELLS), 0, CELLS - 1).astype(int)
    behind = np.clip(np.ceil((upper - low) / width * CELLS), 1, CELLS).astype(int)
    return first, np.maximum(behind, first + 1)


def _entry(name: str, i: int) -> str:
    return f"{name}[{i}]"


def _ceiling(value: float) -> str:
    return _decimal(Decimal(value), ROUND_CEILING)


def _floor(value: fmpq) -> str:
    wide = Context(prec=30, rounding=ROUND_FLOOR)
    return _decimal(wide.divide(Decimal(int(value.p)), Decimal(int(value.q))), ROUND_FLOOR)


def _near(value: float) -> str:
    exact = fmpq(*float(value).as_integer_ratio())
    return text(exact) if exact.q == 1 else f"{value:.4g}"


def _decimal(value: Decimal, rounding: str) -> str:
    return f"{Context(prec=_DIGITS, rounding=rounding).plus(value).normalize():f}"
