"""Synthetic layers: all nodes but a fixed subset become linear combinations of that subset.

Fixed weights are rounded to a grid and coefficients have few bits, so that every combined
weight and bias is a float32, exactly: what is pruned is a combination, not nearly one.

same: fixed weights and biases made non-negative, coefficients positive. Features are
    never negative, so no node ever switches and the linear update is exact.
mixed: fixed weights as trained, coefficients positive: nodes switch at different inputs
signed: fixed weights as in `same`, coefficients of both signs: the fixed nodes never
    switch, but the combined ones do

"All the same sign" could also mean non-positive: then every node is constantly 0, and
there is nothing to measure.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Sections 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from flint import fmpq

from experiments.paper.settings import FAMILIES
from lumpver.errors import Malformed, Unrepresentable
from lumpver.exact.array import Exact, array, as_float64, equal, is_float
from lumpver.exact.product import matmul
from lumpver.exact.scalar import ZERO

if TYPE_CHECKING:
    from collections.abc import Sequence

Stored = npt.NDArray[np.float32]

GRID: Final = 2**10
LARGEST: Final = 8
EIGHTHS: Final = (2, 8)


@dataclass(frozen=True, slots=True)
class Combined:
    """A node that is a linear combination of fixed ones: pairs of node and coefficient."""

    node: int
    terms: tuple[tuple[int, fmpq], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Which nodes of a layer are fixed, and which are combined, in the order of pruning.

    Raises
    ------
    Malformed
        If a node is missing, named twice, or a combination of anything but fixed nodes.
    """

    family: str
    width: int
    fixed: tuple[int, ...]
    combined: tuple[Combined, ...]

    def __post_init__(self) -> None:
        nodes = sorted([*self.fixed, *(c.node for c in self.combined)])
        if nodes != list(range(self.width)):
            raise Malformed("plan", expected=f"nodes 0 to {self.width - 1} once", got=str(nodes))
        known = set(self.fixed)
        for combined in self.combined:
            if not known.issuperset(node for node, _ in combined.terms):
                where = f"node {combined.node}"
                raise Malformed(where, expected="a combination of fixed nodes", got="of others")

    @property
    def coefficients(self) -> Exact:
        """One row per combined node, one column per node of the layer."""
        return coefficients(self.combined, self.width)


def coefficients(combined: Sequence[Combined], width: int) -> Exact:
    """The matrix of the combinations: one row each, one column per node of the layer.

    Examples
    --------
    >>> coefficients([Combined(2, ((0, fmpq(1, 2)), (1, fmpq(3))))], 3).tolist()
    [[0.5, 3.0, 0.0]]
    """
    rows = np.full((len(combined), width), ZERO, dtype=object)
    for row, one in zip(rows, combined, strict=True):
        for node, coefficient in one.terms:
            row[node] += coefficient
    return array(rows)


def plan(family: str, terms: int, *, width: int, fixed: int, seed: int) -> Plan:
    """A random plan: `fixed` nodes kept, each other one a combination of `terms` of them.

    The fixed nodes depend on the seed alone; nodes, coefficients (eighths from 1/4 to 1)
    and the order also on `terms`, and only signs on the family.

    Raises
    ------
    Malformed
        If the family is unknown, or there are fewer fixed nodes than terms.

    Examples
    --------
    >>> found = plan("mixed", 2, width=6, fixed=4, seed=0)
    >>> len(found.fixed), [len(c.terms) for c in found.combined]
    (4, [2, 2])
    >>> found == plan("mixed", 2, width=6, fixed=4, seed=0)
    True
    """
    if family not in FAMILIES:
        raise Malformed("family", expected=" or ".join(FAMILIES), got=repr(family))
    if not 1 <= terms <= fixed <= width:
        raise Malformed("terms", expected=f"1 to {fixed}, of {width} nodes", got=str(terms))
    order = np.random.default_rng([seed, 0]).permutation(width)
    kept = np.sort(order[:fixed])
    random = np.random.default_rng([seed, terms])
    combined = []
    for node in random.permutation(order[fixed:]).tolist():
        chosen = random.choice(kept, size=terms, replace=False)
        eighths = random.integers(*EIGHTHS, size=terms, endpoint=True)
        signs = _signs(random, terms)
        if family == "signed":
            eighths = eighths * signs
        pairs = zip(chosen.tolist(), eighths.tolist(), strict=True)
        combined.append(Combined(node, tuple((j, fmpq(k, 8)) for j, k in pairs)))
    return Plan(family, width, tuple(kept.tolist()), tuple(combined))


def _signs(random: np.random.Generator, terms: int) -> npt.NDArray[np.int64]:
    """Random signs, both of them present where there are two terms or more."""
    signs = random.choice([-1, 1], size=terms)
    signs[1:2] = -signs[0]
    return signs


def rounded(W: Any, family: str) -> Stored:
    """Weights on the grid of 1/1024, without their signs unless the family is mixed.

    Raises
    ------
    Unrepresentable
        If a weight is 8 or larger, or no number.

    Examples
    --------
    >>> rounded(np.array([-0.1, 2.0]), "same").tolist()
    [0.099609375, 2.0]
    """
    result = np.rint(np.asarray(W, dtype=np.float64) * GRID) / GRID
    if not bool((np.abs(result) < LARGEST).all()):
        got = str(np.abs(result).max())
        raise Unrepresentable("fixed nodes", expected=f"weights below {LARGEST}", got=got)
    result = result if family == "mixed" else np.abs(result)
    return (result + 0.0).astype(np.float32)


def overwritten(W: Any, b: Any, made: Plan) -> tuple[Stored, Stored]:
    """The synthetic layer: fixed rows rounded, all others exactly the plan's combinations.

    Raises
    ------
    Unrepresentable
        If a weight is too large, or a combination is no float32.

    Examples
    --------
    >>> made = Plan("same", 3, (0, 1), (Combined(2, ((0, fmpq(1, 2)), (1, fmpq(1)))),))
    >>> W, b = overwritten([[1.0], [-2.0], [9.0]], [0.5, 0.0, 9.0], made)
    >>> W.tolist(), b.tolist()
    ([[1.0], [2.0], [2.5]], [0.5, 0.0, 0.25])
    """
    nodes = list(made.fixed)
    table = np.column_stack([np.asarray(W, dtype=np.float64), np.asarray(b, dtype=np.float64)])
    result = np.zeros(table.shape, dtype=np.float32)
    result[nodes] = rounded(table[nodes], made.family)
    exact = matmul(made.coefficients[:, nodes], result[nodes])
    small = as_float64(exact).astype(np.float32) if is_float(exact) else exact
    if not is_float(exact) or not bool(equal(small, exact).all()):
        raise Unrepresentable("combined nodes", expected="float32 numbers", got="others")
    result[[c.node for c in made.combined]] = small
    return result[:, :-1].copy(), result[:, -1].copy()


def follows(W: Exact, b: Exact, made: Plan) -> bool:
    """Whether the combined rows of a layer are exactly the plan's combinations.

    Examples
    --------
    >>> made = Plan("mixed", 2, (0,), (Combined(1, ((0, fmpq(1, 2)),)),))
    >>> follows(array([[4], [2]]), array([2, 1]), made)
    True
    >>> follows(array([[4], [2]]), array([2, 2]), made)
    False
    """
    table = np.column_stack([W, b])
    nodes = [c.node for c in made.combined]
    return bool(equal(matmul(made.coefficients, table), table[nodes]).all())
