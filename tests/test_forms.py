"""Tests for `model.forms`, `model.regions`, `checker.forms`, `search.kinks`, `quotient.chains`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st
from small_networks import graph

from lumpver.checker import check
from lumpver.claim.certificate import Certificate, decode, encode
from lumpver.claim.certificate.claims import Digest
from lumpver.claim.facts import Fact
from lumpver.errors import Malformed, Rejected
from lumpver.exact.array import array
from lumpver.exact.scalar import ONE, ZERO, number
from lumpver.model.activations import ABS, RELU, SIGMOID, leaky
from lumpver.model.forms import CONSTANT, Columns, Form, needed, starting
from lumpver.model.linear import Linear
from lumpver.model.network import Network, Pointwise, Tensor, linear
from lumpver.model.regions import between, through
from lumpver.model.relabelling import Relabelling
from lumpver.model.weights import Kernel, Matrix
from lumpver.model.window import Window
from lumpver.reducing.reduction import reduce
from lumpver.search.directions import coordinates, spanning
from lumpver.search.kinks import chained

if TYPE_CHECKING:
    from lumpver.model.activations import Activation

SINCE = {"y": (Fact("y", since="x"),)}


def accepted(original: Network, reduced: Network, facts: Any = None) -> None:
    """The checker accepts that both have the same forms."""
    check(original, reduced, Certificate(SINCE if facts is None else facts))


def rejected(original: Network, reduced: Network, facts: Any = None, match: str = "forms") -> None:
    """The checker rejects it, by that rule."""
    with pytest.raises(Rejected, match=match):
        accepted(original, reduced, facts)


def chain(*layers: Any, activation: Any = RELU) -> Network:
    """A chain of these layers."""
    return Network.from_layers(list(layers), activation=activation)


MAXIMUM = chain(
    ([[1, 1], [-1, -1], [1, -1], [-1, 1]], None), ([["1/2", "-1/2", "1/2", "1/2"]], None)
)
SPLIT = chain(  # each unit of TWO, t, as ReLU(t) - ReLU(-t), then as it is
    ([[1, 2], [-1, -2], [3, -1], [-3, 1]], [1, -1, 0, 0]),
    ([[1, -1, 0, 0], [0, 0, 1, -1]], None),
    ([[1, 1]], None),
)
TWO = chain(([[1, 2], [3, -1]], [1, 0]), ([[1, 1]], None))


def value(forms: Any, columns: Columns, x: Any) -> list[fmpq]:
    """What forms are at an input."""
    known: dict[int, fmpq] = {CONSTANT: ONE, **dict(enumerate(x))}

    def at(form: Form) -> fmpq:
        return sum((factor * known[column] for column, factor in form.items()), ZERO)

    for place, (form, slope) in enumerate(zip(columns.behind, columns.slopes, strict=True)):
        y = at(form)
        known[columns.inputs + place] = y if y >= 0 else slope * y
    return [at(form) for form in forms]


@given(
    st.lists(st.integers(-3, 3), min_size=2, max_size=2),
    st.sampled_from([RELU, ABS, leaky("1/3"), leaky(-2)]),
)
def test_reflections_are_identities(x: list[int], function: Activation) -> None:
    """A(-h) = A(h) - (1 + a) h, for every slope and at every point."""
    columns, slope = Columns(2), function.slope
    assert slope is not None
    forms = [{0: ONE, 1: 2 * ONE, CONSTANT: -ONE}, {0: -3 * ONE, 1: -6 * ONE, CONSTANT: 3 * ONE}]
    found = [columns.activated(form, slope) for form in forms]
    assert len(columns.behind) == 1
    y = [fmpq(v) for v in x]
    h = y[0] + 2 * y[1] - 1
    assert value(found, columns, y) == [function(h), function(-3 * h)]


def test_signs_pass() -> None:
    """Sums of what is never negative stay as they are; the negative of it is 0, or a times it."""
    columns = Columns(1)
    up = columns.activated({0: ONE}, ZERO)
    assert columns.activated({1: 2 * ONE, CONSTANT: ONE}, ZERO) == {1: 2, CONSTANT: 1}
    assert columns.activated({1: -ONE}, ZERO) == {}
    assert columns.activated({1: -ONE}, fmpq(1, 2)) == {1: fmpq(-1, 2)}
    assert columns.activated({CONSTANT: -ONE}, ZERO) == {}
    assert up == {1: 1}
    assert len(columns.behind) == 1
    assert columns.activated({1: ONE, 0: -ONE}, ZERO) == {1: 1, 0: -1}  # ReLU(-x)
    assert columns.activated({1: -ONE, 0: ONE}, ZERO) == {}
    columns.activated({1: ONE, CONSTANT: -ONE}, ZERO)  # may switch
    columns = Columns(1)
    columns.activated({0: ONE}, fmpq(1, 2))
    columns.activated({1: ONE, CONSTANT: ONE}, ZERO)  # a leaky unit may be negative
    assert len(columns.behind) == 2


def test_what_forms_need() -> None:
    """The columns in a form, and those in what is behind them."""
    columns = Columns(1)
    first = columns.activated({0: ONE, CONSTANT: ONE}, ZERO)
    second = columns.activated({1: ONE, 0: -2 * ONE}, ZERO)
    columns.activated({0: ONE}, ZERO)
    assert needed([second], columns) == [1, 2]
    assert needed([first], columns) == [1]


def test_directions() -> None:
    """As few as span, inputs where that is as few; factors add up to the part."""
    parts = [{0: ONE, 1: 2 * ONE}, {0: 2 * ONE, 1: 4 * ONE}, {}]
    assert spanning(parts) == ({0: ONE, 1: 2 * ONE},)
    assert coordinates([{0: -ONE, 1: -2 * ONE}], spanning(parts)) == [[-1]]
    assert spanning([]) == ()
    assert coordinates([{}], ()) == [[]]


def test_a_maximum_of_four_units_needs_fewer() -> None:
    """max(a, b) as TLL writes it: the sum of both has no kink, the difference has one."""
    found = reduce(MAXIMUM)
    check(MAXIMUM, found.network, found.certificate)
    assert found.network.units == 3
    assert [one.carries for one in found.replaced] == [True]
    for x in ([1, 2], ["-1/3", 5], [0, 0], [-7, -7]):
        assert MAXIMUM(x) == found.network(x) == (max(number(x[0]), number(x[1])),)


def test_a_split_network_comes_back() -> None:
    """Units split into pairs whose kinks cancel: the old layers, weights bit for bit."""
    found = reduce(SPLIT, rules=("merges", "constants", "unused", "reflect"))
    check(SPLIT, found.network, found.certificate)
    assert found.network.units == 2
    ours, theirs = ([n.W.tolist() for n in net.nodes if isinstance(n, Linear) and n.W is not None]
                    for net in (found.network, TWO))  # fmt: skip
    assert ours == theirs


def test_without_the_rule_nothing_cancels() -> None:
    """What has to be carried is for `kinks`, not for `reflect`; with neither nothing goes."""
    assert reduce(MAXIMUM, rules=("merges", "reflect")).network.units == 4
    assert reduce(SPLIT, rules=("merges", "unused")).network.units == 6


def test_layers_that_never_switch_go() -> None:
    """By the signs of weights alone, where no units reflect each other; not if one may switch."""
    first, last = ([[1, 2], [3, -1], [1, 1]], [0, 1, -1]), ([[1, -2, 1]], None)
    steady = chain(first, ([[1, 0, 2], [0, 1, 1], [1, 1, 1]], [1, 0, 2]), last)
    found = reduce(steady)
    check(steady, found.network, found.certificate)
    assert found.network.units == 3
    assert steady([1, "-1/2"]) == found.network([1, "-1/2"])
    switches = chain(first, ([[1, 0, 2], [0, -1, 1], [1, 1, 1]], [1, 0, 2]), last)
    assert reduce(switches).network.units == 6
    off = chain(first, ([[1, 0, 2], [0, 1, 1], [-1, -1, -1]], [1, 0, 0]), last)
    assert reduce(off).network.units == 2
    leaks = chain(
        first, ([[1, 0, 2], [0, 1, 1], [1, 1, 1]], [1, 0, 2]), last, activation=leaky("1/2")
    )
    assert reduce(leaks).network.units == 6


def test_units_that_somebody_keeps_stay() -> None:
    """A chain made anew has no units by their old names."""
    assert reduce(MAXIMUM, keep=frozenset({("h1.pre", 0)})).network.units == 4


@pytest.mark.parametrize("layer", range(2))
@pytest.mark.parametrize("what", ["weight", "bias"])
def test_one_number_of_the_chain(layer: int, what: str) -> None:
    """Any weight or bias of the reduced network that differs is seen."""
    found = reduce(SPLIT)
    nodes = [*found.network.nodes]
    place = [i for i, node in enumerate(nodes) if isinstance(node, Linear)][layer]
    node = nodes[place]
    assert isinstance(node, Linear)
    assert node.W is not None
    W, b = node.W.copy(), np.zeros(len(node.W)) if node.b is None else node.b.copy()
    if what == "weight":
        W[0, 0] += 1
    else:
        b[0] += 1
    nodes[place] = linear(node.name, node.input, node.output, W, b)
    wrong = replace(found.network, nodes=tuple(nodes))
    rejected(SPLIT, wrong, found.certificate.tensors)


def test_another_activation() -> None:
    """Another slope, or none, has other columns; an activation that bends is no form at all."""
    accepted(TWO, TWO)
    for other in (leaky("1/2"), ABS):
        rejected(TWO, chain(([[1, 2], [3, -1]], [1, 0]), ([[1, 1]], None), activation=other))
    curved = chain(([[1, 2], [3, -1]], [1, 0]), ([[1, 1]], None), activation=SIGMOID)
    rejected(TWO, curved)
    rejected(curved, TWO)


def test_signs_that_are_not_there() -> None:
    """A leaky unit is no sum of what is never negative; nor is an input."""
    twice = ([[1]], None), ([[1]], None), ([[1]], None)
    accepted(chain(*twice), chain(([[1]], None), ([[1]], None)))
    rejected(chain(*twice, activation=leaky("1/2")), chain(([[1]], None), ([[1]], None),
                                                            activation=leaky("1/2")))  # fmt: skip


def test_the_factor_of_a_reflection() -> None:
    """ReLU(-2 t) is 2 ReLU(t) - 2 t: with another factor, or sign, it is not."""
    original = chain(([[1], [-2]], None), ([[2, -1]], None))
    accepted(original, chain(([[2]], None)))
    rejected(original, chain(([[1]], None)))
    rejected(original, chain(([[-2]], None)))
    rejected(chain(([[1], [-2]], None), ([[2, 1]], None)), chain(([[2]], None)))


def test_what_is_read_beside() -> None:
    """A region whose inside is read by something else, or is an output, is none."""
    nodes = (*TWO.nodes, linear("k", TWO.nodes[0].outputs[0], "z", [[1, 1]]))
    both = replace(
        TWO, nodes=nodes, outputs=(*TWO.outputs, Tensor("z", shape=TWO.outputs[0].shape))
    )
    rejected(both, both, match="read by nothing else")
    inner = TWO.nodes[1].outputs[0]
    seen = replace(TWO, outputs=(*TWO.outputs, TWO.tensors[inner]))
    rejected(seen, seen, match="read by nothing else")


def test_where_regions_begin() -> None:
    """At a tensor that is there and known, and what is left of it leads to the end."""
    for start in ("nowhere", "y"):
        rejected(TWO, TWO, {"y": (Fact("y", since=start),)})
    twins = graph(
        linear("a", "x", "p", [[1], [2]]), Pointwise("r", "p", "q", RELU),
        linear("b", "q", "s", [[1, 1]]), Pointwise("t", "s", "u", RELU),
        linear("c", "u", "y", [[1]]),
    )  # fmt: skip
    merged = reduce(twins, rules=("merges",))
    facts = {**merged.certificate.tensors, "y": (Fact("y", since="q"),)}
    accepted(twins, merged.network, facts)
    nodes = tuple(replace(node, input="p") if node.input == "q" else node
                  for node in merged.network.nodes)  # fmt: skip
    rejected(twins, replace(merged.network, nodes=nodes), facts)


def test_what_is_left_of_a_start_has_its_axis() -> None:
    """One relabelled along another axis has no columns that the region reads."""
    square = graph(
        linear("a", "x", "p", [[1, 2], [2, 4]], axis=-2), linear("b", "p", "s", [[1, 1], [1, -1]]),
        Pointwise("t", "s", "u", RELU), linear("c", "u", "y", [[1, 1]]),
        x=(2, 2), p=(2, 2), s=(2, 2), u=(2, 2), y=(2, 1),
    )  # fmt: skip
    half = replace(square, nodes=(linear("a", "x", "p", [[1, 2]], axis=-2), *square.nodes[1:]))
    left = Relabelling(np.array([0, 0]), np.array([1.0, 2.0]), np.zeros(2), width=1)
    rejected(square, half, {"p": (Fact("p", left),), "y": (Fact("y", since="p"),)}, match="region")


@pytest.mark.parametrize("padded", [False, True])
def test_constants_of_a_start_meet_every_tap(*, padded: bool) -> None:
    """A constant is none where padding stands for it."""
    window = Window((3,), (1,), (1,), (int(padded),), (int(padded),))
    taps = np.array([[1, 2, 3, 1, 1, 1]], dtype=float)
    first = linear("a", "x", "p", [[1], [0]], [0, 2], axis=-2)
    rest = (Pointwise("r", "p", "q", RELU), Linear("b", "q", "s", Kernel(taps, window), None, -2),
            Pointwise("t", "s", "u", RELU), linear("c", "u", "y", [[1]], axis=-2))  # fmt: skip
    made = 5 if padded else 3
    widths = {"x": 1, "p": 2, "q": 2, "s": 1, "u": 1, "y": 1}
    shapes = {n: (w, made if n in "suy" else 5) for n, w in widths.items()}
    both = graph(first, *rest, **shapes)
    one = Linear("b", "q", "s", Kernel(taps[:, :3], window), np.array([6.0]), -2)
    nodes = linear("a", "x", "p", [[1]], axis=-2), rest[0], one, *rest[2:]
    left = graph(*nodes, **(shapes | {"p": (1, 5), "q": (1, 5)}))
    fixed = Relabelling(np.array([0, -1]), np.ones(2), np.array([0.0, 2.0]), width=1)
    facts = {"p": (Fact("p", fixed),), "y": (Fact("y", since="q"),)}
    if padded:
        rejected(both, left, facts, match="padding")
    else:
        accepted(both, left, facts)


def test_certificates_hold_it() -> None:
    """Written and read; with more or less it is malformed."""
    digest = Digest("0" * 64)
    text = encode(Certificate(SINCE, digest, digest))
    [fact] = decode(text).tensors["y"]
    assert (fact.counterpart, fact.since, fact.relabelling) == ("y", "x", None)
    for old, new in ((b',"since":"x"', b""), (b'"since":"x"', b'"since":""'),
                     (b'"since":"x"', b'"since":"x","uses":1'),
                     (b'"counterpart":"y"', b'"counterpart":null')):  # fmt: skip
        assert old in text
        with pytest.raises(Malformed):
            decode(text.replace(old, new))


def test_regions() -> None:
    """Branches are in, other axes and other kinds are not."""
    nodes = between(TWO, "x", "y")
    assert nodes == TWO.nodes
    assert between(TWO, "q", "y") is None
    columns = Columns(2)
    assert len(through(nodes, starting(2), columns)) == 1
    assert chained(through(nodes, starting(2), columns), columns)[0].units == 2


@st.composite
def reflected(draw: st.DrawFn) -> Network:
    """A chain with units that reflect each other, depend on each other, or cancel."""
    small = st.integers(-2, 2)
    widths = [draw(st.integers(1, 2))]
    layers: list[Any] = []
    for _ in range(draw(st.integers(1, 3))):
        rows: list[list[int]] = []
        biases: list[int] = []
        for _ in range(draw(st.integers(1, 3))):
            row = draw(st.lists(small, min_size=widths[-1], max_size=widths[-1]))
            bias = draw(small)
            for sign in draw(st.sampled_from([(1,), (1, -1), (-2, 1), (1, -1, 2)])):
                rows.append([sign * w for w in row])
                biases.append(sign * bias)
        layers.append((rows, biases))
        widths.append(len(rows))
    last = draw(st.lists(small, min_size=widths[-1], max_size=widths[-1]))
    return chain(
        *layers, ([last], [draw(small)]), activation=draw(st.sampled_from([RELU, leaky("1/2")]))
    )


@given(reflected(), st.lists(st.fractions(-4, 4, max_denominator=6), min_size=2, max_size=2))
def test_random_chains(original: Network, point: list[Any]) -> None:
    """Whatever becomes smaller is accepted, and computes the same."""
    found = reduce(original)
    check(original, found.network, found.certificate)
    assert (
        found.network.units
        <= reduce(original, rules=("merges", "constants", "stable", "unused")).network.units
    )
    x = point[: original.widths[0]]
    assert original(x) == found.network(x)


def split_filters(width: int, stride: int) -> Network:
    """Three padded convolutions, the filters of two split into pairs that cancel."""
    rng = np.random.default_rng(3)
    window = Window((3,), (1,), (1,), (1,), (1,))
    nodes: list[Any] = []
    here, units, shapes = "x", 2, {"x": (1, 2, 12)}
    length = 12
    for i in range(2):
        window = Window((3,), (stride if i else 1,), (1,), (1,), (1,))
        length = window.lengths((length,))[0] or 0
        rows, bias = rng.integers(-3, 4, (width, units * 3)), rng.integers(-2, 3, width)
        both = array(np.concatenate([2 * rows, -rows]).astype(float))
        pair = array(np.concatenate([2 * bias, -bias]).astype(float))
        again = array(np.concatenate([np.eye(width) / 2, -np.eye(width)], axis=1))
        nodes += [
            Linear(f"a{i}", here, f"a{i}", Kernel(both, window), pair, -2),
            Pointwise(f"r{i}", f"a{i}", f"r{i}", RELU),
            Linear(f"b{i}", f"r{i}", f"b{i}", Matrix(again), None, -2),
            Pointwise(f"s{i}", f"b{i}", f"s{i}", RELU),
        ]
        shapes |= dict.fromkeys((f"a{i}", f"r{i}"), (1, 2 * width, length))
        shapes |= dict.fromkeys((f"b{i}", f"s{i}"), (1, width, length))
        here, units = f"s{i}", width
    last = Kernel(array(rng.integers(-3, 4, (1, units * 3)).astype(float)), window)
    nodes.append(Linear("y", here, "y", last, None, -2))
    shapes["y"] = (1, 1, window.lengths((length,))[0] or 0)
    tensors = {name: Tensor(name, shape=shape) for name, shape in shapes.items()}
    return Network((tensors["x"],), (tensors["y"],), tuple(nodes), tensors)


@pytest.mark.parametrize("stride", [1, 2])
def test_filters_that_were_split_come_back(stride: int) -> None:
    """Where each position meets what it met: padding and strides stay in front."""
    original = split_filters(4, stride)
    found = reduce(original)
    check(original, found.network, found.certificate)
    assert (original.units, found.network.units) == (24, 8)
    rng = np.random.default_rng(0)
    x = rng.integers(-4, 5, (1, 2, 12)).astype(float)
    assert (original.evaluate({"x": x})["y"] == found.network.evaluate({"x": x})["y"]).all()


def test_another_window_of_a_region() -> None:
    """Other pads or strides in front, with as many positions."""
    original = split_filters(3, 1)
    found = reduce(original)
    nodes = [*found.network.nodes]
    place = next(i for i, node in enumerate(nodes) if isinstance(node, Linear))
    node = nodes[place]
    assert isinstance(node, Linear)
    assert isinstance(node.weights, Kernel)
    window = replace(node.weights.window, before=(2,), after=(0,))
    nodes[place] = replace(node, weights=replace(node.weights, window=window))
    wrong = replace(found.network, nodes=tuple(nodes))
    rejected(original, wrong, found.certificate.tensors, match="window")


def test_a_kernel_within_a_region() -> None:
    """What a padded window makes of an affine signal is no affine signal: no region has one."""
    original = split_filters(3, 1)
    assert between(original, "x", "b0") is not None
    assert between(original, "x", "a1") is None
    rejected(original, original, {"y": (Fact("y", since="x"),)})


def test_the_axis_of_a_region() -> None:
    """That along which weights act; a node without numbers says nothing of it."""
    square = dict.fromkeys(("x", "h", "y"), (3, 3))

    def along(axis: int) -> Network:
        tensors = {name: Tensor(name, shape=shape) for name, shape in square.items()}
        idle = Linear("i", "x", "h", axis=-2)
        made = linear("l", "h", "y", [[1, 2, 0], [0, 1, 0], [0, 0, 1]], axis=axis)
        return Network((tensors["x"],), (tensors["y"],), (idle, made), tensors)

    accepted(along(-1), along(-1))
    accepted(along(-2), along(-2))
    rejected(along(-1), along(-2), match="unit axis")
    rejected(along(-2), along(-1), match="unit axis")
