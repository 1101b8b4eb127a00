"""Refutations: decimals first, how large the difference is and where, then exactly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import sympy
from flint import fmpq
from onnx_models import tensor, whole

from lumpver import save
from lumpver.model.evaluation import trace
from lumpver.model.network import Network
from lumpver.proving import Refuted, prove
from lumpver.proving.decimals import near
from lumpver.proving.rounding import coarsest, floats, slack
from lumpver.trial.float_replay import float_replay, unheld

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

SEVENTHS = np.float32(1) / np.float32(7)
ONE = Network.from_layers([([[3, 1], [0, 5]], [0, 1]), ([[1, 0], [0, 2]], [0, 0])])
OTHER = Network.from_layers([([[3, 1], [0, 5]], [0, 1]), ([[1, 0], [0, 4]], [0, 0])])


def refuted(a: Network, b: Network, **options: Any) -> Refuted:
    """The refutation."""
    found = prove(a, b, **options)
    assert isinstance(found, Refuted)
    return found


def told(run: Run, folder: Path, a: Network, b: Network, *words: str) -> str:
    """What `prove` says of the two as ONNX files, which is that they differ."""
    places = [folder / "a.onnx", folder / "b.onnx"]
    for place, network in zip(places, (a, b), strict=True):
        save(network, place)
    code, out, _ = run("prove", *places, *words)
    assert code == 1
    return out


def test_the_largest_difference_and_where_it_is() -> None:
    """Of all outputs' entries, exactly and in decimals."""
    found = refuted(ONE, OTHER, box={"x": [(0, 0), ("1/3", "1/3")]})
    assert found.difference is not None
    assert found.difference.as_dict() == {
        "output": "y",
        "place": [1],
        "exact": "16/3",
        "decimal": "5.33333",
        "rounding": False,
    }
    assert found.as_dict()["difference"]["exact"] == "16/3"
    (ours, theirs) = found.outputs["y"]
    assert abs(ours[1] - theirs[1]) == found.difference.exact


def test_behind_a_curve_the_difference_is_that_of_the_curves() -> None:
    """Its exact value is an expression, and everything can still be printed as JSON."""
    a, b = (Network.from_layers([([[w], [1]], [0, w], "tanh")]) for w in (1, 3))
    found = refuted(a, b)
    assert found.difference is not None
    assert found.difference.place == (1,)
    assert sympy.N(found.difference.exact - abs(sympy.tanh(1) - sympy.tanh(3))) == 0
    assert "tanh" in json.dumps(found.as_dict())
    assert refuted(a, b, timeout=60) == found


def rounded(scale: float, step: float, dtype: str = "float32") -> tuple[Network, Network]:
    """A chain with some sevenths in it, and the same with its first one moved."""
    made = []
    for first in (SEVENTHS, np.float32(SEVENTHS + step)):
        W = np.array([[first, 1], [SEVENTHS, -1]], dtype=np.float64) * scale
        chain = Network.from_layers([(W, [1, 1]), ([[1, 1]], [0])])
        inputs = tuple(type(t)(t.name, dtype, t.shape) for t in chain.inputs)
        made.append(Network(inputs, chain.outputs, chain.nodes, chain.tensors))
    return made[0], made[1]


@pytest.mark.parametrize(
    ("scale", "step", "dtype", "small"),
    [
        (1, 2.0**-27, "float32", True),  # the next float
        (1024, 2.0**-27, "float32", True),
        (1, 2.0**-16, "float32", False),
        (1, 2.0**-27, "float64", False),  # which holds it without rounding
        (1, 2.0**-16, "float16", True),
    ],
)
def test_a_difference_as_small_as_rounding_is_called_that(
    scale: float, step: float, dtype: str, *, small: bool
) -> None:
    """By the type that the numbers are stored in, whatever their size."""
    found = refuted(*rounded(scale, step, dtype))
    assert found.difference is not None
    assert found.difference.rounding is small
    assert refuted(*rounded(scale, step, dtype), timeout=60) == found


def test_slack_is_what_rounding_does() -> None:
    """Every stored number moved by a unit, in the worst direction."""
    network = Network.from_layers([([[2, -1]], [1], "abs"), ([[3], [-1]], [0, 5])])
    unit = 2.0**-10
    found = slack(network, trace(network, {"x": [1, 1]}), unit)
    first = unit * (2 + 1 + 1)
    assert found["y"].tolist() == [
        3 * first * (1 + unit) + unit * 3 * 2,
        first * (1 + unit) + unit * (2 + 5),
    ]
    assert coarsest([network]) == 2.0**-53
    huge = np.array([fmpq(10) ** 400, -(fmpq(10) ** 400), fmpq(1, 3)], dtype=object)
    assert floats(huge).tolist() == [float("inf"), float("-inf"), 1 / 3]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (sympy.Rational(-1, 3), "-0.333333"),
        (sympy.Rational(1, 300000), "3.33333e-6"),
        (sympy.Integer(0), "0"),
        (sympy.Integer(7) ** 5000, "3.09172e+4225"),
        (sympy.tanh(sympy.Rational(1, 2)), "0.462117"),
    ],
)
def test_decimals(value: Any, shown: str) -> None:
    """Six digits of a number of any size."""
    assert near(value) == shown


@pytest.mark.parametrize(
    ("value", "dtype", "held"),
    [
        (fmpq(0), "float32", True),
        (fmpq(1, 3), "float32", False),
        (fmpq(2) ** 24 + 1, "float32", False),
        (fmpq(2) ** 24 + 1, "float64", True),
        (fmpq(2) ** -149, "float32", True),
        (fmpq(2) ** -150, "float32", False),
        (3 * fmpq(2) ** -150, "float32", False),
        (fmpq(2) ** 128, "float32", False),
        (fmpq(2) ** 128 - fmpq(2) ** 104, "float32", True),
        (fmpq(65504), "float16", True),
        (fmpq(65536), "float16", False),
        (fmpq(1, 2) ** 3, "real", True),
    ],
)
def test_which_floats_there_are(value: fmpq, dtype: str, *, held: bool) -> None:
    """With subnormal ones, without infinity."""
    assert (unheld([value], dtype) is None) is held
    assert (unheld([-value], dtype) is None) is held


def test_the_terminal_begins_with_decimals(tmp_path: Path, run: Run) -> None:
    """Input, outputs and the largest difference; long numbers are shortened below."""
    wide, other = (Network.from_layers([([[3] * 30], [1 + e])]) for e in (0, 2.0**-52))
    text = told(run, tmp_path, wide, other)
    lines = text.splitlines()
    assert "the outputs differ" in lines[0]
    assert lines[1].startswith("  x = [0, 0")
    assert lines[1].endswith("and 18 more]")
    assert lines[4].startswith("  largest difference: 2.22045e-16, at y[0")
    assert "as small as the rounding of stored numbers" in lines[5]
    assert lines.index("Exactly:") == 6
    assert all(len(line) < 220 for line in lines)


def test_nothing_is_shown_twice(tmp_path: Path, run: Run) -> None:
    """Where the decimals are the exact numbers they stand there once."""
    a, b = (Network.from_layers([([[w]], [0])]) for w in (1, "5/2"))
    text = told(run, tmp_path, a, b, "--box", _only(tmp_path, "4"))
    assert "Exactly:" not in text
    assert "largest difference: 6, at y[0" in text
    third = told(run, tmp_path, a, b, "--box", _only(tmp_path, "1"))
    assert "Exactly:" in third
    assert "largest difference: 3/2" in third


def _only(folder: Path, number: str) -> str:
    """A box that holds one point."""
    (folder / "point.vnnlib").write_text(f"(assert (= X_0 {number}))")
    return str(folder / "point.vnnlib")


def test_an_input_that_no_float_is(tmp_path: Path, run: Run) -> None:
    """That is said, with one of the numbers, in words and as JSON."""
    box = tmp_path / "third.vnnlib"
    box.write_text("(declare-const X_0 Real)(assert (= X_0 0.3))")
    a, b = (Network.from_layers([([[w]], [0])]) for w in (1, 2))
    text = told(run, tmp_path, a, b, "--box", str(box))
    assert "No float64 is 3/10, so no runtime can replay this input exactly." in text or (
        "No float32 is 3/10, so no runtime can replay this input exactly." in text
    )
    document = json.loads(told(run, tmp_path, a, b, "--box", str(box), "--json"))
    assert document["floats"]["representable"] is False
    assert document["floats"]["instance"] == "3/10"


def test_floats_are_shown_where_they_hold_the_input(tmp_path: Path, run: Run) -> None:
    """What onnxruntime gives for both, beside what is exact."""
    pytest.importorskip("onnxruntime")
    document = json.loads(told(run, tmp_path, ONE, OTHER, "--json"))
    assert document["floats"]["representable"] is True
    exact = [[float(sympy.Rational(word)) for word in side] for side in document["outputs"]["y"]]
    assert document["floats"]["outputs"]["y"] == exact
    assert "In onnxruntime, in float" in told(run, tmp_path, ONE, OTHER)


def test_an_output_with_the_name_of_an_input(tmp_path: Path, run: Run) -> None:
    """Each has its own partner, also where all are paired by position."""
    pytest.importorskip("onnxruntime")
    models = (
        _ending("Add x b y", "x y", 1.0, given="x"),
        _ending("Identity u z; Add u b v", "z v", 2.0, given="u"),
    )
    places = [tmp_path / "a.onnx", tmp_path / "b.onnx"]
    for place, made in zip(places, models, strict=True):
        place.write_bytes(made.SerializeToString())
    code, out, _ = run("prove", *places, "--json")
    assert code == 1
    document = json.loads(out)
    assert document["floats"]["outputs"] == {
        name: [[float(word) for word in side] for side in sides]
        for name, sides in document["outputs"].items()
    }
    assert document["floats"]["outputs"]["x"] == [[0.0], [0.0]]


def _ending(text: str, outputs: str, bias: float, *, given: str) -> Any:
    """A model of these steps with a number `b` for an input of one entry."""
    ends = [(name, [1, 1]) for name in outputs.split()]
    return whole(text, tensor("b", [bias]), inputs=[(given, [1, 1])], outputs=ends)


def test_floats_that_overflow_are_words(tmp_path: Path, run: Run) -> None:
    """JSON has no infinity."""
    pytest.importorskip("onnxruntime")
    big, bigger = (
        Network.from_layers([([[1]], [2.0**1000]), ([[2.0**w]], [0])]) for w in (100, 101)
    )

    def refused(word: str) -> None:
        raise AssertionError(word)

    text = told(run, tmp_path, big, bigger, "--json")
    document = json.loads(text, parse_constant=refused)
    assert document["floats"]["outputs"]["y"] == [["inf"], ["inf"]]
    assert "y is [inf] against [inf]" in told(run, tmp_path, big, bigger)


def test_floats_take_no_more_time_than_there_is(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second beyond the limit of the command, whatever a model does in a runtime."""
    given: list[float] = []

    def replayed(*_: object, seconds: float) -> None:
        given.append(seconds)

    monkeypatch.setattr("lumpver.trial.float_replay.float_replay", replayed)
    document = json.loads(told(run, tmp_path, ONE, OTHER, "--json", "--timeout", "8"))
    assert document["floats"] == {"type": document["floats"]["type"], "representable": True}
    told(run, tmp_path, ONE, OTHER)
    assert 0 <= given[0] < 9
    assert given[1] == 10


def test_a_model_that_does_not_run_shows_no_floats(tmp_path: Path) -> None:
    """Whether onnxruntime refuses it, takes too long, or is not there."""
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    feed = {"x": np.array([fmpq(1)], dtype=object)}
    assert float_replay([broken], [feed]) is None
    assert float_replay([broken], [feed], seconds=0.001) is None
