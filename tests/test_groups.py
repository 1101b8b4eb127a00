"""Convolutions in groups: what they compute, what goes in front of them and behind, and why."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from kernel_networks import accepted, claim, conv, network, rejected, window
from onnx import load_from_string, numpy_helper
from onnx_models import agree, model, node, run, tensor, written
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


def chain(
    K: Any, k: Any, D: Any, d: Any, P: Any, *, groups: int = 0, clip: bool = True, **how: Any
) -> Any:
    """Expand, ReLU6, depthwise, ReLU6, project: as a mobile network has it."""
    stored = [tensor(n, np.asarray(v, "f4"))
              for n, v in (("K", K), ("k", k), ("D", D), ("d", d), ("P", P),
                           ("lo", np.zeros(())), ("hi", np.full((), 6)))]  # fmt: skip
    between = ("Clip", " lo hi") if clip else ("Relu", "")
    steps = [
        node("Conv", "x K k", "e"),
        node(between[0], f"e{between[1]}", "f"),
        node("Conv", "f D d", "g", group=groups or len(D), **how),
        node(between[0], f"g{between[1]}", "h"),
        node("Conv", "h P", "y"),
    ]
    x = ["N", np.shape(K)[1], 5, 5]
    return model(steps, stored, inputs=[("x", x)], outputs=Y, opset=17)


def drawn(seed: int, n: int = 8, m: int = 1) -> list[Any]:
    """Weights and biases of such a chain, with n channels between, m for each."""
    rng = np.random.default_rng(seed)
    sizes = ((n, 3, 1, 1), (n,), (n * m, 1, 3, 3), (n * m,), (2, n * m, 1, 1))
    return _never_unread([rng.integers(-3, 4, size).astype("f4") for size in sizes])


def _never_unread(weights: list[Any]) -> list[Any]:
    """The same, with a last layer that reads every channel."""
    weights[-1][weights[-1] == 0] = 1
    return weights


def convs(data: Any) -> list[tuple[int, tuple[int, ...]]]:
    """Of each Conv in the file its groups and the shape of its weights."""
    graph = load_from_string(data).graph
    stored = {t.name: numpy_helper.to_array(t).shape for t in graph.initializer}
    return [
        (next((a.i for a in part.attribute if a.name == "group"), 1), stored[part.input[1]])
        for part in graph.node
        if part.op_type == "Conv"
    ]


def same_in_a_runtime(made: Any, data: Any) -> None:
    """Both files compute the same there, on small integers."""
    rng = np.random.default_rng(1)
    shape = [n.dim_value or 2 for n in made.graph.input[0].type.tensor_type.shape.dim]
    for _ in range(4):
        x = rng.integers(-4, 5, shape).astype("f4")
        before, after = (run(some, {"x": x})["y"] for some in (made, data))
        assert np.abs(before - after).max() <= 1e-4 * max(1, np.abs(before).max())


PADS: Final = {"none": {}, "some": {"pads": [1] * 4}}


@pytest.mark.parametrize("pads", PADS)
@pytest.mark.parametrize("clip", [True, False])
def test_planted_channels_go_through_the_chain(pads: str, clip: bool) -> None:
    """A duplicate, a filter of 0 in either convolution, an unread channel, all to the end."""
    K, k, D, d, P = drawn(3)
    K[1], k[1], D[1], d[1] = K[0], k[0], D[0], d[0]  # a duplicate
    if not clip:
        K[1], k[1] = 2 * K[1], 2 * k[1]
        D[1] = 3 * D[1]
        d[1] = 6 * d[1]
    D[2], d[2] = 0, 2  # a constant, whatever it reads
    K[3], k[3] = 0, -1  # 0 in front: a constant behind
    P[:, 4] = 0  # unread
    made = chain(K, k, D, d, P, clip=clip, **PADS[pads])
    found, data = written(made)
    assert [(groups, shape[0]) for groups, shape in convs(data)] == [(1, 4), (4, 4), (1, 2)]
    assert found.network.units == 8
    same_in_a_runtime(made, data)
    assert len(data) < len(made.SerializeToString())


def test_a_constant_in_front_of_padding_stays() -> None:
    """It is no constant behind: at the border fewer taps meet it. Without padding it goes."""
    K, k, D, d, P = drawn(4)
    K[3], k[3] = 0, 2
    made = chain(K, k, D, d, P, pads=[1] * 4)
    assert written(made)[0].network.units == 16
    assert written(chain(K, k, D, d, P))[0].network.units == 14


def test_duplicates_whose_filters_differ_stay() -> None:
    """Else the depthwise convolution would have to read one channel twice."""
    K, k, D, d, P = drawn(5)
    K[1], k[1], K[6], k[6], K[7], k[7] = K[0], k[0], K[0], k[0], K[0], k[0]
    D[6], d[6] = D[0], d[0]  # 0 and 6 merge, 1 and 7 have filters of their own
    made = chain(K, k, D, d, P)
    found, data = written(made)
    assert [groups for groups, _ in convs(data)] == [1, 7, 1]
    assert found.network.units == 14
    same_in_a_runtime(made, data)


def test_two_pairs_of_one_channel() -> None:
    """Four equal channels of two filters each become two."""
    K, k, D, d, P = drawn(15)
    for v in (1, 2, 3):
        K[v], k[v] = K[0], k[0]
    D[2], d[2], D[3], d[3] = D[0], d[0], D[1], d[1]
    made = chain(K, k, D, d, P)
    found, data = written(made)
    assert [groups for groups, _ in convs(data)] == [1, 6, 1]
    assert found.network.units == 12
    same_in_a_runtime(made, data)


def test_a_bias_alone_may_keep_duplicates_apart() -> None:
    """Filters and channels are equal, biases are not: neither goes."""
    K, k, D, d, P = drawn(7)
    K[1], k[1], D[1], d[1] = K[0], k[0], D[0], d[0] + 1
    made = chain(K, k, D, d, P)
    found, data = written(made)
    assert found.network.units == 16
    assert [groups for groups, _ in convs(data)] == [1, 8, 1]


def test_a_channel_that_somebody_else_reads_stays_with_its_filter() -> None:
    """The filter is 0, but the channel is an output's too: both stay, in as many groups."""
    K, k, D, d, P = drawn(8)
    D[2], d[2] = 0, 1
    made = chain(K, k, D, d, P)
    stored = tensor("Q", np.ones((1, 8, 1, 1), dtype="f4"))
    made.graph.node.append(node("Conv", "f Q", "z"))
    made.graph.initializer.append(stored)
    made.graph.output.append(made.graph.output[0])
    made.graph.output[-1].name = "z"
    found, data = written(made)
    assert [(groups, shape[0]) for groups, shape in convs(data)][1] == (8, 8)
    assert found.network.units == 16


def test_a_multiplier() -> None:
    """Two filters for each channel: a pair goes with its channel, one of them does not."""
    K, k, D, d, P = drawn(9, m=2)
    K[1], k[1], D[2:4], d[2:4] = K[0], k[0], D[0:2], d[0:2]  # a channel and both its filters
    D[10:12], d[10:12] = 0, 3  # both of channel 5
    D[8], d[8] = 0, 1  # one of channel 4
    P[:, 12:14] = 0
    made = chain(K, k, D, d, P, groups=8)
    found, data = written(made)
    assert [(groups, shape[0]) for groups, shape in convs(data)] == [(1, 5), (5, 10), (1, 2)]
    assert found.network.units == 15
    same_in_a_runtime(made, data)


def test_filters_of_one_channel_that_are_multiples_in_every_group() -> None:
    """Where each group can lose one, they are as many again."""
    K, k, D, d, P = drawn(10, m=2)
    D[1::2], d[1::2] = 2 * D[::2], 2 * d[::2]
    made = chain(K, k, D, d, P, groups=8, clip=False)
    _, data = written(made)
    assert [(groups, shape[0]) for groups, shape in convs(data)][1] == (8, 8)
    same_in_a_runtime(made, data)


def wide(seed: int) -> list[Any]:
    """Weights of a chain whose middle has four groups that read three units and make two."""
    rng = np.random.default_rng(seed)
    sizes = ((12, 3, 1, 1), (12,), (8, 3, 3, 3), (8,), (2, 8, 1, 1))
    return _never_unread([rng.integers(-3, 4, size).astype("f4") for size in sizes])


def test_groups_of_several() -> None:
    """A whole group goes; one unit of a group goes where each of the others can lose one."""
    K, k, D, d, P = wide(11)
    P[:, 2:4] = 0  # nobody reads what the second group makes
    K[7], k[7] = 2 * K[6], 2 * k[6]  # in the third group alone
    K[0], k[0] = K[11], k[11]  # in two groups
    made = chain(K, k, D, d, P, groups=4, clip=False, pads=[1] * 4)
    found, data = written(made)
    assert [(groups, shape) for groups, shape in convs(data)] == [
        (1, (9, 3, 1, 1)), (3, (6, 3, 3, 3)), (1, (2, 6, 1, 1))]  # fmt: skip
    assert found.network.units == 15
    same_in_a_runtime(made, data)
    for group in (0, 3):
        lead = 3 * group
        K[lead + 2], k[lead + 2] = 3 * K[lead + 1], 3 * k[lead + 1]
    made = chain(K, k, D, d, P, groups=4, clip=False, pads=[1] * 4)
    _, data = written(made)
    assert convs(data)[1] == (3, (6, 2, 3, 3))
    same_in_a_runtime(made, data)


def test_a_separable_convolution_without_an_activation_between() -> None:
    """Depthwise and then 1 x 1 at once: what goes in the middle goes on both sides."""
    K, k, D, d, P = drawn(12)
    K[1], k[1], D[1], d[1] = K[0], k[0], D[0], d[0]
    D[2], d[2] = 0, 2
    made = chain(K, k, D, d, P)
    steps = [part for part in made.graph.node if part.output[0] != "h"]
    steps[-1].input[0] = "g"
    del made.graph.node[:]
    made.graph.node.extend(steps)
    _, data = written(made)
    assert [(groups, shape[0]) for groups, shape in convs(data)] == [(1, 6), (6, 6), (1, 2)]
    same_in_a_runtime(made, data)


def test_two_depthwise_convolutions_in_a_row() -> None:
    """Each ties what it reads to what it makes."""
    K, k, D, d, P = drawn(13)
    K[1], k[1], D[1], d[1] = K[0], k[0], D[0], d[0]
    D[2], d[2], P[:, 5] = 0, -1, 0
    E = np.random.default_rng(13).integers(1, 4, (8, 1, 2, 2)).astype("f4")
    E[1] = E[0]
    made = chain(K, k, D, d, P)
    steps = [*made.graph.node]
    more = [node("Conv", "h E", "i", group=8), node("Relu", "i", "j")]
    steps[-1].input[0] = "j"
    del made.graph.node[:]
    made.graph.node.extend([*steps[:-1], *more, steps[-1]])
    made.graph.initializer.append(tensor("E", E))
    _, data = written(made)
    assert [(groups, shape[0]) for groups, shape in convs(data)] == [(1, 5), (5, 5), (5, 5),
                                                                     (1, 2)]  # fmt: skip
    same_in_a_runtime(made, data)


def test_a_residual_around_a_depthwise_convolution() -> None:
    """What a channel and its filter have in common is what the sum has."""
    K, k, D, d, P = drawn(14)
    K[1], k[1], D[1], d[1] = 2 * K[0], 2 * k[0], D[0], 2 * d[0]
    K[3], k[3], D[3], d[3] = K[2], k[2], 2 * D[2], 2 * d[2]  # not so here
    made = chain(K, k, D, d, P, clip=False, pads=[1] * 4)
    steps = [*made.graph.node]
    steps[-1].input[0] = "s"
    del made.graph.node[:]
    made.graph.node.extend([*steps[:-1], node("Add", "f h", "s"), steps[-1]])
    _, data = written(made)
    assert [(groups, shape[0]) for groups, shape in convs(data)] == [(1, 7), (7, 7), (1, 2)]
    same_in_a_runtime(made, data)


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_planted_the_file_has_groups_again(seed: int) -> None:
    """Random duplicates, zeros and unread channels: the same function, no dense kernel."""
    rng = np.random.default_rng(seed)
    groups, each, m = ((6, 1, 1), (4, 1, 2), (3, 2, 2), (3, 3, 1))[seed % 4]
    n = groups * each
    sizes = ((n, 3, 1, 1), (n,), (groups * m, each, 2, 2), (groups * m,), (2, groups * m, 1, 1))
    K, k, D, d, P = (rng.integers(-2, 3, size).astype("f4") for size in sizes)
    for W, b in ((K, k), (D, d)):
        for v in range(1, len(W)):
            kind, lead = rng.integers(0, 6), rng.integers(0, v)
            if kind < 2:
                scale = rng.integers(1, 3)
                W[v], b[v] = scale * W[lead], scale * b[lead]
            elif kind == 2:
                W[v] = 0
    P[:, rng.random(groups * m) < 0.2] = 0
    pads = {"pads": [1] * 4} if rng.random() < 0.5 else {}
    made = chain(K, k, D, d, P, groups=groups, clip=bool(rng.random() < 0.5), **pads)
    found, data = written(made)
    left, shape = convs(data)[1]
    assert left <= groups
    assert shape[1] <= each
    kernels = [part for part in found.network.nodes if isinstance(part, Linear)]
    assert all(part.W is None or part.W.size <= D.size for part in kernels[1:2])
    same_in_a_runtime(made, data)


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
