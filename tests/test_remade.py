"""Tests for `lumpver.tell.remade`: what is said of chains made anew, everywhere, is true."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from report_files import Files, Page, made
from test_forms import MAXIMUM, SPLIT, TWO, chain

from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.model.network import Network
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.search.lumping import RULES
from lumpver.tell.explanation import explain, overview
from lumpver.tell.inspection import in_the_way, inspect
from lumpver.tell.remade import Remade, remade, stretches
from lumpver.tell.report import facts
from lumpver.tell.report.blocks import renamed
from lumpver.tell.report.examination import examine
from lumpver.tell.report.figures import figures
from lumpver.tell.report.notebook import certificate_html, reduction_html
from lumpver.tell.report.page import page, render
from lumpver.tell.report.rechecks import rechecks
from lumpver.tell.summary import layers

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

THREE_X = Network.from_layers([([[1], [-1]], None), ([[3, -3]], None)])
LONG = Network.from_layers(
    [([[1], [-1]], None), ([[1, -1], [-1, 1]], None), ([[3, -3], [6, -6]], None), ([[1, 1]], None)]
)
NETWORKS = {"line": THREE_X, "long": LONG, "maximum": MAXIMUM, "split": SPLIT}
each = pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)


def the(found: Reduction) -> Remade:
    """The one stretch that was made anew."""
    (one,) = remade(found.original, found.network, found.certificate)
    return one


@each
def test_layers_and_levels(network: Network) -> None:
    """All layers of these networks are in it, and all levels of what they became."""
    found = reduce(network)
    one = the(found)
    assert (one.start, one.end) == stretches(found.certificate)[0] == ("x", "y")
    assert one.layers == tuple(network.layers)
    assert (sum(one.before), sum(one.after)) == (network.units, found.network.units)
    assert sum(one.left.values()) == found.network.units
    assert one.inside == set(network.tensors) - {"x", "y"}
    for layer in layers(found):
        assert layer.units_before - layer.units_after == layer.cancelled
        assert layer.units_after == one.left[layer.name]


def test_more_levels_than_layers() -> None:
    """Somebody's chain may be deeper: no unit is lost on the way."""
    deep = Network.from_layers([([[1]], None), ([[1]], None), ([[1], [1]], None), ([[3, 0]], None)])
    one = Network.from_layers([([[1]], None), ([[3]], None)])
    (found,) = remade(one, deep, Certificate({"y": (Fact("y", since="x"),)}))
    assert (found.before, found.after, found.left) == ((1,), (1, 1, 2), {"h1.pre": 4})


@pytest.mark.parametrize(("start", "end"), [("y", "x"), ("none", "y"), ("x", "none")])
def test_claims_of_nothing(start: str, end: str) -> None:
    """What no network has between two tensors is no layer, and no error."""
    claim = Certificate({end: (Fact(end, since=start),)})
    (found,) = remade(THREE_X, THREE_X, claim)
    assert (found.layers, found.inside, found.left) == ((), frozenset(), {})
    assert str(found) == f"From {start} to {end} all was made anew."


def test_sentences() -> None:
    """Layers and levels with their units; one, several, none."""
    assert str(the(reduce(SPLIT))) == (
        "From x to y all was made anew: 2 layers of 4, 2 units became 1 layer of 2 units."
    )
    assert str(the(reduce(THREE_X))) == (
        "From x to y all was made anew: 1 layer of 2 units went, and no activation is left."
    )


@each
def test_units_are_explained(network: Network) -> None:
    """Where it ends units are what they were; in between none has a counterpart."""
    certificate = reduce(network).certificate
    end = explain(certificate, "y[0]")
    assert (end.fate, end.counterpart, end.block, end.scale) == ("kept", "y", 0, "1")
    assert end.sentence.startswith("For every input, y[0] = reduced y[0]: all from x to y was made")
    for name in network.layers:
        found = explain(certificate, f"{name}[0]", model=network)
        assert (found.fate, found.counterpart) == ("remade", None)
        assert found.sentence.startswith(f"{name}[0] has no counterpart: all from x to y was made")
        unsure = explain(certificate, f"{name}[0]").sentence
        assert "(--model looks it up) that was not made anew" in unsure
    beside = explain(certificate, "x[0]", model=network)
    assert (beside.fate, overview(certificate)) == ("unchanged", ())
    assert beside.sentence == "x[0] is unchanged: the certificate changes all from x to y."


@each
def test_inspect(network: Network) -> None:
    """What is left of each layer is a level; nothing is in the way where all was made anew."""
    *found, last = inspect(network)
    left = the(reduce(network)).left
    assert {fact.name: fact.left for fact in found} == left
    assert all(fact.made_anew and fact.units - fact.removable == fact.left for fact in found)
    assert {in_the_way(fact) for fact in found} == {""}
    assert (last.made_anew, in_the_way(last)) == (False, "an output")


def test_command_line(tmp_path: Path, run: Run) -> None:
    """`reduce` and `explain` say so; nobody reads that nothing changed."""
    files = made(tmp_path, SPLIT, rules=RULES)
    out = run("reduce", files.model, "-o", files.reduced)[1]
    assert "From x to y all was made anew: 2 layers of 4, 2 units became 1 layer" in out
    (one,) = json.loads(run("reduce", files.model, "-o", files.reduced, "--json")[1])["made_anew"]
    assert one == {
        "from": "x", "to": "y", "layers": ["h1.pre", "h2.pre"],
        "units": {"before": [4, 2], "after": [2]},
    }  # fmt: skip
    out = run("explain", files.certificate)[1]
    assert "From x to y all was made anew: no unit in between has a counterpart" in out
    assert "Nothing changed" not in out
    assert "--unit 'y[0]'" in out
    document = json.loads(run("explain", files.certificate, "--json")[1])
    assert (document["layers"], document["made_anew"]) == ([], [{"from": "x", "to": "y"}])
    assert "2 segments would be made anew" in run("inspect", files.model)[1]
    asked = ("explain", files.certificate, "--unit", "h1[0]", "--model", files.model)
    assert "h1.pre[0] has no counterpart" in run(*asked)[1]


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A model with two layers that were made anew."""
    return made(tmp_path_factory.mktemp("split"), SPLIT, rules=RULES)


def test_report(split: Files) -> None:
    """The table adds up to the sizes, cancelled units have a column, and sentences say why."""
    examined = examine(*split)
    table = facts.layers(examined)
    assert table.columns[-1] == ("cancelled", "number")
    assert [row[3:] for row in table.rows] == [
        ("4", "2", "0", "0", "0", "2"), ("2", "0", "0", "0", "0", "2"),
    ]  # fmt: skip
    assert table.totals[3:] == ("6", "2", "0", "0", "0", "4")
    words = Page(render(examined)).words
    assert "From x to y all was made anew: 2 layers of 4, 2 units became 1 layer of 2" in words
    assert "No unit in between has a counterpart" in words
    bars, both = figures(examined)
    assert "4 units, of these 2 left, 2 cancelled" in bars.svg
    assert "What was made anew has no blocks" in both.caption


def test_report_asks_the_verified_checker_nothing_it_cannot_read(split: Files) -> None:
    """It has no forms; nor are they a tensor that only got another name."""
    examined = examine(*split)
    assert examined.proof is not None
    lines = [one.line for one in rechecks(examined, facts.names(examined))]
    assert not any("--verified" in line for line in lines)
    assert renamed(examined.proof.claim) == ()
    assert page(examined).anew


def test_rejected_report(split: Files, tmp_path: Path) -> None:
    """What is claimed wrongly is told as a claim."""
    wrong = tmp_path / "wrong.json"
    document = json.loads(split.certificate.read_bytes())
    document["tensors"]["y"][0]["counterpart"] = "y/level 1"
    wrong.write_text(json.dumps(document), encoding="utf-8")
    words = Page(render(examine(split.model, split.reduced, wrong))).words
    assert "what was made anew does not compute what it should" in words
    assert "These are claims, and not all of them are right." in words


def test_notebook() -> None:
    """The certificate and the reduction say it; blocks of layers that are gone are not drawn."""
    found = reduce(chain(([[1], [2], [-1]], None), ([[1, 1, -3]], None)))  # 3 x
    assert found.lumping.relabellings
    assert found.replaced
    assert "all was made anew" in reduction_html(found)
    assert "in one block" not in reduction_html(found)
    assert "all was made anew" in certificate_html(found.certificate)
    assert repr(found.certificate) == "<Certificate: 1 stretch made anew>"
    other = replace(found.certificate, tensors={})
    assert "made anew" not in repr(other) + certificate_html(other) + reduction_html(reduce(TWO))
