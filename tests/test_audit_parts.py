"""Tests of the parts of `trial.auditing`: verdicts, workers, shrinking, printing, loading."""

from __future__ import annotations

import os
import sys
import time
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from draft_reducer import right
from small_networks import TWINS

from lumpver.errors import Malformed, NotRational, Unreadable
from lumpver.model.activations import RELU, Activation
from lumpver.model.network import Network, Tensor
from lumpver.trial.auditing import load_reducer
from lumpver.trial.auditing.answers import CRASHED, HUNG, RETURNED
from lumpver.trial.auditing.cases import generated
from lumpver.trial.auditing.loading import _module
from lumpver.trial.auditing.printing import Subject, as_test
from lumpver.trial.auditing.shrinking import shrunk, simpler_numbers, steps
from lumpver.trial.auditing.verdicts import interface, judge
from lumpver.trial.auditing.witnesses import witness
from lumpver.trial.auditing.workers import Worker
from lumpver.trial.strategies import Draft, Layer

if TYPE_CHECKING:
    from pathlib import Path


# Verdicts


WIDE = Network.from_layers([([[1], [2]], None), ([[1, 1], [1, 1]], None)])
RENAMED = Network(
    TWINS.inputs,
    (Tensor("h1", shape=(2,)),),
    TWINS.nodes,
    TWINS.tensors,
)


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (TWINS, "unrefuted"),
        (None, "interface"),
        (WIDE, "interface"),
        (RENAMED, "interface"),
        (Network.from_layers([([[1]], None), ([[3]], None)]), "unrefuted"),
        (Network.from_layers([([[1]], None), ([[2]], None)]), "wrong"),
        (Network.from_layers([([[1]], None), ([[3]], ["1/1073741824"])]), "wrong"),
    ],
    ids=["itself", "nothing", "wider", "renamed", "reduced", "smaller", "nearly"],
)
def test_verdicts(result: Any, kind: str) -> None:
    """Names, shapes and values decide, in that order, and exactly."""
    assert judge(TWINS, result, random=Random(0), seconds=0).kind == kind


def test_interface_says_what_differs() -> None:
    """The words name the tensor, what was expected and what came."""
    assert interface(TWINS, RENAMED) == "outputs: expected y, got h1"
    assert interface(TWINS, WIDE) == "y: expected real (1,), got real (2,)"
    assert interface(TWINS, TWINS) == ""


def test_kinks_are_looked_at() -> None:
    """A difference between two neighbouring kinks is found, however narrow."""
    bump = ([[1], [1], [1]], ["-1/7", "-8/49", "-9/49"])
    network = Network.from_layers([bump, ([[1, -2, 1]], None)])
    flat = Network.from_layers([bump, ([[0, 0, 0]], None)])
    found = witness(network, flat, random=Random(0))
    assert found is not None
    assert 1 < 7 * found.point["x"][0] < 9


def test_irrational_values_are_not_guessed() -> None:
    """Where an activation has no rational value there is no witness, and no proof."""
    layers = [([[1], [2]], [1, 1]), ([[1, 1]], None)]
    network = Network.from_layers(layers, activation=Activation("Sigmoid"))
    with pytest.raises(NotRational):
        witness(network, network, random=Random(0))
    assert judge(network, network, random=Random(0), seconds=0).kind == "unrefuted"


# The worker


def test_worker_survives_what_it_runs() -> None:
    """Values, exceptions, exits and endless loops come back as outcomes, in any order.

    Of a value that is no network, and no path, only the name of its type comes back.
    """

    def function(argument: str) -> Any:
        if argument == "loop":
            time.sleep(60)
        if argument == "exit":
            os._exit(3)
        if argument == "generator":
            return (x for x in "ab")
        return {"ok": 1}[argument]

    with Worker(function) as worker:
        outcomes = [
            worker.call(argument, patience=patience)
            for argument, patience in (
                ("ok", 60), ("no", 60), ("exit", 60), ("loop", 0.2), ("generator", 60), ("ok", 60)
            )
        ]  # fmt: skip
    kinds = [outcome.kind for outcome in outcomes]
    assert kinds == [RETURNED, CRASHED, CRASHED, HUNG, RETURNED, RETURNED]
    assert outcomes[1].detail.endswith("KeyError: 'no'")
    assert outcomes[2].detail == "its process ended with code 3"
    assert outcomes[3].detail == "no answer within 0.2 s"
    assert outcomes[4].detail == "generator"
    assert (outcomes[5].value, outcomes[5].detail) == (None, "int")


def test_worker_keeps_stdout_clean(capfd: pytest.CaptureFixture[str]) -> None:
    """What a reducer prints goes to stderr."""

    def noisy(argument: str) -> None:
        os.write(1, argument.encode())
        sys.stdout.write(argument)

    with Worker(noisy) as worker:
        worker.call("noise\n", patience=60)
    assert capfd.readouterr() == ("", "noise\nnoise\n")


def test_worker_in_a_new_interpreter() -> None:
    """Where nothing can be forked, a function is imported by its name, and others refused."""
    with Worker(right, start="spawn") as worker:
        outcome = worker.call(TWINS, patience=120)
    assert outcome.value.widths == (1, 1, 1)
    with Worker(lambda network: network, start="spawn") as worker, pytest.raises(Malformed):
        worker.call(TWINS, patience=120)


# Shrinking


def test_shrinking_only_goes_down() -> None:
    """No step has more units, layers or outputs, and what fails is kept."""
    large = next(d for d in generated(60, seed=3) if d.units > 8)
    for step in steps(large):
        assert step.units <= large.units
        assert len(step.layers) <= len(large.layers)
        step.network()
    small = shrunk(large, lambda d: d.units > 3, until=monotonic() + 60)
    assert small.units == 4
    assert all(x in {0, 1} for layer in small.layers for row in layer.W for x in row)


def test_shrinking_stops_in_time() -> None:
    """When time is up the smallest so far is the answer."""
    one = Draft.chain(1, [Layer(((5,),), (5,), RELU), Layer(((5,),), (5,))])
    assert shrunk(one, lambda _: True, until=monotonic() - 1) == one


@pytest.mark.parametrize(("value", "none"), [(0, True), (1, False), (-1, False), ("1/3", False)])
def test_simpler_numbers_end_at_zero(value: Any, none: bool) -> None:
    """Zero is the simplest number."""
    assert (simpler_numbers(value) == []) == none


# Printing and loading


def test_code_of_every_form_runs() -> None:
    """Chains, branches, activations with parameters and batches are all written as Python."""
    for found in [*generated(40, seed=1), *generated(10, seed=2, onnx=True)]:
        code = as_test(Subject("right", "draft_reducer"), found, remark="fine")
        scope: dict[str, Any] = {}
        exec(code.replace("right(network)", "return network"), scope)
        assert scope["test_right"]().digest == found.network().digest


def test_load_reducer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dotted module, a file, and a module of the current folder are all found."""
    (tmp_path / "mine_for_a_test.py").write_text("def shrink(network):\n    return network\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [])
    assert load_reducer("mine_for_a_test:shrink")(3) == 3
    assert load_reducer(f"{tmp_path}/mine_for_a_test.py:shrink")(4) == 4
    assert load_reducer("lumpver.model.network:Network.from_layers")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "reduce",
        "lumpver.reducing.reduction:",
        ":reduce",
        "lumpver.model.network:Nothing",
        "lumpver:__doc__",
    ],
)
def test_names_that_name_nothing_are_malformed(name: str) -> None:
    """A colon and something to call are needed."""
    with pytest.raises(Malformed):
        load_reducer(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lumpver.reducing.reduction:shrink", "lumpver.reducing.reduction has no function shrink"),
        (
            "lumpver.reducing.reduction:reduced",
            "lumpver.reducing.reduction has no function reduced: is it `reduce`?",
        ),
        (
            "lumpver.model.network:Network.from",
            "lumpver.model.network has no function Network.from",
        ),
        ("lumpver:__doc__", "lumpver:__doc__ is no function, but of type str"),
        ("no.such.place:f", "no.such.place: expected a module, got none named no"),
        ("none.py:f", "none.py: expected a module, got no such file"),
        ("shrink", "reducer: expected MODULE:FUNCTION, got 'shrink'"),
    ],
)
def test_what_is_not_there_is_said_plainly(name: str, words: str) -> None:
    """Which module has no such function, what is there instead, which module there is none of."""
    with pytest.raises((Malformed, Unreadable)) as caught:
        load_reducer(name)
    assert str(caught.value).startswith(words)


def test_modules_that_do_not_load_are_unreadable(tmp_path: Path) -> None:
    """Missing modules and files, and modules whose code fails, are said to be so."""
    (tmp_path / "broken_for_a_test.py").write_text("1 / 0\n")
    for name in ("no.such.module:f", "none.py:f", f"{tmp_path}/broken_for_a_test.py:f"):
        with pytest.raises(Unreadable):
            load_reducer(name)
    with pytest.raises(LookupError):
        _module(str(tmp_path / "none.py"))
