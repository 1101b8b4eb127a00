"""Units that are always on, carried by what they read: columns that no unit is, also twice."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from relabellings import rows

import lumpver
from lumpver.bounds.knowing import known
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.facts import Fact
from lumpver.claim.statement import EVERYTHING, Claim
from lumpver.errors import Rejected
from lumpver.exact.array import array, rationals
from lumpver.exact.product import matmul
from lumpver.exact.scalar import number
from lumpver.io.domains import read
from lumpver.model.activations import RELU, Activation
from lumpver.model.linear import linear
from lumpver.model.network import Network, Pointwise, Tensor
from lumpver.model.several import Several
from lumpver.reducing.reduction import reduce
from lumpver.tell.summary import layers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lumpver.model.several import Activations

W = [[1, 1], [1, 2], [2, 1], [1, -1], [3, 1]]
V = [[1, 2, 3, 4, 5], [1, "1/3", 0, 0, 1]]
LIFT = [1, 2]


def box(low: object = -1, high: object = 1, count: int = 2) -> Boxes:
    """The box in which all inputs are between two numbers."""
    return Boxes((Box.of({"x": [(low, high)] * count}),))


def chain(first: tuple[Any, Any], last: tuple[Any, Any], activation: Activations = RELU) -> Network:
    """Two affine nodes, and an activation between them."""
    nodes = (
        linear("a", "x", "t", *first), Pointwise("p", "t", "h", activation),
        linear("b", "h", "y", *last),
    )  # fmt: skip
    sizes = {"x": len(first[0][0]), "t": len(first[0]), "h": len(first[0]), "y": len(last[0])}
    tensors = {name: Tensor(name, shape=(1, size)) for name, size in sizes.items()}
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


def original(b: Any = 9, activation: Activations = RELU) -> Network:
    """Five units of two inputs, on wherever those are between -1 and 1, and one that switches."""
    return chain(([*W, [1, 0]], [*[b] * 5, 0]), ([[*row, 7] for row in V], [1, 2]), activation)


def carrying(
    *, lift: Any = LIFT, part: Any = "1/7", off: Any = 0, twin: Any = (1, 0), more: Any = 0,
    activation: Activations = RELU,
) -> Network:  # fmt: skip
    """The one that switches, both inputs, and the first once more: `part` of its factors is there.

    `off` is what these are off by, `twin` and `more` say how the copy is made.
    """
    P = rationals(matmul(array(V), array(W)))
    shift = 9 - rationals(matmul(array(W), array(LIFT)))
    last = [
        [7, P[i, 0] - number(part) + (number(off) if i else 0), P[i, 1], number(part)]
        for i in range(2)
    ]
    bias = rationals(matmul(array(V), shift)) + rationals(array([1, 2]))
    first = (
        [[1, 0], [1, 0], [0, 1], list(twin)],
        [0, lift[0], lift[1], number(lift[0]) + number(more)],
    )
    return chain(first, (last, bias.tolist()), activation)


def fact() -> Fact:
    """Each unit as a sum of both inputs, lifted."""
    constants = 9 - rationals(matmul(array(W), array(LIFT)))
    mixed = {v: {1: row[0], 2: row[1]} for v, row in enumerate(W)}
    found = rows([-1] * 5 + [0], 4, mixed=mixed, constant=[*constants.tolist(), 0])
    return Fact("t", found)


def accepts(ours: Network, theirs: Network, domain: Boxes | None = None) -> None:
    """The checker takes it."""
    claim = Claim(domain=box() if domain is None else domain)
    check(ours, theirs, Certificate({"t": (fact(),)}, claim=claim), claim=claim)


def test_inputs_carry_units_that_are_on() -> None:
    """In two columns that are equal, whose factors add up; both networks agree."""
    ours, theirs = original(), carrying()
    accepts(ours, theirs)
    for x in ([0, 0], ["1/3", -1], [1, 1], [-1, "-2/7"]):
        assert ours(x) == theirs(x)


@pytest.mark.parametrize(
    "change",
    [
        {"off": "1/1024"},  # a factor that is off
        {"lift": ["1023/1024", 2]},  # below 0 somewhere
        {"twin": (1, "1/64")},  # not the same column
        {"more": "1/64"},
        {"lift": ["1/2", 2], "more": "1/2"},
    ],
)
def test_what_is_off_is_rejected(change: dict[str, Any]) -> None:
    """Each of these is another function, or is not shown to be the same."""
    with pytest.raises(Rejected):
        accepts(original(), carrying(**change))


@pytest.mark.parametrize(
    ("domain", "b"),
    [
        (box(-1, 1), 1),  # x - y + 1 may switch
        (box(-2, 1), 9),  # x + 1 may be negative
        (box(-9, 9), 9),
    ],
)
def test_only_on_a_box_where_all_are_on(domain: Boxes, b: object) -> None:
    """Neither a unit that switches nor a lift that is too small passes."""
    with pytest.raises(Rejected, match=r"activation|affine"):
        accepts(original(b), carrying(), domain)


def test_a_unit_that_switches_is_not_carried() -> None:
    """Though all columns that it is written by pass, and all numbers fit."""
    ours = chain((W, [9, 9, 9, 1, 9]), (V, None))
    constants = rationals(array([9, 9, 9, 1, 9])) - rationals(matmul(array(W), array(LIFT)))
    P, bias = matmul(array(V), array(W)), matmul(array(V), constants)
    theirs = chain(([[1, 0], [0, 1]], LIFT), (P, bias))
    found = rows([-1] * 5, 2, mixed={v: dict(enumerate(row)) for v, row in enumerate(W)},
                 constant=constants.tolist())  # fmt: skip
    proof = {"t": (Fact("t", found),)}
    for domain, right in ((box("-1/4", "1/4"), True), (box(), False)):
        claim = Claim(domain=domain)
        certificate = Certificate(proof, claim=claim)
        if right:
            check(ours, theirs, certificate, claim=claim)
        else:
            with pytest.raises(Rejected, match="activation"):
                check(ours, theirs, certificate, claim=claim)


def test_not_for_all_inputs() -> None:
    """Nothing is bounded there."""
    with pytest.raises(Rejected):
        check(original(), carrying(), Certificate({"t": (fact(),)}, claim=EVERYTHING))


def test_not_behind_activations_of_their_own() -> None:
    """Columns that no unit is have to pass by the one that all have."""
    leaky = [Activation("LeakyRelu", (number(s),)) for s in ("1/2", "1/2", "1/4", 0, 0, 0)]
    ours = original(activation=Several(tuple(leaky), -1))
    theirs = carrying(activation=Several(tuple(leaky[2:]), -1))
    with pytest.raises(Rejected):
        accepts(ours, theirs)
    same = Activation("LeakyRelu", (number("1/2"),))
    accepts(original(activation=same), carrying(activation=same))


def test_two_bounded_columns_are_not_equal() -> None:
    """Factors of one may not be given to the other."""
    theirs = carrying()
    last = theirs.nodes[-1]
    swapped = linear("b", "h", "y", np.asarray(last.W)[:, [0, 1, 3, 2]], last.b)  # type: ignore[union-attr]
    with pytest.raises(Rejected, match="affine"):
        accepts(original(), replace(theirs, nodes=(*theirs.nodes[:-1], swapped)))


def trained(widths: Sequence[int], seed: int) -> Network:
    """Random float32 layers with large biases: most units are on."""
    draw = np.random.default_rng(seed)
    return Network.from_layers(
        [
            (
                draw.normal(size=(m, n)).astype(np.float32),
                (draw.normal(size=m) + 3 * (seed % 3)).astype(np.float32),
            )
            for n, m in pairwise(widths)
        ]
    )


@pytest.mark.parametrize(("seed", "low"), [(0, 0), (1, 0), (2, 0), (4, -1), (5, "-1/3")])
def test_files_with_fewer_units(tmp_path: Path, seed: int, low: object) -> None:
    """Never more units or bytes than without, and the same function on the box."""
    network = trained((2, 60, 40, 3), seed)
    model, small = tmp_path / "m.onnx", tmp_path / "s.onnx"
    lumpver.save(network, model)
    found = lumpver.reduce_file(model, small, box=lambda net: read(f"[{low}, 1]", net))
    assert found.checked.evidence == "certificate"
    assert found.bytes_after <= found.bytes_before
    for point in (["1/3", "2/3"], [0, 1], [1, 1]):
        assert found.reduction.network(point) == network(point)
    left = layers(found.reduction)
    assert all(layer.kept_unrepresentable >= 0 for layer in left)
    assert sum(layer.units_after for layer in left) == found.reduction.network.units


def test_fewer_units_than_are_on() -> None:
    """Where what is read is narrow; also in exact numbers, where nothing is carried twice."""
    network = trained((2, 60, 40, 3), 1)
    domain = box(0, 1)
    on = known(network, domain)
    before = sum((low or -1) >= 0 for low, _ in (on.of("h1.pre", -1).of(v) for v in range(60)))
    made = reduce(network, known=on, floats_only=True)
    assert before > 2 * 4
    assert made.network.width["h1.pre"] < before
    exact = reduce(network, known=on)
    assert exact.network.units <= made.network.units
    for one in (made, exact):
        check(network, one.network, one.certificate, claim=one.certificate.claim)
