"""Wrong forms and wrong signs, by name, each beside an honest twin: what each premise stops.

The honest twin is accepted; the attack differs from it in one thing, and is rejected by the rule
that is about it. Premises are those of theory F.1 and F.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from mutation.bends import HALF, joined, parted
from small_networks import graph
from test_cones import NAME, SECOND, sign
from test_cones import chain as two_layers
from test_forms import MAXIMUM, SINCE, SPLIT, TWO, chain, split_filters
from test_forms_slopes import bent

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.claim.signs import Sign, Signs
from lumpver.errors import Rejected
from lumpver.model.activations import ABS, RELU, SIGMOID, leaky
from lumpver.model.network import Network, Pointwise, Tensor, linear
from lumpver.model.relabelling import Relabelling
from lumpver.reducing.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Answer:
    """A network said to be what the original is, and why."""

    network: Network
    facts: Mapping[str, tuple[Fact, ...]] = field(default_factory=lambda: SINCE)
    signs: Mapping[str, Signs] = field(default_factory=dict)


@dataclass(frozen=True)
class Attack:
    """The rule that it breaks, an original, a right answer, and one that is wrong in one thing."""

    rule: str
    original: Network
    honest: Answer
    wrong: Answer


def anew(original: Network, honest: Network, wrong: Network, rule: str = "forms") -> Attack:
    """Two chains in the place of one."""
    return Attack(rule, original, Answer(honest), Answer(wrong))


def one(*rows: Any, read: Any, constant: Any = 0, activation: Any = RELU) -> Network:
    """Units (weight, bias) of one input, and an output that reads them."""
    weights = [[w] for w, _ in rows], [b for _, b in rows]
    return chain(weights, ([read], [constant]), activation=activation)


def deeper(inner: Any, outer: Any, *, read: Any = (1,)) -> Network:
    """A(B(x)) of two activations."""
    layers = [([[1]], None, inner), ([[1]], None, outer), ([list(read)], None)]
    return Network.from_layers(layers)


IDENTITIES: Final = {
    "a factor of 0: a number taken as a kink": anew(
        one((1, 0), (0, 3), read=[1, 2]), one((1, 0), read=[1], constant=6),
        one((1, 0), read=[3]),
    ),
    "a number below 0 taken through as it is": anew(
        one((1, 0), (0, -3), read=[1, 2]), one((1, 0), read=[1]),
        one((1, 0), read=[1], constant=-6),
    ),
    "a factor below 0 used as one above": anew(
        one((1, 1), (-2, -2), read=[1, 1]), one((1, 1), (-1, -1), read=[1, 2]),
        one((1, 1), read=[3]),
    ),
    "the line of a reflection turned": anew(
        one((1, 1), (-1, -1), read=[1, -1]), chain(([[1]], [1])), chain(([[-1]], [-1])),
    ),
    "the line of a reflection without its number": anew(
        one((1, 1), (-1, -1), read=[1, -1]), chain(([[1]], [1])), chain(([[1]], [0])),
    ),
    "a kink of the other sign": anew(
        one((1, 0), (-1, 0), read=[1, 1]), one((1, 0), (1, 0), (-1, 0), read=[2, -1, 1]),
        one((1, 0), (1, 0), (-1, 0), read=[-2, 1, 1]),
    ),
    "1 + a = 0: a line behind |y|, where there is none": anew(
        one((1, 0), (-1, 0), read=[1, -1], activation=ABS), chain(([[0]], None)),
        chain(([[1]], None)),
    ),
    "1 + a taken as 1": anew(
        one((1, 0), (-1, 0), read=[2, -2], activation=HALF), chain(([[3]], None)),
        chain(([[2]], None)),
    ),
    "slopes that differ: two units of one hyperplane as one": anew(
        bent((1, 1), (2, 2), slopes=(0, "1/2"), read=[1, -1]),
        bent((1, 1), (1, 1), slopes=(0, "1/2"), read=[1, -2]),
        bent((1, 1), (1, 1), slopes=(0, 0), read=[1, -2]),
    ),
    "slopes that differ: exchanged between units": anew(
        bent((1, 1), (1, 0), slopes=(0, "1/2"), read=[1, 1]),
        bent((1, 0), (1, 1), slopes=("1/2", 0), read=[1, 1]),
        bent((1, 0), (1, 1), slopes=(0, "1/2"), read=[1, 1]),
    ),
    "slopes one behind the other: not multiplied": anew(
        deeper(HALF, HALF), one((1, 0), read=[1], activation=leaky("1/4")),
        one((1, 0), read=[1], activation=HALF),
    ),
    "slopes one behind the other: of |y|, which has no sign": anew(
        deeper(ABS, HALF), one((1, 0), read=[1], activation=ABS),
        one((1, 0), read=[1], activation=leaky("-1/2")),
    ),
    "a slope that undoes another, with another factor": anew(
        deeper(HALF, leaky(2)), chain(([[1]], None)), one((1, 0), read=[1], activation=leaky(2)),
    ),
    "two forms for one column: hyperplanes that differ in a number": anew(
        one((1, 1), (-1, -1), read=[1, 1]), one((-1, -1), (1, 1), read=[1, 1]),
        one((1, 1), (-1, -2), read=[1, 1]),
    ),
    "two forms for one column: normals that differ in an entry": anew(
        chain(([[1, 1], [2, 2]], None), ([[1, 1]], None)), chain(([[1, 1]], None), ([[3]], None)),
        chain(([[1, 2]], None), ([[3]], None)),
    ),
    "a column behind another one than it is": anew(
        chain(([[1], [1]], [0, -1]), ([[1, -1]], ["-1/2"]), ([[1]], None)),
        chain(([[1], [1]], [-1, 0]), ([[-1, 1]], ["-1/2"]), ([[1]], None)),
        chain(([[1], [1]], [-1, 0]), ([[1, -1]], ["-1/2"]), ([[1]], None)),
    ),
    "a sum of columns of both signs taken through": anew(
        chain(([[1], [1]], [0, -1]), ([[1, 1]], [1]), ([[1]], None)),
        chain(([[1], [1]], [0, -1]), ([[1, 1]], [1])),
        chain(([[1], [1]], [0, -1]), ([[1, -1]], [1])),
    ),
    "a sum of leaky columns taken through": anew(
        chain(([[1, 0], [0, 1]], None), ([[1, 1]], None), ([[1]], None), activation=leaky("-1/2")),
        chain(([[1, 0], [0, 1]], None), ([[1, 1]], None), activation=leaky("-1/2")),
        chain(([[1, 0], [0, 1]], None), ([[1, 1]], None), activation=leaky("1/2")),
    ),
    "a ghost: a kink dropped that the output still has": anew(
        MAXIMUM, reduce(MAXIMUM).network, chain(([["1/2", "1/2"]], None)),
    ),
    "a ghost: a kink that one of two outputs still has": anew(
        chain(([[1], [-1]], None), ([[1, -1], [1, 1]], None)),
        chain(([[1], [-1]], None), ([[1, -1], [1, 1]], [0, 0])),
        chain(([[1], [1]], None)),
    ),
    "a ghost: a kink that the answer has, and nobody": anew(
        SPLIT, TWO, chain(([[1, 2], [3, -1], [1, 0]], [1, 0, 0]), ([[1, 1, 1]], None)),
    ),
    "branches that are added as others": anew(
        joined(), parted(), replace(parted(), nodes=(
            *parted().nodes[:2],
            linear("d", "t", "y", [["1/2", "1/2", 1], ["1/2", "-1/2", 0]], [0, 1]),
        )),
    ),
}  # fmt: skip


def behind(function: Any, first: Any, *, merged: Any = None) -> Network:
    """Units x, one behind the other: an activation, and what begins with what it makes.

    With `merged` of one unit for two, and these weights that read it.
    """
    rows = [[1, 2], [2, 4]] if merged is None else [[1, 2]]
    back = [[1, 2], [-1, -2]] if merged is None else merged
    return graph(
        linear("a", "x", "p", rows), Pointwise("r", "p", "q", function),
        linear("b", "q", "s", back), Pointwise("t", "s", "u", RELU),
        linear("c", "u", "y", first),
        x=(2,), p=(len(rows),), q=(len(rows),), s=(2,), u=(2,), y=(1,),
    )  # fmt: skip


def seen(network: Network, name: str) -> Network:
    """The same with a tensor for an output, too."""
    return replace(network, outputs=(*network.outputs, network.tensors[name]))


def beside(network: Network) -> Network:
    """The same with one more reader of what is within, an activation that bends elsewhere."""
    inner = network.nodes[1].outputs[0]
    tensors = {**network.tensors, "z": Tensor("z", shape=network.tensors[inner].shape)}
    nodes = (*network.nodes, Pointwise("z", inner, "z", SIGMOID))
    return replace(network, nodes=nodes, tensors=tensors, outputs=(*network.outputs, tensors["z"]))


FROM_Q: Final = {"y": (Fact("y", since="q"),)}
MERGED: Final = {
    "p": reduce(behind(RELU, [[1, -1]]), rules=("merges",)).certificate.tensors["p"], **FROM_Q,
}  # fmt: skip
GHOST: Final = Fact("p", Relabelling(np.array([0, 1]), np.ones(2), np.zeros(2), width=1, ghosts=1))
FEWER: Final = Answer(behind(RELU, [[1, -1]], merged=[[5], [-5]]), MERGED)
PLACES: Final = {
    "what is within is read beside": Attack(
        "forms", beside(TWO), Answer(beside(TWO), {}), Answer(beside(TWO))
    ),
    "what is within is an output": Attack(
        "forms", seen(TWO, "h1"), Answer(seen(TWO, "h1"), {}), Answer(seen(TWO, "h1"))
    ),
    "a start of which less is left, its factors forgotten": Attack(
        "forms", behind(RELU, [[1, -1]]), FEWER,
        Answer(behind(RELU, [[1, -1]], merged=[[3], [-3]]), MERGED),
    ),
    "a start of which a unit is left out that is read": Attack(
        "forms", behind(RELU, [[1, -1]]), FEWER,
        Answer(behind(RELU, [[1, -1]], merged=[[1], [-1]]), {**FROM_Q, "p": (GHOST,)}),
    ),
    "a start behind which an activation bends elsewhere": Attack(
        "forms", behind(SIGMOID, [[1, -1]]), Answer(behind(SIGMOID, [[1, -1]]), FROM_Q),
        Answer(behind(SIGMOID, [[1, -1]])),
    ),
    "an end that the answer has elsewhere": Attack(
        "forms", TWO, Answer(TWO), Answer(TWO, {"y": (Fact("h1", since="x"),)})
    ),
    "a padded window behind a kink that went": Attack(
        "forms", split_filters(3, 1), Answer(split_filters(3, 1), {}),
        Answer(reduce(split_filters(3, 1)).network, SINCE),
    ),
}  # fmt: skip


def shown(*signs: Sign, name: str = NAME, since: str = "x") -> dict[str, Signs]:
    """These signs of units of a tensor."""
    return {name: Signs(since, signs)}


def of_signs(honest: Sign, wrong: Sign, *, network: Network | None = None) -> Attack:
    """A right sign and a wrong one, of a network that stays as it is."""
    found = two_layers() if network is None else network
    return Attack("signs", found, Answer(found, {}, shown(honest)), Answer(found, {}, shown(wrong)))


NEVER: Final = sign().leaves
UP: Final = sign(3, up=True, split=(), leaves=(((5, 1), (9, 1)),))
OFF: Final = reduce(two_layers())
SIGNS: Final = {
    "a negative multiplier": of_signs(
        UP, sign(2, up=True, split=(), leaves=(((5, 1), (7, -1)),))
    ),
    "a multiplier of 0 for one that counts": of_signs(
        UP, sign(3, up=True, split=(), leaves=(((5, 1), (9, 0)),))
    ),
    "a column that comes later": of_signs(
        UP, sign(2, up=True, split=(), leaves=(((13, 1),),))
    ),
    "a unit shown by itself, in a circle": of_signs(
        UP, sign(2, up=True, split=(), leaves=(((11, 1),),))
    ),
    "an input taken as never negative": of_signs(
        UP, sign(3, up=True, split=(), leaves=(((0, 1), (5, 1)),))
    ),
    "a leaf that is missing": of_signs(sign(), sign(leaves=NEVER[:1])),
    "a leaf for the other side": of_signs(sign(), sign(leaves=NEVER[::-1])),
    "one leaf for both sides": of_signs(sign(), sign(leaves=(NEVER[0],) * 2)),
    "a split of a column that is not there": of_signs(sign(), sign(split=(9,))),
    "a split of an input": of_signs(sign(), sign(split=(0,))),
    "the other sign": of_signs(sign(), sign(up=True)),
    "another unit": of_signs(sign(), sign(2)),
    "a number below 0 that is left": Attack(
        "signs", two_layers((SECOND[0], [1, 0, 0, 0])),
        Answer(two_layers((SECOND[0], [1, 0, 0, 0])), {}, shown(sign(1, up=True))),
        Answer(two_layers((SECOND[0], [1, 0, 0, 0])), {}, shown(sign())),
    ),
    "a leaky column taken as ReLU's": Attack(
        "signs", two_layers(activation=HALF),
        Answer(two_layers(activation=HALF), {}, {}),
        Answer(two_layers(activation=HALF), {}, shown(UP)),
    ),
    "a unit that went without its reason": Attack(
        "switched off", two_layers(),
        Answer(OFF.network, OFF.certificate.tensors, OFF.certificate.signs),
        Answer(OFF.network, OFF.certificate.tensors),
    ),
}  # fmt: skip
ATTACKS: Final = IDENTITIES | PLACES | SIGNS


def verdict(attack: Attack, answer: Answer) -> str:
    """`accepted`, or the rule that rejects."""
    try:
        check(attack.original, answer.network, Certificate(answer.facts, signs=answer.signs))
    except Rejected as error:
        return error.rule
    return "accepted"


@pytest.mark.parametrize("name", ATTACKS)
def test_the_honest_twin_is_accepted(name: str) -> None:
    """What the attack imitates is right."""
    assert verdict(ATTACKS[name], ATTACKS[name].honest) == "accepted"


@pytest.mark.parametrize("name", ATTACKS)
def test_the_attack_is_rejected_by_its_rule(name: str) -> None:
    """By the rule that is about it."""
    assert verdict(ATTACKS[name], ATTACKS[name].wrong) == ATTACKS[name].rule


@pytest.mark.parametrize("name", IDENTITIES)
def test_what_is_attacked_differs(name: str) -> None:
    """The wrong answer is another function: at some small point the outputs are not the same."""
    attack = IDENTITIES[name]
    [tensor] = attack.original.inputs
    count = tensor.shape[0] if tensor.shape else 1
    points = [[a, b][:count] for a in (-3, -1, 0, 1, 2) for b in (-2, 0, 1, 3)]
    assert any(attack.original(x) != attack.wrong.network(x) for x in points)
    assert all(attack.original(x) == attack.honest.network(x) for x in points)
