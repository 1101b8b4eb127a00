"""How far executions may be from the real outputs, on all boxes of a domain, cut where that helps.

Statement. For every input of the domain that binary32 has, each entry of each output, executed in
binary32, is within what `most` says of the real one.
Why. So it is in each part (`spreading`), and the parts cover the boxes: a part is cut into halves.
Which parts are cut, and how often, is nothing that this depends on.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

import numpy as np

from lumpver.bounds.knowing import posed
from lumpver.bounds.leaf import Interval
from lumpver.bounds.maps import Placing
from lumpver.bounds.steps import Affine, Bent, Between, Blank, Largest
from lumpver.claim.trees import middle
from lumpver.roundoff.spreading import spread, unwatched

if TYPE_CHECKING:
    from collections.abc import Callable

    from lumpver.bounds.plan import Plan
    from lumpver.claim.domain import Boxes
    from lumpver.exact.floats import Floats
    from lumpver.model.graph import Graph
    from lumpver.roundoff.errors import Errors

Part = dict[str, Interval]
UNCOVERED: Final = (
    "Not covered: runtimes that fold constants or normalizations into other weights than those of"
    " the node before, that take their roots or quotients otherwise than rounded to nearest, that"
    " multiply by Winograd or Strassen, in TF32 or narrower, or flush subnormals to zero; what a"
    " model computes of constants, and Gemm's alpha and beta, count as the weights that they give."
)


def most(
    network: Graph,
    domain: Boxes,
    *,
    until: float = 0.0,
    cuts: int = 0,
    watch: Callable[[], None] = unwatched,
) -> tuple[dict[str, Floats], int]:
    """The largest error of each entry of each output, and on how many parts that was found.

    The worst part is cut, until no error is above `until`, or as often as `cuts` says; `watch`
    is called again and again, and may raise to end it.

    Raises
    ------
    Unbounded
        If a node is executed in a way that is not known, or might overflow.
    Malformed, ShapeMismatch
        If the domain does not fit the network.
    """
    plan, boxes = posed(network, domain)
    waiting: list[tuple[float, int, Part, Errors]] = []
    found: dict[str, Floats] = {}
    for number, box in enumerate(boxes):
        _wait(waiting, number, box, spread(network, plan, box, watch=watch), network)
    made = len(boxes)
    for _ in range(cuts):
        if -waiting[0][0] <= until:
            break
        _, number, part, errors = waiting[0]
        halves = _cut(network, part, errors)
        if halves is None:
            break
        heappop(waiting)
        for half in halves:
            made += 1
            _wait(waiting, made, half, spread(network, plan, half, watch=watch), network)
    for _, _, _, errors in waiting:
        for tensor in network.outputs:
            here = errors.most[tensor.name]
            found[tensor.name] = np.maximum(found.get(tensor.name, 0.0), here)
    return found, len(waiting)


def _wait(
    waiting: list[tuple[float, int, Part, Errors]],
    number: int,
    part: Part,
    errors: Errors,
    network: Graph,
) -> None:
    worst = max(float(errors.most[tensor.name].max(initial=0.0)) for tensor in network.outputs)
    heappush(waiting, (-worst, number, part, errors))


def _cut(network: Graph, part: Part, errors: Errors) -> tuple[Part, Part] | None:
    """Both halves of a part, cut where the outputs may move most; None where no float is within."""
    gains = {name: _moved(network, errors, name, known) for name, known in part.items()}
    name = max(gains, key=lambda one: float(gains[one].max(initial=0.0)))
    entry = int(gains[name].argmax())
    known = part[name]
    low, high = float(known.lower[entry]), float(known.upper[entry])
    cut = middle(low, high)
    if not low < cut < high:
        return None
    below, above = known.upper.copy(), known.lower.copy()
    below[entry] = above[entry] = cut
    return (
        part | {name: Interval(known.lower, below)},
        part | {name: Interval(above, known.upper)},
    )


def _moved(network: Graph, errors: Errors, name: str, known: Interval) -> Floats:
    """How far each entry of an input may move the outputs, by the magnitudes of all maps."""
    plan = errors.plan
    sizes = {tensor.name: np.ones((1, plan.size(tensor.name))) for tensor in network.outputs}
    for tensor in reversed(plan.shapes):
        rows = sizes.pop(tensor, None)
        if tensor == name:
            found = np.zeros(known.lower.size) if rows is None else rows[0]
            return np.where(known.upper > known.lower, found, 0.0) * (known.upper - known.lower)
        if rows is not None and tensor in errors.own:
            for operand, more in _back(plan, errors, tensor, rows):
                sizes[operand] = sizes.get(operand, 0.0) + more
    return np.zeros(known.lower.size)


def _back(plan: Plan, errors: Errors, name: str, rows: Floats) -> list[tuple[str, Floats]]:
    match plan.steps[name]:
        case Affine(operands):
            return [(operand, made.absolute.back(rows)) for operand, made in operands]
        case Bent(operand):
            passing = errors.passing[name]
            return [(operand, rows * (np.abs(passing.middle) + passing.apart))]
        case Largest(operand, met):
            return [(operand, Placing(tap, plan.size(operand)).back(rows)) for tap in met]
        case Between(operands):
            return [(x, np.full((1, plan.size(x)), float(rows.max(initial=0.0)))) for x in operands]
        case Blank():
            return []
