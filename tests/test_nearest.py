"""The smallest eps that can be proved, and the largest difference at a point: the truth between."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from flint import fmpq
from test_nearing import BOX, most
from test_nearness import twins

import lumpver
from lumpver.claim.closeness import Within
from lumpver.model.network import Network
from lumpver.proving import Proved, Refuted, Unknown
from lumpver.proving import prove as proved

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


@pytest.mark.parametrize("seed", range(4))
def test_the_truth_is_enclosed(seed: int) -> None:
    """By less than 1/60; what is proved is so by itself, and less than a point shows is not."""
    one, other = twins(seed)
    found = proved(one, other, box=BOX, smallest=True)
    assert isinstance(found, Proved)
    assert isinstance(found.largest, Refuted)
    assert isinstance(found.claim.closeness, Within)
    eps, shown = found.claim.closeness.eps, most(found.largest)
    assert shown <= eps <= shown * fmpq(66, 64)
    assert isinstance(proved(one, other, box=BOX, closeness=Within(eps)), Proved)
    assert isinstance(proved(one, other, box=BOX, closeness=Within(shown * fmpq(9, 10))), Refuted)
    assert found.as_dict()["largest"]["difference"]["exact"]
    again = proved(one, other, box=BOX, smallest=True)
    assert isinstance(again, Proved)
    assert again.claim == found.claim


def test_points_are_of_the_box_exactly() -> None:
    """Its ends are no floats, and what differs most is there."""
    one, other = (Network.from_layers([([[w]], None), ([[1]], None)]) for w in (1, 2))
    box = {"x": [(fmpq(-1, 10), fmpq(1, 3))]}
    found = proved(one, other, box=box, smallest=True)
    assert isinstance(found, Proved)
    assert found.largest is not None
    assert most(found.largest) == fmpq(1, 3)
    refuted = proved(one, other, box=box, closeness=Within(fmpq(1, 3) - fmpq(1, 10**9)))
    assert isinstance(refuted, Refuted)
    assert most(refuted) == fmpq(1, 3)


def test_several_boxes_have_one_bound(tmp_path: Path) -> None:
    """The largest of both, with a tree each."""
    one, other = (Network.from_layers([([[w]], None), ([[1]], None)]) for w in (1, 2))
    ways = "(and (>= X_0 0) (<= X_0 1)) (and (>= X_0 3) (<= X_0 4))"
    boxes = f"(declare-const X_0 Real)(assert (or {ways}))"
    (tmp_path / "two.vnnlib").write_text(boxes)
    found = proved(one, other, box=tmp_path / "two.vnnlib", smallest=True)
    assert isinstance(found, Proved)
    assert found.covering is not None
    assert found.largest is not None
    assert len(found.covering.trees) == 2
    assert most(found.largest) == 4


def test_what_has_no_bound_or_no_difference() -> None:
    """Without a box nothing shows; of equal models nothing is left."""
    one, other = twins(1)
    for box in (None, {"x": [(0, 1), (0, None)]}):
        assert isinstance(proved(one, other, box=box, smallest=True), Unknown)
    same = proved(one, one, smallest=True)
    assert isinstance(same, Proved)
    assert same.claim.closeness == Within(fmpq(0))
    assert same.largest is None


def test_the_command(run: Run, tmp_path: Path) -> None:
    """Both numbers, a certificate of the one; no other question beside it."""
    paths = tmp_path / "a.json", tmp_path / "b.json"
    for network, path in zip(twins(1), paths, strict=True):
        lumpver.save(network, path)
    cert, box = tmp_path / "c.json", ("--box", "[0, 1]")
    asked = (*box, "--workers", "1", "--eps", "max")
    code, out, _ = run("prove", *paths, *asked, "--certificate", cert, "--json")
    said = json.loads(out)
    eps = said["claim"]["closeness"]["within"]
    assert (code, said["answer"]) == (0, "proved")
    assert Fraction(said["largest"]["difference"]["exact"]) <= Fraction(eps)
    assert run("check", *paths, cert, *box, "--exact-box", "--eps", eps)[0] == 0
    code, out, _ = run("prove", *paths, *asked, "--timeout", "60")
    assert code == 0
    assert "largest difference" in out
    for more in (("--same-class",), ("--delta", "1"), ("--vnnlib", "x")):
        assert run("prove", *paths, *asked, *more)[0] == 2
    assert run("check", *paths, cert, *box, "--eps", "max")[0] == 2


def test_numbers_that_no_float_is() -> None:
    """Boxes, and differences, beyond what floats tell apart."""
    one, other = twins(1)
    box = {"x": [(fmpq(1, 10**400), fmpq(2, 10**400)), (0, 0)]}
    found = proved(one, other, box=box, smallest=True, timeout=5)
    assert isinstance(found, Proved)
