"""Definition 6: as printed, and the two definitions that repair it.

As printed, Theorem 1 fails where two hidden layers follow each other (theory: D1); with
weighted sums it holds, but zero neurons leave two maxima (D2); folding constants into
the next bias repairs that too.

PRINTED: Definition 6 word for word, with unweighted sums: Theorem 1 is false
WEIGHTED: Definition 6w, sums weighted by 1/rho as in Definition 7: Theorem 2 is false
STAR: Definition 6*, weighted and with constants folded: both theorems hold
relation: per layer the classes, tuples of nodes; rho: per layer one number per node
K: per layer the constant nodes with their values; empty except under 6*
sigma: the sum of W_l(u, v) / rho_{l-1}(u) over u in a class S'
b~: the bias with the constants of the layer before folded in

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed, NotRational
from lumpver.theory.paper.networks import apply, rational, total

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sympy import Rational

    from lumpver.theory.paper.networks import NN

Block = tuple[int, ...]
Relation = tuple[tuple[Block, ...], ...]


class Definition(Enum):
    """Which Definition 6 is meant."""

    PRINTED = "6"
    WEIGHTED = "6w"
    STAR = "6*"


PRINTED, WEIGHTED, STAR = Definition.PRINTED, Definition.WEIGHTED, Definition.STAR


@dataclass(frozen=True, slots=True)
class Classes:
    """A relation with its rho and constants, for layers 0 .. l; `violations` judges it."""

    relation: Relation
    rho: tuple[tuple[Rational, ...], ...]
    constants: tuple[Mapping[int, Rational], ...]
    definition: Definition = STAR

    def extended(
        self,
        layer: Sequence[Block],
        rho: Sequence[Rational],
        constants: Mapping[int, Rational],
    ) -> Classes:
        """The same with one more layer."""
        return Classes(
            (*self.relation, tuple(layer)),
            (*self.rho, tuple(rho)),
            (*self.constants, constants),
            self.definition,
        )

    def live(self, ell: int) -> list[Block]:
        """The classes of layer l that are disjoint from K_l."""
        return [S for S in self.relation[ell] if not set(S) & set(self.constants[ell])]


@dataclass(frozen=True, slots=True)
class Violation:
    """One equation that fails for the nodes `pair` of class `block`, with both sides."""

    layer: int
    block: Block
    pair: tuple[int, int]
    equation: str
    left: Any
    right: Any

    def __str__(self) -> str:
        v, t = self.pair
        return (
            f"layer {self.layer}, class {self.block}, v={v}, t={t}: {self.equation}: "
            f"{self.left} is not {self.right}"
        )


def is_lumpability_as_printed(network: NN, relation: Sequence[Any], rho: Sequence[Any]) -> bool:
    """Definition 6 as printed: equal rho-scaled biases and *unweighted* class sums.

    R_0 and, by the prose after it, R_k are identities. Activations are not looked at:
    the paper's networks have one per layer.

    Raises
    ------
    Malformed
        If `relation` is no partition of each layer, or `rho` is not positive.
    """
    return not violations(network, relation, rho, definition=PRINTED)


def is_lumpability_weighted(network: NN, relation: Sequence[Any], rho: Sequence[Any]) -> bool:
    """Definition 6w: as printed, with sigma for the sums, and equal activations.

    Includes the hypothesis of Theorem 1w: rho is constant on a class of a hidden layer
    whose activation is not positively homogeneous.

    Raises
    ------
    Malformed
        If `relation` is no partition of each layer, or `rho` is not positive.
    """
    return not violations(network, relation, rho, definition=WEIGHTED)


def is_lumpability(network: NN, relation: Sequence[Any], rho: Sequence[Any]) -> bool:
    """Definition 6*: as 6w, on the nodes that are not constant, with b~ for b.

    Raises
    ------
    Malformed
        If `relation` is no partition of each layer, or `rho` is not positive.
    """
    return not violations(network, relation, rho, definition=STAR)


def violations(
    network: NN,
    relation: Sequence[Any],
    rho: Sequence[Any],
    *,
    definition: Definition = STAR,
) -> tuple[Violation, ...]:
    """Every equation of the definition that fails, from layer 0 to k; none if it holds.

    Under 6* a class that mixes constants and others leaves the next layer's sums
    undefined: the search ends with that layer.

    Raises
    ------
    Malformed
        If `relation` is no partition of each layer, or `rho` is not positive.
    """
    R = classes(network, relation, rho, definition=definition)
    found: list[Violation] = []
    for ell in range(network.k + 1):
        for S in R.relation[ell]:
            for v, t in combinations(S, 2):
                compared = _compared(network, R, ell, v, t)
                found += (
                    Violation(ell, S, (v, t), equation, left, right)
                    for equation, left, right in compared
                    if left != right
                )
        if any(0 < len(set(S) & set(R.constants[ell])) < len(S) for S in R.relation[ell]):
            break
    return tuple(found)


def _compared(network: NN, R: Classes, ell: int, v: int, t: int) -> Iterator[tuple[str, Any, Any]]:
    """What the definition asks of v and t in one class: name, left side, right side."""
    rho, K = R.rho[ell], R.constants[ell]
    if ell in {0, network.k}:
        yield f"R_{ell} is the identity: v = t", v, t
    if ell == 0:
        return
    if v in K or t in K:
        yield "S is inside K or disjoint from it: v in K = t in K", v in K, t in K
        return
    if R.definition is not PRINTED:
        A = network.A(ell, v)
        yield "A(v) = A(t)", A, network.A(ell, t)
        if ell < network.k and not A.homogeneous:
            yield "rho(v) = rho(t), as A is not positively homogeneous", rho[v], rho[t]
    pairs = zip(row(network, R, ell, v), row(network, R, ell, t), strict=True)
    for name, (of_v, of_t) in zip(_names(R, ell), pairs, strict=True):
        yield f"rho(v) {name}(v) = rho(t) {name}(t)", rho[v] * of_v, rho[t] * of_t


def row(network: NN, R: Classes, ell: int, v: int) -> tuple[Rational, ...]:
    """What the definition scales by rho_l(v): the bias, then one sum per class S'."""
    if R.definition is PRINTED:
        into = (pre_sum(network, ell, S1, v) for S1 in R.relation[ell - 1])
        return (network.b(ell, v), *into)
    return (
        folded_bias(network, R, ell, v),
        *(sigma(network, R, ell, S1, v) for S1 in R.live(ell - 1)),
    )


def pre_sum(network: NN, ell: int, S1: Block, v: int) -> Rational:
    """The printed class sum: W_l(u, v) over u in S'."""
    return total(network.W(ell, u, v) for u in S1)


def sigma(network: NN, R: Classes, ell: int, S1: Block, v: int) -> Rational:
    """The weighted class sum: W_l(u, v) / rho_{l-1}(u) over u in S'."""
    return total(network.W(ell, u, v) / R.rho[ell - 1][u] for u in S1)


def folded_bias(network: NN, R: Classes, ell: int, v: int) -> Rational:
    """b~_l(v) = b_l(v) + the sum of W_l(u, v) c(u) over u in K_{l-1}."""
    K = R.constants[ell - 1]
    return network.b(ell, v) + total(network.W(ell, u, v) * K[u] for u in K)


def constants(network: NN, R: Classes, ell: int) -> dict[int, Rational]:
    """K_l of Definition 6* for hidden l, from the layers before: nodes and their values.

    v is in K_l if sigma_l(S', v) = 0 for all S' disjoint from K_{l-1} and its value
    A_l(b~_l(v)) is rational. Empty for the input, the output and other definitions.
    """
    found: dict[int, Rational] = {}
    if R.definition is not STAR or ell in {0, network.k}:
        return found
    for v in network.S(ell):
        bias, *into = row(network, R, ell, v)
        if not any(into):
            try:
                found[v] = apply(network.A(ell, v), bias)
            except NotRational:
                continue
    return found


def classes(
    network: NN, relation: Sequence[Any], rho: Sequence[Any], *, definition: Definition = STAR
) -> Classes:
    """The relation and rho as tuples, numbers as sympy Rationals, with their constants.

    Raises
    ------
    Malformed
        If `relation` is no partition of each layer, or `rho` is not positive.
    """
    lengths = {len(relation), len(rho)}
    if lengths != {network.k + 1}:
        got = " and ".join(map(str, sorted(lengths)))
        raise Malformed("relation and rho", expected=f"{network.k + 1} layers", got=got)
    R = Classes((), (), (), definition)
    for ell, (layer, factors) in enumerate(zip(relation, rho, strict=True)):
        blocks, scale = tuple(map(tuple, layer)), tuple(map(rational, factors))
        nodes = list(network.S(ell))
        if sorted(v for S in blocks for v in S) != nodes or not all(blocks):
            expected = f"a partition of {nodes}"
            raise Malformed(f"relation, layer {ell}", expected=expected, got=str(blocks))
        if len(scale) != len(nodes) or not all(factor > 0 for factor in scale):
            expected = f"{len(nodes)} positive numbers"
            raise Malformed(f"rho, layer {ell}", expected=expected, got=str(scale))
        R = R.extended(blocks, scale, constants(network, R, ell))
    return R


def _names(R: Classes, ell: int) -> list[str]:
    if R.definition is PRINTED:
        return ["b", *(f"sum{S1}" for S1 in R.relation[ell - 1])]
    bias = "b~" if R.definition is STAR else "b"
    return [bias, *(f"sigma{S1}" for S1 in R.live(ell - 1))]
