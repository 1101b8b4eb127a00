"""Tests of `lumpver.trial.auditing`: faulty reducers are caught and shrunk, right ones pass."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from draft_reducer import joined, right
from faulty_reducers import (
    FAULTY,
    KINDS,
    as_printed,
    forgotten_scale,
    hang,
    no_network,
)
from small_networks import TWINS

from lumpver.errors import Malformed, Unreadable
from lumpver.io.onnx.write.fresh import fresh
from lumpver.model.network import Network, Opaque, Tensor
from lumpver.reducing.reduction import reduce
from lumpver.theory.examples import EXAMPLES
from lumpver.trial.auditing import Finding, Report, assert_sound, audit
from lumpver.trial.auditing.verdicts import judge
from lumpver.trial.strategies import draft

if TYPE_CHECKING:
    from collections.abc import Callable


# Faulty reducers and right ones


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    """One report per reducer, made when it is asked for."""
    return {}


def report_of(reports: dict[str, Report], function: Callable[..., Any]) -> Report:
    """The report on a reducer; only a hang is found by the clock."""
    name = function.__name__
    if name not in reports:
        quick = function is hang
        reports[name] = audit(function, examples=500, seconds=90, patience=1 if quick else 20)
    return reports[name]


SLOW = {"signs_of_inputs_forgotten", "signs_of_parts_forgotten", "rounded", "branch_unread",
        "branch_forgotten", "sums_hashed"}  # fmt: skip
EACH = [
    pytest.param(f, id=f.__name__, marks=[pytest.mark.long] if f.__name__ in SLOW else [])
    for f in FAULTY
]


@pytest.mark.parametrize("function", EACH)
def test_faulty_reducers_are_caught(
    reports: dict[str, Report], function: Callable[..., Any]
) -> None:
    """Each fault is found, said to be what it is, shrunk to at most 6 units, and printed."""
    report = report_of(reports, function)
    (finding,) = report.findings
    assert finding.kind == KINDS.get(function.__name__, "wrong")
    assert finding.units <= 6
    assert finding.units <= finding.units_before
    assert (finding.witness is not None) == (finding.kind == "wrong")
    if finding.kind == "wrong":
        pasted(finding.test, function.__name__)


def pasted(code: str, name: str) -> None:
    """The printed test runs as it stands and fails; with a right reducer it passes."""
    scope: dict[str, Any] = {}
    exec(code, scope)
    with pytest.raises(AssertionError):
        scope[f"test_{name}"]()
    exec(
        code.replace(f"faulty_reducers import {name}", f"draft_reducer import right as {name}"),
        scope,
    )
    scope[f"test_{name}"]()


def test_the_printed_definition_shrinks_to_d1(reports: dict[str, Report]) -> None:
    """Definition 6 as printed fails on two hidden layers of two units, as in theory D1."""
    (finding,) = report_of(reports, as_printed).findings
    assert [finding.network.width[name] for name in finding.network.layers] == [2, 2]


def test_findings_are_true(reports: dict[str, Report]) -> None:
    """A witness replays: both outputs are what the networks give at that input."""
    (finding,) = report_of(reports, forgotten_scale).findings
    found = finding.witness
    assert found is not None
    ours = finding.network.evaluate(found.point)
    theirs = forgotten_scale(finding.network).evaluate(found.point)
    assert all((value == found.original[name]).all() for name, value in ours.items())
    assert all((value == found.reduced[name]).all() for name, value in theirs.items())


@pytest.mark.parametrize(("function", "examples"), [(reduce, 100), (right, 20)])
def test_right_reducers_pass(function: Callable[..., Any], examples: int) -> None:
    """A hundred networks, all proved, nothing to say but which merges were missed."""
    report = audit(function, examples=examples, seconds=300, patience=20)
    assert report.sound
    assert report.complete
    refused = 0 if function is reduce else 5  # whole models, which are no drafts
    assert report.counts.get("refused", 0) == refused
    assert report.counts["proved"] + refused == report.counts["networks"] == examples
    assert bool(report.missed) == (function is not reduce)


@pytest.mark.long
def test_lumpver_passes_ten_thousand() -> None:
    """`lumpver.reduce` is right on 10,000 networks and misses nothing."""
    report = assert_sound(reduce, examples=10_000, seconds=3600, patience=60)
    assert report.counts["networks"] == 10_000
    assert "missed" not in report.counts


def test_missed_merges_stand_apart() -> None:
    """Leaving everything alone is no fault, and the smallest network shows it."""
    report = audit(lambda network: network, examples=30)
    (missed,) = report.missed
    assert report.sound
    assert missed.units > missed.possible
    assert report.as_dict()["missed"][0]["possible"] == missed.possible
    assert "possible" in report.text()


def test_same_seed_same_report() -> None:
    """The seed decides what is found, down to the printed test."""
    one, two = (audit(forgotten_scale, seed=5, examples=50).as_dict() for _ in range(2))
    assert {**one, "seconds": 0} == {**two, "seconds": 0}


# What an audit is given


def test_nothing_asked_nothing_tried() -> None:
    """Without examples and models there is nothing to say, and a test must not pass."""
    assert audit(no_network, examples=0).sound
    with pytest.raises(AssertionError, match="no network was tried"):
        assert_sound(no_network, examples=0)


@pytest.mark.parametrize(
    "options",
    [
        {"examples": -1},
        {"seconds": 0},
        {"patience": -1},
        {"memory": 0},
        {"seconds": float("nan")},
        {"patience": float("nan")},
    ],
    ids=str,
)
def test_impossible_options_are_refused(options: dict[str, Any]) -> None:
    """Negative counts and times are no options."""
    with pytest.raises(Malformed):
        audit(right, **options)


def test_limits_may_be_none() -> None:
    """Infinite times and memory are as long and as much as there is."""
    endless = float("inf")
    assert audit(copied, examples=2, seconds=endless, patience=endless, memory=endless).sound


def copied(network: Network) -> Network:
    """A reducer that changes nothing."""
    return network


def test_time_runs_out() -> None:
    """An audit that is cut short says so."""
    report = audit(right, examples=10**6, seconds=0.001)
    assert not report.complete
    assert "time ran out" in report.text()


def test_models_are_tried_first() -> None:
    """Each faulty model is a finding of its own, shrunk like any other."""
    models = [EXAMPLES["d1"].network, EXAMPLES["no_hidden"].network, EXAMPLES["d1_logits"].network]
    report = audit(as_printed, examples=0, models=models)
    assert [finding.kind for finding in report.findings] == ["wrong", "wrong"]
    assert report.counts["networks"] == 3
    assert all(finding.test for finding in report.findings)


def test_models_that_are_no_drafts_are_tried_too(tmp_path: Path) -> None:
    """A model with an opaque node cannot be refuted, and is not called proved."""
    x, y = Tensor("x", shape=(1,)), Tensor("y", shape=(1,))
    opaque = Network((x,), (y,), (Opaque("o", "ai.onnx:Erf", ("x",), ("y",)),), {"x": x, "y": y})
    assert judge(opaque, opaque, random=Random(0), seconds=0).kind == "unrefuted"
    with pytest.raises(Unreadable):
        audit(right, models=[tmp_path / "none.onnx"])


# ONNX files


def copy(path: str) -> str:
    """A reducer of files that changes nothing."""
    return str(shutil.copy(path, Path(path).with_name("copy.onnx")))


def scale_forgotten_in_file(path: str) -> Path:
    """A faulty reducer of files."""
    from lumpver.io.files import load

    target = Path(path).with_name("reduced.onnx")
    target.write_bytes(fresh(forgotten_scale(joined(load(path).network))))
    return target


def text_file(path: str) -> str:
    """A reducer that leaves something else."""
    Path(path).write_text("no model")
    return path


def test_onnx_reducers() -> None:
    """Files go in and come out: right, wrong, unreadable, and no file at all."""
    assert audit(copy, examples=20, onnx=True).sound
    (wrong,) = audit(scale_forgotten_in_file, onnx=True, seconds=90).findings
    (unreadable,) = audit(text_file, onnx=True, examples=5).findings
    (nothing,) = audit(no_network, onnx=True, examples=5).findings
    assert (wrong.kind, wrong.units) == ("wrong", 2)
    assert "as_onnx" in wrong.test
    assert [found.kind for found in (unreadable, nothing)] == ["interface", "interface"]


def test_onnx_models(tmp_path: Path) -> None:
    """A model's own file is what the reducer gets."""
    path = tmp_path / "twins.onnx"
    path.write_bytes(fresh(TWINS))
    report = audit(scale_forgotten_in_file, models=[path], onnx=True, examples=0)
    assert [finding.origin for finding in report.findings] == [str(path)]


# Reports and names


def test_reports_say_the_same_in_every_form(reports: dict[str, Report]) -> None:
    """JSON, JUnit and text name the subject, the kind, the input and both outputs."""
    report = report_of(reports, forgotten_scale)
    data = json.loads(json.dumps(report.as_dict()))
    (finding,) = data["findings"]
    assert (data["sound"], data["semantics"], finding["kind"]) == (False, "real", "wrong")
    expected, got = finding["outputs"]["y"]
    assert expected != got
    suite = ET.fromstring(report.as_junit())
    assert (suite.get("failures"), suite.get("errors")) == ("1", "0")
    (failure,) = suite.iter("failure")
    assert failure.get("type") == "wrong"
    assert finding["test"] in (failure.text or "")
    assert finding["test"] in report.text()


def test_junit_tells_errors_from_failures(reports: dict[str, Report]) -> None:
    """A hang is an error; control characters do not break the XML."""
    suite = ET.fromstring(report_of(reports, hang).as_junit())
    assert (suite.get("failures"), suite.get("errors")) == ("0", "1")
    odd = Finding("crash", "model\x00", "\x1b[31mred", TWINS, 2)
    report = Report("f\x07", 0, (odd,), models=("model\x00", "another"))
    cases = list(ET.fromstring(report.as_junit()).iter("testcase"))
    assert [(case.get("name"), len(case)) for case in cases] == [
        ("generated networks", 0),
        ("model?", 1),
        ("another", 0),
    ]


def test_assert_sound_fails_with_the_report() -> None:
    """In somebody's test suite the failure shows the smallest network."""
    with pytest.raises(AssertionError, match=r"(?s)wrong: generated.*from_layers"):
        assert_sound(forgotten_scale, examples=100)


def test_draft_of_a_shrunk_finding(reports: dict[str, Report]) -> None:
    """The finding's network can be read back and reduced rightly."""
    (finding,) = report_of(reports, forgotten_scale).findings
    assert draft(finding.network).units == finding.units
    assert assert_sound(reduce, models=[finding.network], examples=0).counts["networks"] == 1
