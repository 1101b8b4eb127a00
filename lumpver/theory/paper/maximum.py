"""Theorem 2: the greedy maximum, and every lumpability of a tiny network to hold it to.

Under Definition 6* the greedy relation is a lumpability and every other one is finer;
under 6w two zero neurons can leave two incomparable maxima; as printed there is one.

coarsest: the greedy relation of Theorem 2*, layer by layer
finer: R <= M, every class of R lies in a class of M
proportion: the c > 0 with a = c b, for two vectors

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Theorem 2.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from lumpver.errors import LumpverError
from lumpver.theory.paper.lumpability import (
    STAR,
    WEIGHTED,
    Classes,
    Definition,
    constants,
    row,
    violations,
)
from lumpver.theory.paper.networks import rational

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sympy import Rational

    from lumpver.theory.paper.lumpability import Block, Relation
    from lumpver.theory.paper.networks import NN

    Rho = tuple[tuple[Rational, ...], ...]

_EFFORT = 20_000_000


def coarsest(network: NN) -> Classes:
    """The unique maximum lumpability by Definition 6* (Theorem 2*), greedily.

    Classes are numbered by smallest member, which has rho = 1; K_l is one class.

    Examples
    --------
    >>> from lumpver.model.activations import IDENTITY, RELU
    >>> from lumpver.theory.paper.networks import NN
    >>> N = NN.of([[[3, 1, 0]], [[1], [1], [1]]], [[0, 0, 2], [0]], [RELU, IDENTITY])
    >>> best = coarsest(N)
    >>> best.relation, best.rho, best.constants
    ((((0,),), ((0, 1), (2,)), ((0,),)), ((1,), (1, 3, 1), (1,)), ({}, {2: 2}, {}))
    """
    R = Classes((), (), ()).extended(identity(network, 0), ones(network, 0), {})
    for ell in range(1, network.k):
        R = _extended(network, R, ell)
    return R.extended(identity(network, network.k), ones(network, network.k), {})


def _extended(network: NN, R: Classes, ell: int) -> Classes:
    K = constants(network, R, ell)
    groups = {min(K): sorted(K)} if K else {}
    rho = list(ones(network, ell))
    live = [v for v in network.S(ell) if v not in K]
    rows = {v: row(network, R, ell, v) for v in live}
    for v in live:
        for first in groups:
            A = network.A(ell, v)
            if first in K or network.A(ell, first) != A:
                continue
            factor = proportion(rows[first], rows[v])
            if factor is not None and (A.homogeneous or factor == 1):
                rho[v] = factor
                groups[first] += [v]
                break
        else:
            groups[v] = [v]
    return R.extended(sorted(map(tuple, groups.values())), rho, K)


def proportion(a: Sequence[Rational], b: Sequence[Rational]) -> Rational | None:
    """The c > 0 with a = c b, or None; 1 for two zero vectors.

    Examples
    --------
    >>> half, one, two = (rational(value) for value in ("1/2", 1, 2))
    >>> proportion((one, two), (half, one)), proportion((one,), (-one,))
    (2, None)
    """
    c = next((x / y for x, y in zip(a, b, strict=True) if y != 0), rational(1))
    return c if c > 0 and all(x == c * y for x, y in zip(a, b, strict=True)) else None


def is_finer(R: Relation, M: Relation) -> bool:
    """Whether R <= M: every class of R lies in a class of M, layer by layer.

    Examples
    --------
    >>> is_finer((((0,), (1,)),), (((0, 1),),)), is_finer((((0, 1),),), (((0,), (1,)),))
    (True, False)
    """
    return all(
        any(set(S) <= set(T) for T in coarse)
        for fine, coarse in zip(R, M, strict=True)
        for S in fine
    )


def maximal(relations: Iterable[Relation]) -> tuple[Relation, ...]:
    """The relations that are not strictly finer than another one.

    Examples
    --------
    >>> maximal([(((0,), (1,)),), (((0, 1),),)])
    ((((0, 1),),),)
    """
    known = tuple(relations)
    return tuple(R for R in known if not any(R != M and is_finer(R, M) for M in known))


def lumpabilities(
    network: NN, *, definition: Definition = STAR
) -> tuple[tuple[Relation, Rho], ...]:
    """Every relation that is a lumpability for some rho, with one such rho each.

    By trying all partitions of all hidden layers: for tiny networks only.

    Raises
    ------
    LumpverError
        Under 6w, if the solver gives up, or finds no rational rho where there is one.
    """
    hidden = [tuple(partitions(tuple(network.S(ell)))) for ell in range(1, network.k)]
    first, last = identity(network, 0), identity(network, network.k)
    relations = ((first, *middle, last) for middle in product(*hidden))
    tried = ((R, find_rho(network, R, definition=definition)) for R in relations)
    return tuple((R, rho) for R, rho in tried if rho is not None)


def find_rho(network: NN, relation: Relation, *, definition: Definition = STAR) -> Rho | None:
    """A rho for which `relation` is a lumpability, or None if there is none.

    As printed and under 6* it is determined up to one factor per class, which no equation
    sees. Under 6w the factors of zero neurons matter, and z3 decides.

    Raises
    ------
    LumpverError
        Under 6w, if the solver gives up, or finds no rational rho where there is one.
    """
    if definition is WEIGHTED:
        rho = _solved(network, relation)
    else:
        rho = _determined(network, relation, definition)
    if rho is None or violations(network, relation, rho, definition=definition):
        return None
    return rho


def partitions(nodes: Sequence[int]) -> Iterator[tuple[Block, ...]]:
    """Every partition of `nodes`, classes in order of their first member.

    Examples
    --------
    >>> len(list(partitions(range(4))))
    15
    """
    if not nodes:
        yield ()
        return
    *rest, last = nodes
    for smaller in partitions(rest):
        for i, S in enumerate(smaller):
            yield (*smaller[:i], (*S, last), *smaller[i + 1 :])
        yield (*smaller, (last,))


def _determined(network: NN, relation: Relation, definition: Definition) -> Rho | None:
    R = Classes((), (), (), definition).extended(relation[0], ones(network, 0), {})
    for ell in range(1, network.k + 1):
        K = constants(network, R, ell)
        rho = list(ones(network, ell))
        for S in relation[ell]:
            if set(S) & set(K):
                continue
            first = row(network, R, ell, S[0])
            for v in S[1:]:
                factor = proportion(first, row(network, R, ell, v))
                if factor is None:
                    return None
                rho[v] = factor
        R = R.extended(relation[ell], rho, K)
    return R.rho


def _solved(network: NN, relation: Relation) -> Rho | None:
    import z3  # noqa: PLC0415 heavy: only Definition 6w needs it

    q = [[z3.Real(f"q{ell}_{v}") for v in network.S(ell)] for ell in range(network.k + 1)]
    solver = z3.Solver()
    solver.set("rlimit", _EFFORT)
    solver.add(*(unknown > 0 for layer in q for unknown in layer))
    solver.add(*_equations(network, relation, q, z3.Q))
    answer = solver.check()
    if answer == z3.unsat:
        return None
    if answer == z3.unknown:
        raise LumpverError("find_rho", expected="an answer", got=solver.reason_unknown())
    values = [[solver.model().eval(x, model_completion=True) for x in layer] for layer in q]
    if not all(z3.is_rational_value(x) for layer in values for x in layer):
        raise LumpverError("find_rho", expected="a rational rho", got="an algebraic one")
    return tuple(tuple(1 / rational(str(x)) for x in layer) for layer in values)


def _equations(network: NN, relation: Relation, q: Any, fraction: Any) -> Iterator[Any]:
    """Definition 6w over unknown q = 1/rho > 0: q(t) x(v) = q(v) x(t)."""

    def term(value: Rational) -> Any:
        return fraction(str(value.p), str(value.q))

    for ell in range(1, network.k + 1):
        for t, *others in relation[ell]:
            for v in others:
                yield q[ell][t] * term(network.b(ell, v)) == q[ell][v] * term(network.b(ell, t))
                for S1 in relation[ell - 1]:
                    of_v = sum(term(network.W(ell, u, v)) * q[ell - 1][u] for u in S1)
                    of_t = sum(term(network.W(ell, u, t)) * q[ell - 1][u] for u in S1)
                    yield q[ell][t] * of_v == q[ell][v] * of_t
                if ell < network.k and not network.A(ell, v).homogeneous:
                    yield q[ell][t] == q[ell][v]


def identity(network: NN, ell: int) -> tuple[Block, ...]:
    """The identity relation on layer l."""
    return tuple((v,) for v in network.S(ell))


def ones(network: NN, ell: int) -> tuple[Rational, ...]:
    """The rho of layer l that is 1 everywhere."""
    return (rational(1),) * len(network.S(ell))
