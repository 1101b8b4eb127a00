"""Networks with structure planted in them, so that a reducer has something to find.

base: the layers before planting, what a reducer should find again
spread: the outgoing weights of a unit shared out between it and its copies
hidden: added twice with opposite effect, so that it can be seen only after merging
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import TYPE_CHECKING, Any

import numpy as np

from lumpver.exact.scalar import number
from lumpver.model.activations import Activation, leaky
from lumpver.model.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FACTORS = tuple(Fraction(*f) for f in ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (5, 1), (7, 1),
                                       (1, 7), (5, 3), (3, 5), (4, 1), (1, 4)))  # fmt: skip
SHORT = tuple(f for f in FACTORS if {f.numerator, f.denominator} <= {1, 2, 3, 4})


def matrix(rows: int, columns: int, number: Callable[[], Fraction]) -> Any:
    """A matrix of Fractions."""
    result = np.full((rows, columns), Fraction(0), dtype=object)
    for index in np.ndindex(rows, columns):
        result[index] = number()
    return result


@dataclass(slots=True)
class Planter:
    """Layers `[W, b]` of Fractions in which units are planted, layer by layer.

    `known` lists, for the layer planted last, pairs (u, v, f) with unit v = f unit u, and
    `fixed` its constants (u, value).
    """

    rng: np.random.Generator
    factors: Sequence[Fraction] = FACTORS
    layers: list[list[Any]] = field(default_factory=list)
    known: list[tuple[int, int, Fraction]] = field(default_factory=list)
    fixed: list[tuple[int, Fraction]] = field(default_factory=list)

    def whole(self, most: int = 8) -> Fraction:
        """A small whole number."""
        return Fraction(int(self.rng.integers(-most, most + 1)))

    def layer(self, index: int, *, multiples: int, constants: int, unused: int) -> None:
        """Plant into one hidden layer; the function of the network stays as it is."""
        base = self.layers[index][0].shape[0]
        before = (self.known, self.fixed)
        known, fixed = [], []
        for _ in range(multiples):
            u, f = int(self.rng.integers(base)), self.factors[self.rng.integers(len(self.factors))]
            known.append((u, self._copy(index, u, f), f))
        for _ in range(constants):
            value = self.whole() / 2
            fixed.append((self._constant(index, value), max(value, Fraction(0))))
        for count in range(unused):
            known += self._unused(index) if count % 2 == 0 else self._cancelling(index)
        self._hide(index, *before)
        self.known, self.fixed = known, fixed

    def _unit(self, index: int, row: Any, bias: Fraction, column: Any) -> int:
        W, b = self.layers[index]
        after = self.layers[index + 1]
        self.layers[index] = [np.concatenate([W, row[None, :]]), np.append(b, bias)]
        after[0] = np.concatenate([after[0], column[:, None]], axis=1)
        return int(W.shape[0])

    def _column(self, index: int) -> Any:
        return matrix(1, self.layers[index + 1][0].shape[0], lambda: self.whole(3))[0]

    def _copy(self, index: int, u: int, f: Fraction) -> int:
        W, b = self.layers[index]
        column = self._column(index)
        self.layers[index + 1][0][:, u] -= f * column
        return self._unit(index, f * W[u], f * b[u], column)

    def _constant(self, index: int, value: Fraction) -> int:
        columns = self.layers[index][0].shape[1]
        column = self._column(index)
        self.layers[index + 1][1] = self.layers[index + 1][1] - max(value, Fraction(0)) * column
        return self._unit(index, matrix(1, columns, lambda: Fraction(0))[0], value, column)

    def _unused(self, index: int) -> list[Any]:
        row = matrix(1, self.layers[index][0].shape[1], self.whole)[0]
        nothing = matrix(1, self.layers[index + 1][0].shape[0], lambda: Fraction(0))[0]
        self._unit(index, row, self.whole(), nothing)
        return []

    def _cancelling(self, index: int) -> list[Any]:
        """A unit and a multiple of it whose effects cancel: unused once they are merged."""
        row, bias = matrix(1, self.layers[index][0].shape[1], self.whole)[0], self.whole()
        row[:1] = 1
        f, column = self.factors[self.rng.integers(len(self.factors))], self._column(index)
        u = self._unit(index, row, bias, f * column)
        return [(u, self._unit(index, f * row, f * bias, -column), f)]

    def _hide(self, index: int, known: Sequence[Any], fixed: Sequence[Any]) -> None:
        """Make rows differ by what cancels once the layer before is merged and folded."""
        W, b = self.layers[index]
        for v in range(W.shape[0]):
            for u, copy, f in known:
                delta = self.whole(2)
                W[v, u], W[v, copy] = W[v, u] + delta * f, W[v, copy] - delta
            for u, value in fixed:
                delta = self.whole(2)
                W[v, u], b[v] = W[v, u] + delta, b[v] - delta * value

    def shuffle(self) -> None:
        """Put the units of every hidden layer in another order."""
        for index in range(len(self.layers) - 1):
            order = self.rng.permutation(self.layers[index][0].shape[0])
            W, b = self.layers[index]
            self.layers[index] = [W[order], b[order]]
            self.layers[index + 1][0] = self.layers[index + 1][0][:, order]


@dataclass(frozen=True, slots=True)
class Planted:
    """A network, what was planted in it, and the network before."""

    base: Network
    network: Network
    layers: tuple[Any, ...]

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of the base's hidden layers."""
        return self.base.widths[1:-1]


def planted(
    seed: int,
    widths: Sequence[int],
    *,
    scales: Sequence[Fraction] = (),
    dtype: Any = None,
    **counts: int,
) -> Planted:
    """A random ReLU chain with multiples, constants and unused units in every hidden layer.

    With a `dtype` each layer is scaled so that its numbers are whole, and stored in it; the
    dtype has to hold them. `scales` multiply the weights further, one for each layer.
    """
    rng = np.random.default_rng(seed)
    planter = Planter(rng, FACTORS if dtype is None else SHORT)
    for before, after in pairwise(widths):
        W = matrix(after, before, planter.whole)
        planter.layers.append([W, matrix(1, after, planter.whole)[0]])
    base = [(W.copy(), b.copy()) for W, b in planter.layers]
    amounts = {"multiples": 3, "constants": 1, "unused": 1} | counts
    for index in range(len(planter.layers) - 1):
        planter.layer(index, **amounts)
    planter.shuffle()
    factors = _clearing(planter.layers) if dtype is not None else [Fraction(1)] * len(base)
    factors = [f * s for f, s in zip(factors, scales or [1] * len(base), strict=True)]
    layers = _stored(planter.layers, factors, dtype)
    return Planted(
        Network.from_layers(_stored(base, factors, None)),
        Network.from_layers(layers),
        tuple(layers),
    )


def _clearing(layers: Sequence[Any]) -> list[Fraction]:
    """Factors for the weights, layer by layer, that make weights and biases whole."""
    found, so_far = [], Fraction(1)
    for W, b in layers:
        factor = Fraction(lcm(*(x.denominator for x in (*W.flat, *(b * so_far)))))
        found.append(factor)
        so_far *= factor
    return found


def _stored(layers: Sequence[Any], factors: Sequence[Fraction], dtype: Any) -> list[Any]:
    """The layers with weights multiplied by their factor, and biases by all so far."""
    result, so_far = [], Fraction(1)
    for (W, b), factor in zip(layers, factors, strict=True):
        so_far *= factor
        exact = (W * factor, b * so_far)
        if dtype is None:
            result.append(exact)
            continue
        stored = tuple(_floats(part).astype(dtype) for part in exact)
        for part, kept in zip(exact, stored, strict=True):
            if any(Fraction(float(x)) != y for x, y in zip(kept.flat, part.flat, strict=True)):
                raise ValueError(dtype)
        result.append(stored)
    return result


def _floats(numbers: Any) -> Any:
    return np.array([float(x) for x in numbers.flat]).reshape(numbers.shape)


CLIP = Activation("Clip", (number(-1), number(1)))
HIDDEN = ("relu", "relu", "relu", "abs", "identity", leaky("1/10"), leaky(0.1), CLIP)
_SMALL = (0, 0, 1, -1, 2, -2, 3)
_HARD = (0.0, -0.0, 0.0, 1.0, 3.0, -1.0, 0.1, 0.3, 1 / 3, 2.0**60, 2.0**-60, 2.0**24 - 1)
_HARDER = (*_HARD, 2.0**53 - 1, 5e-324, 2.0**1000, 2.0**-1000, 2.0**127)


def mixed(seed: int) -> Network:
    """A chain of one to four small layers, any activations, with rows that are multiples.

    Seeds go round four kinds of numbers: whole, rational, float64 and float32.
    """
    rng = np.random.default_rng(seed)
    kind = seed % 4
    widths = [int(n) for n in rng.integers(0 if rng.random() < 0.1 else 1, 5, rng.integers(2, 6))]
    layers = [
        (*_rows(rng, kind, after, before), HIDDEN[rng.integers(len(HIDDEN))])
        for before, after in pairwise(widths)
    ]
    W, b, _ = layers[-1]
    layers[-1] = (W, b, "relu" if rng.random() < 0.2 else "identity")
    return Network.from_layers(layers)


def _rows(rng: np.random.Generator, kind: int, rows: int, columns: int) -> tuple[Any, Any]:
    numbers: Any = (_SMALL, _SMALL, _HARDER, _HARD)[kind]
    whole = np.full((rows, columns + 1), 0 if kind < 2 else 0.0, dtype=object)
    for index in np.ndindex(whole.shape):
        whole[index] = numbers[rng.integers(len(numbers))]
        if kind == 1:
            whole[index] = Fraction(int(rng.integers(-4, 5)), int(rng.choice([1, 2, 3, 5])))
    for v in range(1, rows):
        u, f = rng.integers(v), FACTORS[rng.integers(len(FACTORS))]
        if rng.random() < 0.5:
            copy = np.array([x * (f if kind < 2 else float(f)) for x in whole[u]], dtype=object)
            whole[v] = copy if all(abs(x) < 2.0**126 or kind < 3 for x in copy) else whole[u]
        elif rng.random() < 0.2:
            whole[v, :-1] = 0 * whole[v, :-1]
    if kind >= 2:
        with np.errstate(under="ignore"):
            whole = whole.astype("f8" if kind == 2 else "f4")
    return whole[:, :-1], whole[:, -1]
