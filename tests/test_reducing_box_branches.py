"""What a box decides behind sums, normalizations, pools and Concats goes as constants do."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from flint import fmpq
from onnx_models import model, node, tensor
from random_convolutions import convolutional
from relabellings import rows
from residual_graphs import residual

from lumpver.bounds.knowing import known
from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.claim.domain import Box, Boxes
from lumpver.claim.facts import Fact
from lumpver.claim.statement import Claim
from lumpver.errors import LumpverError, Rejected
from lumpver.exact.array import array, rationals
from lumpver.io.onnx.read import read
from lumpver.model.activations import RELU, clip
from lumpver.model.evaluation import evaluate
from lumpver.model.join import Join
from lumpver.model.network import Network, Pointwise, Tensor, linear
from lumpver.quotient.building import quotient
from lumpver.reducing.reduction import Reduction, reduce
from lumpver.search.lumping import given

if TYPE_CHECKING:
    from collections.abc import Sequence


def box(network: Network, low: Any = 0, high: Any = 1) -> Boxes:
    """The box in which all inputs are between two numbers."""
    sizes = {t.name: _size(t) for t in network.inputs}
    return Boxes((Box.of({name: [(low, high)] * n for name, n in sizes.items()}),))


def _size(given: Tensor) -> int:
    return int(np.prod([n if isinstance(n, int) else 1 for n in given.shape or ()]))


def reduced(network: Network, domain: Boxes | None = None) -> Reduction:
    """What `reduce` makes of a network on a box, checked, and no more claimed than holds."""
    found = reduce(network, known=known(network, domain or box(network)), floats_only=True)
    claim = found.certificate.claim
    check(network, found.network, found.certificate, claim=claim)
    same(found, random.Random(1))
    return found


def same(found: Reduction, draw: random.Random) -> None:
    """Both networks agree at some points of the claim's domain, corners among them."""
    domain = found.certificate.claim.domain
    boxes = domain.boxes if isinstance(domain, Boxes) else box(found.original).boxes
    for _ in range(4):
        at = point(found.original, draw.choice(boxes), draw)
        ours, theirs = evaluate(found.original, at), evaluate(found.network, at)
        assert all((rationals(ours[n]) == rationals(theirs[n])).all() for n in ours)


def point(network: Network, one: Box, draw: random.Random) -> dict[str, Any]:
    """A point of a box that bounds all inputs."""
    named, found = dict(one.ranges), {}
    for tensor_ in network.inputs:
        ends = [(low or fmpq(0), high or fmpq(0)) for low, high in named[tensor_.name]]
        at = [draw.choice((a, b, a + (b - a) * fmpq(draw.randint(0, 8), 8))) for a, b in ends]
        shape = [n if isinstance(n, int) else 1 for n in tensor_.shape or ()]
        found[tensor_.name] = array(at).reshape(shape)
    return found


def stream(first: Any, second: Any, function: Any = RELU) -> Network:
    """r = A(first x), s = r + second r, y = the sum of A(s)."""
    nodes = (
        linear("h", "x", "h", *first),
        Pointwise("r", "h", "r", RELU),
        linear("g", "r", "g", *second),
        Join("s", ("r", "g"), "s", "Add"),
        Pointwise("a", "s", "a", function),
        linear("y", "a", "y", [[1] * 3]),
    )
    shapes = {"x": ("N", 1)} | dict.fromkeys("hrgsa", ("N", 3)) | {"y": ("N", 1)}
    tensors = {name: Tensor(name, shape=shape) for name, shape in shapes.items()}
    return Network((tensors["x"],), (tensors["y"],), nodes, tensors)


OFF = [[[1], [2], [1]], [0, 1, -2]], [[[1, 0, 0], [0, 1, 0], [1, 1, 0]], [0, 0, -5]]
LIT = [OFF[0], [[[1, 0, 0], [0, 1, 0], [1, 1, 0]], [0, 0, -2]]]


def test_a_unit_of_a_stream_that_is_off_wherever_it_is_read_goes() -> None:
    """x - 2 is off in [0, 1], and so is what the branch adds to it; if the branch lifts it, not."""
    found = reduced(stream(*OFF))
    assert found.network.width["s"] == found.network.width["h"] == 2
    assert reduced(stream(*LIT)).network.width["s"] == 3


def test_a_unit_that_is_one_number_above_its_bend_goes() -> None:
    """Clip makes 5 or more 4, which the next bias takes."""
    lifted = [OFF[0], [[[1, 0, 0], [0, 1, 0], [1, 1, 0]], [0, 0, 5]]]
    found = reduced(stream(*lifted, function=clip(0, 4)))
    assert found.network.width["s"] == 2


def test_no_sum_of_nothing_is_left() -> None:
    """Where all units of a stream are off one stays."""
    nothing = [[[-1], [-2], [-1]], [-1, 0, -2]], [[[1, 0, 0]] * 3, [-1, -1, -1]]
    assert reduced(stream(*nothing)).network.width["s"] == 1


def pair(network: Network, facts: dict[str, Any]) -> tuple[Network, Certificate]:
    """The quotient by these relabellings, and a certificate that states them of [0, 1]."""
    lumping = given(network, facts)
    claim = Claim(domain=box(network))
    stated = {name: (Fact(name, found),) for name, found in facts.items()}
    return quotient(network, lumping), Certificate(stated, claim=claim)


GONE = rows([0, 1, 2], 2, ghosts=1, off=(2,))


@pytest.mark.parametrize(
    ("network", "h", "g", "said"),
    [
        (stream(*LIT), GONE, GONE, "switched off"),
        (stream(*OFF), GONE, rows([0, 1, 2], 2, ghosts=1), "ghost"),
        (stream(*OFF), rows([0, 1, 2], 2, ghosts=1), GONE, None),
        (stream(*OFF), rows([0, 1, 2], 2, ghosts=1), rows([0, 1, 2], 2, ghosts=1), "affine|ghost"),
        (stream(*OFF), rows([0, 2, 1], 2, ghosts=1, off=(2,)), GONE, "affine"),
    ],
)
def test_what_is_said_to_be_off_has_to_be(
    network: Network, h: Any, g: Any, said: str | None
) -> None:
    """A unit that is lifted; one off in the first writer alone, in the last, in none; another."""
    other, certificate = pair(stream(*OFF), {"h": GONE, "g": GONE})
    if said is None:
        facts = {"h": (Fact("h", h),), "g": (Fact("g", g),)}
        assert check(network, other, replace(certificate, tensors=facts), claim=certificate.claim)
        return
    shrunk, _ = pair(network, {"h": GONE, "g": GONE})
    facts = {"h": (Fact("h", h),), "g": (Fact("g", g),)}
    with pytest.raises(Rejected, match=said):
        check(network, shrunk, replace(certificate, tensors=facts), claim=certificate.claim)


def imported(nodes: Sequence[Any], stored: Sequence[Any], shape: Sequence[Any]) -> Network:
    """The network of an ONNX model from x to y."""
    ends = {"inputs": [("x", shape)], "outputs": [("y", [None] * len(shape))]}
    return read(model(nodes, stored, **ends).SerializeToString(), where="m")


def kernels(draw: np.random.Generator, *shape: int) -> Any:
    """Small whole numbers."""
    return draw.integers(-2, 3, shape).astype("f")


def convolved(*between: Any, stored: Sequence[Any] = (), channels: int = 3) -> Network:
    """A convolution of three channels, of which the second is -9 or less, nodes, and another."""
    draw = np.random.default_rng(5)
    W, b = kernels(draw, 3, 1, 2, 2), np.array([0, -30, 1], "f")
    V = kernels(draw, 2, channels, 2, 2)
    nodes = [
        node("Conv", "x W b", "t0"),
        *between,
        node("Conv", f"t{len(between)} V", "y", pads=[1] * 4),
    ]
    shapes = [tensor("W", W), tensor("b", b), tensor("V", V), *stored]
    return imported(nodes, shapes, ["N", 1, 5, 5])


SCALE = [tensor(name, np.array(v, "f")) for name, v in
         (("g", [1, 2, 1]), ("c", [0, 1, 0]), ("m", [1, 0, 0]), ("v", [4, 4, 4]))]  # fmt: skip


@pytest.mark.parametrize(
    "network",
    [
        convolved(node("Relu", "t0", "t1")),
        convolved(node("MaxPool", "t0", "t1", kernel_shape=[2, 2]), node("Relu", "t1", "t2")),
        convolved(node("AveragePool", "t0", "t1", kernel_shape=[2, 2], pads=[0, 0, 1, 1],
                       count_include_pad=1), node("Relu", "t1", "t2")),
        convolved(node("Relu", "t0", "t1"), node("MaxPool", "t1", "t2", kernel_shape=[2, 2])),
        convolved(node("BatchNormalization", "t0 g c m v", "t1", epsilon=0.0),
                  node("Relu", "t1", "t2"), stored=SCALE),
        convolved(node("Pad", "t0 p", "t1"), node("Relu", "t1", "t2"),
                  stored=[tensor("p", np.array([0, 0, 1, 0, 0, 0, 0, 1], np.int64))]),
        convolved(node("Concat", "t0 t0", "t1", axis=1), node("Relu", "t1", "t2"), channels=6),
    ],
    ids=["relu", "pool", "mean", "pooled", "normalized", "padded", "twice"],
)  # fmt: skip
def test_a_channel_that_is_off_goes_through_what_stands_between(network: Network) -> None:
    """Pools of it, what scales it, zeros around it, copies of it."""
    found = reduced(network)
    assert found.network.width["t0"] == 2
    wider = Claim(domain=box(network, -99, 99))
    with pytest.raises(Rejected):
        check(network, found.network, replace(found.certificate, claim=wider), claim=wider)


def test_a_normalization_of_a_stream_hides_what_is_off_behind_it() -> None:
    """Pre-activated: the stream's unit is read by that alone, so it goes from all writers."""
    draw, mixes = np.random.default_rng(3), ([[1, 2], [3, 1], [1, -1]], [[1, 0], [1, 1], [0, 2]])
    stored = [tensor("W", np.array(mixes[0], "f").reshape(3, 2, 1, 1)),
              tensor("U", np.array(mixes[1], "f").reshape(3, 2, 1, 1)), *SCALE[:1], *SCALE[2:],
              tensor("c", np.array([0, -99, 0], "f")),
              tensor("V", kernels(draw, 2, 3, 1, 1))]  # fmt: skip
    nodes = [node("Conv", "x W", "t"), node("Conv", "x U", "u"), node("Add", "t u", "s"),
             node("BatchNormalization", "s g c m v", "n", epsilon=0.0), node("Relu", "n", "r"),
             node("Conv", "r V", "y")]  # fmt: skip
    found = reduced(imported(nodes, stored, ["N", 2, 3, 3]))
    assert found.network.width["s"] == found.network.width["n"] == 2


@pytest.mark.parametrize("seed", range(60))
def test_random_models_are_the_same_on_their_boxes(seed: int) -> None:
    """Whatever is reduced computes the same there; facts that pass for a larger box hold there."""
    draw = random.Random(seed)
    if seed % 2:
        made = convolutional(seed, pools=True, joins=True, groups=seed % 3 == 0)
        network = read(made if isinstance(made, bytes) else made.SerializeToString(), where="m")
    else:
        network = residual(seed + (seed % 5 == 0))  # no tanh, whose values are not rational
    boxes = tuple(_drawn(network, draw) for _ in range(draw.choice((1, 1, 2))))
    found = reduce(network, known=known(network, Boxes(boxes)))
    check(network, found.network, found.certificate, claim=found.certificate.claim)
    same(found, draw)
    wide = Claim(domain=Boxes(tuple(_wider(one) for one in boxes)))
    certificate = replace(found.certificate, claim=wide)
    try:
        check(network, found.network, certificate, claim=wide)
    except LumpverError:
        return
    same(replace(found, certificate=certificate), draw)


def _drawn(network: Network, draw: random.Random) -> Box:
    ranges = {}
    for one in network.inputs:
        lows = [fmpq(draw.randint(-6, 4), 4) for _ in range(_size(one))]
        ranges[one.name] = [(low, low + fmpq(draw.randint(0, 6), 4)) for low in lows]
    return Box.of(ranges)


def _wider(one: Box) -> Box:
    return Box.of({name: [(a - 2, b + 2) for a, b in ends] for name, ends in one.ranges})
