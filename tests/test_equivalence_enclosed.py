"""Refutations by bounds: convolutions and BatchNormalization, whose factors are irrational."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from onnx import helper
from onnx_models import node, run, tensor, value

from lumpver import prove
from lumpver.cli import main
from lumpver.exact.scalar import number
from lumpver.io.files import load
from lumpver.model.activations import TANH
from lumpver.model.network import Network
from lumpver.proving import Proved, Refuted
from lumpver.proving.answers import Enclosed, flat
from lumpver.proving.effort import Budget
from lumpver.proving.enclosing import enclosed
from lumpver.proving.messages import read, written
from lumpver.proving.pairing import pair

if TYPE_CHECKING:
    from pathlib import Path


def drawn(seed: int = 0, width: int = 4) -> dict[str, Any]:
    """The numbers of two convolutions with a normalization between."""
    rng = np.random.default_rng(seed)
    found = {
        "W": rng.normal(size=(width, 3, 3, 3)), "c": rng.normal(size=width),
        "gamma": rng.normal(size=width), "beta": rng.normal(size=width),
        "mean": rng.normal(size=width), "var": rng.uniform(0.5, 2, size=width),
        "V": rng.normal(size=(2, width, 1, 1)), "d": rng.normal(size=2),
    }  # fmt: skip
    return {name: part.astype(np.float32) for name, part in found.items()}


def model(p: dict[str, Any], *, size: int = 6, folded: bool = False, stride: int = 1) -> Any:
    """Conv, BatchNormalization or that folded into it in floats, Relu, Conv."""
    stored = dict(p)
    first = node("BatchNormalization", "a gamma beta mean var", "b", epsilon=1e-5)
    if folded:
        scale = p["gamma"] / np.sqrt(p["var"] + np.float32(1e-5))
        stored["W"] = p["W"] * scale[:, None, None, None]
        stored["c"] = (p["c"] - p["mean"]) * scale + p["beta"]
        first = node("Identity", "a", "b")
    names = ("W", "c", "V", "d") if folded else tuple(stored)
    nodes = [
        node("Conv", "x W c", "a", pads=[1, 1, 1, 1], strides=[stride, stride]),
        first, node("Relu", "b", "r"), node("Conv", "r V d", "y"),
    ]  # fmt: skip
    made = (size - 1) // stride + 1
    ends = [value(("x", ["N", 3, size, size])), value(("y", ["N", 2, made, made]))]
    whole = helper.make_graph(
        nodes, "g", ends[:1], ends[1:], [tensor(n, stored[n].astype(np.float32)) for n in names]
    )
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def stored(path: Path, made: Any) -> Path:
    """The model in a file."""
    path.write_bytes(made.SerializeToString())
    return path


def network(path: Path, made: Any) -> Network:
    """The network of a model."""
    return load(stored(path, made)).network


def ran(arguments: list[str]) -> int:
    """The exit code of the command line."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def without(p: dict[str, Any], filters: list[int]) -> dict[str, Any]:
    """The numbers without some filters of the first convolution."""
    kept = [i for i in range(p["c"].size) if i not in filters]
    first = {n: p[n][kept] for n in ("W", "c", "gamma", "beta", "mean", "var")}
    return p | first | {"V": p["V"][:, kept]}


CHANGES: Any = {
    "folded": lambda p: model(p, folded=True),
    "another bias": lambda p: model(p | {"d": p["d"] + np.float32(0.5)}),
    "another beta": lambda p: model(p | {"beta": p["beta"] + np.float32(2**-8)}),
    "a filter less": lambda p: model(without(p, [1])),
    "another variance": lambda p: model(p | {"var": p["var"] + np.float32(1e-4)}),
}


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("name", CHANGES)
def test_what_differs_is_refuted_by_bounds(name: str, apart: bool, tmp_path: Path) -> None:
    """With how much it is at least, which onnxruntime agrees with; in a process of its own too."""
    if apart and name != "folded":
        pytest.skip("one is enough")
    ours = stored(tmp_path / "a.onnx", model(drawn()))
    theirs = stored(tmp_path / "b.onnx", CHANGES[name](drawn()))
    found = prove(load(ours), load(theirs), timeout=60 if apart else None, effort=200)
    assert isinstance(found, Refuted)
    assert (found.evidence, found.step) == ("enclosure", "evaluation")
    assert found.enclosed is not None
    assert f"off by at least {found.enclosed.as_dict()['at_least']['decimal']}" in found.reason
    assert found.enclosed.least > 0
    x = [float(number(entry)) for entry in flat(found.counterexample["x"])]
    given = np.array(x, dtype=np.float32).reshape(1, 3, 6, 6)
    one, other = (next(iter(run(path, {"x": given}).values())) for path in (ours, theirs))
    if name != "folded":  # which rounds as much as it differs
        seen = abs(one.astype(float) - other)[found.enclosed.place]
        assert seen == pytest.approx(float(found.enclosed.least), rel=1e-2)
    assert prove(load(ours), load(ours)).answer == "proved"


def test_large_images_take_no_longer(tmp_path: Path) -> None:
    """At 224 x 224: bounds come before exact values there, of which there are none."""
    p = drawn(1)
    ours = stored(tmp_path / "a.onnx", model(p, size=224, stride=2))
    theirs = stored(tmp_path / "b.onnx", model(p, size=224, stride=2, folded=True))
    found = prove(load(ours), load(theirs), effort=200)
    assert isinstance(found, Refuted)
    assert found.evidence == "enclosure"


def test_equal_values_are_never_apart(tmp_path: Path) -> None:
    """What joint lumping does not see to be equal stays unknown: bounds meet."""
    p = drawn(2)
    turned = p | {"gamma": -p["gamma"], "W": -p["W"], "c": -p["c"], "mean": -p["mean"]}
    ours, theirs = (network(tmp_path / f"{i}.onnx", model(q)) for i, q in enumerate((p, turned)))
    assert enclosed(pair(ours, theirs), {}, Budget()) is None
    assert enclosed(pair(ours, ours), {}, Budget()) is None


@pytest.mark.parametrize("seed", range(20))
def test_random_pairs(seed: int, tmp_path: Path) -> None:
    """A permutation of filters is never refuted, with one number changed it is."""
    p = drawn(seed)
    order = np.random.default_rng(seed).permutation(p["c"].size)
    q = p | {n: p[n][order] for n in ("W", "c", "gamma", "beta", "mean", "var")}
    q["V"] = p["V"][:, order]
    ours, theirs = (network(tmp_path / f"{i}.onnx", model(r)) for i, r in enumerate((p, q)))
    assert enclosed(pair(ours, theirs), {}, Budget()) is None
    q["d"] = p["d"] * np.float32(1 + 2**-20)
    other = network(tmp_path / "2.onnx", model(q))
    found = enclosed(pair(ours, other), {}, Budget())
    assert found is not None
    exact = max(abs(fmpq(*float(x).as_integer_ratio()) - fmpq(*float(y).as_integer_ratio()))
                for x, y in zip(p["d"], q["d"], strict=True))  # fmt: skip
    assert found.enclosed is not None
    assert 0 < found.enclosed.least <= exact


def test_curves_are_enclosed_as_well() -> None:
    """Behind a second one there are no exact values to peel it off."""
    one, other = (
        Network.from_layers([([[1]], None), ([[1]], None), ([[w]], None)], activation=TANH)
        for w in (1, "1000001/1000000")
    )
    found = prove(one, other, effort=200)
    assert isinstance(found, Refuted)
    assert found.evidence == "enclosure"
    assert isinstance(prove(one, other, box={"x": [(0, 0)]}, effort=200), Proved)


def test_a_message_says_it_all(tmp_path: Path) -> None:
    """An answer from another process is the same."""
    p = drawn()
    ours = load(stored(tmp_path / "a.onnx", model(p)))
    theirs = load(stored(tmp_path / "b.onnx", model(p, folded=True)))
    found = prove(ours, theirs, effort=200)
    assert isinstance(found, Refuted)
    again = read(json.loads(json.dumps(written(found))))
    assert isinstance(again, Refuted)
    assert again.as_dict() == found.as_dict()


def test_the_command_says_by_how_much(tmp_path: Path, capsys: Any) -> None:
    """In words, as JSON, and in a report."""
    p = drawn()
    paths = [
        stored(tmp_path / "a.onnx", model(p)),
        stored(tmp_path / "b.onnx", CHANGES["another bias"](p)),
    ]
    arguments = [str(path) for path in paths]
    said = ran(["prove", *arguments])
    out = " ".join(capsys.readouterr().out.split())
    assert (said, "off by at least 0.4" in out, "x = [" in out) == (1, True, True)
    assert ran(["prove", *arguments, "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["evidence"] == "enclosure"
    assert told["enclosure"]["at_least"]["decimal"].startswith("0.4")
    assert len(told["counterexample"]["x"]) == 3 * 6 * 6
    page = tmp_path / "report.html"
    ran(["report", *arguments, "-o", str(page)])
    assert "off by at least 0.4" in page.read_text()


def test_decimals_are_on_the_safe_side() -> None:
    """Ends outward, the room between them downward; negative ones too."""
    found = Enclosed("y", (), (fmpq(-2, 3), fmpq(-1, 3)), (fmpq(-1, 7), fmpq(0)), "Tanh")
    assert found.least == fmpq(4, 21)
    assert found.sentence == (
        "y, in front of its Tanh, is between -0.66666666666666667 and -0.33333333333333333,"
        " against between -0.14285714285714286 and 0: off by at least 0.190476"
    )
