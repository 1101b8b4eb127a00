"""The mutation campaign: not one wrong mutant accepted, no crash."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import Any, Final

import numpy as np
import pytest
from conftest import NETS
from flint import fmpq
from mutation import campaign, on_facts, on_forms, on_several, on_signs
from mutation.bends import BENT
from mutation.networks import real, small

from lumpver.claim.certificate import decode, encode
from lumpver.reducing.verification import check_models

SEED: Final = int(os.environ.get("LUMPVER_SEED", "0"))
MANY: Final = int(os.environ.get("LUMPVER_MUTANTS", "100000"))
VERSIONS: Final = tuple(map(int, os.environ.get("LUMPVER_VERSIONS", "1,3").split(",")))
FEW: Final = 1000


def test_what_is_mutated_is_right() -> None:
    """More than twenty networks of every format, each with pairs that check."""
    cases = small()
    assert len(cases) >= 40
    assert {case.suffix for case in cases} == {".onnx", ".json", ".nnet"}
    assert any(case.suffix != case.target for case in cases)
    versions: Counter[int] = Counter()
    for case in cases:
        for pair in case.pairs:
            for version in campaign.VERSIONS:
                found = campaign.Draft.of(case, pair, version)
                first = pair is case.pairs[0]
                assert campaign.outcome(found, on_paper=first, points=4) == ("right", ""), case.name
                versions[decode(found.certificate()).version] += 1
    assert set(versions) == {1, 2, 3}
    assert versions[3] > 2 * versions[1] / 3


def test_version_3_says_the_same() -> None:
    """The words of version 3 are those that the program writes, default members left out."""
    for case in small():
        for pair in case.pairs:
            data = campaign.Draft.of(case, pair, 3).certificate()
            assert encode(decode(data)) == data


def test_some_say_more_than_one_thing() -> None:
    """Tensors with several facts, and facts that use another than the first."""
    pairs = [pair.document for case in small() for pair in case.pairs]
    several = [found for found in pairs if found["version"] == 3]
    assert len(several) > 40
    said = [facts for found in several for facts in found["tensors"].values()]
    assert sum(len(facts) > 1 for facts in said) > 100
    assert any("uses" in fact for facts in said for fact in facts)


def test_a_mutant_is_its_number() -> None:
    """The same seed and number give the same bytes, in any order; others give others."""
    cases = small()
    first = [campaign.mutant(1, index, cases) for index in (0, 1, 2)]
    again = [campaign.mutant(1, index, cases) for index in (2, 1, 0)]
    other = campaign.mutant(2, 0, cases)
    for a, b in zip(first, reversed(again), strict=True):
        assert (a.original, a.reduced, a.certificate()) == (b.original, b.reduced, b.certificate())
        assert a.history == b.history
    assert other.certificate() != first[0].certificate()


def test_objects_taken_for_lists_are_written() -> None:
    """A number among an object's names is one more name that is refused, no crash."""
    case = small()[0]
    found = campaign.Draft.of(case, case.pairs[0], 3)
    found.document["tensors"] = {"h1": [{"rows": {"a": 1, 0: 2}}]}
    assert b'{"0":2,"a":1}' in found.certificate()
    assert campaign.outcome(found, on_paper=False, points=4)[0] == "rejected"


def test_a_mutant_is_changed() -> None:
    """At least one mutator found something to change, and the bytes show it."""
    cases = small()
    for index in range(50):
        found = campaign.mutant(3, index, cases)
        before = [(p.original, p.reduced) for p in found.case.pairs]
        fresh = [
            campaign.Draft.of(found.case, pair, found.version).certificate()
            for pair in found.case.pairs
        ]
        assert found.history
        assert (found.original, found.reduced) not in before or found.certificate() not in fresh


@pytest.mark.parametrize("name", ["gemm_chain", "thirds", "nnet 0", "softmax", "sigmoids"])
def test_the_oracle_sees_what_is_wrong(name: str) -> None:
    """Were the checker to accept everything that is readable, the oracle would not."""
    case = next(case for case in small() if case.name == name)
    verdicts: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign, "check_models", lambda *_: None)
        for index in range(150):
            found = campaign.mutant(5, index, [case])
            try:
                verdict, _ = campaign.outcome(found, on_paper=False, points=4)
            except (IndexError, KeyError):
                verdict = "nonsense"
            verdicts[verdict] += 1
    assert verdicts["wrong"] > 40, verdicts


@pytest.mark.parametrize("name", ["gemm_chain", "deep_chain", "crossed", "transposed"])
def test_a_blind_checker_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the comparison of rows wrong mutants get through, and are reported."""
    from lumpver.checker import linear

    monkeypatch.setattr(linear, "require_zero", lambda *_: None)
    case = next(case for case in small() if case.name == name)
    found = campaign.run(120, seed=6, cases=[case])
    assert found.outcomes["wrong"] > 0
    assert all(name in fault for fault in found.faults)


def _zeros(*given: Any) -> dict[int, fmpq]:
    """What units that are off would be behind ReLU, whether they are or not."""
    return {int(v): fmpq(0) for v in np.flatnonzero(given[-1])}


@pytest.mark.parametrize("rule", ["require_steady", "switched_off"])
def test_a_checker_blind_for_signs_is_found_out(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums that hold are not enough: without the signs wrong mutants get through."""
    from lumpver.checker.rules import signs

    blind = {"require_steady": lambda *_: None, "switched_off": _zeros}
    monkeypatch.setattr(signs, rule, blind[rule])
    monkeypatch.setattr(campaign, "KINDS", ((1.0, on_signs.MUTATORS),))
    monkeypatch.setattr(campaign, "_BOUNDS", (1.0,))
    case = next(case for case in small() if case.name == "steady")
    found = campaign.run(150, seed=7, cases=[case])
    assert found.outcomes["wrong"] > 0
    assert not found.outcomes["crash"]


@pytest.mark.parametrize("rule", ["used", "alone"])
def test_a_checker_blind_for_facts_is_found_out(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which fact another follows from counts, and so does every fact that is said."""
    from lumpver.checker.walk import Walk

    blind = {
        "used": lambda self, _, operand, __: self.facts[operand][0],
        "alone": lambda self, name: self.stated(name)[0],
    }
    monkeypatch.setattr(Walk, rule, blind[rule])
    monkeypatch.setattr(campaign, "KINDS", ((1.0, on_several.MUTATORS + on_facts.MUTATORS),))
    monkeypatch.setattr(campaign, "_BOUNDS", (1.0,))
    case = next(case for case in small() if case.name == "softmax")
    found = campaign.run(300, seed=8, cases=[case], versions=(3,))
    assert found.outcomes["wrong"] > 0
    assert not found.outcomes["crash"]


BLIND: Any = {
    "forms": ("lumpver.checker.forms._same", lambda *_: None),
    "signs": ("lumpver.checker.cones.require_sign", lambda *_, **__: None),
}


@pytest.mark.parametrize("rule", BLIND)
def test_a_checker_blind_for_forms_is_found_out(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chains made from wrong identities get through, and signs that nothing shows."""
    monkeypatch.setattr(*BLIND[rule])
    monkeypatch.setattr(campaign, "KINDS", ((1.0, on_forms.MUTATORS),))
    monkeypatch.setattr(campaign, "_BOUNDS", (1.0,))
    cases = [case for case in small() if case.name in {made.__name__ for made in BENT}]
    found = campaign.run(200, seed=9, cases=cases)
    assert found.outcomes["wrong"] > 0
    assert not found.outcomes["crash"]


def test_forms_and_signs() -> None:
    """Of mutants of these alone none is accepted that is wrong; many are right all the same."""
    names = {made.__name__ for made in BENT}
    cases = [case for case in small() if case.name in names]
    certificates = [pair.document for case in cases for pair in case.pairs]
    assert sum("signs" in one for one in certificates) >= 5
    assert len(cases) == len(names)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(campaign, "KINDS", ((1.0, on_forms.MUTATORS),))
        patch.setattr(campaign, "_BOUNDS", (1.0,))
        found = campaign.run(300, seed=SEED, cases=cases, thorough=False)
    assert not found.faults, str(found)
    assert {"forms", "signs", "tensor", "malformed"} <= set(found.rules)
    assert found.outcomes["right"] > 30
    done = {name for name, _ in found.mutators}
    assert done >= {change.__name__ for change in on_forms.MUTATORS}


def test_a_crash_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is none of ours counts as a fault, with the way to it."""

    def broken(*_: object) -> None:
        raise IndexError("out of bounds")

    monkeypatch.setattr(campaign, "check_models", broken)
    found = campaign.run(20, seed=0, cases=small()[:2])
    assert found.outcomes["crash"] == len(found.faults) > 0
    assert "out of bounds" in found.faults[0]
    assert "seed 0, mutant" in found.faults[0]
    assert check_models is not campaign.check_models


def test_short_campaign() -> None:
    """No wrong mutant of the first thousand is accepted, none crashes; most are wrong."""
    found = campaign.run(FEW, seed=SEED, cases=small(), thorough=False)
    assert not found.faults, str(found)
    assert sum(found.outcomes.values()) == FEW
    assert found.outcomes["rejected"] > FEW / 2
    assert found.outcomes["right"] > FEW / 20
    assert found.outcomes["unjudged"] < FEW / 200
    assert len(found.rules) > 12, "few rules were needed to reject"


@pytest.mark.long
def test_whole_campaign(capsys: pytest.CaptureFixture[str]) -> None:
    """No wrong mutant of 100,000 is accepted, none crashes; real networks, all three versions."""
    cases = small() + real(NETS)

    def progress(index: int) -> None:
        if (index + 1) % 5000 == 0:
            with capsys.disabled():
                sys.stdout.write(f"\n{index + 1} mutants")
                sys.stdout.flush()

    found = campaign.run(MANY, seed=SEED, cases=cases, versions=VERSIONS, progress=progress)
    with capsys.disabled():
        sys.stdout.write(f"\n{found}\n")
    assert not found.faults, str(found)
    assert sum(found.outcomes.values()) == MANY
