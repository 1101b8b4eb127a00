"""Pairs of equal networks that no lumping relates, by family, for tests and benchmarks.

Every family is a function of a seed, and of its size where tests want it smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any, Final

from lumpver.exact.scalar import number
from lumpver.model.activations import Activation, leaky
from lumpver.model.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

Row = list[Fraction]
Matrix = list[Row]


@dataclass(frozen=True, slots=True)
class Family:
    """Two networks with equal outputs, on the box if there is one."""

    a: Network
    b: Network
    box: dict[str, Any] | None = field(default=None)


class Numbers:
    """Random weights with four binary digits behind the point, none of them zero."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def weight(self) -> Fraction:
        """One weight."""
        return Fraction(self.random.choice((-1, 1)) * self.random.randint(1, 64), 16)

    def scale(self) -> Fraction:
        """One positive factor, mostly no power of two."""
        return Fraction(self.random.randint(1, 7), self.random.randint(1, 7))

    def vector(self, n: int) -> Row:
        """n weights."""
        return [self.weight() for _ in range(n)]

    def matrix(self, rows: int, columns: int) -> Matrix:
        """A matrix of weights."""
        return [self.vector(columns) for _ in range(rows)]


def eye(n: int, factor: int = 1) -> Matrix:
    """`factor` times the identity."""
    return [[Fraction(factor * (i == j)) for j in range(n)] for i in range(n)]


def negative(W: Matrix) -> Matrix:
    """-W."""
    return [[-w for w in row] for row in W]


def beside(*parts: Matrix) -> Matrix:
    """Matrices side by side."""
    return [[w for part in parts for w in part[v]] for v in range(len(parts[0]))]


def product(A: Matrix, B: Matrix) -> Matrix:
    """A B."""
    return [
        [sum((a * B[j][k] for j, a in enumerate(row)), Fraction(0)) for k in range(len(B[0]))]
        for row in A
    ]


def minus(b: Row) -> Row:
    """-b."""
    return [-value for value in b]


def disguised(first: Any, second: Any, random: Random) -> list[Any]:
    """Two layers with the units between them in another order and scaled."""
    (W, b), (V, c, *rest) = first, second
    order = random.sample(range(len(W)), len(W))
    scale = [Fraction(random.randint(1, 7), random.randint(1, 7)) for _ in order]
    rows = [[s * w for w in W[v]] for v, s in zip(order, scale, strict=True)]
    biases = [s * b[v] for v, s in zip(order, scale, strict=True)]
    columns = [[row[v] / s for v, s in zip(order, scale, strict=True)] for row in V]
    return [(rows, biases), (columns, c, *rest)]


def carried(seed: int = 0, *, inputs: int = 6, width: int = 16) -> Family:
    """A linear layer's values carried through ReLUs as `ReLU(y) - ReLU(-y)`."""
    draw = Numbers(seed)
    first = (draw.matrix(width, inputs), draw.vector(width))
    V, c = draw.matrix(width, width), draw.vector(width)
    W, b = draw.matrix(width, width), draw.vector(width)
    out = (draw.matrix(2, width), None)
    straight = [first, (V, c, "identity"), (W, b), out]
    through = [first, (V + negative(V), c + minus(c)), (beside(W, negative(W)), b), out]
    return Family(Network.from_layers(straight), Network.from_layers(through))


def dead(seed: int = 0, *, inputs: int = 6, width: int = 16) -> Family:
    """Units `ReLU(-ReLU(.) - ReLU(.))` that are 0 everywhere, against none."""
    draw = Numbers(seed)
    first = (draw.matrix(width, inputs), draw.vector(width))
    W, b = draw.matrix(width, width), draw.vector(width)
    out = draw.matrix(2, width)
    a = Network.from_layers([first, (W, b), (out, None)])
    zero = [[-abs(w) for w in row] for row in draw.matrix(width, width)]
    shift = [-abs(value) for value in draw.vector(width)]
    noise = draw.matrix(2, width)
    return Family(
        a, Network.from_layers([first, (W + zero, b + shift), (beside(out, noise), None)])
    )


def _tournament(leaves: int, *, chain: bool, left: bool) -> list[tuple[Matrix, list[str]]]:
    """Layers that take the maximum of `leaves` values, two at a time.

    Each layer first computes, per pair (a, b), b - a and the one to keep, then ReLU of the
    difference; what is carried along goes through as `ReLU(y) - ReLU(-y)`.
    """
    steps = []
    count = leaves
    while count > 1:
        pairs = [(count - 2, count - 1)] if chain else [(i, i + 1) for i in range(0, count - 1, 2)]
        paired = {i for two in pairs for i in two}
        rows: Matrix = []
        merge: Matrix = []
        width = 3 * len(pairs) + 2 * (count - len(paired))
        for i in range(count):
            if i in paired and not any(i == first for first, _ in pairs):
                continue
            combined = [Fraction(0)] * width
            two = next((two for two in pairs if two[0] == i), None)
            here = len(rows)
            if two is None:
                rows += [_unit(count, i), _unit(count, i, -1)]
                combined[here : here + 2] = [Fraction(1), Fraction(-1)]
            else:
                keep, other = two if left else two[::-1]
                rows += [_unit(count, keep), _unit(count, keep, -1)]
                rows.append(
                    [x - y for x, y in zip(_unit(count, other), _unit(count, keep), strict=True)]
                )
                combined[here : here + 3] = [Fraction(1), Fraction(-1), Fraction(1)]
            merge.append(combined)
        steps.append((rows, merge))
        count = len(merge)
    return steps


def _unit(n: int, i: int, factor: int = 1) -> Row:
    return [Fraction(factor * (i == j)) for j in range(n)]


def lattice(seed: int = 0, *, inputs: int = 4, width: int = 12, leaves: int = 6) -> Family:
    """A maximum of values of a hidden layer, taken in pairs or one after the other."""
    draw = Numbers(seed)
    first = (draw.matrix(width, inputs), draw.vector(width))
    leaf = (draw.matrix(leaves, width), draw.vector(leaves), "identity")
    found = []
    for chain, left in ((False, True), (True, False)):
        layers: list[Any] = disguised(first, leaf, draw.random) if chain else [first, leaf]
        for rows, merge in _tournament(leaves, chain=chain, left=left):
            layers += [(rows, None, "relu"), (merge, None, "identity")]
        found.append(Network.from_layers(layers))
    return Family(*found)


def stable(seed: int = 0, *, inputs: int = 6, width: int = 16) -> Family:
    """Units that never switch on a box: the active ones folded into the next layer by hand."""
    draw = Numbers(seed)
    half = width // 2
    V, W = draw.matrix(half, inputs), draw.matrix(width - half, inputs)
    c = [sum(map(abs, row), Fraction(1)) for row in V]
    b = draw.vector(width - half)
    X, y = draw.matrix(width, width), draw.vector(width)
    out = (draw.matrix(2, width), None)
    a = Network.from_layers([(V + W, c + b), (X, y), out])
    # the same first layer, its active half passed on as x = ReLU(x + 1) - 1
    lift = [[row[j] for j in range(half)] for row in X]
    rest = [row[half:] for row in X]
    through = product(lift, V)
    shifted = [
        value + sum((x * s for x, s in zip(row, c, strict=True)), Fraction(0)) - sum(r)
        for value, row, r in zip(y, lift, through, strict=True)
    ]
    folded = Network.from_layers(
        [
            (eye(inputs) + W, [Fraction(1)] * inputs + b),
            (beside(through, rest), shifted),
            out,
        ]
    )
    return Family(a, folded, {"x": [(-1, 1)] * inputs})


def absolute(seed: int = 0, *, inputs: int = 6, width: int = 16) -> Family:
    """`|y|` by an activation, against `ReLU(y) + ReLU(-y)`."""
    draw = Numbers(seed)
    W, b = draw.matrix(width, inputs), draw.vector(width)
    X, c = draw.matrix(width, width), draw.vector(width)
    out = (draw.matrix(2, width), None)
    a = Network.from_layers([(W, b, "abs"), (X, c), out])
    pairs = Network.from_layers([(W + negative(W), b + minus(b)), (beside(X, X), c), out])
    return Family(a, pairs)


def split(seed: int = 0, *, inputs: int = 6, width: int = 16) -> Family:
    """Units duplicated as mirror images, their outgoing weights split between the copies.

    `w ReLU(y) = u ReLU(y) + v ReLU(-y) + v ReLU(2 y) / 2 - v (ReLU(y) + ReLU(-y))`, u + v = w
    taken apart so that no copy is a multiple of what it replaces.
    """
    draw = Numbers(seed)
    W, b = draw.matrix(width, inputs), draw.vector(width)
    X, c = draw.matrix(width, width), draw.vector(width)
    out = (draw.matrix(2, width), None)
    a = Network.from_layers([(W, b), (X, c), out])
    part = draw.matrix(width, width)
    shift = product(part, W)
    # ReLU(y) = y + ReLU(-y): `part` of each weight goes to the mirrored unit and to y itself,
    # which is carried by x = ReLU(x) - ReLU(-x).
    left = [[x - p for x, p in zip(r, s, strict=True)] for r, s in zip(X, part, strict=True)]
    bias = [
        value + sum((p * s for p, s in zip(row, b, strict=True)), Fraction(0))
        for value, row in zip(c, part, strict=True)
    ]
    zero = [Fraction(0)] * (2 * inputs)
    layer = (W + negative(W) + eye(inputs) + eye(inputs, -1), b + minus(b) + zero)
    return Family(
        a, Network.from_layers([layer, (beside(left, part, shift, negative(shift)), bias), out])
    )


def leaking(seed: int = 0, *, inputs: int = 6, width: int = 16) -> Family:
    """LeakyReLU, against two ReLUs."""
    draw = Numbers(seed)
    W, b = draw.matrix(width, inputs), draw.vector(width)
    X, c = draw.matrix(width, width), draw.vector(width)
    out = draw.matrix(2, width)
    a = Network.from_layers([(W, b), (X, c), (out, None)], activation=leaky("1/8"))
    eighth = [[x / -8 for x in row] for row in X]
    last = [[x / -8 for x in row] for row in out]
    return Family(
        a,
        Network.from_layers(
            [
                (W + negative(W), b + minus(b)),
                (beside(X, eighth) + negative(beside(X, eighth)), c + minus(c)),
                (beside(out, last), None),
            ]
        ),
    )


def clipped(seed: int = 0, *, inputs: int = 6, width: int = 16) -> Family:
    """ReLU6, against `ReLU(y) - ReLU(y - 6)`."""
    draw = Numbers(seed)
    W, b = draw.matrix(width, inputs), draw.vector(width)
    X, c = draw.matrix(width, width), draw.vector(width)
    out = (draw.matrix(2, width), None)
    six = Activation("Clip", (number(0), number(6)))
    a = Network.from_layers([(W, b, six), (X, c), out])
    below = [value - 6 for value in b]
    return Family(a, Network.from_layers([(W + W, b + below), (beside(X, negative(X)), c), out]))


def repeated(seed: int = 0, *, inputs: int = 6, width: int = 16) -> Family:
    """Sums of ReLUs put through a second ReLU, which never cuts: another depth."""
    draw = Numbers(seed)
    W, b = draw.matrix(width, inputs), draw.vector(width)
    S = [[abs(w) for w in row] for row in draw.matrix(width, width)]
    X, c = draw.matrix(width, width), draw.vector(width)
    out = (draw.matrix(2, width), None)
    a = Network.from_layers([(W, b), (S, None, "identity"), (X, c), out])
    return Family(a, Network.from_layers([(W, b), (S, None), (X, c), out]))


FAMILIES: Final[dict[str, Callable[..., Family]]] = {
    family.__name__: family
    for family in (
        carried,
        dead,
        lattice,
        stable,
        absolute,
        split,
        leaking,
        clipped,
        repeated,
    )
}


def multiples(seed: int = 0, *, inputs: int = 4, widths: tuple[int, ...] = (64,)) -> Family:
    """A network with every hidden unit split into two that are multiples, and without.

    `widths` are those of the larger one; lumping relates the two.
    """
    draw = Numbers(seed)
    halves = [width // 2 for width in widths]
    sizes = [inputs, *halves, 2]
    plain = [(draw.matrix(n, m), draw.vector(n)) for m, n in pairwise(sizes)]
    grown: list[Any] = []
    scales: list[tuple[Fraction, Fraction]] | None = None
    for index, (W, b) in enumerate(plain):
        rows = W if scales is None else [_divided(row, scales, draw) for row in W]
        scales = None
        if index < len(halves):
            scales = [(draw.scale(), draw.scale()) for _ in W]
            both = [(v, s) for v, pair in enumerate(scales) for s in pair]
            grown.append(([[s * w for w in rows[v]] for v, s in both], [s * b[v] for v, s in both]))
        else:
            grown.append((rows, b))
    return Family(Network.from_layers(grown), Network.from_layers(plain))


def _divided(row: Row, scales: list[tuple[Fraction, Fraction]], draw: Numbers) -> Row:
    """Weights over split units that add up to those of `row`."""
    found = []
    for weight, (one, other) in zip(row, scales, strict=True):
        part = draw.weight()
        found += [part, (weight - part * one) / other]
    return found
