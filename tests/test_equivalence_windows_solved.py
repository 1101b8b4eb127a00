"""Kernels and pools as a solver sees them: small questions are answered, and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from kernel_networks import A, B, conv, network, window
from window_networks import LAST, LINE, PADDED, act, ahead, joint, pool

from lumpver.proving import Proved, Refuted, Unknown, prove
from lumpver.proving.effort import Budget
from lumpver.proving.monolithic import asked
from lumpver.proving.pairing import pair

if TYPE_CHECKING:
    from lumpver.model.network import Network
    from lumpver.model.pool import Pool

POOLS = {
    "max": pool("h", "p", "max", 2, 2),
    "mean, padded": pool("h", "p", "mean", 3, 2, 1, (1, 1)),
    "mean, padding counted": pool("h", "p", "mean", 3, 2, 1, (1, 1), counts=True),
    "all": pool("h", "p", "sum"),
}
NEGATED = [[[-n for n in taps] for taps in row] for row in [[A, B]]]


def pooled(over: Pool, first: float = 1) -> Network:
    """Filters, a pool, and filters of which one weight is given."""
    taps = np.array(LAST, dtype=float)
    taps[0, 0, 1] = first
    return ahead(over, conv("p", "y", taps, [3], PADDED))


@pytest.mark.parametrize("name", POOLS)
def test_one_question_about_kernels_and_pools(name: str) -> None:
    """Equal networks are proved, others refuted at a point, by the terms of both alone."""
    budget, one = Budget(), pooled(POOLS[name])
    assert isinstance(asked(pair(one, pooled(POOLS[name])), {}, "z3", budget), Proved)
    found = asked(pair(one, pooled(POOLS[name], 2)), {}, "z3", budget)
    assert isinstance(found, Refuted)
    assert one(found.counterexample) != pooled(POOLS[name], 2)(found.counterexample)


def test_what_joint_lumping_does_not_know_is_swept() -> None:
    """ReLU(t) - ReLU(-t) is t, behind a kernel and a mean."""
    both = conv("x", "t", [[A, B], *NEGATED], [0, 0], PADDED)
    apart = conv("q", "y", [[[1], [-1]]], [0], window(1))
    one = network(both, act("t", "h"), pool("h", "q", "mean", 2, 2), apart, shape=LINE)
    plain = network(conv("x", "u", [[A, B]], [0], PADDED), pool("u", "y", "mean", 2, 2), shape=LINE)
    assert not joint(one, plain)
    assert isinstance(prove(one, plain), Proved)


def test_a_question_that_is_given_up_is_kept() -> None:
    """As SMT-LIB text, with the reason of the solver."""
    found = asked(pair(pooled(POOLS["max"]), pooled(POOLS["max"], 2)), {}, "z3", Budget(effort=1))
    assert isinstance(found, Unknown)
    assert found.query.startswith("(set-logic QF_LRA)")
    assert found.reason.startswith("z3: ")
