"""What joins tie together shares one relabelling: found for all writers, refused where not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from residual_graphs import residual
from small_networks import graph

from lumpver import prove, reduce
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import NotRational, Rejected
from lumpver.exact.array import array
from lumpver.model.activations import RELU, Activation
from lumpver.model.join import Join
from lumpver.model.network import Network, Opaque, Pointwise, linear
from lumpver.model.relabelling import Relabelling
from lumpver.proving import Proved
from lumpver.search.lumping import LUMPING, coarsest
from lumpver.tell.inspection import inspect
from lumpver.tell.summary import writer_of

Rows = Any


def stream(
    h: Rows, g: Rows, *, operator: Any = "Add", behind: Any = RELU, reads: str = "x"
) -> Network:
    """y = C A(h x + g r), where g reads `reads`: the input, or r = ReLU(h x)."""
    width = len(h[0])
    nodes = (
        linear("h", "x", "h", *h),
        Pointwise("r", "h", "r", RELU),
        linear("g", reads, "g", *g),
        Join("k", ("r", "g"), "k", operator),
        Pointwise("s", "k", "s", behind),
        linear("y", "s", "y", [list(range(1, width + 1))]),
    )
    wide = dict.fromkeys("hrgks", (width,))
    return graph(*nodes, x=(2,), y=(1,), **wide)


def left(network: Network) -> int:
    """How many units of the stream are left; what is left is checked, and computes the same."""
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    for point in ([1, -1], [2, 5], [-3, "1/7"]):
        assert found.network(point) == network(point)
    return found.network.width["k"]


ONE, TWICE = [1, 2, 4], [2, 4, 8]


def rows(*given: list[int]) -> Rows:
    """Weights and biases of rows (W | b)."""
    return [row[:-1] for row in given], [row[-1] for row in given]


@pytest.mark.parametrize("operator", ["Add", "Sub"])
def test_multiples_in_every_writer_merge(operator: Any) -> None:
    """By the same scale in both; not by two, and not in one writer alone."""
    assert left(stream(rows(ONE, TWICE), rows([1, 0, 1], [2, 0, 2]), operator=operator)) == 1
    assert left(stream(rows(ONE, TWICE), rows([1, 0, 1], [3, 0, 3]), operator=operator)) == 2
    assert left(stream(rows(ONE, TWICE), rows([1, 0, 1], [2, 0, 1]), operator=operator)) == 2
    assert left(stream(rows(ONE, TWICE), rows([1, 0, 1], [0, 0, 0]), operator=operator)) == 2


def test_equal_units_merge_before_any_activation() -> None:
    """Multiples do not, where an activation is not homogeneous."""
    odd = Activation("Tanh")
    assert left_units(stream(rows(ONE, ONE), rows([1, 0, 1], [1, 0, 1]), behind=odd)) == 1
    assert left_units(stream(rows(ONE, TWICE), rows([1, 0, 1], [2, 0, 2]), behind=odd)) == 2


def left_units(network: Network) -> int:
    """The same, for what has no rational values."""
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    return found.network.width["k"]


def test_constants_are_such_in_every_writer() -> None:
    """A unit that is constant in one writer alone stays; one that is in all goes."""
    assert left(stream(rows(ONE, [0, 0, 3]), rows([1, 1, 0], [0, 0, 5]))) == 1
    assert left(stream(rows(ONE, [0, 0, 3]), rows([1, 1, 0], [1, 0, 5]))) == 2
    assert left(stream(rows([0, 0, 1], [0, 0, 3]), rows([0, 0, 2], [0, 0, 5]))) == 1


def test_a_stream_that_reads_itself_is_refined() -> None:
    """g reads r, which is of the bundle: its rows count as sums over blocks."""
    h = rows(ONE, TWICE, [1, 1, 1])
    assert left(stream(h, rows([2, 1, 1, 0], [4, 2, 2, 0], [0, 0, 1, 0]), reads="r")) == 2
    assert left(stream(h, rows([0, 1, 1, 0], [4, 0, 2, 0], [0, 0, 1, 0]), reads="r")) == 2
    assert left(stream(h, rows([0, 1, 1, 0], [4, 0, 3, 0], [0, 0, 1, 0]), reads="r")) == 3
    zero = rows(ONE, [0, 0, 0], [0, 0, 2])
    assert left(stream(zero, rows([1, 2, 3, 0], [0, 1, 0, 0], [0, 5, 0, 0]), reads="r")) == 1
    assert left(stream(zero, rows([1, 2, 3, 0], [0, 1, 0, 0], [1, 5, 0, 0]), reads="r")) == 2


def test_what_nobody_observes_goes_from_all() -> None:
    """Also where only a branch that nobody observes reads it."""
    network = stream(rows(ONE, [1, 0, 0], [0, 1, 0]), rows([1, 1, 0], [0, 1, 0], [1, 0, 0]))
    blind = replace(network.nodes[-1], weights=linear("y", "s", "y", [[1, 0, 1]]).weights)
    assert left(replace(network, nodes=(*network.nodes[:-1], blind))) == 2
    inner = stream(
        rows(ONE, [1, 0, 0], [0, 1, 0]), rows([1, 0, 0, 0], [7, 1, 0, 0], [0, 0, 1, 0]), reads="r"
    )
    assert left(replace(inner, nodes=(*inner.nodes[:-1], blind))) == 2


def test_an_output_or_a_strange_operand_pins_all() -> None:
    """A stream that is read whole stays whole, and so does one that is joined to an input."""
    found = stream(rows(ONE, TWICE), rows([1, 0, 1], [2, 0, 2]))
    assert coarsest(replace(found, outputs=(found.tensors["r"],))).of("h") is None
    nodes = (*found.nodes, Opaque("o", "Foo", ("s",), ("z",)))
    shapes = {name: tensor.shape for name, tensor in found.tensors.items()}
    assert coarsest(graph(*nodes, outputs="y z", **shapes)).of("h") is None
    straight = [
        replace(node, operands=("x", "g")) if isinstance(node, Join) else node
        for node in nodes[:-1]
    ]
    assert coarsest(graph(*straight, **shapes)).of("g") is None


def alike(block: list[int], scale: list[Any], constant: Any = (0, 0), **options: Any) -> Any:
    """A certificate's one fact about a writer of two units."""

    def fact(name: str) -> tuple[Fact, ...]:
        given = {"width": 1} | options
        return (Fact(name, Relabelling(np.array(block), array(scale), array(constant), **given)),)

    return fact


GOOD = alike([0, 0], [1, 2])
WIDE = stream(rows(ONE, TWICE), rows([1, 0, 1], [3, 0, 3]))
HALF = stream(rows(ONE, TWICE), rows([1, 0, 1], [0, 0, 3]))
ODD = stream(rows(ONE, ONE), rows([1, 0, 1], [5, 0, 3]))
EVEN = stream(rows(ONE, TWICE), rows([1, 0, 1], [2, 0, 2]))
LAST = linear("y", "s", "y", [[5]])
NARROW = stream(rows(ONE), rows([1, 0, 1]))
NARROW = replace(NARROW, nodes=(*NARROW.nodes[:-1], LAST))


def test_the_honest_certificate_is_accepted() -> None:
    """What the attacks below start from."""
    assert check(EVEN, NARROW, Certificate({"h": GOOD("h"), "g": GOOD("g")}))


@pytest.mark.parametrize(
    ("network", "h", "g", "said"),
    [
        (WIDE, GOOD, alike([0, 0], [1, 3]), "same scale"),
        (HALF, GOOD, alike([0, -1], [1, 1], [0, 3]), "same block"),
        (ODD, alike([0, 0], [1, 1]), alike([0, 1], [1, 1], ghosts=1), "held"),
        (EVEN, GOOD, None, "affine"),
    ],
)
def test_operands_that_are_relabelled_in_two_ways_are_rejected(
    network: Network, h: Any, g: Any, said: str
) -> None:
    """Other scales, blocks, ghosts, or none at all."""
    facts = {"h": h("h")} | ({} if g is None else {"g": g("g")})
    with pytest.raises(Rejected, match=said):
        check(network, NARROW, Certificate(facts))


def test_a_difference_the_other_way_round_is_rejected() -> None:
    """The order of the operands counts where they are relabelled, too."""
    ours, theirs = (
        stream(*both, operator="Sub")
        for both in (
            (rows(ONE, TWICE), rows([1, 0, 1], [2, 0, 2])),
            (rows(ONE), rows([1, 0, 1])),
        )
    )
    turned = [replace(n, operands=("g", "r")) if isinstance(n, Join) else n for n in theirs.nodes]
    with pytest.raises(Rejected, match="to read r"):
        check(
            ours,
            replace(theirs, nodes=tuple(turned)),
            Certificate({"h": GOOD("h"), "g": GOOD("g")}),
        )


def test_operands_of_unknown_shape_are_not_joined() -> None:
    """They might be broadcast along the units."""
    ours, theirs = (
        replace(network, inputs=(replace(network.inputs[0], shape=(None, 2)),))
        for network in (EVEN, NARROW)
    )
    with pytest.raises(Rejected, match="known shapes that fit"):
        check(ours, theirs, Certificate({"h": GOOD("h"), "g": GOOD("g")}))


def test_sums_of_what_is_never_negative_are_never_negative() -> None:
    """Units behind them that only add up never switch, and merge by combinations."""
    for operator, units in (("Add", 2), ("Sub", 3)):
        nodes = (
            linear("a", "x", "a", [[1, 0], [0, 1]]),
            Pointwise("p", "a", "p", RELU),
            linear("b", "x", "b", [[2, 1], [1, 3]]),
            Pointwise("q", "b", "q", RELU),
            Join("k", ("p", "q"), "k", operator),  # type: ignore[arg-type]
            linear("c", "k", "c", [[1, 0], [0, 1], [1, 1]]),
            Pointwise("d", "c", "d", RELU),
            linear("y", "d", "y", [[1, 2, 5]]),
        )
        shapes = dict.fromkeys("apbqk", (2,)) | dict.fromkeys("cd", (3,)) | {"y": (1,)}
        network = graph(*nodes, x=(2,), **shapes)
        found = reduce(network)
        assert check(network, found.network, found.certificate)
        assert found.network.width["c"] == units
        assert found.network([-2, 5]) == network([-2, 5])


@pytest.mark.parametrize("seed", range(60))
def test_random_streams_compute_the_same(seed: int) -> None:
    """Reduced, checked, evaluated exactly; and lumping finds nothing a second time.

    A stream that has gone may leave a chain, which a second time can be made anew.
    """
    network = residual(seed)
    found = reduce(network)
    assert check(network, found.network, found.certificate)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        point = rng.integers(-5, 6, 2).tolist()
        try:
            assert network(point) == found.network(point)
        except NotRational:
            break
    again = reduce(found.network, rules=LUMPING)
    assert again.network.parameters == found.network.parameters


@pytest.mark.parametrize("seed", range(20))
def test_streams_are_proved_equal_without_a_certificate(seed: int) -> None:
    """By the two networks alone; and never where a join that is spoilt shows at a point."""
    network = residual(seed)
    found = reduce(network).network
    assert prove(network, found).step == "joint lumping"
    places = [i for i, node in enumerate(found.nodes) if isinstance(node, Join)]
    place = places[seed % len(places)]
    join = found.nodes[place]
    assert isinstance(join, Join)
    turned = replace(join, operands=join.operands[::-1])
    other = replace(join, operator="Sub" if join.operator == "Add" else "Add")
    for spoilt in (turned, other):
        nodes = (*found.nodes[:place], spoilt, *found.nodes[place + 1 :])
        theirs = replace(found, nodes=nodes)
        answer = prove(network, theirs, effort=20000)
        for point in ([5, -3], [-2, 1], [7, 8]) if isinstance(answer, Proved) else ():
            try:
                assert network(point) == theirs(point)
            except NotRational:
                break


def test_layers_behind_joins_are_counted() -> None:
    """What an activation reads of a join is a layer, of which the joined run speaks."""
    network = stream(rows(ONE, TWICE), rows([1, 0, 1], [2, 0, 2]))
    assert network.layers == ("h", "k")
    assert (network.units, reduce(network).network.units) == (4, 2)
    assert [writer_of(network, name) for name in network.layers] == ["h", "g"]
    assert [fact.removable for fact in inspect(network)] == [1, 1, 0]


def test_a_tensor_times_itself_is_no_bundle() -> None:
    """Whose rows somebody reads as units, where nobody does those of the factors."""
    nodes = (
        Join("m", ("x", "x"), "m", "MatMul"),
        Join("t", ("m", "m"), "t", "Max"),
        linear("y", "m", "y", [[1, 1]], axis=-2),
        linear("z", "t", "z", [[1, 1]], axis=-2),
    )
    network = graph(*nodes, x=(2, 2), m=(2, 2), t=(2, 2), y=(1, 2), z=(1, 2))
    network = replace(network, outputs=tuple(network.tensors[name] for name in "yz"))
    found = reduce(network)
    assert check(network, found.network, found.certificate)
