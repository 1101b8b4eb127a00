"""Tests for `search.cones`, `checker.cones` and `rules.cones`: units that never switch, and why."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from onnx_models import network as read_model
from onnx_models import tensor, whole
from small_networks import graph
from switching import constant, drawn, in_reach, never, plain

from lumpver.checker import check
from lumpver.claim.certificate import Certificate, decode, encode
from lumpver.claim.certificate.claims import Digest
from lumpver.claim.facts import Fact
from lumpver.claim.signs import Sign, Signs
from lumpver.errors import Malformed, Rejected, TooLarge
from lumpver.model.activations import ABS, RELU, SIGMOID, leaky
from lumpver.model.forms import Columns
from lumpver.model.network import Network, Pointwise, linear
from lumpver.proving.proving import prove
from lumpver.reducing.reduction import reduce
from lumpver.search.cones import known, never_switching
from lumpver.search.lumping import LUMPING, RULES

if TYPE_CHECKING:
    from switching import Layer

    from lumpver.model.activations import Activation

ONE = fmpq(1)
DIGEST = Digest("0" * 64)
# r0 = ReLU(x), r1 = ReLU(y), r2 = ReLU(x + y): columns 2, 3, 4
FIRST = [[1, 0], [0, 1], [1, 1]], None
# r2 - r0 - r1 <= 0; its negative; one that switches; one whose sign needs no case
SECOND = [[-1, -1, 1], [1, 1, -1], [1, -1, 0], [1, 0, 1]], None
NAME = "h2.pre"


def chain(second: Any = SECOND, activation: Activation = RELU, first: Any = FIRST) -> Network:
    """Two hidden layers, and outputs that read all units."""
    last = [list(range(1, len(second[0]) + 1)), [1] * len(second[0])]
    return Network.from_layers([first, second, (last, None)], activation=activation)


def sign(unit: int = 0, *, up: bool = False, split: Any = (4,), leaves: Any = None) -> Sign:
    """That unit 0 is never positive: where x + y >= 0 it is r0 - x and r1 - y, else r0 and r1."""
    told = (((4, 1), (6, 1)), ((5, 1), (7, 1))) if leaves is None else leaves
    cases = tuple(tuple((g, fmpq(t)) for g, t in leaf) for leaf in told)
    return Sign(unit, up, tuple(split), cases)


def certificate(*signs: Sign, name: str = NAME, since: str = "x") -> Certificate:
    """Nothing is changed; this is shown."""
    return Certificate({}, DIGEST, DIGEST, signs={name: Signs(since, signs)})


def accepted(*signs: Sign, network: Network | None = None, **options: Any) -> None:
    """The checker accepts what is shown, of a network that stays as it is."""
    found = chain() if network is None else network
    check(found, found, certificate(*signs, **options))


def rejected(
    *signs: Sign, network: Network | None = None, match: str = "signs", **options: Any
) -> None:
    """The checker does not."""
    with pytest.raises(Rejected, match=match):
        accepted(*signs, network=network, **options)


def test_a_sign_by_two_cases() -> None:
    """The positive part of a sum is at most that of its terms; the negative of that, too."""
    accepted(sign())
    accepted(sign(), sign(1, up=True))
    accepted(sign(3, up=True, split=(), leaves=(((5, 1), (9, 1)),)))


@pytest.mark.parametrize("case", range(2))
def test_every_multiplier_counts(case: int) -> None:
    """One that is larger, smaller, missing, 0 or negative; one for another generator."""
    for place in range(2):
        for value in (fmpq(2), fmpq(1, 2), fmpq(0), fmpq(-1), None):
            leaves = [list(leaf) for leaf in sign().leaves]
            generator = leaves[case][place][0]
            leaves[case][place : place + 1] = [] if value is None else [(generator, value)]
            rejected(sign(leaves=leaves))
        for other in (0, 1, 2, 8, 9, leaves[case][0][0] ^ 1):
            leaves = [list(leaf) for leaf in sign().leaves]
            leaves[case][place] = (other, ONE)
            if other not in (8, 9):
                rejected(sign(leaves=leaves))


def test_negative_multipliers_show_nothing() -> None:
    """With one below 0 anything follows, as of a unit that switches."""
    form = sign(2, up=True, split=(), leaves=(((5, 1), (7, -1)),))
    rejected(form, match="multipliers above 0")


def test_cases() -> None:
    """Both are there, in order, of a column that there is; without a split it does not follow."""
    leaves = sign().leaves
    for wrong in (leaves[::-1], leaves[:1], (*leaves, leaves[0]), (leaves[0],) * 2, ((), ())):
        rejected(sign(leaves=wrong))
    for split in ((), (2,), (3,), (0,), (5,), (9,), (2, 4)):
        rejected(sign(split=split))
    for leaf in leaves:
        rejected(sign(split=(), leaves=(leaf,)))


def test_another_sign_or_unit() -> None:
    """What is never positive is not never negative; another unit has another form."""
    rejected(sign(up=True))
    for unit in (1, 2, 3):
        rejected(sign(unit))
    rejected(sign(4), match="units")


def test_a_number_that_is_left() -> None:
    """It may be above 0, never below."""
    for bias, right in ((0, True), (-1, True), (1, False)):
        network = chain((SECOND[0], [bias, 0, 0, 0]))
        (accepted if right else rejected)(sign(), network=network)


def test_columns_that_come_later() -> None:
    """A unit's own column, or one behind it, is not there yet: nothing is shown in a circle."""
    own = sign(2, up=True, split=(), leaves=(((11, 1),),))
    rejected(own, match="columns that there are")
    rejected(sign(2, up=True, split=(5,), leaves=((), ())), match="columns that there are")


def test_entries_of_an_input_are_anything() -> None:
    """Only what an activation makes is never negative: there entries may serve."""

    def behind(start: str) -> Network:
        nodes = (
            *([Pointwise("r", "x", start, RELU)] if start != "x" else []),
            linear("a", start, "h", [[1, 1], [1, -1]]), Pointwise("s", "h", "q", RELU),
            linear("b", "q", "k", [[1, 1], [1, 0]]), Pointwise("t", "k", "u", RELU),
            linear("c", "u", "y", [[1, 1]]),
        )  # fmt: skip
        return graph(*nodes, **dict.fromkeys(("x", start, "h", "q", "k", "u"), (2,)) | {"y": (1,)})

    rising = Sign(0, True, (), (((0, ONE), (2, ONE)),))
    accepted(rising, network=behind("p"), name="h", since="p")
    rejected(rising, network=behind("x"), name="h", since="x", match="never negative")
    rejected(rising, network=behind("p"), name="h", since="x")
    odd = Sign(0, True, (), (((1, ONE), (2, ONE)),))
    rejected(odd, network=behind("p"), name="h", since="p", match="never negative")


@pytest.mark.parametrize("function", [leaky("1/2"), ABS, leaky(2), leaky(-3)])
def test_other_slopes(function: Activation) -> None:
    """ReLU's reason is none for another slope, where r itself is no generator."""
    network = chain(activation=function)
    if function == ABS:  # |x + y| <= |x| + |y|: r - h and r + h, which are generators
        accepted(sign(), network=network)
    else:
        rejected(sign(3, up=True, split=(), leaves=(((5, 1), (9, 1)),)), network=network)
    found = known(never_switching(network)).get(NAME, {})
    below = function.slope is not None and function.slope < 1
    assert (found.get(0), found.get(1)) == ((False, True) if below else (True, False))


def test_where_forms_begin() -> None:
    """At a tensor from which they can be had, for one that a node makes."""
    for since in ("nowhere", "y", NAME):
        rejected(sign(), since=since, match="forms")
    rejected(sign(), name="nothing", match="tensor")
    rejected(sign(), name="x", match="tensor")
    curved = chain(activation=SIGMOID)
    rejected(sign(), network=curved, match="forms")
    assert never_switching(curved) == {}


def test_reductions() -> None:
    """Dead units go, those that are always on merge; nothing of it without the rule."""
    network = chain()
    found = reduce(network, rules=LUMPING)
    check(network, found.network, found.certificate)
    assert known(dict(found.certificate.signs)) == {NAME: {0: False, 1: True}}
    assert found.network.width[NAME] == 3
    rules = [rule for rule in LUMPING if rule != "stable"]
    assert reduce(network, rules=rules).network.width[NAME] == 4
    assert reduce(network, rules=rules).certificate.signs == {}
    for x in ([1, 2], ["-1/3", 5], [0, 0], [-7, -7], [3, -3]):
        assert network(x) == found.network(x)


def test_without_its_reason() -> None:
    """The same facts without what is shown of units are rejected."""
    found = reduce(chain(), rules=LUMPING)
    with pytest.raises(Rejected, match="switched off"):
        check(chain(), found.network, replace(found.certificate, signs={}))
    shown = found.certificate.signs[NAME]
    for wrong in ((shown.units[1],), (sign(leaves=((), ())), shown.units[1])):
        other = replace(found.certificate, signs={NAME: replace(shown, units=wrong)})
        with pytest.raises(Rejected):
            check(chain(), found.network, other)


def test_layers_that_are_always_on() -> None:
    """Where no unit of a layer switches the layer is affine, and multiplied out."""
    second = [[1, 1, -1], [2, 3, -2], [-1, -1, 1]], [0, 1, 0]
    network = chain(second)
    found = reduce(network)
    check(network, found.network, found.certificate)
    assert found.network.units == 3
    assert [one.end for one in found.replaced] == ["y"]
    for x in ([1, 2], ["-1/3", 5], [0, 0], [-7, -7], [3, -3]):
        assert network(x) == found.network(x)
    with pytest.raises(Rejected, match="forms"):
        check(network, found.network, replace(found.certificate, signs={}))


def test_deeper_signs_rest_on_others() -> None:
    """What is shown of one layer counts in the forms of the next."""
    third = [[1, 1, -1, 0], [0, 1, 0, -1]], [0, 0]
    network = Network.from_layers([FIRST, SECOND, third, ([[1, 2]], None)])
    shown = never_switching(network)
    assert list(shown) == [NAME]
    fourth = [[1, 1, 0, 0], [-1, -1, 0, 0]], None  # of a dead unit and one that is always on
    network = Network.from_layers([FIRST, SECOND, fourth, ([[1, 2]], None)])
    found = reduce(network)
    check(network, found.network, found.certificate)
    assert found.network.units < 5


def test_written_and_read() -> None:
    """As it was; and nothing that is not as it would be written."""
    found = certificate(sign(), sign(3, up=True, split=(), leaves=(((5, 1), (9, 1)),)))
    text = encode(found)
    assert decode(text).signs == found.signs
    for old, new in (
        (b'"split":[4],', b""),
        (b'"split":[4]', b'"split":[]'),
        (b'"split":[4]', b'"split":[4,4]'),
        (b'"split":[4]', b'"split":[4,3]'),
        (b'"split":[4]', b'"split":[1,2,3,4,5]'),
        (b'"split":[4]', b'"split":[4294967296]'),
        (b'"length":[2,2]', b'"length":[2,1]'),
        (b'"length":[2,2]', b'"length":[4]'),
        (b'"length":[2,2]', b'"length":[2,1,1]'),
        (b'"generator":[4,6,5,7]', b'"generator":[6,4,5,7]'),
        (b'"generator":[4,6,5,7]', b'"generator":[4,4,5,7]'),
        (b'"generator":[4,6,5,7]', b'"generator":[4,6,5,268435456]'),
        (b'"times":["1","1","1","1"]', b'"times":["1","1","1"]'),
        (b'"times":["1","1","1","1"]', b'"times":["1","1","1","0"]'),
        (b'"times":["1","1","1","1"]', b'"times":["1","1","1","-1"]'),
        (b'"times":["1","1","1","1"]', b'"times":["1","1","1",1]'),
        (b'"never":"positive"', b'"never":"zero"'),
        (b'"unit":3', b'"unit":0'),
        (b'"unit":3', b'"unit":-1'),
        (b'"unit":3', b'"unit":3,"more":1'),
        (b'"since":"x"', b'"since":""'),
        (b'"since":"x"', b'"since":null'),
        (b'"signs":{"h2.pre"', b'"signs":{},"h2.pre":{"h2.pre"'),
    ):  # fmt: skip
        assert old in text, old
        with pytest.raises(Malformed):
            decode(text.replace(old, new))


def judged(layers: list[Layer], slope: Fraction) -> tuple[int, int]:
    """How many units never switch by more than their weights' signs, and how many are not seen.

    None that is in reach is missed, none is wrong; the reduction is accepted and the same.
    """
    last = [[(-1) ** i * (i + 1) for i in range(len(layers[-1][0]))], [1] * len(layers[-1][0])]
    network = Network.from_layers([*layers, (last, None)], activation=leaky(str(slope)))
    truth = never(layers, slope)
    found = {(int(name[1]) - 1, unit, up) for name, some in known(never_switching(network)).items()
             for unit, up in some.items()}  # fmt: skip
    assert found <= truth
    hard = {
        (at, unit, up)
        for at, unit, up in truth
        if not constant(layers, at, unit, slope) and not (slope <= 0 and plain(layers, at, unit))
    }
    for at, unit, up in hard - found:
        assert at > 1 or not in_reach(layers, unit, up=up, slope=slope)
    reduction = reduce(network)
    check(network, reduction.network, reduction.certificate)
    without = reduce(network, rules=[rule for rule in RULES if rule != "stable"])
    assert reduction.network.units <= without.network.units
    for x in ([1, 2], [0, 0], [-3, 1], [5, -7], ["1/3", "-9/7"], [100, -90]):
        assert network(x[: network.widths[0]]) == reduction.network(x[: network.widths[0]])
    return len(hard), len(hard - found)


@pytest.mark.parametrize(("slope", "depth"), [("0", 2), ("0", 3), ("1/2", 2), ("-1", 2), ("2", 2)])
def test_none_is_missed(slope: str, depth: int) -> None:
    """Against z3: none is wrong, none that two cases show is missed."""
    hard = sum(judged(layers, Fraction(slope))[0] for layers in drawn(5, 40, depth=depth))
    assert hard > 10


@pytest.mark.long
@pytest.mark.parametrize(("slope", "depth"), [("0", 2), ("0", 3), ("1/2", 2), ("-1", 2), ("2", 2)])
def test_none_is_missed_of_thousands(slope: str, depth: int) -> None:
    """The same, of many."""
    for layers in drawn(11, 2000, depth=depth):
        judged(layers, Fraction(slope))


def test_a_reduction_is_proved() -> None:
    """From both networks alone, too."""
    assert prove(chain(), reduce(chain()).network).answer == "proved"


def crossed(*, second: bool, width: int = 2, unit: int = 0) -> tuple[Network, Certificate]:
    """Units that never switch along one axis, read along the other: y = (1, 0) A(Relu(x) W)."""
    text = "Relu x q; MatMul q W a; Relu a r; MatMul V r y"
    if not second:
        text = "Relu x q; MatMul q W a; MatMul V a y"
    W = np.diag([1.0] + [-1.0] * (width - 1)) if unit == 0 else np.eye(width)
    stored = tensor("W", W.tolist()), tensor("V", [[1.0, 0.0]])
    found = read_model(whole(text, *stored, x=(2, width)))
    signs = {"a": Signs("q", (Sign(unit, True, (), (((2 * unit, ONE),),)),))}
    return found, Certificate({"y": (Fact("y", since="a"),)}, signs=signs)


@pytest.mark.parametrize(("width", "unit"), [(2, 0), (5, 4)])
def test_signs_along_one_axis_say_nothing_along_another(width: int, unit: int) -> None:
    """Entry 0 of each row of a is never negative; row 0 of a may be."""
    one, proof = crossed(second=True, width=width, unit=unit)
    other, _ = crossed(second=False, width=width, unit=unit)
    with pytest.raises(Rejected):
        check(one, other, proof)


def test_more_columns_than_there_is_room_for() -> None:
    """Are refused before they are made."""
    columns = Columns(0)
    with pytest.raises(TooLarge):
        columns.requires(columns.room + 1)
    columns.requires(columns.room)
