"""Definition 7 and Theorem 1: the quotient, and whether it computes the same.

Theorem 1 is an executable statement: it takes a lumpability and points, and returns
what was found there.

representatives: per layer one node of each class, in the order of the classes
quotient: Definition 7 as printed, for Definitions 6 and 6w
quotient_star: Definition 7 for Definition 6*: constants dropped, folded biases

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed, NotLumpable
from lumpver.model.activations import Activation
from lumpver.theory.paper.lumpability import (
    STAR,
    WEIGHTED,
    Classes,
    Definition,
    classes,
    folded_bias,
    sigma,
    violations,
)
from lumpver.theory.paper.maximum import coarsest
from lumpver.theory.paper.networks import NN, rational

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lumpver.theory.paper.networks import Activations, Valuation


@dataclass(frozen=True, slots=True)
class Holds:
    """Theorem 1's equation held at every one of `points` points: no proof beyond them."""

    definition: Definition
    points: int


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A point at which the quotient of a lumpability computes something else."""

    definition: Definition
    point: Valuation
    original: Valuation
    reduced: Valuation


def quotient(
    network: NN,
    relation: Sequence[Any],
    rho: Sequence[Any],
    *,
    representatives: Sequence[Sequence[int]] | None = None,
) -> NN:
    """Definition 7 as printed: one node per class, whether or not R is a lumpability.

    W'_l([u], [v]) = rho_{l-1}(u) times the sum of W_l(w, v) / rho_{l-1}(w) over w in [u],
    b'_l([v]) = b_l(v), A'_l([v]) = A_l(v). By default each class's first node represents
    it.

    Raises
    ------
    Malformed
        If `relation` is no partition of each layer, `rho` is not positive, or a
        representative is not in its class.

    Examples
    --------
    >>> from lumpver.model.activations import IDENTITY, RELU
    >>> twins = NN.of([[[1, 2]], [[1], [1]]], [[0, 0], [0]], [RELU, IDENTITY])
    >>> quotient(twins, [[[0]], [[0, 1]], [[0]]], [[1], [2, 1], [1]]).weights
    (((1,),), ((3,),))
    """
    R = classes(network, relation, rho, definition=WEIGHTED)
    return _quotient(network, R, _chosen(R, representatives))


def quotient_star(
    network: NN,
    relation: Sequence[Any],
    rho: Sequence[Any],
    *,
    representatives: Sequence[Sequence[int]] | None = None,
) -> NN:
    """Definition 7 for Definition 6*: the classes inside K are dropped, b' is b~.

    `representatives` names a node of every class, dropped ones included.

    Raises
    ------
    Malformed
        If `relation` is no partition of each layer, `rho` is not positive, or a
        representative is not in its class.
    """
    R = classes(network, relation, rho, definition=STAR)
    return _quotient(network, R, _chosen(R, representatives))


def _quotient(network: NN, R: Classes, chosen: tuple[tuple[int, ...], ...]) -> NN:
    kept = [
        [(S, v) for S, v in zip(layer, nodes, strict=True) if v not in K]
        for layer, nodes, K in zip(R.relation, chosen, R.constants, strict=True)
    ]
    layers = range(1, network.k + 1)
    return NN(
        tuple(
            tuple(
                tuple(R.rho[ell - 1][u] * sigma(network, R, ell, block, v) for _, v in kept[ell])
                for block, u in kept[ell - 1]
            )
            for ell in layers
        ),
        tuple(tuple(folded_bias(network, R, ell, v) for _, v in kept[ell]) for ell in layers),
        tuple(_restricted(network, ell, [v for _, v in kept[ell]]) for ell in layers),
    )


def _chosen(
    R: Classes, representatives: Sequence[Sequence[int]] | None
) -> tuple[tuple[int, ...], ...]:
    if representatives is None:
        return tuple(tuple(S[0] for S in layer) for layer in R.relation)
    chosen = tuple(map(tuple, representatives))
    if list(map(len, chosen)) != list(map(len, R.relation)) or not all(
        v in S
        for nodes, layer in zip(chosen, R.relation, strict=True)
        for v, S in zip(nodes, layer, strict=True)
    ):
        raise Malformed("representatives", expected="one node per class", got=str(chosen))
    return chosen


def _restricted(network: NN, ell: int, nodes: Iterable[int]) -> Activations:
    shared = network.activations[ell - 1]
    return shared if isinstance(shared, Activation) else tuple(shared[v] for v in nodes)


def theorem_1(
    network: NN,
    relation: Sequence[Any],
    rho: Sequence[Any],
    points: Iterable[Sequence[Any]],
    *,
    definition: Definition = STAR,
    representatives: Sequence[Sequence[int]] | None = None,
) -> Holds | Counterexample:
    """Theorem 1, [[N/R]] = [[N]], at these points: that it holds, or the first that fails.

    Raises
    ------
    NotLumpable
        If R is no lumpability by `definition`: the theorem's hypothesis fails.
    NotRational
        If an activation has no rational value at a point.

    Examples
    --------
    >>> from lumpver.model.activations import IDENTITY, RELU
    >>> twins = NN.of([[[1, 2]], [[1], [1]]], [[0, 0], [0]], [RELU, IDENTITY])
    >>> theorem_1(twins, [[[0]], [[0, 1]], [[0]]], [[1], [2, 1], [1]], [[1], ["-1/3"]])
    Holds(definition=<Definition.STAR: '6*'>, points=2)
    """
    failed = violations(network, relation, rho, definition=definition)
    if failed:
        raise NotLumpable(
            f"layer {failed[0].layer}",
            expected=f"a lumpability by Definition {definition.value}",
            got=str(failed[0]),
        )
    divide = quotient_star if definition is STAR else quotient
    reduced = divide(network, relation, rho, representatives=representatives)
    count = 0
    for point in points:
        x = tuple(map(rational, point))
        original, other = network(x), reduced(x)
        if original != other:
            return Counterexample(definition, x, original, other)
        count += 1
    return Holds(definition, count)


def reduced(network: NN) -> NN:
    """The quotient by `coarsest`, without unobserved nodes; reducing again changes nothing.

    Examples
    --------
    >>> from lumpver.model.activations import IDENTITY, RELU
    >>> twins = NN.of([[[1, 2]], [[1], [1]]], [[0, 0], [0]], [RELU, IDENTITY])
    >>> reduced(twins).hidden, reduced(twins)(["1/3"]) == twins(["1/3"])
    ((1,), True)
    """
    best = coarsest(network)
    return without_unobserved(quotient_star(network, best.relation, best.rho))


def without_unobserved(network: NN) -> NN:
    """The network without hidden nodes whose outgoing weights are all zero.

    One pass from layer k-1 down to 1: what only such nodes read goes too.
    """
    kept = [list(network.S(ell)) for ell in range(network.k + 1)]
    for ell in reversed(range(1, network.k)):
        kept[ell] = [
            u for u in network.S(ell) if any(network.W(ell + 1, u, v) != 0 for v in kept[ell + 1])
        ]
    layers = range(1, network.k + 1)
    return NN(
        tuple(
            tuple(tuple(network.W(ell, u, v) for v in kept[ell]) for u in kept[ell - 1])
            for ell in layers
        ),
        tuple(tuple(network.b(ell, v) for v in kept[ell]) for ell in layers),
        tuple(_restricted(network, ell, kept[ell]) for ell in layers),
    )
