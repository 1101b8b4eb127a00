"""Tests for `lumpver.tell.hindrance`: what stands in the way of a layer's units, said rightly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import model as made
from onnx_models import network, node, steps, tensor, whole

import lumpver
from lumpver.model.network import Network
from lumpver.tell import display
from lumpver.tell.hindrance import hindrances
from lumpver.tell.inspection import as_document, in_the_way, inspect

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Run

W = tensor("W", [[1, 2], [3, 5]])
V = tensor("V", [[1, 2], [7, 4]])


def found(text: str, *stored: Any, **fields: Any) -> dict[str, tuple[str, str, str]]:
    """Kind, node and operator of what is in the way of each layer."""
    read = network(whole(text, *(stored or (W, V)), **fields))
    return {name: (one.kind, one.node, one.operator) for name, one in hindrances(read).items()}


@pytest.mark.parametrize(
    ("text", "layer", "expected"),
    [
        ("MatMul x W h; Relu h r; MatMul r V y", "h", None),
        ("MatMul x W h; Softmax h r; MatMul r V y", "h", ("opaque", "r", "Softmax")),
        ("MatMul x W h; Relu h r; Softmax r s; MatMul s V y", "h", ("opaque", "s", "Softmax")),
        ("MatMul x W h; Relu h y", "h", ("output", "y", "output")),
        ("MatMul x W h; Relu h r; Add r x s; MatMul s V y", "h", ("input", "x", "input")),
        ("Softmax x t; MatMul x W h; Add h t s; MatMul s V y", "h", ("opaque", "t", "Softmax")),
    ],
)
def test_the_nearest(text: str, layer: str, expected: tuple[str, str, str] | None) -> None:
    """What is in the way is found through activations, and through sums to both sides."""
    assert found(text).get(layer) == expected


def test_the_last_layer_is_an_output() -> None:
    """Nothing else is in its way."""
    assert found("MatMul x W h; Relu h r; MatMul r V y")["y"] == ("output", "y", "output")


@pytest.mark.parametrize(("attributes", "power"), [({}, 2), ({"p": 3}, 3), ({"p": 1}, None)])
@pytest.mark.parametrize("operator", ["LpPool", "GlobalLpPool"])
def test_a_norm_that_takes_a_root_says_so(
    operator: str, attributes: dict[str, int], power: int | None
) -> None:
    """The power is named, 2 where the file leaves it out; magnitudes are added up."""
    K = tensor("K", np.ones((2, 3, 1, 1), dtype=np.float32))
    if operator == "LpPool":
        attributes = attributes | {"kernel_shape": [2, 2]}
    nodes = [
        node("Conv", "x K", "h"),
        node(operator, "h", "q", **attributes),
        node("Conv", "q L", "y"),
    ]
    stored = [K, tensor("L", np.ones((1, 2, 1, 1), dtype=np.float32))]
    ends: Any = {"inputs": [("x", ["N", 3, 4, 4])], "outputs": [("y", [None] * 4)]}
    read = network(made(nodes, stored, **ends))
    way = hindrances(read).get("h")
    said = None if way is None else way.why
    expected = None if power is None else f"{operator} with p = {power} takes a root"
    assert (said is None) is (expected is None)
    assert said is None or said.startswith(str(expected))


def test_units_that_are_read_along_another_axis() -> None:
    """A layer behind a Transpose mixes what are units before it."""
    way = found("MatMul x W h; Relu h r; Transpose r t; MatMul t V y", x=(2, 2))["h"]
    assert way[0] == "layout"


def test_branches_are_followed_together() -> None:
    """Of two branches that are added up, one in the way of a Softmax keeps the other, too."""
    text = "MatMul x W h; MatMul x V g; Add h g s; Relu s r; MatMul r W y; Softmax g t"
    read = network(made(steps(text), [W, V], outputs=[("y", ["N", 2]), ("t", ["N", 2])]))
    assert {name: str(one) for name, one in hindrances(read).items()} == {
        "h": "Softmax", "g": "Softmax", "y": "an output",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "opset", "reason"),
    [
        ("Softmax h r", 17, "Softmax is not modelled"),
        ("Hardmax h r", 17, "Hardmax is not modelled"),
        (
            "MatMul h h r",
            17,
            "it multiplies matrices, and units are not the columns of the second",
        ),
    ],
)
def test_reasons(text: str, opset: int, reason: str) -> None:
    """Whether the operator is not known, or known and used in a way that is not modelled."""
    read = network(whole(f"MatMul x W h; {text}; MatMul r V y", W, V, opset=opset, x=(2, 2)))
    assert hindrances(read)["h"].why == reason


def test_of_another_domain() -> None:
    """An operator of somebody else's says whose it is."""
    model = whole("MatMul x W h; Sin h r; MatMul r V y", W, V)
    model.graph.node[1].domain = "com.example"
    model.opset_import.add(domain="com.example", version=1)
    [reason] = {one.why for name, one in hindrances(network(model)).items() if name == "h"}
    assert "com.example" in reason


def test_a_layer_of_which_units_go_has_nothing_in_its_way() -> None:
    """Said is what keeps units; or that none is superfluous, where nothing keeps them."""
    twins = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    apart = Network.from_layers([([[1, 0], [0, 1]], None), ([[1, 1]], None)])
    assert [in_the_way(fact) for fact in inspect(twins)] == ["", "an output"]
    assert [in_the_way(fact) for fact in inspect(apart)] == ["nothing to find", "an output"]


def test_numbers_that_do_not_fit() -> None:
    """Units that only larger number types let go are told, where a file is asked about."""
    layers = [(np.array([[1.0], [1.0]]), None), (np.array([[2.0**54, 1.0]]), None)]
    wide = Network.from_layers(layers)
    exact, _ = inspect(wide)
    asked, _ = inspect(wide, floats_only=True)
    assert (exact.removable, exact.unrepresentable, in_the_way(exact)) == (1, 0, "")
    assert (asked.removable, asked.unrepresentable) == (1, 1)
    assert in_the_way(asked) == "number types (1)"


def test_added_layers_speak_with_one_voice() -> None:
    """Where two layers are added up and units go, neither has anything in its way."""
    twice = tensor("W", [[1, 2], [3, 6]])
    read = network(whole("MatMul x W h; MatMul x W g; Add h g s; Relu s r; MatMul r V y", twice, V))
    facts = {fact.name: fact for fact in inspect(read)}
    assert facts["h"].left == facts["g"].left == 1
    assert (in_the_way(facts["h"]), in_the_way(facts["g"])) == ("", "")


def test_text_and_json(tmp_path: Path, run: Run) -> None:
    """`inspect` shows it for each layer, and says how many units each hindrance keeps."""
    path = tmp_path / "in.onnx"
    text = "MatMul x W h; Relu h r; Softmax r s; MatMul s V t; Relu t u; Softmax u y"
    path.write_bytes(whole(text, W, V).SerializeToString())
    code, shown, _ = run("inspect", path)
    assert code == 0
    assert "Softmax keeps 4 units: Softmax is not modelled." in " ".join(shown.split())
    document = json.loads(run("inspect", path, "--json")[1])
    ways = [(segment["name"], segment["in_the_way"]) for segment in document["segments"]]
    assert ways == [("h", "Softmax"), ("t", "Softmax")]
    assert document["segments"][0]["hindrance"] == {
        "kind": "opaque", "node": "s", "operator": "Softmax", "why": "Softmax is not modelled",
    }  # fmt: skip


def test_nothing_is_said_of_outputs() -> None:
    """That the last layer is an output is no news."""
    one = Network.from_layers([([[1]], None)])
    shown = display.facts(one, inspect(one))
    assert not any("keeps" in str(part) for part in shown)


def test_every_fact_has_a_document() -> None:
    """What `--json` prints is plain JSON, hindrances included."""
    read = network(whole("MatMul x W h; Softmax h r; MatMul r V y", W, V))
    document = as_document(read, lumpver.inspect(read))
    assert json.loads(json.dumps(document)) == document
