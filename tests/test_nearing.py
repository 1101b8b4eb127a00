"""`prove` of models that are near, not equal: proved on all parts, or refuted by a point."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from test_nearness import twins

import lumpver
from lumpver.claim.closeness import Equal, SameClass, Within
from lumpver.exact.scalar import number
from lumpver.model.network import Linear, Network
from lumpver.proving import Proved, Refuted, Unknown
from lumpver.proving import prove as proved
from lumpver.proving.inside import inside

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

BOX = {"x": [(-1, 1), (0, 1)]}


def most(answer: Refuted) -> Any:
    """The largest difference at the point of a refutation."""
    one, other = answer.outputs["y"]
    return max(abs(number(p) - number(q)) for p, q in zip(one, other, strict=True))


@pytest.mark.parametrize("seed", range(6))
def test_proved_above_and_refuted_below_what_a_point_shows(seed: int) -> None:
    """Both sides of the largest difference, and one answer for any closeness that follows."""
    one, other = twins(seed)
    found = proved(one, other, box=BOX, closeness=Within(0))
    assert isinstance(found, Refuted)
    eps = fmpq(0)
    while isinstance(found, Refuted):  # climb to the largest
        assert most(found) > eps
        assert found.claim.closeness == Within(eps)
        eps = most(found) * fmpq(101, 100)
        found = proved(one, other, box=BOX, closeness=Within(eps))
    assert isinstance(found, Proved)
    assert found.covering is not None
    assert (found.step, found.evidence) == ("splitting", "search")
    assert found.as_dict()["parts"] == found.covering.leaves
    again = proved(one, other, box=BOX, closeness=SameClass("max", 3 * eps))
    assert isinstance(again, Proved)


def test_equal_models_need_no_box() -> None:
    """What is equal is near, too."""
    twin = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    single = Network.from_layers([([[3]], None), ([[1]], None)])
    for closeness in (Within(0), Within("1/10"), SameClass(), Equal()):
        found = proved(twin, single, closeness=closeness)
        assert isinstance(found, Proved)
        assert found.step == "joint lumping"
        assert found.claim.closeness == closeness


def test_without_ends_nothing_is_known() -> None:
    """All inputs, and a range without an end."""
    one, other = twins(0)
    for box in (None, {"x": [(0, 1), (0, None)]}):
        found = proved(one, other, box=box, closeness=Within(10))
        assert isinstance(found, Unknown)
        assert "--box" in found.reason


def test_a_class_is_refuted_where_it_changes() -> None:
    """The point has another class in either, exactly, and leads enough."""
    one = Network.from_layers([([[1], [-1]], None), ([[1, 0], [0, 1]], None)])
    other = Network.from_layers([([[1], [-1]], None), ([[1, 0], [0, 1]], ["1/8", 0])])
    box = {"x": [(-1, 1)]}
    for by, delta in (("max", 0), ("max", "1/16"), ("min", 0)):
        found = proved(one, other, box=box, closeness=SameClass(by, delta))
        assert isinstance(found, Refuted), found
        ours, theirs = ([number(x) for x in side] for side in found.outputs["y"])
        pick = max if by == "max" else min
        assert ours.index(pick(ours)) != theirs.index(pick(theirs))
        assert abs(ours[0] - ours[1]) >= number(delta)
    assert isinstance(proved(one, other, box=box, closeness=SameClass("max", "1/4")), Proved)


def test_points_are_inside_of_ends_that_no_float_is() -> None:
    """The largest difference is at a corner, whose numbers are decimals: the point is beside it."""
    one = Network.from_layers([([[1, -1]], None)])
    other = Network.from_layers([([[2, -2]], None)])
    for ends in ((fmpq(-3, 10), fmpq(1, 5)), (fmpq(1, 3), fmpq(1, 3))):
        box = {"x": [ends, (-ends[1], -ends[0])]}
        found = proved(one, other, box=box, closeness=Within("1/10"))
        assert isinstance(found, Refuted)
        for value, (low, high) in zip(found.counterexample["x"], box["x"], strict=True):
            assert low <= number(value) <= high
    near, exact = inside(np.array([0.3, 1 / 3]), [(0, fmpq(3, 10)), (fmpq(1, 3), fmpq(1, 3))])
    assert near[0] <= exact[0] <= fmpq(3, 10)
    assert int(near[0].q).bit_count() == 1
    assert near[1] == exact[1] == fmpq(1, 3)


def test_a_refutation_says_decimals_and_what_floats_give(run: Run, tmp_path: Path) -> None:
    """The difference exactly and about, and both outputs in onnxruntime, for models in ONNX."""
    pytest.importorskip("onnxruntime")
    paths = tmp_path / "a.onnx", tmp_path / "b.onnx"
    layers = [([[1.5, -1], [0.25, 2]], None), ([[1, 1], [1, -1]], None)]
    moved = [([[1.5, -1], [0.25, 2.25]], None), ([[1, 1], [1, -1]], None)]
    for made, path in zip((layers, moved), paths, strict=True):
        lumpver.save(Network.from_layers(made), path)
    box = tmp_path / "box.vnnlib"
    lines = [
        f"(declare-const X_{i} Real)\n(assert (<= X_{i} 0.3))\n(assert (>= X_{i} 0.1))"
        for i in (0, 1)
    ]
    box.write_text("\n".join([*lines, ""]))
    for asked in (("--eps", "0.05"), ("--same-class", "--delta", "0")):
        code, out, _ = run("prove", *paths, "--box", box, "--workers", "1", *asked)
        if code == 0:
            continue
        assert code == 1
        assert "largest difference: 0.0" in out
        assert "Exactly:" in out
        assert "In onnxruntime, in float" in out
    said = json.loads(run("prove", *paths, "--box", box, "--eps", "0.05", "--json")[1])
    assert said["floats"]["representable"]
    assert said["difference"]["decimal"].startswith("0.07")


def test_time_that_is_over_and_other_interfaces() -> None:
    """Neither is an answer about closeness."""
    one, other = twins(2)
    found = proved(one, other, box=BOX, closeness=Within("1/100000"), timeout=0)
    assert isinstance(found, Unknown | Refuted)
    wide = Network.from_layers([([[1, 0]] * 3, None)])
    found = proved(one, wide, box=BOX, closeness=Within(1))
    assert isinstance(found, Refuted)
    assert found.evidence == "interface"


def test_processes_find_what_one_finds() -> None:
    """The same tree."""
    one, other = twins(5)
    eps = fmpq(1, 4)
    alone, many = (
        proved(one, other, box=BOX, closeness=Within(eps), processes=count) for count in (1, 2)
    )
    assert type(alone) is type(many)
    if isinstance(alone, Proved) and isinstance(many, Proved):
        assert alone.covering is not None
        assert many.covering is not None
        pairs = zip(alone.covering.trees, many.covering.trees, strict=True)
        assert all((a == b).all() for a, b in pairs)


def test_the_command_says_what_was_asked(run: Run, tmp_path: Path) -> None:
    """Proved, refuted, and options that do not go together."""
    paths = tmp_path / "a.json", tmp_path / "b.json"
    for network, path in zip(twins(1), paths, strict=True):
        lumpver.save(network, path)
    box = ("--box", "[0, 1]", "--workers", "1", "--json")
    code, out, _ = run("prove", *paths, *box, "--eps", "4")
    said = json.loads(out)
    assert (code, said["answer"]) == (0, "proved")
    assert said["claim"]["closeness"] == {"within": "4"}
    code, out, _ = run("prove", *paths, *box, "--eps", "1/100000")
    assert (code, json.loads(out)["answer"]) == (1, "refuted")
    both = ("--eps", "1", "--same-class")
    for wrong in (("--eps", "-1"), ("--delta", "1"), both, ("--eps", "x")):
        assert run("prove", *paths, *box, *wrong)[0] == 2


def test_a_certificate_is_written_and_checks(run: Run, tmp_path: Path) -> None:
    """What was cut is checked again, and by itself claims no more; else nothing is written."""
    paths = tmp_path / "a.json", tmp_path / "b.json"
    for network, path in zip(twins(1), paths, strict=True):
        lumpver.save(network, path)
    cert, box = tmp_path / "c.json", ("--box", "[0, 1]")
    some = (*box, "--workers", "1", "--certificate", cert)
    code, out, _ = run("prove", *paths, *some, "--eps", "4")
    assert code == 0
    assert "it was checked" in out
    # `check` widens a box unless it is told not to
    assert run("check", *paths, cert, *box, "--exact-box", "--eps", "4")[0] == 0
    assert run("check", *paths, cert, *box, "--exact-box", "--eps", "5")[0] == 0
    for more in (("--eps", "3"), ("--same-class",), ()):
        assert run("check", *paths, cert, *box, "--exact-box", *more)[0] == 1
    assert run("check", *reversed(paths), cert, *box, "--exact-box", "--eps", "4")[0] != 0
    cert.unlink()
    for less in (("--eps", "1/100000"), ()):
        _, out, _ = run("prove", *paths, *some, *less)
        assert "no certificate was written" in out
        assert not cert.exists()
    assert run("prove", *paths, *box, "--eps", "4", "--certificate", paths[0])[0] == 2


def from_another_input(network: Network) -> Network:
    """The network, whose input has another name."""
    (x,) = network.inputs
    other = replace(x, name="x2")
    first, *rest = network.nodes
    assert isinstance(first, Linear)
    tensors = {name: one for name, one in network.tensors.items() if name != x.name}
    nodes = (replace(first, input="x2"), *rest)
    return replace(network, inputs=(other,), nodes=nodes, tensors=tensors | {"x2": other})


def test_a_proof_stands_where_no_certificate_can_be_written(run: Run, tmp_path: Path) -> None:
    """Models whose inputs have other names: proved by place, and said why there is none."""
    paths = tmp_path / "a.json", tmp_path / "b.json"
    one, other = twins(1)
    lumpver.save(one, paths[0])
    lumpver.save(from_another_input(other), paths[1])
    cert = tmp_path / "c.json"
    some = ("--box", "[0, 1]", "--workers", "1", "--eps", "4", "--certificate", cert)
    code, out, _ = run("prove", *paths, *some)
    assert code == 0
    assert "no certificate was written: check does not compare these two" in out
    assert not cert.exists()


@pytest.mark.parametrize("eps", [fmpq(10) ** 400, 1 / fmpq(10) ** 400])
def test_bounds_beyond_all_floats(eps: fmpq) -> None:
    """Are bounds as others are."""
    one, other = twins(1)
    found = proved(one, other, box=BOX, closeness=Within(eps))
    assert isinstance(found, Proved if eps > 1 else Refuted)


def test_no_difference_is_told_that_was_not_found() -> None:
    """Of what was looked at for no time, and of a class."""
    one, other = twins(1)
    for closeness in (Within(4), SameClass("max", 1)):
        found = proved(one, other, box=BOX, closeness=closeness, timeout=1e-9)
        if isinstance(found, Unknown) and "about" in found.reason:
            assert float(found.reason.rpartition(" ")[2]) < 4
