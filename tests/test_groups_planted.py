"""Channels planted around depthwise convolutions and others in groups: what goes, to the end."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from onnx import load_from_string, numpy_helper
from onnx_models import model, node, run, tensor, written

from lumpver.model.network import Linear

Y: Final = [("y", None)]


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
