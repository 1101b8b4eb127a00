"""Definitions 1 to 3: a neural network and what it computes.

Every number is a sympy Rational and every formula is written as it is printed.

S(l): the nodes of layer l, 0 .. n-1; layer 0 is the input, layer k the output
W(l, u, v): the weight of the edge from u in layer l-1 to v in layer l
b(l, v), A(l, v): bias and activation of node v in layer l
valuation: one number per node of a layer

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumpver.errors import Malformed, ShapeMismatch
from lumpver.exact.scalar import number, to_sympy
from lumpver.model.activations import Activation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sympy import Rational

    Valuation = tuple[Rational, ...]

Activations = Activation | tuple[Activation, ...]


def rational(value: Any) -> Rational:
    """`value` as a sympy Rational, exactly.

    Raises
    ------
    NotANumber
        For everything that is not one rational number.

    Examples
    --------
    >>> rational("1/3") + rational(0.5)
    5/6
    """
    return to_sympy(number(value))


def total(terms: Iterable[Rational]) -> Rational:
    """The sum, 0 for no terms."""
    return sum(terms, start=rational(0))


def apply(function: Activation, value: Rational) -> Rational:
    """A(value).

    Raises
    ------
    NotRational
        Where A(value) is not rational.
    """
    return to_sympy(function(number(value)))


@dataclass(frozen=True, slots=True)
class NN:
    """Definition 1: k layers of weights, biases and activations.

    `weights[l-1][u][v]` is W_l(u, v), `biases[l-1][v]` is b_l(v); `activations[l-1]` is
    the activation that all nodes of layer l share, or one per node. See `NN.of`.

    Raises
    ------
    Malformed
        If there is no layer, or not as many biases or activations as layers.
    ShapeMismatch
        If a layer does not fit the one before.
    """

    weights: tuple[tuple[tuple[Rational, ...], ...], ...]
    biases: tuple[tuple[Rational, ...], ...]
    activations: tuple[Activations, ...]

    def __post_init__(self) -> None:
        lengths = (len(self.weights), len(self.biases), len(self.activations))
        if not self.weights or len(set(lengths)) != 1:
            raise Malformed(
                "network", expected="k >= 1 weights, biases and activations", got=str(lengths)
            )
        before = len(self.weights[0])
        for ell in range(1, self.k + 1):
            before = self._fits(ell, before)

    def _fits(self, ell: int, before: int) -> int:
        rows, size = self.weights[ell - 1], len(self.biases[ell - 1])
        function = self.activations[ell - 1]
        per_node = len(function) if isinstance(function, tuple) else size
        if len(rows) != before or {len(row) for row in rows} - {size} or per_node != size:
            raise ShapeMismatch(
                f"layer {ell}",
                expected=f"weights {before} x {size}, {size} activations",
                got=f"weights {len(rows)} x {sorted({len(row) for row in rows})}, {per_node}",
            )
        return size

    @classmethod
    def of(cls, weights: Sequence[Any], biases: Sequence[Any], activations: Sequence[Any]) -> NN:
        """The network of numbers in any form: one row per u, one column per v.

        Examples
        --------
        >>> from lumpver.model.activations import IDENTITY, RELU
        >>> twins = NN.of([[[1, 2]], [[1], ["1/2"]]], [[0, 0], [0]], [RELU, IDENTITY])
        >>> twins.k, twins.widths, twins(["1/3"])
        (2, (1, 2, 1), (2/3,))
        """
        return cls(
            tuple(tuple(tuple(map(rational, row)) for row in W) for W in weights),
            tuple(tuple(map(rational, b)) for b in biases),
            tuple(A if isinstance(A, Activation) else tuple(A) for A in activations),
        )

    @property
    def k(self) -> int:
        """The number of layers, except the input layer."""
        return len(self.weights)

    @property
    def widths(self) -> tuple[int, ...]:
        """The number of nodes of layers 0 .. k."""
        return (len(self.weights[0]), *(len(b) for b in self.biases))

    @property
    def hidden(self) -> tuple[int, ...]:
        """The number of nodes of layers 1 .. k-1."""
        return self.widths[1:-1]

    def S(self, ell: int) -> range:
        """The nodes of layer l, for l in [k]."""
        return range(self.widths[ell])

    def W(self, ell: int, u: int, v: int) -> Rational:
        """W_l(u, v), for l in (k)."""
        return self.weights[ell - 1][u][v]

    def b(self, ell: int, v: int) -> Rational:
        """b_l(v), for l in (k)."""
        return self.biases[ell - 1][v]

    def A(self, ell: int, v: int) -> Activation:
        """A_l(v), for l in (k)."""
        shared = self.activations[ell - 1]
        return shared if isinstance(shared, Activation) else shared[v]

    def __call__(self, x: Iterable[Any]) -> Valuation:
        """Definition 3: [[N]](x), the valuation of the output layer.

        Raises
        ------
        ShapeMismatch
            If `x` does not have one number per input node.
        NotRational
            If an activation has no rational value.
        """
        return semantics(self, tuple(map(rational, x)))


def layer_semantics(network: NN, ell: int, valuation: Valuation) -> Valuation:
    """Definition 2: [[N]]_l, from a valuation of layer l-1 to that of layer l.

    Raises
    ------
    ShapeMismatch
        If `valuation` does not have one number per node of layer l-1.
    NotRational
        If an activation has no rational value.
    """
    if len(valuation) != len(network.S(ell - 1)):
        raise ShapeMismatch(
            f"layer {ell - 1}", expected=f"{len(network.S(ell - 1))}", got=f"{len(valuation)}"
        )
    return tuple(
        apply(
            network.A(ell, t),
            total(network.W(ell, s, t) * valuation[s] for s in network.S(ell - 1))
            + network.b(ell, t),
        )
        for t in network.S(ell)
    )


def semantics(network: NN, valuation: Valuation, *, layers: int | None = None) -> Valuation:
    """Definition 3: [[N]]^l, the composition of the first `layers` layers, by default k.

    Raises
    ------
    ShapeMismatch
        If `valuation` does not have one number per input node.
    NotRational
        If an activation has no rational value.
    """
    for ell in range(1, (network.k if layers is None else layers) + 1):
        valuation = layer_semantics(network, ell, valuation)
    return valuation
