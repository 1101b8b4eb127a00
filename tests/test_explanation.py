"""Tests for `lumpver.tell.explanation`: every fate is told, with numbers that are true."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from nasty import fractions
from planting import mixed
from several_facts import STAYS

from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed
from lumpver.model.evaluation import trace
from lumpver.model.network import Network
from lumpver.reducing.reduction import reduce
from lumpver.tell.explanation import explain, overview, unit_of
from lumpver.tell.summary import layers

LAYERS = [
    ([[1], ["1/3"], [0], [-1], [-2], [5]], [0, 0, "7/2", 0, 0, 1]),
    ([[1, 1, 1, 2, -1, 1]], None),
]
FOUND = reduce(Network.from_layers(LAYERS)).certificate


SENTENCES = {
    0: ("merged", "For every input, h1.pre[0] = 3/2 * reduced h1.pre[0]; merged with unit 1."),
    1: ("merged", "For every input, h1.pre[1] = 1/2 * reduced h1.pre[0]; merged with unit 0."),
    2: (
        "constant",
        (
            "For every input, h1.pre[2] = 7/2: no varying input reaches it; its constant was folded"
            " into the biases that read it."
        ),
    ),
    3: (
        "unused",
        (
            "No output depends on h1.pre[3], nor on its multiples 4: after merging, every weight"
            " that reads it is 0."
        ),
    ),
    5: ("kept", "For every input, h1.pre[5] = reduced h1.pre[1]."),
}


@pytest.mark.parametrize("unit", SENTENCES)
def test_every_fate(unit: int) -> None:
    """Merged, constant, unused, kept: each in one sentence with its numbers."""
    found = explain(FOUND, f"h1.pre[{unit}]")
    assert (found.fate, found.sentence) == SENTENCES[unit]
    assert found.unit == f"h1.pre[{unit}]"


def test_fields_of_a_merged_unit() -> None:
    """The numbers of the sentence are fields too."""
    found = explain(FOUND, "h1.pre[1]").as_dict()
    assert json.loads(json.dumps(found)) == found
    assert (found["counterpart"], found["block"], found["scale"]) == ("h1.pre", 0, "1/2")
    assert (found["partners"], found["constant"]) == ([0], None)


def test_fields_of_a_constant_and_of_an_unused_unit() -> None:
    """A constant has its value, an unused unit its multiples, neither a counterpart."""
    constant, unused = (explain(FOUND, f"h1.pre[{v}]") for v in (2, 4))
    assert (constant.constant, constant.counterpart, constant.block) == ("7/2", None, None)
    assert (unused.scale, unused.partners, unused.counterpart) == ("2", (3,), None)


@pytest.mark.parametrize(
    "unit",
    ["", "h1.pre", "h1.pre[", "h1.pre[]", "h1.pre[6]", "h1.pre[-1]", "h1.pre[0", "h1.pre[0]]",
     "h1.pre[ 0]", "h1[0]", "[0]", "h1.pre[1.0]", "h1.pre[a]", "h1.pre[1:3]", "h1.pre[²]",
     "h1.pre[" + "9" * 5000 + "]"],
    ids=lambda unit: unit[:14],
)  # fmt: skip
def test_units_that_are_not_there(unit: str) -> None:
    """What names no unit of a changed tensor is refused in one short line."""
    with pytest.raises(Malformed) as caught:
        explain(FOUND, unit)
    assert len(str(caught.value)) < 250
    assert "h1.pre" in caught.value.expected


@pytest.mark.parametrize(("claim", "unit"), [(FOUND, "y[0]"), (Certificate({}), "h1[0]")])
def test_units_of_other_layers_are_unchanged(claim: Certificate, unit: str) -> None:
    """Of a layer that the certificate does not name every unit stays, if there is one."""
    found = explain(claim, unit)
    assert (found.fate, found.unit) == ("unchanged", unit)
    assert found.sentence.startswith(f"{unit} is unchanged, if the model has a layer ")


def test_derived_tensors_have_no_units_of_their_own() -> None:
    """A tensor that only got another name follows from others."""
    assert explain(Certificate({"h1": (Fact("other"),)}), "h1[0]").fate == "derived"


@pytest.mark.parametrize("unit", ["h1[3]", "h1.pre[3]"])
def test_units_are_looked_up(unit: str) -> None:
    """A model knows the layer of a tensor behind an activation, and which units there are."""
    network = Network.from_layers(LAYERS)
    assert unit_of(network, unit) == "h1.pre[3]"
    for other in ("h1", "h1[6]", "h1[0:2]", "none[0]", ""):
        with pytest.raises(Malformed):
            unit_of(network, other)


def test_overview() -> None:
    """Each layer that changed is listed with the counts of `reduce`."""
    found = reduce(Network.from_layers(LAYERS))
    (row,) = overview(found.certificate)
    (layer,) = layers(found)
    assert row.as_dict() == {
        "name": "h1.pre", "units": 6, "left": 2, "merged": 1, "constant": 1, "unused": 2,
    }  # fmt: skip
    assert (row.left, row.merged) == (layer.units_after, layer.merged)
    assert overview(Certificate({"h1": (Fact("other"),)})) == ()


def test_names_with_brackets() -> None:
    """The last bracket is the index; the rest is the name."""
    network = Network.from_layers([([[1], [2]], None), ([[1, 1]], None)])
    entry = reduce(network).certificate.leads["h1.pre"]
    odd = Certificate({"a[1]": (entry,), "": (entry,)})
    assert explain(odd, "a[1][1]").fate == "merged"
    assert explain(odd, "[0]").fate == "merged"


def test_many_partners() -> None:
    """A large block is not listed in full."""
    network = Network.from_layers([(np.ones((100, 1)), None), (np.ones((1, 100)), None)])
    found = explain(reduce(network).certificate, "h1.pre[50]")
    assert found.sentence.endswith("merged with units 0, 1, 2, 3, 4, 5, 6, 7 and 91 more.")
    assert len(found.partners) == 99


@pytest.mark.parametrize("seed", range(30))
def test_what_is_said_is_true(seed: int) -> None:
    """Every equation holds at rational points, and unread units are really not read."""
    network = mixed(seed)
    found = reduce(network)
    width: Any = network.inputs[0].shape[0]  # type: ignore[index]
    for x in ([1] * width, [Fraction(-2, 3)] * width):
        ours, theirs = (trace(n, {"x": x}) for n in (network, found.network))
        for name in found.certificate.tensors:
            for v, value in enumerate(fractions(ours[name])):
                said = explain(found.certificate, f"{name}[{v}]")
                if said.fate == "constant":
                    off = said.constant is None and "stays where" in said.sentence
                    assert off or value == Fraction(said.constant or 0)
                elif said.fate not in ("unused", "derived"):
                    assert said.block is not None
                    image = fractions(theirs[name])[said.block]
                    assert value == Fraction(said.scale or 1) * image + Fraction(said.constant or 0)


def test_one_of_several_facts_is_told() -> None:
    """The first that says something of its own, and that there are others."""
    certificate = Certificate(STAYS)
    for unit in (0, 1):
        found = explain(certificate, f"p[{unit}]")
        assert (found.fate, found.block, found.partners) == ("merged", 0, (1 - unit,))
        assert found.sentence.endswith("one of 2 facts about p: each reader uses its own.")
    assert explain(certificate, "a[0]").fate == "derived"
    assert "facts" not in explain(certificate, "q[1]").sentence
    assert [layer.name for layer in overview(certificate)] == ["p", "q"]
    assert repr(certificate) == "<Certificate: 2 tensors relabelled, 4 units to 3>"
