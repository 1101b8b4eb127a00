"""Reducing on a box: what is off there goes, and no certificate says that of less."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lumpver
from lumpver.bounds.knowing import known
from lumpver.checker import check
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.implication import ClaimsLess
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import Malformed, Rejected, ShapeMismatch, Unrepresentable
from lumpver.io.domains import read
from lumpver.model.network import Network
from lumpver.proving import prove
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.theory.lumpcheck.text import export_certificate

if TYPE_CHECKING:
    from pathlib import Path


def unit_box(count: int, low: object = 0, high: object = 1) -> Boxes:
    """The box in which all inputs are between two numbers."""
    return Boxes((Box.of({"x": [(low, high)] * count}),))


def trained(seed: int, widths: tuple[int, ...] = (3, 12, 10, 2)) -> Network:
    """A network of random float32 weights."""
    draw = np.random.default_rng(seed)
    return Network.from_layers(
        [
            (draw.normal(size=(m, n)).astype(np.float32), draw.normal(size=m).astype(np.float32))
            for n, m in pairwise(widths)
        ]
    )


def reduced(network: Network, box: Boxes, *, bent: bool = False) -> Reduction:
    """What `reduce` makes of a network on a box, checked."""
    found = reduce(network, known=known(network, box), floats_only=True, bent=bent)
    check(network, found.network, found.certificate, claim=found.certificate.claim)
    return found


def test_units_that_are_off_on_the_box_go() -> None:
    """-x - 1 is off for x >= 0, x - 1/2 is not."""
    network = Network.from_layers([([[-1], [1]], [-1, "-1/2"]), ([[5, 1]], None)])
    found = reduced(network, unit_box(1))
    assert found.network.units == 1
    assert found.certificate.claim == Claim(domain=unit_box(1))


def test_what_is_the_same_claims_all_inputs() -> None:
    """Where nothing goes, nothing is said of a box alone."""
    network = Network.from_layers([([[1, 2], [2, -1]], [0, 0]), ([[1, 1]], None)])
    found = reduced(network, unit_box(2, -1, 1))
    assert found.certificate.claim == EVERYTHING


@pytest.mark.parametrize("seed", range(8))
def test_outputs_are_the_same_on_the_box(seed: int) -> None:
    """At corners and within, exactly; beyond, somewhere, not."""
    network, box = trained(seed), unit_box(3, "1/3", "1/2")
    found = reduced(network, box)
    assert found.network.units < network.units
    for point in (["1/3"] * 3, ["1/2", "1/3", "1/2"], ["2/5", "3/7", "1/2"]):
        assert network(point) == found.network(point)


@pytest.mark.parametrize("seed", range(4))
def test_the_certificate_holds_on_its_box_alone(seed: int) -> None:
    """Neither for all inputs, nor on a larger box; on a smaller one it does."""
    network = trained(seed)
    found = reduced(network, unit_box(3, "1/3", "1/2"))
    for asked in (EVERYTHING, Claim(domain=unit_box(3))):
        with pytest.raises(ClaimsLess):
            check(network, found.network, found.certificate, claim=asked)
    check(network, found.network, found.certificate, claim=Claim(domain=unit_box(3, "2/5", "1/2")))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("claim", [EVERYTHING, Claim(domain=unit_box(3, -9, 9))])
def test_a_claim_of_more_is_rejected(seed: int, claim: Claim) -> None:
    """The same facts, said of all inputs or of a larger box, do not follow."""
    network = trained(seed)
    found = reduced(network, unit_box(3, "1/3", "1/2"))
    assert found.network.units < reduce(network).network.units
    with pytest.raises(Rejected):
        check(network, found.network, replace(found.certificate, claim=claim), claim=claim)


def test_a_box_of_another_network_is_refused() -> None:
    """Other names, other numbers of entries."""
    network = trained(0)
    with pytest.raises(Malformed, match="an input of the model"):
        known(network, Boxes((Box.of({"z": [(0, 1)] * 3}),)))
    with pytest.raises(ShapeMismatch):
        known(network, unit_box(4))


def test_several_boxes_are_covered_each() -> None:
    """A unit has to be off in all of them."""
    network = Network.from_layers([([[-1], [1]], ["-1/2", "-1/2"]), ([[5, 1]], None)])
    near, far = (Box.of({"x": [ends]}) for ends in ((0, 1), (-2, -1)))
    assert reduced(network, Boxes((near,))).network.units == 1
    assert reduced(network, Boxes((near, far))).network.units == 2


def test_lumpcheck_is_not_asked_about_a_box() -> None:
    """The verified checker knows no boxes, and that is said before it is asked."""
    network = Network.from_layers([([[-1], [1]], [-1, 1]), ([[5, 1]], None)])
    found = reduced(network, unit_box(1))
    with pytest.raises(Unrepresentable, match="for all inputs"):
        export_certificate(network, found.network, found.certificate)


@pytest.mark.parametrize("seed", range(4))
def test_prove_sees_what_the_box_decides(seed: int) -> None:
    """Equal on the box, by joint lumping; refuted where a weight is another, or without the box."""
    network, ends = trained(seed), ("1/3", "1/2")
    found = reduced(network, unit_box(3, *ends), bent=True)
    box = {"x": [ends] * 3}
    answer = prove(network, found.network, box=box)
    assert (answer.answer, answer.step) == ("proved", "joint lumping")
    assert prove(network, found.network, timeout=20).answer != "proved"
    other = Network.from_layers(
        [
            (np.array(node.W), np.array(node.b) + (place == 0))
            for place, node in enumerate(found.network.segments[i].nodes[0] for i in range(3))
        ]
    )
    assert prove(network, other, box=box, timeout=20).answer == "refuted"


def test_a_box_outside_the_limits_is_refused(tmp_path: Path) -> None:
    """Programs clip 5 to 1, where the unit is on; on the box by itself it is off."""
    text = "2,1,1,1,\n1,1,1,\n0,\n0,\n1,\n0,0,\n1,1,\n-1,\n2,\n1,\n0,\n"
    model = tmp_path / "m.nnet"
    model.write_text(text)
    with pytest.raises(Malformed, match="limits"):
        reduce_file(model, tmp_path / "s.nnet", box=lambda found: read("[4, 5]", found))
    with pytest.raises(Malformed, match="limits"):
        lumpver.reduce(model, box="[4, 5]")
    network = lumpver.load(model).network
    found = reduce(network, known=known(network, unit_box(1, 4, 5)))
    assert found.network.units == 0
    with pytest.raises(Rejected, match="limits"):
        check(network, found.network, found.certificate, claim=found.certificate.claim)
    reduce_file(model, tmp_path / "s.nnet", box=lambda found: read("[-3, 5]", found))
