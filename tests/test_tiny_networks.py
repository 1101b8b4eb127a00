"""Whole families of small networks: what `reduce` leaves, against all others that do the same.

Of one hidden layer nothing smaller is there. Deeper networks are held against points and `prove`,
and it is counted where something smaller computes the same: forms do not see that.
"""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from itertools import combinations_with_replacement, islice, product
from typing import TYPE_CHECKING, Any, Final

import pytest
from line_functions import Line, computed
from shallow_oracle import Shallow, in_reach, normal_form, width

from lumpver.checker import check
from lumpver.model.activations import ABS, RELU, Activation, leaky
from lumpver.model.network import Network
from lumpver.proving.proving import prove
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.search.lumping import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS: Final = (-1, 0, 1)
SIGNS: Final = ((1,), (1, -1), (1, -1), (-2, 1), (1, -1, 2))
FUNCTIONS: Final[tuple[Activation, ...]] = (
    RELU, RELU, RELU, leaky("1/2"), leaky("1/4"), ABS, leaky(-2), leaky(2),
)  # fmt: skip


def checked(network: Network, rules: Any = RULES) -> Reduction:
    """What becomes of it, as the checker accepts it."""
    found = reduce(network, rules=rules)
    check(network, found.network, found.certificate)
    return found


def shallow(inputs: int, most: int) -> Iterator[Shallow]:
    """All networks of one hidden layer of so many units at most, in any order, weights read."""
    units = [row for row in product(NUMBERS, repeat=inputs + 2) if row[-1]]
    for count in range(most + 1):
        for some in combinations_with_replacement(units, count):
            W = [[Fraction(v) for v in row[:inputs]] for row in some]
            yield Shallow(
                W, [Fraction(row[-2]) for row in some], [[Fraction(row[-1]) for row in some]]
            )


def test_lines_are_what_networks_compute() -> None:
    """The second writing, at points beside, between and on its bends."""
    layers = [([[1], [-2], [1]], [0, 1, -1]), ([[1, 1, -1], [-1, 2, 1]], [0, -1]), ([[1, -3]], [2])]
    for slope in (0, "1/2", -1):
        network = Network.from_layers(layers, activation=leaky(slope))
        (line,) = computed(layers, Fraction(slope))
        for x in [Fraction(n, 6) for n in range(-20, 20)]:
            assert network([x]) == (line(x),)


def least_of_all(nets: list[Shallow]) -> dict[Any, int]:
    """How few units compute each function, of all these networks."""
    found: dict[Any, int] = {}
    for net in nets:
        key = told(net)
        found[key] = min(found.get(key, len(net.W)), len(net.W))
    return found


def told(net: Shallow) -> Any:
    """The function in one way: kinks, affine part and number."""
    if not net.W:
        return (), None, Fraction(0)
    kinks, affine = normal_form(net)
    number = sum(
        (v * max(b, Fraction(0)) for v, b in zip(net.V[0], net.b, strict=True)), Fraction(0)
    )
    slopes = tuple(map(tuple, affine))
    return (
        tuple(sorted((plane, tuple(kink)) for plane, kink in kinks.items())),
        slopes if any(map(any, slopes)) else None,
        number,
    )


def nothing_smaller(nets: list[Shallow], every: int) -> Counter[int]:
    """That of no network something smaller is there than what is left; how many lose how much."""
    least, gone = least_of_all(nets), Counter[int]()
    for net in nets[::every]:
        if not net.W:
            continue
        found = checked(Network.from_layers(net.layers))
        kinks, theorem = width(net)
        left = found.network.units
        assert left <= least[told(net)], net
        assert left == (theorem if kinks else 0), net
        gone[len(net.W) - left] += 1
    return gone


def test_nothing_smaller_of_one_input() -> None:
    """Some of all networks of three units at most, weights and biases in -1, 0, 1."""
    nets = [*shallow(1, 3)]
    assert len(nets) == 1330
    assert nothing_smaller(nets, 11).keys() == {0, 1, 2, 3}


@pytest.mark.long
def test_nothing_smaller_of_all() -> None:
    """All of one input, and of two inputs every eleventh."""
    assert nothing_smaller([*shallow(1, 3)], 1).total() == 1329
    assert nothing_smaller([*shallow(2, 3)], 11).total() > 2500


@pytest.mark.long
def test_nothing_smaller_in_reach() -> None:
    """Nor any unit less, on its own hyperplanes or with weights in -1, 0, 1, whatever is read."""
    for net in islice(shallow(2, 3), 0, None, 101):
        if net.W and normal_form(net)[0]:
            left = checked(Network.from_layers(net.layers)).network.units
            assert not in_reach(net, left - 1), net


def deep(widths: tuple[int, ...]) -> Iterator[list[tuple[Any, Any]]]:
    """All chains of these widths over one input, numbers in -1, 0, 1, without a last bias."""
    rows = [
        list(combinations_with_replacement(list(product(NUMBERS, repeat=before + 1)), count))
        for before, count in zip((1, *widths), widths, strict=False)
    ]
    for some in product(*rows, list(product(NUMBERS, repeat=widths[-1]))):
        *hidden, last = some
        yield [*(([row[:-1] for row in layer], [row[-1] for row in layer]) for layer in hidden),
               ([last], [0])]  # fmt: skip


def known_functions() -> dict[Line, int]:
    """How few units in one or two hidden layers compute each function, three at most."""
    found: dict[Line, int] = {}
    for widths in ((1,), (2,), (3,), (1, 1), (1, 2), (2, 1)):
        for layers in deep(widths):
            (line,) = computed(layers)
            found[line] = min(found.get(line, 9), sum(widths))
    return {line: 0 if len(line.knots) == 1 and line.before == line.behind else count
            for line, count in found.items()}  # fmt: skip


@pytest.mark.long
def test_deeper_networks() -> None:
    """Of two hidden layers what is left is right; where something smaller is there is counted.

    ReLU(ReLU(x) - 1) is ReLU(x - 1), of which forms say nothing: theory F.2.
    """
    least = known_functions()
    missed = Counter[int]()
    for widths in ((1, 1), (1, 2), (2, 1)):
        for layers in islice(deep(widths), 0, None, 7):
            (line,) = computed(layers)
            network = Network.from_layers(layers)
            found = checked(network)
            for x in (Fraction(-5, 2), Fraction(-1, 3), Fraction(1, 3), Fraction(7, 2)):
                assert found.network([x]) == (line(x),)
            missed[max(0, found.network.units - least[line])] += 1
    assert missed[0] > 20 * (missed[1] + missed[2] + missed[3]), missed


def cancelling(rng: random.Random) -> Network:
    """One to three hidden layers of units that are antiparallel, dependent, or cancel."""
    before = rng.randint(1, 3)
    one = rng.choice(FUNCTIONS)
    layers: list[Any] = []
    for _ in range(rng.randint(1, 3)):
        rows: list[list[Any]] = []
        biases: list[Any] = []
        for _ in range(rng.randint(1, 3)):
            row, bias = (
                [rng.choice((-2, -1, 0, 1, 1, 2)) for _ in range(before)],
                rng.randint(-1, 1),
            )
            if rows and rng.random() < 0.2:  # a sum of two
                row = [a + b for a, b in zip(rng.choice(rows), row, strict=True)]
            for sign in rng.choice(SIGNS):
                rows.append([sign * w for w in row])
                biases.append(sign * bias)
        layers.append((rows, biases, one if rng.random() < 0.7 else rng.choice(FUNCTIONS)))
        before = len(rows)
    last = [
        [rng.choice((-2, -1, 0, 1, 2)) for _ in range(before)] for _ in range(rng.randint(1, 2))
    ]
    return Network.from_layers([*layers, (last, None)])


def campaign(seed: int, count: int) -> Counter[str]:
    """How many random networks lose units by which rule; a mismatch fails."""
    rng, found = random.Random(seed), Counter[str]()
    for place in range(count):
        network = cancelling(rng)
        rules = (*RULES, "skip") if place % 4 == 0 else RULES
        made = checked(network, rules)
        for _ in range(4):
            x = [Fraction(rng.randint(-9, 9), rng.randint(1, 4)) for _ in range(network.widths[0])]
            assert network(x) == made.network(x), network
        answer = prove(network, made.network)
        assert answer.answer == "proved", network
        found[made.replaced[0].rule if made.replaced else "none"] += 1
        found[getattr(answer, "step", "")] += 1
    return found


def test_networks_that_cancel() -> None:
    """What is left is accepted, computes the same, and is proved to."""
    found = campaign(5, 40)
    assert {"reflect", "kinks", "skip", "none"} <= set(found)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_thousands_of_networks_that_cancel(seed: int) -> None:
    """The same of hundreds each: without a solver, but for few."""
    found = campaign(seed, 400)
    joint = sum(count for step, count in found.items() if step.startswith("joint"))
    assert joint > 390, found
