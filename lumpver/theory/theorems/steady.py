"""Units that never switch: behind inputs >= 0, with weights and biases of one sign.

A unit that never goes below 0 passes ReLU as it is, so that such units merge by any linear
dependence; one that never goes above 0 leaves ReLU as 0. Each condition is needed.

part: one of the units that a combination is made of

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Section 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumpver.model.activations import IDENTITY, RELU
from lumpver.theory.theorems.claims import Claim, chain, leaky, run, same
from lumpver.theory.theorems.proving import Part, Theorem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.activations import Activation
    from lumpver.model.network import Network
    from lumpver.theory.theorems.claims import Truth, Value

_SECTION_5 = "Section 5"
_OURS = "the sign-stable rule, from Section 5"
_UNIT = ("x1", "x2", "w1", "w2", "b")


def _never_below(values: Sequence[Value]) -> tuple[Truth, ...]:
    return tuple(value >= 0 for value in values)


def _unit(
    function: Activation, x: Sequence[Value], row: Sequence[Value], b: Value
) -> tuple[tuple[Value, ...], tuple[Value, ...]]:
    """What a unit is behind its activation, and before it."""
    after, before = (run(chain(([row], [b], A)), *x) for A in (function, IDENTITY))
    return after, before


def _passes(*values: Value) -> Claim:
    x1, x2, w1, w2, b = values
    after, before = _unit(RELU, (x1, x2), (w1, w2), b)
    return Claim(_never_below(values), same(after, before), {"ReLU(w x + b)": after})


def _passes_leaky(a: Value, *values: Value) -> Claim:
    x1, x2, w1, w2, b = values
    after, before = _unit(leaky(a), (x1, x2), (w1, w2), b)
    return Claim(_never_below(values), same(after, before), {"A(w x + b)": after})


def _passes_any_input(*values: Value) -> Claim:
    _, _, w1, w2, b = values
    claim = _passes(*values)
    return Claim(_never_below((w1, w2, b)), claim.holds, claim.shown)


def _vanishes(*values: Value) -> Claim:
    x1, x2, w1, w2, b = values
    after, _ = _unit(RELU, (x1, x2), (w1, w2), b)
    given = (*_never_below((x1, x2)), *_never_below((-w1, -w2, -b)))
    return Claim(given, same(after, (b - b,)), {"ReLU(w x + b)": after})


def _vanishes_leaky(a: Value, *values: Value) -> Claim:
    x1, x2, w1, w2, b = values
    after, _ = _unit(leaky(a), (x1, x2), (w1, w2), b)
    given = (*_never_below((x1, x2)), *_never_below((-w1, -w2, -b)))
    return Claim((a > 0, *given), same(after, (b - b,)), {"A(w x + b)": after})


def _merged(
    parts: Sequence[Sequence[Value]], t: Sequence[Value], ratios: Sequence[Value], k: Value
) -> tuple[Network, Network]:
    """The sum of two parts and t, and the same without t = the ratios times the parts + k.

    Units are (weights | bias). The reader takes each part once more for every ratio, and k
    with its bias.
    """
    units = [*parts, t]
    W, b = [unit[:-1] for unit in units], [unit[-1] for unit in units]
    read = [1 + ratio for ratio in ratios]
    return (
        chain((W, b, RELU), ([[1, 1, 1]], [0], IDENTITY)),
        chain((W[:-1], b[:-1], RELU), ([read], [k], IDENTITY)),
    )


def _combination(*values: Value) -> Claim:
    x, v, u, (r, s, k) = values[:2], values[2:5], values[5:8], values[8:]
    t = [r * a + s * c for a, c in zip(v, u, strict=True)]
    t[-1] = t[-1] + k
    left, right = (run(network, *x) for network in _merged((v, u), t, (r, s), k))
    given = _never_below((*x, *v, *u, *t))
    return Claim(given, same(left, right), {"with t": left, "without t": right})


def _part_switches(x1: Value, x2: Value) -> Claim:
    pair = _merged(((1, 2, 0), (1, -1, 0)), (2, 1, 0), (1, 1), 0)
    left, right = (run(network, x1, x2) for network in pair)
    return Claim(_never_below((x1, x2)), same(left, right), {"with t": left, "without t": right})


def _sum_switches(x1: Value, x2: Value) -> Claim:
    pair = _merged(((1, 2, 0), (2, 1, 0)), (-1, 1, 0), (1, -1), 0)
    left, right = (run(network, x1, x2) for network in pair)
    return Claim(_never_below((x1, x2)), same(left, right), {"with t": left, "without t": right})


_UNITS = ("x1", "x2", "v1", "v2", "bv", "u1", "u2", "bu", "r", "s", "k")

THEOREMS = (
    Theorem(
        "steady_unit",
        "If inputs, weights and bias are all >= 0, ReLU(w x + b) = w x + b, and so it is with "
        "LeakyReLU of any slope: the unit never switches.",
        _SECTION_5,
        "proved",
        (
            Part("relu", _UNIT, _passes, note="ReLU"),
            Part("leaky", ("a", *_UNIT), _passes_leaky, note="LeakyReLU of slope a"),
        ),
    ),
    Theorem(
        "steady_unit_any_input",
        "If weights and bias are all >= 0, ReLU(w x + b) = w x + b, whatever the inputs.",
        f"{_SECTION_5}, which does not say that inputs are >= 0",
        "refuted",
        (Part("", _UNIT, _passes_any_input, "sat"),),
    ),
    Theorem(
        "steady_combination",
        "If two units and t = r times the one + s times the other + k have weights and biases "
        ">= 0, t can be merged into them for inputs >= 0, whatever the signs of r, s and k.",
        _OURS,
        "proved",
        (Part("", _UNITS, _combination),),
    ),
    Theorem(
        "steady_combination_part_switches",
        "If inputs and the weights and bias of t are all >= 0, and t is the sum of two others, "
        "t can be merged into them: for t = 2 x1 + x2 with a part x1 - x2 that may switch.",
        _OURS,
        "refuted",
        (Part("", ("x1", "x2"), _part_switches, "sat"),),
    ),
    Theorem(
        "steady_combination_sum_switches",
        "If inputs and the weights and biases of two units are all >= 0, a combination of them "
        "can be merged into them: for their difference x2 - x1, which may switch.",
        _OURS,
        "refuted",
        (Part("", ("x1", "x2"), _sum_switches, "sat"),),
    ),
    Theorem(
        "never_positive",
        "If inputs are >= 0, weights and bias <= 0, then ReLU(w x + b) = 0: the unit never fires.",
        _OURS,
        "proved",
        (Part("", _UNIT, _vanishes),),
    ),
    Theorem(
        "never_positive_leaky",
        "If inputs are >= 0, weights and bias <= 0, then A(w x + b) = 0, with A the LeakyReLU "
        "of a slope a > 0.",
        _OURS,
        "refuted",
        (Part("", ("a", *_UNIT), _vanishes_leaky, "sat"),),
    ),
)
