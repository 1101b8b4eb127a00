"""What `prove` says: its evidence, its claim, and what stands in the way of an answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from onnx_models import network, tensor, whole
from small_networks import ONCE, ONE, OTHER, SPLIT, SUM, TWICE, TWINS

from lumpver.claim.domain import Box, Boxes
from lumpver.claim.statement import NOT_CLAIMED, Claim
from lumpver.io.json.writing import write
from lumpver.model.network import Network
from lumpver.proving import Proved, Refuted, Unknown, prove
from lumpver.proving.answers import STEPS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

RELU = Network.from_layers([([[1]], None), ([[1]], None)])
LINE = Network.from_layers([([[1]], None)])


def proved(run: Run, folder: Path, a: Network, b: Network, *words: object) -> tuple[int, str]:
    """The exit code of `prove`, and what went to stdout."""
    places = [folder / "a.json", folder / "b.json"]
    for place, made in zip(places, (a, b), strict=True):
        place.write_bytes(write(made))
    return run("prove", *places, *words)[:2]


def softmax(weight: float, operator: str = "Softmax") -> Network:
    """A dense layer, an operator that is not modelled, a dense layer."""
    weights = [[weight, 0], [0, 1]]
    text = f"MatMul x W h; {operator} h s; MatMul s W y"
    return network(whole(text, tensor("W", weights)))


def test_evidence_says_whether_a_solver_was_asked() -> None:
    """`joint` without one, in whatever step; `smt` with one."""
    assert prove(TWINS, ONE).evidence == "joint"
    box = {"x": [(0, 2)]}
    claim = Claim(Boxes((Box.of(box),), "the given ranges"))
    assert prove(RELU, LINE, box=box) == Proved("sweeping", "joint", claim=claim)
    assert prove(SPLIT, SUM) == Proved("joint forms", "joint")
    assert prove(TWICE, ONCE) == Proved("sweeping", "smt")


@pytest.mark.parametrize("step", STEPS)
def test_only_joint_steps_never_ask(step: str) -> None:
    """Left out, the evidence is the weakest that the step can have."""
    weakest = "search" if step == "splitting" else "smt"
    assert Proved(step).evidence == ("joint" if step.startswith("joint ") else weakest)


@pytest.mark.parametrize("other", [ONE, OTHER, LINE], ids=["proved", "refuted", "bounded"])
@pytest.mark.parametrize("boxed", [False, True])
def test_the_claim_stands_in_every_answer(
    tmp_path: Path, run: Run, other: Network, boxed: bool
) -> None:
    """In words and in JSON, with the box by its name, and with what is not claimed."""
    box = tmp_path / "unit.vnnlib"
    box.write_text("(declare-const X_0 Real)(assert (<= X_0 1))(assert (>= X_0 0))")
    words = ("--box", box) if boxed else ()
    claim = Claim(Boxes((Box.of({"x": [(0, 1)]}),), str(box))) if boxed else Claim()
    code, text = proved(run, tmp_path, TWINS, other, *words)
    assert code == (0 if other is ONE else 1)
    plain = " ".join(text.split())
    assert str(claim) in plain
    assert NOT_CLAIMED in plain
    document = json.loads(proved(run, tmp_path, TWINS, other, *words, "--json")[1])
    assert document["claim"] == claim.as_dict()


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax", "Hardmax"])
def test_an_operator_that_is_not_modelled_is_named(operator: str) -> None:
    """It comes first in the reason, by its name, without its domain."""
    found = prove(softmax(1, operator), softmax(2, operator), effort=100_000)
    assert isinstance(found, Unknown)
    assert found.reason.startswith(f"{operator} is not modelled")


def test_an_unknown_shape_is_not_the_reason() -> None:
    """Where only a model of the operator would tell the shape, that it has none is said."""
    one, other = (
        network(
            whole(
                "MatMul x W h; Unique h s; MatMul s W y",
                tensor("W", [[w, 0], [0, 1]]),
            )
        )
        for w in (1, 2)
    )
    found = prove(one, other)
    assert isinstance(found, Unknown)
    assert "Unique" in found.reason
    assert "shape" not in found.reason


def test_only_what_the_open_outputs_need_is_named() -> None:
    """Modelled operators, and answers that are known, name nothing."""
    assert isinstance(prove(softmax(1), softmax(1)), Proved)
    assert isinstance(prove(TWINS, OTHER), Refuted)
    held = prove(TWICE, ONCE, timeout=0)
    assert isinstance(held, Unknown)
    assert "modelled" not in held.reason


def test_the_open_question_is_left_only_where_it_was_asked_for(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --query no file appears; with it, that file."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    for name in ("GRACE", "START"):  # for a busy machine
        monkeypatch.setattr(f"lumpver.proving.apart.{name}", 60)
    words = ("--timeout", 0)
    code, text = proved(run, tmp_path, TWICE, ONCE, *words)
    assert (code, list(empty.iterdir())) == (3, [])
    assert "open question is in" not in text
    code, text = proved(run, tmp_path, TWICE, ONCE, *words, "--query", empty / "q.smt2")
    assert (code, [place.name for place in empty.iterdir()]) == (3, ["q.smt2"])
    assert "q.smt2" in text
