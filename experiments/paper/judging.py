"""For each combined node: exact for all inputs, or a counterexample, replayed exactly.

A counterexample is a test image wherever one is found: the pixels as they are, all of the
network evaluated without rounding, once whole and once with this one node pruned. Else it
is a constructed input of the head. What is neither is `unknown`, which is never `exact`.

References
----------
theory, D3: when a linear combination of ReLU nodes is the ReLU of the combination.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from experiments.paper.measuring import as_floats
from experiments.paper.points import gap, point, preimage, reason
from experiments.paper.pruning import without
from experiments.paper.results import Verdict
from lumpver.exact.array import Exact, add, array, nonzero, rationals
from lumpver.exact.scalar import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flint import fmpq

    from experiments.paper.heads import Head
    from experiments.paper.synthetic import Combined, Plan

    Flatten = Callable[[int], Exact]

_TRIES: Final = 3


@dataclass(slots=True)
class _Replay:
    """The head, and its exact outputs at the inputs met so far."""

    head: Head
    known: dict[str, tuple[Exact, Exact]] = field(default_factory=dict)

    def difference(self, key: str, make: Callable[[], Exact], node: Combined) -> fmpq:
        """By how much pruning the node alone changes an output there, where it does most."""
        if key not in self.known:
            x = make()
            self.known[key] = x, self.head.network.evaluate({"x": x})["y"]
        x, before = self.known[key]
        after = without(self.head, [node]).network.evaluate({"x": x})["y"]
        changes: list[fmpq] = rationals(add(after, -before)).tolist()
        return max(changes, key=abs)


def judged(
    head: Head, made: Plan, features: npt.NDArray[Any], flatten: Flatten
) -> tuple[Verdict, ...]:
    """One verdict per combined node, in the order of pruning.

    `features` of the test images, as floats, say where to look; `flatten(i)` is what the
    head reads on test image i, exactly.

    Examples
    --------
    >>> from flint import fmpq
    >>> from experiments.paper.heads import Head
    >>> from experiments.paper.synthetic import Combined, Plan
    >>> two = (array([[1], [-1], [0]]), array([0, 1, 1]))
    >>> head = Head((array([[1]]), array([0])), two, (array([[1, 1, 1]]), array([0])))
    >>> made = Plan("mixed", 3, (0, 1), (Combined(2, ((0, fmpq(1)), (1, fmpq(1)))),))
    >>> images = np.array([[0.0], [3.0]])
    >>> judged(head, made, images, lambda i: images[i])[0]
    Verdict(node=2, answer='counterexample', reason='image', image=1, change='2', point=())
    """
    replay = _Replay(head)
    rows = rationals(array(head.rows))
    wanted = _witnesses(head, made, features)
    return tuple(_verdict(replay, rows, one, wanted[one.node], flatten) for one in made.combined)


def _verdict(
    replay: _Replay, rows: Exact, node: Combined, images: list[int], flatten: Flatten
) -> Verdict:
    if not nonzero(array(replay.head.last[0])[:, node.node]).any():
        return Verdict(node.node, "exact", "unread")
    terms = [rows[j].tolist() for j, _ in node.terms]
    factors = [c for _, c in node.terms]
    why = reason(terms, factors)
    if why is not None:
        return Verdict(node.node, "exact", why)
    for image in images:
        change = replay.difference(f"image {image}", partial(flatten, image), node)
        if change:
            return Verdict(node.node, "counterexample", "image", image, change=shown(change))
    found = point(terms, factors)
    W, b = (array(part) for part in replay.head.first)
    x = None if found is None else preimage(W, b, found)
    if found is not None and x is not None and gap(terms, factors, found):
        change = replay.difference(str(found), partial(array, x), node)
        if change:
            where = tuple(text(f) for f in found)
            return Verdict(node.node, "counterexample", "point", change=shown(change), point=where)
    return Verdict(node.node, "unknown", "")


def shown(change: fmpq) -> str:
    """A change of an output, to three digits for a person; the exact one was replayed.

    Examples
    --------
    >>> from flint import fmpq
    >>> shown(fmpq(-1, 3))
    '-0.333'
    """
    return f"{int(change.p) / int(change.q):.3g}"


def _witnesses(head: Head, made: Plan, features: npt.NDArray[Any]) -> dict[int, list[int]]:
    """Few images that between them change every node that any image changes, by floats.

    Per node its share of a greedy cover: first the image that was chosen for it, then those
    that change it most.
    """
    W, b = (as_floats(part) for part in head.synthetic)
    values = np.asarray(features, dtype=np.float64) @ W.T + b
    nodes = [one.node for one in made.combined]
    apart = np.maximum(values, 0) @ as_floats(made.coefficients).T
    gaps = np.abs(apart - np.maximum(values[:, nodes], 0))
    clear = gaps > gaps.max(initial=0) / 2**16  # far above rounding; exact replay decides
    result = {
        node: np.argsort(-gaps[:, k], kind="stable")[:_TRIES].tolist() if clear[:, k].any() else []
        for k, node in enumerate(nodes)
    }
    left = clear.any(axis=0)
    while left.any():
        image = int(clear[:, left].sum(axis=1).argmax())
        for k in np.flatnonzero(clear[image] & left).tolist():
            result[nodes[k]].insert(0, image)
        left &= ~clear[image]
    return result
