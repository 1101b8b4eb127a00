"""Accuracy against the number of pruned nodes, and equality of logits without rounding.

Accuracies are counts of images. For them the features of a trained network are taken as
its float run made them, and the last two layers are run in float64 for every number of
pruned nodes; each pruned layer is the exact one, rounded once. `equal_logits` rounds
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from experiments.paper.pruning import prefixes, without
from lumpver.exact.array import Exact, add, array, equal, is_float, rationals, zeros
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ZERO

if TYPE_CHECKING:
    from experiments.paper.heads import Head
    from experiments.paper.synthetic import Plan

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """Per number of pruned nodes, from none to all: right answers, and changed answers."""

    right: tuple[int, ...]
    changed: tuple[int, ...]


def curve(head: Head, made: Plan, features: npt.NDArray[Any], labels: npt.NDArray[Any]) -> Curve:
    """How many test images are classified rightly, and how many otherwise than unpruned.

    Examples
    --------
    >>> from flint import fmpq
    >>> from experiments.paper.heads import Head
    >>> from experiments.paper.synthetic import Combined, Plan
    >>> two = (np.array([[1.0], [-1.0], [0.0]]), np.zeros(3))
    >>> last = (np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0]]), np.zeros(2))
    >>> head = Head((np.eye(1), np.zeros(1)), two, last)
    >>> made = Plan("mixed", 3, (0, 1), (Combined(2, ((0, fmpq(1)), (1, fmpq(1)))),))
    >>> curve(head, made, np.array([[1.0], [2.0]]), np.array([0, 0]))
    Curve(right=(2, 2), changed=(0, 0))
    """
    W, b = (as_floats(part) for part in head.synthetic)
    hidden = np.maximum(np.asarray(features, dtype=np.float64) @ W.T + b, 0)
    bias = as_floats(head.last[1])
    right, changed = [], []
    before: npt.NDArray[Any] | None = None
    for left, last in prefixes(head.last[0], made):
        answers = (hidden[:, left] @ as_floats(last).T + bias).argmax(axis=1)
        before = answers if before is None else before
        right.append(int((answers == labels).sum()))
        changed.append(int((answers != before).sum()))
    return Curve(tuple(right), tuple(changed))


def right(head: Head, features: npt.NDArray[Any], labels: npt.NDArray[Any]) -> int:
    """How many test images the head classifies rightly, in float64.

    Examples
    --------
    >>> from experiments.paper.heads import Head
    >>> one, two = (np.eye(1), np.zeros(1)), (np.array([[1.0], [-1.0]]), np.zeros(2))
    >>> right(Head(one, one, two), np.array([[1.0], [2.0]]), np.array([0, 1]))
    1
    """
    x = np.asarray(features, dtype=np.float64)
    for index, (W, b) in enumerate((head.synthetic, head.last)):
        y = x @ as_floats(W).T + as_floats(b)
        x = y if index else np.maximum(y, 0)
    return int((x.argmax(axis=1) == labels).sum())


def as_floats(a: Any) -> Floats:
    """An exact array in float64, each number rounded once where it has to be.

    Examples
    --------
    >>> as_floats(array(["1/3", 2])).tolist()
    [0.3333333333333333, 2.0]
    """
    if is_float(a):
        return np.asarray(a, dtype=np.float64)
    flat = [int(value.p) / int(value.q) for value in a.reshape(-1)]
    return np.array(flat, dtype=np.float64).reshape(a.shape)


def equal_logits(head: Head, made: Plan, features: npt.NDArray[Any]) -> int:
    """For how many of these features, as they are, no logit changes when all nodes go.

    Examples
    --------
    >>> from flint import fmpq
    >>> from experiments.paper.heads import Head
    >>> from experiments.paper.synthetic import Combined, Plan
    >>> one = (np.eye(1), np.zeros(1))
    >>> head = Head(one, (np.array([[1.0], [-1.0]]), np.zeros(2)), (np.ones((1, 2)), np.zeros(1)))
    >>> made = Plan("signed", 2, (0,), (Combined(1, ((0, fmpq(-1)),)),))
    >>> equal_logits(head, made, np.array([[0.0], [1.0]]))
    1
    """
    ours = logits(head, features)
    theirs = logits(without(head, made.combined), features)
    return int(equal(ours, theirs).all(axis=1).sum())


def logits(head: Head, features: npt.NDArray[Any]) -> Exact:
    """The exact outputs for each row of features, which enter the synthetic layer."""
    x: Exact = array(features)
    for index, (W, b) in enumerate((head.synthetic, head.last)):
        y = add(matmul(x, array(W).T), array(b))
        x = y if index else rectified(y)
    return x


def rectified(y: Exact) -> Exact:
    """ReLU, entry by entry.

    Examples
    --------
    >>> rectified(array([-1, "1/3"])).tolist()
    [0, 1/3]
    """
    if is_float(y):
        return np.maximum(y, zeros(1))
    zero = np.full(1, ZERO, dtype=object)
    return np.asarray(np.maximum(rationals(y), zero), dtype=object)
