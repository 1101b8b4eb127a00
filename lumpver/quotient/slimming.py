"""Runs of convolutions in the quotient: the channels between two of them, made fewer.

No activation stands between, so that units which are multiples of others, of either sign,
constants, and units that the next matrix does not read go by multiplication alone. A
certificate says nothing of them: the checker multiplies runs out.

between: the channels that one node that mixes makes for the next; units of dense layers are
    left, since such runs are multiplied out where that pays
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, assert_never

import numpy as np

from lumpver.exact.array import add, nonzero, zeros
from lumpver.exact.scalar import ONE, ZERO
from lumpver.model.linear import groups_of, mixes, shifts_only
from lumpver.model.weights import Diagonal, Identity, Kernel, Matrix, Normalization
from lumpver.quotient.rows import chosen, taken_together
from lumpver.search.blocks import relabelling_of
from lumpver.search.freedom import Freedom, alike
from lumpver.search.writing import Written

if TYPE_CHECKING:
    from collections.abc import Collection

    from lumpver.exact.array import Exact
    from lumpver.io.storage import Storage
    from lumpver.model.network import Linear
    from lumpver.model.relabelling import Relabelling

_EITHER = Freedom(ZERO, multiples=True, opposites=True)


def slimmed(
    nodes: list[Linear], rules: Collection[str], *, storage: Storage | None = None
) -> list[Linear]:
    """The nodes of one segment without units between two of them that these rules take away.

    With a `storage` only where it holds the numbers.

    Examples
    --------
    >>> from lumpver.model.network import linear
    >>> run = [
    ...     linear("a", "x", "t", [[1], [-2], [0]], [0, 0, 5], axis=-3),
    ...     linear("b", "t", "y", [[1, 1, 1], [3, 0, 0]], axis=-3),
    ... ]
    >>> a, b = slimmed(run, ("merges", "constants"))
    >>> a.W.tolist(), b.W.tolist(), b.b.tolist()
    ([[1.0]], [[-1.0], [3.0]], [5.0, 0.0])
    """
    mixing = [i for i, node in enumerate(nodes) if mixes(node) and node.axis < -1]
    for first, second in reversed(list(pairwise(mixing))):
        for some in (set(rules), set(rules) - {"merges"}):
            found = _between(nodes, first, second, some)
            if found is not None and (storage is None or storage.stores(found)):
                nodes = found
                break
    return nodes


def _between(
    nodes: list[Linear], first: int, second: int, rules: Collection[str]
) -> list[Linear] | None:
    """The run with fewer units between two nodes that mix; None where none goes."""
    plain = all(map(shifts_only, nodes[first + 1 : second])) and groups_of(nodes[:second]) == 1
    A, B = _numbers(nodes[first]), _numbers(nodes[second])
    if not plain or A is None or B is None or B.shape[1] != A.shape[0]:
        return None
    shifts = [node.b for node in nodes[first:second] if node.b is not None]
    b = zeros(int(A.shape[0]))
    for shift in shifts:
        b = add(b, shift)
    given = _relabelling(A, b, np.asarray(nonzero(B).any(axis=0)), rules)
    if given is None:
        return None
    left = chosen(nodes[first:second], given)
    return [*nodes[:first], *left, *taken_together(nodes[second:], given, None)]


def _numbers(node: Linear) -> Exact | None:
    match node.weights:
        case Matrix(numbers) | Kernel(numbers):
            return numbers
        case Diagonal() | Identity() | Normalization():
            return None
        case _:
            assert_never(node.weights)


def _relabelling(
    A: Exact, b: Exact, read: np.ndarray, rules: Collection[str]
) -> Relabelling | None:
    """What units of these rows and biases are in terms of fewer; None if none goes, or all."""
    moving = np.asarray(nonzero(A).any(axis=1), dtype=bool)
    unread = ~read & ("unused" in rules)
    constant = ~moving & ~unread & ("constants" in rules)
    left = np.flatnonzero(~unread & ~constant)
    some = left[moving[left]] if "merges" in rules else left[:0]
    classes = alike(Written(A, b), some, _EITHER)
    classes += [[(int(v), ONE)] for v in np.setdiff1d(left, some)]
    if not classes or len(classes) == b.size:
        return None
    classes.sort(key=lambda members: members[0][0])
    ghosts = [[(int(v), ONE)] for v in np.flatnonzero(unread)]
    return relabelling_of(classes, constant, b, off=ghosts)
