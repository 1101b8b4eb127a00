"""Products, quotients and extremes of tensors: whose scales multiply, what goes, what must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_networks import graph

from lumpver import prove, reduce
from lumpver.checker import check
from lumpver.checker.rules.joining import alike, factors
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array, zeros
from lumpver.exact.scalar import number
from lumpver.model.activations import RELU, Activation
from lumpver.model.join import Join
from lumpver.model.network import Network, Pointwise, Pool, Rearrange, linear
from lumpver.model.relabelling import Relabelling
from lumpver.proving import Proved, Refuted

Rows = Any


def product(operator: Any, h: Rows, g: Rows, *, gate: Any = RELU, behind: Any = RELU) -> Network:
    """y = C A(ReLU(h x) * G(g x)), rows being weights and a bias."""
    width = len(h)
    nodes = (
        linear("h", "x", "h", [row[:-1] for row in h], [row[-1] for row in h]),
        Pointwise("r", "h", "r", RELU),
        linear("g", "x", "g", [row[:-1] for row in g], [row[-1] for row in g]),
        Pointwise("s", "g", "s", gate),
        Join("m", ("r", "s"), "m", operator),
        Pointwise("a", "m", "a", behind),
        linear("y", "a", "y", [[*range(1, width + 1)]]),
    )
    return graph(*nodes, x=(2,), y=(1,), **dict.fromkeys("hrgsma", (width,)))


def left(network: Network) -> tuple[int, int]:
    """How many units are left of both factors; what is left is checked, and computes the same."""
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    for point in ([1, -1], [2, 5], [-3, "1/7"]):
        assert found.network(point) == network(point)
    assert not isinstance(prove(network, found.network, effort=2000), Refuted)
    return found.network.width["h"], found.network.width["g"]


ONE, TWICE, SIX = [1, 2, 4], [2, 4, 8], [6, 12, 24]
E, EE, EEE = [3, -1, 1], [6, -2, 2], [9, -3, 3]
SOFT = Activation("HardSigmoid", (number("1/4"), number("1/2")))


@pytest.mark.parametrize(
    ("h", "g", "count"),
    [
        ([ONE, TWICE], [E, E], 1),
        ([ONE, TWICE], [E, EE], 1),
        ([ONE, TWICE, SIX], [E, EEE, EE], 1),
        ([ONE, ONE], [E, [1, 1, 1]], 2),
        ([ONE, [1, 2, 5]], [E, E], 2),
        ([ONE, [0, 0, 3]], [E, [0, 0, 5]], 1),
        ([ONE, [0, 0, 3]], [E, [1, 1, 0]], 2),
    ],
)
def test_scales_of_factors_multiply(h: Rows, g: Rows, count: int) -> None:
    """Each factor has its own; units are one where both are multiples."""
    assert left(product("Mul", h, g)) == (count, count)


def test_a_gate_that_has_no_multiples_keeps_its_own() -> None:
    """The other factor may still have them, unless what reads the product has none."""
    assert left(product("Mul", [ONE, TWICE], [E, E], gate=SOFT)) == (1, 1)
    assert left(product("Mul", [ONE, TWICE], [E, EE], gate=SOFT)) == (2, 2)
    assert left(product("Mul", [ONE, TWICE], [E, E], behind=SOFT)) == (2, 2)
    assert left(product("Mul", [ONE, ONE], [E, E], behind=SOFT)) == (1, 1)


def test_a_factor_that_is_0_makes_0() -> None:
    """Whatever the other is: it goes from both, unless somebody else reads it."""
    network = product("Mul", [ONE, [0, 0, 0]], [E, [1, 1, 0]])
    assert left(network) == (1, 1)
    assert left(product("Mul", [ONE, [0, 0, -3]], [E, [1, 1, 0]])) == (1, 1)
    assert left(product("Mul", [ONE, E], [E, [0, 0, -1]])) == (1, 1)
    other = linear("z", "s", "z", [[1, 1]])
    both = replace(network, nodes=(*network.nodes, other))
    shapes = {name: tensor.shape for name, tensor in network.tensors.items()}
    whole = graph(*both.nodes, outputs="y z", z=(1,), **shapes)
    found = reduce(whole)
    assert check(whole, found.network, found.certificate)
    assert found.network.width["g"] == 2


def test_what_divides_is_no_0() -> None:
    """A numerator that is 0 stays where the divisor may be 0; constants are divided."""
    above = [0, 0, 2]
    assert left(product("Div", [ONE, above], [E, [0, 0, 4]], gate=SHIFT)) == (1, 1)
    assert left(product("Div", [ONE, TWICE], [E, E], gate=SHIFT)) == (1, 1)
    assert left(product("Div", [ONE, [0, 0, 0]], [E, [1, 1, 0]], gate=SHIFT)) == (2, 2)


SHIFT = Activation("Clip", (number(1), number(3)))


@pytest.mark.parametrize("operator", ["Max", "Min", "Mean"])
def test_extremes_and_means_have_one_scale(operator: Any) -> None:
    """As sums have."""
    assert left(product(operator, [ONE, TWICE], [E, EE])) == (1, 1)
    assert left(product(operator, [ONE, TWICE], [E, E])) == (2, 2)
    assert left(product(operator, [ONE, [0, 0, 3]], [E, [0, 0, 5]])) == (1, 1)
    assert left(product(operator, [ONE, [0, 0, 3]], [E, [1, 1, 5]])) == (2, 2)


def excited(h: Rows, g: Rows) -> Network:
    """Channels along the first axis, times what is made of their means; as squeeze and excite."""
    width = len(h)
    nodes = (
        linear("h", "x", "h", h, axis=-2),
        Pointwise("r", "h", "r", RELU),
        Pool("q", "r", "q", "mean", -2),
        linear("g", "q", "g", g, axis=-2),
        Pointwise("s", "g", "s", SOFT),
        Join("m", ("r", "s"), "m", "Mul"),
        linear("y", "m", "y", [[*range(1, width + 1)]], axis=-2),
    )
    wide = dict.fromkeys("hrm", (width, 3)) | dict.fromkeys("qgs", (width, 1))
    return graph(*nodes, x=(2, 3), y=(1, 3), **wide)


def test_channels_that_are_squeezed_and_excited_go() -> None:
    """Those that are multiples, or 0, with equal gates; the gate reads what it is made for."""
    h = [[1, 2], [2, 4], [0, 0], [1, -1]]
    network = excited(h, [[1, 1, 5, 1], [1, 1, 5, 1], [7, 0, 0, 1], [1, 0, 2, 0]])
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert found.network.width["h"] == 2
    point = [[1, -2, 3], [4, 0, 1]]
    assert network(point) == found.network(point)
    other = excited(h, [[1, 1, 5, 1], [1, 2, 5, 1], [7, 0, 0, 1], [1, 0, 2, 0]])
    assert reduce(other).network.width["h"] == 3


def rows(block: list[int], scale: Any = None, constant: Any = None, **options: Any) -> Relabelling:
    """A relabelling of two units, or three."""
    count = len(block)
    given = {"width": max(block) + 1} | options
    return Relabelling(
        np.array(block),
        np.ones(count) if scale is None else array(scale),
        zeros(count) if constant is None else array(constant),
        **given,
    )


def of(operator: Any) -> Join:
    """A join of two."""
    return Join("m", ("a", "b"), "m", operator)


def test_factors_are_told_row_by_row() -> None:
    """Scales, constants, zeros; the rest are columns of their own."""
    a = rows([0, 0, -1, -1, 1], [2, 3, 1, 1, 1], [0, 0, 0, 5, 0])
    b = rows([0, 0, 1, -1, -1], [5, 7, 1, 1, 1], [0, 0, 0, 2, 3])
    found = factors(of("Mul"), a, b)
    assert found.block.tolist() == [0, 0, -1, -1, 2]
    assert found.scale.tolist()[:2] == [10, 21]
    assert found.constant.tolist() == [0, 0, 0, 10, 0]
    assert (found.width, found.ghosts) == (2, 1)


WRONG: Any = {
    "other widths": (factors, "Mul", rows([0, 1]), rows([0, 0])),
    "0 in front of what may be 0": (factors, "Div", rows([0, -1], width=2), rows([0, 1])),
    "a number in front of an entry": (
        factors, "Div", rows([0, -1], None, [0, 1], width=2), rows([0, 1]),
    ),
    "divided by 0": (factors, "Div", rows([0, -1], None, [0, 1]), rows([0, -1])),
    "a negative scale in a maximum": (alike, "Max", rows([0, 0], [1, -1]), rows([0, 0], [1, -1])),
    "two constants in a maximum": (
        alike, "Max", rows([0, 0], None, [0, 1]), rows([0, 0], None, [0, 2]),
    ),
    "two scales in a minimum": (alike, "Min", rows([0, 0], [1, 2]), rows([0, 0], [1, 3])),
    "another block in a mean": (alike, "Mean", rows([0, 1]), rows([1, 0])),
    "two constants along another axis": (
        alike, "Concat", rows([0, -1], None, [0, 1]), rows([0, -1], None, [0, 2]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_rows_that_do_not_follow_are_rejected(name: str) -> None:
    """Each premise, wrong by itself."""
    rule, operator, a, b = WRONG[name]
    node = replace(of("Max"), operator=operator, axis=-3 if operator == "Concat" else None)
    with pytest.raises(Rejected, match="join"):
        rule(node, a, b) if rule is factors else rule(node, [a, b])


def test_extremes_of_constants_are_constants() -> None:
    """Whatever they are."""
    found = alike(of("Max"), [rows([0, -1], [2, 1], [0, 3]), rows([0, -1], [2, 1], [0, 5])])
    assert (found.block.tolist(), found.constant.tolist()) == ([0, -1], [0, 5])


OURS = product("Mul", [ONE, TWICE], [E, EE])
LAST = linear("y", "a", "y", [[9]])  # 1 + 2 times 2 times 2
SMALL = product("Mul", [ONE], [E])
SMALL = replace(SMALL, nodes=(*SMALL.nodes[:-1], LAST))
HALVES = {name: (Fact(name, rows([0, 0], [1, 2])),) for name in "hg"}


def test_the_honest_certificate_is_accepted() -> None:
    """What the attacks below start from."""
    assert check(OURS, SMALL, Certificate(HALVES))


@pytest.mark.parametrize("weight", [5, 3, 8])
def test_another_product_of_scales_is_rejected(weight: int) -> None:
    """Not the sum, nor one of them."""
    nodes = (*SMALL.nodes[:-1], linear("y", "a", "y", [[weight]]))
    with pytest.raises(Rejected, match="affine"):
        check(OURS, replace(SMALL, nodes=nodes), Certificate(HALVES))


def test_one_factor_that_stays_is_rejected() -> None:
    """The other would be another unit's."""
    with pytest.raises(Rejected):
        check(OURS, SMALL, Certificate({"h": HALVES["h"]}))


def test_a_broadcast_across_units_is_no_factor() -> None:
    """(C, 1) against (1, C): units of one are repeated along those of the other."""

    def crossed(width: int, last: Any) -> Network:
        nodes = (
            linear("h", "x", "h", [[1], [2]][:width], axis=-2),
            linear("g", "z", "g", [[1], [1]][:width], axis=-1),
            Join("m", ("h", "g"), "m", "Mul"),
            linear("y", "m", "y", last, axis=-2),
        )
        shapes = {"h": (width, 1), "g": (1, width), "m": (width, width), "y": (1, width)}
        return graph(*nodes, inputs="x z", x=(1, 1), z=(1, 1), **shapes)

    ours = crossed(2, [[1, 1]])
    kept = reduce(ours)
    assert check(ours, kept.network, kept.certificate)
    assert kept.network.width["h"] == 2
    said = Certificate({"h": (Fact("h", rows([0, 0], [1, 2])),)})
    theirs = crossed(1, [[3]])
    with pytest.raises(Rejected):
        check(ours, theirs, said)


def test_a_factor_for_all_units_leaves_them() -> None:
    """It is repeated along their axis, in both; a constant beside an entry would not pass."""

    def masked(width: int, shift: int, last: Any) -> Network:
        nodes = (
            linear("h", "x", "h", [[1], [2]][:width], [shift, 2 * shift][:width], axis=-2),
            Join("m", ("h", "z"), "m", "Mul"),
            linear("y", "m", "y", last, axis=-2),
        )
        shapes = {"h": (width, 3), "m": (width, 3), "y": (1, 3), "z": (1, 3)}
        return graph(*nodes, inputs="x z", x=(1, 3), **shapes)

    said = Certificate({"h": (Fact("h", rows([0, 0], [1, 2])),)})
    assert check(masked(2, 1, [[1, 1]]), masked(1, 1, [[3]]), said)
    wrong = masked(2, 1, [[1, 1]])
    other = replace(masked(1, 1, [[3]]), inputs=wrong.inputs)
    turned = [replace(n, operator="Add") if isinstance(n, Join) else n for n in other.nodes]
    ours = [replace(n, operator="Add") if isinstance(n, Join) else n for n in wrong.nodes]
    with pytest.raises(Rejected, match="relabelled"):
        check(replace(wrong, nodes=tuple(ours)), replace(other, nodes=tuple(turned)), said)
    constant = Certificate({"h": (Fact("h", rows([0, -1], None, [0, 5])),)})
    fixed = linear("h", "x", "h", [[1], [0]], [1, 5], axis=-2)
    odd = replace(wrong, nodes=(fixed, *wrong.nodes[1:]))
    with pytest.raises(Rejected, match="no constant"):
        check(odd, masked(1, 1, [[1]]), constant)


def test_curves_may_gate() -> None:
    """What is irrational is compared as what it is, and never evaluated."""
    network = product("Mul", [ONE, TWICE, [0, 0, 0]], [E, E, EE], gate=Activation("Sigmoid"))
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    assert (found.network.width["h"], found.network.width["g"]) == (1, 1)


@pytest.mark.parametrize("operator", ["Mul", "Div", "Max", "Min"])
def test_joint_lumping_tells_factors_apart(operator: Any) -> None:
    """By scale, sign, order and what is joined; one that is reduced is proved in one step."""
    gate = SHIFT if operator == "Div" else RELU
    first = product(operator, [ONE, TWICE], [E, EE if operator != "Div" else E], gate=gate)
    found = reduce(first).network
    assert found.width["h"] == 1
    assert prove(first, found).step == "joint lumping"
    others = (
        product(operator, [ONE, SIX], [E, EE], gate=gate),
        product(operator, [ONE, TWICE], [E, [-6, 2, -2]], gate=gate),
        product(operator, [TWICE, ONE], [E, EE], gate=gate),
        product("Add", [ONE, TWICE], [E, EE], gate=gate),
    )
    for other in others:
        answer = prove(first, other, effort=20000)
        assert not isinstance(answer, Proved)
    nodes = [replace(n, operands=("s", "r")) if isinstance(n, Join) else n for n in first.nodes]
    turned = prove(first, replace(first, nodes=tuple(nodes)), effort=20000)
    assert not isinstance(turned, Refuted if operator != "Div" else Proved)


def test_positions_of_a_gate_are_told_apart() -> None:
    """A gate for each channel, one for each position, and one for each entry are three things."""

    def gated(shape: Any, axis: int) -> Network:
        nodes = (
            linear("h", "x", "h", [[1, 2], [3, 1]], axis=-2),
            Rearrange("g", "z", "g", "Reshape", shape),
            linear("s", "g", "s", [[1] * shape[axis]] * shape[axis], axis=axis),
            Join("m", ("h", "s"), "m", "Mul"),
            linear("y", "m", "y", [[1, 1]], axis=-2),
        )
        shapes = {"h": (2, 2), "g": shape, "s": shape, "m": (2, 2), "y": (1, 2)}
        return graph(*nodes, inputs="x z", x=(2, 2), z=(2,), **shapes)

    channels, positions = gated((2, 1), -2), gated((1, 2), -1)
    assert isinstance(prove(channels, gated((2, 1), -2)), Proved)
    same = linear("", "", "", [[1, 0], [0, 1]]).weights
    plain, other = (
        [replace(n, weights=same) if n.name == "s" else n for n in network.nodes]
        for network in (channels, positions)
    )
    one, two = replace(channels, nodes=tuple(plain)), replace(positions, nodes=tuple(other))
    assert isinstance(prove(one, two), Refuted)
    assert isinstance(prove(channels, one), Refuted)
