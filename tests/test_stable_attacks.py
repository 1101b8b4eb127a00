"""Tests for the sign-stable rule where it met other things: found by attacking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flint import fmpq
from relabellings import rows

from lumpver import Proved, Refuted, prove
from lumpver.checker import check
from lumpver.checker.rules.signs import behind
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Bounds, Fact
from lumpver.errors import Rejected
from lumpver.exact.array import array, is_float
from lumpver.model.activations import IDENTITY, RELU, Activation, activation, clip, leaky
from lumpver.model.network import Linear, Network, Pointwise, Rearrange, Tensor, linear
from lumpver.model.weights import Identity
from lumpver.reducing.reduction import Reduction, reduce, reduce_by
from lumpver.search.lumping import LUMPING

if TYPE_CHECKING:
    from lumpver.model.relabelling import Relabelling

SUM = [[1, 0, 2], [0, 1, 1], [1, 1, 3]]
POINTS = [(0, 0), (1, 2), (-3, 5), ("1/3", -7), (9, "-5/2"), (-4, -4)]
ABS = activation("abs")


def network(shapes: dict[str, Any], *nodes: Any) -> Network:
    """The network of these nodes from the first tensor to the last."""
    tensors = {name: Tensor(name, "real", shape) for name, shape in shapes.items()}
    source, *_, target = tensors.values()
    return Network((source,), (target,), nodes, tensors)


def followed(*functions: Activation) -> Network:
    """Three units, a sum of two of them behind that, and activations one after the other."""
    shapes: dict[str, Any] = {"x": (2,), "p": (3,), "h": (3,), "a0": (3,)}
    nodes: list[Any] = [
        linear("first", "x", "p", [[1, -1], [2, 1], [-1, 1]], [0, 1, 0]),
        Pointwise("relu", "p", "h", RELU),
        linear("second", "h", "a0", SUM),
    ]
    for i, function in enumerate(functions):
        nodes.append(Pointwise(f"activation {i}", f"a{i}", f"a{i + 1}", function))
        shapes[f"a{i + 1}"] = (3,)
    nodes.append(linear("last", f"a{len(functions)}", "y", [[1, 1, 1], [1, 2, 3]]))
    return network(shapes | {"y": (2,)}, *nodes)


def accepted(found: Reduction) -> None:
    """The checker accepts, and both networks agree at points."""
    check(found.original, found.network, found.certificate)
    width = found.original.inputs[0].shape
    for point in POINTS if width == (2,) else [(x,) for x, _ in POINTS]:
        assert found.original(point) == found.network(point)


def claimed(W: Any, b: Any, claims: dict[str, Relabelling]) -> Reduction:
    """Two equal units and another, units with these weights behind them, and their sum."""
    layers = [([[1, -1], [1, -1], [-1, 2]], [0, 0, 1]), (W, b), ([[1] * len(b)], None)]
    return reduce_by(Network.from_layers(layers), claims)


@pytest.mark.parametrize(
    "functions",
    [
        (RELU, RELU),
        (IDENTITY, RELU),
        (RELU, IDENTITY, RELU),
        (leaky("1/2"), RELU),
        (leaky(-2), leaky(3), ABS),
        (ABS, leaky(0)),
        (IDENTITY, IDENTITY, leaky(-1)),
    ],
    ids=lambda functions: " ".join(map(str, functions)),
)
def test_activations_one_after_the_other(functions: tuple[Activation, ...]) -> None:
    """What the first leaves as it is, the next ones do as well."""
    found = reduce(followed(*functions), rules=LUMPING)  # no chain that is made anew
    assert found.network.width["a0"] == 2
    accepted(found)


def test_what_passes_an_activation() -> None:
    """Units that are >= 0 stay so where A(y) = y for y >= 0; nothing is said of others."""
    known = Bounds(array([1, 0]) > 0, array([0, 1]) > 0)
    for function in (RELU, ABS, IDENTITY, leaky(-3)):
        found = behind(known, function)
        low, high = function.image(None, None)
        if low is None:
            assert [found.of(0), found.of(1)] == [(0, None), (None, None)]
        else:
            assert found.common == (low, high)
    for function in (activation("tanh"), clip(-1, 1)):
        assert behind(known, function).common == (-1, 1)


def test_identity_hides_no_switch() -> None:
    """A sum with a part that may switch passes an Identity, which is linear, but no ReLU."""
    claim = rows([0, 1, -1], 2, mixed={2: {0: 1, 1: 1}})

    def changed(*functions: Activation) -> Reduction:
        made = followed(*functions)
        lead, relu, _, *rest = made.nodes
        second = linear("second", "h", "a0", [[3, 1, 0], [-1, 2, 0], [2, 3, 0]])
        nodes = (lead, relu, second, *rest)
        other = Network(made.inputs, made.outputs, nodes, made.tensors)
        return reduce_by(other, {"a0": claim})

    accepted(changed(IDENTITY))
    for functions in ((RELU,), (IDENTITY, RELU), (IDENTITY, leaky(2))):
        wrong = changed(*functions)
        assert any(wrong.original(point) != wrong.network(point) for point in POINTS)
        with pytest.raises(Rejected):
            check(wrong.original, wrong.network, wrong.certificate)


TWINS = rows([0, 0, 1], 2)


@pytest.mark.parametrize(
    ("W", "bias", "right"),
    [
        ([[-1, -2, 0], [1, 0, 1]], 0, True),
        ([[-1, -2, 0], [1, 0, 1]], 1, False),
        ([[-3, 1, 0], [1, 0, 1]], 0, True),  # by the sum of the twins' weights
        ([[-1, 1, 0], [1, 0, 1]], 1, False),
        ([[-1, 2, 0], [1, 0, 1]], 0, False),
    ],
)
def test_off_behind_what_was_merged(W: Any, bias: int, right: bool) -> None:
    """By the weights as they are or by their sums, and by the bias: it is never positive."""
    off = rows([1, 0], 1, ghosts=1, off=(1,))
    found = claimed(W, [bias, 0], {"h1.pre": TWINS, "h2.pre": off})
    if right:
        accepted(found)
        return
    assert any(found.original(point) != found.network(point) for point in POINTS)
    with pytest.raises(Rejected) as caught:
        check(found.original, found.network, found.certificate)
    assert caught.value.rule == "switched off"


def test_off_with_a_constant_beside() -> None:
    """What is off is 0, whatever its ghost is taken to be."""
    off = rows([1, 0], 1, ghosts=1, off=(1,), constant=[-5, 0])
    accepted(claimed([[-1, -2, 0], [1, 0, 1]], [-3, 0], {"h2.pre": off}))


def test_ghosts_of_any_scale_in_a_combination() -> None:
    """A ghost is its first member divided by that one's scale."""
    layers = [([[1, -1], [2, 1], [-1, 1]], None), (SUM, None), ([[0, 0, 0]], [3])]
    unread = Network.from_layers(layers)
    for entries, right in (({0: 2, 1: 1}, True), ({0: 1, 1: 1}, False), ({0: 4, 1: 1}, False)):
        claim = rows([0, 1, -1], 0, ghosts=2, scale=[2, 1, 1], mixed={2: entries})
        found = reduce_by(unread, {"h2.pre": claim})
        if right:
            accepted(found)
            continue
        with pytest.raises(Rejected):
            check(unread, found.network, found.certificate)


def test_off_beside_what_no_float_holds() -> None:
    """A unit that never fires, a bias behind it, sums that float64 cannot hold: it ends."""
    shapes = dict.fromkeys(("x", "p", "h", "s", "r"), (1,)) | {"t": (1,), "y": (2,)}
    made = network(
        shapes,
        linear("first", "x", "p", [[1]]),
        Pointwise("relu", "p", "h", RELU),
        linear("second", "h", "s", [[-2]]),
        Pointwise("again", "s", "r", RELU),
        Linear("beside", "r", "t", Identity(), array([0.1])),
        linear("last", "t", "y", [[0.1], [0.3]], [0.5, 0]),
    )
    assert reduce(made).network.units == 0
    accepted(reduce(made, floats_only=True))
    kept = reduce(made, floats_only=True, rules=LUMPING)
    assert kept.withheld
    accepted(kept)
    floats = (n.b for n in kept.network.nodes if isinstance(n, Linear) and n.b is not None)
    assert all(is_float(b) for b in floats)


def test_unused_beside_what_no_float_holds() -> None:
    """Where dropping an unused unit would move a bias out of float64, the unit stays."""
    made = network(
        {"x": (1,), "p": (2,), "h": (2,), "t": (2,), "y": (1,)},
        linear("first", "x", "p", [[1], [-1]], [0.5, 0]),
        Pointwise("relu", "p", "h", RELU),
        Linear("beside", "h", "t", Identity(), array([0.1, 0.3])),
        linear("last", "t", "y", [[0.3, 0]], [0.1]),
    )
    assert reduce(made).network.units == 1
    kept = reduce(made, floats_only=True)
    assert kept.network.units == 2
    accepted(kept)


def test_nothing_along_another_axis() -> None:
    """A node without numbers has as many units as its own axis, not as the one before."""
    same = ("p", "q", "s", "r")
    made = network(
        {"x": (3, 1)} | dict.fromkeys(same, (3, 2)) | {"y": (3, 1)},
        linear("first", "x", "p", [[2], [1]]),
        Linear("nothing", "p", "q", axis=-2),
        Linear("nothing more", "q", "s"),
        Pointwise("relu", "s", "r", RELU),
        linear("last", "r", "y", [[0, 1]]),
    )
    found = reduce(made)
    assert found.network.width["s"] == 1
    check(made, found.network, found.certificate)
    point = {"x": array([[1], [-2], ["1/3"]])}
    assert made.evaluate(point)["y"].tolist() == found.network.evaluate(point)["y"].tolist()


def test_signs_where_shapes_are_unknown() -> None:
    """How many units there are is known from the relabelling, where no shape says it."""
    made = network(
        dict.fromkeys(("x", "p", "h", "t", "s", "r", "y")),
        linear("first", "x", "p", [[1, -1], [2, -2], [-1, 1]]),
        Pointwise("relu", "p", "h", RELU),
        Linear("beside", "h", "t", Identity(), array([1, 2, 3])),
        linear("second", "t", "s", SUM),
        Pointwise("again", "s", "r", RELU),
        linear("last", "r", "y", [[1, 1, 1]]),
    )
    found = reduce(made)
    assert not found.lumping.relabellings["s"].is_plain
    check(made, found.network, found.certificate)


def test_blank_matrices_where_shapes_are_unknown() -> None:
    """What reads from further up is as wide as what is left there."""
    made = network(
        dict.fromkeys(("x", "p", "h", "s", "r", "y")),
        linear("first", "x", "p", [[1, 1], [2, 2]]),
        Pointwise("relu", "p", "h", RELU),
        linear("second", "h", "s", [[-1, -1], [-1, 0]]),
        Pointwise("again", "s", "r", RELU),
        linear("last", "r", "y", [[1, 1]], [7]),
    )
    found = reduce(made, rules=("merges", "stable"))
    assert [n.W.shape for n in found.network.nodes if isinstance(n, Linear) and n.W is not None] \
        == [(1, 2), (1, 1)]  # fmt: skip
    check(made, found.network, found.certificate)


@pytest.mark.parametrize("axis", [-1, -2])
def test_rearranged_signs(axis: int) -> None:
    """Signs follow the units through a transposition, before and behind the activation."""
    shape, turned = ((2, 3), (3, 2)) if axis == -1 else ((3, 2), (2, 3))
    made = network(
        {"x": shape, "p": shape, "h": shape, "q": turned, "s": turned, "t": shape, "r": shape,
         "y": (2, 1) if axis == -1 else (1, 2)},
        linear("first", "x", "p", [[1, -1, 0], [2, 1, 1], [-1, 1, 0]], [0, 1, 0], axis=axis),
        Pointwise("relu", "p", "h", RELU),
        Rearrange("turn", "h", "q", "Transpose", (1, 0)),
        linear("second", "q", "s", SUM, axis=-3 - axis),
        Rearrange("back", "s", "t", "Transpose", (1, 0)),
        Pointwise("again", "t", "r", leaky(2)),
        linear("last", "r", "y", [[1, 2, 3]], axis=axis),
    )  # fmt: skip
    found = reduce(made)
    assert found.network.width["s"] == 2
    check(made, found.network, found.certificate)


CLIP = Activation("Clip", (fmpq(0), fmpq(6)))
SIGMOID = activation("sigmoid")


@pytest.mark.parametrize(
    ("before", "after", "W", "b", "claim"),
    [
        (leaky("1/2"), RELU, SUM, [0, 0, 0], rows([0, 1, -1], 2, mixed={2: {0: 1, 1: 1}})),
        (IDENTITY, RELU, SUM, [0, 0, 0], rows([0, 1, -1], 2, mixed={2: {0: 1, 1: 1}})),
        (RELU, CLIP, SUM, [0, 0, 0], rows([0, 1, -1], 2, mixed={2: {0: 1, 1: 1}})),
        (RELU, RELU, SUM, [-1, -1, -2], rows([0, 1, -1], 2, mixed={2: {0: 1, 1: 1}})),
        (RELU, RELU, [[1, -1, 0], [1, -1, 0]], [0, 5], rows([0, 0], 1, constant=[0, 5])),
        (RELU, leaky("1/2"), [[-1, 0, 0], [1, 0, 0]], [0, 0], rows([1, 0], 1, ghosts=1, off=(1,))),
        (RELU, RELU, [[-1, 0, 0], [1, 0, 0]], [3, 0], rows([1, 0], 1, ghosts=1, off=(1,))),
        (leaky(2), RELU, [[-1, 0, 0], [1, 0, 0]], [0, 0], rows([1, 0], 1, ghosts=1, off=(1,))),
    ],
)
def test_what_is_needed_for_the_rule(
    before: Activation, after: Activation, W: Any, b: Any, claim: Relabelling
) -> None:
    """Where one condition fails the checker rejects, and `prove` refutes by itself."""
    first = ([[1, -1], [2, 1], [-1, 1]], [0, 1, 0], before)
    made = Network.from_layers([first, (W, b, after), ([[1] * len(b)], None)])
    found = reduce_by(made, {"h2.pre": claim})
    with pytest.raises(Rejected):
        check(made, found.network, found.certificate)
    answer = prove(made, found.network)
    assert isinstance(answer, Refuted)


def test_sigmoids_of_what_never_switches() -> None:
    """A sigmoid leaves nothing as it is: nobody says that the networks are equal."""
    first = ([[1, -1], [2, 1], [-1, 1]], [0, 1, 0])
    made = Network.from_layers([first, (SUM, None, SIGMOID), ([[1, 1, 1]], None)])
    other = Network.from_layers([first, (SUM[:2], None, SIGMOID), ([[2, 2]], None)])
    assert not isinstance(prove(made, other), Proved)


@pytest.mark.parametrize("function", [RELU, leaky("1/2")])
def test_off_takes_no_part_in_sums(function: Any) -> None:
    """A ghost that is off is below 0 before the activation: no reader may count on its sign."""
    eye = [[1, 0, 0], ["-3/2", 0, 1], ["-1/2", 0, 1]]
    ours = Network.from_layers([([[1]], None), ([[1], [-1], [1]], None, function),
                                (eye, None), ([[0, -1, 1]], None)])  # fmt: skip
    theirs = Network.from_layers([([[1]], None), ([[1]], None, function), ([[1]], None),
                                  ([[1]], None)])  # fmt: skip
    assert ours([1]) != theirs([1])

    for off in ((1,), ()):
        first = rows([0, 1, -1], 1, ghosts=1, off=off, mixed={2: {0: 2, 1: 1}})
        second = rows([0, 1, -1], 1, ghosts=1, mixed={2: {0: 1, 1: 1}})
        facts = {"h2.pre": (Fact("h2.pre", first),), "h3.pre": (Fact("h3.pre", second),)}
        with pytest.raises(Rejected):
            check(ours, theirs, Certificate(facts))
