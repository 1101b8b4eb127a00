"""Wrong opaque nodes, signatures and files, by name, each beside an honest twin.

The honest twin is accepted; the attack differs in one thing and is rejected by the rule
that is about it, or refused because it is no model at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from attack_cases import CHAIN, MERGE, REFUSED, Case, V, W, changed, f, lumped, merged, pair
from onnx import helper
from onnx_models import external, model, node, tensor, whole

from lumpver.claim.certificate import Certificate, encode
from lumpver.claim.facts import Fact
from lumpver.errors import DigestMismatch
from lumpver.io.files import load
from lumpver.reducing.pipeline import reduce_file
from lumpver.reducing.verification import check_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


SOFT = "MatMul x W h; Relu h r; Max r C y"


def soft(
    c: Any = (1, 2, 3), operator: str = "Mod", w: Any = W, more: Any = (), **attributes: Any
) -> Any:
    """An opaque node behind a hidden layer, with a constant."""
    attributes |= {"fmod": 1} if operator == "Mod" else {}
    nodes = [
        node("MatMul", "x W", "h"),
        node("Relu", "h", "r"),
        node(operator, "r C", "y", **attributes),
    ]
    return model(nodes, [w, f("C", *c), *more])


def branch(name: str, operator: str = "Add") -> Any:
    """An If whose branches read h and C."""
    value = helper.make_tensor_value_info("o", 1, None)
    graphs = [
        helper.make_graph([node(op, "h C", "o")], "b", [], [value]) for op in ("Mul", operator)
    ]
    choice = node("If", "q", name, then_branch=graphs[0], else_branch=graphs[1])
    return model(
        [node("MatMul", "x W", "h"), choice], [W, f("C", 1, 2, 3), tensor("q", np.array(True))]
    )


def padded(weights: Any, units: int) -> Any:
    """Units that are channels of a convolution with padding; the last is 1 everywhere."""
    bias = [0.0, 1.0][:units]
    kernel = tensor("K", np.ones((1, units, 1, 3), dtype=np.float32))
    text = "MatMul x W m; Add m b h; Relu h r; Transpose r t; Conv t K y"
    made = whole(text, weights, f("b", *bias), kernel, x=(1, 1, 2, 2), outputs=[("y", [None] * 4)])
    made.graph.node[3].attribute.append(helper.make_attribute("perm", [0, 3, 1, 2]))
    made.graph.node[4].attribute.append(helper.make_attribute("pads", [0, 1, 0, 1]))
    return made


def dropout(mode: bool) -> Any:
    """A Dropout that trains or does not."""
    return whole(
        "MatMul x W h; Dropout h r t y",
        W,
        tensor("r", np.float32(0.5)),
        tensor("t", np.array(mode)),
    )


def functional(operator: str) -> Any:
    """A function of one's own, and what its body does."""
    opsets = [helper.make_opsetid("", 17)]
    body = helper.make_function("own", "F", ["a"], ["b"], [node(operator, "a", "b")], opsets)
    call = node("F", "x", "y", domain="own")
    return model([call], functions=[body], opsets=[helper.make_opsetid("own", 1)])


def borrow(made: Any) -> None:
    """A function called Relu that negates."""
    opsets = [helper.make_opsetid("", 17)]
    made.functions.append(
        helper.make_function("", "Relu", ["a"], ["b"], [node("Neg", "a", "b")], opsets)
    )


CALLS = functional("Neg")
SOFTMAX = whole("Softmax x y axis=1")
HIDDEN = [("y", [None, 2]), ("h", [None, 3])]
OBSERVED = whole(CHAIN, W, V, outputs=HIDDEN)
EXCHANGED = f("W", [2, 1, 3], [-2, -1, 1])
OPAQUE = {
    "another attribute": Case("opaque node", SOFTMAX, whole("Softmax x y axis=0")),
    "another domain": Case(
        "opaque node",
        whole("Softmax x y"),
        model([node("Softmax", "x", "y", domain="own")], opsets=[]),
    ),
    "another constant": Case("opaque node", soft(), soft((1, 2, 4))),
    "a constant of another sign of zero": Case("opaque node", soft((0, 0, 0)), soft((0, -0.0, 0))),
    "a constant of another shape": Case("opaque node", soft((2, 2, 2)), soft((2,))),
    "a constant that rounding makes another": Case(
        "opaque node",
        whole("Add a b c; Sub c b d; Mod x d y fmod=1", f("a", 1.0), f("b", 2.0**24)),
        whole("Add a b c; Sub c b d; Mod x d y fmod=1", f("a", 1.0), f("b", 0.0)),
    ),
    "operands exchanged": Case(
        "opaque node", soft(), changed(soft(), lambda m: m.graph.node[2].input.reverse())
    ),
    "another operator": Case("opaque node", soft(), soft(operator="Pow")),
    "units before an opaque node": Case(
        "opaque node",
        soft(w=f("W", [1, 1, 1], [2, 2, 2])),
        soft(w=f("W", [1], [2])),
        lies={"h": lumped(0, 0, 0)},
    ),
    "a constant folded before an opaque node": Case(
        "opaque node",
        soft(w=f("W", [1, 0], [2, 0]), c=(1, 2)),
        soft(w=f("W", [1], [2]), c=(1, 2)),
        lies={"h": lumped(0, -1)},
    ),
    "another subgraph": Case("opaque node", branch("y"), branch("y", "Sub")),
    "another captured constant": Case(
        "opaque node",
        branch("y"),
        changed(branch("y"), lambda m: m.graph.initializer[1].CopyFrom(f("C", 1, 2, 4))),
    ),
    "a captured tensor relabelled": Case(
        "opaque node",
        branch("y"),
        changed(branch("y"), lambda m: m.graph.initializer[0].CopyFrom(EXCHANGED)),
        lies={"h": lumped(1, 0, 2)},
    ),
    "a constant channel before padding": Case(
        "padding",
        padded(f("W", [1, 0], [0, 0]), 2),
        padded(f("W", [1], [0]), 1),
        lies={"h": lumped(0, -1, constant=[0, 1])},
    ),
    "Dropout that trains": Case("affine", dropout(False), dropout(True)),
    "Dropout that no longer trains": Case("opaque node", dropout(True), dropout(False)),
    "another function body": Case("environment", functional("Neg"), functional("Abs")),
    "a function that borrows a name": pair("environment", changed(merged(), borrow)),
    "two opaque nodes in one": Case(
        "opaque node",
        whole("RandomNormalLike x a; RandomNormalLike x b; Sub a b y"),
        whole("RandomNormalLike x a; Sub a a y"),
        lies={"b": (Fact("a"),)},
    ),
    "a hidden output relabelled": Case(
        "output",
        OBSERVED,
        whole(CHAIN, EXCHANGED, f("V", [3, 4], [1, 2], [5, 6]), outputs=HIDDEN),
        lies={"h": lumped(1, 0, 2)},
    ),
    "a hidden output merged": Case(
        "output",
        OBSERVED,
        whole(CHAIN, f("W", [1, 3], [-1, 1]), f("V", [7, 10], [5, 6]), outputs=HIDDEN),
        lies=MERGE,
    ),
}


SIGNATURE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "another opset": ("environment", lambda m: setattr(m.opset_import[0], "version", 18)),
    "another domain's opset": (
        "environment",
        lambda m: m.opset_import.add(domain="own", version=1),
    ),
    "two opsets of one domain": (REFUSED, lambda m: m.opset_import.add(domain="", version=18)),
    "a function twice": (REFUSED, lambda m: m.functions.extend(list(CALLS.functions) * 2)),
    "an input more": (
        "graph inputs",
        lambda m: m.graph.input.add().CopyFrom(helper.make_tensor_value_info("q", 1, [])),
    ),
    "an input less": ("graph inputs", lambda m: m.graph.initializer.append(f("x", [1, 2]))),
    "an input of another name": (REFUSED, lambda m: setattr(m.graph.input[0], "name", "q")),
    "an input of another shape": (
        "graph inputs",
        lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[0], "dim_value", 7),
    ),
    "an input of another symbol": (
        "graph inputs",
        lambda m: setattr(m.graph.input[0].type.tensor_type.shape.dim[0], "dim_param", "M"),
    ),
    "an input of another type": (
        "graph inputs",
        lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 11),
    ),
    "an output more": ("graph outputs", lambda m: m.graph.output.add(name="h")),
    "an output of another type": (
        "graph outputs",
        lambda m: setattr(m.graph.output[0].type.tensor_type, "elem_type", 11),
    ),
    "an output of another name": (
        "graph outputs",
        lambda m: setattr(m.graph.output[0], "name", "r"),
    ),
    "an initializer twice": (REFUSED, lambda m: m.graph.initializer.append(f("V", [1, 1], [1, 1]))),
    "a tensor made twice": (REFUSED, lambda m: m.graph.node.append(node("Abs", "x", "y"))),
    "two payloads": (REFUSED, lambda m: m.graph.initializer[0].float_data.extend([1, 3, -1, 1])),
    "an attribute twice": (
        "activation",
        lambda m: m.graph.node[1].attribute.extend(
            [helper.make_attribute("consumed_inputs", [0])] * 2
        ),
    ),
}

CASES = OPAQUE | {
    name: pair(rule, changed(merged(), change)) for name, (rule, change) in SIGNATURE.items()
}


@pytest.mark.parametrize("name", CASES)
def test_the_honest_twin_is_accepted(name: str) -> None:
    """What the attack imitates is right."""
    assert CASES[name].verdict(attack=False) == "accepted"


@pytest.mark.parametrize("name", CASES)
def test_the_attack_is_rejected_by_its_rule(name: str) -> None:
    """By the rule that is about it, or refused because it is no model."""
    assert CASES[name].verdict(attack=True) == CASES[name].rule


def files(folder: Path, numbers: Any = ((1, 2, 3), (-1, -2, 1))) -> Path:
    """A folder with a model whose first weights lie beside it."""
    folder.mkdir()
    (folder / "w.bin").write_bytes(np.array(numbers, dtype="<f4").tobytes())
    outside = external("W", (2, 3), location="w.bin", offset="0", length="24")
    path = folder / "model.onnx"
    path.write_bytes(whole(CHAIN, outside, V).SerializeToString())
    return path


def test_swapped_external_data(tmp_path: Path) -> None:
    """The model file alone does not say which model it is."""
    first = files(tmp_path / "a")
    second = files(tmp_path / "b", ((1, 2, 3), (-1, -2, 2)))
    assert first.read_bytes() == second.read_bytes()
    outcome = reduce_file(first, tmp_path / "small.onnx")
    assert check_files(first, outcome.reduced, outcome.certificate).units_after == 2
    with pytest.raises(DigestMismatch, match="external data"):
        check_files(second, outcome.reduced, outcome.certificate)


def test_a_certificate_for_another_model(tmp_path: Path) -> None:
    """Either file may be exchanged; which one is said."""
    places = [tmp_path / name for name in ("a.onnx", "b.onnx")]
    for path, weights in zip(places, (W, f("W", [1, 2, 4], [-1, -2, 2])), strict=True):
        path.write_bytes(whole(CHAIN, weights, V).SerializeToString())
    mine, other = (reduce_file(path, path.with_suffix(".small.onnx")) for path in places)
    assert check_files(places[0], mine.reduced, mine.certificate).units_after == 2
    for model_file, reduced in ((places[1], mine.reduced), (places[0], other.reduced)):
        with pytest.raises(DigestMismatch) as caught:
            check_files(model_file, reduced, mine.certificate)
        named = model_file if model_file == places[1] else reduced
        assert caught.value.where == str(named)


WEIGHTS = helper.make_tensor_value_info("W", 1, [2, 2])


def test_overridden_initializers(tmp_path: Path) -> None:
    """Weights that a caller may replace are noted, in whichever of the two models they are."""
    original, reduced, proof = (tmp_path / name for name in ("a.onnx", "b.onnx", "c.json"))
    listed = changed(merged(), lambda m: m.graph.input.add().CopyFrom(WEIGHTS))
    original.write_bytes(whole(CHAIN, W, V).SerializeToString())
    for made, notes in ((merged(), 0), (listed, 1)):
        reduced.write_bytes(made.SerializeToString())
        digests = load(original).digest, load(reduced).digest
        proof.write_bytes(encode(Certificate(MERGE, *digests)))
        assert len(check_files(original, reduced, proof).notes) == notes
