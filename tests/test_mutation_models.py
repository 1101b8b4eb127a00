"""The campaign on models: not one mutant that crashes, hangs, or is reduced or proved wrongly."""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

import pytest
from mutation import on_bytes, on_models, on_onnx

from lumpver.io.onnx.read import read

SEED: Final = int(os.environ.get("LUMPVER_SEED", "0"))
MANY: Final = int(os.environ.get("LUMPVER_MUTANTS", "100000"))
FEW: Final = 80
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="needs alarms")


def test_what_is_mutated_is_right() -> None:
    """Every model reads, and what is reduced or kept of it is right, `prove` included."""
    given = on_models.bases()
    assert len(given) >= 40
    for name, data in given:
        found, why = on_models.outcome(data, data, proving=True)
        assert found in {"right", "kept", "unjudged"}, (name, found, why)


def test_a_mutant_is_its_number() -> None:
    """The same seed and number give the same bytes."""
    given = on_models.bases()[:5]
    assert on_models.mutant(1, 2, given) == on_models.mutant(1, 2, given)
    assert on_models.mutant(1, 2, given)[1] != on_models.mutant(2, 2, given)[1]


@pytest.mark.parametrize("change", dict.fromkeys(on_bytes.CHANGES), ids=lambda c: c.__name__)
def test_each_change_changes(change: on_bytes.Change) -> None:
    """Some bytes are others, for some of the first numbers."""
    data, other = bytes(range(100)), bytes(100)
    assert any(change(on_models.random.Random(seed), data, other) != data for seed in range(10))


def test_a_wrong_reduction_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were everything accepted that a careless reducer writes, the oracle would not accept it."""
    real = on_models.stored

    def careless(network: object, model: object, target: object) -> bytes:
        data = real(network, model, target)  # type: ignore[arg-type]
        made = on_onnx.opened(data)
        assert made is not None
        on_onnx.weight(on_models.random.Random(3), made)
        return bytes(made.SerializeToString())

    monkeypatch.setattr(on_models, "stored", careless)
    monkeypatch.setattr(on_models, "check_models", lambda *_: None)
    given = on_models.bases()[:4]
    found = on_models.run(40, seed=5, given=given)
    assert found.outcomes["wrong"] > 3, str(found)


def test_a_crash_and_a_hang_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that is none of ours is a fault, and so is no end."""

    def broken(*_: object, **__: object) -> None:
        raise IndexError("out of bounds")

    monkeypatch.setattr(on_models, "reduce", broken)
    found = on_models.run(20, seed=0, given=on_models.bases()[:2])
    assert found.outcomes["crash"] == len(found.faults) > 0
    assert "out of bounds" in found.faults[0]

    def endless(*_: object, **__: object) -> None:
        while True:
            pass

    monkeypatch.setattr(on_models, "reduce", endless)
    monkeypatch.setattr(on_models, "_SECONDS", 0.02)
    assert on_models.run(8, seed=0, given=on_models.bases()[:2]).outcomes["hang"] > 0


def test_short_campaign() -> None:
    """Of the first mutants some are refused, some are models, and none is a fault."""
    found = on_models.run(FEW, seed=SEED, given=on_models.bases())
    assert not found.faults, str(found)
    assert found.outcomes["refused"] > FEW / 5
    assert found.outcomes["right"] > FEW / 10


def test_readable_mutants_are_other_models() -> None:
    """Not all that the campaign reads is what was mutated."""
    given = on_models.bases()
    networks = [read(data, where=name).digest for name, data in given]
    changed = 0
    for index in range(60):
        place, data, _ = on_models.mutant(11, index, given)
        try:
            changed += on_models.opened(on_models.HERE, data).network.digest != networks[place]
        except on_models.LumpverError:
            continue
    assert changed > 5


@pytest.mark.long
def test_whole_campaign_on_models(capsys: pytest.CaptureFixture[str]) -> None:
    """None of 100,000 mutated models crashes, hangs, or is reduced or proved wrongly."""

    def progress(index: int) -> None:
        if (index + 1) % 5000 == 0:
            with capsys.disabled():
                sys.stdout.write(f"\n{index + 1} mutated models")
                sys.stdout.flush()

    found = on_models.run(MANY, seed=SEED, given=on_models.bases(), progress=progress)
    with capsys.disabled():
        sys.stdout.write(f"\n{found}\n")
    assert not found.faults, str(found)
