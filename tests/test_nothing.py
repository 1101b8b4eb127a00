"""Tests for `lumpver.tell.nothing`: why nothing went, in words that are true."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import model, node, tensor

import lumpver
from lumpver.model.network import Network
from lumpver.reducing.pipeline import reduce_file
from lumpver.tell import display
from lumpver.tell.nothing import unmodelled, why_nothing
from lumpver.tell.summary import layers

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run


STAYS = Network.from_layers([([[1, 2], [2, 1], [3, -1]], [1, 0, 0]), ([[1, 1, 1]], None)])
TWINS = Network.from_layers([([[1, 2], [2, 4]], None), ([[1, 1]], None)])


@pytest.fixture
def told(tmp_path: Path) -> Any:
    """What is said of a network's reduction, as one text, with spaces for line ends."""

    def tell(network: Network, name: str = "out.onnx", *, kept: bool = False, **how: Any) -> str:
        path = tmp_path / "in.onnx"
        lumpver.save(network, path)
        outcome = reduce_file(path, tmp_path / name, **how)
        return " ".join(why_nothing(outcome, kept=kept))

    return tell


def between(*operators: str) -> Any:
    """A model of two layers with unmodelled operators between them."""
    nodes, last = [node("MatMul", "x W", "h"), node("Relu", "h", "t0")], "t0"
    for i, operator in enumerate(operators, start=1):
        nodes.append(node(operator, last, f"t{i}"))
        last = f"t{i}"
    nodes.append(node("MatMul", f"{last} V", "y"))
    return model(nodes, [tensor("W", [[1, 2], [3, 5]]), tensor("V", [[1], [4]])])


def test_what_went_needs_no_reason(told: Any) -> None:
    """A model that got smaller is not told why it did not."""
    assert told(TWINS) == ""


def test_no_layers_at_all(told: Any) -> None:
    """A model without activations has no units that could go."""
    said = told(Network.from_layers([([[1, 2]], None)]))
    assert said.startswith("Nothing to remove: no layer feeds an activation that is modelled.")


def test_nothing_to_remove(told: Any) -> None:
    """It says so, that it is usual, and that the output is the input, byte for byte."""
    said = told(STAYS)
    assert said.startswith("Nothing to remove: no rule applies to any of 3 units. That is usual")
    assert "hardly ever exact multiples" in said
    assert "out.onnx is" in said
    assert "byte for byte" in said


def test_another_format_is_no_copy(told: Any) -> None:
    """Where the format is another, nothing is said of bytes."""
    said = told(STAYS, "out.json")
    assert said.startswith("Nothing to remove")
    assert "byte for byte" not in said
    assert "out.json has the same units and numbers" in said


def test_what_the_user_asked_for_is_the_reason(told: Any) -> None:
    """Rules that were left out and units that were protected are named before anything else."""
    said = told(TWINS, rules=["constants", "unused"])
    assert (
        "by these rules, which leave out merges, symmetries, stable, compose, reflect, kinks"
        in said
    )
    assert "hardly ever" not in said
    assert "beside those that --keep protects" in told(TWINS, keep=["h1"], kept=True)


def test_what_does_not_fit_is_the_reason(told: Any) -> None:
    """Where units stay because of number types, it is not said that there is nothing."""
    wide = [(np.array([[1.0], [1.0]]), None), (np.array([[2.0**54, 1.0]]), None)]
    said = told(Network.from_layers(wide))
    assert said.startswith("Nothing was removed: 1 of 2 units could go")
    assert "to remove" not in said


@pytest.mark.usefixtures("picky")
def test_a_bug_is_the_reason(told: Any) -> None:
    """Where the checker did not accept what was made, no rule and no weight is blamed."""
    said = told(TWINS)
    assert said.startswith("Nothing was removed, because of a bug in lumpver")
    assert "rule" not in said.partition(" out.onnx ")[0].partition(".")[0]


def test_operators_are_counted(tmp_path: Path) -> None:
    """Operators that are not modelled are named with counts, the most frequent first."""
    path = tmp_path / "in.onnx"
    made = between("Softmax", "Sin", "Softmax", "Hardmax", "Softmax", "Sin")
    path.write_bytes(made.SerializeToString())
    outcome = reduce_file(path, tmp_path / "out.onnx")
    assert unmodelled(outcome.original.network) == "Softmax (3), Sin (2), Hardmax (1)"
    said = " ".join(map(str, display.reduction(outcome, layers(outcome.reduction))))
    assert "Nothing to remove" in said
    assert "Not modelled, and stands between layers: Softmax (3), Sin (2), Hardmax (1);" in said


def test_an_operator_at_the_end_stands_between_nothing(tmp_path: Path) -> None:
    """Before the first layer or behind the last, an operator is not in the way of any other."""
    path = tmp_path / "in.onnx"
    nodes = [
        node("Sin", "x", "s"),
        node("MatMul", "s W", "h"),
        node("Relu", "h", "r"),
        node("Softmax", "r", "y"),
    ]
    path.write_bytes(model(nodes, [tensor("W", [[1, 2], [3, 5]])]).SerializeToString())
    said = " ".join(why_nothing(reduce_file(path, tmp_path / "out.onnx")))
    assert "Not modelled: Sin (1), Softmax (1);" in said
    assert "between" not in said


def test_many_operators_end_somewhere(tmp_path: Path) -> None:
    """Of more than eight operators the rest is counted."""
    path = tmp_path / "in.onnx"
    names = ("Sin", "Cos", "Asin", "Acos", "Tan", "Sinh", "Cosh", "Atan", "Softmax", "Ceil")
    path.write_bytes(between(*names).SerializeToString())
    found = lumpver.load(path).network
    rest = len({one.operator for one in found.opaque}) - 8
    assert unmodelled(found).count("(1)") == 8
    assert unmodelled(found).endswith(f"{rest} other operators")


def test_json_has_the_reasons(tmp_path: Path, run: Run) -> None:
    """`reduce --json` lists the reasons, and none where something went."""
    for network, count in ((STAYS, 2), (TWINS, 0)):
        lumpver.save(network, tmp_path / "in.onnx")
        document = json.loads(
            run("reduce", tmp_path / "in.onnx", "-o", tmp_path / "o.onnx", "--json")[1]
        )
        assert len(document["nothing_removed"]) == count
        assert document["not_modelled"] == {}
