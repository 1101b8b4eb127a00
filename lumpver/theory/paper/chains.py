"""Definitions 4 and 5: exact and proportional exact lumpability of chains and graphs.

Both compare what flows *into* equivalent states. Nothing is asked of Q: a continuous-time
Markov chain is one case, a labelled graph the general one.

Q(u, v): the rate of the edge from u to v, stored as `Q[u][v]`
relation: the classes of an equivalence over the states
rho: one positive rational per state

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 3.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.theory.paper.networks import rational, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sympy import Rational

    from lumpver.theory.paper.networks import NN

    Rates = Sequence[Sequence[Any]]
    Pair = tuple[tuple[int, ...], tuple[int, ...], int, int]

EXAMPLE_2_RHO = (1, 1, 2, 2, 1, 2, 2, 1)
"""Example 2's rho, for its states 1 .. 8 (here 0 .. 7)."""

EXAMPLE_2_RELATION = ((0,), (1, 2, 3), (4, 5, 6), (7,))
"""Example 2's classes S_1 .. S_4, its states 1 .. 8 counted from 0."""

EXAMPLE_2_RATES = (
    (-4, 2, 1, 1, 0, 0, 0, 0),
    (0, -2, 0, 0, 1, 1, 0, 0),
    (0, 0, -1, 0, 1, 0, 0, 0),
    (0, 0, 0, -1, 0, 0, 1, 0),
    (0, 0, 0, 0, -2, 0, 0, 2),
    (0, 0, 0, 0, 0, -1, 0, 1),
    (0, 0, 0, 0, 0, 0, -1, 1),
    (3, 0, 0, 0, 0, 0, 0, -3),
)
"""A chain that Example 2's rho and classes lump; the rates are ours, not Figure 2's."""


def is_ctmc(Q: Rates) -> bool:
    """Whether Q is a chain: rates are non-negative and every row adds up to 0.

    Raises
    ------
    ShapeMismatch
        If Q is not square.

    Examples
    --------
    >>> is_ctmc(EXAMPLE_2_RATES), is_ctmc([[1]])
    (True, False)
    """
    states = _states(Q)
    off = all(rational(Q[u][v]) >= 0 for u in states for v in states if u != v)
    return off and all(total(map(rational, Q[u])) == 0 for u in states)


def is_exact_lumpability(Q: Rates, relation: Sequence[Sequence[int]]) -> bool:
    """Definition 4: the sums of Q(u, v) and Q(u, t) over u in S' are equal.

    For all classes S, S' and all v, t in S.

    Raises
    ------
    Malformed
        If `relation` is no partition of the states.

    Examples
    --------
    >>> is_exact_lumpability(EXAMPLE_2_RATES, EXAMPLE_2_RELATION)
    False
    """
    return not chain_violations(Q, relation, [1] * len(Q))


def is_proportional_exact_lumpability(
    Q: Rates, relation: Sequence[Sequence[int]], rho: Sequence[Any]
) -> bool:
    """Definition 5: rho(v) times the sum of Q(u, v) is rho(t) times that of Q(u, t).

    For all classes S, S' with u running over S', and all v, t in S.

    Raises
    ------
    Malformed
        If `relation` is no partition of the states, or `rho` is not positive.

    Examples
    --------
    >>> is_proportional_exact_lumpability(
    ...     EXAMPLE_2_RATES, EXAMPLE_2_RELATION, EXAMPLE_2_RHO)
    True
    """
    return not chain_violations(Q, relation, rho)


def chain_violations(
    Q: Rates, relation: Sequence[Sequence[int]], rho: Sequence[Any]
) -> tuple[Pair, ...]:
    """All (S, S', v, t) for which Definition 5 fails; with rho = 1, Definition 4.

    Raises
    ------
    Malformed
        If `relation` is no partition of the states, or `rho` is not positive.
    """
    states = _states(Q)
    scale = [rational(value) for value in rho]
    if sorted(u for block in relation for u in block) != list(states) or not all(relation):
        raise Malformed("relation", expected="a partition of the states", got=str(relation))
    if len(scale) != len(states) or not all(value > 0 for value in scale):
        raise Malformed("rho", expected="a positive number per state", got=str(rho))
    return tuple(_failures(Q, relation, scale))


def _failures(Q: Rates, relation: Sequence[Sequence[int]], rho: list[Rational]) -> Iterator[Pair]:
    for S in relation:
        for S1 in relation:
            for v, t in combinations(S, 2):
                into_v = total(rational(Q[u][v]) for u in S1)
                into_t = total(rational(Q[u][t]) for u in S1)
                if rho[v] * into_v != rho[t] * into_t:
                    yield tuple(S), tuple(S1), v, t


def _states(Q: Rates) -> range:
    if any(len(row) != len(Q) for row in Q):
        raise ShapeMismatch("Q", expected=f"{len(Q)} columns", got="other lengths")
    return range(len(Q))


def labelled_graph(network: NN) -> tuple[tuple[Rational, ...], ...]:
    """The network as a graph: one bias node, then the nodes of layers 0 .. k in order.

    Edges into layer l come from layer l-1 with weight W_l and from the bias node with b_l.
    On relations that keep layers apart and R_0, R_k the identity, Definition 5 on this
    graph is Definition 6 as printed.

    Examples
    --------
    >>> from lumpver.model.activations import IDENTITY
    >>> from lumpver.theory.paper.networks import NN
    >>> labelled_graph(NN.of([[[2]]], [[3]], [IDENTITY]))
    ((0, 0, 3), (0, 0, 2), (0, 0, 0))
    """
    starts = [1 + sum(network.widths[:ell]) for ell in range(network.k + 2)]
    Q = [[rational(0)] * starts[-1] for _ in range(starts[-1])]
    for ell in range(1, network.k + 1):
        for v in network.S(ell):
            Q[0][starts[ell] + v] = network.b(ell, v)
            for u in network.S(ell - 1):
                Q[starts[ell - 1] + u][starts[ell] + v] = network.W(ell, u, v)
    return tuple(map(tuple, Q))
