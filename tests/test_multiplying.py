"""Layers without an undecided unit, multiplied out: in parts, and only where they are lines."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING

import jsonschema
import numpy as np
import pytest
from canonical import text
from certificate_tables import UNIT, of

import lumpver
from lumpver.bounds.knowing import known
from lumpver.checker import check
from lumpver.claim.certificate import Certificate, decode, encode
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.facts import Fact
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import Malformed, Rejected
from lumpver.exact.scalar import number
from lumpver.io.domains import read
from lumpver.model.activations import RELU, Activation, leaky
from lumpver.model.linear import linear, window_of
from lumpver.model.network import Network, Pointwise, Tensor
from lumpver.model.several import Several
from lumpver.model.weights import Kernel
from lumpver.model.window import Window
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lumpver.model.several import Activations


def box(count: int, low: object = 0, high: object = 1) -> Boxes:
    """The box in which all inputs are between two numbers."""
    return Boxes((Box.of({"x": [(low, high)] * count}),))


def bent(activation: Activations = RELU, last: Sequence[object] = (1, 1, 1, 1)) -> Network:
    """Units x + 1, 2 x + 1, -x - 1 and x - 2 behind an activation, and what is made of them."""
    nodes = (
        linear("a", "x", "t", [[1], [2], [-1], [1]], [1, 1, -1, -2]),
        Pointwise("p", "t", "h", activation),
        linear("b", "h", "y", [last], [3]),
    )
    widths = {"x": 1, "t": 4, "h": 4, "y": 1}
    tensors = {name: Tensor(name, shape=(1, width)) for name, width in widths.items()}
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


def product(network: Network, W: object, b: object) -> Network:
    """One affine node in the place of all."""
    tensors = {name: network.tensors[name] for name in "xy"}
    return replace(network, nodes=(linear("b", "x", "y", [[W]], [b]),), tensors=tensors)


def accepts(network: Network, other: Network, domain: Boxes | None, *names: str) -> None:
    """The checker takes it, with these activations as lines."""
    claim = EVERYTHING if domain is None else Claim(domain=domain)
    check(network, other, Certificate({}, claim=claim, straight=names), claim=claim)


@pytest.mark.parametrize(
    ("activation", "W", "b"),
    [
        (RELU, 3, 5),  # x + 1 and 2 x + 1; the others are off on [0, 1]
        (leaky(number("1/2")), 3, "7/2"),  # and half of -1 - x + x - 2
        (Activation("Abs"), 3, 8),
        (Activation("Clip", (number(0), number(5))), 3, 5),
        (Activation("Clip", (number(-5), number(5))), 3, 2),
        (Several(tuple(leaky(number(s)) for s in (0, 0, 1, 0)), -1), 2, 4),
    ],
)
def test_lines_are_multiplied_out(activation: Activations, W: object, b: object) -> None:
    """Each unit by its own line; with any other numbers it is rejected."""
    network = bent(activation)
    accepts(network, product(network, W, b), box(1), "h")
    for other in (product(network, 9, b), product(network, W, "1/7")):
        with pytest.raises(Rejected, match="affine"):
            accepts(network, other, box(1), "h")


@pytest.mark.parametrize("domain", [box(1, 0, 3), box(1, -1, 1), None])
def test_a_unit_that_may_switch_is_no_line(domain: Boxes | None) -> None:
    """Nor is anything known for all inputs, or on a box that is larger."""
    network = bent()
    with pytest.raises(Rejected, match="lines"):
        accepts(network, product(network, 3, 5), domain, "h")


def test_all_boxes_of_a_domain_count() -> None:
    """One of two decides nothing."""
    network, near = bent(), box(1).boxes
    accepts(network, product(network, 3, 5), Boxes((*near, *box(1, 1, "3/2").boxes)), "h")
    with pytest.raises(Rejected, match="lines"):
        accepts(network, product(network, 3, 5), Boxes((*near, *box(1, 1, 3).boxes)), "h")


@pytest.mark.parametrize("name", ["t", "y", "x", "nothing"])
def test_what_is_named_is_an_activation(name: str) -> None:
    """Whatever else it is, its numbers count as they are."""
    network = bent()
    with pytest.raises(Rejected, match="lines"):
        accepts(network, product(network, 3, 5), box(1), name)


def test_what_is_not_named_stays() -> None:
    """A product in the place of an activation that is not named has no counterpart."""
    network = bent()
    with pytest.raises(Rejected):
        accepts(network, product(network, 3, 5), box(1))


def test_slopes_along_another_axis() -> None:
    """They are of no unit."""
    slopes = Several(tuple(leaky(number(s)) for s in ("1/2", 1)), -2)
    network = bent(slopes)
    tensors = {n: replace(t, shape=(2, *t.shape[1:])) for n, t in network.tensors.items()}  # type: ignore[index]
    network = replace(network, inputs=(tensors["x"],), outputs=(tensors["y"],), tensors=tensors)
    with pytest.raises(Rejected, match="lines"):
        accepts(network, product(network, 3, 5), box(2), "h")


def test_units_of_no_affine_node() -> None:
    """What an activation reads has to have an axis."""
    nodes = (Pointwise("p", "x", "h", RELU), linear("b", "h", "y", [[3]]))
    tensors = {name: Tensor(name, shape=(1, 1)) for name in "xhy"}
    network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    with pytest.raises(Rejected, match="lines"):
        accepts(network, product(network, 3, 0), box(1), "h")


def trained(widths: Sequence[int], seed: int = 0) -> Network:
    """Random float32 layers, never negative: no unit switches where inputs are not."""
    draw = np.random.default_rng(seed)
    return Network.from_layers(
        [
            (
                np.abs(draw.normal(size=(m, n))).astype(np.float32),
                np.abs(draw.normal(size=m)).astype(np.float32) + 1,
            )
            for n, m in pairwise(widths)
        ]
    )


@pytest.mark.parametrize("widths", [(2, 30, 3), (1, 20, 20, 1), (9, 30, 2), (2, 30, 30, 9)])
def test_a_file_has_the_product_in_parts(tmp_path: Path, widths: tuple[int, ...]) -> None:
    """Exact in float32, in fewer bytes, with a short certificate."""
    network = trained(widths)
    model, small = tmp_path / "m.onnx", tmp_path / "s.onnx"
    lumpver.save(network, model)
    found = lumpver.reduce_file(model, small, box=lambda net: read("[0, 1]", net))
    assert found.reduction.network.units == 0
    assert found.bytes_after < found.bytes_before
    straight = found.reduction.certificate.straight
    assert straight == tuple(f"h{i}" for i in range(1, len(widths) - 1))
    point = ["1/3"] * widths[0]
    assert found.reduction.network(point) == network(point)
    assert found.certificate.stat().st_size < 1500
    lumpver.check(model, small, found.certificate, claim=found.reduction.certificate.claim)
    assert lumpver.explain(found.certificate, "h1.pre[1]").fate == "multiplied"
    with pytest.raises(Malformed, match="nothing took the place of"):
        found.reduction.recover("h1.pre", [1])


def test_where_it_would_grow_it_is_left() -> None:
    """Wide on both sides, narrow between: the factors are fewer numbers."""
    network = trained((20, 6, 20))
    made = reduce(network, known=known(network, box(20)), floats_only=True)
    assert made.network.units == 0
    assert made.certificate.straight == ()
    check(network, made.network, made.certificate, claim=made.certificate.claim)


def test_what_may_not_be_composed_is_left() -> None:
    """Without the rule `compose`."""
    network = trained((2, 30, 3))
    rules = ("merges", "constants", "stable", "unused")
    made = reduce(network, known=known(network, box(2)), rules=rules)
    assert made.certificate.straight == ()
    assert made.network.units == 0


def test_a_window_in_front() -> None:
    """A convolution with padding, and a 1 x 1 one behind it, are one convolution."""
    draw = np.random.default_rng(1)
    window = Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1))
    W = np.abs(draw.normal(size=(8, 2 * 9))).astype(np.float32)
    V = np.abs(draw.normal(size=(3, 8))).astype(np.float32)
    shift = np.ones(8, dtype=np.float32)
    first = replace(linear("a", "x", "t", W, shift, axis=-3), weights=Kernel(W, window))
    nodes = (first, Pointwise("p", "t", "h", RELU), linear("b", "h", "y", V, axis=-3))
    tensors = {
        n: Tensor(n, shape=(1, c, 4, 4)) for n, c in {"x": 2, "t": 8, "h": 8, "y": 3}.items()
    }
    network = Network((tensors["x"],), (tensors["y"],), nodes, tensors)
    made = reduce(network, known=known(network, box(32)))
    assert made.certificate.straight == ("h",)
    check(network, made.network, made.certificate, claim=made.certificate.claim)
    (whole,) = made.network.nodes
    assert window_of([whole]) == window  # type: ignore[list-item]


STRAIGHT = of(Fact("u"), claim=Claim(UNIT), straight=("h", "~a", "b"))


def test_names_are_written_and_read() -> None:
    """In order, whatever order they came in; the schema knows them."""
    data = encode(STRAIGHT)
    assert sorted(decode(data).straight) == ["b", "h", "~a"]
    assert encode(decode(data)) == data == text(json.loads(data))
    schema = files("lumpver.claim.certificate").joinpath("schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator(json.loads(schema)).validate(json.loads(data))


@pytest.mark.parametrize("said", [[], ["b", "b"], ["h", "b"], [""], [1], "h", None, {"h": 1}])
def test_other_texts_are_refused(said: object) -> None:
    """Empty lists, names twice or out of order, and what is no name."""
    found = json.loads(encode(STRAIGHT))
    found["straight"] = said
    with pytest.raises(Malformed, match="straight"):
        decode(text(found))


def test_only_on_a_box_and_beside_facts() -> None:
    """For all inputs there are no bounds; a covering says nothing of activations."""
    found = json.loads(encode(STRAIGHT))
    found["claim"]["domain"] = "all inputs"
    with pytest.raises(Malformed, match="no such member without a box"):
        decode(text(found))
    found = json.loads(encode(STRAIGHT))
    del found["tensors"]
    found["covering"] = {"trees": ["."]}
    with pytest.raises(Malformed, match="straight"):
        decode(text(found))
