"""Audits of reducers that promise a tolerance: kept on the whole box, or a point shows it."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from faulty_reducers import forgotten_scale, no_network
from flint import fmpq
from near_reducers import (
    EPS,
    barely_moved,
    coarsely_rounded,
    finely_rounded,
    small_dropped,
    wrong_at_a_corner,
)
from small_networks import TWINS

from lumpver.errors import Malformed
from lumpver.exact.array import rationals
from lumpver.model.network import Network, Opaque, Tensor
from lumpver.reducing.reduction import reduce
from lumpver.trial.auditing import Report, assert_sound, audit
from lumpver.trial.auditing.nearby import Tolerance, beyond
from lumpver.trial.auditing.verdicts import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

ASKED = Tolerance.of(EPS)


@pytest.mark.parametrize("function", [reduce, finely_rounded])
def test_reducers_that_stay_near_pass(function: Callable[[Network], Any]) -> None:
    """Each result is proved on the box; whole models may be refused."""
    report = audit(function, examples=24, seconds=120, patience=20, eps=EPS)
    assert not report.findings
    tried = report.counts["networks"] - report.counts.get("refused", 0)
    assert report.counts["proved"] + report.unknown == tried
    assert report.sound == (report.unknown == 0)
    assert report.counts["proved"] > 12
    assert "merges missed" not in report.text()
    assert "within 1/100 for inputs in [-1, 1]" in report.text()


@pytest.mark.parametrize(
    "function", [coarsely_rounded, small_dropped, wrong_at_a_corner, barely_moved]
)
def test_broken_promises_are_found(function: Callable[[Network], Any]) -> None:
    """A point of the box shows it, on a network that was shrunk; the printed test fails."""
    report = audit(function, examples=200, seconds=90, patience=20, eps=EPS)
    (finding,) = report.findings
    assert (finding.kind, finding.detail) == ("wrong", f"not {ASKED}")
    assert finding.units <= 6
    found = finding.witness
    assert found is not None
    assert all(-1 <= x <= 1 for value in found.point.values() for x in rationals(value).ravel())
    ours, theirs = (
        network.evaluate(found.point) for network in (finding.network, function(finding.network))
    )
    gaps = [rationals(ours[name]) - rationals(theirs[name]) for name in ours]
    assert any(abs(x) > EPS for gap in gaps for x in gap.ravel().tolist())
    scope: dict[str, Any] = {}
    exec(finding.test, scope)
    with pytest.raises(AssertionError):
        scope[f"test_{function.__name__}"]()
    name = function.__name__
    exec(finding.test.replace(f"import {name}", f"import finely_rounded as {name}"), scope)
    scope[f"test_{function.__name__}"]()


def test_exact_faults_are_faults_here_too() -> None:
    """Another function, and no network at all."""
    assert audit(forgotten_scale, examples=100, seconds=60, eps=EPS).findings
    (finding,) = audit(no_network, examples=5, eps=EPS).findings
    assert finding.kind == "interface"


def test_a_large_tolerance_forgives() -> None:
    """What is wrong within 1/100 is right within a million."""
    assert assert_sound(coarsely_rounded, examples=1, eps=10**6).counts["proved"] == 1


def test_unknown_is_never_sound() -> None:
    """Where nothing is proved and nothing refuted the report is not sound, and a test fails."""
    x, y = Tensor("x", shape=(1,)), Tensor("y", shape=(1,))
    ones = [
        Network((x,), (y,), (Opaque("o", f"ai.onnx:{word}", ("x",), ("y",)),), {"x": x, "y": y})
        for word in ("Erf", "Det")
    ]
    found = judge(*ones, random=Random(0), within=ASKED)
    assert found.kind == "unknown"
    assert judge(TWINS, TWINS, random=Random(0), seconds=0, within=ASKED).kind == "unknown"
    report = Report("mine", 0, counts={"networks": 2, "proved": 1, "unknown": 1}, within=ASKED)
    assert not report.sound
    assert report.unknown == 1
    assert report.text().startswith("mine: unknown, within 1/100")
    assert "<system-out>" in report.as_junit()


def test_corners_are_tried_and_hints_are_moved() -> None:
    """Only one corner shows it; a hint from a larger network is cut and moved into the box."""
    row = [fmpq(10**6)] * 3
    bump = Network.from_layers([([row], [fmpq(1 - 3 * 10**6)]), ([[1]], None)])
    flat = Network.from_layers([([[0, 0, 0]], None), ([[0]], None)])
    found = beyond(flat, bump, ASKED, random=Random(0))
    assert found is not None
    assert rationals(found.point["x"]).tolist() == [1, 1, 1]
    assert beyond(flat, bump, Tolerance.of(2), random=Random(0)) is None
    one = Network.from_layers([([[1]], None)])
    two = Network.from_layers([([[2]], None)])
    hint = {"x": rationals(found.point["x"]) * 7}
    found = beyond(one, two, ASKED, random=Random(0), hints=[hint])
    assert found is not None
    assert rationals(found.point["x"]).tolist() == [1]


@pytest.mark.parametrize(
    "options",
    [
        {"eps": "-1"},
        {"eps": "x"},
        {"box": "[0, 1]"},
        {"eps": 1, "box": "box.vnnlib"},
        {"eps": 1, "box": "[1, 0]"},
        {"eps": 1, "box": "[0, inf]"},
    ],
    ids=str,
)
def test_impossible_tolerances_are_refused(options: dict[str, Any]) -> None:
    """Negative numbers, boxes that are no range with ends, a box without a tolerance."""
    with pytest.raises(Malformed):
        audit(reduce, examples=1, **options)


def test_the_command_counts_apart(run: Run) -> None:
    """Exit code 0 where all is proved, 1 where a point shows otherwise; the question is said."""
    some = ("--examples", "6", "--eps", "1/100", "--json")
    code, out, _ = run("audit", "near_reducers:finely_rounded", *some, "--box", "[0, 1]")
    said = json.loads(out)
    assert said["within"] == {"eps": "1/100", "box": "[0, 1]"}
    assert code == (3 if said["counts"].get("unknown") else 0)
    code, out, _ = run("audit", "near_reducers:coarsely_rounded", *some, "--examples", "60")
    assert code == 1
    assert json.loads(out)["findings"]
    assert run("audit", "near_reducers:coarsely_rounded", "--box", "[0, 1]")[0] == 2
