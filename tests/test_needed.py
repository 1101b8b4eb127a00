"""Tests for `lumpver.tell.needed`: what is said of the least units of one hidden layer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from test_shallow import LINE, hard

from lumpver import save
from lumpver.model.activations import leaky
from lumpver.model.network import Network
from lumpver.reducing.reduction import reduce
from lumpver.search.widths import Width
from lumpver.tell import display
from lumpver.tell.inspection import as_document, inspect
from lumpver.tell.needed import few, needed

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

TWO = Network.from_layers([([[1], [-1], [1]], [0, 0, -1]), ([[1, 1, 1]], None)])
NO_PAIR = Network.from_layers([([[1], [1]], [0, -1]), ([[1, 3]], None)])
SENTENCE = "No ReLU network with one hidden layer computes y from x with fewer than 2 units."


def said(network: Network) -> str:
    """All that `inspect` shows."""
    return "\n".join(map(str, display.facts(network, inspect(network))))


@pytest.mark.parametrize("network", [TWO, NO_PAIR])
def test_inspect(network: Network) -> None:
    """The layer has it, nothing else does; a network without pairs is told of, too."""
    first, last = inspect(network)
    assert (first.needs, last.needs) == (Width("x", "y", "h1.pre", 2, 2), None)
    assert SENTENCE in said(network)
    document = as_document(network, (first, last))["segments"]
    assert document[0]["needs"] == {
        "start": "x", "end": "y", "layer": "h1.pre", "least": 2, "most": 2,
    }  # fmt: skip
    assert document[1]["needs"] is None


def test_nothing_is_said() -> None:
    """Of deeper networks, of none, and where no kink is left."""
    deep = Network.from_layers([([[1], [2]], [0, 1]), ([[1, 2]], [-3]), ([[1]], None)])
    line = Network.from_layers([([[1], [-1]], None), ([[3, -3]], None)])
    for network in (deep, line, Network.from_layers([([[1]], None)])):
        assert "one hidden layer" not in said(network).lower()


def test_what_was_not_decided_is_not_said() -> None:
    """Of two bounds that differ neither is called the least."""
    numbers = [2 * 3**n for n in range(60, 110)]
    found = hard(numbers, sum(numbers[::-2]) + 4)
    (width,) = found.widths
    assert (width.least, width.most) == (50, 51)
    assert needed(found.original, width) == (
        "One hidden layer of a ReLU network that computes y from x has at least 50 units;"
        " 51 suffice, and whether fewer do was not found out."
    )


def test_other_activations() -> None:
    """It is said for layers of the activation that is there."""
    network = Network.from_layers([([[1]], None), ([[1]], None)], activation=leaky("1/2"))
    (width,) = reduce(network).widths
    assert needed(network, width) == (
        "No LeakyReLU(1/2) network with one hidden layer computes y from x with fewer than 1 unit."
    )


def test_few() -> None:
    """No more lines than a person reads."""
    assert few([]) == []
    assert few(map(str, range(20))) == list("01234567")


def test_command_line(tmp_path: Path, run: Run) -> None:
    """`inspect` and `reduce` say it, also where numbers do not fit; `--json` has the bounds."""
    network = Network.from_layers([(LINE, [0, -1, 0, 0]), ([[1, 1, 0.25, -0.25]], None)])
    model = tmp_path / "m.onnx"
    save(network, model)
    sentence = SENTENCE.replace("2 units", "3 units")
    assert sentence in " ".join(run("inspect", model)[1].split())
    out = run("reduce", model, "-o", tmp_path / "r.onnx")[1]
    assert "4 units became 3" in out
    assert sentence in " ".join(out.split())
    out = run("reduce", model, "-o", tmp_path / "s.onnx", "--json")[1]
    (one,) = json.loads(out)["one_hidden_layer"]
    assert (one["least"], one["most"]) == (3, 3)
