"""Certificates of pruned heads: accepted where nodes never switch, rejected elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from experiment_nets import planned

from experiments.paper.certifying import certificate, certified, left, relabelling
from experiments.paper.heads import Head
from experiments.paper.pruning import without
from lumpver.checker import check
from lumpver.claim.certificate import decode, encode
from lumpver.claim.certificate.claims import Certificate, Digest
from lumpver.errors import Rejected
from lumpver.quotient.building import quotient
from lumpver.search.lumping import Lumping


@pytest.mark.parametrize("terms", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_same_sign_nodes_are_certified(terms: int, seed: int) -> None:
    """All of them together, and any prefix of them."""
    made, head = planned("same", terms, seed=seed)
    for count in range(len(made.combined) + 1):
        claimed = dict.fromkeys(made.combined[:count], "stable")
        assert certified(head, claimed) == count


@pytest.mark.parametrize("family", ["mixed", "signed"])
def test_nodes_that_switch_are_rejected(family: str) -> None:
    """The checker does not take the claim's word for it."""
    made, head = planned(family)
    with pytest.raises(Rejected):
        certified(head, dict.fromkeys(made.combined, "stable"))


def test_nodes_that_are_read_are_no_ghosts() -> None:
    """A node with outgoing weights cannot be dropped as unread."""
    made, head = planned("mixed")
    with pytest.raises(Rejected):
        certified(head, {made.combined[0]: "unread"})


def test_unread_nodes_are_ghosts() -> None:
    """Without outgoing weights any node may go, and stable ones with it."""
    made, head = planned("mixed")
    one = made.combined[1]
    last = np.array(head.last[0])
    last[:, one.node] = 0
    deaf = Head(head.first, head.synthetic, (last, head.last[1]))
    assert certified(deaf, {one: "unread"}) == 1
    made, head = planned("same")
    last = np.array(head.last[0])
    last[:, made.combined[0].node] = 0
    deaf = Head(head.first, head.synthetic, (last, head.last[1]))
    reasons = ["unread", *["stable"] * (len(made.combined) - 1)]
    assert certified(deaf, dict(zip(made.combined, reasons, strict=True))) == len(reasons)


def test_another_update_is_rejected() -> None:
    """The claim does not fit a head whose outgoing weights were not updated."""
    made, head = planned("same")
    claim = certificate(made.width, dict.fromkeys(made.combined, "stable"))
    smaller = without(head, made.combined)
    forgotten = np.array(head.last[0])[:, list(made.fixed)]
    wrong = Head(smaller.first, smaller.synthetic, (forgotten, head.last[1]))
    with pytest.raises(Rejected):
        check(head.network, wrong.network, claim)


def test_a_moved_weight_is_rejected() -> None:
    """A combined row that is off by one bit is no combination."""
    made, head = planned("same")
    W = np.array(head.synthetic[0])
    node = made.combined[0].node
    W[node, 0] = np.nextafter(W[node, 0], np.float32(9))
    moved = Head(head.first, (W, head.synthetic[1]), head.last)
    with pytest.raises(Rejected):
        certified(moved, dict.fromkeys(made.combined, "stable"))


def test_the_certificate_can_be_a_file() -> None:
    """Written and read again it is accepted as before."""
    made, head = planned("same", 3)
    claim = certificate(made.width, dict.fromkeys(made.combined, "stable"))
    digest = Digest("0" * 64, {})
    again = decode(encode(Certificate(claim.tensors, digest, digest)))
    smaller = without(head, made.combined).network
    assert check(head.network, smaller, again).units_after == 3 + len(made.fixed)


@pytest.mark.parametrize("family", ["same", "mixed", "signed"])
def test_the_quotient_is_the_linear_update(family: str) -> None:
    """lumpver's quotient by the plan's relabelling has the very numbers of the update."""
    made, head = planned(family, 3)
    found = relabelling(made.width, dict.fromkeys(made.combined, "stable"))
    small = quotient(head.network, Lumping({"h2.pre": found, "h2": found}))
    theirs = without(head, made.combined).network
    for x in ([1, "1/3", -2, 5], [0, 0, 0, 0], [-7, 1, 9, "1/7"]):
        assert small(x) == theirs(x)


def test_reduce_goes_further() -> None:
    """It needs no plan, and leaves no more units than there are independent rows."""
    made, head = planned("same", 2)
    assert left(head) <= head.synthetic[0].shape[1] < len(made.fixed)


def test_reduce_leaves_nodes_that_switch() -> None:
    """In a random mixed layer nothing is exact."""
    made, head = planned("mixed", 2)
    assert left(head) == made.width
