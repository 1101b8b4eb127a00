"""Merging by linear combination: the paper's warning, with exact inputs.

Unit t is a positive combination of n others; it is deleted, and what reads it reads the
others instead. That is right exactly where the others agree in sign.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, end of
Section 4 and Section 5.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lumpver.exact.scalar import number
from lumpver.model.activations import IDENTITY, RELU
from lumpver.theory.theorems.claims import Claim, chain, either, every, iff, run, same, total
from lumpver.theory.theorems.proving import Part, Theorem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumpver.model.network import Network
    from lumpver.theory.theorems.claims import Value

_SECTION_4 = "end of Section 4"
_SECTION_5 = "Section 5"
_WORDS = {2: "two", 3: "three", 4: "four"}

_MIXED = ([[1, 2], [3, -1], [-2, 5], [-1, -4]], [1, 2, -1, 3])
_SAME = ([[1, 2], [3, 1], [0, 5], ["1/2", 4]], [1, 2, 0, "1/3"])
_RATIOS = [1, 2, "1/2", 3]
_READ = [1, -2, "1/3", 2]


def merged(
    W: Sequence[Sequence[Value]],
    b: Sequence[Value],
    *,
    ratios: Sequence[Value],
    read: Sequence[Value],
    weight: Value,
) -> tuple[Network, Network]:
    """A network with t = the sum of `ratios` times the units (W, b), and it without t.

    The output reads the units with `read` and t with `weight`; without t it reads each
    unit with weight times ratio more, as the paper says.
    """
    rows = [*W, [total([r * row[j] for r, row in zip(ratios, W, strict=True)]) for j in (0, 1)]]
    bias = [*b, total([r * entry for r, entry in zip(ratios, b, strict=True)])]
    changed = [a + weight * r for a, r in zip(read, ratios, strict=True)]
    return (
        chain((rows, bias, RELU), ([[*read, weight]], [0], IDENTITY)),
        chain((W, b, RELU), ([changed], [0], IDENTITY)),
    )


def _known(
    count: int, units: tuple[list[Any], list[Any]], *, sign: int = 1
) -> tuple[Network, Network, Network]:
    """The pair for the first `count` units times `sign`, and the units before their ReLU."""
    W = [[sign * number(entry) for entry in row] for row in units[0][:count]]
    b = [sign * number(entry) for entry in units[1][:count]]
    ratios, read = ([number(v) for v in given[:count]] for given in (_RATIOS, _READ))
    pair = merged(W, b, ratios=ratios, read=read, weight=number(5))
    return (*pair, chain((W, b, IDENTITY)))


def _compared(count: int, units: tuple[list[Any], list[Any]], x: Sequence[Value]) -> Claim:
    network, reduced, before = _known(count, units)
    left, right = run(network, *x), run(reduced, *x)
    shown = {"v before ReLU": run(before, *x), "with t": left, "without t": right}
    return Claim((), same(left, right), shown)


def _agreeing(count: int, *x: Value) -> Claim:
    claim = _compared(count, _MIXED, x)
    y = claim.shown["v before ReLU"]
    agree = either(every(*(v >= 0 for v in y)), every(*(v <= 0 for v in y)))
    return Claim((agree,), claim.holds, claim.shown)


def _everywhere(count: int, *x: Value) -> Claim:
    return _compared(count, _MIXED, x)


def _only(*x: Value) -> Claim:
    claim = _compared(2, _MIXED, x)
    y1, y2 = claim.shown["v before ReLU"]
    return Claim((), iff(claim.holds, y1 * y2 >= 0), claim.shown)


def _same_sign(count: int, sign: int, *x: Value) -> Claim:
    network, reduced, _ = _known(count, _SAME, sign=sign)
    left, right = run(network, *x), run(reduced, *x)
    given = tuple(value >= 0 for value in x)
    return Claim(given, same(left, right), {"with t": left, "without t": right})


def _unknown(*values: Value) -> Claim:
    x1, x2, v1, v2, bv, u1, u2, bu, r1, r2, a1, a2, c = values
    pair = merged([[v1, v2], [u1, u2]], [bv, bu], ratios=[r1, r2], read=[a1, a2], weight=c)
    left, right = (run(network, x1, x2) for network in pair)
    given = tuple(value >= 0 for value in (x1, x2, v1, v2, bv, u1, u2, bu, r1, r2))
    return Claim(given, same(left, right), {"with t": left, "without t": right})


def _negative_bias(*x: Value) -> Claim:
    claim = _compared(2, (_SAME[0], [-1, 2]), x)
    return Claim(tuple(value >= 0 for value in x), claim.holds, claim.shown)


def _any_input(*x: Value) -> Claim:
    return _compared(2, _SAME, x)


def _agree(count: int) -> Theorem:
    return Theorem(
        f"combination_of_{_WORDS[count]}_agreeing",
        f"A unit that is a positive combination of {_WORDS[count]} others can be merged into "
        "them for all inputs where all of these are >= 0 or all are <= 0 before their ReLU.",
        _SECTION_4,
        "proved",
        (Part("", ("x1", "x2"), partial(_agreeing, count)),),
    )


def _mixed(count: int) -> Theorem:
    return Theorem(
        f"combination_of_{_WORDS[count]}_mixed",
        f"A unit that is a positive combination of {_WORDS[count]} others can be merged into "
        "them for all inputs.",
        f"{_SECTION_4}: the paper's counterexample",
        "refuted",
        (Part("", ("x1", "x2"), partial(_everywhere, count), "sat"),),
    )


def _one_sign(count: int) -> Theorem:
    return Theorem(
        f"combination_of_{_WORDS[count]}_one_sign",
        f"If the weights and biases of the {_WORDS[count]} others are all >= 0, or all <= 0, "
        "the merge changes no output for inputs >= 0.",
        _SECTION_5,
        "proved",
        (
            Part("positive", ("x1", "x2"), partial(_same_sign, count, 1), note="all >= 0"),
            Part("negative", ("x1", "x2"), partial(_same_sign, count, -1), note="all <= 0"),
        ),
    )


_UNKNOWN = ("x1", "x2", "v1", "v2", "bv", "u1", "u2", "bu", "r1", "r2", "a1", "a2", "c")

THEOREMS = (
    *map(_agree, _WORDS),
    *map(_mixed, _WORDS),
    Theorem(
        "combination_only_agreeing",
        "Merging a combination of two others keeps the output exactly for the inputs where "
        "their product before ReLU is >= 0.",
        _SECTION_4,
        "proved",
        (Part("", ("x1", "x2"), _only),),
    ),
    *map(_one_sign, _WORDS),
    Theorem(
        "combination_one_sign_unknown",
        "A unit that is a combination of two others can be merged into them if all weights, "
        "biases, ratios and inputs are >= 0, whatever they are.",
        _SECTION_5,
        "proved",
        (Part("", _UNKNOWN, _unknown),),
    ),
    Theorem(
        "combination_one_sign_without_bias",
        "A unit that is a positive combination of two others can be merged into them if all "
        "weights and inputs are >= 0, whatever the biases.",
        f"{_SECTION_5}, which speaks of weights only",
        "refuted",
        (Part("", ("x1", "x2"), _negative_bias, "sat"),),
    ),
    Theorem(
        "combination_one_sign_any_input",
        "A unit that is a positive combination of two others can be merged into them if all "
        "weights and biases are >= 0, whatever the inputs.",
        f"{_SECTION_5}, which does not say that inputs are >= 0",
        "refuted",
        (Part("", ("x1", "x2"), _any_input, "sat"),),
    ),
)
