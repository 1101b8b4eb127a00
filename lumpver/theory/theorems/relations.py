"""Definition 6, as printed and weighted, as equations over an unknown rho.

Where rho is unknown these are its equations, multiplied out; where it is known, the
paper's own definition is asked, and no equation here is trusted.

q: 1/rho of every hidden unit, which keeps the equations polynomial
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import fmpq

from lumpver.exact.scalar import number
from lumpver.proving import smt
from lumpver.theory.examples import EXAMPLES
from lumpver.theory.paper import PRINTED, Definition, from_network, violations
from lumpver.theory.theorems.claims import Claim, Truth, Value, run, same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.network import Network
    from lumpver.theory.paper import NN

Relation = tuple[tuple[tuple[int, ...], ...], ...]


def paper(name: str) -> NN:
    """The example of that name, as the paper writes networks."""
    return from_network(EXAMPLES[name].network)


def equal(network: Network, reduced: Network, *x: Value, given: tuple[Truth, ...] = ()) -> Claim:
    """That two networks compute the same at `x`."""
    before, after = run(network, *x), run(reduced, *x)
    return Claim(given, same(before, after), {"N(x)": before, "N/R(x)": after})


def rho_of(nn: NN, q: Sequence[fmpq]) -> list[list[fmpq]]:
    """rho of all layers from q > 0 of the hidden ones; inputs and outputs have 1."""
    return [[1 / value for value in layer] for layer in _by_layer(nn, q)]


def admitted(
    nn: NN, relation: Relation, q: Sequence[Value], definition: Definition
) -> tuple[Truth, ...]:
    """That 1/q is a rho for which the relation is a lumpability of ReLU networks."""
    positive = tuple(value > 0 for value in q)
    if not all(isinstance(value, fmpq) for value in q):
        return (*positive, *_equations(nn, relation, _by_layer(nn, q), definition))
    if not all(positive):
        return (False,)
    return (not violations(nn, relation, rho_of(nn, q), definition=definition),)


def _by_layer(nn: NN, q: Sequence[Value]) -> list[list[Value]]:
    ends, values = [number(1)], iter(q)
    hidden = [[next(values) for _ in nn.S(ell)] for ell in range(1, nn.k)]
    return [ends * len(nn.S(0)), *hidden, ends * len(nn.S(nn.k))]


def _equations(
    nn: NN, relation: Relation, q: list[list[Value]], definition: Definition
) -> list[Truth]:
    """rho(v) X(v) = rho(t) X(t), as q(t) X(v) = q(v) X(t), for biases and class sums X."""
    found = []
    weights = [[number(1)] * len(layer) for layer in q] if definition is PRINTED else q
    for ell in range(1, nn.k):
        for t, *others in relation[ell]:
            of_t = _row(nn, relation[ell - 1], weights[ell - 1], ell, t)
            for v in others:
                of_v = _row(nn, relation[ell - 1], weights[ell - 1], ell, v)
                found += [
                    smt.term(q[ell][t]) * smt.term(x) == smt.term(q[ell][v]) * smt.term(y)
                    for x, y in zip(of_v, of_t, strict=True)
                ]
    return found


def _row(
    nn: NN, blocks: Sequence[tuple[int, ...]], q: Sequence[Value], ell: int, v: int
) -> list[Value]:
    sums = [
        smt.combination([number(nn.W(ell, u, v)) for u in block], [q[u] for u in block])
        for block in blocks
    ]
    return [number(nn.b(ell, v)), *sums]
