"""Convolutions in groups: what they compute, what goes in front of them and behind, and why."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from kernel_networks import accepted, claim, conv, network, rejected, window
from onnx_models import agree, model, node, tensor
from onnx_models import network as read

from lumpver.checker import check
from lumpver.claim.certificate import Certificate
from lumpver.errors import Rejected, ShapeMismatch
from lumpver.exact.array import array, equal
from lumpver.io.json.reading import read as read_json
from lumpver.io.json.writing import write as write_json
from lumpver.model.activations import RELU
from lumpver.model.linear import Linear, value
from lumpver.model.network import Network, Opaque, Pointwise
from lumpver.model.weights import Kernel, Matrix, in_groups, whole
from lumpver.proving.smt.encoding import encode_node
from lumpver.proving.smt.terms import as_value
from lumpver.reducing.reduction import reduce

Y: Final = [("y", None)]


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_evaluation_is_onnxruntimes(axes: int) -> None:
    """Depthwise, with a multiplier, and in groups of several: bit for bit on small integers."""
    rng = np.random.default_rng(axes)
    for groups, each, made in ((3, 1, 1), (2, 1, 3), (2, 2, 1), (2, 3, 2), (4, 2, 2)):
        size = rng.integers(1, 4, axes).tolist()
        W = rng.integers(-3, 4, (groups * made, each, *size)).astype("f4")
        b = rng.integers(-3, 4, groups * made).astype("f4")
        how = {"strides": rng.integers(1, 3, axes).tolist(),
               "dilations": rng.integers(1, 3, axes).tolist(),
               "pads": rng.integers(0, 3, 2 * axes).tolist()}  # fmt: skip
        steps = [node("Conv", "x W b", "y", group=groups, **how)]
        x = ["N", groups * each, *[7 - axes] * axes]
        given = model(steps, [tensor("W", W), tensor("b", b)], inputs=[("x", x)], outputs=Y,
                      opset=17)  # fmt: skip
        assert not read(given).opaque
        agree(given)


@pytest.mark.parametrize("groups", [0, -1, 2, 3])
def test_groups_that_do_not_divide_are_opaque(groups: int) -> None:
    """3 units in 2 groups are none; 0 groups neither; and 3 groups read another number."""
    W = tensor("W", np.ones((3, 2, 2), dtype="f4"))
    made = model([node("Conv", "x W", "y", group=groups)], [W], inputs=[("x", ["N", 2, 5])],
                 outputs=Y, opset=17)  # fmt: skip
    if groups == 3:
        with pytest.raises(ShapeMismatch, match="6 units"):
            read(made)
    else:
        assert [type(part) for part in read(made).nodes] == [Opaque]


def test_a_kernel_that_is_far_larger_laid_out_is_opaque() -> None:
    """A small file does not ask for what it does not hold."""
    n = 2**13
    W = tensor("W", np.ones((n, 1, 1), dtype="f4"))
    made = model([node("Conv", "x W", "y", group=n)], [W], inputs=[("x", ["N", n, 5])],
                 outputs=Y, opset=17)  # fmt: skip
    assert [type(part) for part in read(made).nodes] == [Opaque]


def grouped(target: str, W: Any, groups: int, b: Any = None, source: str = "x") -> Linear:
    """A convolution in groups along one axis: for each unit of y a list of taps for each of x."""
    made = conv(source, target, W, b)
    kernel = made.weights
    assert isinstance(kernel, Kernel)
    weights = Kernel(kernel.numbers, kernel.window, groups)
    return Linear(made.name, source, target, weights, made.b, -2)


def test_laid_out_and_back() -> None:
    """The whole has zeros across groups; numbers that have others are of no kernel in groups."""
    for numbers in (array([[1, 2, 3], [4, 5, 6]]), array([["1/3", 2, 0], [0, 0, 7]])):
        kernel = Kernel(numbers, window(), 2)
        laid = whole(kernel)
        assert laid.shape == (2, 6)
        back = in_groups(laid, kernel.window, 2)
        assert back is not None
        assert equal(back.numbers, numbers).all()
        laid = laid.copy()
        laid[0, 4] = laid[0, 0]
        assert in_groups(laid, kernel.window, 2) is None
        assert in_groups(laid, kernel.window, 3) is None
    for groups in (0, 3):
        with pytest.raises(ShapeMismatch, match="kernel"):
            Kernel(array([[1, 2, 3], [4, 5, 6]]), window(), groups)


def test_floats_rationals_and_terms_agree() -> None:
    """In groups and laid out whole, in each kind of number."""
    small = grouped("y", [[[1, 2, -1]], [["1/3", 0, 5]]], 2, [1, "1/7"])
    kernel = small.weights
    assert isinstance(kernel, Kernel)
    wide = Linear("w", "x", "y", Kernel(whole(kernel), kernel.window), small.b, -2)
    x = array(np.arange(10).reshape(1, 2, 5) - 4)
    assert equal(value(small, x), value(wide, x)).all()
    terms = [as_value(term) for term in encode_node(small, x).ravel().tolist()]
    assert terms == value(wide, x).ravel().tolist()


RELUS: Final = Pointwise("r", "t", "h", RELU)
EXPAND: Final = [[[1], [2]], [[2], [4]], [[-1], [1]]]
EACH: Final = [[[1, 2, 3]], [[2, 4, 6]], [[1, 0, -1]]]


def separable(expand: Any, each: Any, last: Any, *, groups: int = 0, b: Any = None) -> Network:
    """1 x 1, ReLU, depthwise with three taps, ReLU, 1 x 1."""
    return network(
        conv("x", "t", expand),
        RELUS,
        grouped("u", each, groups or len(each), b, source="h"),
        Pointwise("s", "u", "g", RELU),
        conv("g", "y", last),
    )


ORIGINAL: Final = separable(EXPAND, EACH, [[[1], [2], [3]]], b=[1, 4, 0])
REDUCED: Final = separable([EXPAND[0], EXPAND[2]], [EACH[0], EACH[2]], [[[9], [3]]], b=[1, 0])
CLAIMS: Final = {**claim(0, 0, 1, scale=[1, 2, 1]), **claim(0, 0, 1, scale=[1, 4, 1], name="u")}


def test_a_channel_goes_through_a_depthwise_convolution() -> None:
    """Twice a channel, filtered twice as much, is four times what is made of it."""
    accepted(ORIGINAL, REDUCED, CLAIMS)
    found = reduce(ORIGINAL)
    assert found.network.units == 4
    kernel = [node for node in found.network.nodes if isinstance(node, Linear)][1].weights
    assert isinstance(kernel, Kernel)
    assert (kernel.groups, kernel.numbers.shape) == (2, (2, 3))


def test_the_same_as_one_dense_convolution() -> None:
    """Whoever writes it whole has written the same; the checker does not ask for groups."""
    dense = whole(Kernel(array([[1, 2, 3], [1, 0, -1]]), window(), 2)).reshape(2, 2, 3).tolist()
    theirs = separable([EXPAND[0], EXPAND[2]], dense, [[[9], [3]]], groups=1, b=[1, 0])
    accepted(ORIGINAL, theirs, CLAIMS)


WRONG: Final = {
    "another filter": ("affine", [EACH[0], [[1, 0, 1]]], 2, [1, 0]),
    "another bias": ("affine", [EACH[0], EACH[2]], 2, [1, 1]),
    "filters in another order": ("affine", [EACH[2], EACH[0]], 2, [0, 1]),
    "the same numbers in one group": ("affine", [[[1, 2, 3], [1, 0, -1]]] * 2, 1, [1, 0]),
}


@pytest.mark.parametrize("name", WRONG)
def test_another_kernel_is_rejected(name: str) -> None:
    """Each number counts, and in which group it stands."""
    rule, each, groups, b = WRONG[name]
    theirs = separable([EXPAND[0], EXPAND[2]], each, [[[9], [3]]], groups=groups, b=b)
    rejected(rule, ORIGINAL, theirs, CLAIMS)


def test_the_same_bytes_in_other_groups_are_another_kernel() -> None:
    """Two groups of one unit are not one group of one, though no byte differs."""
    x = (1, 2, 3)
    ours = network(grouped("y", [[[1, 2, 3]], [[4, 5, 6]]], 2), shape=x)
    crossed = network(grouped("y", [[[1, 2, 3]], [[0, 0, 0]]], 2), shape=x)
    rejected("affine", ours, crossed, {})
    same = Linear("o", "x", "y", Kernel(array([[1, 2, 3], [4, 5, 6]]), window()), None, -2)
    with pytest.raises(ShapeMismatch, match="units"):
        network(same, shape=x).evaluate({"x": np.ones(x)})


def test_no_constant_of_another_group_is_folded_into_a_bias() -> None:
    """A channel of 3 counts for its own group alone, and only where no tap is missed."""
    ours = separable([[[1], [2]], [[0], [0]]], [EACH[0], EACH[2]], [[[1], [1]]])
    ours = network(conv("x", "t", [[[1], [2]], [[0], [0]]], [0, 3]), *ours.nodes[1:])
    claims = {**claim(0, -1, constant=[0, 3]), **claim(0, -1, name="u", constant=[0, 0])}
    theirs = separable([[[1], [2]]], [EACH[0]], [[[1]]])
    accepted(ours, theirs, claims)
    more = {**claims, **claim(0, -1, name="u", constant=[0, 3])}
    rejected("constant", ours, theirs, more, wrong=False)
    biased = separable([[[1], [2]]], [EACH[0]], [[[1]]], b=[3])
    rejected("affine", ours, biased, claims)


def test_exact_json_holds_groups() -> None:
    """Written and read again it is the same, and a kernel of one group is as it was before."""
    again = read_json(write_json(ORIGINAL), where="net.json")
    assert again.digest == ORIGINAL.digest
    assert b'"groups":3' in write_json(ORIGINAL)
    assert write_json(ORIGINAL).count(b"groups") == 1
    for wrong in (b'"groups":2', b'"groups":0', b'"groups":-1', b'"groups":6'):
        text = write_json(ORIGINAL).replace(b'"groups":3', wrong)
        with pytest.raises(Exception, match=r"kernel|units|groups"):
            read_json(text, where="net.json")


def test_a_depthwise_convolution_of_one_tap_may_be_a_matrix() -> None:
    """Where each position meets itself alone, whoever writes it as a product wrote the same."""
    ours = network(grouped("y", [[[2]], [[3]]], 2), shape=(1, 2, 3))
    kernel = Kernel(array([[2], [3]]), window(1), 2)
    theirs = Linear("m", "x", "y", Matrix(whole(kernel)), None, -2)
    accepted(ours, network(theirs, shape=(1, 2, 3)), {})
    crossed = Linear("m", "x", "y", Matrix(array([[2, 0], [1, 3]])), None, -2)
    rejected("affine", ours, network(crossed, shape=(1, 2, 3)), {})
    moved = Linear("m", "x", "y", Kernel(array([[2], [3]]), window(1, 1, 1, (1, 0)), 2), None, -2)
    with pytest.raises(Rejected, match="graph outputs"):
        check(ours, network(moved, shape=(1, 2, 3)), Certificate({}))
