"""Definition 6 as printed, refuted with the smallest network; Definition 6* on the same.

As printed the class sums are not weighted by 1/rho. One hidden layer does not show it,
two do: the network, the quotient and the input are the smallest there are.

References
----------
Ressi, Romanello, Piazza, Rossi: *Neural Networks Reduction via Lumping*, Definitions 6
and 7, Theorem 1.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lumpver.model.network import Network
from lumpver.theory.examples import EXAMPLES
from lumpver.theory.paper import PRINTED, coarsest, quotient, quotient_star, to_network, violations
from lumpver.theory.theorems.claims import Claim, either, every, run, same
from lumpver.theory.theorems.proving import Part, Theorem
from lumpver.theory.theorems.relations import admitted, equal, paper

if TYPE_CHECKING:
    from lumpver.theory.theorems.claims import Truth, Value

_RHO = ((1,), (2, 1), (1, 1))
_PAIRS = (((0,),), ((0, 1),), ((0, 1),))


def _printed(name: str, *, representative: int = 0) -> tuple[Truth, Network, Network]:
    """Whether Definition 6 as printed merges u1, u2 and v, t; the network and its quotient."""
    nn = paper(name)
    outputs = tuple((v,) for v in nn.S(3))
    relation, rho = (*_PAIRS, outputs), (*_RHO, (1,) * len(outputs))
    allowed = not violations(nn, relation, rho, definition=PRINTED)
    chosen = ((0,), (0,), (representative,), tuple(nn.S(3)))
    reduced = quotient(nn, relation, rho, representatives=chosen)
    return allowed, to_network(nn), to_network(reduced)


def _theorem_1(x: Value) -> Claim:
    allowed, network, reduced = _printed("d1")
    return equal(network, reduced, x, given=(allowed,))


def _representative(x: Value) -> Claim:
    allowed, _, by_v = _printed("d1")
    _, _, by_t = _printed("d1", representative=1)
    first, second = run(by_v, x), run(by_t, x)
    shown = {"N/R(x) by v": first, "N/R(x) by t": second}
    return Claim((allowed,), same(first, second), shown)


def _arg_max(x: Value) -> Claim:
    allowed, network, reduced = _printed("d1_logits")
    before, after = run(network, x), run(reduced, x)
    kept = every(
        either(before[0] <= before[1], after[0] >= after[1]),
        either(before[1] <= before[0], after[1] >= after[0]),
    )
    return Claim((allowed,), kept, {"N(x)": before, "N/R(x)": after})


def _equal_units(x: Value) -> Claim:
    network = EXAMPLES["d1_incomplete"].network
    hidden = network.nodes[:4]
    units = Network(
        network.inputs, (network.tensors[hidden[-1].outputs[0]],), hidden, network.tensors
    )
    v, t = run(units, x)
    return Claim((), same([v], [t]), {"v": v, "t": t})


def _no_rho(*q: Value) -> Claim:
    return Claim(admitted(paper("d1_incomplete"), (*_PAIRS, ((0,),)), q, PRINTED))


def _star(name: str, x: Value) -> Claim:
    """N/M computes N, for the coarsest relation M by Definition 6*."""
    nn = paper(name)
    best = coarsest(nn)
    return equal(to_network(nn), to_network(quotient_star(nn, best.relation, best.rho)), x)


def _compared(name: str) -> Part:
    return Part(name, ("x",), partial(_star, name), note=f"the example {name}")


THEOREMS = (
    Theorem(
        "theorem_1_printed",
        "If R is a lumpability by Definition 6 as printed, N/R computes N: for u1 = ReLU(x), "
        "u2 = ReLU(2x), v = ReLU(u1), t = ReLU(u2), y = t and R merging u1, u2 and v, t.",
        "Theorem 1 with Definition 6 as printed",
        "refuted",
        (Part("", ("x",), _theorem_1, "sat"),),
    ),
    Theorem(
        "representative_printed",
        "N/R does not depend on the choice of representatives: the same network and relation, "
        "represented by v and by t.",
        "Definition 7 with Definition 6 as printed",
        "refuted",
        (Part("", ("x",), _representative, "sat"),),
    ),
    Theorem(
        "arg_max_printed",
        "N/R has the same arg max as N: outputs 4v and 3t of the same network.",
        "Theorem 1 with Definition 6 as printed",
        "refuted",
        (Part("", ("x",), _arg_max, "sat"),),
    ),
    Theorem(
        "definition_6_printed_complete",
        "Units that always compute the same can be merged: v = ReLU(2 u1 + 1) and "
        "t = ReLU(u2 + 1) with u1 = ReLU(x), u2 = ReLU(2x).",
        "Definition 6 as printed",
        "refuted",
        (
            Part("equal", ("x",), _equal_units, note="v and t are the same function"),
            Part(
                "no_rho",
                ("q_u1", "q_u2", "q_v", "q_t"),
                _no_rho,
                note="no rho merges u1, u2 and v, t (q is 1/rho)",
            ),
        ),
        {"v": "ReLU(2 ReLU(x) + 1)", "t": "ReLU(ReLU(2x) + 1)"},
    ),
    Theorem(
        "theorem_1_star",
        "If M is the coarsest lumpability by Definition 6*, N/M computes N, on the networks "
        "that refute the printed definition.",
        "Theorem 1 with Definition 6*",
        "proved",
        tuple(map(_compared, ("d1", "d1_difference", "d1_logits", "d1_incomplete"))),
    ),
)
