"""Channels as positions and back: DepthToSpace, SpaceToDepth; and Pad with a number between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from onnx import load_from_string
from onnx.numpy_helper import to_array
from onnx_models import agree, feeds, ints, model, node, operators, run, tensor, written
from onnx_models import network as read

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.facts import Fact
from lumpver.errors import LumpverError, Rejected
from lumpver.model.network import Opaque
from lumpver.model.relabelling import Relabelling
from lumpver.proving.answers import Proved, Refuted
from lumpver.proving.proving import prove
from lumpver.reducing.reduction import reduce, reduce_by
from lumpver.search.lumping import LUMPING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from onnx import ModelProto

X: Final = ("N", 12, 2, 3)
IMAGE: Final = ("N", 3, 4, 6)
DEPTH, SPACE = "DepthToSpace", "SpaceToDepth"


def one(operator: str, x: Any = X, *, opset: int = 13, **how: Any) -> ModelProto:
    """A model of one node."""
    return model([node(operator, "x", "y", **how)], inputs=[("x", x)], opset=opset)


MODELLED: Final = {
    "depth of opset 1": one(DEPTH, blocksize=2, opset=1),
    "depth of opset 11": one(DEPTH, blocksize=2, mode="DCR", opset=11),
    "depth": one(DEPTH, blocksize=2),
    "depth, places first": one(DEPTH, blocksize=2, mode="CRD"),
    "depth in blocks of 3": one(DEPTH, (2, 18, 1, 2), blocksize=3, mode="CRD"),
    "depth of one channel": one(DEPTH, (1, 4, 2, 2), blocksize=2, mode="CRD"),
    "depth by 1": one(DEPTH, blocksize=1),
    "space of opset 1": one(SPACE, IMAGE, blocksize=2, opset=1),
    "space": one(SPACE, IMAGE, blocksize=2),
    "space of one place": one(SPACE, ("N", 3, 2, 2), blocksize=2),
    "space by 1": one(SPACE, IMAGE, blocksize=1),
}


@pytest.mark.parametrize("name", MODELLED)
def test_numbers_and_shapes_are_the_runtimes(name: str) -> None:
    """The node is modelled, and computes the same on small integers."""
    assert not read(MODELLED[name]).opaque
    agree(MODELLED[name])


OPAQUE: Final = {
    "depth that no blocks have": one(DEPTH, ("N", 10, 2, 3), blocksize=2),
    "depth of unknown channels": one(DEPTH, ("N", "C", 2, 3), blocksize=2),
    "depth of unknown positions": one(DEPTH, ("N", 12, "H", 3), blocksize=2),
    "depth in one more dimension": one(DEPTH, ("N", 12, 2, 3, 1), blocksize=2),
    "depth of unknown rank": one(DEPTH, None, blocksize=2),
    "depth in another order": one(DEPTH, blocksize=2, mode="RDC"),
    "depth in an order before there was one": one(DEPTH, blocksize=2, mode="CRD", opset=1),
    "depth by 0": one(DEPTH, blocksize=0),
    "depth by nothing": one(DEPTH),
    "space that no blocks have": one(SPACE, ("N", 3, 4, 5), blocksize=2),
    "space of unknown positions": one(SPACE, ("N", 3, 4, "W"), blocksize=2),
    "space in an order before there was one": one(SPACE, IMAGE, blocksize=2, mode="CRD"),
    "space by less than nothing": one(SPACE, IMAGE, blocksize=-2),
}


@pytest.mark.parametrize("name", OPAQUE)
def test_what_is_not_surely_right_is_opaque(name: str) -> None:
    """Other orders, blocks and shapes leave the node unmodelled."""
    assert [type(part) for part in read(OPAQUE[name]).nodes] == [Opaque]


def conv(rng: np.random.Generator, name: str, *shape: int) -> list[Any]:
    """A kernel of small integers, none of them 0, and biases."""
    W = rng.integers(1, 4, shape) * rng.choice([-1, 1], shape)
    b = rng.integers(-3, 4, shape[0])
    return [(name, W.astype("f4")), (f"{name}b", b.astype("f4"))]


def planted(
    step: Any,
    *stored: Any,
    units: int = 12,
    reads: int = 3,
    twins: Sequence[tuple[int, int]] = (),
    unread: Sequence[int] = (),
    seed: int = 0,
) -> ModelProto:
    """Conv, ReLU, one step, Conv: each second unit of twins is the first, some are not read."""
    rng = np.random.default_rng(seed)
    (_, W), (_, b), (_, V), _ = parts = [
        *conv(rng, "W", units, 3, 3, 3),
        *conv(rng, "V", 2, reads, 2, 2),
    ]
    for first, second in twins:
        W[second], b[second] = W[first], b[first]
    V[:, list(unread)] = 0
    steps = [node("Conv", "x W Wb", "t", pads=[1] * 4), node("Relu", "t", "r"), step,
             node("Conv", "s V Vb", "y")]  # fmt: skip
    given = [tensor(name, numbers) for name, numbers in parts]
    return model(steps, [*given, *stored], inputs=[("x", IMAGE)], opset=13)


BLOCKS: Final = node(DEPTH, "r", "s", blocksize=2)
PLACES: Final = node(DEPTH, "r", "s", blocksize=2, mode="CRD")
DEEP: Final = node(SPACE, "r", "s", blocksize=2)
ALL_HEADS: Final = [(0, 1), (3, 4), (6, 7), (9, 10)]
ALL_PLACES: Final = [(0, 4), (1, 5), (2, 6), (3, 7)]
PADS: Final = ints("p", 0, 0, 1, 1, 0, 0, 0, 2)
PAD: Final = node("Pad", "r p c", "s")


def two(number: float) -> Any:
    """The number around positions."""
    return tensor("c", np.array(number, dtype="f4"))


PLANTED: Final = {
    "twins in all blocks": (planted(BLOCKS, twins=ALL_HEADS), 8),
    "twins in all blocks, places first": (planted(PLACES, twins=ALL_PLACES), 8),
    "twins in some blocks": (planted(BLOCKS, twins=ALL_HEADS[:3]), 12),
    "twins in some blocks, places first": (planted(PLACES, twins=ALL_PLACES[1:]), 12),
    "twins of other places": (planted(BLOCKS, twins=ALL_PLACES), 12),
    "a channel that is not read": (planted(BLOCKS, unread=[1]), 8),
    "a channel that is not read, places first": (planted(PLACES, unread=[2]), 8),
    "twins that become deep": (planted(DEEP, units=4, reads=16, twins=[(1, 3)]), 3),
    "unread of some places": (planted(DEEP, units=4, reads=16, unread=[1, 5, 9]), 4),
    "unread of all places": (planted(DEEP, units=4, reads=16, unread=[1, 5, 9, 13]), 3),
    "twins within a number": (planted(PAD, PADS, two(2), units=4, reads=4, twins=[(0, 2)]), 3),
    "unread within a number": (planted(PAD, PADS, two(0.5), units=4, reads=4, unread=[3]), 3),
}


@pytest.mark.parametrize("name", PLANTED)
def test_whole_channels_go(name: str) -> None:
    """The operator is the same, onnxruntime computes the same, it is proved, nothing more goes."""
    made, left = PLANTED[name]
    found, data = written(made)
    check(found.original, found.network, found.certificate)
    assert found.network.units == left
    assert operators(data) == [part.op_type for part in made.graph.node]
    for seed in range(2):
        given = feeds(made, seed)
        assert (run(made, given)["y"] == run(data, given)["y"]).all()
    assert isinstance(prove(read(made), read(data)), Proved)
    assert reduce(read(data), floats_only=True).network.units == left


@pytest.mark.parametrize("seed", range(12))
def test_any_channels(seed: int) -> None:
    """Twins and unread ones at random: certified, as small as it gets, the same numbers."""
    rng = np.random.default_rng(seed)
    step, units, reads = [(BLOCKS, 12, 3), (PLACES, 12, 3), (DEEP, 3, 12), (PAD, 4, 4)][seed % 4]
    stored = [PADS, two(int(rng.integers(-2, 3)))] if step is PAD else []
    twins = [(int(a), int(b)) for a, b in rng.integers(0, units, (units, 2)) if a < b]
    unread = rng.integers(0, reads, 2).tolist()
    made = planted(step, *stored, units=units, reads=reads, twins=twins, unread=unread, seed=seed)
    found, data = written(made, rules=LUMPING)
    check(found.original, found.network, found.certificate)
    given = feeds(made, seed)
    assert (run(made, given)["y"] == run(data, given)["y"]).all()
    assert reduce(read(data), floats_only=True, rules=LUMPING).network.units == found.network.units


@pytest.mark.parametrize("step", [BLOCKS, PLACES], ids=["blocks", "places"])
def test_twins_of_one_block_alone_are_rejected(step: Any) -> None:
    """Whoever merges them leaves blocks of unlike size."""
    network = read(planted(step, twins=[(0, 1)] if step is BLOCKS else [(0, 4)]))
    other = 1 if step is BLOCKS else 4
    rows = np.array([0 if v == other else v - (v > other) for v in range(12)])
    merged = Relabelling(rows, np.ones(12), np.zeros(12), 11)

    def merging() -> None:
        found = reduce_by(network, {"t": merged})
        check(network, found.network, found.certificate)

    with pytest.raises(LumpverError):  # no such network, or no such fact
        merging()


def spoilt(data: bytes, place: int = 2, **how: Any) -> Any:
    """The network of a model with another operator at one place."""
    made = load_from_string(data)
    old = made.graph.node[place]
    new = node(old.op_type, " ".join(old.input), "s", **how)
    old.CopyFrom(new)
    return read(made.SerializeToString())


def test_the_other_order_is_rejected_and_refuted() -> None:
    """Either way round, with the certificate of the right one."""
    for name, mode, right in (("", "CRD", "DCR"), (", places first", "DCR", "CRD")):
        found, data = written(PLANTED[f"twins in all blocks{name}"][0])
        wrong = spoilt(data, blocksize=2, mode=mode)
        with pytest.raises(Rejected):
            check(found.original, wrong, found.certificate)
        assert isinstance(prove(found.original, wrong), Refuted)
        check(found.original, spoilt(data, blocksize=2, mode=right), found.certificate)


@pytest.mark.parametrize("number", [0, -2, 2.5])
def test_another_number_is_rejected_and_refuted(number: float) -> None:
    """Around all channels, with the certificate of the right one."""
    found, data = written(PLANTED["twins within a number"][0])
    made = load_from_string(data)
    [old] = [part for part in made.graph.initializer if part.name == "c"]
    old.CopyFrom(two(number))
    wrong = read(made.SerializeToString())
    with pytest.raises(Rejected):
        check(found.original, wrong, found.certificate)
    assert isinstance(prove(found.original, wrong), Refuted)


@pytest.mark.parametrize("number", [0, 1, -3])
def test_multiples_do_not_go_through_another_number(number: float) -> None:
    """Twice a channel is twice it again where 0 stands around both, and no other number."""
    made = planted(PAD, PADS, two(number), units=4, reads=4)
    named = {part.name: part for part in made.graph.initializer}
    W, b, V = (to_array(named[name]).copy() for name in ("W", "Wb", "V"))
    W[2], b[2] = 2 * W[0], 2 * b[0]
    named["W"].CopyFrom(tensor("W", W))
    named["Wb"].CopyFrom(tensor("Wb", b))
    network = read(made)
    V[:, 0] += 2 * V[:, 2]
    left = [0, 1, 3]
    for name, numbers in (("W", W[left]), ("Wb", b[left]), ("V", V[:, left])):
        named[name].CopyFrom(tensor(name, numbers))
    wrong = read(made)
    rows = Relabelling(np.array([0, 1, 0, 2]), np.array([1.0, 1, 2, 1]), np.zeros(4), 3)
    claimed = Certificate({"t": (Fact("t", rows),)})
    if number == 0:
        check(network, wrong, claimed)
        assert reduce(network).network.units == 3
        return
    with pytest.raises(Rejected):
        check(network, wrong, claimed)
    assert isinstance(prove(network, wrong), Refuted)
    assert reduce(network, rules=LUMPING).network.units == 4
