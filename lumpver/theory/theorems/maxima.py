"""Theorem 2: weighted sums alone leave two maxima where two units are zero; 6* has one.

Two lumpabilities are shown, with their rho, and no rho makes a relation above both a
lumpability. Folding constants removes the zero units from what rho can choose.

top: a relation that merges all that either of the two merges

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Theorem 2.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flint import fmpq

from lumpver.theory.paper import (
    STAR,
    WEIGHTED,
    coarsest,
    is_finer,
    lumpabilities,
    quotient_star,
    to_network,
    violations,
)
from lumpver.theory.theorems.claims import Claim, either, every, same, total
from lumpver.theory.theorems.proving import Part, Theorem
from lumpver.theory.theorems.relations import Relation, admitted, equal, paper, rho_of

if TYPE_CHECKING:
    from lumpver.theory.theorems.claims import Truth, Value

_Q = {
    "d2_zero": ("q_z1", "q_z2", "q_v", "q_t", "q_w"),
    "d2_live": ("q_z1", "q_z2", "q_n", "q_v", "q_t", "q_w"),
}
_FIRST = {"d2_zero": ((0, 1),), "d2_live": ((0, 1), (2,))}
_SECOND = {"v and t": ((0, 1), (2,)), "v and w": ((0, 2), (1,))}
_TOP = ((0, 1, 2),)


def _lumpable(name: str, merged: str, *q: Value) -> Claim:
    """No rho makes it a lumpability to merge z1, z2 and `merged`: refuted by one that does."""
    relation = (((0,),), _FIRST[name], _SECOND[merged], ((0,),))
    return Claim(admitted(paper(name), relation, q, WEIGHTED))


def _no_top(name: str, *q: Value) -> Claim:
    """No rho makes a relation above both a lumpability."""
    firsts = {_FIRST[name], _TOP} if name == "d2_live" else {_FIRST[name]}
    above: list[Relation] = [(((0,),), first, _TOP, ((0,),)) for first in sorted(firsts)]
    return Claim((either(*(every(*admitted(paper(name), R, q, WEIGHTED)) for R in above)),))


def _two_maxima(name: str, statement: str) -> Theorem:
    both = "no rho merges z1, z2 and v, t, w, alone or with more (q is 1/rho)"
    parts = [
        Part(
            merged.replace(" ", "_"),
            _Q[name],
            partial(_lumpable, name, merged),
            "sat",
            f"a rho that merges z1, z2 and {merged} (q is 1/rho)",
        )
        for merged in _SECOND
    ]
    return Theorem(
        f"theorem_2_weighted_{name}",
        statement,
        "Theorem 2 with weighted class sums",
        "refuted",
        (*parts, Part("both", _Q[name], partial(_no_top, name), note=both)),
    )


def _star(name: str, x: Value) -> Claim:
    nn = paper(name)
    best = coarsest(nn)
    return equal(to_network(nn), to_network(quotient_star(nn, best.relation, best.rho)), x)


def _maximum(name: str, *q: Value) -> Claim:
    """No rho makes the greedy relation a lumpability* above all others: refuted by one.

    The equations are those of its live classes, whose biases read constants of value 0.
    """
    nn = paper(name)
    best = coarsest(nn)
    if not all(isinstance(value, fmpq) for value in q):
        live = tuple(tuple(best.live(ell)) for ell in range(nn.k + 1))
        return Claim(admitted(nn, live, q, WEIGHTED))
    if not all(value > 0 for value in q):
        return Claim((False,))
    lumpable = not violations(nn, best.relation, rho_of(nn, q), definition=STAR)
    below = all(is_finer(R, best.relation) for R, _ in lumpabilities(nn, definition=STAR))
    return Claim((lumpable, below))


def _star_parts(name: str) -> tuple[Part, ...]:
    return (
        Part(
            f"{name}_maximum",
            _Q[name],
            partial(_maximum, name),
            "sat",
            f"{name}: a rho for the greedy relation (q is 1/rho); the replay compares it "
            "with every other relation",
        ),
        Part(f"{name}_quotient", ("x",), partial(_star, name), note=f"{name}: N/M computes N"),
    )


def _unique_ratio(*values: Value) -> Claim:
    v1, v2, bv, t1, t2, bt, c, d = values
    pairs = ((v1, t1), (v2, t2), (bv, bt))
    scaled: tuple[Truth, ...] = tuple(same([x, x], [c * y, d * y]) for x, y in pairs)
    # A unit is not constant if one of its class sums is not zero.
    return Claim((either(t1 != 0, t2 != 0), *scaled), same([c], [d]))


def _coarser_sums(*values: Value) -> Claim:
    """Sums over an M-class that is a union of two R-classes, and two constants folded."""
    v1, v2, bv, t1, t2, bt, k1, k2, c1, c2, r = values
    scaled = tuple(same([x], [r * y]) for x, y in ((t1, v1), (t2, v2), (bt, bv)))
    sums = same([total([k1 * t1, k2 * t2])], [r * total([k1 * v1, k2 * v2])])
    bias = same([total([bt, c1 * t1, c2 * t2])], [r * total([bv, c1 * v1, c2 * v2])])
    return Claim((k1 > 0, k2 > 0, r > 0, *scaled), every(sums, bias))


THEOREMS = (
    _two_maxima(
        "d2_zero",
        "There is a unique maximum lumpability: for two zero units z1, z2 read by "
        "v = ReLU(z1 + 1), t = ReLU(z2 + 1), w = ReLU(2 z2 + 1).",
    ),
    _two_maxima(
        "d2_live",
        "There is a unique maximum lumpability: for two zero units z1, z2 and n = ReLU(x), "
        "read by v = ReLU(z1 + n), t = ReLU(z2 + n), w = ReLU(2 z2 + n).",
    ),
    Theorem(
        "theorem_2_star",
        "By Definition 6* the greedy relation M is the unique maximum and N/M computes N, on "
        "the networks that refute uniqueness for weighted sums.",
        "Theorem 2 with Definition 6*",
        "proved",
        (*_star_parts("d2_zero"), *_star_parts("d2_live")),
    ),
    Theorem(
        "theorem_2_star_step",
        "By Definition 6*: the ratio of two units that are not constant is unique, and what "
        "holds of the sums over classes holds of the sums over unions of classes, with "
        "constants folded into the bias; all numbers unknown.",
        "Theorem 2 with Definition 6*",
        "proved",
        (
            Part(
                "ratio",
                ("v1", "v2", "bv", "t1", "t2", "bt", "c", "d"),
                _unique_ratio,
                note="two ratios c, d between the same vectors are equal",
            ),
            Part(
                "sums",
                ("v1", "v2", "bv", "t1", "t2", "bt", "k1", "k2", "c1", "c2", "r"),
                _coarser_sums,
                note="t = r v class by class carries over to a union of two classes with "
                "factors k, and to a bias with constants c",
            ),
        ),
    ),
)
