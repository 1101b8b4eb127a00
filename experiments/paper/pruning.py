"""The linear update: a combined node goes, its outgoing weights go to what it is made of.

For v = sum of c_j z_j, the weight from v to any output, times c_j, is added to the weight
from j. All of it in exact arithmetic on the weights as stored; whether the function stays
the same is another question (`judging`).

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, end of Section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from experiments.paper.heads import Head
from experiments.paper.synthetic import coefficients, follows
from lumpver.errors import Malformed
from lumpver.exact.array import Exact, add, array
from lumpver.exact.product import matmul

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from experiments.paper.synthetic import Combined, Plan


def confirmed(head: Head, made: Plan) -> None:
    """The head's synthetic layer is exactly the plan's, as it is stored.

    Raises
    ------
    Malformed
        If a combined row is not exactly its combination, a fixed row has a sign that its
        family has not, or the width is another.
    """
    W, b = head.synthetic
    if W.shape[0] != made.width:
        raise Malformed("synthetic layer", expected=f"{made.width} nodes", got=str(W.shape[0]))
    if not follows(array(W), array(b), made):
        raise Malformed("synthetic layer", expected="the plan's combinations", got="other rows")
    fixed = head.rows[list(made.fixed)]
    if made.family != "mixed" and bool((fixed < 0).any()):
        raise Malformed("synthetic layer", expected="no negative weights", got="some")


def updated(W: Exact, removed: Sequence[Combined]) -> Exact:
    """The last layer's weights after the update, the removed nodes' columns still there.

    Examples
    --------
    >>> from flint import fmpq
    >>> from experiments.paper.synthetic import Combined
    >>> node = Combined(2, ((0, fmpq(1, 2)), (1, fmpq(3))))
    >>> updated(array([[1, 1, 4]]), [node]).tolist()
    [[3.0, 13.0, 4.0]]
    """
    if not removed:
        return W
    gone = [c.node for c in removed]
    return add(W, matmul(W[:, gone], coefficients(removed, W.shape[1])))


def without(head: Head, removed: Sequence[Combined]) -> Head:
    """The head without these combined nodes, after the linear update.

    Examples
    --------
    >>> from flint import fmpq
    >>> from experiments.paper.synthetic import Combined
    >>> first = (array([[1]]), array([0]))
    >>> head = Head(first, (array([[1], [2]]), array([0, 0])), (array([[1, 1]]), array([0])))
    >>> smaller = without(head, [Combined(1, ((0, fmpq(2)),))])
    >>> smaller.last[0].tolist(), head.network([5]), smaller.network([5])
    ([[3.0]], (15,), (15,))
    """
    W, b = head.synthetic
    last, bias = head.last
    gone = [c.node for c in removed]
    left = np.delete(np.arange(W.shape[0]), gone)
    return Head(head.first, (W[left], b[left]), (updated(array(last), removed)[:, left], bias))


def prefixes(W: Exact, made: Plan) -> Iterator[tuple[list[int], Exact]]:
    """After 0, 1, 2, ... prunings in the plan's order: the nodes left, and their weights.

    One node at a time, as its outgoing weights are never touched by the nodes before it.
    """
    left, current = list(range(made.width)), array(W)
    yield left, current
    for one in made.combined:
        current = current.copy()
        for node, coefficient in one.terms:
            column = matmul(current[:, [one.node]], array([coefficient]))
            moved = add(current[:, node], column)
            if moved.dtype != current.dtype:
                current = current.astype(np.result_type(moved.dtype, current.dtype))
            current[:, node] = moved
        left = [node for node in left if node != one.node]
        yield left, current[:, left]
