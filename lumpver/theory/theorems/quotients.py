"""Theorem 1 for one layer, with every weight, bias and ratio unknown, and Example 3.

One layer is where the paper's sketch is right. What makes an induction of it is the
weighted sum: the step that Definition 6* allows, from one layer to the next.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.activations import IDENTITY, RELU
from lumpver.theory.examples import EXAMPLES
from lumpver.theory.paper import coarsest, from_network, quotient, to_network
from lumpver.theory.theorems.claims import Claim, chain, leaky, run, same
from lumpver.theory.theorems.proving import Part, Theorem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.activations import Activation
    from lumpver.theory.theorems.claims import Value

_SOURCE = "Theorem 1 and its proof sketch"


def _one_layer(
    function: Activation, x: Sequence[Value], units: Sequence[Value], rest: Sequence[Value]
) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """N(x) and N/R(x): z reads v and t with a and c, or their class with a + ratio c."""
    v1, v2, bv, t1, t2, bt = units
    a, c, bz, ratio = rest
    network = chain(
        ([[v1, v2], [t1, t2]], [bv, bt], function),
        ([[a, c]], [bz], IDENTITY),
    )
    reduced = chain(
        ([[v1, v2]], [bv], function),
        ([[a + ratio * c]], [bz], IDENTITY),
    )
    return run(network, *x), run(reduced, *x)


def _relu_layer(*values: Value) -> Claim:
    """rho(v) (w, b)(v) = rho(t) (w, b)(t), and the ratio is rho(v) / rho(t)."""
    x, units, rest, (rv, rt) = values[:2], values[2:8], values[8:12], values[12:]
    before, after = _one_layer(RELU, x, units, rest)
    equations = (
        same([rv * of_v], [rt * of_t]) for of_v, of_t in zip(units[:3], units[3:], strict=True)
    )
    given = (rv > 0, rt > 0, same([rest[-1] * rt], [rv]), *equations)
    return Claim(given, same(before, after), {"N(x)": before, "N/R(x)": after})


def _leaky_layer(slope: Value, *values: Value) -> Claim:
    """(w, b)(t) = ratio (w, b)(v)."""
    x, units, rest = values[:2], values[2:8], values[8:]
    before, after = _one_layer(leaky(slope), x, units, rest)
    ratio = rest[-1]
    equations = (
        same([ratio * of_v], [of_t]) for of_v, of_t in zip(units[:3], units[3:], strict=True)
    )
    shown = {"N(x)": before, "N/R(x)": after}
    return Claim((ratio > 0, *equations), same(before, after), shown)


def _step(*values: Value) -> Claim:
    """Units v and t over a class {u1, u2} with 1/rho = (q1, q2) and one constant unit.

    By the claim for the layer before, u1 and u2 are q1 p and q2 p, where p is the value
    of their class in N/R, and the constant unit is k.
    """
    p, k, q1, q2, v1, v2, v3, bv, t1, t2, t3, bt, rv, rt = values
    layer = chain(([[v1, v2, v3], [t1, t2, t3]], [bv, bt], RELU))
    value_v, value_t = run(layer, q1 * p, q2 * p, k)
    sigma = same([rv * (v1 * q1 + v2 * q2)], [rt * (t1 * q1 + t2 * q2)])
    bias = same([rv * (bv + v3 * k)], [rt * (bt + t3 * k)])
    given = (q1 > 0, q2 > 0, rv > 0, rt > 0, sigma, bias)
    return Claim(given, same([rv * value_v], [rt * value_t]))


def _figure_3(*x: Value) -> Claim:
    network = EXAMPLES["figure_3"].network
    best = coarsest(from_network(network))
    reduced = to_network(quotient(from_network(network), best.relation, best.rho))
    before, after = run(network, *x), run(reduced, *x)
    return Claim((), same(before, after), {"N(x)": before, "N/R(x)": after})


_LAYER = ("x1", "x2", "v1", "v2", "bv", "t1", "t2", "bt", "a", "c", "bz", "ratio")
_STEP = ("p", "k", "q1", "q2", "v1", "v2", "v3", "bv", "t1", "t2", "t3", "bt", "rv", "rt")

THEOREMS = (
    Theorem(
        "theorem_1_one_layer",
        "If rho(v) W(u, v) = rho(t) W(u, t) for all u and rho(v) b(v) = rho(t) b(t), then "
        "deleting t and letting z read v with W(v, z) + rho(v)/rho(t) W(t, z) changes no "
        "output: one hidden ReLU layer, all weights, biases and rho unknown.",
        _SOURCE,
        "proved",
        (Part("", (*_LAYER, "rv", "rt"), _relu_layer),),
    ),
    Theorem(
        "theorem_1_one_layer_leaky",
        "If W(u, t) = r W(u, v) for all u and b(t) = r b(v) with r = rho(v)/rho(t) > 0, then "
        "deleting t and letting z read v with W(v, z) + r W(t, z) changes no output: one hidden "
        "LeakyReLU layer of any slope, all weights, biases and r unknown.",
        _SOURCE,
        "proved",
        (Part("", ("slope", *_LAYER), _leaky_layer),),
    ),
    Theorem(
        "theorem_1_step",
        "If the sums over classes of the layer before are weighted by 1/rho and constants "
        "are folded into the bias (Definition 6*), rho(v) val(v) = rho(t) val(t) carries "
        "over to the next layer, all numbers unknown.",
        f"{_SOURCE}, repaired",
        "proved",
        (Part("", _STEP, _step),),
    ),
    Theorem(
        "example_3",
        "Deleting t = 3 v and letting z read v with 2 + 3 * 5 changes no output.",
        "Example 3 and Figure 3 (weights ours)",
        "proved",
        (Part("", ("x1", "x2", "x3"), _figure_3),),
    ),
)
