"""Tests for `lumpver.io.onnx.read.drawing`: which nodes draw random numbers, and which do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from onnx import TensorProto, helper
from onnx_models import model, node, value

from lumpver import prove
from lumpver.io.onnx.read import read
from lumpver.io.onnx.read.drawing import drawn, drawn_by_functions
from lumpver.model.network import Network, Opaque
from lumpver.proving import Proved, Unknown
from lumpver.trial.auditing.parts import put_together, taken_apart
from lumpver.trial.auditing.trials import _network

OPSETS = [helper.make_opsetid(domain, version) for domain, version in (("", 17), ("own", 1))]


def called(operator: str, domain: str = "own") -> Any:
    """A node that calls a function."""
    return node(operator, "x", "y", domain=domain)


def function(name: str, *nodes: Any, domain: str = "own", overload: str = "") -> Any:
    """A function of one input and one output."""
    made = helper.make_function(domain, name, ["x"], ["y"], list(nodes), OPSETS)
    made.overload = overload
    return made


def branching(*inner: Any) -> Any:
    """An If with these nodes in both branches."""
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(list(inner), "branch", [], [result])
    return node("If", "c", "y", then_branch=graph, else_branch=graph)


def whole(made: Any, *functions: Any) -> Any:
    """A model of one node and these functions."""
    found = helper.make_model(
        helper.make_graph([made], "g", [value(("x", [1])), value(("c", "bool", []))],
                          [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]),
        opset_imports=OPSETS, functions=functions,
    )  # fmt: skip
    found.ir_version = 10
    return found


NOISE = node("RandomNormalLike", "x", "y")
PLAIN = node("Softmax", "x", "y")
DRAWING = {
    "itself": (whole(NOISE), "Random"),
    "in training": (whole(node("Dropout", "x _ t", "y")), "Dropout"),
    "in another domain": (whole(node("BiasDropout", "x", "y", domain="com.microsoft")), "Dropout"),
    "in a branch": (whole(branching(node("Bernoulli", "x", "y"))), "Bernoulli"),
    "in a branch in a branch": (whole(branching(branching(NOISE))), "Random"),
    "in a function": (whole(called("F"), function("F", NOISE)), "Random"),
    "in a branch of a function": (whole(called("F"), function("F", branching(NOISE))), "Random"),
    "in a function in a branch": (whole(branching(called("F")), function("F", NOISE)), "Random"),
    "by a function that it calls": (
        whole(called("F"), function("F", called("G")), function("G", called("H")),
              function("H", node("Multinomial", "x", "y"))),
        "Multinomial",
    ),
    "by one of its forms": (
        whole(called("F"), function("F", PLAIN), function("F", NOISE, overload="2")), "Random",
    ),
    "by a name that a function borrows": (
        whole(NOISE, function("RandomNormalLike", PLAIN, domain="")), "Random",
    ),
    "two": (whole(called("F"), function("F", node("Bernoulli", "x", "h"), NOISE)), "Random"),
}  # fmt: skip
CALM = {
    "a tensor's name": whole(node("Softmax", "x", "RandomY")),
    "an attribute's name": whole(node("Tree", "x", "y", domain="own", RandomSplits=1)),
    "an attribute's text": whole(node("Tree", "x", "y", domain="own", mode="Dropout")),
    "a domain": whole(node("Tree", "x", "y", domain="org.RandomForest")),
    "a function's name": whole(called("Dropout_1"), function("Dropout_1", PLAIN)),
    "a function that is not called": whole(PLAIN, function("F", NOISE)),
    "functions that call each other": whole(
        called("F"), function("F", called("G")), function("G", called("F"))
    ),
}


def said(made: Any) -> str:
    """The word for what the only node draws."""
    return drawn(made.graph.node[0], drawn_by_functions(made))


@pytest.mark.parametrize("name", DRAWING)
def test_what_draws(name: str) -> None:
    """By its own name, or by what runs inside it, however deep."""
    made, word = DRAWING[name]
    assert said(made) == word


@pytest.mark.parametrize("name", CALM)
def test_what_only_looks_like_it(name: str) -> None:
    """Bytes that spell the name of a random operator are none."""
    assert said(CALM[name]) == ""


def test_functions_that_call_each_other_and_draw() -> None:
    """A circle of calls ends, and whoever calls into it draws."""
    made = whole(
        called("E"), function("E", called("F")), function("F", called("G")),
        function("G", called("F"), NOISE), function("H", PLAIN),
    )  # fmt: skip
    found = {name: word for (_, name), word in drawn_by_functions(made).items()}
    assert found == {"E": "Random", "F": "Random", "G": "Random", "H": ""}


def test_long_chains_of_calls() -> None:
    """As long as a file may hold."""
    links = [function(f"F{i}", called(f"F{i + 1}")) for i in range(3000)]
    assert said(whole(called("F0"), *links, function("F3000", NOISE))) == "Random"


def test_a_name_that_is_no_text() -> None:
    """Protobuf hands out bytes then."""
    nested = branching(PLAIN)
    for attribute in nested.attribute:
        inner = attribute.g.node[0]
        data = inner.SerializeToString().replace(b"Softmax", b"Random\xff")
        attribute.g.node[0].ParseFromString(data)
    assert said(whole(nested)) == "Random"


def noisy(operator: str) -> Network:
    """The difference of two nodes that say the same."""
    nodes = [node(operator, "x", "a"), node(operator, "x", "b"), node("Sub", "a b", "y")]
    return read(model(nodes).SerializeToString(), where="m")


def test_the_reader_says_it() -> None:
    """What is read knows it, and what is proved uses it."""
    draws = [item.draws for item in noisy("RandomNormalLike").nodes if isinstance(item, Opaque)]
    assert draws == ["Random", "Random", ""]
    assert isinstance(prove(noisy("Softmax"), noisy("Softmax")), Proved)
    assert isinstance(prove(noisy("RandomNormalLike"), noisy("RandomNormalLike")), Unknown)


def test_it_is_no_part_of_the_content() -> None:
    """Networks that differ in nothing else have one digest."""
    found = noisy("RandomNormalLike")
    nodes = [replace(item, draws="") if isinstance(item, Opaque) else item for item in found.nodes]
    assert replace(found, nodes=tuple(nodes)).digest == found.digest


def test_a_reducer_has_no_say() -> None:
    """What comes from its process draws, unless the original has the same node."""
    for operator, known in (("RandomNormalLike", "Random"), ("Det", "")):
        network = noisy(operator)
        nodes = [replace(n, draws="") if isinstance(n, Opaque) else n for n in network.nodes]
        back = put_together(taken_apart(replace(network, nodes=tuple(nodes))))
        assert all(item.draws for item in back.opaque)
        again = _network(back, network, onnx=False, most=0)
        assert [item.draws for item in again.opaque] == [known, known, ""]
        other = _network(back, noisy("SpaceToDepth"), onnx=False, most=0)
        assert [bool(item.draws) for item in other.opaque] == [True, True, False]
