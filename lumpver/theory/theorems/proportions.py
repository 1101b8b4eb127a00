"""Whether less than proportionality suffices: not for a pair of units, but for sets.

One unit replaces another, up to a factor and a bias, only if they are proportional. Of
four units no two of which are proportional one can be removed, whatever reads them.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, after Theorem 2.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lumpver.exact.scalar import number
from lumpver.model.activations import IDENTITY, RELU
from lumpver.proving.smt import combination
from lumpver.theory.examples import EXAMPLES
from lumpver.theory.paper import from_network
from lumpver.theory.theorems.claims import Claim, chain, either, every, run, same
from lumpver.theory.theorems.proving import Part, Theorem
from lumpver.theory.theorems.relations import equal

if TYPE_CHECKING:
    from lumpver.model.network import Network
    from lumpver.theory.theorems.claims import Truth, Value

_PAPER = "it is not possible to exploit less restrictive relationships than proportionality"
_SOURCE = f"Section 4: {_PAPER}"


def _one_line(*values: Value) -> Claim:
    """ReLU(w2 (x - k2)) = c ReLU(w1 (x - k1)) + d at seven points around both kinks."""
    w1, k1, w2, k2, c, d = values
    units = chain(([[w1], [w2]], [-w1 * k1, -w2 * k2], RELU))
    given: list[Truth] = [w1 != 0, w2 != 0]
    for x in (k1 - 1, k1, k1 + 1, k2 - 1, k2, k2 + 1, (k1 + k2) / 2):
        first, second = run(units, x)
        given.append(same([second], [c * first + d]))
    return Claim(tuple(given), every(same([k1], [k2]), w1 * w2 > 0))


def _crossing(*values: Value) -> Claim:
    """The same for kinks that cross in p, at p and at two points of the first kink."""
    v1, v2, u1, u2, p1, p2, c, d = values
    units = chain(([[v1, v2], [u1, u2]], [-(v1 * p1 + v2 * p2), -(u1 * p1 + u2 * p2)], RELU))
    given: list[Truth] = [v1 * u2 - v2 * u1 != 0]
    for x in ((p1, p2), (p1 - v2, p2 + v1), (p1 + v2, p2 - v1)):
        first, second = run(units, *x)
        given.append(same([second], [c * first + d]))
    return Claim(tuple(given))


def _no_two(name: str, factor: Value) -> Claim:
    """No two units of the example's hidden layer are proportional."""
    rows = _rows(EXAMPLES[name].network)
    pairs = [(a, b) for i, a in enumerate(rows) for b in rows[i + 1 :]]
    multiples = ((a, [combination([entry], [factor]) for entry in b]) for a, b in pairs)
    proportional = either(*(same(a, b) for a, b in multiples))
    return Claim((factor > 0, proportional))


def _rows(network: Network) -> list[list[Value]]:
    """Weights and bias of every hidden unit of a network with one hidden layer."""
    nn = from_network(network)
    weights = [[number(nn.W(1, u, v)) for u in nn.S(0)] for v in nn.S(1)]
    return [[*row, number(nn.b(1, v))] for v, row in enumerate(weights)]


def _one_of_four(*values: Value) -> Claim:
    """The first unit removed, with outgoing weights and bias unknown."""
    x, a1, a2, a3, a4, bias = values
    rows = _rows(EXAMPLES["d4_four"].network)
    W, b = [row[:-1] for row in rows], [row[-1] for row in rows]
    network = chain((W, b, RELU), ([[a1, a2, a3, a4]], [bias], IDENTITY))
    rest = [[a2 + a1, a3 - a1, a4 + a1]]
    reduced = chain((W[1:], b[1:], RELU), (rest, [bias + a1], IDENTITY))
    return equal(network, reduced, x)


def _six_for_nothing(*x: Value) -> Claim:
    zero = chain(([[0, 0]], [0], IDENTITY))
    return equal(EXAMPLES["d4_six"].network, zero, *x)


def _three_by_two(x: Value) -> Claim:
    two = chain(([[1], [-1]], [0, 1], RELU), ([[2, 1]], [-1], IDENTITY))
    return equal(EXAMPLES["d4_three"].network, two, x)


def _set(name: str, words: str, identity: str, equality: Part) -> Theorem:
    apart = "no two units are proportional"
    return Theorem(
        name,
        f"Where no two units are proportional none can be removed: {words}.",
        _SOURCE,
        "refuted",
        (Part("apart", ("factor",), partial(_no_two, name), note=apart), equality),
        {"identity": identity},
    )


THEOREMS = (
    Theorem(
        "proportions_pair",
        "If one ReLU unit is a multiple of another plus a constant, both not constant, then "
        "its weights and bias are a positive multiple of the other's.",
        _SOURCE,
        "proved",
        (
            Part(
                "parallel",
                ("w1", "k1", "w2", "k2", "c", "d"),
                _one_line,
                note="the kinks k are parallel, seen along a line across them",
            ),
            Part(
                "crossing",
                ("v1", "v2", "u1", "u2", "p1", "p2", "c", "d"),
                _crossing,
                note="the kinks cross in p, seen in a plane through p",
            ),
        ),
    ),
    _set(
        "d4_four",
        "four units of one input, read with any weights",
        "ReLU(1 - x) = ReLU(-x) - ReLU(x) + ReLU(x - 1) + 1",
        Part(
            "removed",
            ("x", "a1", "a2", "a3", "a4", "bias"),
            _one_of_four,
            note="the first unit is a combination of the other three and 1",
        ),
    ),
    _set(
        "d4_six",
        "six units of two inputs",
        "ReLU(x) - ReLU(-x) + ReLU(y) - ReLU(-y) = ReLU(x + y) - ReLU(-x - y)",
        Part("nothing", ("x1", "x2"), _six_for_nothing, note="they sum up to 0"),
    ),
    _set(
        "d4_three",
        "three units of one input",
        "|x| + ReLU(x - 1) = 2 ReLU(x) + ReLU(1 - x) - 1",
        Part("two", ("x",), _three_by_two, note="two units compute the same"),
    ),
)
