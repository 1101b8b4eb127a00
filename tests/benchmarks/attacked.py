"""Random networks against every promise: reduced, on a box, near, of one class, within an eps.

Run by hand: `python tests/benchmarks/attacked.py WHAT FIRST LAST`, where WHAT is one of
reduce, box, within, class and eps, and seeds go from FIRST to LAST. Networks are dense chains with
planted multiples, reflections, copies and dead units; what they compute is told by a second
writing over `fractions.Fraction`, at random points, corners and points beside kinks. Prints what
was tried and each wrong answer with its seed; leaves with 1 where there is one.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import lumpver
from lumpver import LumpverError, Network
from lumpver.claim.statement import Claim
from lumpver.exact.array import array
from lumpver.io.domains import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Point = tuple[Fraction, ...]
Rows = list[list[Fraction]]

POINTS: Final = 40
SCALES: Final = (1, 2, 3, Fraction(1, 2), Fraction(1, 3), -1, -2, Fraction(-1, 2))
ACTIVATIONS: Final = ("relu", "relu", "relu", "leaky", "steep", "abs", "clip")
SLOPES: Final = {"relu": (1, 0), "leaky": (1, Fraction(1, 10)), "steep": (1, -2), "abs": (1, -1)}


@dataclass(frozen=True, slots=True)
class Chain:
    """Layers of rows, biases and an activation's word, and what they compute."""

    layers: tuple[tuple[Rows, list[Fraction], str], ...]

    @property
    def network(self) -> Network:
        """The same for lumpver."""
        given = [(array(rows), array(bias), _activation(word)) for rows, bias, word in self.layers]
        return Network.from_layers(given)

    def __call__(self, x: Point) -> Point:
        """Evaluated by hand."""
        for rows, bias, word in self.layers:
            y = (sum((w * v for w, v in zip(row, x, strict=True)), b)
                 for row, b in zip(rows, bias, strict=True))  # fmt: skip
            x = tuple(_activated(word, value) for value in y)
        return x

    def moved(self, rng: random.Random, by: Fraction) -> Chain:
        """The same with each number off by at most so much."""

        def off(value: Fraction) -> Fraction:
            return value + by * Fraction(rng.randint(-8, 8), 8)

        return Chain(
            tuple(
                ([[off(w) for w in row] for row in rows], [off(b) for b in bias], word)
                for rows, bias, word in self.layers
            )
        )


def _activation(word: str) -> Any:
    if word == "":
        return lumpver.Activation("Identity")
    if word == "clip":
        from lumpver.model.activations import clip

        return clip(0, 1)
    if word == "relu":
        return lumpver.Activation("Relu")
    return lumpver.Activation("Abs") if word == "abs" else lumpver.leaky(SLOPES[word][1])


def _activated(word: str, value: Fraction) -> Fraction:
    if word == "":
        return value
    if word == "clip":
        return min(max(value, Fraction(0)), Fraction(1))
    up, down = SLOPES[word]
    return value * (up if value >= 0 else down)


def drawn(seed: int) -> tuple[Chain, random.Random]:
    """A chain of 1 to 4 layers, of which some units are multiples, reflections or constants."""
    rng = random.Random(seed)
    widths = [rng.randint(1, 4), *(rng.randint(1, 7) for _ in range(rng.randint(1, 3)))]
    kinds = [rng.choice(ACTIVATIONS)] if rng.random() < 0.7 else list(ACTIVATIONS)
    layers = []
    for before, width in pairwise(widths):
        layers.append((*_rows(rng, width, before), rng.choice(kinds)))
    rows, bias = _rows(rng, rng.randint(1, 3), widths[-1])
    return Chain((*layers, (rows, bias, ""))), rng


def _rows(rng: random.Random, width: int, before: int) -> tuple[Rows, list[Fraction]]:
    rows, bias = [], []
    for v in range(width):
        if v and rng.random() < 0.45:
            u, scale = rng.randrange(v), Fraction(rng.choice(SCALES))
            rows.append([scale * w for w in rows[u]])
            bias.append(scale * bias[u] + (rng.random() < 0.2))
        else:
            zero = rng.random() < 0.15
            rows.append([Fraction(0 if zero else rng.randint(-3, 3), rng.choice((1, 2)))
                         for _ in range(before)])  # fmt: skip
            bias.append(Fraction(rng.randint(-3, 3), rng.choice((1, 1, 4))))
    return rows, bias


def points(chain: Chain, rng: random.Random, low: Point, high: Point) -> Iterable[Point]:
    """Points of a box: corners, random ones, and ones where a unit of the first layer bends."""
    for k in range(POINTS):
        share = [Fraction(rng.choice((0, 1)) if k % 3 == 0 else rng.randint(0, 64),
                          1 if k % 3 == 0 else 64) for _ in low]  # fmt: skip
        x = tuple(a + s * (b - a) for a, b, s in zip(low, high, share, strict=True))
        yield x
        rows, bias, _ = chain.layers[0]
        v, i = rng.randrange(len(rows)), rng.randrange(len(x))
        if rows[v][i]:
            rest = sum((w * c for j, (w, c) in enumerate(zip(rows[v], x, strict=True)) if j != i),
                       bias[v])  # fmt: skip
            bent = -rest / rows[v][i]
            if low[i] <= bent <= high[i]:
                yield (*x[:i], bent, *x[i + 1 :])


def _box(chain: Chain, rng: random.Random) -> tuple[Point, Point, str]:
    low = tuple(Fraction(rng.randint(-16, 8), 8) for _ in chain.layers[0][0][0])
    high = tuple(a + Fraction(rng.randint(0, 16), 8) for a in low)
    lines = [f"(declare-const X_{i} Real)" for i in range(len(low))]
    lines += [f"(declare-const Y_{i} Real)" for i in range(len(chain.layers[-1][0]))]
    for i, (a, b) in enumerate(zip(low, high, strict=True)):
        lines += [f"(assert (>= X_{i} {float(a)}))", f"(assert (<= X_{i} {float(b)}))"]
    return low, high, "\n".join([*lines, "(assert (>= Y_0 0.0))"])


def _computed(network: Network, x: Point) -> Point:
    found = network([str(v) for v in x])
    return tuple(Fraction(int(v.p), int(v.q)) for v in found)


def attack_reduce(seed: int, folder: Any) -> str:
    """Reduced for all inputs: checked, and the same at points."""
    del folder
    chain, rng = drawn(seed)
    network = chain.network
    found = lumpver.reduce(network)
    lumpver.check(network, found.network, found.certificate)
    far = (
        tuple(Fraction(-8) for _ in chain.layers[0][0][0]),
        tuple(Fraction(8) for _ in chain.layers[0][0][0]),
    )
    for x in points(chain, rng, *far):
        assert _computed(found.network, x) == chain(x), (seed, x)
    return "smaller" if found.network.units < network.units else "as it was"


def attack_box(seed: int, folder: Any) -> str:
    """Reduced on a box: checked there, and the same at its points."""
    chain, rng = drawn(seed)
    low, high, text = _box(chain, rng)
    path = folder / "box.vnnlib"
    path.write_text(text)
    network = chain.network
    found = lumpver.reduce(network, box=str(path))
    domain = read(str(path), network).domain
    lumpver.check(network, found.network, found.certificate, claim=Claim(domain))
    for x in points(chain, rng, low, high):
        assert _computed(found.network, x) == chain(x), (seed, x)
    plain = lumpver.reduce(network).network.units
    return "smaller on the box" if found.network.units < plain else "as without a box"


def attack_within(seed: int, folder: Any) -> str:
    """Two networks near each other: no difference at a point is above what was proved."""
    chain, rng = drawn(seed)
    low, high, text = _box(chain, rng)
    other = chain.moved(rng, Fraction(1, rng.choice((8, 64, 1024))))
    seen = max(max(abs(a - b) for a, b in zip(chain(x), other(x), strict=True))
               for x in points(chain, rng, low, high))  # fmt: skip
    eps = seen * Fraction(rng.choice((3, 4, 5, 8, 16)), 4) or Fraction(1, 1024)
    path = folder / "box.vnnlib"
    path.write_text(text)
    answer = lumpver.prove(chain.network, other.network, box=str(path), timeout=2,
                           closeness=lumpver.Within(str(eps)))  # fmt: skip
    if isinstance(answer, lumpver.Proved):
        assert seen <= eps, (seed, seen, eps)
    return type(answer).__name__


def attack_class(seed: int, folder: Any) -> str:
    """Two networks of one class: where that is proved no point has another one."""
    chain, rng = drawn(seed)
    low, high, text = _box(chain, rng)
    other = chain.moved(rng, Fraction(1, rng.choice((8, 64, 1024))))
    path = folder / "box.vnnlib"
    path.write_text(text)
    answer = lumpver.prove(chain.network, other.network, box=str(path), timeout=2,
                           closeness=lumpver.SameClass())  # fmt: skip
    if isinstance(answer, lumpver.Proved):
        for x in points(chain, rng, low, high):
            one, two = chain(x), other(x)
            assert one.index(max(one)) == two.index(max(two)), (seed, x)
    return type(answer).__name__


def attack_eps(seed: int, folder: Any) -> str:
    """Reduced within an eps on a box: checked there, and as near at its points."""
    chain, rng = drawn(seed)
    low, high, text = _box(chain, rng)
    path = folder / "box.vnnlib"
    path.write_text(text)
    network, eps = chain.network, Fraction(1, rng.choice((2, 16, 128)))
    options: dict[str, Any] = {"eps": str(eps)}
    found = lumpver.reduce(network, box=str(path), **options)
    lumpver.check(network, found.network, found.certificate, box=str(path),
                  closeness=lumpver.Within(str(eps)))  # fmt: skip
    for x in points(chain, rng, low, high):
        other = _computed(found.network, x)
        assert max(abs(a - b) for a, b in zip(chain(x), other, strict=True)) <= eps, (seed, x)
    return "smaller" if found.network.units < network.units else "as it was"


ATTACKS: Final[dict[str, Callable[[int, Any], str]]] = {
    "reduce": attack_reduce,
    "box": attack_box,
    "within": attack_within,
    "class": attack_class,
    "eps": attack_eps,
}


def main(what: str, first: int, last: int) -> int:
    """Run one campaign; how many answers were wrong."""
    import tempfile
    from pathlib import Path

    outcomes: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, last):
            try:
                outcomes[ATTACKS[what](seed, Path(folder))] += 1
            except (AssertionError, LumpverError) as error:
                wrong += 1
                print(f"seed {seed}: {type(error).__name__}: {error}", flush=True)
    tried = ", ".join(f"{n} {word}" for word, n in sorted(outcomes.items()))
    print(f"{what}, seeds {first} to {last}: {wrong} wrong; {tried}")
    return wrong


if __name__ == "__main__":
    raise SystemExit(bool(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
