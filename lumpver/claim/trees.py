"""Trees of cuts in preorder: how boxes are divided into parts, which cover them.

Why they do. Both halves of a range have the number at which it is cut, whichever that is.

cut: an entry of the inputs, whose range is halved; 0 is no cut, k the k-th entry, inputs in order
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lumpver.model.relabelling import Indices

Part = TypeVar("Part")


def is_tree(cuts: Indices, *, most_open: int | None = None) -> bool:
    """Whether numbers are one tree, which ends with the last of them, and not before.

    No more than `most_open` parts wait at once to be looked at.

    Examples
    --------
    >>> is_tree(np.array([2, 0, 1, 0, 0])), is_tree(np.array([0, 0])), is_tree(np.array([1, 0]))
    (True, False, False)
    """
    if cuts.ndim != 1 or not cuts.size or not np.issubdtype(cuts.dtype, np.integer):
        return False
    waiting = 1 + np.cumsum(np.where(cuts != 0, 1, -1))
    full = waiting[-1] == 0 and (waiting[:-1] > 0).all() and (cuts >= 0).all()
    return bool(full and (most_open is None or waiting.max() <= most_open))


def leaves(
    whole: Part, cuts: Iterable[int], halves: Callable[[Part, int], tuple[Part, Part]]
) -> Iterator[Part]:
    """The parts of a box that a tree leaves, where `halves` cuts one at an entry.

    Examples
    --------
    >>> list(leaves((0, 8), [1, 0, 1, 0, 0], lambda x, _: ((x[0], sum(x) / 2), (sum(x) / 2, x[1]))))
    [(0, 4.0), (4.0, 6.0), (6.0, 8)]
    """
    waiting = [whole]
    for cut in cuts:
        part = waiting.pop()
        if cut:
            waiting += reversed(halves(part, cut - 1))
        else:
            yield part


def middle(low: float, high: float) -> float:
    """A number of a range with ends, about in its middle."""
    return min(max(low / 2 + high / 2, low), high)
